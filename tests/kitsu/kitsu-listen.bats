#!/usr/bin/env bats
# kitsu-listen against a real Zou, one of its own: its pieces are killed, and
# rows put into its log. What only a fake server does is in
# kitsu-listen-faults.bats.
# Takes about 400 s.
# shellcheck disable=SC1091,SC2016,SC2030,SC2031,SC2154 # bats' run and subshells

bats_require_minimum_version 1.5.0

setup_file() {
    load ../lib/zou
    export OPKITSU_BUILD=${OPKITSU_BUILD:-$BATS_TEST_DIRNAME/../../build}
    export PATH=$OPKITSU_BUILD/bin:$PATH
    own_kitsu_start --no-mongo
    alpha=$(zou_project alpha)
    sequence=$(zou_sequence "$alpha" SQ01)
    shot=$(zou_shot "$alpha" "$sequence" SH010)
    beta=$(zou_project beta)
    export alpha beta sequence shot
}

teardown_file() {
    load ../lib/zou
    own_kitsu_stop
}

setup() {
    load ../lib/common
    load ../lib/zou
    cd "$BATS_TEST_TMPDIR" || return
    mkdir -m 700 runtime
    export XDG_RUNTIME_DIR=$PWD/runtime XDG_STATE_HOME=$PWD/state XDG_DATA_HOME=$PWD/data \
        XDG_CONFIG_HOME=$PWD/config
    export OPKITSU_BACKOFF_SECONDS=0.2
    unset OP_STORE OPENPYPE_MONGO AVALON_DB OPENPYPE_DATABASE_NAME KITSU_TOKEN
    pid=
    touched=()
}

teardown() {
    [[ -z $pid ]] || kill "$pid" 2>/dev/null || true
    cat err 2>/dev/null || true # shown when the test fails
    # For the next one, whatever became of this one.
    local name
    for name in "${touched[@]}"; do piece start-piece "$name"; done
}

studio() { "$BATS_TEST_DIRNAME/../servers/studio" "$@" 3>&-; }
piece() {
    touched+=("$2")
    studio "$1" "$STUDIO_DIR" "$2"
}

# rows COUNT TIME [NAME]: into Zou's log, as SQL's TIME of row i says; their ids.
rows() {
    zou_sql "insert into api_event (id, name, data, project_id, created_at, updated_at)
        select gen_random_uuid(), '${3-shot:update}', json_build_object('project_id', '$alpha', 'shot_id', '$shot', 'n', i),
            '$alpha', t, t from (select i, $2 as t from generate_series(1, $1) i) x returning id"
}

# listen ARGUMENT...: in the background, into the files out and err; it is at
# the log's end, and hears, when this returns.
listen() {
    : >out
    kitsu-listen -v "$@" >>out 2>err 3>&- &
    pid=$!
    await 30 grep -q 'connected to the socket' err
}

# await SECONDS COMMAND...: until it is true.
await() {
    local until=$((SECONDS + $1))
    shift
    until "$@"; do
        ((SECONDS < until)) || return 1
        sleep 0.05
    done
}

# has ID...: all of these events are in out.
has() {
    local id
    for id; do grep -q "\"id\":\"$id\"" out || return; done
}

events() { jq -r 'select(.type == "Event") | .id' "${1-out}"; }
heard() { (($(grep -c '"type":"Event"' out) >= $1)); }
says() { grep -qF -- "$1" err; }
position() { kitsu-listen --since now --once; }
edit() { zou_put "/data/entities/$shot" "{\"data\": {\"n\": $1}}" >/dev/null; }
# log_since FILE: the ids of Zou's own log behind a Checkpoint in a file, oldest first.
log_since() {
    local at log
    at=$(tail -n 1 "$1" | jq -r '.ids[0]')
    log=$(zou_get "/data/events/last?limit=1000" | jq -r '.[].id')
    paste <(echo "$log") <(marks <<<"$log") | awk -v at="$at" '$2 == at { exit } { print $1 }' | tac
}

