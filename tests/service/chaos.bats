#!/usr/bin/env bats
# A minute of work at random in a Kitsu, while everything that takes part is
# killed at random (see chaos): afterwards a full synchronisation finds nothing
# to change. CHAOS_SEED in the environment repeats a failure, which names its
# seed; CHAOS_SECONDS makes it longer or shorter.
# Takes about 150 s.
# shellcheck disable=SC1091 # bats' files

bats_require_minimum_version 1.5.0

setup() {
    load ../lib/common
    load ../lib/store
    cd "$BATS_TEST_TMPDIR" || return
    "$BATS_TEST_DIRNAME/../servers/studio" start "$PWD/kitsu"
    source kitsu/env
    mkdir -m 700 runtime
    mkdir -p config/opkitsu
    export XDG_RUNTIME_DIR=$PWD/runtime XDG_CONFIG_HOME=$PWD/config TMPDIR=$PWD/tmp
    mkdir tmp
    echo '{"opkitsu":{"edits":true,"concepts":true}}' >config/opkitsu/settings.json
    unset OP_STORE OPENPYPE_MONGO KITSU_TOKEN
}

teardown() {
    "$BATS_TEST_DIRNAME/../servers/studio" stop "$BATS_TEST_TMPDIR/kitsu"
}

chaos() {
    local seed=${CHAOS_SEED:-$1$RANDOM} status=0
    setsid -w "$BATS_TEST_DIRNAME/chaos" "$seed" "${CHAOS_SECONDS:-60}" "${@:2}" 3>&- || status=$?
    cat chaos.log
    tail -n 40 service.log
    ((status == 0))
    # Nobody was left behind: no process, no temporary file.
    [[ ! $(ls -A tmp) ]]
}

@test "chaos, SQLite" {
    use_sqlite
    chaos s events zou nginx
}

@test "chaos, MongoDB" {
    use_mongo
    chaos m events zou nginx mongo
}
