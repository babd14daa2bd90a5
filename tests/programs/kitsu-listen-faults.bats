#!/usr/bin/env bats
# kitsu-listen against servers that fail or mean harm, which mock-zou plays. What
# a real Zou can show is in kitsu-listen.bats.
# shellcheck disable=SC2030,SC2031,SC2154 # every test is a subshell

bats_require_minimum_version 1.5.0

setup() {
    PATH=${OPKITSU_BUILD:-$BATS_TEST_DIRNAME/../../build}/bin:$PATH
    unset "${!KITSU_@}" "${!OP_@}" OPENPYPE_MONGO
    unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
    mock=$BATS_TEST_TMPDIR
    mock_pid=
    pid=
    cd "$mock"
    mkdir -m 700 run state home
    export XDG_RUNTIME_DIR=$mock/run XDG_STATE_HOME=$mock/state HOME=$mock/home
    export XDG_DATA_HOME=$mock/data XDG_CONFIG_HOME=$mock/config
    export KITSU_LOGIN=jane@example.com KITSU_PWD=secret OPKITSU_RETRY_SECONDS=0.1 OPKITSU_BACKOFF_SECONDS=0.1 OPKITSU_READ_SECONDS=0.3
    since='{"created_at":"2026-11-23T05:17:34","ids":["00000014-0000-4000-8000-000000000000"]}'
    number=0
    log '[]'
}

teardown() {
    [[ -z $pid ]] || kill "$pid" 2>/dev/null || true
    [[ -z $mock_pid ]] || kill "$mock_pid"
    cat err 2>/dev/null || true # shown when the test fails
}

# start [SCRIPT]: see mock-zou.
start() {
    printf '%s' "${1-{\}}" >script.json
    "$BATS_TEST_DIRNAME/../servers/mock-zou" "$mock" 3>&- &
    mock_pid=$!
    await 10 test -e port
    KITSU_SERVER=http://127.0.0.1:$(cat port)
    export KITSU_SERVER
}

# log JQ-FILTER: on the log of events, newest first; the oldest is the position
# in $since.
log() {
    [[ -e events.json ]] || echo '[{"id":"00000014-0000-4000-8000-000000000000","name":"x:old","created_at":"2026-11-23T05:17:34.000001","data":{}}]' >events.json
    jq "$1 + . | sort_by(.created_at) | reverse" events.json >events.new
    mv events.new events.json
}

# happens NAME: one more event.
happens() {
    number=$((number + 1))
    log "[{id: \"00000015-0000-4000-8000-00000000000$number\", name: \"$1\", created_at: \"2026-11-23T05:17:35.00000$number\", project_id: null, data: {n: $number}}]"
}

listen() {
    kitsu-listen --since "$since" "$@" >out 2>err 3>&- &
    pid=$!
}

await() {
    local until=$((SECONDS + $1))
    shift
    until "$@"; do
        ((SECONDS < until)) || return 1
        sleep 0.05
    done
}

requests() { grep -c -- "$1" requests || true; }
requested() { (($(requests "$1") >= $2)); }
heard() { (($(grep -c '"type":"Event"' out) >= $1)); }
says() { grep -qF -- "$1" err; }
alive() { kill -0 "$pid"; }
names() { jq -r 'select(.type == "Event").name' out; }

# message NAME [DATA]: a packet that says so, as a JSON text.
message() { jq -cn --arg name "$1" --argjson data "${2-{\}}" '"42/events," + ([$name, $data] | tojson)'; }

# bats test_tags=slow
@test "a ring: the log is read at once, and again until it has it" {
    start "{\"GET /socket.io/\": [{}, {}, {\"sleep\": 1, \"text\": $(message a:new '{"n": 1}')}, {}]}"
    listen
    await 20 requested 'GET /socket.io' 3
    reads=$(requests events/last)
    sleep 1.1
    (($(requests events/last) >= reads + 3))
    happens a:new
    await 20 heard 1
    sleep 1.5
    # It has come: then only pings, one a second.
    reads=$(requests events/last) began=$SECONDS
    sleep 1.5
    (($(requests events/last) <= reads + 1 + SECONDS - began))
}

