#!/usr/bin/env bats
# Answers that lie: each route gives what it never gives, with status 200, to each program
# that asks it. Nothing that is stored is lost, nothing is planned, and the status is not 0.
# Takes about 60 s.
# shellcheck disable=SC2030,SC2031 # every test is a subshell

bats_require_minimum_version 1.5.0

setup() {
    load ../lib/common
    load ../lib/mock
    mock_production
}

teardown() { mock_stop; }

# What no list is, and what no object is; each an answer of mock-zou's.
not_lists=('{"json": null}' '{"json": 0}' '{"json": true}' '{"json": "text"}' '{"json": {}}'
    '{"json": {"data": [], "total": 0}}' '{"json": [null]}' '{"json": [[]]}' '{"json": ["x"]}' '{"text": ""}'
    '{"text": "[]]"}' '{"text": "<html></html>"}' '{"text": "[{}"}')
not_objects=('{"json": null}' '{"json": 0}' '{"json": "text"}' '{"json": []}' '{"json": {}}' '{"json": [{}]}'
    '{"text": ""}' '{"text": "{"}' '{"text": "<html></html>"}')

# unharmed WHAT: the store is as it was
unharmed() {
    op-dump --all >after
    cmp -s before after || {
        echo "$1: the store is another"
        diff <(jq -c . before) <(jq -c . after) | head -n 5
        return 1
    } >&2
}

# full WHAT: a full synchronisation with --max-delete 100% plans nothing and fails
full() {
    kitsu-fetch 2>err | op-diff --max-delete 100% 2>>err | tee plan | op-apply >/dev/null 2>>err || true
    local status=0
    kitsu-fetch >/dev/null 2>&1 || status=$?
    if ((!status)) || ! unharmed "$1"; then
        echo "$1: status $status" >&2
        cat err >&2
        return 1
    fi
}

# some ANSWER...: four of these, in a random order, a line each; EVERY=1: all
some() { printf '%s\n' "$@" | shuf -n "${EVERY:+100}4"; }

# each TEST ROUTE ANSWER...: the test with some of these answers of the route, with EVERY=1
# with each; the others give what is in $others
each() {
    local run=$1 route=$2 answer answers
    mapfile -t answers < <(some "${@:3}")
    for answer in "${answers[@]}"; do
        mock_script "$(jq -n --arg route "GET $route" --argjson answer "$answer" --argjson others "${others:-"{}"}" '$others + {($route): [$answer]}')"
        "$run" "$route: $answer"
    done
}

# bats test_tags=slow
@test "a full reading: what is no list" {
    for list in asset-types episodes sequences shots assets edits concepts tasks; do
        each full "$below/$list" "${not_lists[@]}"
    done
    for list in /data/projects/all /data/task-types /data/task-status /data/project-status; do
        each full "$list" "${not_lists[@]}"
    done
}

# bats test_tags=slow
@test "a full reading: what is no object" {
    for object in /auth/authenticated "$below"; do
        each full "$object" "${not_objects[@]}"
    done
}

# bats test_tags=slow
@test "a full reading: an empty list, of what Kitsu itself counts" {
    local kind list
    while read -r kind list; do
        mock_start "{\"GET $below/$list\": [{\"json\": []}], \"counts\": {\"$kind\": 3}}"
        full "$list"
        grep -q "Kitsu gives an empty list, but counts 3 of this kind ($kind): the list is not believed" err
        # What it does not count either is gone: an empty list is an answer.
        mock_start "{\"GET $below/$list\": [{\"json\": []}], \"GET $below/asset-types\": [{\"json\": $([[ $kind == Asset ]] && echo '[]' || echo null)}]}"
        [[ $kind == Asset ]] || mock_start "{\"GET $below/$list\": [{\"json\": []}]}"
        kitsu-fetch >reading
        [[ $(op-diff --max-delete 100% <reading | grep -c '"type":"Change"') -gt 0 ]]
    done <<<'Episode episodes
Sequence sequences
Shot shots
Asset assets
Edit edits
Concept concepts
Task tasks'
    # The count itself is an answer that may lie.
    mapfile -t answers < <(some "${not_objects[@]}")
    for answer in "${answers[@]}"; do
        [[ $answer != '{"json": {}}' ]] || continue # a server that gives no total
        mock_start "{\"GET $below/shots\": [{\"json\": []}], \"GET /data/entities?page\": [$answer]}"
        full "a count: $answer"
    done
    mapfile -t answers < <(some "${not_lists[@]}")
    for answer in "${answers[@]}"; do
        mock_start "{\"GET $below/shots\": [{\"json\": []}], \"GET /data/entity-types\": [$answer]}"
        full "types: $answer"
    done
    # Other answers contradict it.
    mock_start "{\"GET $below/asset-types\": [{\"json\": []}]}"
    full 'no asset types'
    mock_start '{"GET /data/task-types": [{"json": []}]}'
    full 'no task types'
}

