# For the tests that make calls of programs fail (faults, faults.c). A Kitsu of mock-zou's, and a
# store, in the folders that faults compares.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # mock.bash's, and for the tests

faults_setup() {
    can_fault
    mock_home <<<'{"opkitsu": {"edits": true, "names": "convert"}}'
    mkdir -p before/runtime
    chmod 700 before/runtime
    # A log-in need not be remembered, but nothing else may lie beside it.
    session=(--optional '/opkitsu/[0-9a-f]*$')
    ages=(--normal '[0-9]+ s(econds?)? ago|just now|[0-9]{4}-[0-9T:. -]*')
    # What a program keeps is in the folder that is compared.
    export XDG_RUNTIME_DIR=$PWD/work/runtime OPKITSU_LEASE_SECONDS=0.3 OPKITSU_RETRY_SECONDS=0.01
}

# faults ARGUMENT...: lib/faults, at $most calls or 40
faults() {
    local python=python3
    [[ $OP_STORE != mongodb* ]] || python=$STUDIO_VENV/bin/python
    "$python" "$BATS_TEST_DIRNAME/../lib/faults" --most "${most:-40}" "$@"
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
    # It takes longer, above all if it does not answer.
    most=10
    OP_STORE+='/?serverSelectionTimeoutMS=300'
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

publish='{"type":"Publish","id":"p1","project":"demo","task":{"id":"t1","task_status_id":"s1","task_status":{"short_name":"wip"}},
"task_statuses":[{"id":"s1","short_name":"wip"},{"id":"s2","short_name":"wfa"}],"instances":[{"family":"render","families":["review"],
"publish":true,"comment":"Ready","version":3,"name":"renderMain"}]}'

# each_call FAILS ARGUMENT...: its calls of the system fail with an errno, when it may end with one
# of FAILS, or are short or interrupted, when it has to do as ever. Three of these at random;
# EVERY=1: all.
each_call() {
    local calls deed may failed=0
    # On Linux only a handler without SA_RESTART makes stdio meet EINTR, and then it is meant so.
    local all="read EIO $1
write ENOSPC $1
write EDQUOT+ $1
sync EIO $1
file EIO $1
file EMFILE $1,71
read EINTR
write EINTR 74
read,write short"
    shift
    cat >input
    while read -r calls deed may; do
        faults --calls "$calls" --deed "$deed" --fails "$may" "$@" <input || failed=1
    done < <(shuf -n "$([[ ${EVERY-} ]] && echo 9 || echo 3)" <<<"$all")
    return "$failed"
}

# killed ARGUMENT...: before and after each of its calls that write; then it is run again
killed() {
    local failed=0 most=$((${most:-10} * 3))
    cat >input
    faults --calls write,sync,file --deed kill-before "$@" <input || failed=1
    faults --calls write,sync,file --deed kill-after "$@" <input || failed=1
    return "$failed"
}
