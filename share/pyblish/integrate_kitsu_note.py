"""Integrate Kitsu Note, by opkitsu: passes what OpenPype published to the command
integrate-kitsu-note, which comments on the task in Kitsu.

Add this folder to PYBLISHPLUGINPATH. This disables OpenPype's own two plug-ins for the
same purpose, or there would be two comments. It uses the artist's own Kitsu login, from
the environment as OpenPype's launcher sets it, and OpenPype's settings.

It runs in every Python that OpenPype runs in, 2.7 included.
"""
import json
import math
import os
import subprocess
import uuid

import pyblish.api

COMMAND = "integrate-kitsu-note"
NOT_SET_UP = 78  # EX_CONFIG: no address, no login
REPLACED = ("IntegrateKitsuNote", "IntegrateKitsuReview")


def find_command():
    """Beside this file, installed or built, else in PATH; $OPKITSU_BIN overrides."""
    share = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
    prefix = os.path.dirname(os.path.dirname(share))
    for folder in (
        os.environ.get("OPKITSU_BIN"),
        os.path.join(prefix, "bin"),
        os.path.join(os.path.dirname(share), "build", "bin"),
    ):
        if folder and os.access(os.path.join(folder, COMMAND), os.X_OK):
            return os.path.join(folder, COMMAND)
    return COMMAND


TEXT = (str, type(u""))  # of both Pythons
MAX_EXTRA = 10000  # characters of what a template could name: no record may get too long


class Reader(object):
    """Other plug-ins' data. What is there is not always what its key promises, and one odd
    value must cost neither the publish nor its comment: it counts as its text if it has one,
    else as absent, and a warning says so."""

    def __init__(self, data, of, warn):
        self.data = data if isinstance(data, dict) else {}
        self.of = of
        self.warn = warn

    def odd(self, key, value, what):
        self.warn("%s: %s is of type %s: %s", self.of, key, type(value).__name__, what)

    def text_of(self, key, value):
        if value is None:
            return None
        if isinstance(value, type(u"")):
            return u"".join((value,))  # of a subclass the text alone
        if isinstance(value, (bytes, bytearray)):
            if not isinstance(value, str):  # it is one in Python 2
                self.odd(key, value, "taken as text")
            return bytes(value).decode("utf-8", "replace")
        if is_plain(value):
            self.odd(key, value, "taken as text")
            return u"%s" % value
        self.odd(key, value, "not used")
        return None

    def text(self, *keys):
        """Of the first of these keys that has one."""
        for key in keys:
            text = self.text_of(key, self.data.get(key))
            if text is not None:
                return text
        return None

    def items(self, key):
        """Of a list, or of whatever else has several; a text is one."""
        values = self.data.get(key)
        if values is None:
            return []
        if isinstance(values, TEXT + (bytes, bytearray)):
            return [values]
        try:
            if not isinstance(values, dict):
                return list(values)
        except Exception:  # of somebody's own class
            pass
        self.odd(key, values, "not used")
        return []

    def texts(self, key):
        out = []
        for value in self.items(key):
            if isinstance(value, TEXT + (bytes, bytearray)):
                out.append(self.text_of(key, value))
            else:
                self.odd("a member of %s" % key, value, "not used")
        return out

    def inner(self, key):
        """A dictionary in it."""
        value = self.data.get(key)
        if value is not None and not isinstance(value, dict):
            self.odd(key, value, "not used")
        return Reader(value, self.of, self.warn)

    def truth(self, key, usual):
        value = self.data.get(key, usual)
        try:
            return bool(value)
        except Exception:  # as of an array
            self.odd(key, value, "not used")
            return usual

    def plain(self):
        """What else a comment's template can name."""
        out = {}
        for key, value in self.data.items():
            if not isinstance(key, TEXT):
                self.odd("a key", key, "not used")
                continue
            if isinstance(value, str):  # bytes in Python 2
                value = self.text_of(key, value)
            if is_plain(value) and not (isinstance(value, TEXT) and len(value) > MAX_EXTRA):
                out[self.text_of("a key", key)] = value
        for key in ("id", "project", "task"):  # in a Publish they are something else
            out.pop(key, None)
        return out


def is_plain(value):
    """Whether JSON has it, as one value."""
    if isinstance(value, float):
        return not (math.isnan(value) or math.isinf(value))
    return isinstance(value, TEXT + (bool, int))


def task_name(reader):
    """A name; some versions of OpenPype have a dictionary with it."""
    for holder, key in (
        (reader, "task"),
        (reader, "currentTask"),
        (reader.inner("anatomyData"), "task"),
    ):
        if isinstance(holder.data.get(key), dict):
            name = holder.inner(key).text("name")
        else:
            name = holder.text(key)
        if name is not None:
            return name
    return None


def asset_name(reader):
    return reader.text("asset") or reader.inner("assetEntity").text("name")


def project_name(reader):
    return reader.text("projectName") or reader.inner("projectEntity").text("name")


def is_published(reader):
    """Here and now: neither disabled nor left to the farm."""
    return reader.truth("publish", True) and not reader.truth("farm", False)


