#!/usr/bin/env bats
# Half a minute of work at random in a Kitsu for each store, while everything that takes
# part is killed at random, and clocks jump (see chaos): afterwards a full synchronisation
# finds nothing to change. That is about ten kills each, other ones every time. CHAOS_SEED
# in the environment repeats a failure, which names its seed; CHAOS_SECONDS makes it longer.
# Takes about 120 s.
# shellcheck disable=SC1091 # bats' files

bats_require_minimum_version 1.5.0

# The clocks jump, too: the servers' by $SERVERS_CLOCK, the service's by chaos itself.
setup_file() {
    load ../lib/zou
    export CLOCK=${OPKITSU_BUILD:-$BATS_TEST_DIRNAME/../../build}/tests/lib/clock.so SERVERS_CLOCK=$BATS_FILE_TMPDIR/servers.clock
    printf '%-16d' 0 >"$SERVERS_CLOCK"
    STUDIO_ZOU_ENV="LD_PRELOAD=$CLOCK CLOCK_SHIFT=$SERVERS_CLOCK" LD_PRELOAD=$CLOCK CLOCK_SHIFT=$SERVERS_CLOCK own_kitsu_start
}

teardown_file() {
    load ../lib/zou
    own_kitsu_stop
}

setup() {
    load ../lib/common
    load ../lib/zou
    load ../lib/store
    cd "$BATS_TEST_TMPDIR" || return
    mkdir -m 700 runtime
    mkdir -p config/opkitsu
    export XDG_RUNTIME_DIR=$PWD/runtime XDG_CONFIG_HOME=$PWD/config TMPDIR=$PWD/tmp
    mkdir tmp
    echo '{"opkitsu":{"edits":true,"concepts":true}}' >config/opkitsu/settings.json
    unset OP_STORE OPENPYPE_MONGO KITSU_TOKEN
    # There are few open projects at a time: not those of the other store's.
    local project
    for project in $(zou_get /data/projects/open | jq -r '.[].id'); do
        zou_close_project "$project"
    done
}

chaos() {
    local seed=${CHAOS_SEED:-$1$RANDOM} status=0
    setsid -w "$BATS_TEST_DIRNAME/chaos" "$seed" "${CHAOS_SECONDS:-30}" "${@:2}" 3>&- || status=$?
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
