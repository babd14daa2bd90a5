#!/usr/bin/env bats
# The stores when things go wrong: killed, full, read-only, locked, not ours,
# away. Through op-apply and op-dump.

load ../lib/common
load ../lib/store

setup() {
    bats_require_minimum_version 1.5.0
    case $BATS_TEST_DESCRIPTION in
        mongodb:*) use_mongo ;;
        *) use_sqlite ;;
    esac
    file=$BATS_TEST_TMPDIR/op.db
}

# large N: one plan of N + 1 documents of 3 KB
large() {
    jq -nc --argjson n "$1" --arg db "$AVALON_DB" '
        def id($i): {_id: {"$oid": ("5f00000000000000001" + ("0000\($i)" | .[-5:]))}};
        def insert($i; $document): {type: "Change", operationType: "insert",
            ns: {$db, coll: "demo"}, documentKey: id($i), fullDocument: (id($i) + $document)};
        [range(100) | {"field\(.)": "some text of it"}] | add as $zou
        | insert(0; {type: "project", name: "demo", data: {zou_id: "p1"}}),
          (range(1; $n + 1) | insert(.; {type: "asset", name: "SH\(.)", data: {zou: $zou}})),
          {type: "End", project_id: "p1", scope: "full", counts: {}}'
}

# fails STATUS MESSAGE COMMAND...: with this message and no output
fails() {
    local expected=$1 message=$2
    shift 2
    run --separate-stderr "$@"
    [ "$stderr" = "$message" ] || {
        printf 'expected: %s\n     got: %s\n' "$message" "$stderr"
        return 1
    }
    [ "$status" -eq "$expected" ]
    [ -z "$output" ]
}

intact() {
    [ "$(sqlite3 "$file" 'PRAGMA integrity_check')" = ok ]
}

# ---- killed, and read meanwhile ---------------------------------------------

# bats test_tags=slow
@test "killed at any moment: all of the batch or nothing, and the next run completes it" {
    local plan=$BATS_TEST_TMPDIR/plan i pid count=0
    large 1500 >"$plan"
    op-apply -d "sqlite:$file.whole" <"$plan" >"$BATS_TEST_TMPDIR/whole.out"
    op-dump -d "sqlite:$file.whole" >"$BATS_TEST_TMPDIR/whole"
    for i in $(seq 30); do
        [ "$count" -eq 0 ] || rm -f "$file"
        op-apply <"$plan" >"$BATS_TEST_TMPDIR/out" 3>&- &
        pid=$!
        sleep "0.$(printf %03d $((i * 8)))"
        kill -KILL $pid || true
        wait $pid || true
        count=$(op-dump --bare | wc -l) # rolls back what the killed one has left
        [ "$count" -eq 0 ] || [ "$count" -eq 1501 ]
        [ "$count" -eq 1501 ] || [ ! -s "$BATS_TEST_TMPDIR/out" ] # nothing was promised
        [ ! -e "$file" ] || intact
    done
    op-apply <"$plan" >"$BATS_TEST_TMPDIR/out"
    op-dump | cmp - "$BATS_TEST_TMPDIR/whole"
}

@test "mongodb: killed at any moment, the next run completes it" {
    local plan=$BATS_TEST_TMPDIR/plan i pid
    export OPKITSU_LEASE_SECONDS=2 # what the killed one leaves is waited for
    large 300 >"$plan"
    for i in 1 2 3 4; do
        op-apply <"$plan" >"$BATS_TEST_TMPDIR/out" 3>&- &
        pid=$!
        sleep "0.$(printf %03d $((i * 30)))"
        kill -KILL $pid || true
        wait $pid || true
    done
    op-apply <"$plan" >"$BATS_TEST_TMPDIR/out"
    [ "$(grep -c -e '"status":"applied"' -e '"status":"unchanged"' "$BATS_TEST_TMPDIR/out")" -eq 301 ]
    [ "$(op-dump --bare | wc -l)" -eq 301 ]
}

# bats test_tags=slow
@test "a reader sees no half of a batch" {
    local plan=$BATS_TEST_TMPDIR/plan pid count
    large 3000 >"$plan"
    op-apply <"$plan" >"$BATS_TEST_TMPDIR/out" 3>&- &
    pid=$!
    while kill -0 $pid 2>/dev/null; do
        count=$(op-dump --bare | wc -l)
        [ "$count" -eq 0 ] || [ "$count" -eq 3001 ]
    done
    wait $pid
    [ "$(op-dump --bare | wc -l)" -eq 3001 ]
}

