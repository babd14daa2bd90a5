#!/usr/bin/env bats
# zou-push when Kitsu refuses, is slow, or loses an answer; without rights; two at once.
# Takes about 450 s.
# shellcheck disable=SC2154 # push.bash's

bats_require_minimum_version 1.5.0

load ../lib/common
load ../lib/zou
load ../lib/store
load ../lib/push

setup_file() { push_setup_file --no-mongo; }
teardown_file() { push_teardown_file; }
setup() { push_setup; }

# refuse STATUS METHOD PATH BODY [TIMES]: in Kitsu's words
refuse() {
    relay_does "$(jq -n --argjson status "$1" --arg method "$2" --arg path "$3" --arg body "$4" --argjson times "${5-1000}" \
        '{rules: [{$method, $path, $body, $status, $times, json: {message: "no, \($status), says Kitsu"}}]}')"
}

# without PATTERN: what the tree expects, but for these lines
without() { diff <(expected kitsu small | grep -Ev "$1") <(kitsu_has); }

# completed: the next push does what was refused
completed() {
    relay_does
    push
    as_expected small
    again 1
}

# case_refused METHOD PATH BODY MISSING NAME CODE...: for each status in turn. Each kind
# meets one of Kitsu's noes and its failure; each no is met by some kind.
case_refused() {
    local code base=$name
    for code in "${@:6}"; do
        name=${base}_$code
        made small tvshow
        refuse "$code" "$1" "$2" "$3"
        push
        [[ $status == 1 ]]
        without "$4"
        # Named, with Kitsu's own words, as a record and for people.
        records Result 'select(.status == "failed") | "\(.entity.name) \(.message)"' | grep "^$5 .*no, $code, says Kitsu"
        grep "$5" "$err" | grep "no, $code, says Kitsu"
        (($(records Summary .failed) >= 1))
        completed
    done
}

@test "an episode is refused: what is below it waits, the rest goes on" {
    case_refused POST '/episodes$' '"E02"' ' E02(/|$| )' E02 403 500
    # What could not be made for that reason is named.
    name=${name}_x
    made small tvshow
    refuse 400 POST '/episodes$' '"E02"'
    push
    records Skipped '"\(.entity.name) \(.code)"' >named
    records Result 'select(.status == "failed") | .entity.name' >>named
    grep E02_SH010 named || grep -x SH010 named
    grep E02_SH020 named || grep -x SH020 named
}

@test "a sequence is refused" { case_refused POST '/sequences$' '"SQ01".*E?' ' E0[12]/SQ01' SQ01 409 500; }
@test "a shot is refused" { case_refused POST '/shots$' '"SH500"' '/SH500' SH500 400 500; }
@test "an asset is refused" { case_refused POST '/assets/new$' '"bear"' '/bear' bear 403 500; }

@test "an asset type is refused" {
    name=${name}_t
    # Another name, as types are the whole server's.
    sed "s/Creatures/Types$RANDOM/g" "$(tree small)" >tree.tree
    type=$(grep -o 'AssetType [^ ]*' tree.tree | cut -d ' ' -f 2)
    made "$PWD/tree.tree" tvshow
    refuse 400 POST '/entity-types|/asset-types$' "$type"
    push
    [[ $status == 1 ]]
    grep "$type" "$err" | grep "no, 400, says Kitsu"
    [[ $(kitsu_has | grep -c -e /hero -e /bear) == 0 ]]
    [[ $(kitsu_has | grep -c SH010) == 2 ]]
    relay_does
    push
    as_expected "$PWD/tree.tree"
    again 1
}

@test "tasks are refused: the entities are there" {
    for code in 400 500; do
        name=${name}_$code
        made small tvshow
        refuse "$code" POST '/create-tasks|/data/tasks$' ''
        push
        [[ $status == 1 ]]
        [[ $(kitsu_has | cut -d ' ' -f 1-2 | sort) == "$(expected kitsu small | cut -d ' ' -f 1-2 | sort)" ]]
        grep "no, $code, says Kitsu" "$err"
        completed
    done
}

