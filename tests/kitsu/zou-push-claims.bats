#!/usr/bin/env bats
# zou-push: one comment for one publish, whoever hands it in and however often.
# Takes about 160 s.
# shellcheck disable=SC1091,SC2016,SC2030,SC2031,SC2154 # bats' run and subshells

bats_require_minimum_version 1.5.0

setup_file() {
    load ../lib/common
    load ../lib/zou
    own_kitsu_start
    project=$(zou_project claims)
    sequence=$(zou_sequence "$project" SQ01)
    animation=$(zou_task_type Animation Shot)
    export project sequence animation
    "$STUDIO_VENV/bin/python" -c '
import sys
from PIL import Image
Image.new("RGB", (64, 48), (200, 30, 30)).save(sys.argv[1] + "/one.png")
Image.new("RGB", (32, 24), (30, 200, 30)).save(sys.argv[1] + "/two.png")
' "$BATS_FILE_TMPDIR"
    "$BATS_TEST_DIRNAME/../servers/http-relay" "127.0.0.1:$STUDIO_NGINX_PORT" >"$BATS_FILE_TMPDIR/relay" 3>&- &
    echo $! >"$BATS_FILE_TMPDIR/relay.pid"
    until [[ -s $BATS_FILE_TMPDIR/relay ]]; do sleep 0.02; done
}

teardown_file() {
    load ../lib/zou
    kill "$(<"$BATS_FILE_TMPDIR/relay.pid")" || true
    own_kitsu_stop
}

setup() {
    load ../lib/common
    load ../lib/zou
    load ../lib/store
    own_home 0.5
    unset OPENPYPE_MONGO
    export KITSU_TOKEN=$ZOU_TOKEN
    case $BATS_TEST_DESCRIPTION in
        mongodb:*) use_mongo ;;
        *) use_sqlite ;;
    esac
    cp "$BATS_FILE_TMPDIR"/{one,two}.png .
    echo notes >notes.txt
    KITSU_SERVER=http://127.0.0.1:$(<"$BATS_FILE_TMPDIR/relay")/api
    relay_does
    new_task
    pids=()
    shopt -s lastpipe # push is often a pipe's end, and sets $status
}

teardown() {
    ((!${#pids[@]})) || kill -KILL "${pids[@]}" 2>/dev/null || true
}

# A shot of its own with one task, $task.
new_task() {
    shot=$(zou_shot "$project" "$sequence" "SH${BATS_TEST_NUMBER}_$RANDOM$RANDOM")
    task=$(zou_tasks "$project" "$animation" shots "$shot")
}

# comment [JQ-FILTER]: a Comment record for $task
comment() {
    jq -nc --arg task "$task" '{type: "Comment", publish_id: $task, instance: 0, task_id: $task, text: "done",
        previews: ["one.png", "two.png"], attachments: ["notes.txt"]} | '"${1-.}"
}

# push ARGUMENT... <RECORDS
push() {
    status=0
    zou-push "$@" >out 2>err || status=$?
    echo "status $status"
    cat out err
}

# there FILTER: of the task's comments in Kitsu, by now
there() { zou_get "/data/tasks/$task/comments" | jq -c "$1"; }

# All is there, once.
check_there() {
    [[ $(there '[.[] | [.text, (.previews | sort_by(.position) | map([.original_name, .status, .revision, .position])), (.attachment_files | map(.name))]]') == '[["done",[["one","ready",1,1],["two","ready",1,2]],["notes.txt"]]]' ]]
}

# relay_does [RULES]: and forgets what was counted
relay_does() { curl -sS -X PUT --data-binary "{\"rules\": [${1-}]}" "$KITSU_SERVER/relay" >/dev/null; }

# posts PATTERN: how many of them were sent
posts() { curl -sS "$KITSU_SERVER/relay" | jq --arg path "$1" '[.requests[] | select(.[0] == "POST" and (.[1] | test($path)))] | length'; }

# requested PATTERN: waits until one was
requested() {
    until curl -sS "$KITSU_SERVER/relay" | jq -e --arg path "$1" 'any(.requests[]; "\(.[0]) \(.[1])" | test($path))' >/dev/null; do
        sleep 0.1
    done
}

# claims: what the store remembers of comments, by now
claims() { remembered | jq -c 'select(.type == "comment")'; }

remembered() {
    case $OP_STORE in
        sqlite:*) [[ ! -e op.db ]] || sqlite3 -cmd '.timeout 5000' op.db "SELECT document FROM openpype WHERE collection = 'opkitsu_comments'" ;;
        *)
            "$STUDIO_VENV/bin/python" -c '
import json, pymongo, sys
for document in pymongo.MongoClient(sys.argv[1])[sys.argv[2]].opkitsu_comments.find():
    print(json.dumps(document))
' "$OP_STORE" "$OPENPYPE_DATABASE_NAME"
            ;;
    esac
}