# linked PROJECT...: a store, $db, that has these, with a position each.
linked() {
    db=sqlite:$PWD/op.db
    local id
    for id; do
        kitsu-fetch -P "$id" | op-diff -d "$db" | op-apply -d "$db" >/dev/null
    done
}

# --- What comes ------------------------------------------------------------------

@test "a row that no program may read hides no other: all is read again" {
    local before deep last
    before=$(position)
    edit 1
    deep=$(rows 1 "(now() at time zone 'utc')::timestamp" asset:update)
    zou_sql "update api_event set data = (repeat('[', 200) || repeat(']', 200))::jsonb, project_id = null where id = '$deep'"
    edit 2
    kitsu-listen --once --since "$before" >out
    [[ $(events | wc -l) == 3 && $(events | sed -n 2p) == "$deep" ]]
    grep "$deep" out | grep Event | jq -e '.name == "asset:update" and .data == null'
    linked alpha
    grep -e "$deep" -e Checkpoint out | kitsu-fetch --events -d "$db" >answer
    [[ $(jq -r 'select(.type == "End") | .scope' answer | uniq) == full && $(grep -c '"type":"End"' answer) -ge 2 ]]
}

@test "events as they happen, in the log's order, each once" {
    position >before
    listen --since "$(cat before)"
    for n in 1 2 3 4 5; do
        edit "$n"
        zou_shot "$alpha" "$sequence" "SH1$n" >/dev/null
    done
    zou_put "/data/projects/$beta" '{"code": "be"}' >/dev/null
    log_since before >expected
    (($(wc -l <expected) == 11))
    await 30 heard 11
    diff <(events) expected
    jq -se 'map(select(.type == "Event") | .name) | .[0] == "shot:update" and .[-1] == "project:update"' out
    jq -se --arg id "$shot" '.[0] | .project_id == env.alpha and .data.shot_id == $id and (.created_at | length) == 19' out
    # Every batch ends with its checkpoint, which counts it.
    jq -se 'map(select(.type == "Checkpoint").events) | add == 11' out
    [[ $(jq -r .type out | tail -n 1) == Checkpoint ]]
}

@test "the log is read when the socket rings, not only now and then" {
    listen --since now
    for n in 1 2 3; do
        edit "$n"
        await 30 heard "$n" # without a ring it would take a minute
        sleep 0.1
    done
}

@test "--once: to the log's end; from the checkpoint on nothing comes twice" {
    position >before
    edit 1
    edit 2
    kitsu-listen --since "$(cat before)" --once >out
    diff <(events) <(log_since before)
    [[ $(jq -c 'select(.type == "Checkpoint") | [.events, .projects]' out) == '[2,null]' ]]
    tail -n 1 out >checkpoint
    edit 3
    kitsu-listen --since "$(cat checkpoint)" --once >more.ndjson
    diff <(events more.ndjson) <(log_since checkpoint)
    kitsu-listen --since "$(tail -n 1 more.ndjson)" --once >none
    diff <(jq -c .ids none) <(tail -n 1 more.ndjson | jq -c .ids)
    [[ $(jq -c '[.type, .events]' none) == '["Checkpoint",0]' ]]
}

