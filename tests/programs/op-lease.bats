#!/usr/bin/env bats
# One writer a store: op-lease, and op-apply with a lease of its own or one that
# was handed down. On both stores, most of it with a lease of a few seconds.
# Takes about 230 s.

load ../lib/common
load ../lib/store

setup() {
    bats_require_minimum_version 1.5.0
    case $BATS_TEST_DESCRIPTION in
        mongodb:*) use_mongo ;;
        *) use_sqlite ;;
    esac
    export OPKITSU_LEASE_SECONDS=2
    cd "$BATS_TEST_TMPDIR"
    ends=() pids=()
}

teardown() {
    local pid
    for pid in "${pids[@]}"; do
        kill -CONT "$pid" 2>/dev/null || true
        kill -KILL "$pid" 2>/dev/null || true
    done
}

# within SECONDS COMMAND...: it succeeds in that time
within() {
    local limit=$((SECONDS + $1))
    shift
    until "$@"; do
        ((SECONDS <= limit)) || return 1
        sleep 0.05
    done
}

# start NAME COMMAND...: in the background, its stdin a pipe whose end is in
# $in_NAME, its process in $pid_NAME, its files NAME.out and NAME.err
start() {
    local name=$1 fd
    shift
    mkfifo "$name.in"
    (
        for fd in "${ends[@]}"; do # or the others' would not end when we close them
            exec {fd}>&-
        done
        exec "$@" <"$name.in" >"$name.out" 2>"$name.err" 3>&-
    ) &
    printf -v "pid_$name" %s $!
    pids+=($!)
    exec {fd}>"$name.in"
    printf -v "in_$name" %s "$fd"
    ends+=("$fd")
}

# hold NAME [ARGUMENT...]: start an op-lease
hold() {
    start "$1" op-lease "${@:2}"
}

# feed NAME [ARGUMENT...]: start an op-apply
feed() {
    start "$1" op-apply "${@:2}"
}

# let_go NAME STATUS: its stdin ends, and it exits so
let_go() {
    local in=in_$1 pid=pid_$1 status=0 fd
    fd=${!in}
    exec {fd}>&-
    wait "${!pid}" || status=$?
    [ "$status" -eq "$2" ]
}

# term NAME: of the lease that it printed
term() {
    local line
    line=$(cat "$1.out")
    echo "${line##*:}"
}

nobody_has_it() {
    [ "$(state_document lease | jq -r .owner)" = null ]
}

# has_lines FILE N
has_lines() {
    [ "$(wc -l <"$1")" -ge "$2" ]
}

# rename N OLD NEW: a Change and its End
rename() {
    plan insert | jq -c 'select(.entity.type == "Project") | {type, operationType: "update", ns,
        documentKey, entity, updateDescription: {updatedFields: {"data.code": "'"$2"'"}, removedFields: []},
        fullDocumentBeforeChange: {data: {code: "'"$1"'"}}},
        {type: "End", project_id: "p1", scope: "events", counts: {}}'
}

code() {
    op-dump | jq -r 'select(.document.type == "project").document.data.code'
}

# ---- cases, for both stores ---------------------------------------------

has_wish() { [ -n "$(state_document lease | jq -r '.wanted.owner // empty')" ]; }

case_wish() {
    export OPKITSU_LEASE_SECONDS=16
    hold one
    within 5 test -s one.out
    hold two --wait 30
    within 5 has_wish
    # It cannot wish again, and the lease is renewed.
    # shellcheck disable=SC2154 # start's
    kill -STOP "$pid_two"
    within 20 grep -qx wanted one.out
    has_wish
    let_go one 0
    run --separate-stderr op-lease --wait 0 </dev/null
    [ "$status" -eq 75 ]
    [[ $stderr == *"another program has waited longer for its lease"* ]]
    kill -CONT "$pid_two"
    within 10 test -s two.out
    let_go two 0
    nobody_has_it
}

