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
    # A log-in need not be remembered, but nothing else may lie beside it.
    session=(--optional '/opkitsu/[0-9a-f]*$')
    ages=(--normal '[0-9]+ s(econds?)? ago|just now|[0-9]{4}-[0-9T:. -]*')
    export XDG_RUNTIME_DIR=$PWD/work/runtime OPKITSU_LEASE_SECONDS=0.3 OPKITSU_RETRY_SECONDS=0.01
    [[ $OPKITSU_BUILD != */san ]] || skip "cannot: the sanitizers' allocator is their own"
}

teardown() { mock_stop; }

# faults ARGUMENT...: lib/faults
faults() {
    local python=python3
    [[ $OP_STORE != mongodb* ]] || python=$STUDIO_VENV/bin/python
    "$python" "$BATS_TEST_DIRNAME/../lib/faults" "$@"
}

# store: that of mock-zou's production is in "before", where the programs of a test find it
store() {
    mock_start '{}'
    OP_STORE=sqlite:$PWD/before/op.db
    XDG_RUNTIME_DIR=$PWD kitsu-fetch >reading
    op-diff <reading | op-apply >/dev/null
    OP_STORE=sqlite:$PWD/work/op.db
}

# mongo_store: the same in databases of this test's own
mongo_store() {
    store
    use_mongo
    op-diff <reading | op-apply >/dev/null
    rm before/op.db
}

# with_task: the server knows one task of Shot_0, $task, and takes a comment on it
task=00000007-0000-4000-8000-000000000000
with_task() {
    mock_start "$(jq -nc --arg t "$task" '{("GET /data/tasks/" + $t): [{json: {id: $t, type: "Task", name: "Task 0",
        project_id: "11111111-1111-4111-8111-111111111111", entity_id: "00000003-0000-4000-8000-000000000000",
        task_type_id: "0000000a-0000-4000-8000-000000000000", task_status_id: "0000000b-0000-4000-8000-000000000001"}}],
        ("GET /data/tasks/" + $t + "/comments"): [{json: []}],
        ("POST /actions/tasks/" + $t + "/comment"): [{json: {id: "0000000f-0000-4000-8000-000000000001", text: "done"}}]}')"
    export KITSU_TOKEN=secret
    echo '{"type":"Comment","publish_id":"p1","instance":0,"task_id":"'$task'","text":"done"}' >comment
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

publish='{"type":"Publish","id":"p1","project":"demo","task":{"id":"t1","task_status_id":"s1","task_status":{"short_name":"wip"}},
"task_statuses":[{"id":"s1","short_name":"wip"},{"id":"s2","short_name":"wfa"}],"instances":[{"family":"render","families":["review"],
"publish":true,"comment":"Ready","version":3,"name":"renderMain"}]}'

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

# each_call FAILS ARGUMENT...: its calls of the system fail with an errno, when it may end with one
# of FAILS, or are short or interrupted, when it has to do as ever
each_call() {
    local fails=$1 failed=0
    shift
    cat >input
    faults --calls read --deed EIO --fails "$fails" "$@" <input || failed=1
    faults --calls write --deed ENOSPC --fails "$fails" "$@" <input || failed=1
    faults --calls sync --deed EIO --fails "$fails" "$@" <input || failed=1
    faults --calls file --deed EMFILE --fails "$fails,71" "$@" <input || failed=1
    faults --calls read --deed EINTR --fails '' "$@" <input || failed=1
    faults --calls read,write --deed short --fails '' "$@" <input || failed=1
    if [[ ${EVERY-} ]]; then
        faults --calls write --deed EDQUOT+ --fails "$fails" "$@" <input || failed=1
        faults --calls file --deed EIO --fails "$fails" "$@" <input || failed=1
        # On Linux only a handler without SA_RESTART makes stdio meet that, and then it is meant so.
        faults --calls write --deed EINTR --fails 74 "$@" <input || failed=1
    fi
    return "$failed"
}

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

@test "memory and calls: zou-push, a comment" {
    store
    with_task
    local times=(--normal ',?"(tidied_at|time|posted|expires|at|owner|claimed_by)":[^,}]*')
    faults "${times[@]}" zou-push <comment
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

# killed ARGUMENT...: before and after each of its calls that write; then it is run again
killed() {
    local failed=0
    cat >input
    faults --calls write,sync,file --deed kill-before "$@" <input || failed=1
    faults --calls write,sync,file --deed kill-after "$@" <input || failed=1
    return "$failed"
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

@test "mongodb: memory: op-diff, op-apply, op-dump, op-lease" {
    mongo_store
    edited >in1
    op-diff --max-delete 100% <in1 >plan
    faults op-dump </dev/null
    faults op-diff --max-delete 100% <in1
    faults --normal '"seconds":[0-9.]+' op-apply <plan
    faults --normal '^[^:]*' op-lease </dev/null
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
