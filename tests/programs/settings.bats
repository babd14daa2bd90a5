#!/usr/bin/env bats
# OpenPype's settings: where they are found, and which of several goes before the others.

bats_require_minimum_version 1.5.0
load ../lib/common

setup() {
    export HOME="$BATS_TEST_TMPDIR" XDG_CONFIG_HOME="$BATS_TEST_TMPDIR/config"
    export XDG_RUNTIME_DIR="$BATS_TEST_TMPDIR"
    unset KITSU_SERVER OP_STORE OPENPYPE_MONGO AVALON_DB OPENPYPE_DATABASE_NAME
    store="sqlite:$BATS_TEST_TMPDIR/op.db"
    kitsu="$BATS_TEST_DIRNAME/../cases/film_small/kitsu.ndjson"
}

# setting TYPE VERSION PROJECT DATA: put one document into the collection `settings`.
setting() {
    jq -nc --arg type "$1" --arg version "$2" --arg project "$3" --argjson data "$4" '
        {_id: "\($type) \($version) \($project)", type: $type, data: $data}
        + (if $version == "" then {} else {version: $version} end)
        + (if $project == "" then {is_default: true} else {project_name: $project} end)
        | {type: "Change", operationType: "insert", ns: {db: "openpype", coll: "settings"},
           documentKey: {_id: ._id}, fullDocument: .}' | op-apply -d "$store" >/dev/null
}

versions() {
    jq -nc '{type: "Change", operationType: "insert", ns: {db: "openpype", coll: "settings"},
             documentKey: {_id: "versions"},
             fullDocument: {_id: "versions", type: "versions_order", all_versions: $ARGS.positional}}' \
        --args "$@" | op-apply -d "$store" >/dev/null
}

new_project() {
    op-diff -q -d "$store" <"$kitsu" | jq -c 'select(.entity.type == "Project").fullDocument'
}

@test "without settings a new project starts from the anatomy that is shipped" {
    new_project | jq -e '.config.templates.work.folder and .config.roots.work.linux
        and (.config.apps | length == 10) and .data.frameStart == 1001'
}

@test "the studio's anatomy is laid over it, key by key, lists whole" {
    setting project_anatomy "" "" '{"attributes": {"frameStart": 101, "applications": ["maya/2024"],
        "tools_env": ["mtoa"]}, "roots": {"work": {"linux": "/srv/work"}}, "imageio": {"nuke": {}, "maya": {"new": {}}}}'
    run -0 new_project
    jq -e '.data.frameStart == 101 and .data.frameEnd == 1001 and .data.tools_env == ["mtoa"]
        and (.data | has("applications") | not) and .config.apps == [{"name": "maya/2024"}]
        and .config.roots.work == {"windows": "C:/projects", "darwin": "/Volumes/path", "linux": "/srv/work"}
        and .config.imageio.nuke.viewer.viewerProcess == "sRGB" and .config.imageio.maya.new == {}
        and .config.templates.work.folder' <<<"$output"
}

@test "an anatomy without applications is warned about" {
    setting project_anatomy "" "" '{"attributes": {"applications": []}}'
    run -0 --separate-stderr op-diff -d "$store" <"$kitsu"
    [[ $stderr == *"names no applications"* ]]
}

# global VERSION [STAGING_VERSION]: what the studio runs
global() {
    jq -nc '{_id: "global", type: "global_settings", data: {production_version: $ARGS.positional[0]}}
        | if $ARGS.positional[1] then .data.staging_version = $ARGS.positional[1] else . end
        | {type: "Change", operationType: "insert", ns: {db: "openpype", coll: "settings"},
           documentKey: {_id: ._id}, fullDocument: .}' --args "$@" | op-apply -d "$store" >/dev/null
}

# three: each type in three versions and the legacy one, their numbers in frameStart, and
# one of each kind of value elsewhere: no versions are ever mixed
three() {
    versions 3.9.0 3.10.0 3.11.0 3.12.0
    setting project_anatomy "" "" '{"attributes": {"frameStart": 1, "clipIn": 7}}'
    setting project_anatomy_versioned 3.9.0 "" '{"attributes": {"frameStart": 9, "handleStart": 9}}'
    setting project_anatomy_versioned 3.10.0 "" '{"attributes": {"frameStart": 10}}'
    setting project_anatomy_versioned 3.12.0 "" '{}'
}