# The machine's clock was an hour ahead, and is right again.
case_ahead() {
    hold one
    within 5 test -s one.out
    # It renews its lease, which stays its own, though others meet the end that was wrong.
    put_expiry opkitsu "$((EPOCHSECONDS + 3600)).0"
    run -75 op-lease --wait 0 </dev/null
    within 10 is_short
    sleep 2.5
    run -75 op-lease --wait 0 </dev/null
    kill -KILL "$pid_one"
    put_expiry opkitsu "$((EPOCHSECONDS + 3600)).0"
    run --separate-stderr op-apply --wait 0 < <(plan insert)
    [[ $status == 75 && $stderr == *"another program writes to it"* ]]
    is_short
    hold two --wait 10
    within 10 test -s two.out
    [ "$(term two)" -eq 2 ]
    let_go two 0
    # A program by itself waits for as long as for any other.
    hold three
    within 5 test -s three.out
    kill -KILL "$pid_three"
    put_expiry opkitsu "$((EPOCHSECONDS + 3600)).0"
    run -0 op-apply --wait 10 < <(plan insert)
    # Nor is a wish believed that lies so far ahead.
    hold four
    within 10 test -s four.out
    hold five --wait 20
    within 10 has_wish
    kill -KILL "$pid_five"
    let_go four 0
    put_wish "$((EPOCHSECONDS + 3600)).0"
    run -0 op-lease --wait 0 </dev/null
}

# is_short: the lease ends as soon as any
is_short() { [ "$(state_document lease | jq '.expires < now + 3')" = true ]; }

# put_wish SECONDS: until then, since 1970
put_wish() {
    case $OP_STORE in
        sqlite:*) sqlite3 -cmd '.timeout 5000' "${OP_STORE#sqlite:}" \
            "UPDATE openpype SET document = json_replace(document, '$.wanted.until', $1) WHERE id = '\"lease\"'" ;;
        *) "$STUDIO_VENV/bin/python" -c '
import pymongo, sys
pymongo.MongoClient(sys.argv[1])[sys.argv[2]].opkitsu.update_one({"_id": "lease"}, {"$set": {"wanted.until": float(sys.argv[3])}})
' "$OP_STORE" "$OPENPYPE_DATABASE_NAME" "$1" ;;
    esac
    [ "$(state_document lease | jq .wanted.until)" = "${1%.0}" ] || [ "$(state_document lease | jq .wanted.until)" = "$1" ]
}

case_two() {
    hold one
    within 5 test -s one.out
    grep -qE '^[A-Za-z0-9._-]+-[0-9]+-[0-9a-f]{8}:1$' one.out
    run --separate-stderr op-lease --wait 0
    [ "$status" -eq 75 ]
    [ -z "$output" ]
    [ "$stderr" = "op-lease: $(store_name): another program writes to it: $(sed -n 's/:1$//p' one.out) has the lease (see sync-status)" ]
    run --separate-stderr op-lease --wait 3
    [ "$status" -eq 75 ]
    within 3 grep -qx wanted one.out
    hold three # ends while it waits: there is no more to say
    within 2 test -s three.err
    let_go three 75
    [ "$(wc -l <three.err)" -eq 1 ]
    hold two
    sleep 3 # it is renewed
    [ ! -s two.out ]
    let_go one 0
    within 2 test -s two.out
    [ "$(term two)" -eq 2 ]
    let_go two 0
    nobody_has_it
    [ ! -s one.err ]
    diff two.err - <<EOF
op-lease: $(store_name): another program writes to it: $(sed -n 's/:1$//p' one.out) has the lease (see sync-status); waiting for it
op-lease: $(store_name): lease acquired
EOF
}

store_name() {
    echo "${OP_STORE%%\?*}"
}

case_signals() {
    local signal status
    for signal in TERM INT HUP; do
        # In the background SIGINT is ignored, unless somebody says otherwise.
        start "$signal" env --default-signal=INT op-lease
        within 5 test -s "$signal.out"
        kill -s $signal "${pids[-1]}"
        status=0
        wait "${pids[-1]}" || status=$?
        [ "$status" -eq 0 ]
        nobody_has_it
    done
}

case_killed() {
    hold one
    within 5 test -s one.out
    hold two
    kill -KILL "$pid_one"
    within "$1" test -s two.out
    [ "$(term two)" -eq 2 ]
    let_go two 0
}

# Another one takes over while it sleeps: it learns so, and stops.
case_slept() {
    hold one
    within 5 test -s one.out
    sleep 0.3 # or it is stopped with the file locked
    kill -STOP "$pid_one"
    hold two
    within 10 test -s two.out
    kill -CONT "$pid_one"
    local status=0
    wait "$pid_one" || status=$?
    [ "$status" -eq 75 ]
    [ "$(cat one.err)" = "op-lease: $(store_name): lease lost: $(sed 's/:2$//' two.out) holds it now" ]
    [ "$(state_document lease | jq .term)" -eq 2 ]
    let_go two 0
}