# bats test_tags=slow
@test "a reader that sleeps holds no writer up" {
    large 1500 | op-apply >"$BATS_TEST_TMPDIR/out"
    # op-apply reads when op-dump's pipe is full, and must commit all the same.
    op-dump --bare | {
        sleep 0.2
        jq -c '{type: "Change", operationType: "update", ns: {db: "avalon", coll: "demo"},
            documentKey: {_id}, updateDescription: {updatedFields: {seen: true}, removedFields: []},
            fullDocumentBeforeChange: {}}, {type: "End", project_id: "p1", scope: "events"}'
    } | op-apply --wait 0 >"$BATS_TEST_TMPDIR/out"
    [ "$(grep -c '"status":"applied"' "$BATS_TEST_TMPDIR/out")" -eq 1501 ]
}

# ---- more than one writer -------------------------------------------------------

case_race() {
    local i pids=()
    apply insert
    for i in 1 2 3 4 5 6; do
        plan update | jq -c 'select(.entity.id == "s1")
            | .updateDescription = {updatedFields: {"data.frameEnd": '$i', "data.new": '$i'}, removedFields: []}
            | .fullDocumentBeforeChange = {data: {frameEnd: 1080}}' |
            op-apply >"$BATS_TEST_TMPDIR/out$i" 3>&- &
        pids+=($!)
    done
    for i in "${pids[@]}"; do
        wait "$i" || true
    done
    [ "$(cat "$BATS_TEST_TMPDIR"/out? | grep -c '"status":"applied"')" -eq 1 ]
    [ "$(cat "$BATS_TEST_TMPDIR"/out? | grep -c '"status":"conflict"')" -eq 5 ]
}

@test "sqlite: of six that change one field, one wins" {
    case_race
}

@test "mongodb: of six that change one field, one wins" {
    case_race
}

@test "two at once on a new store" {
    local plan=$BATS_TEST_TMPDIR/plan
    large 500 >"$plan"
    op-apply <"$plan" >"$BATS_TEST_TMPDIR/one" 3>&- &
    op-apply <"$plan" >"$BATS_TEST_TMPDIR/two"
    wait $!
    [ "$(cat "$BATS_TEST_TMPDIR"/{one,two} | grep -c '"status":"applied"')" -eq 501 ]
    [ "$(cat "$BATS_TEST_TMPDIR"/{one,two} | grep -c '"status":"unchanged"')" -eq 501 ]
}

@test "locked by another writer: waited for, then 75; reading goes on" {
    apply insert
    mkfifo "$BATS_TEST_TMPDIR/fifo"
    sqlite3 "$file" <"$BATS_TEST_TMPDIR/fifo" >"$BATS_TEST_TMPDIR/locker" 3>&- &
    exec 4>"$BATS_TEST_TMPDIR/fifo"
    echo "BEGIN IMMEDIATE; SELECT 'locked';" >&4
    until [ -s "$BATS_TEST_TMPDIR/locker" ]; do
        sleep 0.05
    done
    fails 75 "op-apply: $OP_STORE: another program has kept it locked for 1 s" \
        op-apply --wait 1 < <(plan update)
    [ "$(op-dump --bare | wc -l)" -eq 7 ]
    exec 4>&-
    wait $!
    apply update
    [ "$status" -eq 0 ]
}

# ---- what can't be written -----------------------------------------------------

@test "a file over its limit: 74, and what was there is still there" {
    apply insert
    dump >"$BATS_TEST_TMPDIR/before"
    large 1000 >"$BATS_TEST_TMPDIR/plan"
    run --separate-stderr bash -c "ulimit -f 1000; op-apply <'$BATS_TEST_TMPDIR/plan'"
    [ "$status" -eq 74 ]
    [ "$stderr" = "op-apply: $OP_STORE: disk I/O error" ]
    [ -z "$output" ]
    intact
    dump | diff -u "$BATS_TEST_TMPDIR/before" -
}

@test "a full disk: 74, and what was there is still there" {
    mkdir "$BATS_TEST_TMPDIR/disk"
    mount -t tmpfs -o size=1M tmpfs "$BATS_TEST_TMPDIR/disk" 2>/dev/null || skip "cannot mount"
    OP_STORE=sqlite:$BATS_TEST_TMPDIR/disk/op.db
    large 1000 >"$BATS_TEST_TMPDIR/plan"
    apply insert
    run --separate-stderr op-apply <"$BATS_TEST_TMPDIR/plan"
    local count
    count=$(op-dump --bare | wc -l)
    umount "$BATS_TEST_TMPDIR/disk"
    [ "$status" -eq 74 ]
    [ "$stderr" = "op-apply: $OP_STORE: no space left" ]
    [ "$count" -eq 7 ]
}

