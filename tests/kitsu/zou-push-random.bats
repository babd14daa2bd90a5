#!/usr/bin/env bats
# zou-push on trees of documents made up at random (op-project random:SEED): whatever
# somebody did in OpenPype, a second push writes nothing, names don't grow, and each
# document is linked or Skipped with a reason. SEEDS="FIRST LAST": other trees.
# Of the seeds 1 to 24 those below have all kinds of what occurs in them: entities at each
# depth, what has no kind or a bad name, roots, entries of tasks, odd names, archived
# documents and published ones, shows and films. EVERY=1: all 24.
# Takes about 210 s.
# shellcheck disable=SC2154 # push.bash's

bats_require_minimum_version 1.5.0

load ../lib/common
load ../lib/zou
load ../lib/store
load ../lib/push

setup_file() { push_setup_file --no-mongo; }
teardown_file() { push_teardown_file; }
setup() { push_setup; }

fails() {
    echo "seed $seed: $1"
    [[ ! -s ${2-} ]] || head -c 3000 "$2"
    return 1
}

# naive: what a second telling says of the plan
naive() {
    local -a types
    op-dump --bare -P "$name" >documents
    mapfile -t types < <(zou_get /data/asset-types | jq -r '.[].name')
    "$BATS_TEST_DIRNAME/../oracles/naive-push" documents "$first" "${types[@]}" >naive
    # What the plan makes of each, by name; what it skips it has no kind for.
    jq -r --slurpfile documents <(jq -c 'select(.type == "asset")' documents) '
        ($documents | map({key: ._id."$oid", value: .name}) | from_entries) as $name
        | select(.type == "Result" and (.operationType | IN("insert", "link")) and .documentKey and .entity.type != "Task" and .entity.type != "Project")
        | "\($name[.documentKey._id."$oid"] | @uri) => \(.entity.type)\(if .entity.type == "Asset" then " \(.below[0])/" else "" end)"' plan |
        LC_ALL=C sort >planned
    jq -r 'select(.type == "Skipped" and .code != "task" and .code != "frames") | "\(.entity.name | @uri) => \(.code)"' plan |
        LC_ALL=C sort >unplanned
    # Each is in the one list or the other.
    diff <(cut -d ' ' -f 1 naive | LC_ALL=C sort) \
        <({ cut -d ' ' -f 1 planned unplanned && grep -E ' => (-|folder)$' naive | cut -d ' ' -f 1; } | LC_ALL=C sort -u) >faults ||
        fails "neither planned nor skipped" faults
    # Those that are planned are what the second telling says.
    LC_ALL=C comm -23 planned <(LC_ALL=C sort naive) >faults
    [[ ! -s faults ]] || fails "another kind" faults
    # Those that are skipped have a reason that it knows, or one of their neighbours'.
    while read -r who _ code; do
        told=$(awk -v who="$who" '$1 == who { print; exit }' naive)
        case $code in
            kind) [[ $told == *" => kind"* ]] ;;
            name) [[ $told == *"badly named"* ]] ;;
            parent | duplicate | conflict) [[ $told != *" => -" ]] ;;
            *) false ;;
        esac || fails "$who is skipped for $code, but $told"
    done <unplanned
}

# trees SEED...
trees() {
    for seed; do
        name=random${seed}_$RANDOM
        use_sqlite
        OP_STORE=sqlite:$PWD/$seed.db
        made "random:$seed" "$( ((seed % 2)) && echo tvshow || echo short)"
        push -n
        ((status <= 1)) || fails "status $status" "$err"
        cp "$records" plan
        naive
        push
        ((status <= 1)) || fails "status $status" "$err"
        records Result 'select(.status == "failed") | tojson' >faults
        [[ ! -s faults ]] || fails "failed" faults
        kitsu_has >kitsu.first
        documents_have >documents.first
        ! grep -e WRONG -e GONE -e 'keep?' documents.first || fails "wrong links"
        uniq -d kitsu.first >faults
        [[ ! -s faults ]] || fails "twice in Kitsu" faults
        # Every document is linked or skipped.
        diff <(grep ' => -$' documents.first | cut -d ' ' -f 1 | sort) \
            <({ records Skipped 'select(.code != "task" and .code != "frames") | .entity.name | @uri' && grep -E ' => (-|folder)$' naive | cut -d ' ' -f 1 &&
                op-dump --bare -P "$name" | jq -r 'select(.type == "archived_asset").name | @uri'; } | sort -u) >faults ||
            fails "neither linked nor skipped" faults
        expect=$status
        again "$expect" || fails "a second push does something"
        kitsu_has | diff kitsu.first - >faults || fails "a second push changes Kitsu" faults
        synced || fails "sync"
        documents_have >documents.second
        # Names and links stay (a sync brings documents for what Kitsu had alone).
        LC_ALL=C comm -23 <(cut -d ' ' -f 1-4 documents.first | grep -v ' => -') <(cut -d ' ' -f 1-4 documents.second) >faults
        [[ ! -s faults ]] || fails "a sync changes names or links" faults
        # What was skipped may have got another parent by the sync, and be good now:
        # pushed then, it may move once more.
        for ((round = 0, quiet = 0; round < 4 && !quiet; round++)); do
            relay_does
            push
            writes >faults
            [[ -s faults ]] || quiet=1
            ((quiet || expect == 1)) || fails "a push after a sync writes" faults
            ((quiet)) || synced || fails "sync"
        done
        ((quiet)) || fails "pushes and syncs without end" faults
        synced || fails "sync"
        jq -c 'select(.type == "Change")' "$synced" >faults
        [[ ! -s faults ]] || fails "a second sync changes" faults
        rm -f "$seed".db*
    done
}

@test "random trees 1 to 8" { trees 1 2 4 5 6 ${EVERY:+3 7 8}; }
@test "random trees 9 to 16" { trees 9 13 ${EVERY:+10 11 12 14 15 16}; }
@test "random trees 17 to 24" { trees 18 ${EVERY:+17 19 20 21 22 23 24}; }

@test "random trees \$SEEDS" {
    [[ ${SEEDS-} ]] || skip "no SEEDS given"
    # shellcheck disable=SC2046,SC2086 # words
    trees $(seq $SEEDS)
}
