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
        and (.config.apps | length == 9) and .data.frameStart == 1001'
}

@test "the studio's anatomy is laid over it, key by key, lists whole" {
    setting project_anatomy "" "" '{"attributes": {"frameStart": 101, "applications": ["maya/2024"],
        "tools_env": ["mtoa"]}, "roots": {"work": {"linux": "/srv/work"}}, "imageio": {"nuke": {}}}'
    run -0 new_project
    jq -e '.data.frameStart == 101 and .data.frameEnd == 1001 and .data.tools_env == ["mtoa"]
        and (.data | has("applications") | not) and .config.apps == [{"name": "maya/2024"}]
        and .config.roots.work == {"windows": "C:/projects", "darwin": "/Volumes/path", "linux": "/srv/work"}
        and .config.imageio == {"nuke": {}} and .config.templates.work.folder' <<<"$output"
}

@test "an anatomy without applications is warned about" {
    setting project_anatomy "" "" '{"attributes": {"applications": []}}'
    run -0 --separate-stderr op-diff -d "$store" <"$kitsu"
    [[ $stderr == *"names no applications"* ]]
}

@test "the newest version that has a key gives it, in the order of versions_order" {
    versions 3.9.0 3.10.0 3.11.0
    setting project_anatomy "" "" '{"attributes": {"frameStart": 1, "handleStart": 1, "clipIn": 7}}'
    setting project_anatomy_versioned 3.10.0 "" '{"attributes": {"frameStart": 10}}'
    setting project_anatomy_versioned 3.9.0 "" '{"attributes": {"frameStart": 9, "handleStart": 9}}'
    run -0 new_project
    jq -e '.data.frameStart == 10 and .data.handleStart == 9 and .data.clipIn == 7' <<<"$output"
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
