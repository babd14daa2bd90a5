#!/usr/bin/env bats
# Logins that see only a part of a production: what they do not see stays, and nobody is told that
# all is well.

bats_require_minimum_version 1.5.0
load ../lib/common
load ../lib/zou

setup_file() {
    need_kitsu
    load ../lib/zou
    zou_login
    export NAME="partial_$$" ZOU_TOKEN
    PROJECT=$(zou_project "$NAME" short)
    local type sequence shot other task_type role person
    type=$(zou_asset_type "Props_$$")
    zou_asset "$PROJECT" "$type" Lamp '{"colour": "red"}' >/dev/null
    sequence=$(zou_sequence "$PROJECT" SQ01)
    shot=$(zou_shot "$PROJECT" "$sequence" SH010 '{"lens": "35mm"}')
    other=$(zou_shot "$PROJECT" "$sequence" SH020 '{"lens": "50mm"}')
    task_type=$(zou_task_type Animation)
    mapfile -t tasks < <(zou_tasks "$PROJECT" "$task_type" shots "$shot" "$other")
    for role in vendor client manager; do
        person=$(zou_person "$NAME.$role@example.com" "$role" mysecretpassword)
        [ "$role" = manager ] || zou_team_add "$PROJECT" "$person" >/dev/null
        [ "$role" != vendor ] || zou_assign "$person" "${tasks[0]}" >/dev/null
    done
    export PROJECT
}

setup() {
    export XDG_RUNTIME_DIR="$BATS_TEST_TMPDIR" XDG_CONFIG_HOME="$BATS_TEST_TMPDIR"
    export OP_STORE="sqlite:$BATS_TEST_TMPDIR/op.db"
    export LC_ALL=C.UTF-8
    unset OPENPYPE_MONGO
    kitsu-fetch -P "$NAME" | op-diff | op-apply >/dev/null
    op-dump -P "$NAME" --bare | jq -S 'del(.data.zou.updated_at)' >"$BATS_TEST_TMPDIR/before"
    [ "$(jq -r .name "$BATS_TEST_TMPDIR/before" | sort | tr '\n' ' ')" = \
        "Assets Lamp Props_${NAME#partial_} SQ01 SQ01_SH010 SQ01_SH020 Shots $NAME " ]
}

# partial_sync ROLE [ARGUMENT]...: its status in `codes`, the plan in the file `plan`.
partial_sync() {
    export KITSU_LOGIN="$NAME.$1@example.com" KITSU_PWD=mysecretpassword
    shift
    set +e
    kitsu-fetch "$@" 2>"$BATS_TEST_TMPDIR/fetch.err" | op-diff 2>"$BATS_TEST_TMPDIR/diff.err" |
        tee "$BATS_TEST_TMPDIR/plan" | op-apply >"$BATS_TEST_TMPDIR/results" 2>&1
    codes="${PIPESTATUS[*]}"
    set -e
}

nothing_lost() {
    run -1 grep -E '"operationType":"(delete|drop)"|archived_asset|"removedFields":\["' "$BATS_TEST_TMPDIR/plan"
    op-dump -P "$NAME" --bare | jq -S 'del(.data.zou.updated_at)' >"$BATS_TEST_TMPDIR/after"
    diff "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after"
}

@test "a vendor, who sees one shot of two" {
    partial_sync vendor -P "$NAME"
    echo "$codes"
    [[ $codes == "1 1 "* ]]
    grep -q 'sees only a part' "$BATS_TEST_TMPDIR/fetch.err"
    nothing_lost
}

@test "a client" {
    partial_sync client
    [[ $codes == "1 1 "* ]]
    nothing_lost
}

@test "a manager outside the team" {
    partial_sync manager
    echo "$codes"
    [[ $codes == "1 "* ]]
    grep -q "$NAME" "$BATS_TEST_TMPDIR/fetch.err"
    nothing_lost
    partial_sync manager -P "$NAME"
    [[ $codes == "1 "* ]]
    nothing_lost
}
