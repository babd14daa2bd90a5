#!/usr/bin/env bats
# How much, how long and how slowly a server may answer: at each limit and beyond it, what
# is said, and that no program needs 64 MiB whatever comes.
# Takes about 130 s.
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

# needs MIB COMMAND...: its output in out, its messages in err, its status in $status; and it
# needed less memory. (The sanitizers need more.)
needs() {
    status=0
    python3 -c '
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:], check=False)
kib = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(kib, file=open("memory", "w"))
sys.exit(done.returncode)' "${@:2}" >out 2>err || status=$?
    cat err >&2
    echo "memory: $(<memory) KiB" >&2
    [[ $OPKITSU_BUILD == */san ]] || (($(<memory) < $1 * 1024))
}

small() { needs 64 "$@"; }
says() { grep -qF -- "$1" err; }
unsaid() { ! says "$1"; }
end() { [[ $(jq -c 'select(.type == "End") | .counts.Shot' out) == "$1" ]]; }

# bats test_tags=long
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

# bats test_tags=long
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

# bats test_tags=long
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

# bats test_tags=long
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

# ---- what a push, a publish and a comment hold --------------------------------------------

# dumped: a home and a server whose production is in the store, with its dump in ./dump
dumped() {
    rm -r runtime
    mock_production
    op-dump >dump 2>/dev/null
}

# many TEXT NUMBER: a list of records, each this text, in which %d is its number
many() { jq -nc --arg text ",$1" --argjson n "$2" '{parts: [["[{}", 1], [$text, $n], ["]", 1]]}'; }

numbers=$(printf '0,%.0s' {1..999})0 # a kilobyte as text, 24 as a tree

# bats test_tags=long
@test "a push: a production of 100,000 entities with 200,000 tasks" {
    local entity task id=0000000a-0000-4000-8000-000000000000
    dumped
    entity='{"id":"KIND-%d","name":"N%d","type":"TYPE","project_id":"'$project'","created_at":"2026-11-24T00:00:00","updated_at":"2026-11-24T00:00:00",
        "code":null,"description":"something happens to somebody, as the storyboard has it","shotgun_id":null,"canceled":false,"nb_frames":120,
        "nb_entities_out":12,"is_casting_standby":false,"is_shared":false,"status":"running","entity_type_id":"ID","parent_id":"ID","source_id":null,
        "preview_file_id":"ID","data":{"fps":"25","frame_in":"1001","frame_out":"1120","handle_in":"8","max_retakes":"3","resolution":"1920x1080"},
        "ready_for":"ID","created_by":"ID","entities_out":[]}'
    task='{"id":"task-%d","name":"main","type":"Task","project_id":"'$project'","assigner_id":"ID","assignees":["ID"],"best_evaluation":null,
        "completion_rate":0,"created_at":"2026-11-24T00:00:00","updated_at":"2026-11-24T00:00:00","data":null,"description":"what is to be done, in a sentence or two",
        "difficulty":3,"done_date":null,"due_date":"2026-12-24T00:00:00","duration":0.0,"end_date":null,"entity_id":"ID","entity_type_id":"ID",
        "entity_name":"SH010","estimation":480.0,"is_subscribed":false,"last_comment_date":"2026-11-24T00:00:00","last_preview_file_id":"ID",
        "nb_assets_ready":0,"nb_drawings":0,"previews":[],"priority":0,"real_start_date":null,"retake_count":0,"shotgun_id":null,"sort_order":1,
        "start_date":null,"task_status_id":"ID","task_type_id":"ID"}'
    entity=$(jq -c <<<"${entity//\"ID\"/\"$id\"}") task=$(jq -c <<<"${task//\"ID\"/\"$id\"}")
    mock_start "$(jq -n --arg below "$below" --argjson shots "$(many "${entity/TYPE/Shot}" 50000)" --argjson assets "$(many "$(sed 's/TYPE/Asset/; s/KIND/a/' <<<"$entity")" 50000)" \
        --argjson tasks "$(many "$task" 200000)" '{("GET \($below)/shots"): [$shots], ("GET \($below)/assets"): [$assets], ("GET \($below)/tasks"): [$tasks], "GET /data/entities": [{json: []}]}')"
    needs 640 zou-push -n <dump
    unsaid MiB
    [[ $(jq -r 'select(.type == "Summary").type' out) == Summary ]]
}