# bats test_tags=slow
@test "the first of a kind, made between its list and the count, is read" {
    jq -nc --arg p "$project" --arg shot "$shot" '
        {type: "Event", id: "x", created_at: "2026-11-24T00:00:00", name: "shot:update", project_id: $p, data: {shot_id: $shot}},
        {type: "Checkpoint", server: "x", projects: null, created_at: "2026-11-24T00:00:00", ids: [], events: 1}' >in
    sort reading >sorted
    op-dump >dump
    while read -r kind list; do
        mock_script "{\"GET $below/$list\": [{\"json\": []}, {}], \"counts\": {\"$kind\": 3}}"
        kitsu-fetch >stream
        diff sorted <(sort stream) >&2
        # However its parts are ordered, nothing is planned.
        op-diff <stream >plan
        [[ $(grep -c '"type":"Change"' plan) == 0 ]]
        mock_script "{\"GET $below/$list\": [{\"json\": []}, {}], \"counts\": {\"$kind\": 3}}"
        zou-push -n --delete <dump >plan
        [[ $(jq -r .type plan) == Summary ]]
    done <<<'Episode episodes
Sequence sequences
Shot shots
Asset assets
Edit edits
Concept concepts
Task tasks'
    mock_script "{\"GET $below/asset-types\": [{\"json\": []}, {}]}"
    kitsu-fetch | sort | diff sorted - >&2
    mock_script "$(jq -c --arg shot "$shot" 'select(.id == $shot) | {"GET /data/entities": [{json: [.]}], "GET /data/tasks":
        [{json: []}, {json: [{id: "00000007-0000-4000-8000-000000000001", entity_id: $shot, task_type_id: "0000000a-0000-4000-8000-000000000000"}]}],
        counts: {Task: 1}}' reading)"
    kitsu-fetch --events <in | grep '"type":"Task"'
}

# bats test_tags=slow
@test "of events: what is no list, and no object" {
    jq -nc --arg p "$project" --arg shot "$shot" '
        {type: "Event", id: "x", created_at: "2026-11-24T00:00:00", name: "shot:update", project_id: $p, data: {shot_id: $shot}},
        {type: "Checkpoint", server: "x", projects: null, created_at: "2026-11-24T00:00:00", ids: [], events: 1}' >in
    events() {
        local status=0
        kitsu-fetch --events <in >answer 2>err || status=$?
        ((status)) && ! grep -q '"type":"End"' answer || {
            echo "$1: status $status"
            cat answer err
            return 1
        } >&2
        op-diff --max-delete 100% <answer 2>/dev/null | op-apply >/dev/null 2>&1 || true
        unharmed "$1"
    }
    local others
    others=$(jq -c --arg shot "$shot" 'select(.id == $shot) | {"GET /data/entities": [{json: [.]}], "GET /data/tasks": [{json: []}]}' reading)
    mock_start "$others"
    kitsu-fetch --events <in | grep '"type":"End"'
    for list in /data/entities /data/tasks /data/task-types /data/project-status; do
        each events "$list" "${not_lists[@]}"
    done
    # An empty list of tasks, though the store has one, and Kitsu counts it.
    mock_start "$(jq -c '.counts = {Task: 1}' <<<"$others")"
    events 'no tasks'
    grep -F 'Kitsu gives an empty list, but counts 1 of this kind (Task): the list is not believed' err
    # The project has some, so it is no list of all.
    each events /data/task-types '{"json": []}'
    grep -F "it has task types, but the server's list of them is empty" err
    for object in /auth/authenticated "$below"; do
        each events "$object" "${not_objects[@]}"
    done
}

# What no object of lists is.
not_groups=('{"json": null}' '{"json": 0}' '{"json": "text"}' '{"json": []}' '{"json": [[]]}' '{"json": {"x": {}}}' '{"json": {"x": null}}'
    '{"json": {"x": 1}}' '{"json": {"x": [null]}}' '{"json": {"x": [[]]}}' '{"json": {"x": [{}]}}' '{"json": {"00000003-0000-4000-8000-000000000001": [{"asset_id": "x"}]}}'
    '{"json": {"data": [], "total": 0}}' '{"text": ""}' '{"text": "{"}' '{"text": "{\"x\": []"}' '{"text": "{}{}"}' '{"text": "<html></html>"}')