@test "a read-only file or folder can be read, and is not written" {
    local folder=$BATS_TEST_TMPDIR/folder
    mkdir "$folder"
    OP_STORE=sqlite:$folder/op.db
    apply insert
    chmod 755 "$BATS_TEST_TMPDIR" "$BATS_RUN_TMPDIR" "$BATS_TEST_TMPDIR/.." "$folder"
    chmod 444 "$folder/op.db"
    chmod 555 "$folder"
    fails 74 "op-apply: $OP_STORE: cannot be written: the file or its folder is read-only" \
        as_nobody op-apply </dev/null
    [ "$(as_nobody op-dump --bare | wc -l)" -eq 7 ]
    chmod 666 "$folder/op.db"
    fails 74 "op-apply: $OP_STORE: cannot be written: the file or its folder is read-only" \
        as_nobody op-apply </dev/null
    [ "$(as_nobody op-dump --bare | wc -l)" -eq 7 ]
    chmod 600 "$folder/op.db"
    if [ "$(id -u)" -eq 0 ]; then
        fails 77 "op-dump: $OP_STORE: Permission denied" as_nobody op-dump
    fi
    chmod 755 "$folder"
}

@test "a folder that cannot be made" {
    OP_STORE=sqlite:/proc/none/op.db
    fails 74 "op-apply: $OP_STORE: its folder cannot be made: No such file or directory" \
        op-apply </dev/null
    OP_STORE=sqlite:/dev/null/op.db
    fails 74 "op-apply: $OP_STORE: cannot be opened: Not a directory" op-apply </dev/null
}

# ---- what is no store ----------------------------------------------------------

@test "what does not exist is empty, and made with its folders when written" {
    OP_STORE=sqlite:$BATS_TEST_TMPDIR/not/yet/op.db
    run --separate-stderr op-dump
    [ "$status" -eq 0 ]
    [ -z "$output$stderr" ]
    [ ! -e "$BATS_TEST_TMPDIR/not" ]
    apply insert -n
    [ "$(count planned)" -eq 7 ]
    [ ! -e "$BATS_TEST_TMPDIR/not" ]
    apply insert
    [ "$(op-dump --bare | wc -l)" -eq 7 ]
}

@test "the default is a file of the user's" {
    unset OP_STORE OPENPYPE_MONGO
    export HOME=$BATS_TEST_TMPDIR/home XDG_DATA_HOME=
    apply insert
    [ -e "$HOME/.local/share/opkitsu/op.db" ]
    XDG_DATA_HOME=$BATS_TEST_TMPDIR/xdg apply insert
    [ -e "$BATS_TEST_TMPDIR/xdg/opkitsu/op.db" ]
    OPENPYPE_MONGO=sqlite:$file apply insert
    [ -e "$file" ]
    OP_STORE=sqlite:$file.2 OPENPYPE_MONGO=sqlite:$file apply insert
    [ -e "$file.2" ]
}

@test "odd paths are only paths" {
    cd "$BATS_TEST_TMPDIR"
    OP_STORE=sqlite::memory: apply insert
    [ -e ./:memory: ]
    OP_STORE='sqlite:file:a?mode=memory' apply insert
    [ -e './file:a?mode=memory' ]
}

@test "not a database, not ours, of a newer version, damaged" {
    local program
    for program in op-apply op-dump; do
        yes | head -c 5000 >"$file"
        fails 78 "$program: $OP_STORE: not an SQLite database" $program </dev/null
        rm "$file"
        sqlite3 "$file" 'CREATE TABLE t (x)'
        fails 78 "$program: $OP_STORE: an SQLite database, but not of opkitsu" $program </dev/null
        rm "$file"
        apply insert
        sqlite3 "$file" 'PRAGMA user_version = 6'
        fails 78 "$program: $OP_STORE: made by a newer opkitsu (version 6, this one is 5)" \
            $program </dev/null
        sqlite3 "$file" "PRAGMA user_version = 5; UPDATE documents SET document = '{'"
    done
    fails 74 "op-dump: $OP_STORE: the file is damaged: a document is not JSON" op-dump
}

