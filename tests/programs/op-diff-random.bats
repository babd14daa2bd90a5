#!/usr/bin/env bats
# op-diff with op-apply, on productions made up at random and worked on at
# random (random-production): each plan must make the store what the mapping
# says, told a second time in naive-mapping, and leave nothing for a second one.
# SEEDS="FIRST LAST" in the environment: other productions; a failure names its
# own. Those after the 32nd reach no line of lib/diff, model, apply and store that the
# first ones do not (gcov), so a range by default is short.
# Takes about 220 s.

bats_require_minimum_version 1.5.0

setup() {
    load ../lib/common
    load ../lib/random
    random_setup
}

# refused: a plan of which the store refuses some of the new documents, as an index of the
# studio's own would: nothing comes to lie below what is not there, and the next plan does the rest.
refused() {
    op-apply -d "$store" </dev/null # makes the file
    sqlite3 "$seed.db" "CREATE TRIGGER studio BEFORE INSERT ON documents
        WHEN substr(new.id, -5, 1) IN ('0', '1', '2', '3', '4') AND new.type = 'asset' BEGIN SELECT RAISE(ABORT, 'not this one'); END"
    op-diff -d "$store" --max-delete 100% <kitsu >plan 2>/dev/null || true
    allow 1 op-apply -d "$store" <plan >results 2>stderr
    sqlite3 "$seed.db" "DROP TRIGGER studio"
    if has results '"status":"conflict"'; then fails "a conflict" results; fi
    ! has results 'would lie below was refused' || waited=1
    op-dump -d "$store" --bare >before
    jq -se 'map(._id) as $all | all(.[]; .data.visualParent | . == null or IN($all[]))' before >/dev/null ||
        fails "something lies below what is not there"
    op-dump -d "$store" >before
}

# step STEPS: the production as it is then, into the store. What is there before is what
# the last step left, unless something was done in OpenPype meanwhile.
step() {
    step=$1
    python /dev/null kitsu generators/random-production "$seed" "$step"
    if ((step)); then
        mv after before
        work_in_studio
        if [[ -s studio ]]; then
            op-apply -d "$store" <studio >/dev/null 2>&1 || true # conflicts: what it wanted to change is gone
            op-dump -d "$store" >before
        fi
    else
        op-dump -d "$store" >before
    fi
    [[ ! ${refusing-} ]] || refused
    allow 1 op-diff -d "$store" --max-delete 100% <kitsu >plan 2>stderr
    has plan '"type":"End"' || fails "no plan" stderr
    op-diff -a before --max-delete 100% <kitsu >plan.of.dump 2>/dev/null || true
    cmp plan plan.of.dump || fails "another plan against the dump"
    allow 1 op-apply -d "$store" <plan >results 2>stderr
    if has results '"status":"conflict"' || has results '"status":"failed"'; then fails "not applied" stderr; fi
    op-dump -d "$store" >after
    # Of two plans in a row the oracle does not know what the first one started from.
    if [[ ! ${refusing-} ]] && ! has kitsu '"project_status_name":"Closed"'; then
        python /dev/null faults oracles/naive-mapping kitsu before plan after "${all[@]}" "${convert[@]}" || fails "the documents" faults
    fi
    python /dev/null faults oracles/openpype-schemas before after || fails "OpenPype's schemas" faults
    op-diff -d "$store" --max-delete 100% <kitsu >again 2>/dev/null || true
    ! has again '"type":"Change"' || fails "a second plan changes something" again
    allow 1 op-apply -d "$store" <plan >results 2>stderr
    ! has results '"status":"applied"' || fails "applied twice, it changes something" results
}

# productions FIRST LAST [mongo]: odd ones with edits and concepts, two of each four with names
# converted. A quick run has one of each test,
# others have each third; EVERY=1: all.
productions() {
    for seed in $(seeds "$1" "$2"); do
        all=() convert=() names=skip edits=false
        ((!(seed % 2))) || all=(--all) edits=true
        ((seed % 4 < 2)) || convert=(--convert) names=convert
        mkdir -p config/opkitsu
        echo '{"opkitsu":{"edits":'$edits',"concepts":'$edits',"names":"'$names'"}}' >config/opkitsu/settings.json
        new_store "${3-sqlite}"
        for i in {0..5}; do
            step "$i"
        done
        rm -f "$seed".db*
    done
}

@test "random productions 1 to 6" { productions 1 6; }
# bats test_tags=slow
@test "random productions 7 to 12" { productions 7 12; }
# bats test_tags=slow
@test "random productions 13 to 18" { productions 13 18; }
# bats test_tags=slow
@test "random productions 19 to 24" { productions 19 24; }
# bats test_tags=slow
@test "random productions 25 to 30" { productions 25 30; }

@test "random productions 40 to 43, of which the store refuses a part at first" {
    refusing=1 waited=
    productions 40 43
    [[ $waited ]]
}

# bats test_tags=slow
@test "mongodb: random productions 31 to 33" {
    need_mongo
    productions 31 33 mongo
}

# bats test_tags=slow
@test "random productions \$SEEDS" {
    [[ ${SEEDS-} ]] || skip "no SEEDS given"
    # shellcheck disable=SC2086 # two words
    EVERY=1 productions $SEEDS
}
