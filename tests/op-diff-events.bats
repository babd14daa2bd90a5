#!/usr/bin/env bats
# op-diff on batches of events, with op-apply: productions made up at random
# (random-production) are synchronised once and then followed by events
# (events-of). After each batch the store must be what a full synchronisation
# would make it; the plan, made from the few documents that it needs, must be to
# the byte that which is made from all of them (-a).
# SEEDS="FIRST LAST" in the environment: other productions; a failure names its
# own.

bats_require_minimum_version 1.5.0

setup() {
    load common
    cd "$BATS_TEST_TMPDIR" || return
    unset "${!OP_@}" "${!OPENPYPE_@}" AVALON_DB
    export HOME=$PWD/home XDG_CONFIG_HOME=$PWD/config XDG_DATA_HOME=$PWD/data LC_ALL=C.UTF-8
    export MONGOC_DISABLE_SHM=1 # see op-diff.bats
}

# fails WHAT [FILE]: the state of this step for a second look.
fails() {
    echo "seed $seed, step $step: $1"
    [[ ! -s ${2-} ]] || head -c 3000 "$2"
    return 1
}

allow() {
    local status=0
    "${@:2}" || status=$?
    ((status <= $1)) || fails "status $status: ${*:2}" stderr
}

# What OpenPype's own tools do between two batches, but for changes to documents
# of Kitsu's that no event would tell of.
work_in_openpype() {
    op-dump -d "$store" |
        "$BATS_TEST_DIRNAME/random-production" --studio "$seed" "$step" |
        grep '"operationType":"insert"' | op-apply -d "$store" >/dev/null 2>&1 || true
}

first_step() {
    step=0
    "$BATS_TEST_DIRNAME/random-production" "$seed" 0 >kitsu
    allow 1 op-diff -d "$store" --max-delete 100% <kitsu >plan 2>stderr
    allow 1 op-apply -d "$store" <plan >results 2>stderr
}

step() {
    step=$1
    mv kitsu old
    grep '"type":"Skipped"' plan >skipped || true
    "$BATS_TEST_DIRNAME/random-production" "$seed" "$step" >kitsu
    work_in_openpype
    op-dump -d "$store" >before
    "$BATS_TEST_DIRNAME/events-of" old kitsu before skipped "$seed/$step" >events
    allow 1 op-diff -d "$store" --max-delete 100000 <events >plan 2>stderr
    grep -q '"type":"End"' plan || fails "no plan" stderr
    op-diff -a before --max-delete 100000 <events >plan.of.dump 2>/dev/null || true
    cmp plan plan.of.dump || fails "another plan against all documents" plan
    allow 1 op-apply -d "$store" <plan >results 2>stderr
    ! grep -E '"status":"(conflict|failed)"' results || fails "not applied" stderr
    op-diff -d "$store" --max-delete 100% <kitsu >full 2>/dev/null || true
    ! grep '"type":"Change"' full >again || fails "a full synchronisation finds a change" again
    diff <(grep '"type":"Skipped"' plan | sort) <(grep '"type":"Skipped"' full | sort) >differences ||
        fails "a full synchronisation skips others" differences
}

# productions FIRST LAST: odd ones with edits and concepts.
productions() {
    for ((seed = $1; seed <= $2; seed++)); do
        rm -rf config
        if ((seed % 2)); then
            mkdir -p config/opkitsu
            echo '{"opkitsu":{"edits":true,"concepts":true}}' >config/opkitsu/settings.json
        fi
        store=sqlite:$PWD/$seed.db
        first_step
        for i in {1..6}; do
            step "$i"
        done
        rm -f "$seed".db*
    done
}

@test "random productions 101 to 110" { productions 101 110; }
@test "random productions 111 to 120" { productions 111 120; }
@test "random productions 121 to 130" { productions 121 130; }

@test "random productions \$SEEDS" {
    [[ ${SEEDS-} ]] || skip "no SEEDS given"
    # shellcheck disable=SC2086 # two words
    productions $SEEDS
}