# bats test_tags=slow
@test "what is never stored costs a few readings, once" {
    start "{\"ping\": 60, \"GET /socket.io/\": [{}, {}, {\"sleep\": 0.5, \"text\": $(message never:stored '{"n": 1}')},
        {\"sleep\": 4, \"text\": $(message never:stored '{"n": 2}')}, {\"sleep\": 1.5, \"text\": $(message never:stored '{"n": 3}')}, {}]}"
    listen
    await 20 requested 'GET /socket.io' 3
    before=$(requests events/last)
    sleep 3.5
    (($(requests events/last) - before <= 11))
    await 20 requested 'GET /socket.io' 5
    sleep 1.5
    (($(requests events/last) - before <= 14))
}

@test "several packets in one body, in pieces" {
    two="$(message b:new '{"n":1}')"
    start "{\"pieces\": true, \"GET /socket.io/\": [{}, {}, {\"sleep\": 0.5, \"text\": $(jq -cn --argjson a "$two" '$a + "\u001e2\u001e" + $a + "\u001e\u001e42/other,[\"x\"]"')}, {}]}"
    listen -vv
    await 20 requested 'POST /socket.io' 2 # the join, the pong
    (($(grep -c 'socket: b:new' err) == 2))
    run ! says 'socket: x'
    alive
}

# bats test_tags=slow
@test "packets that are none" {
    /usr/bin/python3 - >script.text <<'PYTHON'
import json
packets = ["4", "42", "42/events", "42/events,", "42/events,[", "42/events,{}", "42/events,[]", "42/events,[1]", "42/events,[null,{}]",
    "42/events,12[\"ack\",{}]", "42/events,[\"deep\"," + "[" * 500 + "]" * 500 + "]", "42/events,[\"a\",\"\\ud800\"]", "45/events,1-[\"b\",{\"_placeholder\":true}]",
    "bAAAA", "6", "3", "9", "0{\"sid\":\"other\"}", "\u0000", "42/eventsx,[\"no\"]", "43/events,1[]", "\x1e" * 1000]
print(json.dumps({"ping": 60, "GET /socket.io/": [{}, {}] + [{"text": p} for p in packets] + [{"sleep": 0.3, "text": "\x1e".join(packets)}, {}]}))
PYTHON
    start "$(cat script.text)"
    listen -vv
    await 10 requested 'GET /socket.io' 24
    sleep 0.5
    alive
    run ! says 'socket: no'
    says 'socket: ack'
    (($(requests 'socket.io.*transport=polling 200') == 1)) # one handshake
    happens c:new
    await 20 heard 1 || { kill "$pid" && false; }
}

# bats test_tags=slow
@test "a body that is too large, and an empty one" {
    /usr/bin/python3 -c 'import json; print(json.dumps({"ping": 60, "GET /socket.io/": [{}, {}, {"text": "4" + "x" * 17000000}, {}, {}, {"text": ""}, {}]}))' >script.text
    start "$(cat script.text)"
    listen
    await 10 requested 'GET /socket.io/?EIO=4&transport=polling 200' 3
    says 'the answer is longer than 4 MiB'
    alive
}

# bats test_tags=slow
@test "no Socket.IO there: regular reading" {
    for text in hello '0{}' '0{"sid":"a b&c=d"}' '0[1]' '44{"message":"no"}'; do
        start "{\"GET /socket.io/\": [{\"text\": $(jq -cn --arg t "$text" '$t')}]}"
        listen
        await 20 says 'reading the log every 2 seconds meanwhile'
        happens d:new
        await 20 heard 1
        kill "$pid" "$mock_pid"
        rm -rf port requests run/opkitsu events.json
        log '[]'
        number=0
    done
}

# bats test_tags=slow
@test "it closes, refuses the token, forgets the connection" {
    start '{"GET /socket.io/": [{}, {}, {"text": "41/events,"}, {}, {"text": "44/events,{\"message\":\"Token has expired\"}"},
        {}, {}, {"status": 400}, {}, {}, {"text": "1"}, {"status": 502}, {}]}'
    listen -v
    await 20 requested 'transport=polling 200' 4
    await 20 requested 'GET /socket.io' 15
    alive
    (($(requests 'POST /api/auth/login') == 2))
    says 'Token has expired'
    await 20 says 'the socket is back'
}

