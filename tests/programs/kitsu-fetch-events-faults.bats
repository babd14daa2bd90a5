#!/usr/bin/env bats
# kitsu-fetch --events, and the Checkpoint of a full reading, against a server
# that fails, which mock-zou plays.
# shellcheck disable=SC2030,SC2031 # every test is a subshell

bats_require_minimum_version 1.5.0

setup() {
    PATH=${OPKITSU_BUILD:-$BATS_TEST_DIRNAME/../../build}/bin:$PATH
    unset "${!KITSU_@}" "${!OP_@}" OPENPYPE_MONGO http_proxy https_proxy all_proxy
    mock=$BATS_TEST_TMPDIR
    mock_pid=
    mkdir -m 700 "$mock/run" "$mock/state" "$mock/home"
    export XDG_RUNTIME_DIR=$mock/run XDG_STATE_HOME=$mock/state HOME=$mock/home
    export XDG_DATA_HOME=$mock/data XDG_CONFIG_HOME=$mock/config OP_STORE=sqlite:$mock/op.db
    export KITSU_LOGIN=jane@example.com KITSU_PWD=secret OPKITSU_RETRY_SECONDS=0.1
    project=11111111-1111-4111-8111-111111111111
    shot=00000003-0000-4000-8000-000000000001
    port=
    # The mock's names have blanks: the store has the project, and remembers the rest.
    start "{\"GET /data/projects/$project/tasks\": [{\"json\": []}]}"
    kitsu-fetch 2>/dev/null | op-diff 2>/dev/null | op-apply >/dev/null 2>&1 || true
}

teardown() { [[ -z $mock_pid ]] || kill "$mock_pid"; }

# start [SCRIPT]: a server, in place of the one before it; see mock-zou.
start() {
    [[ -z $mock_pid ]] || kill "$mock_pid"
    rm -rf "$mock/port" "$mock/requests" "$mock/run/opkitsu"
    printf '%s' "${1-{\}}" >"$mock/script.json"
    "$BATS_TEST_DIRNAME/../servers/mock-zou" "$mock" 3>&- &
    mock_pid=$!
    until [[ -e $mock/port ]]; do
        kill -0 "$mock_pid"
        sleep 0.02
    done
    KITSU_SERVER=http://127.0.0.1:$(cat "$mock/port")
    export KITSU_SERVER
}

# answer NAME [DATA]: to one event and its Checkpoint.
answer() {
    jq -nc --arg name "$1" --argjson data "${2:-{\}}" --arg p "$project" '
        {type: "Event", id: "x", created_at: "2026-11-24T00:00:00", name: $name, project_id: $p, data: $data},
        {type: "Checkpoint", server: "x", projects: null, created_at: "2026-11-24T00:00:00", ids: [], events: 1}' >"$mock/in"
    run --separate-stderr kitsu-fetch --events <"$mock/in"
    echo "$stderr" >&2
}

says() { [[ $stderr == *"$1"* ]]; }
records() { jq -c "$1" <<<"$output"; }
types() { records .type | uniq | tr -d '"' | paste -sd ' '; }
left_alone() { [[ $status == 1 && $(types) == Checkpoint && $(records .full_sync) == "[\"$project\"]" ]]; }

# bats test_tags=slow
@test "a list that fails or is nonsense: no record, and a full reading is wanted" {
    for answer in '{"status": 500, "json": {"error": true, "message": "Oh."}}' '{"json": {"a": 1}}' '{"text": "nonsense"}' '{"status": 404, "text": "<html>"}'; do
        for list in /data/entities /data/tasks "/data/projects/$project"; do
            start "{\"GET /data/entities\": [{\"json\": [{\"id\": \"$shot\", \"name\": \"Shot 1\", \"type\": \"Shot\", \"project_id\": \"$project\"}]}], \"GET $list\": [$answer]}"
            answer shot:update "{\"shot_id\": \"$shot\"}"
            left_alone
            says 'demo: cannot read the project'
        done
    done
}

@test "the task types fail: likewise" {
    start '{"GET /data/entities": [{"json": []}], "GET /data/task-types": [{"status": 500, "json": {"message": "Oh."}}]}'
    answer shot:update "{\"shot_id\": \"$shot\"}"
    left_alone
}

# bats test_tags=slow
@test "what was remembered and is gone: only Kitsu's own 404 makes it Deleted" {
    start '{"GET /data/entities": [{"json": []}], "GET /data/tasks": [{"json": []}]}'
    answer shot:update "{\"shot_id\": \"$shot\"}"
    [[ $status == 0 ]]
    records 'select(.type == "Deleted") | .id' | grep -q "$shot"
    for answer in '{"status": 403, "json": {"message": "No."}}' '{"status": 404, "text": "<html>"}' '{"json": {}}'; do
        start "{\"GET /data/entities\": [{\"json\": []}], \"GET /data/tasks\": [{\"json\": []}], \"GET /data/entities/$shot\": [$answer]}"
        answer shot:update "{\"shot_id\": \"$shot\"}"
        left_alone
    done
}