# bats test_tags=slow
@test "castings: what is no list of links, and no lists of castings" {
    local others
    [[ $(jq -c 'select(.document.data.inputLinks | length > 0) | .document.name' before | wc -l) == 2 ]]
    each full "$below/entity-links" "${not_lists[@]}" '{"json": [{}]}' '{"json": [{"id": "x", "entity_in_id": "x", "entity_out_id": 5}]}'
    others="{\"GET $below/entity-links\": [{\"status\": 403, \"json\": {\"message\": \"no\"}}]}"
    mock_script "$others"
    kitsu-fetch >stream
    [[ $(jq -c 'select(.type == "End") | [.counts.EntityLink, .cast]' stream) == '[3,"shots"]' ]]
    each full "$below/sequences/all/casting" "${not_groups[@]}"
}

# counted SCRIPT: a server whose shots lie in a sequence and say that one asset is cast in them
counted() {
    mock_script "$(jq -sc --arg route "GET $below/shots" --argjson more "$1" '{($route): [{json: map(select(.type == "Shot"))}]} + $more' parented)"
}

@test "castings: an empty list, though a shot's own castings are not" {
    local empty="\"GET $below/entity-links\": [{\"json\": []}]" none='{"json": []}' some='{"json": [{"asset_id": "x"}]}' answer
    jq -c 'if .type == "Shot" then .parent_id = "00000002-0000-4000-8000-000000000000" | .nb_entities_out = 1 else . end' reading >parented
    op-diff <parented | op-apply >/dev/null
    op-dump --all >before
    casting="\"GET $below/entities/00000003-0000-4000-8000-000000000000/casting\""
    counted "{$empty, $casting: [$some]}"
    full 'none, and some'
    grep -F 'Kitsu lists no castings, but there are some in shot 00000003-0000-4000-8000-000000000000: the list is not believed: data.inputLinks stay as they are' err
    [[ $(kitsu-fetch 2>/dev/null | jq -c 'select(.type == "End") | .counts.EntityLink') == null ]]
    for answer in "${not_lists[@]}"; do
        counted "{$empty, $casting: [$answer]}"
        full "none, and $answer"
    done
    # Of events, likewise.
    jq -nc --arg p "$project" '
        {type: "Event", id: "x", created_at: "2026-11-24T00:00:00", name: "shot:update", project_id: $p, data: {shot_id: "00000003-0000-4000-8000-000000000000"}},
        {type: "Checkpoint", server: "x", projects: null, created_at: "2026-11-24T00:00:00", ids: [], events: 1}' >in
    of_shot=$(jq -sc '{"GET /data/entities": [{json: [first(.[] | select(.type == "Shot"))]}], "GET /data/tasks": [{json: []}], "GET /data/entity-links": [{json: []}]}' parented)
    counted "$(jq -c ". + {$casting: [$some]}" <<<"$of_shot")"
    run --separate-stderr kitsu-fetch --events <in
    ((status == 1))
    [[ $stderr == *'the list is not believed'* && $output != *'"cast"'* && $output == *'"type":"End"'* ]]
    counted "$(jq -c ". + {$casting: [$none]}" <<<"$of_shot")"
    run --separate-stderr kitsu-fetch --events <in
    [[ $status == 0 && $output == *'"cast":["00000003-0000-4000-8000-000000000000"]'* ]]
    # What the shot itself does not have either is gone: a number that is too high is Kitsu's mistake.
    counted "{$empty, $casting: [$none]}"
    kitsu-fetch >stream
    [[ $(op-diff <stream | jq -c 'select(.type == "Change") | .updateDescription.updatedFields["data.inputLinks"]' | sort -u) == '[]' ]]
}

# batch NAME [DATA]: an event of Kitsu's, and the position behind it, into in
batch() {
    jq -nc --arg name "$1" --argjson data "${2-null}" --argjson project "${3-null}" '
        {type: "Event", id: "x", created_at: "2026-11-24T00:00:00", name: $name, project_id: $project, data: $data}
            | with_entries(select(.value != null)),
        {type: "Checkpoint", server: "x", projects: null, created_at: "2026-11-24T00:00:00", ids: [], events: 1}' >in
}

