#!/usr/bin/env bats
# zou-push killed with -9 around its requests that write, then run to its end: both
# sides are as if it had not been. After a request Kitsu has done what no record tells;
# before the next one a record does. The second is the rule of every push that goes on,
# hence fewer of those. EVERY=1: around each request, reading ones too.
# Takes about 350 s.
# shellcheck disable=SC2154,SC2034 # push.bash's

bats_require_minimum_version 1.5.0

load ../lib/common
load ../lib/zou
load ../lib/store
load ../lib/push

setup_file() { push_setup_file --no-mongo; }
teardown_file() { push_teardown_file; }
setup() { push_setup_killed; }

@test "killed after every third writing request" {
    least=4
    case_killed after small tvshow $((1 + RANDOM % 3)) 3
}

@test "killed before every fourth writing request" {
    least=3
    case_killed before small tvshow $((1 + RANDOM % 4)) 4
}

@test "killed after every third writing request, a film" {
    least=2
    case_killed after film short 2 3
}

@test "killed twice, and again, it gets to the end" {
    made small tvshow
    for at in 12 11 10 9 8 9 10 11 12; do
        relay_does "{\"kill\": {\"at\": $at, \"pid\": \"$pid_file\", \"when\": \"after\"}}"
        op-dump -P "$name" >"$dump"
        zou_push <"$dump" 2>"$err" >"$records" || true
        apply_records
    done
    relay_does
    push
    as_expected small
    again 1
}

@test "killed before its changes were applied, none of them" {
    made small tvshow
    op-dump -P "$name" >"$dump"
    zou_push <"$dump" 2>"$err" >"$records" || true
    # The changes are lost: the next push links what it finds.
    relay_does
    push
    [[ -z $(writes) ]]
    as_expected small
    again 1
}

@test "killed before and after what it writes" {
    local step=${EVERY:-160} deed at killed base=$name count=0
    can_fault
    for deed in kill-before kill-after; do
        killed=137
        for ((at = 1 + RANDOM % step; killed == 137; at += step)); do
            name=${base}_${deed#kill-}_$at
            made small tvshow
            op-dump -P "$name" >"$dump"
            killed=0
            faulty write,sync,file "$deed" "$at" zou-push -s "$RELAY" <"$dump" 2>"$err" >"$records" || killed=$?
            [[ $killed == 137 || $killed == 1 ]]
            apply_records
            push
            echo "$deed $at: $killed"
            as_expected small
            [[ $status == 1 ]] # the tree has a document to skip
            again 1
            ((++count))
        done
    done
    echo "$count times"
    ((count > 3))
}
