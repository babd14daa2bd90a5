#!/usr/bin/env bats
# Kill any program of the pipe at any moment: run again, and the result is the same as if nothing
# had happened. Against a real Kitsu, into both stores.

bats_require_minimum_version 1.5.0
load ../lib/common

setup_file() {
    need_kitsu
    export INTERRUPTED="interrupted_$$"
    "$STUDIO_VENV/bin/python" "$BATS_TEST_DIRNAME/../generators/seed" --name "$INTERRUPTED" --sequences 10 --shots 400 \
        --assets 100 --tasks 900 >/dev/null
}

setup() {
    export XDG_RUNTIME_DIR="$BATS_TEST_TMPDIR" XDG_CONFIG_HOME="$BATS_TEST_TMPDIR"
    export AVALON_DB="interrupted_$BATS_TEST_NUMBER" OPENPYPE_DATABASE_NAME="interrupted_op_$BATS_TEST_NUMBER"
    AVALON_DB+="_$$" OPENPYPE_DATABASE_NAME+="_$$"
    export OPKITSU_LEASE_SECONDS=2 # what a killed op-apply leaves is waited for
    unset OP_STORE OPENPYPE_MONGO
    RANDOM=${SEED:-$$}
    echo "SEED=${SEED:-$$}" # to repeat a failure
    kitsu-fetch -d "sqlite:$BATS_TEST_TMPDIR/none" -P "$INTERRUPTED" >"$BATS_TEST_TMPDIR/kitsu"
    op-diff -d "sqlite:$BATS_TEST_TMPDIR/none" <"$BATS_TEST_TMPDIR/kitsu" |
        op-apply -d "sqlite:$BATS_TEST_TMPDIR/reference" >/dev/null
    op-dump -d "sqlite:$BATS_TEST_TMPDIR/reference" >"$BATS_TEST_TMPDIR/expected"
    [ "$(wc -l <"$BATS_TEST_TMPDIR/expected")" -gt 500 ]
}

# One synchronisation; after $2 seconds, one of its three programs is killed.
interrupted() {
    local store=$1 after=$2 victim pids=()
    mkfifo "$BATS_TEST_TMPDIR/a" "$BATS_TEST_TMPDIR/b"
    kitsu-fetch -q -d "$store" -P "$INTERRUPTED" >"$BATS_TEST_TMPDIR/a" 2>/dev/null 3>&- &
    pids+=($!)
    op-diff -q -d "$store" <"$BATS_TEST_TMPDIR/a" >"$BATS_TEST_TMPDIR/b" 2>/dev/null 3>&- &
    pids+=($!)
    op-apply -q -d "$store" <"$BATS_TEST_TMPDIR/b" >/dev/null 2>&1 3>&- &
    pids+=($!)
    victim=$((RANDOM % 3))
    sleep "$after"
    kill -9 "${pids[victim]}" 2>/dev/null || true
    wait "${pids[@]}" 2>/dev/null || true
    rm -f "$BATS_TEST_TMPDIR/a" "$BATS_TEST_TMPDIR/b"
}

check_store() {
    local store=$1 i
    for i in $(seq "${ROUNDS:-12}"); do
        interrupted "$store" "0.$(printf %03d $((RANDOM % 500)))"
    done
    kitsu-fetch -d "$store" -P "$INTERRUPTED" | op-diff -d "$store" | op-apply -d "$store" >/dev/null
    op-dump -d "$store" >"$BATS_TEST_TMPDIR/got"
    sed "s/\"db\":\"[a-z_0-9]*\"/\"db\":\"$AVALON_DB\"/" "$BATS_TEST_TMPDIR/expected" |
        cmp - "$BATS_TEST_TMPDIR/got"
    run -0 --separate-stderr op-diff -d "$store" --exit-code <"$BATS_TEST_TMPDIR/kitsu"
    [[ $output != *'"Change"'* ]]
}

@test "killed at random moments, SQLite" {
    check_store "sqlite:$BATS_TEST_TMPDIR/store"
}

@test "killed at random moments, MongoDB" {
    need_mongo
    check_store "$STUDIO_MONGO"
}
