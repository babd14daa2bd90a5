#!/usr/bin/env bats
# A server that is no Kitsu, or no longer one: a table of answers for each route, given to
# each program that asks it. Whatever it says, the store is as it was, no program dies, hangs,
# or tells of success; see also lies.bats (shapes, and empty lists) and limits.bats.
# EVERY=1 gives all answers to all routes, in minutes; else a part, another each time.
# Takes about 40 s.
# bats file_tags=slow
# shellcheck disable=SC2030,SC2031 # every test is a subshell

bats_require_minimum_version 1.5.0

setup() {
    load ../lib/common
    load ../lib/mock
    load ../lib/store
    mock_production
    export OPKITSU_RETRY_SECONDS=0.02 OPKITSU_PAUSE_SECONDS=0.01
    n=0
}

teardown() { mock_stop; }

# What no list is, and no object: mock-zou's answers, one a line.
answers() {
    local status
    for status in 204 205 206 226 300 304 305 306 400 402 403 405 406 409 410 413 414 415 418 421 423 424 425 426 428 431 451 500 501 507 511 520 599 666 999; do
        printf '{"status": %d, "text": ""}\n{"status": %d, "json": {"message": "no"}}\n' "$status" "$status"
    done
    for status in 301 302 303 307 308; do
        printf '{"status": %d, "text": "", "headers": {"Location": "%s"}}\n' \
            "$status" file:///etc/passwd "$status" gopher://127.0.0.1:1/x "$status" / "$status" '//127.0.0.1:1/' "$status" ''
    done
    for status in 429 502 503 504; do
        printf '{"status": %d, "text": "", "headers": {"Retry-After": "%s"}}\n' "$status" 99999999999999999999 "$status" -1 \
            "$status" 'Fri, 31 Dec 9999 23:59:59 GMT' "$status" x
    done
    cat <<'ANSWERS'
{"status": 401, "json": {"msg": "Missing Authorization Header"}}
{"status": 422, "json": {"msg": "Signature verification failed"}}
{"status": 401, "text": "", "headers": {"WWW-Authenticate": "Negotiate"}}
{"status": 407, "text": "", "headers": {"Proxy-Authenticate": "Basic realm=x"}}
{"cut": 0}
{"cut": 1}
{"cut": 40}
{"trim": 0}
{"trim": 1}
{"trim": 40}
{"reset": true}
{"text": "[]", "headers": {"Content-Encoding": "gzip"}}
{"text": "\u001f\u008b\b\u0000\u0000", "headers": {"Content-Encoding": "gzip"}}
{"text": "x", "headers": {"Content-Encoding": "br"}}
{"text": "[]", "headers": {"Transfer-Encoding": "chunked"}}
{"text": "ffffffffffffffff\r\n[]", "headers": {"Transfer-Encoding": "chunked"}}
{"text": "-5\r\n[]", "headers": {"Transfer-Encoding": "chunked"}}
{"header_lines": 20000}
{"text": "\ufeff[]"}
{"text": "[\u0000]"}
{"text": "\u0000"}
{"text": "[NaN]"}
{"text": "[{}]]"}
{"text": "[{},]"}
{"text": "[]\n{}"}
{"text": "{}[]"}
{"text": "//\n[]"}
{"text": "['a']"}
{"text": "[{\"id\": \"\\ud800\"}, 0]"}
{"text": "[\udcff\udcfe]"}
{"text": "[1e]"}
{"text": "[{\"id\": ]"}
{"text": "{\"data\": [], \"total\": -1"}
{"text": "HTTP/1.1 200 OK\r\n\r\n[]"}
{"text": "<!DOCTYPE html><title>Log in to the network</title>"}
{"text": "ok"}
{"text": "null"}
{"text": "\"\""}
{"text": "-0"}
{"text": "\u001b]0;x\u0007\u001b[2J"}
ANSWERS
    printf '{"text": "%s"}\n' "$(printf '[%.0s' {1..3000})" "$(printf '{\\"a\\":%.0s' {1..3000})" "[$(printf '9%.0s' {1..3000})" \
        "[\\\"$(printf 'x%.0s' {1..9000})"
}