@test "--since a time; one before the log; what is none" {
    kitsu-listen --since 2000-01-01T00:00:00 --once >out 2>err && status=0 || status=$?
    [[ $status == 75 && ! -s out ]]
    says "full sync needed: Kitsu's log does not reach back"
    sleep 1
    # The Kitsu may have been made long ago.
    since=$(zou_sql "select to_char(min(created_at) - interval '1 hour', 'YYYY-MM-DD\"T\"HH24:MI:SS') from api_event")
    rows 1 "(select min(created_at) from api_event) - interval '2 hours'" >/dev/null
    kitsu-listen --since "$since" --once >out
    zou_sql "delete from api_event where created_at < '$since'"
    (($(events | wc -l) > 5))
    diff <(events) <(zou_get "/data/events/last?limit=1000" | jq -r 'reverse[] | .id')
    for since in yesterday '{"a":1}' '{"created_at":null}' ''; do
        run --separate-stderr kitsu-listen --since "$since"
        [[ $status == 64 && $output == "" ]]
    done
    run --separate-stderr kitsu-listen --since '{"created_at":"2026-11-24T00:00:00","ids":[],"server":"https://other/api"}'
    [[ $status == 78 && $stderr == *"https://other/api"* ]]
    run --separate-stderr kitsu-listen --since '{"created_at":"2026-11-24T00:00:00","ids":["00000000-0000-4000-8000-000000000000"]}' --once
    [[ $status == 75 && $stderr == *"full sync needed"* ]]
}

@test "-P: only these, and what belongs to no project" {
    position >before
    edit 1
    zou_put "/data/projects/$beta" '{"code": "b2"}' >/dev/null
    type=$(zou_make /data/entity-types --arg name "Type $RANDOM")
    kitsu-listen --since "$(cat before)" --once -P beta >out
    [[ $(jq -c 'select(.type == "Event") | [.name, .project_id]' out | sort) == "$(printf '["asset-type:new",null]\n["project:update","%s"]' "$beta")" ]]
    [[ $(tail -n 1 out | jq -c '[.projects, .events]') == "[[\"$beta\"],2]" ]]
    run --separate-stderr kitsu-listen --since "$(cat before)" --once -P nobody -P "$alpha"
    [[ $status == 1 && $stderr == *"nobody: there is no such project"* ]]
    [[ $(jq -r 'select(.type == "Event") | .name' <<<"$output" | sort) == $'asset-type:new\nshot:update' ]]
    run --separate-stderr kitsu-listen --since now --once -P nobody
    [[ $status == 1 && $output == "" ]]
}

@test "-P: one that Kitsu does not have yet" {
    local name=soon_$RANDOM gamma
    export OPKITSU_LOOK_SECONDS=0.3
    listen --since now -P "$name"
    await 30 grep -q '"missing":\["'"$name"'"\]' out
    [[ $(jq -c 'select(.type == "Checkpoint") | [.projects, .events]' out) == '[[],0]' ]]
    gamma=$(zou_project "$name")
    await 30 grep -qF '{"type":"Sync","project_id":"'"$gamma"'"}' out
    await 30 grep -qF '"projects":["'"$gamma"'"]' out
    [[ $(grep '"Checkpoint"' out | tail -n 1) != *missing* ]]
}

# --- The log ------------------------------------------------------------------------

@test "far behind: 2,500 events, many of the same microsecond" {
    position >before
    # 50 at a time; and a second that holds 1,250 of them
    rows 2500 "date_trunc('second', now()::timestamp) + interval '5 seconds' + (i / 50) * interval '40 milliseconds'" >ids
    kitsu-listen --since "$(cat before)" --once >out
    diff <(events | sort) <(sort ids)
    jq -se 'map(select(.type == "Event") | .created_at) | . == sort' out
    jq -se 'map(select(.type == "Event") | .data.n / 50 | floor) | . == sort' out
    zou_sql "delete from api_event where created_at > now()::timestamp"
}

@test "more events of one moment than a page holds: a full sync" {
    position >before
    rows 1000 "date_trunc('second', now()::timestamp) - interval '0.5 seconds'" >ids
    kitsu-listen --since "$(cat before)" --once >out 2>err && status=0 || status=$?
    [[ $status == 75 ]]
    says 'full sync needed: more events at one moment'
    zou_sql "delete from api_event where data ? 'n' and name = 'shot:update' and (data->>'n')::int > 20"
}

