#!/usr/bin/env bats
# The pyblish plug-in without pyblish and without a Kitsu: what other plug-ins leave in a
# context costs neither the publish nor its comment. Real publishes: kitsu/pyblish.bats.

bats_require_minimum_version 1.5.0

setup() {
    load ../lib/common
    own_home 0.1
    unset "${!KITSU_@}" "${!OP_@}" OPENPYPE_MONGO
    export PYTHONDONTWRITEBYTECODE=1
    # What stands in for pyblish, and the values: one that JSON lacks or has otherwise, for
    # every type that a key may want.
    cat >odd.py <<'END'
import collections, enum, json, logging, pathlib, runpy, sys, types

class Plugin(object):
    log = logging.getLogger("plugin")

api = types.ModuleType("pyblish.api")
api.ContextPlugin, api.IntegratorOrder = Plugin, 2
api.registered_discovery_filters = list
api.register_discovery_filter = lambda f: None
sys.modules["pyblish"] = types.ModuleType("pyblish")
sys.modules["pyblish"].api = sys.modules["pyblish.api"] = api
ours = runpy.run_path(sys.argv[1])
logging.basicConfig(stream=sys.stderr, format="%(levelname)s %(message)s")
Plugin.log.setLevel(logging.INFO)

class Instance(object):
    name = "renderMain"

    def __init__(self, data):
        self.data = data

class Context(list):
    def __init__(self, data, *instances):
        list.__init__(self, map(Instance, instances))
        self.data = data

class Hostile(object):
    def fail(self, *others):
        raise RuntimeError("not as you think")
    __bool__ = __str__ = __repr__ = __iter__ = __len__ = __eq__ = __fspath__ = __format__ = fail
    __hash__ = object.__hash__

class Name(str, enum.Enum):
    A = "as text"

odd = [
    None, b"x", b"\xff\xfe", bytearray(b"x"), float("nan"), float("inf"), 5, -1, 10**400, 1.5, True, False, u"", u"x\ud800",
    [], [None], [b"x", 5], [[]], (), set(), {"x"}, {5}, frozenset([None]), {}, {1: 2}, {"name": 5}, {"name": None}, {"name": {}},
    collections.OrderedDict(name=b"x"), object(), Hostile(), [Hostile()], {"name": Hostile()}, Hostile, iter([1]), (x for x in "ab"),
    range(3), pathlib.Path("/x"), 1j, Name.A, lambda: 1, u"x" * 5000000,
]

def whole():
    return (
        {"projectName": "demo", "projectEntity": {"name": "demo"}, "asset": "a", "assetEntity": {"name": "a"}, "task": "t",
         "currentTask": "t", "anatomyData": {"task": {"name": "t"}}, "comment": "shared", "results": []},
        {"family": "render", "families": ["review"], "publish": True, "farm": False, "comment": "own", "subset": "s", "name": "n",
         "asset": "a", "assetEntity": {"name": "a"}, "task": "t", "currentTask": "t", "anatomyData": {"task": {"name": "t"}},
         "version": 3, "representations": [{"published_path": "/x.png", "tags": ["review"]}]})

def places():
    """A function for each key that the plug-in reads, which sets it in what whole() returns."""
    def at(which, *keys):
        def put(value, all):
            of = all[which]
            for key in keys[:-1]:
                of = of[key]
            of[keys[-1]] = value
        put.keys = keys
        return put
    context, instance = whole()
    for which, data in enumerate((context, instance)):
        for key in list(data) + ["opkitsuPublishId", "id", "project", "task_name", "other", 5, None, b"x", ("a", 1), Hostile()]:
            yield at(which, key)
    for which in 0, 1:
        yield at(which, "anatomyData", "task")
        yield at(which, "anatomyData", "task", "name")
        yield at(which, "assetEntity", "name")
        yield at(which, "task")
    yield at(0, "projectEntity", "name")
    yield at(1, "families", 0)
    yield at(1, "representations", 0)
    yield at(1, "representations", 0, "published_path")
    yield at(1, "representations", 0, "tags")
    yield at(1, "representations", 0, "tags", 0)
END
    plugin=$(cd "$BATS_TEST_DIRNAME/../../share/pyblish" && pwd)/integrate_kitsu_note.py
}

# odd PYTHON: after the above
odd() { python3 <(cat odd.py - <<<"$1") "$plugin"; }