# give [METHOD:]ROUTE TEST: the test with these answers of the route, or some, as far apart as
# that makes them
give() {
    local route=$1 method=GET run=$2 i step=${EVERY:-31}
    [[ $route == /* ]] || { method=${route%%:*} route=${route#*:}; }
    mapfile -t table < <(answers)
    ((${#table[@]} > 150))
    for ((i = RANDOM % step; i < ${#table[@]}; i += step)); do
        mock_script "{${others:+$others,} \"$method $route\": [${table[i]}]}"
        "$run" "$method $route: ${table[i]}" || return
        n=$((n + 1))
    done
    # It was asked for.
    grep -qF "$method /api$route" requests || {
        echo "$route: never asked for"
        return 1
    }
}

# unharmed WHAT STATUS FILE: the store is as it was, the program ended by itself and did not
# say that all is well, and what it wrote is whole lines
unharmed() {
    op-dump --all >after
    if ! cmp -s before after; then
        echo "$1: the store is another"
        diff <(jq -c . before) <(jq -c . after) | head -n 5
    elif (($2 == 0 || $2 > 78)); then
        echo "$1: status $2"
    elif [[ -s $3 ]] && { [[ $(tail -c 1 "$3" | od -An -c) != *'\n'* ]] || ! jq -c . "$3" >/dev/null; }; then
        echo "$1: what is written is no lines of JSON"
    elif LC_ALL=C grep -q $'[\x01-\x08\x0b-\x1f\x7f]' err; then
        echo "$1: control characters in a message"
    else
        return 0
    fi >&2
    cat err >&2
    return 1
}

# bounded COMMAND...: of whom nobody waits for long
bounded() { timeout -k 1 20 "$@"; }

full() {
    local status=0
    bounded kitsu-fetch >stream 2>err || status=$?
    op-diff --max-delete 100% <stream 2>/dev/null | op-apply >/dev/null 2>&1 || true
    unharmed "$1" "$status" stream
}

events() {
    local status=0
    bounded kitsu-fetch --events <in >stream 2>err || status=$?
    op-diff --max-delete 100% <stream 2>/dev/null | op-apply >/dev/null 2>&1 || true
    unharmed "$1" "$status" stream && ! grep '"type":"End"' stream
}

listen() {
    local status=0
    bounded kitsu-listen --once --since 2026-11-23T05:17:20 >stream 2>err || status=$?
    # A role that may not read the log is nobody's fault: it is said, and read in full instead.
    ! grep -q 'this role may not read the log of events' err || ((status)) || status=1
    unharmed "$1" "$status" stream && ! grep '"type":"Event"' stream
}

push() {
    local status=0
    bounded zou-push -n --delete <dump >stream 2>err || status=$?
    unharmed "$1" "$status" stream && ! grep '"to":"kitsu"' stream
}

publish() {
    local status=0
    bounded publish-task -P demo -a Shot_0 -t 'TaskType 0' >stream 2>err || status=$?
    unharmed "$1" "$status" stream && [[ ! -s stream ]]
}

# It is not said to be posted, nor taken for one that was.
comment() {
    local status=0
    bounded zou-push <comment.record >stream 2>err || status=$?
    unharmed "$1" "$status" stream && ! grep -E '"status":"(applied|unchanged)"' stream
}

# Neither made nor linked.
make_one() {
    local status=0
    bounded zou-push <dump >stream 2>err || status=$?
    unharmed "$1" "$status" stream && ! grep -E '"status":"applied"|"type":"Change"' stream
}

@test "a full reading" {
    for route in asset-types episodes sequences shots assets edits concepts tasks; do
        give "$below/$route" full
    done
    for route in "$below" /auth/authenticated /data/projects/all /data/task-types /data/task-status /data/project-status; do
        give "$route" full
    done
    echo "# $n answers" >&3
}

@test "of events" {
    jq -nc --arg p "$project" --arg shot "$shot" '
        {type: "Event", id: "x", created_at: "2026-11-24T00:00:00", name: "shot:update", project_id: $p, data: {shot_id: $shot}},
        {type: "Checkpoint", server: "x", projects: null, created_at: "2026-11-24T00:00:00", ids: [], events: 1}' >in
    others=$(jq -c --arg shot "$shot" 'select(.id == $shot) | {"GET /data/entities": [{json: [.]}], "GET /data/tasks": [{json: []}]}' reading)
    mock_script "$others"
    others=${others:1:-1}
    kitsu-fetch --events <in | grep '"type":"End"'
    for route in "$below" /data/entities /data/tasks /data/task-types /data/project-status /auth/authenticated; do
        give "$route" events
    done
    echo "# $n answers" >&3
}

# A role that may not read castings is nobody's fault: it is said, and links stay.
castings() {
    local status=0
    bounded kitsu-fetch >stream 2>err || status=$?
    ! grep -q 'may not read its castings' err || ((status)) || status=1
    op-diff --max-delete 100% <stream 2>/dev/null | op-apply >/dev/null 2>&1 || true
    unharmed "$1" "$status" stream
}

castings_of_events() {
    local status=0
    bounded kitsu-fetch --events <in >stream 2>err || status=$?
    ((status)) || status=1
    op-diff --max-delete 100% <stream 2>/dev/null | op-apply >/dev/null 2>&1 || true
    unharmed "$1" "$status" stream && ! grep '"cast":' stream
}

@test "castings" {
    local refused='[{"status": 403, "json": {"message": "no"}}]' of_shot
    grep -q inputLinks before
    others="\"GET $below/sequences/all/casting\": $refused"
    give "$below/entity-links" castings
    others="\"GET $below/entity-links\": $refused"
    give "$below/sequences/all/casting" castings
    jq -nc --arg p "$project" --arg shot "$shot" '
        {type: "Event", id: "x", created_at: "2026-11-24T00:00:00", name: "shot:update", project_id: $p, data: {shot_id: $shot}},
        {type: "Checkpoint", server: "x", projects: null, created_at: "2026-11-24T00:00:00", ids: [], events: 1}' >in
    of_shot=$(jq -c --arg shot "$shot" 'select(.id == $shot) | {"GET /data/entities": [{json: [.]}], "GET /data/tasks": [{json: []}]}' reading)
    mock_script "$of_shot"
    kitsu-fetch --events <in | grep '"cast":\["'
    others="${of_shot:1:-1}, \"GET $below/entity-links\": $refused, \"GET $below/sequences/all/casting\": $refused"
    give /data/entity-links castings_of_events
    echo "# $n answers" >&3
}

@test "mongodb: a full reading" {
    use_mongo
    op-diff <reading | op-apply >/dev/null
    op-dump --all >before
    [[ $(grep -c '"type":"Document"' before) -gt 15 ]]
    for route in "$below/shots" "$below/asset-types" "$below/tasks" "$below"; do
        give "$route" full
    done
    echo "# $n answers" >&3
}

@test "a listener" {
    for route in /data/events/last /auth/authenticated; do
        give "$route" listen
    done
    echo "# $n answers" >&3
}

@test "a push" {
    op-dump >dump
    for route in asset-types episodes sequences shots assets edits concepts tasks; do
        give "$below/$route" push
    done
    for route in "$below" /data/task-types /data/asset-types /auth/authenticated; do
        give "$route" push
    done
    echo "# $n answers" >&3
}

@test "a push that makes a sequence, an asset, a type of tasks, tasks" {
    # In OpenPype there is a shot below no sequence, an asset, and a task of a type that Kitsu lacks.
    op-dump | jq -c 'if .document.name | IN("Shot_0", "Asset_0") then .document |= (._id["$oid"] |= "f" + .[1:] | .name += "9" | del(.data.zou))
        elif .document.name == "Shot_1" then .document.data.tasks = {Own: {type: "Own"}}
        elif .document.name == "Asset_1" then .document.data.tasks = {Known: {type: "Known"}} else . end' >dump
    others='"GET /data/task-types": [{"json": [{"id": "0000000a-0000-4000-8000-000000000000", "name": "Known", "for_entity": "Asset", "type": "TaskType"}]}]'
    for route in "$below/sequences" "$below/asset-types/0000000c-0000-4000-8000-000000000000/assets/new" /data/task-types \
        "/actions/projects/$project/task-types/0000000a-0000-4000-8000-000000000000/assets/create-tasks"; do
        give "POST:$route" make_one
    done
    echo "# $n answers" >&3
}

@test "a publish" {
    for route in /data/tasks /data/task-types; do
        give "$route" publish
    done
    echo "# $n answers" >&3
}

@test "a comment" {
    local task=00000007-0000-4000-8000-000000000000
    echo '{"type":"Comment","publish_id":"p1","instance":0,"task_id":"'$task'","text":"done"}' >comment.record
    others='"GET /data/tasks/'$task'": [{"json": {"id": "'$task'", "type": "Task", "name": "x", "project_id": "'$project'", "entity_id": "'$shot'",
        "task_type_id": "0000000a-0000-4000-8000-000000000000", "task_status_id": "0000000b-0000-4000-8000-000000000001"}}],
        "GET /data/tasks/'$task'/comments": [{"json": []}]'
    others=${others//$'\n'/}
    for route in "GET:/data/tasks/$task" "GET:/data/tasks/$task/comments" "POST:/actions/tasks/$task/comment"; do
        give "$route" comment
    done
    echo "# $n answers" >&3
}