@test "one document of the anatomy: of the running version, else the nearest" {
    three
    anatomy_is() {
        run -0 new_project
        jq -e --argjson wanted "$1" '[.data | .frameStart, .handleStart, .clipIn] == $wanted' <<<"$output"
    }
    anatomy_is '[1001, 0, 1]' # the last version's: the studio removed its overrides there
    OPENPYPE_VERSION=latest anatomy_is '[1001, 0, 1]'
    OPENPYPE_VERSION=3.10.0 anatomy_is '[10, 0, 1]'
    OPENPYPE_VERSION=3.11.0 anatomy_is '[10, 0, 1]'
    OPENPYPE_VERSION=3.10.1-nightly.1 anatomy_is '[10, 0, 1]'
    OPENPYPE_VERSION=3.9.9 anatomy_is '[9, 9, 1]'
    OPENPYPE_VERSION=3.1.0 anatomy_is '[1, 0, 7]' # the legacy one
    global 3.9.0 3.10.0
    anatomy_is '[9, 9, 1]'
    OPENPYPE_USE_STAGING=1 anatomy_is '[10, 0, 1]'
    for other in 0 true yes 01 ''; do
        OPENPYPE_USE_STAGING=$other anatomy_is '[9, 9, 1]'
    done
    OPENPYPE_VERSION=3.12.0 anatomy_is '[1001, 0, 1]'
    OPENPYPE_VERSION='' anatomy_is '[9, 9, 1]'
    run -0 op-diff -q -d "$store" --openpype-version 3.10.0 <"$kitsu"
    [[ $output == *'"frameStart":10,'* ]]
}

# document JSON: as it is, into the collection `settings`
document() {
    jq -nc --argjson document "$1" '{type: "Change", operationType: "insert", ns: {db: "openpype", coll: "settings"},
        documentKey: {_id: $document._id}, fullDocument: $document}' | op-apply -d "$store" >/dev/null
}

@test "odd documents: an old text of JSON is read; without version, or of nobody: not" {
    versions 3.10.0
    document '{"_id": "a", "type": "project_anatomy_versioned", "is_default": true, "data": {"attributes": {"frameStart": 2}}}'
    document '{"_id": "b", "type": "project_anatomy_versioned", "version": "3.10.0", "data": {"attributes": {"frameStart": 3}}}'
    document '{"_id": "c", "type": "project_anatomy_other", "version": "3.10.0", "is_default": true, "data": {"attributes": {"frameStart": 4}}}'
    run -0 new_project
    [[ $output == *'"frameStart":1001,'* ]]
    document '{"_id": "d", "type": "project_anatomy", "is_default": true, "value": "{\"attributes\": {\"frameStart\": 5}}"}'
    run -0 new_project
    [[ $output == *'"frameStart":5,'* ]]
    # The nearest counts, even if there is nothing in it.
    document '{"_id": "e", "type": "project_anatomy_versioned", "version": "3.10.0", "is_default": true}'
    run -0 new_project
    [[ $output == *'"frameStart":1001,'* ]]
}

@test "the version is decided for each type, for the studio and for the project" {
    versions 3.15.0 3.18.0
    export KITSU_LOGIN=me@example.com KITSU_PWD=secret OPKITSU_RETRY_SECONDS=0
    setting system_settings_versioned 3.15.0 "" '{"modules": {"kitsu": {"server": "http://127.0.0.1:1/old"}}}'
    setting project_settings_versioned 3.18.0 "" '{"opkitsu": {"concepts": true}}'
    setting project_settings_versioned 3.15.0 film_small '{"kitsu": {"publish": {"IntegrateKitsuNote": {"set_status_note": true}}}}'
    setting project_settings_versioned 3.18.0 other '{}'
    setting project_settings_versioned 3.15.0 other '{"kitsu": {"publish": {"IntegrateKitsuNote": {"set_status_note": true}}}}'
    run -69 --separate-stderr kitsu-fetch -d "$store"
    [[ $stderr == *"http://127.0.0.1:1/old"* ]]
    decides() {
        jq -nc --arg project "$1" '{type: "Publish", id: "x", project: $project,
            task: {id: "t", task_status_id: "s1", task_status: {short_name: "wip"}},
            task_statuses: [{id: "s1", short_name: "wip"}, {id: "s2", short_name: "wfa"}],
            instances: [{family: "render", families: ["review"], publish: true, comment: "c"}]}' |
            note-rule -d "$store" "${@:2}" | jq -r .task_status
    }
    [[ $(decides film_small) == wfa && $(decides other) == wip && $(decides third) == wip ]]
    [[ $(decides other --openpype-version 3.15.0) == wfa ]]
    [[ $(decides other --openpype-version 3.17.2) == wfa ]]
}

