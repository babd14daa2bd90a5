#!/usr/bin/env bats
# kitsu-fetch against servers that fail, which mock-zou plays. What a real Zou
# can show is in kitsu-fetch.bats.
# Takes about 180 s.
# shellcheck disable=SC2030,SC2031 # every test is a subshell

bats_require_minimum_version 1.5.0

setup() {
    load ../lib/common
    unset "${!KITSU_@}" "${!OP_@}" OPENPYPE_MONGO
    unset CURL_CA_BUNDLE SSL_CERT_DIR SSL_CERT_FILE
    unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
    mock=$BATS_TEST_TMPDIR
    mock_pid=
    mkdir -m 700 "$mock/run" "$mock/state" "$mock/home"
    export XDG_RUNTIME_DIR=$mock/run XDG_STATE_HOME=$mock/state HOME=$mock/home
    export XDG_DATA_HOME=$mock/data XDG_CONFIG_HOME=$mock/config
    export KITSU_LOGIN=jane@example.com KITSU_PWD=secret OPKITSU_RETRY_SECONDS=0.1
    project=11111111-1111-4111-8111-111111111111
    below=/data/projects/$project
}

teardown() { stop; }

# start [SCRIPT]: see mock-zou.
start() {
    printf '%s' "${1-{\}}" >"$mock/script.json"
    serve
}

# stop: the server, its log of requests, and the sessions with it.
stop() {
    [[ -z $mock_pid ]] || kill "$mock_pid"
    mock_pid=
    rm -rf "$mock/port" "$mock/requests" "$mock/run/opkitsu"
}

# serve: on a port of its own, as script.json says; ends the one before it.
serve() {
    stop
    "$BATS_TEST_DIRNAME/../servers/mock-zou" "$mock" 3>&- &
    mock_pid=$!
    until [[ -e $mock/port ]]; do
        kill -0 "$mock_pid"
        sleep 0.02
    done
    KITSU_SERVER=http://127.0.0.1:$(cat "$mock/port")
    export KITSU_SERVER
}

fetch() { run --separate-stderr kitsu-fetch "$@"; }

# requests PATTERN: how many requests match.
requests() { grep -c -- "$1" "$mock/requests" || true; }

# says TEXT: stderr has it.
says() { [[ $stderr == *"$1"* ]] || { echo "stderr: $stderr" >&2 && return 1; }; }

# records FILTER: what jq makes of stdout.
records() { jq -c "$1" <<<"$output"; }

whole() {
    [[ $(records 'select(.type == "End") | .counts.Shot') == "$1" ]]
    [[ $(records 'select(.type == "Shot") | .id' | sort -u | wc -l) == "$1" ]]
    [[ $(records 'select(.type == "Shot") | .id' | wc -l) == "$1" ]]
    [[ $(records .type | tail -n 1) == '"Checkpoint"' ]]
}

# --- The stream --------------------------------------------------------------

@test "a production, record by record" {
    start
    fetch
    [[ $status == 0 && -z $stderr ]]
    diff - <(records '.type' | uniq -c | awk '{print $1, $2}') <<'EXPECTED'
1 "Project"
2 "TaskType"
2 "TaskStatus"
2 "AssetType"
1 "Episode"
2 "Sequence"
3 "Shot"
2 "Asset"
1 "Edit"
1 "Concept"
4 "Task"
1 "Person"
3 "EntityLink"
1 "End"
1 "Checkpoint"
EXPECTED
    [[ $(records 'select(.type == "TaskType") | [.project_id, .in_project]' | sort -u) == "[\"$project\",false]"$'\n'"[\"$project\",true]" ]]
    [[ $(records 'select(.type == "AssetType") | .project_id' | sort -u) == "\"$project\"" ]]
}

# bats test_tags=slow
@test "an answer in pieces of 1 to 31 bytes is the same stream" {
    start '{"shots": 40}'
    kitsu-fetch >"$mock/whole"
    start '{"shots": 40, "pieces": true}'
    kitsu-fetch >"$mock/pieces"
    # The address of the server is part of the checkpoint.
    diff <(sed 's/127.0.0.1:[0-9]*/SERVER/' "$mock/whole") <(sed 's/127.0.0.1:[0-9]*/SERVER/' "$mock/pieces")
}

@test "compressed answers" {
    start "{\"GET $below/shots\": [{\"gzip\": true}]}"
    fetch
    [[ $status == 0 ]]
    whole 3
}

@test "a record with line ends between its tokens is one line" {
    start "{\"GET $below/shots\": [{\"text\": \"[{\\n\\\"id\\\":\\\"x\\\",\\r\\n \\\"type\\\": \\\"Shot\\\"\\n}\\n]\\n\"}]}"
    fetch --types Shot
    [[ $status == 0 ]]
    [[ ${lines[1]} == '{ "id":"x",   "type": "Shot" }' ]]
}