@test "a task type is refused" {
    sed "s/SequenceBoard/Board$RANDOM/g" "$(tree small)" >tree.tree
    made "$PWD/tree.tree" tvshow
    refuse 400 POST '/data/task-types$' ''
    push
    [[ $status == 1 ]]
    grep "no, 400, says Kitsu" "$err"
    [[ $(kitsu_has | grep -c hero) == 1 ]]
    relay_does
    push
    as_expected "$PWD/tree.tree"
    again 1
}

@test "long words of Kitsu's that are cut in the midst of a character: the record is one" {
    made small tvshow
    words=$(printf 'ä%.0s' {1..700})
    for shift in '' x; do
        relay_does "$(jq -n --arg words "$shift$words" '{rules: [{method: "POST", path: "assets/new$", status: 400, json: {message: $words}}]}')"
        push
        [[ $status == 1 && $(records Summary .failed) -gt 0 ]]
        iconv -f utf-8 -t utf-8 "$records" >/dev/null
        records Result 'select(.status == "failed").message' | grep -q 'HTTP 400: x\?ää'
        push-report <"$records" >report
        grep -q '  failed insert of Asset "hero"' report
    done
}

@test "a field is refused" {
    made small tvshow
    push
    zou_put "/data/projects/$p" '{"code": null}' >/dev/null
    synced
    shot=$(zou_find "/data/projects/$p/shots" '.name == "SH010" and .nb_frames == 100')
    op-dump --bare -P "$name" | jq -c --arg db "$AVALON_DB" --arg coll "$name" 'select(.name == "E01_SQ01_SH010")
        | {type: "Change", operationType: "update", ns: {db: $db, coll: $coll}, documentKey: {_id},
           updateDescription: {updatedFields: {"data.frameEnd": 1150}, removedFields: []},
           fullDocumentBeforeChange: {data: {frameEnd: .data.frameEnd}}}' | op-apply >"$results"
    refuse 403 PUT "/data/entities/$shot" ''
    push
    [[ $status == 1 ]]
    grep SH010 "$err" | grep "no, 403, says Kitsu"
    relay_does
    push
    [[ $(zou_get "/data/entities/$shot" | jq -c '[.data.frame_out, .nb_frames]') == '[1150,150]' ]]
    again 1
}

@test "a field of one that was linked by its name is refused: the document keeps its own" {
    made small tvshow
    episode=$(zou_find "/data/projects/$p/episodes" '.name == "E01"')
    shot=$(zou_shot "$p" "$(zou_sequence "$p" SQ01 "$episode")" SH010)
    refuse 403 PUT "/data/entities/$shot" ''
    push
    [[ $status == 1 ]]
    [[ $(op-dump --bare -P "$name" | jq -c --arg id "$shot" 'select(.data.zou.id == $id).data | [.frameStart, .frameEnd]') == '[1001,1100]' ]]
    relay_does
    push
    [[ $(zou_get "/data/entities/$shot" | jq -c '[.data.frame_out, .nb_frames]') == '[1100,100]' ]]
    again 1
}

# ---- answers that are lost --------------------------------------------------

# what_is_made: the paths of the requests that make something
what_is_made=(/assets/new /shots$ /sequences$ /episodes$ create-tasks)

# case_lost RULE PATH...: what Kitsu made and nobody heard of is looked for, not asked
# for again; of each PATH the first answer is lost, all in one push
case_lost() {
    local path rule=$1 rules=
    shift
    for path; do
        rules+=,"{\"method\": \"POST\", \"path\": \"$path\", \"times\": 1, \"pass\": true, $rule}"
    done
    made small tvshow
    relay_does "{\"rules\": [${rules#,}]}"
    push
    echo "$*: status $status, again: $(relayed '.twice[]' | tee twice)"
    # Of the tree something is skipped, hence the status.
    [[ $status == 1 && $(records Summary .failed) == 0 && ! -s twice ]]
    relayed >requests
    for path; do
        grep -q "^POST .*${path%$}" requests
    done
    as_expected small
    completed
}

