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


def is_plain(value):
    """Whether a comment's template can name it."""
    if isinstance(value, float):
        return not (math.isnan(value) or math.isinf(value))
    return isinstance(value, (str, bool, int, type(u"")))


def first(data, *keys):
    for key in keys:
        if data.get(key) is not None:
            return data[key]
    return None


def texts(values):
    """The strings of a list, or of whatever a host's plug-in left there: one odd value
    would make the whole publish invalid."""
    if isinstance(values, (str, type(u""))):
        values = [values]
    return [value for value in values or [] if isinstance(value, (str, type(u"")))]


def task_name(data):
    """A name; some versions of OpenPype have a dictionary with it."""
    task = first(data, "task", "currentTask")
    if task is None:
        task = (data.get("anatomyData") or {}).get("task")
    return task.get("name") if isinstance(task, dict) else task


def project_name(context):
    return first(context.data, "projectName") or (context.data.get("projectEntity") or {}).get("name")


def asset_name(data):
    return first(data, "asset") or (data.get("assetEntity") or {}).get("name")


def is_published(data):
    """Here and now: neither disabled nor left to the farm."""
    return bool(data.get("publish", True)) and not data.get("farm")


def representation_of(representation):
    path = representation.get("published_path")
    out = {"tags": texts(representation.get("tags"))}
    if path:
        out["published_path"] = u"%s" % path
    return out


def instance_of(instance, context):
    data = instance.data
    comment = first(data, "comment")
    out = dict((key, value) for key, value in data.items() if is_plain(value))
    out.update(
        family=data.get("family") or "",
        families=texts(data.get("families")),
        publish=is_published(data),
        comment=comment or first(context.data, "comment") or "",
        name=first(data, "subset", "name") or instance.name,
        asset=asset_name(data) or asset_name(context.data),
        task_name=task_name(data) or task_name(context.data),
        representations=[representation_of(r) for r in data.get("representations") or []],
    )
    out.pop("task", None)  # a name in OpenPype, an object in a Publish
    out.pop("id", None)
    return out


def is_reviewed(instance):
    return "review" in [instance["family"]] + instance["families"]


def publish_of(context):
    """The Publish record of a context, see opkitsu-records(5)."""
    instances = [instance_of(instance, context) for instance in context]
    publish = {"type": "Publish", "project": project_name(context), "instances": instances}
    # With versions the record identifies the publish, also when a farm repeats it.
    # Without them only this context does.
    noted = [i for i in instances if is_reviewed(i)] or [i for i in instances if i["publish"]]
    if not all(instance.get("version") is not None for instance in noted):
        publish["id"] = context.data.setdefault("opkitsuPublishId", str(uuid.uuid4()))
    return publish


class OpkitsuIntegrateNote(pyblish.api.ContextPlugin):
    """Comment on the task in Kitsu, with previews, and set its status"""

    # After the integration, which knows where the files are.
    order = pyblish.api.IntegratorOrder + 0.01
    label = "Kitsu Note (opkitsu)"

    def process(self, context):
        names = [r["plugin"].__name__ for r in context.data.get("results") or [] if r.get("error")]
        broken = [name for name in names if name != type(self).__name__]
        if broken:
            # Its repetition would be another publish, with a second comment.
            self.log.warning("Some plug-ins failed (%s): no comment was posted.", ", ".join(broken))
            return
        publish = publish_of(context)
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