# bats test_tags=long
@test "a push: 1 GiB of memory for a project, and more" {
    dumped
    shots() { mock_start "$(jq -n --arg route "GET $below/shots" --argjson shots "$(many '{"id":"s%d","name":"S%d","type":"Shot","x":['"$numbers"']}' "$1")" '{($route): [$shots], "GET /data/entities": [{json: []}]}')"; }
    shots 30000
    needs 1100 zou-push -n <dump
    unsaid MiB
    [[ $(jq -r 'select(.type == "Summary").type' out) == Summary ]]
    shots 40000
    needs 1100 zou-push -n <dump
    [[ $status == 1 && ! -s out ]]
    says 'demo: Kitsu gives more of the project "demo" than 1024 MiB of memory'
    [[ $(grep -c "^POST /data" requests) == 0 ]]
}

# bats test_tags=slow
@test "a push: 16 MiB of asset types, and more" {
    dumped
    for n in 600 800; do
        answers /data/asset-types "$(many '{"id":"t%d","name":"T%d","x":['"$numbers"']}' "$n")"
        small zou-push -n <dump
        [[ $n == 600 ]] || {
            [[ $status == 1 && ! -s out ]]
            says 'demo: GET /data/asset-types: the list is larger than 16 MiB'
        }
        [[ $n == 800 ]] || unsaid MiB
    done
}

# bats test_tags=long
@test "publish-task: entities and tasks of many numbers; 16 MiB of them, and more" {
    local task='"project_id":"11111111-1111-4111-8111-111111111111","task_type_id":"0000000a-0000-4000-8000-000000000000"'
    dumped
    for n in 20000 100000; do # numbers of five digits make ids
        answers /data/entities "$(many '{"id":"00000003-0000-4000-8000-1000000%d","name":"'"${numbers:0:200}"'","type":"Shot","x":['"${numbers:0:$((n == 20000 ? 1999 : 1))}"']}' $n)"
        small publish-task -P demo -a SHX_SH -t x
        [[ $status == 1 && ! -s out ]]
        if ((n == 20000)); then says 'Kitsu has no "SHX_SH"'; else says 'Kitsu gives more than 16 MiB of entities named "SHX_SH"'; fi
        answers /data/tasks "$(many "{\"id\":\"t%d\",\"name\":\"SH\",$task,\"x\":[${numbers:0:$((n == 20000 ? 1999 : 1))}]}" "$n")"
        small publish-task -P demo -a Shot_1 -t x
        [[ $status == 1 && ! -s out ]]
        if ((n == 20000)); then says 'has no task "x" in Kitsu'; else says 'Kitsu gives more than 16 MiB of tasks of Shot "Shot_1"'; fi
    done
}

# bats test_tags=long
@test "comments of a task: those of others are not kept; of the user's own 16 MiB, and more" {
    local t=00000007-0000-4000-8000-000000000000
    dumped
    echo '{"type":"Comment","publish_id":"p1","instance":0,"task_id":"'$t'","text":"done"}' >comment
    comments() { # PERSON NUMBER REST
        mock_start "$(jq -n --arg t $t --argjson list "$(many '{"id":"0000000c-0000-4000-8000-%d","text":"no","person_id":"'"$1"'"'"$3"'}' "$2")" '{("GET /data/tasks/\($t)/comments"): [$list],
            ("GET /data/tasks/\($t)"): [{json: {id: $t, type: "Task", task_status_id: "0000000b-0000-4000-8000-000000000001"}}]}')"
        small zou-push -n <comment
    }
    comments 33333333-3333-4333-8333-333333333333 20000 ",\"x\":[$numbers]"
    [[ $status == 0 ]]
    comments 22222222-2222-4222-8222-222222222222 100000 ''
    [[ $status == 0 ]]
    comments 22222222-2222-4222-8222-222222222222 400000 ''
    [[ $status == 1 && $(jq -r .status out) == failed ]]
    says 'Kitsu gives more than 16 MiB of comments of the task'
}