case_apply_waits() {
    hold one
    within 5 test -s one.out
    run --separate-stderr op-apply --wait 0 < <(plan insert)
    [ "$status" -eq 75 ]
    [ -z "$output" ]
    [[ $stderr == "op-apply: $(store_name): another program writes to it: "*" has the lease (see sync-status)" ]]
    [ -z "$(op-dump)" ]
    feed apply
    plan insert >&"$in_apply"
    sleep 1
    [ ! -s apply.out ]
    let_go one 0
    let_go apply 0
    [ "$(grep -c '"applied"' apply.out)" -eq 7 ]
    nobody_has_it
}

case_handed_down() {
    hold one
    within 5 test -s one.out
    OP_LEASE=$(cat one.out)
    export OP_LEASE
    plan insert | op-apply >apply.out
    [ "$(grep -c '"applied"' apply.out)" -eq 7 ]
    [ "$(state_document lease | jq -r '"\(.owner):\(.term)"')" = "$OP_LEASE" ]
    # Over: no longer anybody's, then another's, then of an earlier term.
    let_go one 0
    run --separate-stderr op-apply < <(rename dm x)
    [ "$status" -eq 75 ]
    [ "$stderr" = "op-apply: $(store_name): lease lost: it was released" ]
    hold two
    within 5 test -s two.out
    run --separate-stderr op-apply < <(rename dm x)
    [ "$status" -eq 75 ]
    [ "$stderr" = "op-apply: $(store_name): lease lost: $(sed 's/:2$//' two.out) holds it now" ]
    OP_LEASE=$(sed 's/2$/1/' two.out) run --separate-stderr op-apply < <(rename dm x)
    [ "$status" -eq 75 ]
    OP_LEASE=$(cat two.out) run --separate-stderr op-apply < <(rename dm x)
    [ "$status" -eq 0 ]
    [ "$(code)" = x ]
    let_go two 0
}

# The holder is gone without a word: nobody renews.
case_orphan() {
    hold one
    within 5 test -s one.out
    OP_LEASE=$(cat one.out) feed apply
    plan insert >&"$in_apply"
    within 5 has_lines apply.out 8
    kill -KILL "$pid_one"
    sleep 2
    rename dm x >&"$in_apply"
    local status=0
    wait "$pid_apply" || status=$?
    [ "$status" -eq 75 ]
    [ "$(cat apply.err)" = "op-apply: $(store_name): lease lost: its holder no longer renews it" ]
    [ "$(code)" = dm ]
    has_lines apply.out 8
}

# While it waits for input its own lease stays its own.
case_idle() {
    feed apply
    plan insert >&"$in_apply"
    within 5 has_lines apply.out 8
    sleep 4
    run -75 op-lease --wait 0
    rename dm x >&"$in_apply"
    let_go apply 0
    [ "$(code)" = x ]
    [ "$(state_document lease | jq -c '[.owner, .term]')" = '[null,1]' ]
}

# Stopped for longer than its lease, which another one takes: nothing is written.
case_fenced() {
    feed apply
    plan insert >&"$in_apply"
    within 5 has_lines apply.out 8
    kill -STOP "$pid_apply"
    hold two
    within 10 test -s two.out
    { rename dm x && rename x y; } >&"$in_apply"
    kill -CONT "$pid_apply"
    local status=0
    wait "$pid_apply" || status=$?
    [ "$status" -eq 75 ]
    [ "$(cat apply.err)" = "op-apply: $(store_name): lease lost: $(sed 's/:2$//' two.out) holds it now" ]
    [ "$(wc -l <apply.out)" -eq 8 ]
    [ "$(code)" = dm ]
    let_go two 0
}

case_apply_signal() {
    feed apply
    plan insert >&"$in_apply"
    within 5 has_lines apply.out 8
    kill -TERM "$pid_apply"
    local status=0
    wait "$pid_apply" || status=$?
    [ "$status" -eq 143 ]
    nobody_has_it
}

