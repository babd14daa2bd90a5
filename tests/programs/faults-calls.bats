#!/usr/bin/env bats
# Reads, writes, syncs and opens that fail, are short or interrupted, and programs that are killed
# before and after each call that writes: the status tells what failed, and another run gives what
# an undisturbed one does (lib/faults). At some calls, from a random one on; EVERY=1: at each.
# Takes about 50 s.
# shellcheck disable=SC2030,SC2031,SC2034,SC2154 # every test is a subshell; lib/faults.bash

bats_require_minimum_version 1.5.0
# bats file_tags=slow

load ../lib/common
load ../lib/store
load ../lib/mock
load ../lib/faults

setup() {
    faults_setup
    most=10
}

teardown() { mock_stop; }

@test "calls: op-diff" {
    store
    edited >in1
    each_call 74 op-diff --max-delete 100% <in1
}

@test "calls: op-apply" {
    store
    edited | op-diff -d "sqlite:$PWD/before/op.db" --max-delete 100% >plan
    each_call 74 --normal '"seconds":[0-9.]+' op-apply <plan
}

@test "calls: what reads a store" {
    store
    each_call 74 op-dump </dev/null
    each_call 74 op-link -D Shot_0 demo a9ab1e60-1111-4111-8111-000000000000 </dev/null
    each_call 74 --normal '^[^:]*' op-lease </dev/null
    each_call 74 "${ages[@]}" sync-status </dev/null
}

@test "calls: note-rule and the reports" {
    store
    jq -c . <<<"$publish" >in1
    each_call 74 note-rule --explain <in1
    edited | op-diff -d "sqlite:$PWD/before/op.db" --max-delete 100% >plan
    each_call 74 sync-report <plan
}

@test "calls: kitsu-fetch" {
    store
    each_call 74,69,75 "${session[@]}" kitsu-fetch </dev/null
}

@test "a password that is read by half is none" {
    store
    local password
    password=$(printf 'secret%.0s' {1..12})
    echo "$password" >password
    mock_start "{\"password\": \"$password\"}"
    export KITSU_PWD=''
    most=40
    faults --calls read --deed EIO --fails 74,69,75 "${session[@]}" kitsu-fetch --password-file "$PWD/password" </dev/null
}

@test "memory and calls: zou-push, a comment" {
    store
    with_task
    local times=(--normal ',?"(tidied_at|time|posted|expires|at|owner|claimed_by)":[^,}]*')
    # The sanitizers' allocator is their own.
    [[ $OPKITSU_BUILD == */san ]] || faults "${times[@]}" zou-push <comment
    each_call 74,69,75 "${times[@]}" zou-push <comment
}

@test "calls: kitsu-listen, publish-task, zou-push" {
    store
    OP_STORE=sqlite:$PWD/before/op.db op-dump >dump
    export KITSU_TOKEN=secret
    each_call 74,69,75 kitsu-listen --once --since 2026-11-23T05:17:20 </dev/null
    with_task
    each_call 74,69,75 publish-task -P demo -a Shot_0 -t 'TaskType 0' </dev/null
    each_call 74,69,75 --normal '"seconds":[0-9.]+' zou-push -n <dump
}

@test "killed: op-apply, a full reading" {
    store
    edited | op-diff -d "sqlite:$PWD/before/op.db" --max-delete 100% >plan
    killed --normal '"seconds":[0-9.]+' op-apply <plan
}

@test "killed: op-apply makes a store" {
    store
    op-diff -a /dev/null <reading >plan
    rm -rf before
    killed --normal '"seconds":[0-9.]+' op-apply <plan
}

@test "killed: op-lease" {
    store
    killed --normal '^[^:]*' op-lease </dev/null
}

@test "killed: a session's file" {
    store
    killed "${session[@]}" kitsu-fetch </dev/null
}

@test "mongodb: killed: op-apply, a full reading" {
    mongo_store
    edited | op-diff --max-delete 100% >plan
    killed --normal '"seconds":[0-9.]+' op-apply <plan
}

@test "mongodb: calls: op-apply, op-dump" {
    mongo_store
    edited | op-diff --max-delete 100% >plan
    each_call 74,69,75 op-dump </dev/null
    each_call 74,69,75 --normal '"seconds":[0-9.]+' op-apply <plan
}