# bats test_tags=long
@test "the bytes of a list: 2 GiB, and one more" {
    local mib # a record, with its comma
    mib=$(printf 'x%.0s' {1..1024})
    list() { # BLANKS
        jq -nc --arg x "$mib" --argjson blanks "$1" '($x * 1024)[9:] as $x | {parts: [["[{}", 1], [",{\"d\":\"\($x)\"}", 2047], [",{\"d\":\"\($x[4:])\"}", 1], [" ", $blanks], ["]", 1]]}' >list
    }
    list 0
    mock_start "$(jq -c '{"GET /data/projects/all": [.]}' list)"
    small kitsu-listen --once --since now -P demo
    unsaid GiB
    list 1
    mock_start "$(jq -c --arg below "$below" '{"GET \($below)/shots": [.]}' list)"
    small kitsu-fetch
    [[ $status == 1 ]]
    says "GET $below/shots: unexpected reply (more than 2 GiB)"
    [[ $(jq -r .type out) != *End* ]]
}

@test "an answer that is held whole: 4 MiB, and one more" {
    local user='{"authenticated":true,"user":{"id":"22222222-2222-4222-8222-222222222222","role":"admin"}}'
    for more in 0 1; do
        answers /auth/authenticated "$(jq -nc --arg user "$user" --argjson more $more '{parts: [[$user, 1], [" ", 4 * 1024 * 1024 - ($user | length) + $more]]}')"
        small kitsu-fetch
        [[ $more == 1 || $status == 0 ]]
    done
    [[ $status != 0 ]]
    says 'GET /auth/authenticated: unexpected reply (too long)'
}

@test "a list that is held whole: 16 MiB of names, and some more" {
    for n in 15300 15700; do
        answers /data/projects/all "$(many '{"id":"%d","name":"'"$(printf 'x%.0s' {1..1024})"'"}' $n)"
        small kitsu-listen --once --since now -P demo
        [[ $status != 0 ]]
        [[ $n == 15700 ]] || unsaid MiB
    done
    says 'GET /data/projects/all: the list is larger than 16 MiB'
}