# bats test_tags=slow
@test "the connection breaks: 75 and no Checkpoint" {
    start '{"GET /data/entities": [{"reset": true}]}'
    answer shot:update "{\"shot_id\": \"$shot\"}"
    [[ $status == 75 && $(types) != *Checkpoint* ]]
    start '{"GET /data/entities": [{"status": 401, "json": {"msg": "revoked"}}]}'
    answer shot:update "{\"shot_id\": \"$shot\"}"
    [[ $status == 77 && $(types) != *Checkpoint* ]]
}

# bats test_tags=slow
@test "a project that another Kitsu does not have is not deleted" {
    start "{\"GET /data/projects/$project\": [{\"status\": 404, \"json\": {\"message\": \"404\"}}]}"
    answer shot:update "{\"shot_id\": \"$shot\"}"
    # The mock listens on another port now: it is another server.
    left_alone
    says 'is it the right server'
    answer project:delete
    [[ $status == 0 && $(types) == 'Deleted Checkpoint' ]]
}

@test "a project that Kitsu does not give, but lists, is not deleted" {
    start
    kitsu-fetch | op-diff -q 2>/dev/null | op-apply -q >/dev/null || (($? == 1)) # names are skipped
    gone="\"GET /data/projects/$project\": [{\"status\": 404, \"json\": {\"message\": \"404\"}}]"
    # A proxy's way to a place that Zou does not know is no answer about the project either.
    for way in "{$gone}" "{\"GET /data/projects/$project\": [{\"status\": 302, \"headers\": {\"Location\": \"/away\"}}]}" \
        "{$gone, \"GET /data/projects/all\": [{\"status\": 404, \"json\": {\"message\": \"404\"}}]}"; do
        printf '%s' "$way" >"$mock/script.new"
        mv "$mock/script.new" "$mock/script.json"
        answer shot:update "{\"shot_id\": \"$shot\"}"
        left_alone
        says 'demo: cannot read the project: '
    done
    printf '%s' "{$gone, \"GET /data/projects/all\": [{\"json\": []}]}" >"$mock/script.new"
    mv "$mock/script.new" "$mock/script.json"
    answer shot:update "{\"shot_id\": \"$shot\"}"
    [[ $status == 0 && $(types) == 'Deleted Checkpoint' ]]
}

@test "a 404 at the end of a redirection is no entity's end, unless that kept the path" {
    local missing='{"status": 404, "json": {"message": "404"}}' way
    start
    kitsu-fetch | op-diff -q 2>/dev/null | op-apply -q >/dev/null || (($? == 1)) # names are skipped
    for way in /away "/data/entities/$shot?next=1" "/data/entities/$shot/"; do
        printf '%s' "{\"GET /data/entities\": [{\"json\": []}], \"GET /data/entities/$shot\": [{\"status\": 302, \"headers\": {\"Location\": \"$way\"}}, $missing],
            \"GET $way\": [$missing]}" >"$mock/script.new"
        mv "$mock/script.new" "$mock/script.json"
        answer shot:update "{\"shot_id\": \"$shot\"}"
        left_alone
    done
    # Without one, or from http to https, say, it is: the same path.
    printf '%s' "{\"GET /data/entities\": [{\"json\": []}], \"GET /data/entities/$shot\": [{\"status\": 307, \"headers\": {\"Location\": \"/api/data/entities/$shot\"}}, $missing]}" >"$mock/script.new"
    mv "$mock/script.new" "$mock/script.json"
    answer shot:update "{\"shot_id\": \"$shot\"}"
    [[ $status == 0 && $(types) == *Deleted* ]]
}

# bats test_tags=slow
@test "a full reading of one that fails: no End, and full_sync" {
    start "{\"GET /data/projects/$project/shots\": [{\"status\": 500, \"json\": {\"message\": \"Oh.\"}}]}"
    answer metadata-descriptor:new '{"metadata_descriptor_id": "x"}'
    [[ $status == 1 && $(types) != *End* ]]
    [[ $(records 'select(.type == "Checkpoint") | .full_sync') == "[\"$project\"]" ]]
}

@test "the Checkpoint of a full reading: for all, but for those that failed" {
    start
    run --separate-stderr kitsu-fetch
    [[ $(records 'select(.type == "Checkpoint") | [.all, .full_sync, .projects]') == "[true,null,[\"$project\"]]" ]]
    run --separate-stderr kitsu-fetch -P demo
    [[ $(records 'select(.type == "Checkpoint") | [.all, .full_sync]') == '[null,null]' ]]
    run --separate-stderr kitsu-fetch --types Shot
    [[ $(records 'select(.type == "Checkpoint") | [.all, .full_sync]') == '[null,null]' ]]
    start "{\"GET /data/projects/$project/shots\": [{\"status\": 500, \"json\": {\"message\": \"Oh.\"}}]}"
    run --separate-stderr kitsu-fetch
    [[ $status == 1 && $(records 'select(.type == "Checkpoint") | [.all, .full_sync, .projects]') == "[true,[\"$project\"],[]]" ]]
}

@test "stdout is gone or full" {
    start
    answer metadata-descriptor:new '{"metadata_descriptor_id": "x"}'
    status=0
    kitsu-fetch --events <"$mock/in" >/dev/full 2>/dev/null || status=$?
    [[ $status == 74 ]]
    status=0
    (
        trap - PIPE
        kitsu-fetch --events <"$mock/in" 2>/dev/null || echo $? >"$mock/status"
    ) | true
    [[ $(<"$mock/status") == 141 ]]
}
