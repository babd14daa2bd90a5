#!/usr/bin/env bats
# How much, how long and how slowly a server may answer: at each limit and beyond it, what
# is said, and that no program needs 64 MiB whatever comes.
# Takes about 60 s.
# shellcheck disable=SC2030,SC2031 # every test is a subshell

bats_require_minimum_version 1.5.0

setup() {
    load ../lib/common
    load ../lib/mock
    mock_home <<<'{}'
    project=11111111-1111-4111-8111-111111111111
    below=/data/projects/$project
}

teardown() { mock_stop; }

# answers ROUTE ANSWER: the server gives this answer there; see mock-zou
answers() { mock_start "$(jq -n --arg route "GET $1" --argjson answer "$2" '{($route): [$answer]}')"; }

# small COMMAND...: its output in out, its messages in err, its status in $status; and it
# needed less than 64 MiB. (The sanitizers need more.)
small() {
    status=0
    python3 -c '
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:], check=False)
kib = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(kib, file=open("memory", "w"))
sys.exit(done.returncode)' "$@" >out 2>err || status=$?
    cat err >&2
    echo "memory: $(<memory) KiB" >&2
    [[ $OPKITSU_BUILD == */san ]] || (($(<memory) < 65536))
}

says() { grep -qF -- "$1" err; }
end() { [[ $(jq -c 'select(.type == "End") | .counts.Shot' out) == "$1" ]]; }

# bats test_tags=slow
@test "records of a list: 750,000, and one more" {
    local shot='"id":"00000003-0000-4000-8000-%d"'
    answers "$below/shots" '{"parts": [["[{}", 1], [",{'"${shot//\"/\\\"}"'}", 749999], ["]", 1]]}'
    small kitsu-fetch --types Shot
    [[ $status == 0 && $(tail -n 2 out | head -n 1 | jq .counts.Shot) == 750000 ]]
    answers "$below/shots" '{"parts": [["[{}", 1], [",{'"${shot//\"/\\\"}"'}", 750000], ["]", 1]]}'
    small kitsu-fetch --types Shot
    [[ $status == 1 ]]
    says "GET $below/shots: unexpected reply (more than 750,000 records)"
    [[ $(jq -r .type out) != *End* ]]
}

# bats test_tags=slow
@test "a record of 40 MiB, of one text and of many, and what is after it" {
    local value
    for value in '["\"", 1], ["x", 40000000], ["\"", 1]' '["[", 1], ["\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\",", 1000000], ["0]", 1]' '["[", 1], ["0,", 20000000], ["0]", 1]'; do
        answers "$below/shots" '{"parts": [["[{\"data\":", 1], '"$value"', [",\"id\":\"huge\",\"name\":\"SH020\"},{\"id\":\"b\"}]", 1]]}'
        small kitsu-fetch --types Shot
        [[ $status == 1 ]]
        says 'Shot "SH020" (huge) is skipped: larger than 3 MiB'
        end 2
    done
}

# bats test_tags=slow
@test "a record of 100,000 values, and one more" {
    answers "$below/shots" '{"parts": [["[{\"data\":[0", 1], [",0", 99995], ["],\"id\":\"full\",\"name\":\"SH020\"}]", 1]]}'
    small kitsu-fetch --types Shot
    [[ $status == 0 ]]
    end 1
    answers "$below/shots" '{"parts": [["[{\"data\":[0", 1], [",0", 99996], ["],\"id\":\"huge\",\"name\":\"SH020\"}]", 1]]}'
    small kitsu-fetch --types Shot
    [[ $status == 1 ]]
    says 'Shot "SH020" (huge) is skipped: more than 100000 values'
}

