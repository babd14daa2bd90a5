#!/usr/bin/env bats
# op-apply is killed with -9 before and after its writes while documents are linked to what was
# made again in Kitsu, also while more would be deleted than is allowed; then it is run again:
# the store is as if nothing had happened. On a real Kitsu, into both stores, by a full reading
# and by events.
# Takes about 100 s.
# shellcheck disable=SC1091,SC2030,SC2031,SC2034,SC2154 # bats' subshells

bats_require_minimum_version 1.5.0

setup_file() {
    load ../lib/zou
    load ../lib/common
    need_kitsu
    own_kitsu_start
}

teardown_file() {
    load ../lib/zou
    own_kitsu_stop
}

setup() {
    load ../lib/zou
    load ../lib/common
    load ../lib/stores
    stores_setup
    name=killed_$BATS_TEST_NUMBER
}

teardown() {
    [[ ! ${p-} ]] || zou_close_project "$p"
}

# made_again sqlite|mongo: in the store $base there is what was before; in Kitsu an episode
# with all below it, in which something was published, was deleted and made again, and assets
# were deleted.
made_again() {
    local e q s c a
    base=$1_$name
    c=$(zou_asset_type Characters)
    p=$(zou_project "$name" tvshow)
    e=$(zou_episode "$p" E02)
    q=$(zou_sequence "$p" SQ01 "$e")
    s=$(zou_shot "$p" "$q" SH010)
    zou_shot "$p" "$q" SH020 >/dev/null
    a=$(zou_asset "$p" "$c" hero)
    zou_asset "$p" "$c" villain >/dev/null
    in_store "$base" kitsu-fetch >reading
    in_store "$base" synchronise <reading
    use "$base"
    op-dump -P "$name" | jq -c 'select(.document.name == ("hero", "E02_SQ01_SH010")) | .document._id as $up |
        {"$oid": ("5f" + ($up["$oid"] | .[2:]))} as $_id | {type: "Change", operationType: "insert", ns, documentKey: {$_id},
        fullDocument: {$_id, type: "workfile", parent: $up}}' | op-apply >/dev/null
    for s in $(zou_get "/data/projects/$p/shots" | jq -r '.[].id'); do zou_delete "/data/shots/$s?force=true" >/dev/null; done
    for a in $(zou_get "/data/projects/$p/assets" | jq -r '.[].id'); do zou_delete "/data/assets/$a?force=true" >/dev/null; done
    zou_delete "/data/sequences/$q?force=true" >/dev/null
    zou_delete "/data/episodes/$e?force=true" >/dev/null
    e=$(zou_episode "$p" E02)
    q=$(zou_sequence "$p" SQ01 "$e")
    zou_shot "$p" "$q" SH020 >/dev/null
    zou_shot "$p" "$q" SH010 >/dev/null
    zou_asset "$p" "$c" other >/dev/null
    kitsu-fetch >reading
    kitsu-listen --once >batch.ndjson
}

# The two ways to hear of it.
by_full() { cat reading; }
by_events() { kitsu-fetch --events <batch.ndjson 2>/dev/null; }

# killed WAY [ARGUMENT]...: at one write after the other; then again, with op-diff's ARGUMENTs.
# EVERY=1: at each of them; by itself at each 40th, from a random one on.
killed() {
    local way=$1 work=${base}_work deed
    shift
    copy_store "$base" "$work"
    use "$work"
    "$way" | op-diff -q "$@" | op-apply >/dev/null || (($? == 1))
    op-dump --all -P "$name" | jq -cS 'del(.ns)' >expected
    for deed in kill-before kill-after; do
        each_killed "$way" "$deed" "$@"
    done
}

# each_killed WAY DEED [ARGUMENT]...
each_killed() {
    local way=$1 deed=$2 step=${EVERY:-40} status=137 at kills=0
    can_fault
    shift 2
    for ((at = 1 + RANDOM % (step < 10 ? step : 10); status == 137; at += step)); do
        copy_store "$base" "$work"
        "$way" | op-diff -q "$@" >plan || (($? == 1))
        status=0
        faulty write,sync,file "$deed" "$at" op-apply <plan >results 2>stderr || status=$?
        ((status != 137)) || kills=$((kills + 1))
        release "$work"
        "$way" | op-diff -q "$@" | op-apply >results || (($? == 1))
        op-dump --all -P "$name" | jq -cS 'del(.ns)' >got
        echo "$deed $at:"
        diff expected got
    done
    echo "$kills kills, until write $at"
    ((status <= 1 && at > 20 && kills > 0))
}

# worked_in DUMP: the documents that people made something in
worked_in() { jq -r 'select(.document.type == "workfile").document.parent["$oid"]' "$1" | sort; }

each_write() {
    made_again "$1"
    killed "$2" "${@:3}"
    # What was published is in the document that it was in, and Kitsu's is linked to that.
    in_store "$base" op-dump --all -P "$name" >before
    [[ $(worked_in before) == "$(worked_in got)" ]]
    jq -e -s --slurpfile reading reading '($reading | map(select(.type | IN("Episode", "Sequence", "Shot")).id) | sort) -
        (map(.document.data.zou.id // empty) | sort) == []' got
}

@test "made again, by a full reading, SQLite" { each_write sqlite by_full --max-delete 100%; }
@test "made again, by a full reading, MongoDB" { each_write mongo by_full --max-delete 100%; }
@test "made again, by events, SQLite" { each_write sqlite by_events; }
@test "made again, by events, MongoDB" { each_write mongo by_events; }

# More would be deleted than is allowed: that waits, and the rest goes on.
guarded() {
    each_write "$1" "$2" --max-delete 0
    [[ $(jq -r 'select(.document.name | IN("hero", "villain")).document.type' got) == $'asset\nasset' ]]
    in_store "${base}_work" op-diff -q --max-delete 100% <reading | in_store "${base}_work" op-apply >/dev/null || (($? == 1))
    [[ $(in_store "${base}_work" op-dump --bare -P "$name" | jq -r 'select(.name | IN("hero", "villain")).type') == archived_asset ]]
}

@test "while too much would be deleted, by a full reading, SQLite" { guarded sqlite by_full; }
@test "while too much would be deleted, by a full reading, MongoDB" { guarded mongo by_full; }
@test "while too much would be deleted, by events, SQLite" { guarded sqlite by_events; }
@test "while too much would be deleted, by events, MongoDB" { guarded mongo by_events; }
