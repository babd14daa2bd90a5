#!/usr/bin/env bats
# sync-service, whole, on a Kitsu of its own and both stores: a record of one project that
# the store refuses, each time, is that record's matter. All else goes on, in a full
# synchronisation and in following, and it is said once.
# Takes about 200 s.
# shellcheck disable=SC1091,SC2016,SC2030,SC2031,SC2154 # bats' run and subshells

bats_require_minimum_version 1.5.0

setup_file() {
    load ../lib/zou
    export OPKITSU_BUILD=${OPKITSU_BUILD:-$BATS_TEST_DIRNAME/../../build}
    export PATH=$OPKITSU_BUILD/bin:$PATH
    own_kitsu_start
}

teardown_file() {
    load ../lib/zou
    own_kitsu_stop
}

setup() {
    load ../lib/zou
    load ../lib/store
    cd "$BATS_TEST_TMPDIR" || return
    mkdir -m 700 runtime tmp
    export XDG_RUNTIME_DIR=$PWD/runtime XDG_STATE_HOME=$PWD/state XDG_DATA_HOME=$PWD/data \
        XDG_CONFIG_HOME=$PWD/config TMPDIR=$PWD/tmp OPKITSU_BACKOFF_SECONDS=0.2
    unset OP_STORE OPENPYPE_MONGO KITSU_TOKEN
    services=()
}

teardown() {
    for service in "${services[@]}"; do
        ! kill -TERM "$service" 2>/dev/null || wait "$service" || true
    done
    rmdir tmp
}

