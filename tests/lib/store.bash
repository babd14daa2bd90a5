# For the tests that write to a store: which one, and how to compare.
# shellcheck shell=bash

# libmongoc keeps counters in shared memory; programs that are killed would leave
# them there, and it complains on finding those of an earlier process.
export MONGOC_DISABLE_SHM=1

# Plans, and what becomes of them.
apply_cases=${BASH_SOURCE[0]%/*}/../cases/op-apply

# Each test has databases of its own; plans say "avalon".
use_sqlite() {
    OP_STORE=sqlite:$BATS_TEST_TMPDIR/op.db
    export OP_STORE AVALON_DB=avalon OPENPYPE_DATABASE_NAME=openpype
}

use_mongo() {
    need_mongo
    OP_STORE=$STUDIO_MONGO
    AVALON_DB=avalon_${BATS_TEST_NUMBER}_$$_$RANDOM
    OPENPYPE_DATABASE_NAME=openpype_${AVALON_DB#avalon_}
    export OP_STORE AVALON_DB OPENPYPE_DATABASE_NAME
}

# plan NAME: the plan of a case of op-apply, for this test's databases
plan() {
    sed 's/"db":"avalon"/"db":"'"$AVALON_DB"'"/' "$apply_cases/$1/plan.ndjson"
}

# What op-apply or op-dump wrote, without what differs from run to run.
normal() {
    sed -E 's/"seconds":[0-9.]+/"seconds":0/; s/"db":"'"$AVALON_DB"'"/"db":"avalon"/'
}

# apply NAME [ARGUMENT...]: $status, results in $out, messages in $err
apply() {
    local name=$1
    shift
    out=$BATS_TEST_TMPDIR/out err=$BATS_TEST_TMPDIR/err
    status=0
    plan "$name" | op-apply "$@" >"$out.raw" 2>"$err" || status=$?
    normal <"$out.raw" >"$out"
}

# expect STATUS NAME: the last apply gave this status and the case's results and
# messages
expect() {
    diff -u "$apply_cases/$2/results.ndjson" "$out"
    if [ -e "$apply_cases/$2/stderr" ]; then
        diff -u "$apply_cases/$2/stderr" "$err"
    else
        diff -u /dev/null "$err"
    fi
    [ "$status" -eq "$1" ]
}

dump() {
    op-dump --all "$@" | normal
}

# The suite's own state but for what has the time, sorted. SQLite's only.
sqlite_state() {
    sqlite3 "${OP_STORE#sqlite:}" \
        "SELECT document FROM openpype WHERE collection IN ('opkitsu', 'opkitsu_skipped', 'opkitsu_linked')
            AND id NOT IN ('\"lease\"', '\"push\"') AND id NOT LIKE '\"synced:%' ORDER BY collection, id"
}

# count STATUS: how many of the last results have it
count() {
    grep -c '"status":"'"$1"'"' "$out" || true
}

# as_nobody COMMAND...: root may write everywhere
as_nobody() {
    if [ "$(id -u)" -eq 0 ]; then
        setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
    else
        "$@"
    fi
}

# people_delete PROJECT NAME...: these documents, in the database itself, as people do
people_delete() {
    local project=$1 name names
    shift
    case $OP_STORE in
        sqlite:*)
            for name; do names+="${names+, }'$name'"; done
            sqlite3 -cmd '.timeout 5000' "${OP_STORE#sqlite:}" \
                "DELETE FROM documents WHERE project = '$project' AND name IN ($names); SELECT changes()"
            ;;
        *)
            # shellcheck disable=SC2016 # the $ is MongoDB's
            "$STUDIO_VENV/bin/python" -c '
import pymongo, sys
collection = pymongo.MongoClient(sys.argv[1])[sys.argv[2]][sys.argv[3]]
print(collection.delete_many({"name": {"$in": sys.argv[4:]}}).deleted_count)
' "$OP_STORE" "$AVALON_DB" "$project" "$@"
            ;;
    esac
}

# The documents of the suite's own state, in any order.
state() {
    case $OP_STORE in
        sqlite:*)
            sqlite3 -cmd '.timeout 5000' "${OP_STORE#sqlite:}" \
                "SELECT document FROM openpype WHERE collection IN ('opkitsu', 'opkitsu_skipped', 'opkitsu_linked')"
            ;;
        *)
            # shellcheck disable=SC2016 # the $ is MongoDB's
            "$STUDIO_VENV/bin/python" -c '
import json, pymongo, sys
database = pymongo.MongoClient(sys.argv[1])[sys.argv[2]]
for collection in database.opkitsu, database.opkitsu_skipped, database.opkitsu_linked:
    for document in collection.find():
        print(json.dumps(document, default=lambda id: {"$oid": str(id)}))
' "$OP_STORE" "$OPENPYPE_DATABASE_NAME"
            ;;
    esac
}

# put_state DOCUMENT [COLLECTION]: one more, as an earlier version had it
put_state() {
    case $OP_STORE in
        sqlite:*)
            sqlite3 -cmd '.timeout 5000' "${OP_STORE#sqlite:}" "INSERT INTO openpype (collection, id, type, document)
                VALUES ('${2-opkitsu}', '\"$(jq -r ._id <<<"$1")\"', '$(jq -r .type <<<"$1")', '${1//\'/\'\'}')"
            ;;
        *)
            "$STUDIO_VENV/bin/python" -c '
import json, pymongo, sys
pymongo.MongoClient(sys.argv[1])[sys.argv[2]][sys.argv[4]].insert_one(json.loads(sys.argv[3]))
' "$OP_STORE" "$OPENPYPE_DATABASE_NAME" "$1" "${2-opkitsu}"
            ;;
    esac
}

# state_document ID: one of them, or nothing
state_document() {
    state | jq -c --arg id "$1" 'select(._id == $id)'
}

# put_expiry COLLECTION SECONDS: when the leases, or claims, in it expire: since 1970. A file
# that was being made may have no tables.
put_expiry() {
    local file=${OP_STORE#sqlite:}
    case $OP_STORE in
        sqlite:*)
            [[ ! -e $file || ! $(sqlite3 -cmd '.timeout 5000' "$file" "SELECT 1 FROM sqlite_master WHERE name = 'openpype'") ]] ||
                sqlite3 -cmd '.timeout 5000' "$file" \
                    "UPDATE openpype SET document = json_replace(document, '$.expires', $2) WHERE collection = '$1'"
            ;;
        *)
            # shellcheck disable=SC2016 # the $ are MongoDB's
            "$STUDIO_VENV/bin/python" -c '
import pymongo, sys
pymongo.MongoClient(sys.argv[1])[sys.argv[2]][sys.argv[3]].update_many({"expires": {"$exists": True}}, {"$set": {"expires": float(sys.argv[4])}})
' "$OP_STORE" "$OPENPYPE_DATABASE_NAME" "$1" "$2"
            ;;
    esac
}

# expire_claims: of programs that were killed while they posted comments, as after some time
expire_claims() { put_expiry opkitsu_comments 0.0; }