@test "headers: 64 KiB, and one more byte" {
    padded() { mock_start "$(jq -nc --arg route "GET $below/shots" --argjson n "$1" '{($route): [{json: [], headers: {Pad: ("x" * $n)}}]}')"; }
    padded 1
    local size
    size=$(python3 -c 'import socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
s.sendall(f"GET /api{sys.argv[2]} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer x\r\nConnection: close\r\n\r\n".encode())
print(s.makefile("rb").read().index(b"\r\n\r\n") + 4)' "$(<port)" "$below/shots")
    padded $((65536 - size + 1))
    small kitsu-fetch --types Shot
    [[ $status == 0 ]]
    padded $((65536 - size + 2))
    small kitsu-fetch --types Shot
    [[ $status != 0 ]]
    says "the answer's headers do not end"
}

@test "custom fields of a record: 2,000, and one more" {
    for n in 2000 2001; do
        answers "$below/shots" "$(jq -nc --argjson n $n '{json: [{id: "s", name: "SH010", type: "Shot", data: ([range($n) | {"f\(.)": 1}] | add)}]}')"
        kitsu-fetch >reading 2>/dev/null || true
        small op-diff <reading
        [[ $n == 2000 || $status == 1 ]]
    done
    says 'it has 2001 custom fields, more than 2000'
    answers "$below/shots" "$(jq -nc '{json: [{id: "s", name: "SH010", type: "Shot", data: ([range(2000) | {"f\(.)": 1}] | add)}]}')"
    kitsu-fetch >reading 2>/dev/null || true
    small op-diff <reading
    unsaid 'custom fields'
    [[ $(jq -r 'select(.type == "Change" and .entity.id == "s").type' out) == Change ]]
}

@test "a stored log-in of 64 KiB, and one more byte; a password of 4,096, and one more" {
    mock_start '{}'
    kitsu-fetch >/dev/null 2>&1
    local file=(runtime/opkitsu/*.json)
    [[ -e ${file[0]} ]] || file=("$(find runtime/opkitsu -type f ! -name '*.lock')")
    truncate_to() { python3 -c 'import sys; t = open(sys.argv[1]).read().rstrip(); open(sys.argv[1], "w").write(t.ljust(int(sys.argv[2])))' "${file[0]}" "$1"; }
    truncate_to 65535
    small kitsu-fetch
    [[ $status == 0 && ! -s err ]]
    truncate_to 65536
    small kitsu-fetch
    [[ $status == 0 ]]
    says 'is ignored: too long'
    unset KITSU_PWD
    for n in 4096 4097; do
        printf "x%.0s" $(seq $n) >password
        mock_start "$(jq -nc --rawfile p password '{password: $p}')"
        small kitsu-fetch --password-file password
        [[ $n == 4097 || $status == 0 ]]
    done
    [[ $status == 78 ]]
    says 'password: no password in its first line'
}

@test "ids that a batch of events affects: 700, and one more is a full reading" {
    dumped
    for n in 700 701; do
        jq -nc --arg p "$project" --argjson n $n '(range($n) | {type: "Event", id: "e\(.)", created_at: "2026-11-24T00:00:00", name: "shot:update", project_id: $p, data: {shot_id: "00000003-0000-4000-8000-\(100000000000 + .)"}}),
            {type: "Checkpoint", server: "x", projects: null, created_at: "2026-11-24T00:00:00", ids: [], events: $n}' >events
        answers /data/entities '{"json": []}'
        small kitsu-fetch --events <events
        [[ $status == 0 && $(jq -r 'select(.type == "End").scope' out) == "$([[ $n == 700 ]] && echo events || echo full)" ]]
    done
}

@test "parts of an asset's name: 16, and one more is not looked for" {
    local name n
    dumped
    for n in 16 17; do
        name=$(printf 'a_%.0s' $(seq 2 $n))end
        answers /data/entities '{"json": []}'
        small publish-task -P demo -a "$name" -t x
        [[ $status == 1 ]]
        says 'Kitsu has no "'"$name"'"'
        [[ $(grep -c 'name=end ' requests) == $((n == 16)) ]]
    done
}

@test "a comment's text: 1 MiB, and one more byte" {
    local t=00000007-0000-4000-8000-000000000000
    mock_start '{"GET /data/tasks/'$t'/comments": [{"json": []}], "GET /data/tasks/'$t'": [{"json": {"id": "'$t'", "task_status_id": "0000000b-0000-4000-8000-000000000001"}}]}'
    for n in 1048576 1048577; do
        jq -nc --arg t $t --argjson n $n '{type: "Comment", task_id: $t, text: ("x" * $n)}' >comment
        small zou-push -n <comment
        [[ $n == 1048577 || $status == 0 ]]
    done
    [[ $status == 1 ]]
    says 'a Comment whose "text" is longer than 1 MiB'
}

@test "a push: a name of 4,096 bytes in Kitsu, and one more: that shot is not compared" {
    local id=00000003-0000-4000-8000-000000000000
    dumped
    jq -c --arg id $id 'if .document.data.zou.id? == $id then .document.data.frameEnd = 2000 else . end' dump >edited
    for n in 4096 4097; do
        mock_start "$(jq -nc --arg route "GET $below/shots" --arg id $id --argjson n $n '{"GET /data/entities": [{json: []}],
            ($route): [{json: [{id: $id, type: "Shot", name: ("x" * $n), nb_frames: 1, data: {frame_in: "1001", frame_out: "1001"}}]}]}')"
        small zou-push -n <edited
        [[ $(grep -c "\"operationType\":\"update\".*$id" out) == $((n == 4096)) ]]
    done
    [[ $status == 1 ]]
    says 'skipped Shot "Shot_0": in Kitsu it is too large to be read: its fields are left alone'
}

@test "a push: 64 documents above one, and one more; 20,000 in a row" {
    dumped
    jq -c --slurpfile all dump 'select(.document.type? == "project" or .document.name? == "Shots")' dump >chain
    jq -c 'select(.document.name? == "Shots") | . as $d | range(20000) as $i | $d | .document._id = {"$oid": "\(100000000000000000000000 + $i)"} |
        .document._id["$oid"] = "a" + ("00000000000000000000000\($i)" | .[-23:]) | .document.name = "c\($i)" | .document.parent = null |
        .document.data = {parents: [], tasks: {}, visualParent: (if $i == 0 then $d.document._id else {"$oid": ("a" + ("00000000000000000000000\($i - 1)" | .[-23:]))} end)}' dump >>chain
    jq -c 'select(.type == "End") | .counts.Document = 20002' dump >>chain
    mock_start '{"GET /data/entities": [{"json": []}]}'
    small zou-push -n <chain
    says '"c64": more than 64 documents lie above it'
    says '"c19999": more than 64 documents lie above it'
    unsaid '"c63": more than'
}