@test "Kitsu made a type, of assets or of tasks, and nobody heard of it: all is done at once" {
    for path in entity-types task-types; do
        name=${name}x
        sed "s/Creatures/Creatures$name/g; s/Grooming/Grooming$name/g" "$BATS_TEST_DIRNAME/../cases/zou-push/small.tree" >types.tree
        made "$PWD/types.tree" tvshow
        relay_does "{\"rules\": [{\"method\": \"POST\", \"path\": \"$path\$\", \"times\": 1, \"pass\": true, \"reset\": true}]}"
        push
        [[ $(records Summary .failed) == 0 && $(relayed | grep -c "POST.*$path ") == 1 ]]
        again 1
    done
}

@test "Kitsu made it and the connection was reset" {
    # One at a time, as what a first loss makes known may help with the next.
    local path base=$name
    for path in "${what_is_made[@]}"; do
        name=${base}_${path//[^a-z]/}
        case_lost '"reset": true' "$path"
    done
}

@test "Kitsu made it and the answer was cut" { case_lost '"cut": 20' "${what_is_made[@]}"; }
@test "Kitsu made it and a proxy said 504" { case_lost '"status": 504' "${what_is_made[@]}"; }
@test "Kitsu made it and a proxy said 502" { case_lost '"status": 502' "${what_is_made[@]}"; }
@test "Kitsu made it and a proxy said 503" { case_lost '"status": 503' "${what_is_made[@]}"; }
@test "Kitsu made it and answered 500" { case_lost '"status": 500' "${what_is_made[@]}"; }
@test "Kitsu made it and a proxy said 408" { case_lost '"status": 408' "${what_is_made[@]}"; }

@test "Kitsu is not reached by any of the POSTs for a while: what it lacks is sent again" {
    local path code base=$name
    # Each path, and each code.
    for path in "/assets/new 502" "/shots$ 503" "create-tasks 504" "/data/tasks$ 503"; do
        code=${path#* } path=${path% *}
        name=${base}_${path//[^a-z]/}
        made small tvshow
        relay_does "{\"rules\": [{\"method\": \"POST\", \"path\": \"$path\", \"times\": 2, \"status\": $code}]}"
        push
        echo "$path: status $status"
        [[ $status == 1 && $(records Summary .failed) == 0 && -z $(relayed '.twice[]') ]]
        as_expected small
    done
}

@test "a POST that a proxy answers with 503 each time is not sent forever" {
    for path in /assets/new create-tasks; do
        name=${name}x
        made small tvshow
        relay_does "{\"rules\": [{\"method\": \"POST\", \"path\": \"$path\", \"status\": 503}]}"
        push
        ((status))
        completed
    done
}

@test "503 and 429 are tried again" {
    made small tvshow
    relay_does '{"rules": [{"method": "POST", "status": 503, "times": 2}, {"method": "POST", "path": "assets", "status": 429, "times": 1},
        {"method": "GET", "path": "/data/", "status": 502, "times": 1}]}'
    push
    as_expected small
    [[ $(records Result 'select(.status == "failed") | tojson') == "" ]]
    again 1
}

@test "a token that expires on the way" {
    made small tvshow
    relay_does '{"rules": [{"method": "POST", "path": "/shots$", "status": 401, "json": {"msg": "Token has expired"}, "times": 1}]}'
    push
    as_expected small
    [[ $(records Result 'select(.status == "failed") | tojson') == "" ]]
    again 1
}

@test "a list that cannot be read: the project is left alone" {
    made small tvshow
    relay_does '{"rules": [{"method": "GET", "path": "/assets$", "status": 500}]}'
    push
    ((status))
    [[ -z $(writes) && -z $(records Change) ]]
    relay_does '{"rules": [{"method": "GET", "path": "/shots$", "cut": 1}]}'
    push
    ((status))
    [[ -z $(writes) && -z $(records Change) ]]
    completed
}

@test "what was made cannot be read back: the project is left, the others go on, the next push links it" {
    local first_name=a$name
    in_op small "$first_name"
    zou_project "$first_name" tvshow >/dev/null
    made small tvshow
    relay_does '{"rules": [{"method": "GET", "path": "/data/entities\\?id=", "status": 500, "times": 1}]}'
    status=0
    op-dump -P "$first_name" -P "$name" >"$dump"
    zou_push <"$dump" >"$records" 2>"$err" || status=$?
    [[ $status == 1 && $(grep -c "$first_name.*the rest of the project is not pushed" "$err") == 1 ]]
    apply_records
    as_expected small
    completed
}

@test "of two projects that are linked to one of Kitsu's, one is pushed" {
    made small tvshow
    push
    op-dump -P "$name" | jq -c --arg copy "z$name" 'select(.type == "Document") | .document
        | if .type == "project" then .name = $copy else . end
        | {type: "Change", operationType: "insert", ns: {db: env.AVALON_DB, coll: $copy}, documentKey: {_id}, fullDocument: .}' |
        op-apply >"$results"
    status=0
    op-dump -P "z$name" >"$dump"
    relay_does
    zou_push --delete <"$dump" >"$records" 2>"$err" || status=$?
    [[ $status == 1 && -z $(writes) && ! -s $records ]]
    grep "z$name.*same project in Kitsu as \"$name\"" "$err"
}

@test "a server that is not there: 69" {
    made small tvshow
    op-dump -P "$name" >"$dump"
    run --separate-stderr zou-push -s http://127.0.0.1:1 <"$dump"
    [[ $status == 69 && $output != *'"Change"'* && $stderr == *"127.0.0.1:1"* ]]
}

# ---- rights -------------------------------------------------------------------

@test "a project that Kitsu lacks: said, the others go on" {
    in_op small "a$name"
    in_op small "z$name"
    made small tvshow
    status=0
    op-dump -P "a$name" -P "$name" -P "z$name" >"$dump"
    zou_push <"$dump" >"$records" 2>"$err" || status=$?
    cat "$err"
    [[ $status == 1 ]]
    apply_records
    as_expected small
    for missing in "a$name" "z$name"; do
        grep "$missing" "$err" | grep -i 'create it in kitsu'
        [[ $(grep -c "$missing" "$err") == 1 ]]
    done
    [[ $(records Summary .project) == "$name" || $(records Summary .project | wc -l) == 3 ]]
}

# as_person ROLE [project]: whom zou-push then is
as_person() {
    local person
    KITSU_LOGIN=$1$RANDOM@example.com
    person=$(zou_person "$KITSU_LOGIN" "$1")
    for project in "${@:2}"; do
        zou_team_add "$project" "$person"
    done
}

@test "a user who is in one project's team only: that one is pushed, the other said" {
    made small tvshow
    other=$name q=$p
    name=b$name
    made small tvshow
    as_person manager "$p"
    status=0
    op-dump -P "$other" -P "$name" >"$dump"
    zou_push <"$dump" >"$records" 2>"$err" || status=$?
    sed "s/^/said: /" "$err"
    [[ $status == 1 ]]
    apply_records
    # A manager may not make types for the whole server; an administrator then does.
    [[ $(kitsu_has | grep -c SH0) -ge 3 ]]
    grep "$other" "$err"
    [[ $(kitsu_has "$q") == "Episode E01" ]]
    source "$BATS_FILE_TMPDIR/studio/env"
    completed
}

@test "an artist in the team has no right: said, nothing is half done, the others go on" {
    made small tvshow
    as_person user "$p"
    push
    [[ $status == 1 ]]
    [[ $(kitsu_has) == "Episode E01" ]]
    [[ -s $err ]]
    # Not a hundred times the same.
    (($(wc -l <"$err") < 20))
    (($(writes | wc -l) < 20))
    source "$BATS_FILE_TMPDIR/studio/env"
    completed
}

@test "a wrong password: 77, and it is in no message" {
    made small tvshow
    op-dump -P "$name" >"$dump"
    KITSU_PWD=not-the-password XDG_RUNTIME_DIR=$PWD run --separate-stderr zou-push -s "$RELAY" <"$dump"
    [[ $status == 77 && $stderr != *not-the-password* ]]
}

@test "a closed project of Kitsu's" {
    made small tvshow
    zou_close_project "$p"
    push
    [[ $status == 0 || $status == 1 ]]
    [[ -s $err ]] || [[ $(kitsu_has) != "Episode E01" ]]
    zou_open_project "$p"
    completed
}

# ---- what Kitsu has already ----------------------------------------------------

@test "a linked document whose entity is canceled is left alone" {
    made small tvshow
    push
    hero=$(zou_find "/data/projects/$p/assets" '.name == "hero"')
    shot=$(zou_find "/data/projects/$p/shots" '.name == "SH010" and .nb_frames == 100')
    zou_delete "/data/assets/$hero" >/dev/null
    zou_delete "/data/shots/$shot" >/dev/null
    kitsu_has >before
    [[ $(grep -c canceled before) == 2 ]]
    relay_does
    push
    [[ -z $(writes) ]]
    kitsu_has | diff before -
}

@test "a new document of a canceled shot's place: conflict" {
    p=$(zou_project "$name" tvshow)
    sequence=$(zou_sequence "$p" SQ01 "$(zou_find "/data/projects/$p/episodes" '.name == "E01"')")
    shot=$(zou_shot "$p" "$sequence" SH010)
    zou_tasks "$p" "$(zou_task_type Animation Shot)" shots "$shot" >/dev/null
    zou_delete "/data/shots/$shot" >/dev/null
    in_op small
    push
    [[ $status == 1 ]]
    records Skipped '"\(.code) \(.entity.name)"' | grep -x 'conflict E01_SQ01_SH010'
    [[ $(kitsu_has | grep -c E01/SQ01/SH010) == 1 ]]
    again 1
}

@test "two documents for one entity: one is linked, the other Skipped" {
    made film
    push
    [[ $(records Skipped 'select(.code == "duplicate") | .entity.name') == SH010 ]]
    as_expected film
}

# ---- two at once ----------------------------------------------------------------

@test "ended by a signal, it links what Kitsu has made" {
    local made
    for after in '"Sequence"' '"Task"'; do
        name=${name}x
        made small tvshow
        relay_does '{"delay": 0.3}'
        op-dump -P "$name" >"$dump"
        zou_push <"$dump" >"$records" 2>"$err" 3>&- &
        pusher=$!
        if [[ $after == *Task* ]]; then
            until relayed | grep -q create-tasks; do sleep 0.05; done
        else
            until grep -q '"insert".*"Sequence"' "$records"; do sleep 0.05; done
        fi
        kill "$(<"$pid_file")"
        status=0
        wait "$pusher" || status=$?
        [[ $status == 143 ]]
        grep "ended by a signal" "$err"
        # Each document of what was made, and of each task, has a link.
        apply_records
        records Result 'select(.operationType == "insert" and .documentKey and .entity.type != "Task").entity.id' | sort >new
        [[ -s new ]]
        op-dump --bare -P "$name" | jq -r '.data.zou.id // empty' | sort | comm -13 - new >unlinked
        [[ ! -s unlinked ]]
        made=$(zou_get "/data/projects/$p/tasks" | jq length)
        [[ $after != *Task* || $made -gt 0 ]]
        [[ $(op-dump --bare -P "$name" | jq -s '[.[].data.tasks // {} | .[].zou.id | values] | length') == "$made" ]]
        completed
    done
}

@test "two pipes at once: everything once" {
    made small tvshow
    relay_does '{"delay": 0.05}'
    pipe() { op-dump -P "$name" | bash -c 'exec zou-push "$@"' x -s "$RELAY" | op-apply >"$1" 2>&1 || true; }
    pipe one 3>&- &
    one=$!
    pipe two 3>&- &
    wait "$one" $!
    relay_does
    push
    as_expected small
    again 1
}

@test "another holds the lease: 75, and nothing is written" {
    made small tvshow
    mkfifo held
    op-lease <held >lease 3>&- &
    holder=$!
    exec {held}>held
    until [[ -s lease ]]; do sleep 0.05; done
    op-dump -P "$name" >"$dump"
    status=0
    zou_push --wait 0 <"$dump" >"$records" 2>"$err" {held}>&- || status=$?
    exec {held}>&-
    wait "$holder"
    [[ $status == 75 && -z $(writes) && -z $(records Change) ]]
}