# bats test_tags=slow
@test "the log: cut, slow, 5xx, nonsense; each event once" {
    start '{"ping": 1, "GET /data/events/last": [{}, {"cut": 40}, {"cut": 3}, {"status": 500, "json": {"message": "sorry"}},
        {"status": 503, "text": "<html>"}, {"sleep": 2}, {"text": "[1]"}, {"json": {"a": 1}}, {"text": "nonsense"},
        {"json": [{"id": "a b", "created_at": "2026-11-23T05:17:35"}]}, {"json": [{"id": "a", "created_at": "never"}]}, {"reset": true}, {}]}'
    listen -v
    await 20 requested events/last 1
    happens e:new
    happens e:new
    # 1, 2, 4 ... seconds between them would be long: it is killed and goes on.
    await 60 heard 2
    # Each time that it fails is reported once, and so is its end.
    grep -o -e 'retrying until it works' -e 'working again' err | uniq -d | diff /dev/null -
    says 'working again'
    [[ $(names) == $'e:new\ne:new' ]]
}

@test "at the start nonsense is a wrong address" {
    start '{"GET /data/events/last": [{"text": "nonsense"}]}'
    run --separate-stderr kitsu-listen --since "$since"
    [[ $status == 76 && $output == "" && $stderr == *"address of Kitsu's API"* ]]
}

@test "a server that is not there yet" {
    KITSU_SERVER=http://127.0.0.1:9 kitsu-listen --since "$since" >out 2>err 3>&- &
    pid=$!
    await 20 says 'retrying until it works'
    sleep 1.5
    alive
    (($(wc -l <err) == 1))
    run env KITSU_SERVER=http://127.0.0.1:9 kitsu-listen --since "$since" --once
    [[ $status == 69 ]]
}

@test "credentials that are refused later end it" {
    start '{"GET /data/events/last": [{}, {}, {"status": 401, "json": {"msg": "revoked"}}], "POST /auth/login": [{}, {"status": 400, "json": {"login": false, "message": "Wrong email or password."}}]}'
    listen
    wait "$pid" && status=0 || status=$?
    [[ $status == 77 ]]
    says 'wrong email or password'
}

@test "the socket lies beside the API" {
    start
    for path in /api /kitsu/api /api/; do
        n=$((${n-0} + 1))
        kitsu-listen -s "$KITSU_SERVER$path" --since '{"created_at":"2026-11-23T05:17:34","ids":[]}' >out 2>err 3>&- &
        pid=$!
        await 20 requested '/socket.io/?EIO=4&transport=polling ' "$n"
        kill "$pid"
    done
    pid=
    grep -o ' [^ ]*/socket.io/?EIO=4&transport=polling ' requests | sort | uniq -c | awk '{print $2}' >paths
    [[ $(cat paths) == *"/kitsu/socket.io/"* ]]
    (($(grep -c '^/socket.io/' paths) == 1))
}

@test "a checkpoint with a row of the future does not run away" {
    log '[{id: "00000016-0000-4000-8000-000000000001", name: "f:new", created_at: "2099-01-01T00:00:00.000000", data: {}}]'
    start '{"ping": 1}'
    listen
    await 20 heard 1
    log "[{id: \"00000017-0000-4000-8000-000000000001\", name: \"g:new\", created_at: \"$(date -u +%FT%T).000000\", data: {}}]"
    await 20 heard 2
    (($(grep -c f:new out) == 1))
}

