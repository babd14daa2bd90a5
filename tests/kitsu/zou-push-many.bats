#!/usr/bin/env bats
# zou-push and many entities: how many requests, how many at once.
# Takes about 500 s.
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

@test "2,000 entities with 4,000 tasks: at most 1.1 requests for each, a few at once" {
    made big tvshow
    began=$SECONDS
    push
    took=$((SECONDS - began))
    requests=$(relayed | wc -l) peak=$(at_once)
    echo "$requests requests in $took s, $peak at once" | tee /dev/fd/3
    relayed | sed -E 's/[0-9a-f-]{36}/ID/g; s/ID.*ID/ID/; s/\?.*//' | sort | uniq -c | sort -rn | head -20
    [[ $status == 0 ]]
    ((requests <= 2000 * 11 / 10 + 50))
    ((peak <= 4 && peak >= 2))
    as_expected big
    [[ $(records Summary '"\(.created) \(.tasks) \(.failed)"') =~ ^(1999|2000|20..)\ 4000\ 0$ ]]
    again
    # What there is to do when nothing is to be done.
    (($(relayed | wc -l) <= 20))
    synced
    again
    synced
    [[ -z $(jq -c 'select(.type == "Change")' "$synced") ]]
}

@test "a slow Kitsu is asked for several at a time" {
    made small tvshow
    relay_does '{"delay": 0.2}'
    push
    (($(at_once) >= 2 && $(at_once) <= 4))
    as_expected small
}

@test "tasks: one request for each type and kind" {
    made many tvshow
    push
    as_expected many
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
    made many tvshow
    export OPKITSU_LEASE_SECONDS=2
    op-dump -P "$name" | zou-push -q --wait 3 | op-apply -q --wait 3 >"$results"
    [[ ${PIPESTATUS[*]} == "0 0 0" ]]
    as_expected many
}

@test "killed in the midst of many, it goes on where it was" {
    made many tvshow
    relay_does "{\"kill\": {\"at\": 260, \"pid\": \"$pid_file\", \"when\": \"after\"}}"
    op-dump -P "$name" >"$dump"
    status=0
    zou_push <"$dump" >"$records" 2>"$err" || status=$?
    [[ $status == 137 ]]
    # Links are flushed as they arise.
    (($(records Change | wc -l) > 150))
    apply_records
    relay_does
    push
    [[ $status == 0 ]]
    (($(writes | wc -l) < 330))
    as_expected many
    again
}