@test "12,000 behind: batches, in order, each once, little memory" {
    position >before
    rows 12000 "now()::timestamp - interval '2 minutes' + i * interval '9 milliseconds'" >ids
    # The checkpoint is older than they are.
    since=$(date -u -d '3 minutes ago' +%FT%T)
    rows 1 "now()::timestamp - interval '4 minutes'" >/dev/null
    : >out
    kitsu-listen -v --since "$since" >>out 2>err 3>&- &
    pid=$!
    await 30 heard 12000
    (($(grep VmHWM "/proc/$pid/status" | tr -dc 0-9) < 40000)) || [[ -n ${SAN-} || $OPKITSU_BUILD == *san* ]]
    kill "$pid"
    [[ $(events | sort | uniq -d) == "" ]]
    [[ $(comm -23 <(sort ids) <(events | sort)) == "" ]]
    jq -se 'map(select(.type == "Event") | .created_at) | . == sort' out
    (($(jq -s 'map(select(.type == "Checkpoint")) | length' out) > 2))
    zou_sql "delete from api_event where (data->>'n')::int > 20 or created_at < now()::timestamp - interval '1 minute'"
}

@test "a socket that stands and does not ring" {
    listen --since now
    for n in 1 2 3; do
        event=$(rows 1 "now()::timestamp")
        # The first one by the next ping, the others by reading every two seconds.
        await $((n == 1 ? 30 : 20)) has "$event"
    done
}

@test "events that are committed late, on a quiet day and on a busy one" {
    listen --since now
    late=$(rows 1 "now()::timestamp - interval '5 seconds'")
    edit 1
    await 30 has "$late"
    rows 300 "now()::timestamp - interval '3 seconds' + i * interval '10 milliseconds'" >ids
    edit 2
    mapfile -t ids <ids
    await 30 has "${ids[@]}"
    late=$(rows 1 "now()::timestamp - interval '5 seconds'")
    edit 3
    await 30 has "$late"
    [[ $(events | sort | uniq -d) == "" ]]
    zou_sql "delete from api_event where (data->>'n')::int > 20"
}

# --- Servers that go and come ---------------------------------------------------------

@test "the event server is killed and comes back" {
    listen --since now
    piece kill events
    await 30 says 'reading the log every 2 seconds meanwhile'
    edit 1
    await 30 heard 1
    piece start-piece events
    await 30 says 'the socket is back'
    edit 2
    await 30 heard 2
    (($(grep -c 'meanwhile' err) == 1))
    [[ $(events | sort | uniq -d) == "" ]]
}

@test "nginx restarts" {
    listen --since now
    piece restart nginx
    edit 1
    await 30 heard 1
    await 30 says 'the socket is back'
    edit 2
    await 30 heard 2
}

@test "Zou restarts" {
    listen --since now
    piece stop-piece zou
    zou_event=$(rows 1 "now()::timestamp")
    await 60 says 'retrying until it works'
    piece start-piece zou
    await 30 has "$zou_event"
    says 'working again'
    edit 1
    await 30 heard 2 # a new Zou takes its time over its first requests
    (($(grep -c 'retrying until' err) == 1))
}

@test "no socket: the log is read every two seconds" {
    cp "$STUDIO_DIR/nginx.conf" nginx.conf
    sed -i 's|location /socket.io {|& return 403;|' "$STUDIO_DIR/nginx.conf"
    piece restart nginx
    : >out
    kitsu-listen --since now >>out 2>err 3>&- &
    pid=$!
    await 30 says '/socket.io/?EIO=4&transport=polling: HTTP 403; reading the log every 2 seconds meanwhile'
    sleep 1
    edit 1
    await 30 heard 1
    edit 2
    await 30 heard 2
    (($(wc -l <err) == 1))
    cp nginx.conf "$STUDIO_DIR/nginx.conf"
    piece restart nginx
}

# --- Who may hear what --------------------------------------------------------------------