@test "records of a missing or wrong type, and without anything" {
    start "{\"GET $below/shots\": [{\"json\": [{\"id\": \"a\", \"type\": \"Scene\"}, {\"id\": \"b\", \"type\": null}, {\"id\": \"c\"}, {}]}],
            \"GET $below/asset-types\": [{\"json\": [{}, {\"id\": \"t\", \"project_id\": \"else\", \"type\": \"AssetType\"}]}]}"
    fetch --types Shot,AssetType
    [[ $status == 0 ]]
    [[ $(records 'select(.type == "Shot") | .id') == $'"a"\n"b"\n"c"\nnull' ]]
    [[ $(grep -c '"type"' <<<"$output") == "${#lines[@]}" ]]
    [[ $(records 'select(.type == "AssetType") | .project_id' | sort -u) == "\"$project\"" ]]
}

@test "a number keeps its digits" {
    start "{\"GET $below/shots\": [{\"text\": \"[{\\\"id\\\":\\\"x\\\",\\\"n\\\":25.0,\\\"m\\\":9223372036854775808,\\\"e\\\":1e400}]\"}]}"
    fetch --types Shot
    [[ $status == 0 ]]
    [[ ${lines[1]} == '{"type":"Shot","id":"x","n":25.0,"m":9223372036854775808,"e":1e400}' ]]
}

# bats test_tags=slow
@test "too deep and too large records are skipped and counted" {
    /usr/bin/python3 - "$below" >"$mock/script.json" <<'PYTHON'
import json, sys
deep = {"id": "deep", "name": "SH020", "type": "Shot", "data": json.loads("[" * 60 + "]" * 60)}
deepest = {"id": "deepest", "type": "Shot", "data": json.loads("[" * 59 + "]" * 59)}
huge = {"id": "huge", "name": "SH030", "type": "Shot", "data": "x" * 3 * 1024 * 1024}
fine = {"id": "fine", "name": "SH040", "type": "Shot", "data": "x" * 3 * 1000 * 1000}
json.dump({f"GET {sys.argv[1]}/shots": [{"json": [deep, deepest, huge, fine]}]}, sys.stdout)
PYTHON
    serve
    fetch --types Shot
    [[ $status == 1 ]]
    [[ $(records 'select(.type == "Skipped")') == "{\"type\":\"Skipped\",\"entity\":{\"type\":\"Shot\",\"id\":\"deep\",\"name\":\"SH020\"},\"project_id\":\"$project\",\"reason\":\"nested deeper than 60 levels\",\"code\":\"depth\"}
{\"type\":\"Skipped\",\"entity\":{\"type\":\"Shot\",\"id\":\"huge\",\"name\":\"SH030\"},\"project_id\":\"$project\",\"reason\":\"larger than 3 MiB\",\"code\":\"size\"}" ]]
    [[ $(records 'select(.type == "Shot") | .id') == $'"deepest"\n"fine"' ]]
    [[ $(records 'select(.type == "End") | .counts') == '{"Shot":4}' ]]
    says 'Shot "SH030" (huge) is skipped: larger than 3 MiB'
}

@test "a project that is too deep has no End" {
    /usr/bin/python3 -c 'import json, sys; json.dump({"GET " + sys.argv[1]: [{"json": {"id": sys.argv[2], "name": "demo", "data": json.loads("[" * 61 + "]" * 61)}}]}, sys.stdout)' \
        "$below" "$project" >"$mock/script.json"
    serve
    fetch
    [[ $status == 1 ]]
    [[ $(records '[.type, .code, .projects]') == $'["Skipped","depth",null]\n["Checkpoint",null,[]]' ]]
}

@test "everything empty" {
    start "{\"GET /data/projects/all\": [{\"json\": []}]}"
    fetch
    [[ $status == 0 ]]
    [[ $(records '[.type, .projects]') == '["Checkpoint",[]]' ]]
}

@test "empty lists everywhere, and then the project is gone: no End" {
    start "$(jq -n --arg p "$below" '
        ["asset-types", "episodes", "sequences", "shots", "assets", "edits", "concepts", "tasks"] |
        map({key: "GET \($p)/\(.)", value: [{json: []}]}) | from_entries |
        .["GET \($p)"] = [{}, {status: 404, json: {error: true, message: "404 Not Found"}}]')"
    fetch
    [[ $status == 1 ]]
    [[ -z $(records 'select(.type == "End")') ]]
    [[ $(records 'select(.type == "Checkpoint") | .projects') == '[]' ]]
    says 'demo: deleted in Kitsu'
}

# --- The event log -----------------------------------------------------------

@test "the checkpoint has the events of the overlap up to the newest" {
    start
    fetch
    # At 34, 30, 26, 22 and 18 seconds past.
    [[ $(records 'select(.type == "Checkpoint") | [.created_at, (.ids | length)]') == '["2026-11-23T05:17:34",5]' ]]
    [[ $(head -n 3 "$mock/requests" | cut -d ' ' -f 2 | tail -n 1) == /api/data/events/last\?limit=100 ]]
    export OPKITSU_LOG_OVERLAP=10
    fetch
    [[ $(records 'select(.type == "Checkpoint") | .ids[]') == "$(printf '00000014-0000-4000-8000-00000000000%s\n' 0 1 2 | marks | sed 's/.*/"&"/')" ]]
}

@test "times with fractions and offsets; the events of 45 seconds" {
    start '{"GET /data/events/last": [{"json": [
        {"id": "e0", "created_at": "2026-11-23T06:17:34.75+01:00"}, {"id": "e1", "created_at": "2026-11-23T05:16:49.5Z"},
        {"id": "e2", "created_at": "2026-11-23T05:16:48.999999"}]}]}'
    fetch
    [[ $status == 0 && $(records 'select(.type == "Checkpoint") | .created_at') == '"2026-11-23T05:17:34"' ]]
    [[ $(records 'select(.type == "Checkpoint") | .ids[]') == "$(printf 'e0\ne1\n' | marks | sed 's/.*/"&"/')" ]]
}