case_notes() {
    hold one
    within 5 test -s one.out
    printf '%s\n' 'state starting' 'error kitsu-fetch: it said "no": \x' 'state listening' >&"$in_one"
    noted() { [ "$(state_document service | jq -r .state)" = "$1" ]; }
    within 5 noted listening
    state_document service | jq -e --arg text 'kitsu-fetch: it said "no": \x' --arg host "$(hostname)" --argjson pid "$pid_one" '
        .error == $text and .host == $host and .pid == $pid and .term == 1
        and (.state_at | now - . | . > -2 and . < 30) and .error_at <= now and .since <= now'
    printf '%s\n' 'Bad key' '$set x' 'a.b x' 'owner me' 'state_at 5' '_id x' >&"$in_one"
    printf 'state caf\xc3\xa9 \xff\n' >&"$in_one"
    within 5 noted 'caf?? ?'
    [ "$(grep -c '^op-lease: stdin: no note: ' one.err)" -eq 6 ]
    printf 'state %02000d\nstate last\n' 1 >&"$in_one"
    let_go one 0
    noted last # at the end, too
    hold two
    within 5 test -s two.out
    noted_term() { [ "$(state_document service | jq .term)" = "$1" ]; }
    within 5 noted_term 2
    state_document service | jq -e '.state == "last" and .state_at < now + 1 and .error_at'
    let_go two 0
}

# A flood of them does not keep it from renewing.
case_flood() {
    hold one
    within 5 test -s one.out
    yes 'state busy' >&"$in_one" 2>/dev/null 3>&- &
    local flood=$!
    pids+=("$flood")
    sleep 4
    run -75 op-lease --wait 0
    kill "$flood"
    let_go one 0
    [ "$(state_document service | jq -r .state)" = busy ]
    [ ! -s one.err ]
}

# ---- the tests ------------------------------------------------------------

# bats test_tags=slow
@test "sqlite: one at a time; given back at the end of stdin, the next one's term is higher" {
    case_two
}

@test "mongodb: one at a time; given back at the end of stdin, the next one's term is higher" {
    case_two
}

@test "sqlite: who waits is the next, though the lease is renewed meanwhile" { case_wish; }
@test "mongodb: who waits is the next, though the lease is renewed meanwhile" { case_wish; }

@test "sqlite: an end that lies too far ahead is not believed" { case_ahead; }
@test "mongodb: an end that lies too far ahead is not believed" { case_ahead; }

@test "sqlite: given back on signals" {
    case_signals
}

@test "mongodb: given back on signals" {
    case_signals
}

# bats test_tags=slow
@test "sqlite: of one that was killed, within 30 s, and not before 15" {
    unset OPKITSU_LEASE_SECONDS
    local began=$SECONDS
    case_killed 30
    ((SECONDS - began >= 15))
}

@test "mongodb: of one that was killed" {
    case_killed 4
}

# told STATUS: of sync-status, as one line of its trouble and what it says of the service
told() {
    status=0
    sync-status -s https://k/api >status || status=$?
    [ "$status" -eq "$1" ]
    sed -n '/^trouble: /p; /^service: /{p;q;}' status
}

@test "sync-status: no service is no trouble, one that was killed is, until another writes" {
    [ "$(told 3)" = "service:           none; never synchronised" ]
    hold one
    within 5 has_lines one.out 1
    printf 'state listening\n' >&"$in_one"
    within 5 eval '[ "$(state_document service | jq -r .state)" = listening ]'
    [[ $(told 1) != *"was killed"* ]]
    let_go one 0
    [ "$(told 3)" = "service:           none; never synchronised" ]
    hold two
    within 5 has_lines two.out 1
    within 5 eval '[[ $(state_document service | jq -r .owner):2 == $(<two.out) ]]'
    kill -KILL "$pid_two"
    within 5 eval '[[ $(told 3) == "trouble: "*" the service on $(uname -n) was killed, or lost the store, "*" ago, and no other has taken over"$'"'\\n'"'"service: "*"none; never synchronised" ]]'
    # cron, say
    jq -nc '{type: "Checkpoint", server: "https://k/api", projects: ["p1"], created_at: "2026-11-24T10:00:00", ids: []}' | op-apply
    [[ $(told 3) == "service:           none; last synchronised "*" s ago" ]]
    grep -x 'position:          up to Kitsu.s event of 2026-11-24T10:00:00, .* ago' status
    # What a full read waits for is, without a service, too.
    jq -nc '{type: "Checkpoint", server: "https://k/api", projects: [], created_at: "2026-11-24T10:00:00", ids: [], full_sync: ["p1"]}' | op-apply
    [[ $(told 3) == "trouble: "*"1 project wants a full synchronisation"*"service: "* ]]
}