@test "each odd value in each place: a Publish that note-rule takes, with its comment" {
    odd '
def refuse(name):
    raise ValueError(name)

said = []
for put in places():
    for value in odd:
        all = whole()
        if len(put.keys) == 1 and isinstance(put.keys[0], str):
            put(value, all)
        else:
            put(value, all)
        said = []
        publish = ours["publish_of"](Context(*all), ours["warn_once"](lambda text, *values: said.append(text % values)))
        publish["task"] = {"id": "t1", "task_status_id": "s1", "task_status": {"short_name": "wip"}} # as publish-task completes it
        line = json.dumps(publish)
        json.loads(line, parse_constant=refuse)
        instance, = publish["instances"]
        own = isinstance(put.keys[0], str) and put.keys[0] == "comment"
        assert own or instance["comment"] == "own", (put.keys, line[:500])
        assert instance["comment"], (put.keys, line[:500])
        assert not [text for text in said if "\n" in text], said
        if len(line) < 100000:
            print(line)
        else:
            assert value is odd[-1], (put.keys, len(line))' >records
    [[ $(wc -l <records) -gt 1500 ]]
    note-rule <records >comments 2>err || (($? == 1))
    grep -v 'half of a surrogate pair' err | head
    run ! grep 'a Publish' err
    [[ $(grep -c '"type":"Comment"' comments) == $(grep -cE '"families": \[("[^"]*", )*"review"' records) ]]
    [[ $(grep -c '"text":"own"' comments) -gt 1500 ]]
}

@test "what becomes of an odd value, and what is said of it" {
    odd '
def of(key, value, rest=()):
    said, (context, instance) = [], whole()
    instance[key] = value
    for gone in rest:
        instance.pop(gone)
        context.pop(gone, None)
    publish = ours["publish_of"](Context(context, instance), ours["warn_once"](lambda text, *values: said.append(text % values)))
    return publish["instances"][0], said

for key, value, at, becomes, says in [
    ("comment", b"x", "comment", "x", "\"renderMain\": comment is of type bytes: taken as text"),
    ("comment", 5, "comment", "5", "\"renderMain\": comment is of type int: taken as text"),
    ("comment", float("nan"), "comment", "shared", "\"renderMain\": comment is of type float: not used"),
    ("comment", Name.A, "comment", "as text", None),
    ("family", {1}, "family", "", "\"renderMain\": family is of type set: not used"),
    ("families", 5, "families", [], "\"renderMain\": families is of type int: not used"),
    ("families", "review", "families", ["review"], None),
    ("families", [None, "review"], "families", ["review"], "\"renderMain\": a member of families is of type NoneType: not used"),
    ("representations", [None], "representations", [], "\"renderMain\": a member of representations is of type NoneType: not used"),
    ("anatomyData", "x", "task_name", "t", "\"renderMain\": anatomyData is of type str: not used"),
    ("assetEntity", "x", "asset", "a", None),
    ("asset", [], "asset", "a", "\"renderMain\": asset is of type list: not used"),
    ("publish", Hostile(), "publish", True, "\"renderMain\": publish is of type Hostile: not used"),
    ("representations", [{"published_path": pathlib.Path("/x")}], "representations", [{"tags": [], "published_path": "/x"}], None),
    (5, 1, "comment", "own", "\"renderMain\": a key is of type int: not used"),
    ("x", object(), "comment", "own", None),
]:
    instance, said = of(key, value)
    assert instance[at] == becomes, (key, value, instance[at])
    assert said == ([says] if says else []), (key, said)'
}

@test "a publish with odd values: the command gets it, and the warnings are in the log" {
    mkdir bin
    printf '#!/bin/sh\ncat >"%s"\necho "1 comment posted"\n' "$PWD/got" >bin/integrate-kitsu-note
    chmod +x bin/integrate-kitsu-note
    OPKITSU_BIN=$PWD/bin odd '
context, instance = whole()
context.update(results=5, comment=float("nan"))
instance.update(families={"review", None}, version=float("nan"), representations=[None, {"published_path": b"/x"}])
instance[5] = b"x"
ours["OpkitsuIntegrateNote"]().process(Context(context, instance))' 2>log
    cat log
    grep -q '^INFO 1 comment posted' log
    [[ $(grep -c '^WARNING ' log) == 5 ]]
    [[ $(jq -c '[.project, .id != null, .instances[0].families, .instances[0].representations]' got) == '["demo",true,["review"],[{"tags":[],"published_path":"/x"}]]' ]]
}
