#!/usr/bin/env bats
# Memory that runs out at an allocation of each program: it says so and ends with 71, and
# nothing is lost (lib/faults has what must hold each time). At some allocations, from a random one on;
# EVERY=1: at each, which takes 20 minutes.
# Takes about 20 s.
# shellcheck disable=SC2030,SC2031,SC2034,SC2154 # every test is a subshell; lib/faults.bash

bats_require_minimum_version 1.5.0
# bats file_tags=slow

load ../lib/common
load ../lib/store
load ../lib/mock
load ../lib/faults

setup() {
    [[ ${OPKITSU_BUILD-} != */san ]] || skip "cannot: the sanitizers' allocator is their own"
    faults_setup
}

teardown() { mock_stop; }

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

@test "memory: sync-status" {
    store
    faults "${ages[@]}" sync-status </dev/null
}

@test "memory: what reads a store" {
    store
    faults op-dump </dev/null
    faults op-dump --bare </dev/null
    faults op-link -D Shot_0 demo a9ab1e60-1111-4111-8111-000000000000 </dev/null
    faults --normal '^[^:]*' op-lease </dev/null
}

@test "memory: note-rule and the reports" {
    store
    jq -c . <<<"$publish" >in1
    faults note-rule <in1
    faults note-rule --explain <in1
    edited | op-diff -d "sqlite:$PWD/before/op.db" --max-delete 100% >plan
    faults sync-report <plan
    OP_STORE=sqlite:$PWD/before/op.db op-dump >dump
    zou-push -d "sqlite:$PWD/before/op.db" -n <dump >pushed || (($? == 1))
    faults push-report <pushed
}

@test "memory: kitsu-fetch" {
    store
    # Nearly all of a log-in's are made by 5,000 rounds of a digest.
    EVERY='' faults "${session[@]}" kitsu-fetch </dev/null
    export KITSU_TOKEN=secret
    faults kitsu-fetch </dev/null
    jq -nc '
        {type: "Event", id: "x", created_at: "2026-11-24T00:00:00", name: "shot:update", project_id: "11111111-1111-4111-8111-111111111111",
            data: {shot_id: "00000003-0000-4000-8000-000000000001"}},
        {type: "Checkpoint", server: "x", projects: null, created_at: "2026-11-24T00:00:00", ids: [], events: 1}' >in1
    mock_start "$(jq -c 'select(.name == "Shot 1") | {"GET /data/entities": [{json: [.]}], "GET /data/tasks": [{json: []}]}' reading)"
    faults kitsu-fetch --events <in1
}

@test "memory: kitsu-listen" {
    store
    export KITSU_TOKEN=secret
    faults kitsu-listen --once --since 2026-11-23T05:17:20 </dev/null
}

@test "memory: publish-task" {
    store
    with_task
    faults publish-task -P demo -a Shot_0 -t 'TaskType 0' </dev/null
}

@test "memory: zou-push" {
    store
    export KITSU_TOKEN=secret
    OP_STORE=sqlite:$PWD/before/op.db op-dump >dump
    faults --normal '"seconds":[0-9.]+' zou-push -n <dump
}

@test "mongodb: memory: op-diff, op-apply, op-dump, op-lease" {
    # The system's resolver without memory only says that it found no address.
    local resolver=(--fails '71,69' --says 'memory|allocate|Failed to resolve')
    mongo_store
    edited >in1
    op-diff --max-delete 100% <in1 >plan
    faults "${resolver[@]}" op-dump </dev/null
    faults "${resolver[@]}" op-diff --max-delete 100% <in1
    faults "${resolver[@]}" --normal '"seconds":[0-9.]+' op-apply <plan
    faults "${resolver[@]}" --normal '^[^:]*' op-lease </dev/null
}