@test "sqlite: one that slept too long has lost it" {
    case_slept
}

@test "mongodb: one that slept too long has lost it" {
    case_slept
}

@test "sqlite: op-apply waits for it, --wait 0 does not" {
    case_apply_waits
}

@test "mongodb: op-apply waits for it, --wait 0 does not" {
    case_apply_waits
}

@test "sqlite: op-apply under a lease that was handed down; over, it writes nothing" {
    case_handed_down
}

@test "mongodb: op-apply under a lease that was handed down; over, it writes nothing" {
    case_handed_down
}

@test "sqlite: op-apply under a lease that nobody renews writes nothing" {
    case_orphan
}

@test "mongodb: op-apply under a lease that nobody renews writes nothing" {
    case_orphan
}

# bats test_tags=slow
@test "sqlite: op-apply keeps its own while it waits for input" {
    case_idle
}

@test "mongodb: op-apply keeps its own while it waits for input" {
    case_idle
}

# bats test_tags=slow
@test "sqlite: op-apply stopped for too long writes nothing more" {
    case_fenced
}

@test "mongodb: op-apply stopped for too long writes nothing more" {
    case_fenced
}

@test "sqlite: op-apply gives it back on a signal" {
    case_apply_signal
}

@test "mongodb: op-apply gives it back on a signal" {
    case_apply_signal
}

# bats test_tags=slow
@test "sqlite: notes are kept beside it" {
    case_notes
}

@test "mongodb: notes are kept beside it" {
    case_notes
}

# bats test_tags=slow
@test "sqlite: a flood of notes does not disturb" {
    case_flood
}

@test "mongodb: a flood of notes does not disturb" {
    case_flood
}

# ---- stores that are away -------------------------------------------------

# relay [PORT]: between us and the MongoDB server
relay() {
    rm -f relay.in relay.out
    start relay "$STUDIO_VENV/bin/python" "$BATS_TEST_DIRNAME/../servers/relay" "${1-0}" "${STUDIO_MONGO#mongodb://}"
    within 10 test -s relay.out
    port=$(cat relay.out)
}

@test "mongodb: away and back: it is still held; away for too long: 75" {
    export OPKITSU_LEASE_SECONDS=12 # libmongoc tries a server again after 5 s
    relay
    hold one -d "mongodb://127.0.0.1:$port"
    within 5 test -s one.out
    kill -KILL "$pid_relay"
    within 5 grep -q 'retrying in' one.err
    relay "$port"
    within 9 grep -q 'is back' one.err
    run -75 op-lease --wait 0
    kill -KILL "$pid_relay"
    local status=0
    wait "$pid_one" || status=$?
    ended=$(date +%s.%N)
    [ "$status" -eq 75 ]
    [[ $(tail -n 1 one.err) == *": lease lost: it could not be renewed in time" ]]
    [ "$(state_document lease | jq ".expires > $ended")" = true ] # it said so before anybody could take it
}

@test "mongodb: a server that hangs: 75 before the lease is over" {
    relay
    hold one -d "mongodb://127.0.0.1:$port"
    within 5 test -s one.out
    kill -STOP "$pid_relay"
    local status=0 began=$SECONDS
    wait "$pid_one" || status=$?
    [ "$status" -eq 75 ]
    ((SECONDS - began <= 3))
    [ "$(cat one.err)" = "op-lease: the store does not answer: lease lost" ]
}

@test "mongodb: a waiting one outlives a server that is away" {
    relay
    hold one
    within 5 test -s one.out
    hold two -d "mongodb://127.0.0.1:$port"
    sleep 1
    kill -KILL "$pid_relay"
    within 5 grep -q 'retrying in' two.err
    relay "$port"
    let_go one 0
    within 15 test -s two.out
    [ "$(term two)" -eq 2 ]
    let_go two 0
}

# bats test_tags=slow
@test "a file that is locked for long: nobody else can take it, so it is not lost" {
    hold one
    within 5 test -s one.out
    mkfifo locker.in
    sqlite3 op.db <locker.in >locker.out 2>&1 3>&- &
    pids+=($!)
    exec 5>locker.in
    echo "BEGIN IMMEDIATE; SELECT 'locked';" >&5
    within 5 test -s locker.out
    sleep 5
    exec 5>&-
    sleep 2.5
    kill -0 "$pid_one"
    run -75 op-lease --wait 0
    let_go one 0
}