def path_of(reader):
    value = reader.data.get("published_path")
    if hasattr(value, "__fspath__"):  # pathlib's, and others' like it
        try:
            value = value.__fspath__()
        except Exception:
            pass
    return reader.text_of("published_path", value)


def representation_of(reader):
    path = path_of(reader)
    out = {"tags": reader.texts("tags")}
    if path:
        out["published_path"] = path
    return out


def representations_of(reader):
    out = []
    for representation in reader.items("representations"):
        if isinstance(representation, dict):
            out.append(representation_of(Reader(representation, reader.of, reader.warn)))
        else:
            reader.odd("a member of representations", representation, "not used")
    return out


def instance_of(instance, shared, warn):
    """`shared` reads the context, whose values count where the instance has none."""
    # A name as JSON has it can forge no line of the log.
    own = Reader(instance.data, json.dumps(u"%s" % instance.name), warn)
    out = own.plain()
    out.update(
        family=own.text("family") or u"",
        families=own.texts("families"),
        publish=is_published(own),
        comment=own.text("comment") or shared.text("comment") or u"",
        name=own.text("subset", "name") or u"%s" % instance.name,
        asset=asset_name(own) or asset_name(shared),
        task_name=task_name(own) or task_name(shared),
        representations=representations_of(own),
    )
    return out


def is_reviewed(instance):
    return "review" in [instance["family"]] + instance["families"]


def warn_once(warning):
    """A context's values are read for each of its instances."""
    said = set()

    def warn(text, *values):
        if (text % values) not in said:
            said.add(text % values)
            warning(text, *values)

    return warn


def publish_of(context, warn):
    """The Publish record of a context, see opkitsu-records(5)."""
    shared = Reader(context.data, "the context", warn)
    instances = [instance_of(instance, shared, warn) for instance in context]
    publish = {"type": "Publish", "project": project_name(shared), "instances": instances}
    # With versions the record identifies the publish, also when a farm repeats it.
    # Without them only this context does.
    noted = [i for i in instances if is_reviewed(i)] or [i for i in instances if i["publish"]]
    if not all(instance.get("version") is not None for instance in noted):
        if not isinstance(context.data.get("opkitsuPublishId"), TEXT):
            context.data["opkitsuPublishId"] = str(uuid.uuid4())
        publish["id"] = context.data["opkitsuPublishId"]
    return publish


class OpkitsuIntegrateNote(pyblish.api.ContextPlugin):
    """Comment on the task in Kitsu, with previews, and set its status"""

    # After the integration, which knows where the files are.
    order = pyblish.api.IntegratorOrder + 0.01
    label = "Kitsu Note (opkitsu)"

    def process(self, context):
        warn = warn_once(self.log.warning)
        results = Reader(context.data, "the context", warn).items("results")
        failed = [r.get("plugin") for r in results if isinstance(r, dict) and r.get("error")]
        names = [getattr(plugin, "__name__", "a plug-in") for plugin in failed]
        broken = [name for name in names if name != type(self).__name__]
        if broken:
            # Its repetition would be another publish, with a second comment.
            self.log.warning("Some plug-ins failed (%s): no comment was posted.", ", ".join(broken))
            return
        publish = publish_of(context, warn)
        reviewed = any(is_reviewed(i) for i in publish["instances"])
        if not reviewed and not any(i["publish"] for i in publish["instances"]):
            self.log.info("Nothing was published: no comment was posted.")
            return
        # The application's own libraries are not the system's.
        environment = dict((k, v) for k, v in os.environ.items() if k != "LD_LIBRARY_PATH")
        try:
            process = subprocess.Popen(
                [find_command()],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environment,
            )
        except OSError as error:
            raise RuntimeError("cannot run %s: %s" % (find_command(), error))
        out, err = process.communicate((json.dumps(publish) + "\n").encode("utf-8"))
        for line in out.decode("utf-8", "replace").splitlines():
            self.log.info(line.strip())
        if process.returncode == NOT_SET_UP and not reviewed:
            # Only the settings could want a comment on this, and nobody can log in here.
            self.log.info("Nothing to review was published, and Kitsu is not set up here.")
            return
        if process.returncode:
            raise RuntimeError(
                "Kitsu did not get everything (%s, status %d): %s"
                % (COMMAND, process.returncode, err.decode("utf-8", "replace").strip())
            )
        if not reviewed and not out.strip():
            self.log.info("Nothing to review was published: no comment was posted.")
        for line in err.decode("utf-8", "replace").splitlines():
            self.log.warning(line)


def disable_replaced(plugins):
    """OpenPype's own plug-ins would comment, too."""
    plugins[:] = [plugin for plugin in plugins if plugin.__name__ not in REPLACED]


disable_replaced.opkitsu = True
for known in list(pyblish.api.registered_discovery_filters()):
    if getattr(known, "opkitsu", False):  # of an earlier import of this file
        pyblish.api.deregister_discovery_filter(known)
pyblish.api.register_discovery_filter(disable_replaced)