# of_version VERSION: what that version did not have is taken out of the file.
of_version() {
    local column
    if (($1 == 4)); then
        sqlite3 "$file" "DROP INDEX openpype_taken_by; ALTER TABLE openpype RENAME COLUMN taken_by TO wanted;
            CREATE INDEX openpype_wanted ON openpype (collection, wanted) WHERE wanted IS NOT NULL; PRAGMA user_version = 4"
        return
    fi
    sqlite3 "$file" "DROP INDEX openpype_type"
    for column in task_id project_id parent_id taken_by rivals; do
        sqlite3 "$file" "DROP INDEX openpype_$column; ALTER TABLE openpype DROP COLUMN $column"
    done
    (($1 > 2)) || sqlite3 "$file" "DROP INDEX documents_zou_name; ALTER TABLE documents DROP COLUMN zou_name;
        UPDATE documents SET parent = NULL WHERE type NOT IN ('asset', 'archived_asset', 'subset')"
    (($1 > 1)) || sqlite3 "$file" "DROP INDEX documents_zou_parent; DROP INDEX documents_root_of;
        ALTER TABLE documents DROP COLUMN zou_parent; ALTER TABLE documents DROP COLUMN root_of"
    sqlite3 "$file" "PRAGMA user_version = $1"
}

@test "a file of an older version is brought up to date by who opens it first" {
    cd "$BATS_TEST_TMPDIR" || return
    local program version columns="project, id, type, zou_id, name, parent, zou_parent, root_of, zou_name, document"
    for version in 1 2 3 4; do
        for program in op-dump op-apply; do
            rm -f "$file"
            apply insert
            apply publish
            op-apply -q <"$BATS_TEST_DIRNAME/../cases/op-apply/state/plan.ndjson" >/dev/null || true # some are refused
            op-dump --all >expected
            sqlite3 "$file" "SELECT $columns FROM documents ORDER BY id" >new
            sqlite3 "$file" "SELECT id, project_id FROM openpype ORDER BY id" >state
            [[ $(cut -d '|' -f 6,9 new | sort -u | wc -l) -gt 4 ]]
            of_version "$version"
            $program </dev/null >dumped
            sqlite3 "$file" "SELECT $columns FROM documents ORDER BY id" | cmp - new
            sqlite3 "$file" "SELECT id, project_id FROM openpype ORDER BY id" | cmp - state
            [[ $(sqlite3 "$file" 'PRAGMA user_version') == 5 ]]
            op-dump --all | cmp - expected
        done
    done
}

@test "a file of an older version that may only be read" {
    apply insert
    of_version 3
    chmod 755 "$BATS_RUN_TMPDIR" "$BATS_SUITE_TMPDIR" "$BATS_FILE_TMPDIR" "$BATS_TEST_TMPDIR"
    chmod 444 "$file"
    run --separate-stderr as_nobody op-dump
    [[ $status == 74 && $stderr == "op-dump: $OP_STORE: made by an older opkitsu (version 3, this one is 5): one who may write it has to open it first" ]]
    [[ $(sqlite3 -readonly "$file" 'PRAGMA user_version') == 3 ]]
}

@test "URLs that are none" {
    local url
    for url in /tmp/op.db sqlite: http://127.0.0.1; do
        fails 78 "op-dump: bad store URL: use mongodb://..., mongodb+srv://... or sqlite:PATH" \
            op-dump -d "$url"
    done
    fails 78 "op-dump: mongodb://host: not a good MongoDB URL" \
        op-dump -d 'mongodb://me:secret%zz@host/'
    fails 78 "op-dump: the store's URL: in a user or password write @ as %40, / as %2F" \
        op-dump -d 'mongodb://me:sec/ret@host/'
}

@test "AVALON_DB and OPENPYPE_DATABASE_NAME the same: 78" {
    export AVALON_DB=one OPENPYPE_DATABASE_NAME=one
    fails 78 "op-dump: AVALON_DB and OPENPYPE_DATABASE_NAME are the same: projects would be mixed with settings" \
        op-dump -d "sqlite:$BATS_TEST_TMPDIR/op.db"
}

@test "an @ in a MongoDB password that is not %40: 78, and no part of it is shown" {
    run --separate-stderr op-dump -d 'mongodb://me:Sekr@tPart2@127.0.0.1:1/'
    [ "$status" -eq 78 ]
    [[ $stderr == *%40* && $stderr != *Sekr* && $stderr != *Part2* ]]
}

@test "a MongoDB that is away: 69, and no password is shown" {
    run --separate-stderr op-dump -d 'mongodb://me:secret@127.0.0.1:1/?authSource=admin'
    [ "$status" -eq 69 ]
    [[ $stderr == 'op-dump: mongodb://127.0.0.1:1: unreachable: '* ]]
    [[ $stderr != *secret* ]]
    [ "${#stderr_lines[@]}" -eq 1 ]
}