# bats test_tags=slow
@test "an op-apply whose transaction is longer than the lease: the holder keeps it" {
    plan insert | op-apply >first.out
    hold one
    within 5 test -s one.out
    OP_LEASE=$(cat one.out) feed apply
    # A full batch begins a transaction, and the End is long in coming.
    jq -nc 'range(600) | {type: "Change", operationType: "insert", ns: {db: "avalon", coll: "demo"},
        documentKey: {_id: {"$oid": "5e000000000000000000\(1000 + .)"}},
        fullDocument: {_id: {"$oid": "5e000000000000000000\(1000 + .)"}, type: "asset", name: "n\(.)",
            data: {visualParent: null}}}' >many
    cat many >&"$in_apply"
    sleep 4
    echo '{"type":"End","project_id":"p1","scope":"full","counts":{}}' >&"$in_apply"
    let_go apply 0
    sleep 1
    kill -0 "$pid_one"
    [ "$(state_document lease | jq .term)" -eq 2 ]
    let_go one 0
}

# ---- the rest -------------------------------------------------------------

# bats test_tags=slow
@test "OP_LEASE that is none: 78; empty or -n: not looked at" {
    local text
    for text in x x: :1 x:0 x:-1 x:1x 'a b:1' x:99999999999999999999; do
        OP_LEASE=$text run --separate-stderr op-apply < <(plan insert)
        [ "$status" -eq 78 ]
        [ "$stderr" = "op-apply: OP_LEASE is not OWNER:TERM: \"$text\"" ]
        [ -z "$(op-dump)" ]
    done
    OP_LEASE=x run -0 op-apply -n < <(plan insert)
    [ -z "$(state_document lease)" ]
    OP_LEASE='' run -0 op-apply < <(plan insert)
}

@test "op-apply -n takes none" {
    hold one
    within 5 test -s one.out
    run --separate-stderr op-apply -n --wait 0 < <(plan insert)
    [ "$status" -eq 0 ]
    let_go one 0
}

@test "waiting ends with stdin" {
    hold one
    within 5 test -s one.out
    run --separate-stderr op-lease </dev/null
    [ "$status" -eq 75 ]
    [ -z "$output" ]
    let_go one 0
    run -0 op-lease </dev/null
    [[ $output == *:2 ]]
    nobody_has_it
}

@test "stdout that is full or closed: 74, and it is given back" {
    op-lease </dev/null >/dev/full 2>err && status=0 || status=$?
    [ "$status" -eq 74 ]
    grep -x 'op-lease: stdout: No space left on device' err
    nobody_has_it
    op-lease </dev/null >&- 2>err && status=0 || status=$?
    [ "$status" -eq 74 ]
    nobody_has_it
}

@test "usage errors, and a store that is none" {
    run --separate-stderr op-lease --wait soon
    [ "$status" -eq 64 ]
    [ "${stderr_lines[0]}" = "op-lease: --wait: expected a number of seconds, got \"soon\"" ]
    run -64 op-lease more
    run --separate-stderr op-lease -d /tmp/op.db </dev/null
    [ "$status" -eq 78 ]
    run --separate-stderr op-lease -d mongodb://127.0.0.1:1 --wait 0 </dev/null
    [ "$status" -eq 69 ]
    [ "${#stderr_lines[@]}" -eq 1 ]
    # It is waited for, which is said once, until the end of the input.
    start away op-lease -d mongodb://127.0.0.1:1
    sleep 1.5
    let_go away 69
    [ "$(grep -c 'retrying in' away.err)" -eq 1 ]
    [ "$(wc -l <away.err)" -eq 2 ]
}

@test "sync-status: a time that is still to come, of another clock, was just now" {
    hold one
    within 5 has_lines one.out 1
    within 5 eval '[[ $(state_document service | jq -r .owner):1 == $(<one.out) ]]'
    kill -KILL "$pid_one"
    put_expiry opkitsu "$((EPOCHSECONDS + 3600)).0"
    run sync-status -s https://k/api
    [[ $status == 3 && $output == *'was killed, or lost the store, 0 s ago'* ]]
}
