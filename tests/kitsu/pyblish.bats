#!/usr/bin/env bats
# The pyblish plug-in: real runs of pyblish with a context as OpenPype makes it, and
# a real Kitsu.
# Takes about 80 s.
# shellcheck disable=SC1091,SC2016,SC2030,SC2031,SC2154 # bats' run and subshells

bats_require_minimum_version 1.5.0

setup_file() {
    load ../lib/common
    load ../lib/zou
    load ../lib/publish
    publish_setup_file --no-mongo
}

teardown_file() {
    load ../lib/zou
    own_kitsu_stop
}

setup() {
    load ../lib/common
    load ../lib/zou
    load ../lib/store
    own_home 0.5
    export PYTHONDONTWRITEBYTECODE=1
    unset KITSU_TOKEN OPENPYPE_MONGO
    use_sqlite
    OPKITSU_BIN=$(dirname "$(command -v publish-task)")
    export OPKITSU_BIN KITSU_LOGIN=artist@example.com KITSU_PWD=mysecretpassword
    # The studio's setting, as in the documentation's example.
    mkdir -p config/opkitsu
    jq -n '{kitsu: {publish: {IntegrateKitsuNote: {set_status_note: true, note_status_shortname: "wfa",
        status_change_conditions: {status_conditions: [], family_requirements: [{condition: "not_equal", family: "workfile"}]}}}}}' \
        >config/opkitsu/settings.json
    new_task
}

# A shot of its own, $name as OpenPype calls it, with one task, $task.
new_task() {
    local own=SH${BATS_TEST_NUMBER}_$RANDOM$RANDOM
    name=SQ01_$own
    task=$(zou_tasks "$demo" "$animation" shots "$(zou_shot "$demo" "$sequence" "$own")")
    zou_assign "$artist" "$task"
}

# pyblish_run [PYTHON]: a publish in OpenPype's manner, that PYTHON changed, with our
# plug-in found by its path. It prints each plug-in that ran, and its errors.
pyblish_run() {
    run --separate-stderr "$STUDIO_VENV/bin/python" - "$name" "$BATS_TEST_DIRNAME/../../share/pyblish" "${1-}" <<'END'
import os, sys
import pyblish.api, pyblish.util

name, path, change = sys.argv[1:]
os.makedirs("published", exist_ok=True)
from PIL import Image
Image.new("RGB", (64, 48), (200, 30, 30)).save("published/%s_render_v003.png" % name)
options = {"workfile": True, "render": True, "comment": "Ready \"for\" you, Ж", "integrated": True, "break": False, "version": 3}
if change:
    exec(change, options)


class CollectContext(pyblish.api.ContextPlugin):
    order = pyblish.api.CollectorOrder

    def process(self, context):
        context.data.update(
            projectName="demo", projectEntity={"type": "project", "name": "demo"}, asset=name, task="Animation",
            hostName="maya", currentFile="/work/x.ma", comment=options["comment"], projectSettings={"x": object()},
            anatomyData={"task": {"name": "Animation", "type": "Animation"}})
        common = dict(asset=name, task="Animation", anatomyData={}, fps=25.0, x=float("nan"))
        if options["version"] is not None:
            common["version"] = options["version"]
        if options["workfile"]:
            context.create_instance("workfileAnimation").data.update(
                common, family="workfile", families=["workfile"], subset="workfileAnimation",
                representations=[{"name": "ma", "ext": "ma", "tags": []}])
        if options["render"]:
            context.create_instance("renderMain").data.update(
                common, family=options.get("family", "render"), families=options.get("families", ["review", "ftrack"]), subset="renderMain",
                publish=options.get("publish", True), farm=options.get("farm", False), transfers=[],
                representations=[{"name": "png", "ext": "png", "tags": ["review", "kitsureview"], "files": "x.png", "stagingDir": "/tmp/x"},
                                 {"name": "exr", "ext": "exr", "files": ["a.exr", "b.exr"]}])


class IntegrateAsset(pyblish.api.InstancePlugin):
    order = pyblish.api.IntegratorOrder

    def process(self, instance):
        if options["break"] and instance.data["family"] == options["break"]:
            raise RuntimeError("the disk is full")
        if options["integrated"]:
            for representation in instance.data["representations"]:
                representation["published_path"] = os.path.abspath(
                    "published/%s_render_v003.%s" % (name, representation["ext"]))


class IntegrateKitsuNote(pyblish.api.ContextPlugin):
    """OpenPype's own, of which nobody must hear."""
    order = pyblish.api.IntegratorOrder

    def process(self, context):
        print("OpenPype's own plug-in commented, too")


class IntegrateKitsuReview(IntegrateKitsuNote):
    pass


pyblish.api.deregister_all_paths()
pyblish.api.deregister_all_plugins()
for plugin in CollectContext, IntegrateAsset, IntegrateKitsuNote, IntegrateKitsuReview:
    pyblish.api.register_plugin(plugin)
os.environ["PYBLISHPLUGINPATH"] = path
context = pyblish.util.publish()
if options.get("again"):
    os.environ["KITSU_PWD"] = "mysecretpassword"
    ours = [plugin for plugin in pyblish.api.discover() if plugin.__name__ == "OpkitsuIntegrateNote"]
    pyblish.util.integrate(context, ours)
for result in context.data["results"]:
    print(result["plugin"].__name__, "error: %s" % result["error"] if result["error"] else "ok")
    for record in result["records"]:
        print("log %s: %s" % (record.levelname, record.getMessage()))
if options.get("twice_discovered"):
    print(sorted(p.__name__ for p in pyblish.api.discover()), len(pyblish.api.registered_discovery_filters()))
END
    printf '%s\n' "$status" "$output" "$stderr" # shown when the test fails
}