# until_true SECONDS COMMAND...
until_true() {
    local end=$((SECONDS + $1))
    until "${@:2}"; do
        ((SECONDS < end)) || {
            echo "never: $*"
            tail -n 40 ./*.err ./*.out
            return 1
        }
        sleep 0.1
    done
}

# document ENTITY FILTER: of the document of this entity in $bad
document() { op-dump --bare -P "$bad" | jq -c --arg id "$1" "select(.data.zou.id == \$id) | $2"; }
is_deleted() { [[ -z $(document "$1" .) ]]; }
good_has() { [[ $(op-dump --bare -P "$good" | jq -r 'select(.name == "SQ01_SH010").data.frameEnd') == "$1" ]]; }
good_set() { zou_put "/data/entities/$good_shot" "{\"data\": {\"frame_in\": 1001, \"frame_out\": $1}}" >/dev/null; }
position() { state_document "checkpoint:$KITSU_SERVER:$1" | jq -c '[.created_at, .ids]'; }
is_listening() { sync-service --status 2>&1 | grep -q '^service: *listening'; }
has_moved() { [[ $(position "$good") != "$before" ]]; }

# change ENTITY BEFORE AFTER: in the store, of a shot's document, as jq gives it for the document
change() {
    jq -nc --argjson document "$(document "$1" .)" --arg db "$AVALON_DB" --arg coll "bad_$name" "{type: \"Change\", operationType: \"update\",
        ns: {\$db, \$coll}, documentKey: {_id: \$document._id}, updateDescription: {updatedFields: ($3), removedFields: []},
        fullDocumentBeforeChange: (\$document | $2)}" | op-apply -q >/dev/null
}

# ---- what is bad --------------------------------------------------------------

# put_below ENTITY _ID: by no program of ours, which would wait for the service
put_below() {
    case $OP_STORE in
        sqlite:*) sqlite3 -cmd '.timeout 5000' "${OP_STORE#sqlite:}" "UPDATE documents SET parent = '$2',
            document = json_set(document, '$.data.visualParent', json('{\"\$oid\":\"$2\"}')) WHERE zou_id = '$1'" ;;
        *) "$STUDIO_VENV/bin/python" -c '
import bson, pymongo, sys
pymongo.MongoClient(sys.argv[1])[sys.argv[2]][sys.argv[3]].update_one(
    {"data.zou.id": sys.argv[4]}, {"$set": {"data.visualParent": bson.ObjectId(sys.argv[5])}})
' "$OP_STORE" "$AVALON_DB" "bad_$name" "$1" "$2" ;;
    esac
}

# ring ONE OTHER: documents that point at each other, of entities that are deleted in Kitsu.
ring() {
    put_below "$1" "$(document "$2" '._id["$oid"]' | tr -d '"')"
    put_below "$2" "$(document "$1" '._id["$oid"]' | tr -d '"')"
    zou_delete "/data/shots/$1?force=true" >/dev/null
    zou_delete "/data/shots/$2?force=true" >/dev/null
}

make_ring() {
    ring "$s1" "$s2"
    expected=0 failed=()
}
again_ring() { ring "$s3" "$s4"; }
# One may be heard of before the other, which lies below it until then.
is_ring() { [[ -z $(document "$s3" .type)$(document "$s4" .type) || $(document "$s3" .type)$(document "$s4" .type) != *'"asset"'* ]]; }
was_ring() { is_deleted "$s1" && is_deleted "$s2"; }

# An archived document has the name that $s1 is to get.
make_unique() {
    zou_put "/data/entities/$s3" '{"canceled": true}' >/dev/null
    sync-service --once -q "${only[@]}" || [[ $? == 1 ]]
    zou_put "/data/entities/$s3" '{"name": "OLD"}' >/dev/null
    case $OP_STORE in
        sqlite:*) sqlite3 "${OP_STORE#sqlite:}" 'CREATE UNIQUE INDEX studio ON documents (project, name)' ;;
        *) "$STUDIO_VENV/bin/python" -c '
import pymongo, sys
pymongo.MongoClient(sys.argv[1])[sys.argv[2]][sys.argv[3]].create_index("name", unique=True, name="studio")
' "$OP_STORE" "$AVALON_DB" "bad_$name" ;;
    esac
    zou_put "/data/entities/$s1" "{\"name\": \"SH030\", \"parent_id\": \"$q2\"}" >/dev/null
    expected=1 failed=("$s1")
}
again_unique() { zou_put "/data/entities/$s1" '{"description": "'"$1"'"}' >/dev/null; }
is_unique() { [[ $(document "$s1" .name) == '"SQ01_SH010"' ]]; }
was_unique() { is_unique; }

# A shot that could not be moved away, and the sequence where it was is deleted in Kitsu.
make_child() {
    make_unique
    zou_put "/data/entities/$s2" "{\"parent_id\": \"$q2\"}" >/dev/null
    zou_delete "/data/sequences/$q1?force=true" >/dev/null
    failed=("$s1" "$q1")
}
again_child() { again_unique "$1"; }
is_child() { is_unique && ! is_deleted "$q1"; }
was_child() { is_child; }

# 16 MiB with what the studio put into it.
make_big() {
    change "$s1" '{}' '{"data.list": [range(1330000) | 1]}'
    again_big x
    expected=1 failed=("$s1")
}
again_big() {
    printf '{"description": "%s %01000000d"}' "$1" 1 >description
    zou_put "/data/entities/$s1" "$(<description)" >/dev/null
}
is_big() { [[ $(document "$s1" '.data.list | length') == 1330000 ]]; }
was_big() { is_big; }

make_nothing() { expected=0 failed=(); }
again_nothing() { :; }
is_nothing() { :; }
was_nothing() { :; }

# ---- and what is not ------------------------------------------------------------

# no_mark: no project is to be read in full again, and nothing is in conflict
no_mark() { [[ -z $(state | jq -c 'select(.full_sync)') ]]; }

# remembered: the failed ones, and nothing else, as skipped
remembered() {
    [[ $(state | jq -r 'select(._id | startswith($p)).entities[] | .code + " " + .entity.id' --arg p "$bad:" | sort) == "$(
        ((${#failed[@]} == 0)) || printf 'store %s\n' "${failed[@]}" | sort
    )" ]]
}

# requests: how many the suite has made of Kitsu, but for those of the socket and the log,
# which depend on the time
requests() { grep '"opkitsu/' "$STUDIO_DIR/nginx-access.log" | grep -vc -e socket.io -e events/last; }

# memory: KiB of all programs of the service
memory() { ps -o rss= --sid "${services[-1]}" | awk '{ sum += $1 } END { print sum }'; }

# costs_the_same KIND STORE: one more event of the good project needs as many requests as
# where nothing is bad, and the programs need no more memory, but for those who read the
# 17 MiB: they keep the room for them.
costs_the_same() {
    local before cost
    sleep 2 # whoever looks at the bad one again has done so
    before=$(position "$good") cost=-$(requests)
    good_set 1060
    until_true 15 good_has 1060
    until_true 15 has_moved
    cost=$((cost + $(requests)))
    echo "$1 $2: $cost requests an event, $(memory) KiB"
    echo "$1 $2: $cost requests an event, $(memory) KiB" >>"${ISOLATION_FIGURES:-/dev/null}"
    [[ $1 != nothing ]] || echo "$cost $(memory)" >"$BATS_FILE_TMPDIR/cost.$2"
    read -r usual kib <"$BATS_FILE_TMPDIR/cost.$2" || return 0 # of this file only some tests run
    ((cost <= usual))
    [[ $1 == big || $OPKITSU_BUILD == */san ]] || (($(memory) < kib + 8192))
}