@test "a manager: the own projects' events, and it is said" {
    person=$(zou_person "manager.$RANDOM@example.com" manager)
    zou_team_add "$alpha" "$person"
    login=$(zou_get "/data/persons/$person" | jq -r .email)
    KITSU_PWD=mysecretpassword kitsu-listen -l "$login" --since now --once >before 2>err
    (($(grep -c "a manager's log has only the events of their own projects" err) == 1))
    zou_put "/data/projects/$beta" '{"code": "b3"}' >/dev/null
    edit 1
    KITSU_PWD=mysecretpassword kitsu-listen -q -l "$login" --since "$(cat before)" --once >out
    [[ $(jq -r 'select(.type == "Event") | .name' out) == shot:update ]]
}

@test "a user, who may not read the log: messages of the socket, and full reads" {
    person=$(zou_person "user.$RANDOM@example.com" user)
    zou_team_add "$alpha" "$person"
    login=$(zou_get "/data/persons/$person" | jq -r .email)
    export KITSU_PWD=mysecretpassword
    kitsu-listen -l "$login" --since now --once >out 2>err
    [[ $(jq -c '[.type, .project_id, .created_at, .events]' out) == $'["Sync",null,null,null]\n["Checkpoint",null,null,0]' ]]
    listen -l "$login" --since now
    await 30 grep -q Checkpoint out
    edit 1
    await 30 heard 1
    [[ $(jq -c 'select(.type == "Event") | [.id, .created_at, .name, .project_id]' out) == "[null,null,\"shot:update\",\"$alpha\"]" ]]
    [[ $(jq -r '.type' out) == $'Sync\nCheckpoint\nEvent\nCheckpoint' ]]
    (($(grep -c 'may not read the log of events' err) == 1))
}

@test "wrong credentials, and none" {
    run --separate-stderr env KITSU_PWD=wrong kitsu-listen --since now
    [[ $status == 77 && $output == "" ]]
    run --separate-stderr env -u KITSU_LOGIN kitsu-listen --since now
    [[ $status == 78 && $output == "" ]]
    run --separate-stderr env -u KITSU_SERVER kitsu-listen --since now
    [[ $status == 78 && $output == "" ]]
}

@test "tokens that live for seconds; a bot's" {
    STUDIO_ZOU_ENV="JWT_ACCESS_TOKEN_EXPIRES=4 JWT_REFRESH_TOKEN_EXPIRES=12" piece restart zou
    listen --since now
    sleep 13
    edit 1 # both tokens are over, and the socket is the one of before
    await 30 heard 1
    piece kill events # so that the log is read every two seconds
    for n in 1 2 3 4 5 6 7 8 9; do
        rows 1 "now()::timestamp" >/dev/null
        sleep 2
    done
    await 30 heard 10
    grep -q 'session refreshed' err
    (($(grep -c 'logged in' err) >= 2))
    kill "$pid"
    piece start-piece events
    token=$(zou_post /data/persons "{\"email\": \"bot$RANDOM@example.com\", \"first_name\": \"Listener\", \"last_name\": \"\", \"role\": \"admin\", \"is_bot\": true}" | jq -er .access_token)
    (unset KITSU_LOGIN KITSU_PWD && KITSU_TOKEN=$token exec kitsu-listen -v --since now >>bot 2>bot.err 3>&-) &
    pid=$!
    await 30 grep -q 'connected' bot.err
    sleep 6
    rows 1 "now()::timestamp" >/dev/null
    await 30 grep -q Event bot
    [[ $(grep -c -e refreshed -e 'logged in' bot.err) == 0 ]]
    STUDIO_ZOU_ENV="JWT_ACCESS_TOKEN_EXPIRES=604800 JWT_REFRESH_TOKEN_EXPIRES=1296000" studio restart "$STUDIO_DIR" zou
}

# --- The store ------------------------------------------------------------------------------

