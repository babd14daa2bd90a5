#!/usr/bin/env bats
# zou-push and many entities: how many requests, how many at once.
# Takes about 260 s.
# shellcheck disable=SC2154 # push.bash's

bats_require_minimum_version 1.5.0

load ../lib/common
load ../lib/zou
load ../lib/store
load ../lib/push

setup_file() { push_setup_file --no-mongo; }
teardown_file() { push_teardown_file; }
setup() { push_setup; }

# at_once: how many requests were under way at once, at most
at_once() { relayed .peak; }

# "more" is more than zou-push sends or reads by id at once: 500 tasks of one type, 900
# tasks. EVERY=1: 2,000 entities with 4,000 tasks.
@test "600 entities with 1,200 tasks: at most 1.1 requests for each, a few at once" {
    local tree=more entities tasks
    [[ ! ${EVERY-} ]] || tree=big
    made "$tree" tvshow
    entities=$(expected kitsu "$tree" | wc -l)
    tasks=$(expected kitsu "$tree" | grep -oE ' (Modeling|Shading|Animation|Compositing|Lighting)' | wc -l)
    ((entities >= 600 && tasks >= 1180))
    began=$SECONDS
    push
    took=$((SECONDS - began))
    requests=$(relayed | wc -l) peak=$(at_once)
    echo "$requests requests in $took s, $peak at once" | tee /dev/fd/3
    relayed | sed -E 's/[0-9a-f-]{36}/ID/g; s/ID.*ID/ID/; s/\?.*//' | sort | uniq -c | sort -rn | head -20
    [[ $status == 0 ]]
    ((requests <= entities * 11 / 10 + 50))
    ((peak <= 4 && peak >= 2))
    as_expected "$tree"
    # E01 was there; types are new.
    [[ $(records Summary '"\(.tasks) \(.failed)"') == "$tasks 0" ]]
    (($(records Summary .created) >= entities - 1 && $(records Summary .created) < entities + 20))
    again
    # What there is to do when nothing is to be done.
    (($(relayed | wc -l) <= 20))
    synced
    again
    synced
    [[ -z $(jq -c 'select(.type == "Change")' "$synced") ]]
    echo "$name $p $tree" >"$BATS_FILE_TMPDIR/pushed"
}

@test "a slow Kitsu is asked for several at a time" {
    made small tvshow
    relay_does '{"delay": 0.2}'
    push
    (($(at_once) >= 2 && $(at_once) <= 4))
    as_expected small
}

@test "tasks: one request for each type and kind" {
    made some tvshow
    push
    as_expected some
    [[ $(relayed | grep -c create-tasks) == 3 ]]
    [[ $(relayed | grep -c 'POST.*/data/tasks') == 0 ]]
}

@test "entities of one parent are made in the order of their names' documents" {
    made small tvshow
    push
    # Parents come first, whatever is under way at once.
    relayed '.requests[] | select(.[0] == "POST") | .[1] | split("/")[-1]' | uniq >order
    for pair in "episodes sequences" "sequences shots"; do
        read -r above below <<<"$pair"
        (($(grep -nx "$above" order | head -n 1 | cut -d : -f 1) < $(grep -nx "$below" order | head -n 1 | cut -d : -f 1)))
    done
}

# op-apply begins a transaction with the 500th link, and zou-push keeps its lease in
# the same file: neither waits for the other.
@test "the pipe: what op-apply has under way keeps no push waiting" {
    local tree=more
    if [[ -e $BATS_FILE_TMPDIR/pushed ]]; then
        # What Kitsu has by the first test gives as many links.
        read -r name p tree <"$BATS_FILE_TMPDIR/pushed"
        in_op "$tree"
    else
        made "$tree" tvshow
    fi
    export OPKITSU_LEASE_SECONDS=2
    op-dump -P "$name" | zou-push -q --wait 3 | tee "$records" | op-apply -q --wait 3 >"$results"
    [[ ${PIPESTATUS[*]} == "0 0 0 0" ]]
    (($(records Change | wc -l) > 500))
    as_expected "$tree"
}

# bats test_tags=long
@test "killed in the midst of many, it goes on where it was" {
    made many tvshow
    relay_does "{\"kill\": {\"at\": 260, \"pid\": \"$pid_file\", \"when\": \"after\"}}"
    op-dump -P "$name" >"$dump"
    status=0
    zou_push <"$dump" >"$records" 2>"$err" || status=$?
    [[ $status == 137 ]]
    # Links are flushed as they arise: with each hundred that is read back.
    (($(records Change | wc -l) > 150))
    apply_records
    relay_does
    push
    [[ $status == 0 ]]
    (($(writes | wc -l) < 330))
    as_expected many
    again
}