@test "what OpenPype marks as overridden is replaced, and its marks are no settings" {
    setting project_anatomy_versioned 3.18.0 "" '{
        "roots": {"fast": {"windows": "//nas/fast", "darwin": "/Volumes/fast", "linux": "/mnt/fast"}},
        "imageio": {"nuke": {"viewer": {"viewerProcess": "ACES"}, "__overriden_keys__": ["viewer"]}},
        "tasks": {"Roto": {"short_name": "rt", "__dynamic_keys_labels__": {"a": "b"}}},
        "attributes": {"applications": ["maya/2024"], "__overriden_keys__": ["applications"]},
        "__overriden_keys__": ["roots"], "__dynamic_keys_labels__": {"x": "y"}, "unknown": {}}'
    run -0 new_project
    [[ $output != *__* ]]
    jq -e '(.config.roots | keys) == ["fast"] and .config.imageio.nuke.viewer == {"viewerProcess": "ACES"}
        and .config.imageio.nuke.workfile and (.config | has("unknown") | not)
        and .data.frameStart == 1001' <<<"$output"
}

@test "a running op-diff sees changed settings" {
    export OPKITSU_SETTINGS_SECONDS=0
    cd "$BATS_TEST_TMPDIR"
    mkfifo in
    op-diff -d "$store" <in >out 2>err 3>&- &
    exec 4>in
    edit='{"type":"Edit","id":"e1","name":"cut","created_at":"2026-11-23T05:54:22","data":{}}'
    sync() {
        jq -c --argjson edit "$edit" 'if .type == "End" then ($edit + {project_id}),
            (.counts.Edit = 1) else . end' "$kitsu" >&4
        for _ in {1..100}; do
            [[ $(grep -c '"type":"Checkpoint"' out) == "$1" ]] && return
            sleep 0.05
        done
        return 1
    }
    sync 1
    run ! grep '"type":"Edit"' out
    setting project_settings_versioned 3.18.0 "" '{"opkitsu": {"edits": true}}'
    sync 2
    grep '"type":"Edit"' out
    # A file that cannot be read is no reason to stop, nor to forget the settings.
    mkdir -p "$XDG_CONFIG_HOME/opkitsu"
    echo '{' >"$XDG_CONFIG_HOME/opkitsu/settings.json"
    sync 3
    grep "settings.json.*the settings stay what they were" err
    [[ $(grep -c '"operationType":"insert".*"name":"cut"' out) == 2 ]]
    exec 4>&-
    wait
}

@test "a project's settings go before the studio's, and the user's file before both" {
    edit='{"type":"Edit","id":"e1","name":"cut","created_at":"2026-11-23T05:54:22","data":{}}'
    with_edit() {
        jq -c --argjson edit "$edit" 'if .type == "End" then ($edit + {project_id}),
            (.counts.Edit = 1) else . end' "$kitsu"
    }
    edits_of() { with_edit | op-diff -q -d "$store" | jq -r 'select(.entity.type == "Edit").entity.name'; }
    run -0 edits_of
    [ "$output" = "" ]
    setting project_settings "" "" '{"opkitsu": {"edits": true}}'
    run -0 edits_of
    [ "$output" = cut ]
    setting project_settings "" film_small '{"opkitsu": {"edits": false}}'
    run -0 edits_of
    [ "$output" = "" ]
    mkdir -p "$XDG_CONFIG_HOME/opkitsu"
    echo '{"opkitsu": {"edits": true}}' >"$XDG_CONFIG_HOME/opkitsu/settings.json"
    run -0 edits_of
    [ "$output" = cut ]
}

@test "a settings file that is not JSON is named" {
    mkdir -p "$XDG_CONFIG_HOME/opkitsu"
    echo '{"opkitsu": {' >"$XDG_CONFIG_HOME/opkitsu/settings.json"
    run -78 --separate-stderr op-diff -d "$store" <"$kitsu"
    [ -z "$output" ]
    [[ $stderr == "op-diff: $XDG_CONFIG_HOME/opkitsu/settings.json: "* ]]
}