@test "mongodb: credentials that are refused: 77, and no password is shown" {
    run --separate-stderr op-dump -d "mongodb://me:secret@${STUDIO_MONGO#mongodb://}"
    [ "$status" -eq 77 ]
    [[ $stderr != *secret* ]]
    [ "${#stderr_lines[@]}" -eq 1 ]
}

# ---- MongoDB as it is --------------------------------------------------------

# mongo_do PYTHON: with `db`, AVALON_DB
mongo_do() {
    "$STUDIO_VENV/bin/python" -c 'import pymongo, sys; db = pymongo.MongoClient(sys.argv[1])[sys.argv[2]]; exec(sys.argv[3])' \
        "$OP_STORE" "$AVALON_DB" "$1"
}

# through_relay ARGUMENT...: from now on by a relay, $relay
through_relay() {
    local host=${STUDIO_MONGO#*://}
    host=${host%%[/?]*} host=${host##*@}
    "$BATS_TEST_DIRNAME/../servers/relay" 0 "$host" "$@" >"$BATS_TEST_TMPDIR/port" 3>&- &
    relay=$!
    until [ -s "$BATS_TEST_TMPDIR/port" ]; do sleep 0.05; done
    OP_STORE=${STUDIO_MONGO/$host/127.0.0.1:$(<"$BATS_TEST_TMPDIR/port")}
    [[ $OP_STORE == *\?* ]] && OP_STORE+='&' || OP_STORE="${OP_STORE%/}/?"
}

@test "mongodb: a slow server gets smaller bulks" {
    through_relay 0.3 SH "$BATS_TEST_TMPDIR/log"
    export OPKITSU_SLOW_SECONDS=0.2
    large 250 | op-apply >"$BATS_TEST_TMPDIR/out"
    kill $relay
    [ "$(grep -c '"applied"' "$BATS_TEST_TMPDIR/out")" -eq 251 ]
    wc -l <"$BATS_TEST_TMPDIR/log"
    # 64, 32, 16, then 8 at a time; a quick server would have had 64, 128 and the rest
    [ "$(wc -l <"$BATS_TEST_TMPDIR/log")" -ge 12 ]
}

@test "mongodb: a server that takes what it is sent and never answers is named, then given up" {
    through_relay
    OP_STORE+='socketTimeoutMS=12000&retryReads=false&retryWrites=false'
    mkfifo "$BATS_TEST_TMPDIR/pipe"
    op-apply <"$BATS_TEST_TMPDIR/pipe" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" 3>&- &
    local pid=$! status=0
    exec 4>"$BATS_TEST_TMPDIR/pipe"
    large 1 >&4
    until grep -q Summary "$BATS_TEST_TMPDIR/out"; do sleep 0.1; done
    kill -STOP $relay
    large 2 >&4
    exec 4>&-
    wait $pid || status=$?
    kill -CONT $relay
    kill $relay
    cat "$BATS_TEST_TMPDIR/err"
    [ "$status" -eq 75 ]
    grep -q "^op-apply: mongodb://127.0.0.1:[0-9]*: no answer for 10 s; giving up after 12 s$" "$BATS_TEST_TMPDIR/err"
    [ "$(grep -c 'no answer' "$BATS_TEST_TMPDIR/err")" -le 2 ]
}

@test "mongodb: what the URL says of reading from others does not count" {
    large 3 | op-apply >/dev/null
    op-dump >"$BATS_TEST_TMPDIR/primary"
    [[ $OP_STORE == *\?* ]] && OP_STORE+='&' || OP_STORE="${OP_STORE%/}/?"
    OP_STORE+='readPreference=secondary&readPreferenceTags=dc:none'
    op-dump | diff "$BATS_TEST_TMPDIR/primary" -
}

@test "mongodb: indexes for what is asked often, of projects and of the suite's own state" {
    large 3 | op-apply >/dev/null
    mongo_do 'print(sorted(db.demo.index_information()))' | grep -q "'opkitsu_type'"
    AVALON_DB=$OPENPYPE_DATABASE_NAME mongo_do 'print(sorted(db.opkitsu.index_information()))' | grep -q "'opkitsu_type'"
}

@test "mongodb: system.* collections are none of ours" {
    large 1 | op-apply >/dev/null
    mongo_do 'db["system.js"].insert_one({"_id": 1, "type": "project", "name": "system.js", "data": {}})'
    [ "$(op-dump | jq -r 'select(.type == "End") | .ns.coll')" = demo ]
}