# hand_in N [ARGUMENT]...: N of them begin to push `record`; $pids
hand_in() {
    local n=$1
    shift
    pids=()
    for ((i = 0; i < n; i++)); do
        zou-push "$@" <record >"out$i" 2>"err$i" 3>&- &
        pids+=($!)
    done
}

# ends: they have ended; $ended has their statuses
ends() {
    ended=()
    for pid in "${pids[@]}"; do
        status=0
        wait "$pid" || status=$?
        ended+=("$status")
    done
    pids=()
    echo "ended: ${ended[*]}"
    cat err*
}

# --- At the same moment -------------------------------------------------------

twenty() {
    comment >record
    hand_in 20
    ends
    [[ ${ended[*]} == "$(printf '0 %.0s' {1..19})0" ]]
    [[ $(cat out? out?? | jq -r .status | sort | uniq -c | xargs) == "1 applied 19 unchanged" ]]
    # Everybody has the same result.
    [[ $(cat out? out?? | jq -c 'del(.status)' | sort -u | wc -l) == 1 ]]
    [[ $(posts '/comment$') == 1 ]]
    check_there
    # Nobody has claimed it any more.
    [[ $(claims | jq -c '[has("owner"), has("expires"), .comment_id != null]') == '[false,false,true]' ]]
}

@test "sqlite: twenty at once: one comment, whole" { twenty; }
@test "mongodb: twenty at once: one comment, whole" { twenty; }

# Those that are killed must not have done half of it for good. The dice are those of $SEED.
killed() {
    export OPKITSU_CLAIM_SECONDS=3
    RANDOM=${SEED-$RANDOM}
    comment >record
    hand_in 20 --wait 60
    for ((n = 0; n < 12; n++)); do
        sleep "0.0$((RANDOM % 10))"
        kill -KILL "${pids[RANDOM % 20]}" 2>/dev/null || true
    done
    # Also the one that is at it.
    owner=$(claims | jq -r '.owner // ""')
    [[ ! $owner =~ -([0-9]+)-[0-9a-f]+$ ]] || kill -KILL "${BASH_REMATCH[1]}" 2>/dev/null || true
    ends
    for status in "${ended[@]}"; do ((status == 0 || status == 137 || status == 75)); done
    push <record
    [[ $status == 0 ]]
    check_there
    [[ $(posts '/comment$') -le 2 ]]
}

@test "sqlite: twenty at once, some of which are killed" { killed; }
@test "mongodb: twenty at once, some of which are killed" { killed; }

# What a proxy says 503 to after Kitsu has done it: each kind of POST, for one of them.
answered_503() {
    export OPKITSU_CLAIM_SECONDS=3
    comment >record
    local rules=() path
    for path in '/comment$' '/add-preview$' '/comments/.*/preview-files/' '/pictures/preview-files/' '/add-attachment$'; do
        rules+=('{"method": "POST", "path": "'"$path"'", "times": 1, "pass": true, "status": 503}')
    done
    relay_does "$(IFS=, && echo "${rules[*]}")"
    hand_in 20 --wait 60
    sleep 0.5
    kill -KILL "${pids[3]}" "${pids[7]}" 2>/dev/null || true
    ends
    for status in "${ended[@]}"; do ((status == 0 || status == 137 || status == 75)); done
    relay_does
    push --wait 60 <record
    [[ $status == 0 ]]
    check_there
}

@test "sqlite: twenty at once, a proxy that answers 503, and kills" { answered_503; }
@test "mongodb: twenty at once, a proxy that answers 503, and kills" { answered_503; }

# --- Claims -------------------------------------------------------------------

@test "who waits for too short gets 75, and posts nothing" {
    comment >record
    relay_does '{"method": "POST", "path": "/comment$", "pass": true, "delay": 2}'
    hand_in 1
    requested 'POST .*/comment$'
    push --wait 0 <record
    [[ $status == 75 && $(jq -r '.status' out) == failed ]]
    [[ $(cat err) == "zou-push: $(claims | jq -r .owner) is posting this publish's comment" ]]
    # Another instance of the same publish is not held up.
    comment '. + {instance: 1, previews: [], attachments: []}' | push --wait 0
    [[ $status == 0 ]]
    ends
    [[ ${ended[*]} == 0 && $(posts '/comment$') == 2 && $(there length) == 2 ]]
}