@test "the server is found in OpenPype's system settings, a file before it, then the environment" {
    setting system_settings_versioned 3.18.0 "" '{"modules": {"kitsu": {"server": "http://127.0.0.1:1/store"}}}'
    export KITSU_LOGIN=me@example.com KITSU_PWD=secret OPKITSU_RETRY_SECONDS=0
    run -69 --separate-stderr kitsu-fetch -d "$store"
    [[ $stderr == *"http://127.0.0.1:1/store"* ]]
    mkdir -p "$XDG_CONFIG_HOME/opkitsu"
    echo '{"modules": {"kitsu": {"server": "http://127.0.0.1:1/file"}}}' >"$XDG_CONFIG_HOME/opkitsu/settings.json"
    run -69 --separate-stderr kitsu-fetch -d "$store"
    [[ $stderr == *"http://127.0.0.1:1/file"* ]]
    KITSU_SERVER=http://127.0.0.1:1/environment run -69 --separate-stderr kitsu-fetch -d "$store"
    [[ $stderr == *"http://127.0.0.1:1/environment"* ]]
    KITSU_SERVER=http://127.0.0.1:1/e run -69 --separate-stderr kitsu-fetch -d "$store" -s http://127.0.0.1:1/flag
    [[ $stderr == *"http://127.0.0.1:1/flag"* ]]
}

@test "without any server kitsu-fetch says where it looked" {
    export KITSU_LOGIN=me@example.com KITSU_PWD=secret
    run -78 --separate-stderr kitsu-fetch -d "$store"
    [[ $stderr == *KITSU_SERVER* ]]
}

# warnings [OPTION]...: what op-diff says of the settings
warnings() { op-diff -d "$store" "$@" <"$kitsu" 2>&1 >/dev/null | grep -F opkitsu; }

@test "a mistake in the section opkitsu is warned about, with its place and what there is" {
    mkdir -p "$XDG_CONFIG_HOME/opkitsu"
    file=$XDG_CONFIG_HOME/opkitsu/settings.json
    known="edits, concepts, names, note"
    while read -r mistake message; do
        echo "{$mistake}" >"$file"
        run warnings
        [[ $output == "op-diff: $file: $message" ]] || { echo "$mistake gives: $output" && return 1; }
    done <<EOF
"opkitsu":{"nmaes":"convert"} opkitsu.nmaes: unknown key, ignored; the known ones are $known
"opkitsu":{"names":"Convert"} opkitsu.names: ignored; expected "skip" or "convert", got "Convert"
"opkitsu":{"names":true} opkitsu.names: ignored; expected "skip" or "convert", got true
"opkitsu":{"edits":"yes"} opkitsu.edits: ignored; expected true or false, got "yes"
"opkitsu":{"concepts":1} opkitsu.concepts: ignored; expected true or false, got 1
"opkitsu":"convert" opkitsu: ignored; expected an object with the keys $known, got "convert"
"opkitsu.names":"convert" opkitsu.names: ignored; write {"opkitsu": {"names": ...}}
EOF
    # What is right, OpenPype's own marks, and what is not ours are no mistakes.
    echo '{"opkitsu":{"edits":true,"concepts":false,"names":"convert","note":{},"__overriden_keys__":["note"]},"kitsu":{"x":1},"y":2}' >"$file"
    run warnings
    [[ $output == "" ]]
}

@test "a mistake in OpenPype's settings is warned about; one in settings that do not count is not" {
    versions 3.9.0 3.10.0
    setting project_settings_versioned 3.9.0 "" '{"opkitsu": {"older": 1}}'
    setting project_settings_versioned 3.10.0 "" '{"opkitsu": {"nmaes": "convert"}}'
    setting project_settings_versioned 3.10.0 demo '{"opkitsu": {"edits": "no"}}'
    setting system_settings_versioned 3.10.0 "" '{"modules": {"kitsu": {}}}'
    run warnings
    [[ $(sort <<<"$output") == "op-diff: $store, project_settings of project demo, version 3.10.0: opkitsu.edits: ignored; expected true or false, got \"no\"
op-diff: $store, project_settings of the studio, version 3.10.0: opkitsu.nmaes: unknown key, ignored; the known ones are edits, concepts, names, note" ]]
    run warnings -q
    [[ $output == "" ]]
}

@test "note-rule warns of a mistake in the section opkitsu, too" {
    mkdir -p "$XDG_CONFIG_HOME/opkitsu"
    echo '{"opkitsu":{"nmaes":"convert"}}' >"$XDG_CONFIG_HOME/opkitsu/settings.json"
    OP_STORE=$store run -0 --separate-stderr note-rule </dev/null
    [[ $stderr == "note-rule: "*"/settings.json: opkitsu.nmaes: unknown key"* ]]
}