@test "of events: an empty list of asset types, of a project with assets" {
    local asset=00000004-0000-4000-8000-000000000001
    jq -n --arg p "$project" --arg id "$asset" --arg type 0000000c-0000-4000-8000-000000000001 --arg types "GET $below/asset-types" '
        {"GET /data/entities": [{json: [{id: $id, name: "Asset 1", type: "Asset", project_id: $p, entity_type_id: $type, data: null}]}],
         "GET /data/tasks": [{json: []}], ($types): [{json: []}], counts: {Asset: 3}}' >script
    mock_start "$(<script)"
    batch asset:update "{\"asset_id\": \"$asset\"}" "\"$project\""
    run --separate-stderr kitsu-fetch --events <in
    ((status != 0))
    [[ $stderr == *"Kitsu gives an empty list, but counts 3 of this kind (Asset): the list is not believed"* ]]
    run ! grep '"type":"End"' <<<"$output"
    # The first type made between the list and the count is read; what is no list is not asked for again.
    mock_script "$(jq -c --arg types "GET $below/asset-types" '.[$types] += [{}]' script)"
    kitsu-fetch --events <in | grep '"type":"End"'
    mock_start "$(jq -c --arg types "GET $below/asset-types" '.[$types] = [{json: null}, {}]' script)"
    run --separate-stderr kitsu-fetch --events <in
    ((status != 0))
    mock_start "$(jq -c --arg types "GET $below/asset-types" 'del(.[$types])' script)"
    kitsu-fetch --events <in | grep '"type":"End"'
}

@test "a 404 of a list is no project's end, unless the project itself has one" {
    local missing='{"status": 404, "json": {"error": true, "message": "404 Not Found"}}'
    mock_start "{\"GET $below/shots\": [$missing]}"
    full 'a list that is missing'
    grep 'cannot read the project' err
    run ! grep 'deleted in Kitsu' err
    mock_start "{\"GET $below/shots\": [$missing], \"GET $below\": [{}, $missing]}"
    run --separate-stderr kitsu-fetch
    ((status == 1))
    [[ $stderr == *"deleted in Kitsu while it was read"* ]]
}

@test "of events: one of which nothing is left but its name touches every project" {
    local name
    for name in project:update project:delete metadata-descriptor:update metadata-descriptor:new asset-type:update \
        entity-type:update asset:update shot:delete task:new; do
        batch "$name"
        kitsu-fetch --events <in >answer
        jq -se --arg p "$project" 'map(select(.type == "End") | [.scope, .project_id]) == [["full", $p]]' answer
    done
}

# bats test_tags=slow
@test "a listener: what is no log of events" {
    listen() {
        local status=0
        kitsu-listen --once --since 2026-11-23T05:17:20 >events 2>err || status=$?
        ((status)) && ! grep -q '"type":"Event"' events || {
            echo "$1: status $status"
            cat events err
            return 1
        } >&2
    }
    each listen /data/events/last "${not_lists[@]}" '{"json": [{"id": "a", "name": "x"}, {"id": "b", "created_at": 7}]}'
    each listen /auth/authenticated "${not_objects[@]}"
}

@test "the log: a row without a time, before one that is too deep or too large" {
    local row
    for row in '"x": '"$(printf '[%.0s' {1..80})$(printf ']%.0s' {1..80})" '"x": "'"$(head -c 3200000 /dev/zero | tr '\0' x)"'"'; do
        printf '{"GET /data/events/last": [{"text": "[{\\"id\\": \\"a\\", \\"name\\": \\"x\\"}, {\\"id\\": \\"b\\", %s}]"}]}' "${row//\"/\\\"}" >script
        mock_start "$(<script)"
        run kitsu-listen --once --since 2026-11-23T05:17:20
        [[ $status == 76 && $output == *"not a list of Zou's events"* ]]
        run kitsu-fetch
        [[ $status == 76 && $output == *"not a list of Zou's events"* ]]
    done
}