# taken_over WHEN POSTS: the one that posts is killed; the next one gets 75 until that claim
# has expired, and then looks; so many POSTs of its own
taken_over() {
    comment >record
    echo 0 >pid
    curl -sS -X PUT --data-binary '{"only": "POST", "kill": {"at": 1, "pid": "'"$PWD/pid"'", "when": "'"$1"'"}}' "$KITSU_SERVER/relay" >/dev/null
    bash -c 'echo $$ >pid && exec zou-push <record' >out 2>err 3>&- || true
    [[ $(claims | jq -c '[has("owner"), has("comment_id"), .text]') == '[true,false,"done"]' ]]
    relay_does
    push --wait 0 <record
    [[ $status == 75 && $(posts .) == 0 ]]
    expire_claims
    push <record
    [[ $status == 0 && $(posts '/comment$') == "$2" ]]
    check_there
}

@test "sqlite: an expired claim is taken over: Kitsu had the comment" { taken_over after 0; }
@test "mongodb: an expired claim is taken over: Kitsu had the comment" { taken_over after 0; }
@test "an expired claim is taken over: Kitsu had not heard of it" { taken_over before 1; }

# Its machine's clock was an hour ahead, and is right again.
ahead() {
    export OPKITSU_CLAIM_SECONDS=3
    comment >record
    op-lease </dev/null >/dev/null # which makes the store
    remember '{"_id":"comment:'"$(jq -r .publish_id record)"':0","type":"comment","owner":"x","expires":'"$((EPOCHSECONDS + 3600))"'.5,"task_id":"'"$task"'","text":"done"}'
    push --wait 0 <record
    [[ $status == 75 && $(posts '/comment$') == 0 && $(claims | jq ".expires < $EPOCHSECONDS + 4") == true ]]
    push --wait 10 <record
    [[ $status == 0 && $(posts '/comment$') == 1 ]]
}

@test "sqlite: a claim whose end lies too far ahead is not believed" { ahead; }
@test "mongodb: a claim whose end lies too far ahead is not believed" { ahead; }

@test "an answer that takes longer than the claim: given up before that ends, and looked for" {
    export OPKITSU_CLAIM_SECONDS=2
    comment 'del(.previews, .attachments)' >record
    relay_does '{"method": "POST", "path": "/comment$", "times": 1, "pass": true, "delay": 4}'
    local begun=$EPOCHREALTIME
    push -v <record
    [[ $status == 0 && $(cat err) == *"checking what has arrived"* ]]
    jq -ne --arg a "$begun" --arg b "$EPOCHREALTIME" '($b | tonumber) - ($a | tonumber) < 3.5'
    [[ $(there length) == 1 ]]
}

@test "a file that takes longer than the claim: it is kept, and nobody takes it over" {
    export OPKITSU_CLAIM_SECONDS=2
    comment 'del(.attachments)' >record
    relay_does '{"method": "POST", "path": "/pictures/preview-files/", "times": 1, "pass": true, "delay": 5}'
    hand_in 1
    requested 'POST .*/pictures/preview-files/'
    push <record
    [[ $status == 0 && $(jq -r .status out) == unchanged ]]
    ends
    [[ ${ended[*]} == 0 && $(posts '/pictures/preview-files/') == 2 && $(there '[.[].previews | length]') == '[2]' ]]
}

# As when a machine sleeps. It is stopped before it posts; while sending is too late.
@test "who sleeps past the claim finds that another has posted it" {
    export OPKITSU_CLAIM_SECONDS=3
    comment >record
    relay_does '{"method": "GET", "path": "/data/tasks/.*/comments$", "times": 1, "pass": true, "delay": 1}'
    hand_in 1
    requested 'GET .*/comments$'
    kill -STOP "${pids[0]}"
    local sleeper=${pids[0]}
    push <record
    [[ $status == 0 && $(jq -r .status out) == applied ]]
    kill -CONT "$sleeper"
    ends
    [[ ${ended[*]} == 0 && $(jq -r .status out0) == unchanged && $(posts '/comment$') == 1 ]]
    check_there
}

@test "what came to nothing leaves nothing behind" {
    comment '.task_id = "00000000-0000-4000-8000-000000000000"' | push
    [[ $status == 1 && ! $(claims) ]]
}

# remember JSON: also this document
remember() {
    case $OP_STORE in
        sqlite:*)
            sqlite3 op.db "INSERT OR REPLACE INTO openpype (collection, id, type, document) VALUES
                ('opkitsu_comments', json_quote(json_extract('$1', '\$._id')), json_extract('$1', '\$.type'), '$1')"
            ;;
        *)
            "$STUDIO_VENV/bin/python" -c '
import json, pymongo, sys
document = json.loads(sys.argv[3])
pymongo.MongoClient(sys.argv[1])[sys.argv[2]].opkitsu_comments.replace_one({"_id": document["_id"]}, document, upsert=True)
' "$OP_STORE" "$OPENPYPE_DATABASE_NAME" "$1"
            ;;
    esac
}