there() {
    local filter='map([.text, .task_status.short_name, (.previews | map(.original_name) | join(" ")), .person.full_name])'
    zou_get "/data/tasks/$task/comments" | jq -c "${1-$filter}"
}

@test "a publish with a workfile and a render: comment, preview, status, by the artist" {
    pyblish_run
    [[ $status == 0 && $output != *error* && $output == *"OpkitsuIntegrateNote ok"*"log INFO: 1 comment posted"* ]]
    [[ $output != *WARNING* ]]
    [[ $(there) == '[["Ready \"for\" you, Ж","wfa","'"${name}"'_render_v003","artist user"]]' ]]
    [[ $output != *"OpenPype's own"* ]]
}

@test "a reviewed workfile alone: the comment stands, the status stays" {
    pyblish_run 'family = "workfile"; workfile = False'
    [[ $status == 0 && $output == *"OpkitsuIntegrateNote ok"* ]]
    [[ $(there 'map([.text, .task_status.short_name])') == '[["Ready \"for\" you, Ж","todo"]]' ]]
}

@test "not really published: switched off, left to the farm" {
    for change in 'publish = False' 'farm = True'; do
        new_task
        pyblish_run "workfile = False; $change"
        [[ $(there 'map(.task_status.short_name)') == '["todo"]' ]]
    done
}

@test "broken on the way: no comment; and one when it was mended" {
    pyblish_run 'globals()["break"] = "render"'
    [[ $output == *"IntegrateAsset error: the disk is full"*"OpkitsuIntegrateNote ok"*"Some plug-ins failed (IntegrateAsset): no comment was posted."* ]]
    [[ $(there) == '[]' ]]
    pyblish_run
    [[ $(there length) == 1 ]]
    # A preview that was never integrated is said.
    new_task
    pyblish_run 'integrated = False'
    [[ $output == *"log WARNING: note-rule: "*"no published_path"* && $(there 'map(.previews | length)') == '[0]' ]]
}

@test "families as no list of texts has them: a set, one text, a None among them" {
    for families in '{"review", "ftrack"}' '"review"' '[None, "review", 3]'; do
        new_task
        pyblish_run "families = $families"
        [[ $output == *"OpkitsuIntegrateNote ok"*"log INFO: 1 comment posted"* && $(there 'map(.task_status.short_name)') == '["wfa"]' ]]
    done
}

@test "nothing to review: Kitsu is not even asked" {
    KITSU_SERVER=http://127.0.0.1:1 pyblish_run 'families = []'
    [[ $status == 0 && $output == *"OpkitsuIntegrateNote ok"*"Nothing to review"* && $(there) == '[]' ]]
}

@test "without a review, if the settings want it; and who has no Kitsu is left alone" {
    jq '. + {opkitsu: {note: {without_review: true, families: ["render"]}}}
        | .kitsu.publish.IntegrateKitsuNote.custom_comment_template = {enabled: true, comment_template: "{asset} {task} {subset} v{version}"}' \
        config/opkitsu/settings.json >new
    mv new config/opkitsu/settings.json
    pyblish_run 'families = []'
    [[ $status == 0 && $output == *"log INFO: 1 comment posted"* ]]
    [[ $(there 'map([.text, .task_status.short_name, (.previews | length)])') == '[["'"$name"' Animation renderMain v3","wfa",1]]' ]]
    pyblish_run 'families = []'
    [[ $output == *"1 there already"* && $(there length) == 1 ]]
    unset KITSU_LOGIN KITSU_PWD
    pyblish_run 'families = []; version = 4'
    [[ $status == 0 && $output == *"OpkitsuIntegrateNote ok"*"Kitsu is not set up here"* ]]
    pyblish_run 'version = 4'
    [[ $output == *"OpkitsuIntegrateNote error"* && $(there length) == 1 ]]
}