# bats test_tags=slow
@test "a full page of events that are all young is not the end" {
    export OPKITSU_LOG_OVERLAP=10
    start "$(jq -n '
        def page($from; $n; $at): {json: [range($from; $from + $n) | {id: "e\(.)", created_at: $at}]};
        {"GET /data/events/last": [page(0; 100; "2026-11-23T05:17:34"), page(100; 1000; "2026-11-23T05:17:24"),
                                   page(1100; 1; "2026-11-23T05:17:23")]}')"
    fetch
    [[ $status == 0 ]]
    [[ $(records 'select(.type == "Checkpoint") | .ids | length') == 1100 ]]
    [[ $(requests 'limit=1000&cursor_event_id=e99 ') == 1 ]]
    [[ $(requests 'limit=1000&cursor_event_id=e1099 ') == 1 ]]
}

# bats test_tags=slow
@test "of a page of the log only the events of the overlap are looked at" {
    export OPKITSU_LOG_OVERLAP=10
    for odd in '{"id": "a b", "created_at": "2026-11-23T05:17:34"}' '{"id": "e1", "created_at": "never"}' '{"created_at": null}'; do
        for at in 34:0 33:0 24:0 23:1; do # the odd one comes after an event of that second
            start "$(jq -n --argjson odd "$odd" --arg at "2026-11-23T05:17:${at%:*}" '{"GET /data/events/last":
                [{json: [{id: "e0", created_at: "2026-11-23T05:17:34"}, {id: "e2", created_at: $at}, $odd]}]}')"
            fetch
            if ((${at#*:})); then
                [[ $status == 0 && $(records 'select(.type == "Checkpoint") | .ids') == "[\"$(echo e0 | marks)\"]" ]]
            else
                [[ $status == 76 && -z $(records 'select(.type == "Checkpoint")') ]]
                says "not a list of Zou's events"
            fi
        done
    done
}

@test "an empty log: the server's time" {
    start '{"GET /data/events/last": [{"json": []}]}'
    fetch
    [[ $status == 0 ]]
    at=$(records 'select(.type == "Checkpoint" and .ids == []) | .created_at')
    now=$(date -u +%s)
    then=$(date -u -d "$(jq -r . <<<"$at")Z" +%s)
    ((now - then < 10))
}

@test "a log that may not be read: no time, but a checkpoint" {
    start '{"GET /data/events/last": [{"status": 403, "json": {"error": true, "message": "403"}}]}'
    fetch
    [[ $status == 0 ]]
    [[ $(records 'select(.type == "Checkpoint") | [.created_at, .ids]') == '[null,[]]' ]]
}

# --- Connections -------------------------------------------------------------

# bats test_tags=slow
@test "busy at first: tried again" {
    for code in 429 502 503 504; do
        start "{\"GET $below/shots\": [{\"status\": $code, \"text\": \"busy\"}, {\"status\": $code}, {}]}"
        fetch -v
        [[ $status == 0 ]]
        whole 3
        says "HTTP $code); retrying in"
    done
}

@test "busy for ever: 75, no checkpoint" {
    start '{"GET /data/task-types": [{"status": 503}]}'
    fetch
    [[ $status == 75 && -z $output ]]
    says 'HTTP 503'
    [[ $(requests /data/task-types) == 5 ]]
}

@test "a gateway that gives up on one list does not stop the others" {
    start "{\"GET $below/tasks\": [{\"status\": 504, \"text\": \"<html>\"}]}"
    fetch
    [[ $status == 1 ]]
    [[ -z $(records 'select(.type == "End")') ]]
    [[ $(records 'select(.type == "Checkpoint") | .projects') == '[]' ]]
    says /tasks
}

# bats test_tags=slow
@test "Retry-After, in seconds and as a date" {
    export OPKITSU_RETRY_SECONDS=1
    start "{\"GET $below/shots\": [{\"status\": 429, \"headers\": {\"Retry-After\": \"2\"}}, {}]}"
    SECONDS=0
    fetch -v
    [[ $status == 0 ]]
    ((SECONDS >= 2))
    says 'retrying in 2.0 s'
    at=$(LC_ALL=C date -u -d '+1 hour' '+%a, %d %b %Y %H:%M:%S GMT')
    start "{\"GET $below/shots\": [{\"status\": 503, \"headers\": {\"Retry-After\": \"$at\"}}, {}]}"
    fetch -v
    [[ $status == 0 ]]
    # Four times what all waits together may take is the most.
    says 'retrying in 4.0 s'
}

@test "a long wait is announced without -v" {
    start '{"GET /data/task-types": [{"status": 503, "headers": {"Retry-After": "6"}}]}'
    OPKITSU_RETRY_SECONDS=30 kitsu-fetch 2>"$mock/err" 3>&- &
    until grep -q 'retrying in 6 s' "$mock/err"; do
        kill -0 $!
        sleep 0.05
    done
    kill $!
}

# bats test_tags=slow
@test "a body that is cut: the rest comes once, nothing twice" {
    for cut in 0 1 200 700 1500; do
        start "{\"shots\": 20, \"GET $below/shots\": [{\"cut\": $cut}, {}]}"
        fetch
        [[ $status == 0 ]]
        whole 20
    done
}

@test "a JSON text that ends early, in an answer that doesn't" {
    start "{\"shots\": 20, \"GET $below/shots\": [{\"trim\": 700}, {}], \"GET $below\": [{\"trim\": 50}, {}]}"
    fetch
    [[ $status == 0 ]]
    whole 20
}

# bats test_tags=slow
@test "each try gets further: never given up" {
    start "$(jq -n --arg p "$below" '{shots: 60, "GET \($p)/shots": [range(12) | {cut: (300 + 300 * .)}]} |
        .["GET \($p)/shots"] += [{}]')"
    fetch
    [[ $status == 0 ]]
    whole 60
}

@test "a body that is always cut at one place: 75, no End, no checkpoint" {
    start "{\"shots\": 20, \"GET $below/shots\": [{\"cut\": 700}]}"
    fetch
    [[ $status == 75 ]]
    [[ -z $(records 'select(.type == "End" or .type == "Checkpoint")') ]]
}

@test "connections that are reset" {
    start "{\"GET $below/shots\": [{\"reset\": true}, {\"reset\": true}, {}], \"GET /data/projects/all\": [{\"reset\": true}, {}]}"
    fetch
    [[ $status == 0 ]]
    whole 3
}

@test "no server: 69" {
    start
    kill "$mock_pid"
    mock_pid=
    fetch
    [[ $status == 69 && -z $output ]]
    says "127.0.0.1"
}

@test "no such host: 69, at once" {
    export OPKITSU_RETRY_SECONDS=30
    SECONDS=0
    fetch -s http://kitsu.invalid
    [[ $status == 69 ]]
    ((SECONDS < 15))
    says kitsu.invalid
}

# bats test_tags=slow
@test "a server that goes away for good: 75" {
    start "{\"GET $below/shots\": [{\"sleep\": 60}]}"
    export OPKITSU_RETRY_SECONDS=1
    kitsu-fetch >"$mock/out" 2>"$mock/err" 3>&- &
    until [[ -e $mock/requests && $(requests edits) != 0 || $(requests sequences) != 0 ]]; do sleep 0.05; done
    sleep 0.2
    kill "$mock_pid"
    mock_pid=
    status=0
    wait $! || status=$?
    [[ $status == 75 ]]
    [[ -z $(jq -c 'select(.type == "End" or .type == "Checkpoint")' "$mock/out") ]]
}

# bats test_tags=slow
@test "redirections: within the server only, the token never elsewhere" {
    start
    port=$(cat "$mock/port")
    start "{\"GET /data/task-types\": [{\"status\": 302, \"headers\": {\"Location\": \"/api/data/task-status\"}}]}"
    fetch
    [[ $status == 0 ]]
    says "is redirected to"
    for elsewhere in "http://localhost/" "http://127.0.0.1:$port/" "ftp://127.0.0.1/"; do
        start "{\"GET /data/task-types\": [{\"status\": 307, \"headers\": {\"Location\": \"$elsewhere\"}}]}"
        fetch
        [[ $status == 78 && -z $output ]]
        says "another server"
    done
    start "{\"GET /data/task-types\": [{\"status\": 307, \"headers\": {\"Location\": \"/api/data/task-types\"}}]}"
    fetch
    [[ $status == 76 ]]
    says "more than 5 redirections"
}

# bats test_tags=slow
@test "TLS: an unknown authority is refused, a named one is not" {
    openssl req -x509 -newkey rsa:2048 -nodes -keyout "$mock/key" -out "$mock/cert" -days 2 \
        -subj /CN=localhost -addext subjectAltName=DNS:localhost 2>/dev/null
    cat "$mock/cert" "$mock/key" >"$mock/pem"
    start "{\"tls\": \"$mock/pem\"}"
    server=localhost:$(cat "$mock/port")
    fetch -s "$server"
    [[ $status == 69 ]]
    says certificate
    says "if its certificate is the studio's own, name the file of its authority in CURL_CA_BUNDLE"
    [[ $(requests .) == 0 ]]
    CURL_CA_BUNDLE=$mock/cert fetch -s "$server"
    [[ $status == 0 ]]
    SSL_CERT_FILE=$mock/cert fetch -s "$server"
    [[ $status == 0 ]]
}

@test "from https to http: not followed, nor advised" {
    openssl req -x509 -newkey rsa:2048 -nodes -keyout "$mock/key" -out "$mock/cert" -days 2 \
        -subj /CN=localhost -addext subjectAltName=DNS:localhost 2>/dev/null
    cat "$mock/cert" "$mock/key" >"$mock/pem"
    start "{\"tls\": \"$mock/pem\", \"POST /auth/login\": [{\"status\": 302, \"json\": {}, \"headers\": {\"Location\": \"http://localhost/api/auth/login\"}}]}"
    CURL_CA_BUNDLE=$mock/cert fetch -s "localhost:$(cat "$mock/port")"
    [[ $status == 78 && $stderr != *"use its address"* ]]
    says 'is redirected to http, where anybody on the way could read the log-in: not followed'
    # What a server says of another one is shown without the password that it put there.
    start '{"POST /auth/login": [{"status": 302, "json": {}, "headers": {"Location": "http://jane:secret@127.0.0.2/x"}}]}'
    fetch
    [[ $status == 78 && $stderr != *secret* ]]
    says 'is redirected to another server, http://127.0.0.2/x: if that is the right one'
}

# --- Answers that make no sense ----------------------------------------------

# bats test_tags=slow
@test "a page of HTML with 200: 76" {
    start '{"GET /auth/authenticated": [{"text": "<html>Sign in</html>"}]}'
    fetch
    [[ $status == 76 && -z $output ]]
    says "is $KITSU_SERVER/api the address of Kitsu's API?"
    start '{"POST /auth/login": [{"text": "<html>Sign in</html>"}]}'
    fetch
    [[ $status == 76 && -z $output ]]
}

# bats test_tags=slow
@test "a list that is none: that project has no End, others go on" {
    start "$(jq -n --arg p "$below" '
        ({id: "99999999-9999-4999-8999-999999999999", name: "second", project_status_id: "44444444-4444-4444-8444-444444444444"}) as $second |
        {"GET \($p)/shots": [{text: "<html>"}], "GET \($p)/assets": [{json: {error: true}}],
         "GET /data/projects/all": [{json: [$second, {id: "11111111-1111-4111-8111-111111111111", name: "demo"}]}],
         "GET /data/projects/\($second.id)": [{json: $second}]}')"
    for types in Shot Asset; do
        fetch --types $types
        [[ $status == 1 ]]
        [[ $(records 'select(.type == "End") | .project_id') == '"99999999-9999-4999-8999-999999999999"' ]]
        [[ $(records 'select(.type == "Checkpoint") | .projects') == '["99999999-9999-4999-8999-999999999999"]' ]]
        says "demo: cannot read the project"
    done
}

@test "a list that fails: named" {
    start "{\"GET $below/edits\": [{\"status\": 500, \"json\": {\"error\": true, \"message\": \"Internal server error.\"}}]}"
    fetch
    [[ $status == 1 ]]
    says "GET $below/edits: HTTP 500: Internal server error."
    [[ -z $(records 'select(.type == "End")') ]]
}

@test "a proxy's 404 and 403 are not Zou's" {
    start "{\"GET $below/concepts\": [{\"status\": 403, \"text\": \"<html>\"}], \"role\": \"client\"}"
    fetch
    [[ $status == 1 ]]
    [[ -z $(records 'select(.type == "End")') ]]
}

@test "an answer over the limit" {
    /usr/bin/python3 -c 'import json; print(json.dumps({"GET /auth/authenticated": [{"text": "[" + " " * 17000000 + "]"}]}))' >"$mock/script.json"
    serve
    fetch
    [[ $status == 76 && -z $output ]]
    says long
}

# --- Partial views -----------------------------------------------------------

# bats test_tags=slow
@test "roles: who sees a part only" {
    for roles in 'vendor null' 'client null' 'user "vendor"' 'manager "client"' 'guest null'; do
        read -r role project_role <<<"$roles"
        start "{\"role\": \"$role\", \"project_role\": $project_role, \"GET $below/concepts\": [{\"status\": 403, \"json\": {\"message\": \"403\"}}]}"
        fetch
        [[ $status == 1 ]]
        [[ $(records 'select(.type == "End") | [.partial, (.counts | has("Concept")), .counts.Shot]') == '[true,false,3]' ]]
        [[ $(records 'select(.type == "Checkpoint") | .projects | length') == 1 ]]
        says "sees only a part"
        says "may not read its concepts"
    done
    for roles in 'manager null' 'user null' 'supervisor null' 'vendor "user"' 'client "manager"' 'user "admin"'; do
        read -r role project_role <<<"$roles"
        start "{\"role\": \"$role\", \"project_role\": $project_role}"
        fetch
        [[ $status == 0 && -z $stderr ]]
        [[ $(records 'select(.type == "End") | has("partial")') == false ]]
    done
}

@test "a forbidden list without a reason: no End" {
    start "{\"role\": \"user\", \"GET $below/concepts\": [{\"status\": 403, \"json\": {\"message\": \"no\"}}]}"
    fetch
    [[ $status == 1 ]]
    [[ -z $(records 'select(.type == "End")') ]]
}

# --- Log-in and tokens -------------------------------------------------------

refusal() {
    start "{\"POST /auth/login\": [{\"status\": $1, \"json\": $2}]}"
    fetch -vv
    [[ -z $output ]]
    [[ $status == "$3" ]]
    says "$4"
    [[ $stderr != *secret* ]]
}

# bats test_tags=slow
@test "each refusal of a log-in in its own words" {
    refusal 400 '{"login": false, "message": "Wrong email or password."}' 77 'wrong email or password'
    refusal 400 '{"login": false, "default_password": true, "token": "x"}' 77 'default password'
    refusal 400 '{"login": false, "missing_OTP": true, "preferred_two_factor_authentication": "totp"}' 77 KITSU_TOTP
    refusal 400 '{"login": false, "missing_OTP": true, "preferred_two_factor_authentication": "email_otp"}' 77 KITSU_EMAIL_OTP
    refusal 400 '{"login": false, "missing_OTP": true, "preferred_two_factor_authentication": "fido"}' 77 'security key'
    refusal 400 '{"login": false, "wrong_OTP": true}' 77 'wrong code'
    refusal 400 '{"login": false, "too_many_failed_login_attemps": true}' 75 'in a minute'
    refusal 401 '{"login": false, "unactive": true}' 77 'not active'
    refusal 409 '{"login": false}' 77 'no reason given'
    refusal 400 '{"login": false, "message": "Ask the janitor."}' 77 'Ask the janitor.'
    refusal 200 '{"login": true, "two_factor_authentication_required": true, "access_token": "a.b.secret", "refresh_token": "c"}' 77 'set up two-factor'
    refusal 500 '{"error": true, "login": false, "message": "A server error occurred."}' 75 'A server error occurred.'
}

@test "one log-in for a session, in a private file" {
    start
    fetch
    fetch
    [[ $status == 0 ]]
    [[ $(requests /auth/login) == 1 ]]
    file=$(find "$mock/run/opkitsu" -type f -size +0)
    [[ $(basename "$file") == $(printf '%s\n%s' "$KITSU_SERVER/api" "$KITSU_LOGIN" | sha256sum | cut -d ' ' -f 1) ]]
    [[ $(stat -c %a "$file" "$mock/run/opkitsu") == $'600\n700' ]]
    [[ $(jq -c '[.[]] | map(select(type == "string" and contains("secret"))) | length' "$file") == 2 ]] # the tokens
    # A new access token keeps what belongs to the log-in.
    [[ $(jq -r '.password | length' "$file") == 37 ]]
}

# bats test_tags=slow
@test "where sessions are kept" {
    start
    XDG_RUNTIME_DIR='' fetch
    [[ $(find "$mock/state/opkitsu" -type f -size +0 | wc -l) == 1 ]]
    XDG_RUNTIME_DIR=/nonexistent XDG_STATE_HOME='' fetch
    [[ $(find "$mock/home/.local/state/opkitsu" -type f -size +0 | wc -l) == 1 ]]
    touch "$mock/file"
    XDG_RUNTIME_DIR='' XDG_STATE_HOME='' HOME=$mock/file fetch
    [[ $status == 0 ]]
    says "will not be remembered"
    [[ $(requests /auth/login) == 3 ]]
}

# bats test_tags=slow
@test "two at once make one log-in" {
    start '{"slow_login": 1}'
    kitsu-fetch >"$mock/one" 3>&- &
    kitsu-fetch >"$mock/two"
    wait $!
    diff "$mock/one" "$mock/two"
    [[ $(requests /auth/login) == 1 ]]
}

@test "a session does not hide a wrong password" {
    start
    fetch
    KITSU_PWD=wrong fetch
    [[ $status == 77 && -z $output ]]
    says 'wrong email or password'
    fetch
    [[ $status == 0 ]]
    [[ $(requests '/auth/login 200') == 1 ]]
}

@test "a session serves without a password" {
    start
    fetch
    KITSU_PWD='' fetch
    [[ $status == 0 ]]
    rm -r "$mock/run/opkitsu"
    KITSU_PWD='' fetch
    [[ $status == 78 && -z $output ]]
    says --password-file
    KITSU_LOGIN='' fetch
    [[ $status == 78 && -z $output ]]
    says --login
}

# bats test_tags=slow
@test "session files that are not to be trusted" {
    start
    fetch
    file=$(find "$mock/run/opkitsu" -type f -size +0)
    chmod 640 "$file"
    fetch
    [[ $status == 0 ]]
    says "others may read"
    for garbage in '' 'no JSON' '{"access_token": 5}' '[]'; do
        printf %s "$garbage" >"$file"
        fetch
        [[ $status == 0 ]]
        says "not a stored log-in"
    done
    ln -sf "$mock/elsewhere" "$file"
    fetch
    [[ $status == 0 && ! -e $mock/elsewhere ]]
    chmod 755 "$mock/run/opkitsu"
    fetch
    [[ $status == 0 ]]
    [[ $(find "$mock/state/opkitsu" -type f -size +0 | wc -l) == 1 ]]
}

# bats test_tags=slow
@test "an access token is refreshed after half its life" {
    start '{"access_life": 4}'
    fetch
    sleep 2.1
    fetch
    [[ $status == 0 ]]
    [[ $(requests /auth/login) == 1 ]]
    [[ $(requests '/auth/refresh-token 200 .*refresh-secret') == 1 ]]
}

# bats test_tags=slow
@test "a refresh token that is over: log in again" {
    start '{"access_life": 4, "refresh_life": 2}'
    fetch
    sleep 2.1
    fetch
    [[ $status == 0 ]]
    [[ $(requests refresh-token) == 0 ]]
    [[ $(requests /auth/login) == 2 ]]
}

# bats test_tags=slow
@test "a refresh token that is refused: log in again, or use up the access token" {
    start '{"access_life": 4, "GET /auth/refresh-token": [{"status": 401, "json": {"msg": "Token has been revoked"}}]}'
    fetch
    sleep 2.1
    KITSU_PWD='' fetch
    [[ $status == 0 ]]
    [[ $(requests /auth/login) == 1 ]]
    [[ $(requests /auth/refresh) == 1 ]]
    fetch
    [[ $status == 0 ]]
    [[ $(requests /auth/login) == 2 ]]
}

# bats test_tags=slow
@test "401 and 422 in the middle: logged in again, nothing lost" {
    for code in 401 422; do
        start "{\"GET $below/shots\": [{\"status\": $code, \"json\": {\"msg\": \"Token has expired\"}}, {}]}"
        fetch
        [[ $status == 0 ]]
        whole 3
        [[ $(requests /auth/login) == 2 ]]
    done
}

@test "401 for ever: 77, after two tries" {
    start "{\"GET $below/shots\": [{\"status\": 401, \"json\": {\"msg\": \"Token has expired\"}}]}"
    fetch
    [[ $status == 77 ]]
    says "Token has expired"
    [[ $(requests "$below/shots") == 2 ]]
    [[ -z $(records 'select(.type == "Checkpoint")') ]]
}

# bats test_tags=slow
@test "a bot's token: neither log-in nor refresh" {
    start '{"GET /auth/authenticated": [{}, {"status": 422, "json": {"msg": "Signature verification failed"}}, {}]}'
    KITSU_TOKEN=bots.own.secret fetch -vv
    [[ $status == 0 ]]
    [[ $(requests '/auth/login\|/auth/refresh') == 0 ]]
    [[ $stderr != *bots.own* ]]
    [[ ! -e $mock/run/opkitsu ]]
    KITSU_TOKEN=bots.own.secret fetch -vv
    [[ $status == 77 && -z $output ]]
    says 'KITSU_TOKEN at'
    says 'Signature verification failed'
    [[ $stderr != *bots.own* ]]
    KITSU_TOKEN=$'a.b.c\r\nX: y' fetch
    [[ $status == 78 && $stderr != *a.b.c* ]]
    # An option goes before the environment.
    KITSU_TOKEN=bots.own.secret fetch -l jane@example.com
    [[ $(requests /auth/login) == 1 ]]
}

# bats test_tags=slow
@test "passwords from a file and from a command" {
    start
    printf 'secret\r\nmore\n' >"$mock/password"
    KITSU_PWD=wrong fetch --password-file "$mock/password"
    [[ $status == 0 ]]
    KITSU_PWD=wrong fetch --password-command 'echo secret; echo more'
    [[ $status == 0 ]]
    # The store's address, in which there may be one, is not the command's.
    OP_STORE=sqlite:$mock/op.db OP_SETTINGS=$mock/x fetch --password-command \
        'echo "has ${OP_STORE-}${OP_SETTINGS-}${KITSU_PWD-}${KITSU_TOKEN-}" >"$HOME/seen"; echo secret'
    [[ $status == 0 && $(<"$mock/home/seen") == "has " ]]
    fetch --password-file "$mock/none"
    [[ $status == 78 ]]
    fetch --password-file /dev/null
    [[ $status == 78 ]]
    fetch --password-command 'echo secret; exit 3'
    [[ $status == 77 ]]
    says "status 3"
    fetch --password-command true
    [[ $status == 77 ]]
    fetch --password-command true --password-file "$mock/password"
    [[ $status == 64 ]]
}

@test "no secret in any message" {
    start "{\"password\": \"hunter2\", \"GET $below/shots\": [{\"status\": 401, \"json\": {\"msg\": \"no\"}}, {\"cut\": 5}, {}]}"
    KITSU_PWD=hunter2 fetch -v -v
    [[ $status == 0 ]]
    says 'GET http://127.0.0.1'
    [[ $stderr != *hunter2* && $stderr != *-secret* && $stderr != *Bearer* ]]
    KITSU_PWD=hunter2 fetch -vv -s http://jane:hunter2@127.0.0.1/
    [[ $status == 78 ]]
    [[ $stderr != *hunter2* ]]
}

# --- Addresses ---------------------------------------------------------------

# bats test_tags=slow
@test "how an address is completed" {
    start
    port=$(cat "$mock/port")
    for address in "http://127.0.0.1:$port" "http://127.0.0.1:$port/" "HTTP://127.0.0.1:$port/api///" " http://127.0.0.1:$port/api "; do
        fetch -s "$address"
        [[ $status == 0 ]]
        [[ $(records 'select(.type == "Checkpoint") | .server') == "\"http://127.0.0.1:$port/api\"" ]]
    done
    fetch -s "http://127.0.0.1:$port/zou/"
    [[ $(records 'select(.type == "Checkpoint") | .server') == "\"http://127.0.0.1:$port/zou\"" ]]
    fetch -s 127.0.0.1:1
    says https://127.0.0.1:1/api
    for bad in '' 'http://' 'ftp://h' 'http://h/?x=1' 'http://h/#x' 'http://u:p@h/' 'a b'; do
        fetch -s "$bad"
        [[ $status == 78 && -z $output ]]
    done
}

@test "no address at all, and one from the settings" {
    start
    KITSU_SERVER='' fetch
    [[ $status == 78 && -z $output ]]
    says --server
    mkdir -p "$mock/config/opkitsu"
    printf '{"modules": {"kitsu": {"server": "%s"}}}' "$KITSU_SERVER" >"$mock/config/opkitsu/settings.json"
    KITSU_SERVER='' fetch
    [[ $status == 0 ]]
}

# --- Output ------------------------------------------------------------------

@test "a full disk and a closed stdout: 74" {
    start '{"shots": 2000}'
    status=0
    kitsu-fetch >/dev/full 2>"$mock/err" || status=$?
    [[ $status == 74 ]]
    [[ $(wc -l <"$mock/err") == 1 ]]
    # It does not read on for nothing.
    [[ $(requests "$below/assets") == 0 ]]
    status=0
    kitsu-fetch >&- 2>"$mock/err" || status=$?
    [[ $status == 74 ]]
    start '{"GET /data/projects/all": [{"json": []}]}'
    status=0
    kitsu-fetch >/dev/full 2>/dev/null || status=$?
    [[ $status == 74 ]]
}

@test "a reader that leaves: quietly, by SIGPIPE" {
    start '{"shots": 5000}'
    set +o pipefail
    { status=0 && kitsu-fetch 2>"$mock/err" || status=$? && echo $status >"$mock/status"; } | head -n 1 >/dev/null
    [[ $(cat "$mock/status") == 141 ]]
    [[ ! -s $mock/err ]]
}

@test "options" {
    start
    fetch --help
    [[ $status == 0 && $output == usage:* ]]
    fetch --version
    [[ $status == 0 ]]
    fetch --nonsense
    [[ $status == 64 ]]
    says nonsense
    fetch --types Shot,Shop
    [[ $status == 64 ]]
    says '"Shop"'
    fetch demo
    [[ $status == 64 ]]
    fetch </dev/null
    [[ $status == 0 ]]
    fetch --types Person,Project
    [[ $(records '.type') == $'"Project"\n"Person"\n"End"\n"Checkpoint"' ]]
    [[ $(records 'select(.type == "Person") | .project_id') == "\"$project\"" ]]
}
