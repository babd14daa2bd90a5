#!/usr/bin/env bats
# What a program that is at work has in its memory of the secrets that it was given: the password
# once, where it is kept for the next log-in; neither in the environment that it got it from, nor
# in the request that sent it, nor in what read its file or its command.
# Takes about 5 s.
# shellcheck disable=SC2030,SC2031,SC2154 # every test is a subshell; mock.bash

bats_require_minimum_version 1.5.0

setup() {
    load ../lib/common
    load ../lib/mock
    mock_production
    rm -rf runtime/opkitsu
    mkfifo in
    secret=Sesame-$RANDOM$RANDOM
    mock_start "{\"password\": \"$secret\"}"
    [[ -w /proc/1/mem ]] || skip "cannot look into memory"
    [[ ${OPKITSU_BUILD-} != */san ]] || skip "cannot: the sanitizers keep what is freed"
    unset KITSU_PWD
}

teardown() { mock_stop; }

# copies OPTION...: of kitsu-fetch's; in $copies, once it has answered a batch of events
copies() {
    rm -f out
    kitsu-fetch --events "$@" <in >out 2>err 3>&- &
    local pid=$!
    exec 9>in
    jq -nc --arg p "$project" --arg shot "$shot" '
        {type: "Event", id: "x", created_at: "2026-11-24T00:00:00", name: "shot:update", project_id: $p, data: {shot_id: $shot}},
        {type: "Checkpoint", server: "x", projects: null, created_at: "2026-11-24T00:00:00", ids: [], events: 1}' >&9
    for _ in {1..200}; do
        ! grep -q Checkpoint out || break
        sleep 0.05
    done
    cat err
    copies=$("$BATS_TEST_DIRNAME/../lib/memory-has" "$pid" "$secret")
    exec 9>&-
    wait "$pid" || true
    grep -q Checkpoint out
    grep -q '/auth/login 200' requests
    echo "$copies"
}

@test "a password: once, however it was given" {
    KITSU_PWD=$secret copies
    [[ $copies == 1 ]]
    rm -rf runtime/opkitsu requests
    echo "$secret" >file
    copies --password-file file
    [[ $copies == 1 ]]
    rm -rf runtime/opkitsu requests
    copies --password-command "cat file"
    [[ $copies == 1 ]]
}