forgotten() {
    local now=$EPOCHSECONDS
    comment '. + {previews: [], attachments: []}' | push
    remember '{"_id":"comment:old:0","type":"comment","task_id":"t","comment_id":"c","at":'$((now - 181 * 86400))'}'
    remember '{"_id":"comment:killed:0","type":"comment","owner":"x","expires":'$((now - 181 * 86400))'.5}'
    # Posted long ago, and somebody is at it again.
    remember '{"_id":"comment:again:0","type":"comment","owner":"x","expires":'$((now + 3600))'.5,"task_id":"t","comment_id":"c","at":'$((now - 181 * 86400))'}'
    remember '{"_id":"comment:young:0","type":"comment","task_id":"t","comment_id":"c","at":'$((now - 179 * 86400))'}'
    comment '. + {instance: 1, previews: [], attachments: []}' | push
    [[ $(claims | wc -l) == 6 ]] # that was done today
    remember '{"_id":"tidied","type":"tidied","tidied_at":'$((now - 90000))'}'
    comment '. + {instance: 2, previews: [], attachments: []}' | push
    [[ $status == 0 && $(claims | jq -r ._id | grep -v "$task" | sort | xargs) == "comment:again:0 comment:young:0" && $(claims | wc -l) == 5 ]]
}

@test "sqlite: what was posted long ago is forgotten, once a day" { forgotten; }
@test "mongodb: what was posted long ago is forgotten, once a day" { forgotten; }

# --- What an answer means -----------------------------------------------------

@test "408 and 500, whether Kitsu has done it or not: looked for, once" {
    local code number path
    for code in 408 500; do
        while read -r path number; do
            new_task
            relay_does '{"method": "POST", "path": "'"$path"'", "times": 1, "pass": '"$([[ $number == *d ]] && echo true || echo false)"', "status": '"$code"'}'
            comment | push
            echo "$code $path: $(posts "$path")"
            [[ $status == 0 && $(posts "$path") == "${number%d}" ]]
            check_there
        done <<'END'
/comment$ 1d
/comment$ 2
/add-preview$ 1d
/pictures/preview-files/ 2d
/add-attachment$ 1d
END
    done
}

# --- What Kitsu refuses -------------------------------------------------------

# Its preview, which the first answer left behind, is deleted: no other file is sent to it.
@test "a file whose first answer was lost, and that Kitsu refuses: the others are posted" {
    echo cache >cache.abc
    comment '.previews = ["'"$PWD"'/cache.abc"] + .previews' >record
    relay_does '{"method": "POST", "path": "/pictures/", "times": 1, "status": 502}'
    push <record
    [[ $status == 1 && $(posts '/pictures/') == 4 && $(jq -c .status out) == '"applied"' && $(jq -r .message out) == "posted, without cache.abc: "* ]]
    check_there
}

@test "a file that Kitsu refuses: posted without it, 1; once more: nothing to do, 0" {
    echo cache >cache.abc
    comment '.previews += ["'"$PWD"'/cache.abc"]' >record
    push <record
    [[ $status == 1 && $(jq -c '[.status, .refused, (.previews | length)]' out) == '["applied",["'"$PWD"'/cache.abc"],2]' ]]
    [[ $(jq -r .message out) == "posted, without cache.abc: POST "*": HTTP 400: Wrong file format, extension: abc" ]]
    [[ $(cat err) == "zou-push: task $task: posted, without cache.abc: "* ]]
    check_there
    relay_does
    push <record
    [[ $status == 0 && ! -s err && $(jq -c '[.status, has("refused")]' out) == '["unchanged",false]' ]]
    [[ $(jq -r .message out) == "posted, without cache.abc: "* && $(curl -sS "$KITSU_SERVER/relay" | jq -c .requests) == '[]' ]]
    rm cache.abc # it may have moved on
    push <record
    [[ $status == 0 ]]
    # Another file of that name is another attempt.
    echo 'another cache' >cache.abc
    push <record
    [[ $status == 1 && $(posts '/pictures/') == 1 ]]
    push <record
    [[ $status == 0 && $(posts '/pictures/') == 1 ]]
    check_there
}

@test "twenty at once with a file that Kitsu refuses: it is tried once" {
    echo cache >cache.abc
    comment '.attachments = [] | .previews = ["cache.abc"]' >record
    hand_in 20
    ends
    [[ $(printf '%s\n' "${ended[@]}" | sort | uniq -c | xargs) == "19 0 1 1" ]]
    [[ $(posts '/pictures/') == 1 && $(there '[.[] | .text, (.previews | length)]') == '["done",0]' ]]
}