# bats test_tags=slow
@test "no record at all: blanks, brackets, digits, text without an end; compressed, too" {
    local parts
    for parts in '["[", 1], [" ", 40000000]' '["[", 40000000]' '["[{\"a\":", 1], ["[", 40000000]' '["[{\"a\":", 1], ["1", 40000000]' '["[\"", 1], ["x", 40000000]'; do
        answers "$below/shots" "{\"parts\": [$parts], \"gzip\": true}"
        small kitsu-fetch --types Shot
        [[ $status == 1 ]]
        says "GET $below/shots: unexpected reply"
    done
}

# bats test_tags=slow
@test "an answer that is held whole: 4 MiB, 100,000 values" {
    local answer
    for answer in '["[", 1], [" ", 5000000], ["]", 1]' '["{\"a\":[0", 1], [",0", 100000], ["]}", 1]' '["{\"a\":[{}", 1], [",{}", 1300000], ["]}", 1]'; do
        for route in /auth/authenticated "$below"; do
            answers "$route" "{\"parts\": [$answer]}"
            small kitsu-fetch
            [[ $status != 0 ]]
            says "GET $route: unexpected reply"
            [[ $(jq -r .type out) != *End* ]]
        done
    done
    # The log-in's, which is no list either; and an error's.
    mock_start '{"POST /auth/login": [{"parts": [["{\"a\":[{}", 1], [",{}", 1300000], ["]}", 1]]}]}'
    small kitsu-fetch
    [[ $status != 0 ]]
    answers "$below/shots" '{"status": 500, "parts": [["{\"message\":[{}", 1], [",{}", 1300000], ["]}", 1]]}'
    small kitsu-fetch
    [[ $status == 1 ]]
}

# bats test_tags=slow
@test "a list that is held whole: 16 MiB" {
    local name
    name=$(printf 'x%.0s' {1..900})
    for route in /data/projects/all /data/task-types; do
        answers "$route" '{"parts": [["[{}", 1], [",{\"id\":\"%d\",\"name\":\"'"$name"'\"}", 40000], ["]", 1]]}'
        small kitsu-fetch
        [[ $status != 0 ]]
        says "GET $route: the list is larger than 16 MiB"
    done
    answers /data/projects/all '{"parts": [["[{}", 1], [",{\"id\":\"%d\",\"name\":\"'"$name"'\"}", 40000], ["]", 1]]}'
    small kitsu-listen --once --since now -P demo
    [[ $status == 76 ]]
    says 'GET /data/projects/all: the list is larger than 16 MiB'
}

# bats test_tags=slow
@test "of events: more than 16 MiB of records are a full reading" {
    local ids
    mock_start '{}'
    kitsu-fetch >reading 2>/dev/null
    op-diff <reading 2>/dev/null | op-apply >/dev/null 2>&1 || true
    ids=$(for i in {1..600}; do printf '"00000003-0000-4000-8000-%012d"\n' "$i"; done)
    jq -c --arg p "$project" '{type: "Event", id: "x", created_at: "2026-11-24T00:00:00", name: "shot:update", project_id: $p, data: {shot_id: .}}' <<<"$ids" >events
    echo '{"type":"Checkpoint","server":"x","projects":null,"created_at":"2026-11-24T00:00:00","ids":[],"events":600}' >>events
    answers /data/entities '{"parts": [["[{}", 1], [",{\"id\":\"00000003-0000-4000-8000-000000000%d\",\"type\":\"Shot\",\"project_id\":\"'"$project"'\",\"x\":\"'"$(printf 'x%.0s' {1..60000})"'\"}", 600], ["]", 1]]}'
    small kitsu-fetch --events <events
    [[ $status == 0 && $(jq -r 'select(.type == "End").scope' out) == full ]]
}

