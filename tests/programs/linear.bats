#!/usr/bin/env bats
# Twice as much of something takes twice the work, not four times as much: instructions are
# counted, and less than 2.6 times as many. See generators/many.
# Takes about 60 s.
# shellcheck disable=SC2154 # bats' run

bats_require_minimum_version 1.5.0

setup() {
    load ../lib/common
    load ../lib/mock
    [[ ! ${SAN:-} ]] || skip "cannot: AddressSanitizer does its work"
    mock_home <<<'{}'
}

teardown() { mock_stop; }

# count INPUT PROGRAM [ARGUMENT]...: its instructions
count() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null --log-file=counted \
        "$OPKITSU_BUILD/bin/$2" "${@:3}" <"$1" >out 2>err || [[ $? -le 1 ]]
    sed -n 's/.*Collected : //p' counted
}

# linear FAMILY N INPUT PROGRAM [ARGUMENT]...
linear() {
    local once twice start
    start=$(count /dev/null "$4" --version)
    "$BATS_TEST_DIRNAME/../generators/many" "$1" "$2"
    prepare
    once=$(($(count "${@:3}") - start))
    "$BATS_TEST_DIRNAME/../generators/many" "$1" $((2 * $2))
    prepare
    twice=$(($(count "${@:3}") - start))
    echo "$1: ${*:4}: $once, $twice"
    ((twice * 10 < once * 26))
}

# What is to be done before a count.
prepare() { :; }

# bats test_tags=slow
@test "task types, tasks, names: what is planned against nothing" {
    local family
    for family in types tasks_of_types names; do
        linear "$family" 500 records op-diff -a /dev/null
    done
}

# bats test_tags=slow
@test "task types, tasks, skipped records: what is planned against a dump" {
    local family
    for family in types_gone tasks_gone skipped; do
        linear "$family" 500 records op-diff -a dump
    done
}

# bats test_tags=slow
@test "fields of one document" {
    prepare() {
        rm -f op.db*
        op-apply <insert >out
    }
    linear fields 800 plan op-apply
}

# bats test_tags=slow
@test "statuses and instances of a publish, results" {
    linear statuses 250 publish note-rule
    linear results 800 results push-report
}