# bats test_tags=slow
@test "Kitsu's clock is set back: what it dates before the position would never be seen" {
    hour=$(date -u -d '+1 hour' '+%a, %d %b %Y %T GMT')
    log "[{id: \"00000016-0000-4000-8000-000000000001\", name: \"f:new\", created_at: \"$(date -u -d "$hour" +%FT%T).000000\", data: {}}]"
    start "{\"ping\": 1, \"GET /data/events/last\": [{\"headers\": {\"Date\": \"$hour\"}}, {}]}"
    listen
    wait "$pid" && status=0 || status=$?
    [[ $status == 75 ]]
    heard 1
    says "full sync needed: Kitsu's clock was set back"
    kill "$mock_pid"
    rm port
    start
    since=now
    listen # and does not begin there again
    await 20 requested 'GET /socket.io/.*sid=' 2
    happens g:new
    log "[{id: \"00000017-0000-4000-8000-000000000001\", name: \"h:new\", created_at: \"$(date -u +%FT%T).000000\", data: {}}]"
    await 20 heard 1
    [[ $(names) == h:new ]]
}

@test "the id of a connection to the socket is in no message" {
    start
    listen
    await 20 requested 'GET /socket.io/.*sid=' 2
    kill "$mock_pid"
    await 20 says '/socket.io/?EIO=4&transport=polling: '
    alive
    run ! grep sid= err
}

# bats test_tags=slow
@test "100,001 behind: a full sync" {
    # A real Zou would be busy for a quarter of a minute.
    rm events.json
    start "$(jq -n '{"GET /data/events/last": [range(103) as $page | {json: [range(1000) | ($page * 1000 + .) as $n
        | {id: "00000019-0000-4000-8000-\(200000000000 - $n)", name: "m:new", created_at: (1764000000 - $n | todate[:19]), data: {}}]}]}')"
    kitsu-listen --once --since 2020-01-01T00:00:00 >out 2>err && status=0 || status=$?
    [[ $status == 75 ]]
    says 'full sync needed: more than 100000 events'
    (($(requests events/last) > 100))
}

# bats test_tags=slow
@test "a log without cursors: a full sync, not the same page for ever" {
    start '{"no_cursor": true}'
    log '[range(1500) | {id: "00000018-0000-4000-8000-\(1e11 + .)", name: "m:new", created_at: "2026-11-23T05:17:36.\(100000 + .)", data: {}}]'
    listen
    wait "$pid" && status=0 || status=$?
    [[ $status == 75 ]]
    says 'full sync needed: more events at one moment'
    (($(requests events/last) < 10))
    status=0
    timeout 60 kitsu-listen --since now >out 2>err 3>&- || status=$?
    [[ $status == 76 ]]
    says "not a list of Zou's events"
}

# bats test_tags=slow
@test "a role that may not read the log: heartbeats, whatever the store knows" {
    start '{"role": "user", "GET /data/events/last": [{"status": 403, "text": "{\"message\": \"no\"}"}]}'
    db=sqlite:$mock/op.db
    jq -nc '{type: "Checkpoint", server: "\(env.KITSU_SERVER)/api", projects: null, created_at: null, ids: [], events: 0}' |
        op-apply -d "$db" >/dev/null
    OPKITSU_HEARTBEAT_SECONDS=1 listen -d "$db"
    await 10 grep -q Checkpoint out
    [[ $(jq -r .type out) == $'Sync\nCheckpoint' ]]
    op-apply -d "$db" <out >/dev/null
    beats() { (($(grep -c '"type":"Checkpoint"' out) >= 3)); }
    await 10 beats
    [[ $(jq -r .type out | sort | uniq -c | awk '/Sync/ {print $1}') == 1 ]]
}