@test "once more: the same version, one comment; another version, another" {
    pyblish_run
    pyblish_run
    [[ $output == *"1 there already"* && $(there length) == 1 ]]
    pyblish_run 'version = 4'
    [[ $output == *"1 comment posted"* && $(there length) == 2 ]]
    # Without a version a publish is its context.
    pyblish_run 'version = None'
    [[ $output == *"1 comment posted"* && $(there length) == 3 ]]
    pyblish_run 'version = None'
    [[ $output == *"1 comment posted"* && $(there length) == 4 ]]
}

@test "what fails is the plug-in's error, with the place and the reason" {
    KITSU_PWD=wrong pyblish_run
    [[ $output == *"OpkitsuIntegrateNote error: "*"status 77"*"wrong email or password"* && $(there) == '[]' ]]
    name=SQ01_nowhere pyblish_run
    [[ $output == *"OpkitsuIntegrateNote error: "*"demo/SQ01_nowhere/Animation: Kitsu has no \"SQ01_nowhere\""* ]]
    # And mended, in the same context, too.
    pyblish_run 'import os; os.environ["KITSU_PWD"] = "wrong"; again = True'
    [[ $output == *"OpkitsuIntegrateNote error: "*"OpkitsuIntegrateNote ok"*"1 comment posted"* && $(there length) == 1 ]]
    pyblish_run
    [[ $output == *"1 there already"* && $(there length) == 1 ]]
    run --separate-stderr env OPKITSU_BIN= PATH=/nowhere "$STUDIO_VENV/bin/python" -c '
import runpy, sys
print(runpy.run_path(sys.argv[1])["find_command"]())' "$BATS_TEST_DIRNAME/../../share/pyblish/integrate_kitsu_note.py"
    [[ $status == 0 && $output == *integrate-kitsu-note ]]
}

@test "OpenPype's own two are disabled, however often plug-ins are discovered" {
    pyblish_run 'twice_discovered = True; render = False'
    [[ $output == *"['CollectContext', 'IntegrateAsset', 'OpkitsuIntegrateNote'] 1" ]]
}

@test "installed: it finds the command that was installed with it" {
    make -s -C "$BATS_TEST_DIRNAME/../.." install "BUILD=$(realpath --relative-to="$BATS_TEST_DIRNAME/../.." "$OPKITSU_BIN/..")" \
        DESTDIR="$PWD/to" PREFIX=/opt/opkitsu >/dev/null
    run --separate-stderr env -u OPKITSU_BIN "$STUDIO_VENV/bin/python" -c '
import runpy, sys
print(runpy.run_path(sys.argv[1])["find_command"]())' "$PWD/to/opt/opkitsu/share/opkitsu/pyblish/integrate_kitsu_note.py"
    [[ $output == "$(realpath to)/opt/opkitsu/bin/integrate-kitsu-note" ]]
    "$output" --version
}

@test "Python 2.7 can read it" {
    # Nothing in it that the older grammar lacks: lib2to3 has that one.
    "$STUDIO_VENV/bin/python" -W ignore -c '
import sys
from lib2to3 import pygram, pytree
from lib2to3.pgen2 import driver
driver.Driver(pygram.python_grammar, convert=pytree.convert).parse_file(sys.argv[1])
text = open(sys.argv[1], encoding="ascii").read()
assert "nonlocal" not in text and not [line for line in text.splitlines() if " f\"" in line]
' "$BATS_TEST_DIRNAME/../../share/pyblish/integrate_kitsu_note.py"
}

# WEAPONS_SEED: others; EVERY=1: all of them.
@test "names as weapons: a comment is what the artist typed, and no line of the log is forged" {
    local seed=${WEAPONS_SEED:-$RANDOM} weapon weapons=$BATS_TEST_DIRNAME/../generators/weapons
    echo "WEAPONS_SEED=$seed"
    "$weapons" list >all.ndjson
    for weapon in $("$weapons" sample "$seed" 3); do
        new_task
        pyblish_run "import json; comment = next(w['text'] for w in map(json.loads, open('all.ndjson')) if w['name'] == '$weapon'); print('RUN')"
        printf '%s\n' "$output" "$stderr" >said
        "$weapons" tame said
        if [[ $weapon == nul || $weapon == only_nul ]]; then # which Kitsu's database refuses
            [[ $output == *"OpkitsuIntegrateNote error: Kitsu did not get everything"* ]]
            continue
        fi
        [[ $output == *"log INFO: 1 comment posted"* ]]
        # What is no text in JSON, halves of pairs and bytes, arrives as replacements.
        there 'max_by(.created_at).text // ""' >has
        python3 -c 'import json, sys
text = next(w["text"] for w in map(json.loads, open("all.ndjson")) if w["name"] == sys.argv[1])
wants = "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in text)
has = json.load(open("has"))
assert has == wants, (has[:200], wants[:200])' "$weapon"
    done
    [[ -z $(find . -name '*pwned*') ]]
}