# bats test_tags=slow
@test "what is not UTF-8 is skipped where it comes in, and what was stored of it stays" {
    local name id=00000003-0000-4000-8000-000000000000
    for name in '\udcc0\udcaf' '\udced\udca0\udc80' '\udcff' '\udcf4\udc90\udc80\udc80' 'x\udce6'; do
        jq -n --arg route "GET $below/shots" --arg id "$id" --arg tail ',"name":"Shot 1"},{"id":"00000003-0000-4000-8000-000000000002","name":"Shot 2"}]' \
            '{($route): [{text: ("[{\"id\":\"" + $id + "\",\"name\":\"SH@\"},{\"id\":\"00000003-0000-4000-8000-000000000001\"" + $tail)}]}' |
            sed "s/@/$name/" >script
        mock_start "$(<script)"
        run --separate-stderr kitsu-fetch
        if grep -q 'is skipped: it is not UTF-8' <<<"$stderr"; then
            ((status == 1))
            jq -e --arg id "$id" 'select(.type == "Skipped") | .entity.id == $id and .entity.name == null and .code == "encoding"' <<<"$output"
            op-diff --max-delete 100% <<<"$output" 2>/dev/null | op-apply >/dev/null 2>&1 || true
        else # yajl has seen it, and then it is no JSON
            ((status == 1)) && grep -q "GET $below/shots: unexpected reply" <<<"$stderr"
        fi
        unharmed "$name"
    done
}

# bats test_tags=slow
@test "a push: what is no list, and empty ones of what Kitsu counts" {
    op-dump >dump
    push() {
        local status=0
        zou-push -n --delete <dump >plan 2>err || status=$?
        ((status)) && ! grep -q '"to":"kitsu"' plan || {
            echo "$1: status $status"
            head -n 3 plan
            cat err
            return 1
        } >&2
    }
    for list in asset-types episodes sequences shots assets edits concepts tasks; do
        each push "$below/$list" "${not_lists[@]}"
    done
    each push /data/task-types "${not_lists[@]}"
    each push /data/asset-types "${not_lists[@]}"
    each push "$below" "${not_objects[@]}"
    mock_start "{\"GET $below/shots\": [{\"json\": []}], \"counts\": {\"Shot\": 3}}"
    push 'an empty list'
}

# bats test_tags=slow
@test "a publish and a comment: what is no list, and what is no object" {
    local task=00000007-0000-4000-8000-000000000000
    publish() {
        local status=0
        publish-task -P demo -a Shot_0 -t 'TaskType 0' >found 2>err || status=$?
        ((status)) && [[ ! -s found ]] || {
            echo "$1: status $status: $(<found)"
            cat err
            return 1
        } >&2
    }
    each publish /data/tasks "${not_lists[@]}"
    each publish /data/task-types "${not_lists[@]}"
    echo '{"type":"Comment","publish_id":"p1","instance":0,"task_id":"'$task'","text":"done"}' >comment
    post() {
        local status=0
        zou-push <comment >results 2>err || status=$?
        ((status)) && ! grep -E '"status":"(applied|unchanged)"' results || {
            echo "$1: status $status"
            cat results err
            return 1
        } >&2
    }
    each post "/data/tasks/$task" "${not_objects[@]}"
    others="{\"GET /data/tasks/$task\": [{\"json\": {\"id\": \"$task\", \"type\": \"Task\", \"name\": \"x\", \"project_id\": \"$project\", \"entity_id\": \"$shot\",
        \"task_type_id\": \"0000000a-0000-4000-8000-000000000000\", \"task_status_id\": \"0000000b-0000-4000-8000-000000000001\"}}],
        \"POST /actions/tasks/$task/comment\": [{\"json\": {\"id\": \"0000000f-0000-4000-8000-000000000001\", \"text\": \"done\"}}]}"
    each post "/data/tasks/$task/comments" "${not_lists[@]}"
    mock_script "$(jq -c --arg list "GET /data/tasks/$task/comments" '. + {($list): [{json: []}]}' <<<"$others")"
    zou-push <comment | grep '"status":"applied"'
}

@test "a push, each of whose requests that write is redirected" {
    op-dump | jq -c 'if .document.name == "Asset_0" then .document |= (._id["$oid"] |= "f" + .[1:] | .name += "9" | del(.data.zou)) else . end' >dump
    local route="POST $below/asset-types/0000000c-0000-4000-8000-000000000000/assets/new" to status
    for to in / /api/data/elsewhere http://127.0.0.1:1/; do
        mock_start "$(jq -nc --arg route "$route" --arg to "$to" '{($route): [{status: 302, text: "", headers: {Location: $to}}]}')"
        status=0
        zou-push <dump >out 2>err || status=$?
        echo "$to: $status" && cat err
        [[ $status == 1 || ($status == 78 && $to == http*) ]]
        grep -q 'is redirected to' err
    done
}
