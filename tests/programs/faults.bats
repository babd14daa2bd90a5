#!/usr/bin/env bats
# Memory that runs out, at each allocation of each program; files and connections that fail, are
# short or interrupted, at each call: nothing is lost, and the status tells (lib/faults, which
# says what must hold each time, and lib/faults.c). EVERY=1: at each call of all; by
# itself at every nth of those that make many, from a random one on.
# Takes about 40 s.
# shellcheck disable=SC2030,SC2031 # every test is a subshell

bats_require_minimum_version 1.5.0

setup() {
    load ../lib/common
    load ../lib/store
    load ../lib/mock
    mock_home <<<'{"opkitsu": {"edits": true, "names": "convert"}}'
    mkdir -m 700 -p before/runtime
    # What a program keeps is in the folder that is compared.
    export XDG_RUNTIME_DIR=$PWD/work/runtime OPKITSU_LEASE_SECONDS=0.3 OPKITSU_RETRY_SECONDS=0.01
    memory=()
    [[ $OPKITSU_BUILD != */san ]] || skip "cannot: the sanitizers' allocator is their own"
}

teardown() { mock_stop; }

# faults ARGUMENT...: lib/faults
faults() { "$BATS_TEST_DIRNAME/../lib/faults" "$@"; }

# store: that of mock-zou's production is in "before", where the programs of a test find it
store() {
    mock_start '{}'
    OP_STORE=sqlite:$PWD/before/op.db
    XDG_RUNTIME_DIR=$PWD kitsu-fetch >reading
    op-diff <reading | op-apply >/dev/null
    OP_STORE=sqlite:$PWD/work/op.db
}

# edited: a reading after a shot was renamed, one was cancelled, and one was deleted
edited() {
    jq -c 'if .name == "Shot 0" then .name = "Shot 10" elif .name == "Shot 1" then .canceled = true else . end |
        if .type == "End" then .counts.Shot -= 1 else . end | select(.name != "Shot 2")' reading
}

@test "memory: op-diff" {
    store
    edited >in1
    faults op-diff -a /dev/null <reading
    faults op-diff <in1
    op-dump -d "sqlite:$PWD/before/op.db" >dump
    faults op-diff -a dump <in1
}

@test "memory: op-apply" {
    store
    edited | op-diff -d "sqlite:$PWD/before/op.db" --max-delete 100% >plan
    faults --normal '"seconds":[0-9.]+' op-apply <plan
    faults --normal '"seconds":[0-9.]+' op-apply -n <plan
}

@test "memory: op-apply makes a store" {
    store
    op-diff -a /dev/null <reading >plan
    rm -rf before
    faults --normal '"seconds":[0-9.]+' op-apply <plan
}

@test "memory: what reads a store" {
    store
    faults op-dump </dev/null
    faults op-dump --bare </dev/null
    faults op-link -D Shot_0 demo a9ab1e60-1111-4111-8111-000000000000 </dev/null
    faults --normal '^[^:]*' op-lease </dev/null
    faults sync-status </dev/null
}