# isolated KIND STORE
isolated() {
    local n
    export OP_STORE=sqlite:$PWD/op.db AVALON_DB=avalon_$BATS_TEST_NUMBER OPENPYPE_DATABASE_NAME=openpype_$BATS_TEST_NUMBER
    [[ $2 == sqlite ]] || export OP_STORE=$STUDIO_MONGO
    name=$1_$2
    bad=$(zou_project "bad_$name") good=$(zou_project "good_$name")
    only=(-P "$bad" -P "$good")
    q1=$(zou_sequence "$bad" SQ01) q2=$(zou_sequence "$bad" SQ02)
    s1=$(zou_shot "$bad" "$q1" SH010) s2=$(zou_shot "$bad" "$q1" SH020)
    s3=$(zou_shot "$bad" "$q2" SH030) s4=$(zou_shot "$bad" "$q2" SH040)
    good_shot=$(zou_shot "$good" "$(zou_sequence "$good" SQ01)" SH010)
    good_set 1040
    sync-service --once -q "${only[@]}"
    "make_$1"

    # A full synchronisation.
    before=$(position "$good")
    good_set 1041
    run sync-service --once "${only[@]}"
    echo "$output"
    [[ $status == "$expected" ]]
    good_has 1041
    has_moved
    [[ $(position "$bad") == "$(position "$good")" ]]
    "was_$1"
    no_mark
    remembered
    for n in "${failed[@]}"; do (($(grep -c "failed.*$n\|$n.*failed" <<<"$output") <= 1)); done
    [[ $output != *conflict* ]]

    # Following.
    before=$(position "$good")
    setsid sync-service --resume "${only[@]}" >one.out 2>one.err 3>&- &
    services+=($!)
    until_true 30 is_listening
    for n in 1 2; do
        [[ $1-$n == ring-2 ]] || "again_$1" "$n"
        good_set $((1050 + n))
        until_true 15 good_has $((1050 + n))
        until_true 15 has_moved
        before=$(position "$good")
    done
    until_true 15 "is_$1"
    no_mark
    remembered
    costs_the_same "$@"
    cat one.out one.err
    run ! grep -e conflict -e 'in full' one.out one.err
    (($(grep -hc '^ *failed' one.out) <= ${#failed[@]}))
}

@test "SQLite: nothing bad, as the measure" {
    isolated nothing sqlite
}

@test "MongoDB: nothing bad, as the measure" {
    isolated nothing mongo
}

@test "SQLite: documents that point at each other" {
    isolated ring sqlite
}

@test "MongoDB: documents that point at each other" {
    isolated ring mongo
}

@test "SQLite: a unique index of the studio's own" {
    isolated unique sqlite
}

@test "MongoDB: a unique index of the studio's own" {
    isolated unique mongo
}

@test "SQLite: a sequence deleted above a shot that could not be moved" {
    isolated child sqlite
}

# bats test_tags=long
@test "MongoDB: a sequence deleted above a shot that could not be moved" {
    isolated child mongo
}

@test "SQLite: a document of 17 MiB" {
    isolated big sqlite
}

# bats test_tags=long
@test "MongoDB: a document of 17 MiB" {
    isolated big mongo
}