@test "rows of the log: some may be long, as a casting of many assets; not all" {
    rows() { # NUMBER
        mock_start "$(jq -nc --arg p "$project" --argjson n "$1" '{"GET /data/events/last": [{json: [range($n) | {id: "e\(.)", created_at: "2026-11-24T00:00:00",
            name: "episode:casting-update", project_id: $p, data: {episode_id: $p, added_asset_ids: [range(150) | $p]}}]}]}')"
        small kitsu-listen --once --since 2026-11-23T05:17:20
    }
    rows 100
    [[ $status == 0 && $(jq -c 'select(.type == "Event") | .data.added_asset_ids | length' out | sort | uniq -c) == *' 100 150' ]]
    rows 900 # of some it says only that they are there, where, and when
    [[ $(jq -c --arg p "$project" 'select(.type == "Event" and .project_id == $p) | .name' out | wc -l) == 900 ]]
    [[ $(jq -c 'select(.type == "Event" and .data == null)' out | wc -l) -gt 200 ]]
}

# bats test_tags=slow
@test "rows of the log: of many values, in many pages; at one moment" {
    log() { # TIME: 6,000 rows, whose data take 300 MiB; and one before them
        jq -nc '[range(6000; 0; -1) | {id: "e\(.)", created_at: (1764000000 + (if . == 1 then -100000 else '"$1"' end) | strftime("%Y-%m-%dT%H:%M:%S.000000")),
            name: "shot:update", data: {x: (if . % 7 < 6 then [range(1000) | 1] else 1 end)}}]' >events.json
        small kitsu-listen --once --since 2025-11-24T16:00:00
    }
    mock_start '{}'
    log .
    [[ $status == 0 && $(grep -c '"type":"Event"' out) == 5999 ]]
    jq -se 'map(select(.type == "Event").created_at) | . == sort' out
    log 10
    [[ $status == 75 ]]
}

# bats test_tags=slow
@test "a log without an end" {
    mock_start '{"endless": true}'
    small kitsu-fetch
    [[ $status == 76 ]]
    says 'GET /data/events/last: more than 100 pages of one moment'
    small kitsu-listen --once --since "$(date -u -d '-20 seconds' +%FT%T)"
    [[ $status == 1 || $status == 75 ]]
    says 'full sync needed: more events at one moment'
}

@test "headers without an end" {
    answers "$below/shots" '{"json": [], "header_lines": 300}'
    small kitsu-fetch --types Shot
    [[ $status == 0 ]]
    answers "$below/shots" '{"json": [], "header_lines": 2000}'
    small kitsu-fetch --types Shot
    [[ $status == 75 || $status == 76 || $status == 69 ]]
    says "the answer's headers do not end"
}

# bats test_tags=slow
@test "a byte now and then is no answer; and none takes for ever" {
    local begun=$SECONDS
    export OPKITSU_STALL_SECONDS=1
    answers "$below/shots" '{"json": [], "parts": [["[{\"a\":\"", 1], ["x", 2000], ["\"}]", 1]], "drip": 0.02}'
    small kitsu-fetch --types Shot
    [[ $status == 75 ]]
    says 'Operation too slow'
    ((SECONDS - begun < 60))
    export OPKITSU_ATTEMPT_SECONDS=1 OPKITSU_STALL_SECONDS=60
    answers "$below/shots" '{"parts": [["[{\"a\":\"", 1], ["x", 2000], ["\"}]", 1]], "drip": 0.002}'
    small kitsu-fetch --types Shot
    [[ $status == 75 ]]
    says 'timed out'
    unset OPKITSU_ATTEMPT_SECONDS
    small kitsu-fetch --types Shot
    [[ $status == 0 ]]
}

@test "the session's lock: the wait is said, and it ends" {
    mock_start '{}'
    kitsu-fetch >/dev/null
    local lock=(runtime/opkitsu/*.lock)
    exec {held}<>"${lock[0]}"
    flock "$held"
    rm -f "${lock[0]%.lock}"
    OPKITSU_LOCK_SECONDS=3 small kitsu-fetch
    [[ $status == 0 ]]
    says ".lock: waiting for another program, which is logging in"
    says ".lock: another program has held it for 3 s: going on without"
    exec {held}>&-
    small kitsu-fetch
    [[ $status == 0 && ! -s err ]]
}
