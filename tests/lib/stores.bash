# Several stores that follow one Kitsu, in the folder where a test works: sqlite… or mongo…
# is a store's name, its folder, and what its databases are called after.
# shellcheck shell=bash

# stores_setup: a home where only `use` says what the store is
stores_setup() {
    own_home 5
    unset OP_STORE OPENPYPE_MONGO KITSU_TOKEN
    export MONGOC_DISABLE_SHM=1 # see store.bash
}

# use NAME
use() {
    mkdir -p "$1"
    case $1 in
        sqlite*) OP_STORE=sqlite:$PWD/$1/op.db AVALON_DB=avalon OPENPYPE_DATABASE_NAME=openpype ;;
        *) OP_STORE=$STUDIO_MONGO AVALON_DB=avalon_$1 OPENPYPE_DATABASE_NAME=openpype_$1 ;;
    esac
    export OP_STORE AVALON_DB OPENPYPE_DATABASE_NAME
}

# in_store NAME COMMAND...
in_store() (
    use "$1"
    "${@:2}"
)

# synchronise [ARGUMENT]...: op-diff's; of these, 1 says that something is skipped
# shellcheck disable=SC2119,SC2120
synchronise() { op-diff --no-skipped "$@" | op-apply >/dev/null || (($? == 1)); }

# full STORE...: a full synchronisation of each, by one reading; $limit may be --max-delete's.
full() {
    in_store "$1" kitsu-fetch >reading || (($? == 1))
    local store
    for store; do in_store "$store" synchronise ${limit:+--max-delete "$limit"} <reading; done
}

# events STORE...: what happened since, at once.
# shellcheck disable=SC2119
events() {
    local store
    for store; do
        use "$store"
        kitsu-listen --once | tee batch.ndjson | kitsu-fetch --events | synchronise
    done
}

# until_true SECONDS COMMAND...
until_true() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        ((SECONDS < end)) || return 1
        sleep 0.2
    done
}

# nothing_left STORE...: for a full synchronisation of them.
nothing_left() {
    local store
    in_store "$1" kitsu-fetch >reading 2>/dev/null || (($? == 1)) || return
    for store; do
        in_store "$store" op-diff --no-skipped --max-delete 100% <reading >left 2>/dev/null || (($? == 1)) || return
        grep -q '"type":"Checkpoint"' left || return
        if grep '"type":"Change"' left; then return 1; fi
    done
}

# shellcheck disable=SC2016 # the $ are MongoDB's
# copy_store FROM TO: TO becomes as FROM is, but that no program holds its lease.
copy_store() {
    if [[ $1 == sqlite* ]]; then
        mkdir -p "$2"
        rm -f "$2"/op.db*
        sqlite3 "$1/op.db" ".backup $2/op.db"
    else
        "$STUDIO_VENV/bin/python" -c '
import pymongo, sys
server, *names = sys.argv[1:]
client = pymongo.MongoClient(server)
for kind in "avalon_", "openpype_":
    source, target = (client[kind + name] for name in names)
    client.drop_database(target.name)
    for collection in source.list_collection_names():
        documents = list(source[collection].find({"_id": {"$nin": ["lease"]}}))
        if documents:
            target[collection].insert_many(documents)
' "$STUDIO_MONGO" "$1" "$2"
    fi
    release "$2"
}

# release STORE: of a program that was killed, as after some time
release() {
    if [[ $1 == sqlite* ]]; then
        sqlite3 "$1/op.db" "DELETE FROM openpype WHERE id = '\"lease\"'"
    else
        "$STUDIO_VENV/bin/python" -c '
import pymongo, sys
pymongo.MongoClient(sys.argv[1])[sys.argv[2]].opkitsu.delete_one({"_id": "lease"})
' "$STUDIO_MONGO" "openpype_$1"
    fi
}
