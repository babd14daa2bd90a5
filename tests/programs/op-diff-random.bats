#!/usr/bin/env bats
# op-diff with op-apply, on productions made up at random and worked on at
# random (random-production): each plan must make the store what the mapping
# says, told a second time in naive-mapping, and leave nothing for a second one.
# SEEDS="FIRST LAST" in the environment: other productions; a failure names its
# own.
# Takes about 200 s.

bats_require_minimum_version 1.5.0

setup() {
    load ../lib/common
    load ../lib/random
    random_setup
}

# step STEPS: the production as it is then, into the store.
step() {
    step=$1
    "$BATS_TEST_DIRNAME/../generators/random-production" "$seed" "$step" >kitsu
    if ((step)); then
        op-dump -d "$store" >before
        "$BATS_TEST_DIRNAME/../generators/random-production" --studio "$seed" "$step" <before >studio
        op-apply -d "$store" <studio >/dev/null 2>&1 || true # conflicts: what it wanted to change is gone
    fi
    op-dump -d "$store" >before
    allow 1 op-diff -d "$store" --max-delete 100% <kitsu >plan 2>stderr
    grep -q '"type":"End"' plan || fails "no plan" stderr
    op-diff -a before --max-delete 100% <kitsu >plan.of.dump 2>/dev/null || true
    cmp plan plan.of.dump || fails "another plan against the dump"
    allow 1 op-apply -d "$store" <plan >results 2>stderr
    ! grep -E '"status":"(conflict|failed)"' results || fails "not applied" stderr
    op-dump -d "$store" >after
    if ! grep -q '"project_status_name":"Closed"' kitsu; then
        "$BATS_TEST_DIRNAME/../oracles/naive-mapping" kitsu before plan after "${all[@]}" "${convert[@]}" >faults || fails "the documents" faults
    fi
    "$BATS_TEST_DIRNAME/../oracles/openpype-schemas" before after >faults || fails "OpenPype's schemas" faults
    op-diff -d "$store" --max-delete 100% <kitsu 2>/dev/null | grep '"type":"Change"' >again || true
    [[ ! -s again ]] || fails "a second plan changes something" again
    allow 1 op-apply -d "$store" <plan >results 2>stderr
    ! grep '"status":"applied"' results || fails "applied twice, it changes something" results
}

# productions FIRST LAST: odd ones with edits and concepts, two of each four with names
# converted. A quick run has one
# of each ten.
productions() {
    for ((seed = $1; seed <= $2; seed += ${QUICK:+9} + 1)); do
        all=() convert=() names=skip edits=false
        ((!(seed % 2))) || all=(--all) edits=true
        ((seed % 4 < 2)) || convert=(--convert) names=convert
        mkdir -p config/opkitsu
        echo '{"opkitsu":{"edits":'$edits',"concepts":'$edits',"names":"'$names'"}}' >config/opkitsu/settings.json
        store=sqlite:$PWD/$seed.db
        for i in {0..5}; do
            step "$i"
        done
        rm -f "$seed".db*
    done
}

@test "random productions 1 to 10" { productions 1 10; }
# bats test_tags=slow
@test "random productions 11 to 20" { productions 11 20; }
# bats test_tags=slow
@test "random productions 21 to 30" { productions 21 30; }
# bats test_tags=slow
@test "random productions 31 to 40" { productions 31 40; }
# bats test_tags=slow
@test "random productions 41 to 50" { productions 41 50; }

@test "random productions \$SEEDS" {
    [[ ${SEEDS-} ]] || skip "no SEEDS given"
    # shellcheck disable=SC2086 # two words
    productions $SEEDS
}