@test "no position in the store: a full sync is needed" {
    run --separate-stderr kitsu-listen -d "sqlite:$PWD/none.db"
    [[ $status == 75 && $output == "" && $stderr == *"full sync needed"* ]]
    [[ ! -e none.db ]]
}

@test "from the store's position; a restart goes on behind what was applied" {
    linked "$alpha" "$beta"
    edit 1
    edit 2
    kitsu-listen -d "$db" --once | tee first | op-apply -d "$db" >/dev/null
    (($(events first | wc -l) == 2))
    kitsu-listen -d "$db" --once | tee second | op-apply -d "$db" >/dev/null
    (($(events second | wc -l) == 0))
    edit 3
    kitsu-listen -d "$db" --once >third
    kitsu-listen -d "$db" --once >again # nobody applied it
    diff third again
    (($(events third | wc -l) == 1))
}

@test "one batch in flight: the next one when the store has it" {
    linked "$alpha" "$beta"
    listen -d "$db"
    edit 1
    await 30 grep -q Checkpoint out
    for n in 2 3 4; do edit "$n"; done
    sleep 1
    (($(grep -c Checkpoint out) == 1))
    op-apply -d "$db" <out >/dev/null
    await 30 heard 4
    (($(grep -c Checkpoint out) == 2))
    [[ $(tail -n 1 out | jq .events) == 3 ]]
}

@test "a project without a position, and one that cannot be vouched for: a full read is asked for" {
    linked "$alpha" "$beta"
    sqlite3 op.db "delete from openpype where collection = 'opkitsu' and id like '%checkpoint:%$beta%'"
    listen -d "$db"
    await 30 grep -q Checkpoint out
    [[ $(jq -c '[.type, .project_id]' out | head -n 1) == "[\"Sync\",\"$beta\"]" ]]
    sleep 1
    # Applied: events are written, and it is not asked for again so soon.
    (cat out && jq -c --arg id "$beta" '.full_sync = [$id]' <(tail -n 1 out)) | op-apply -d "$db" >/dev/null
    edit 1
    await 30 heard 1
    sleep 1
    (($(grep -c '"Sync"' out) == 1))
}

# held: a store that follows $beta's events, whose deletions wait.
held() {
    linked "$alpha" "$beta"
    op-apply -d "$db" <<EOD >/dev/null
{"type":"End","project_id":"$beta","scope":"full","counts":{},"full_sync":"11 of 11 documents would be deleted or archived"}
$(zou_get '/data/events/last?limit=1' | jq -c --arg server "$KITSU_SERVER" '{type: "Checkpoint", server: $server, projects: null, created_at: .[0].created_at, ids: [.[0].id]}')
EOD
}

# refused: what op-diff and op-apply make of a full read whose deletions wait again.
refused() {
    jq -c --unbuffered 'if .type == "Sync" then {type: "End", project_id, scope: "full", counts: {}, full_sync: "11 of 11"}
        elif .type == "Checkpoint" then . else empty end' | op-apply -d "$db" >/dev/null
}

syncs() { (($(grep -c '"Sync"' out) >= $1)); }

@test "deletions wait: a full read after a minute, doubled up to --reconcile; at once with --retry-now" {
    held
    listen -d "$db"
    sleep 3
    run ! syncs 1
    kill "$pid"
    listen -d "$db" --retry-now
    await 10 syncs 1
    kill "$pid"
    export OPKITSU_FULL_READ_SECONDS=1
    mkfifo fifo
    refused <fifo 3>&- &
    kitsu-listen -d "$db" --reconcile 4s 2>err 3>&- > >(while read -r line; do
        [[ $line != *'"Sync"'* ]] || date +%s.%N >>seen
        printf '%s\n' "$line"
    done >fifo) &
    pid=$!
    began=$(date +%s.%N)
    await 40 eval '[[ -e seen ]] && (($(wc -l <seen) == 5))'
    kill "$pid"
    # After 1, 2, 4, 4 and 4 seconds, or somewhat later.
    # shellcheck disable=SC2046 # words
    python3 -c 'import sys
began, *times = map(float, sys.argv[1:])
waits = [b - a for a, b in zip([began] + times, times)]
print(waits)
sys.exit(not all(w <= wait < w + 3 for w, wait in zip((0.9, 1.9, 3.9, 3.9, 3.9), waits)))' "$began" $(<seen)
}

