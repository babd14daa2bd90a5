#!/usr/bin/env bats
# Each filter under valgrind's memcheck, on input that has something of everything. All cases and
# tests in C: VALGRIND=1 tests/run tests/cases tests/unit.
# Takes about 40 s.
# shellcheck disable=SC2154 # bats' run

bats_require_minimum_version 1.5.0

setup() {
    load ../lib/common
    load ../lib/mock
    [[ ! ${SAN:-} ]] || skip "cannot: AddressSanitizer does its work"
    mock_home <<<'{"opkitsu": {"names": "convert"}}'
    "$BATS_TEST_DIRNAME/../lib/valgrind" "$BATS_TEST_TMPDIR/valgrind"
    PATH=$BATS_TEST_TMPDIR/valgrind/bin:$PATH
    cases=$BATS_TEST_DIRNAME/../cases
}

teardown() { mock_stop; }

found_nothing() {
    [[ $(find valgrind/log -type f | wc -l) -ge $1 ]]
    "$BATS_TEST_DIRNAME/../lib/valgrind" --errors valgrind
}

# bats test_tags=slow
@test "an error and a leak are seen" {
    cat >bad.c <<'EOF'
#include <stdlib.h>
int main(int argc, char **argv)
{
    volatile char *p = malloc(8);
    return argc > 1 ? p[9] != argv[1][0] : (p = NULL) != NULL;
}
EOF
    mkdir -p bad/bin bad/share
    "${CC:-cc}" -g -O0 -o bad/bin/bad bad.c
    OPKITSU_BUILD=$PWD/bad "$BATS_TEST_DIRNAME/../lib/valgrind" "$PWD/checked"
    run -99 checked/bin/bad x
    run -99 checked/bin/bad
    run -1 "$BATS_TEST_DIRNAME/../lib/valgrind" --errors checked
    [[ $output == *"Invalid read of size 1"* && $output == *"definitely lost"* ]]
}

# bats test_tags=slow
@test "a sync from Kitsu to the store, and what is read of it" {
    mock_start '{}'
    kitsu-fetch >records
    op-diff <records | op-apply | sync-report
    op-dump >dump
    op-diff -a dump <records >/dev/null
    [[ $(grep -c '"type":"Document"' dump) -gt 10 ]]
    op-dump | zou-push -n | push-report
    kitsu-listen --once >events
    sync-status || [[ $? == 3 ]] # no service
    op-lease </dev/null >lease
    echo 'nothing of ours' | op-link demo a9ab1e60-1111-4111-8111-000000000000 || [[ $? -lt 99 ]]
    found_nothing 12
}

# bats test_tags=slow
@test "a film, and input that nobody would write" {
    op-diff -a /dev/null <"$cases/film_small/kitsu.ndjson" | op-apply | sync-report
    local name
    for name in "$cases"/op-diff/hostile-*/; do
        cat "$name/kitsu.ndjson"
    done >hostile
    op-diff <hostile >plan 2>err || [[ $? == 1 ]]
    [[ -s err ]]
    sed 's/"op/"0p/; s/:/::/' plan | cat plan - | op-apply >results 2>err || [[ $? == 1 ]]
    sync-report <results || [[ $? == 1 ]]
    push-report <results || [[ $? == 1 ]]
    found_nothing 7
}

# bats test_tags=slow
@test "a publish, and the comment that follows" {
    mock_start '{}'
    jq -nc '{type: "Publish", id: "p1", project: "demo",
        task: {id: "t1", task_status_id: "s-wip", task_status: {short_name: "wip"}},
        task_statuses: [{id: "s-wip", short_name: "wip"}, {id: "s-wfa", short_name: "wfa"}],
        instances: [{family: "render", families: ["review"], publish: true, comment: "Ready", version: 3,
            name: "renderMain"}]}' >publish
    note-rule <publish >notes
    [[ -s notes ]]
    zou-push -n <notes >results || [[ $? -lt 99 ]]
    publish-task <publish >found || [[ $? -lt 99 ]]
    found_nothing 3
}