@test "a conflict: a full read at once, as that mostly passes; if not, the next after a minute" {
    linked "$alpha" "$beta"
    export OPKITSU_HEARTBEAT_SECONDS=1
    listen -d "$db"
    await 30 grep -q Checkpoint out
    # A change that somebody was faster with.
    op-dump --bare -d "$db" | jq -c --arg id "$beta" 'select(.data.zou_id == $id) | {type: "Change", operationType: "update",
        ns: {db: "avalon", coll: .name}, documentKey: {_id}, entity: {type: "Project", id: $id, name},
        updateDescription: {updatedFields: {"data.fps": 24}, removedFields: []}, fullDocumentBeforeChange: {data: {fps: 12}}},
        {type: "End", project_id: $id, scope: "events", counts: {}}' >plan
    (cat plan && tail -n 1 out) | op-apply -d "$db" >/dev/null 2>&1 || true # 1: a conflict
    await 20 syncs 1
    [[ $(jq -r 'select(.type == "Sync") | .project_id' out) == "$beta" ]]
    (sed 's/"scope":"events"/"scope":"full"/' plan && tail -n 1 out) | op-apply -d "$db" >/dev/null 2>&1 || true
    sleep 12 # it looks each 10 s
    (($(grep -c '"Sync"' out) == 1))
}

@test "without the log, too, one batch is in flight" {
    linked "$alpha" "$beta"
    person=$(zou_person "user.$RANDOM@example.com" user)
    zou_team_add "$alpha" "$person"
    export KITSU_PWD=mysecretpassword
    listen -l "$(zou_get "/data/persons/$person" | jq -r .email)" -d "$db"
    await 30 grep -q Checkpoint out
    edit 1
    edit 2
    sleep 1
    (($(wc -l <out) == 2)) # Sync and its Checkpoint
    for n in 1 2 3; do
        op-apply -d "$db" <out >/dev/null
        await 30 heard $((n + 1))
        edit "$n"
        sleep 0.5
        (($(jq -s 'map(select(.type == "Event")) | length' out) == n + 1))
    done
}

@test "a heartbeat when nothing happens" {
    linked "$alpha" "$beta"
    OPKITSU_HEARTBEAT_SECONDS=1 listen -d "$db"
    sleep 3.5
    (($(jq -s 'map(select(.events == 0)) | length' out) >= 2))
    [[ $(jq -r .type out | sort -u) == Checkpoint ]]
}

# --- Its end ----------------------------------------------------------------------------------

@test "SIGTERM, and a reader that leaves: at once, and quietly" {
    listen --since now
    kill "$pid"
    ended=$SECONDS
    wait "$pid" || true
    ((SECONDS - ended <= 1))
    run ! grep -v -e connected -e 'logged in' err
    begun=$SECONDS
    kitsu-listen --since now 2>err | (exec 0<&- && sleep 2)
    ((SECONDS - begun <= 4))
    [[ ! -s err ]]
}

@test "a full disk" {
    run --separate-stderr bash -c 'kitsu-listen --since now --once >/dev/full'
    [[ $status == 74 && $stderr == *stdout* ]]
}

@test "--since with a store: from there, one batch in flight" {
    linked alpha
    listen --since now -d "$db"
    edit 101
    await 30 heard 1
    edit 102
    sleep 1
    (($(events | wc -l) == 1)) # the store does not have the first one
    kitsu-fetch --events -d "$db" <out | op-diff -d "$db" | op-apply -d "$db" >/dev/null
    await 30 heard 2
}
