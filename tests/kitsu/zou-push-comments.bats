#!/usr/bin/env bats
# zou-push with Comment records, against a real Zou.
# Takes about 530 s.
# shellcheck disable=SC1091,SC2016,SC2030,SC2031,SC2154 # bats' run and subshells

bats_require_minimum_version 1.5.0

# A Kitsu of its own: with a queue for films, as studios have it (nobody works it
# off here), and with limits. A job's pictures would wait as films do.
setup_file() {
    load ../lib/common
    load ../lib/zou
    STUDIO_ZOU_ENV="MAX_CONTENT_LENGTH=4000000" \
        STUDIO_NGINX='if ($content_length ~ "^3[0-9]{6}$") { return 413; }' \
        own_kitsu_start --no-events
    project=$(zou_project comments)
    sequence=$(zou_sequence "$project" SQ01)
    animation=$(zou_task_type Animation Shot)
    wfa=$(zou_task_status "Waiting For Approval")
    todo=$(zou_task_status Todo)
    export project sequence animation wfa todo
    artist=$(zou_person artist@example.com user)
    zou_person stranger@example.com user >/dev/null
    zou_team_add "$project" "$artist"
    export artist
    make_files "$BATS_FILE_TMPDIR"
}

teardown_file() {
    load ../lib/zou
    own_kitsu_stop
}

# Pictures that are pictures; Zou looks into them.
make_files() {
    "$STUDIO_VENV/bin/python" - "$1" <<'END'
import os, sys
from PIL import Image
os.chdir(sys.argv[1])
Image.new("RGB", (64, 48), (200, 30, 30)).save("one.png")
Image.new("RGB", (32, 24), (30, 200, 30)).save("two.jpg")
Image.new("RGB", (16, 16), (30, 30, 200)).save("drei \"Ö\" Ж.png")
END
    printf 'RIFF of a film that nobody looks into' >"$1/film.mp4"
    echo notes >"$1/notes.txt"
    head -c 2500 /dev/urandom >"$1/scene \"Ö\".ma"
    echo 'no picture' >"$1/broken.png"
    echo 'what is this' >"$1/some.thing"
    : >"$1/empty.png"
}

setup() {
    load ../lib/common
    load ../lib/zou
    load ../lib/store
    own_home 0.5
    unset KITSU_TOKEN OPENPYPE_MONGO
    use_sqlite
    find "$BATS_FILE_TMPDIR" -maxdepth 1 -type f -exec cp {} . \;
    zou=$KITSU_SERVER
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

# comment [JQ-FILTER]: a Comment record for $task.
comment() {
    local record='{"type":"Comment","publish_id":"p1","instance":0,"task_id":"'$task'","text":"done"}'
    if (($#)); then
        jq -c --arg wfa "$wfa" "$1" <<<"$record"
    else
        echo "$record"
    fi
}

# push ARGUMENT... <RECORDS
push() {
    status=0
    zou-push "$@" >out 2>err || status=$?
    echo "status $status"
    cat out err
}

result() { jq -r "$1" out; }

# there FILTER: of the task's comments in Kitsu, by now.
there() { zou_get "/data/tasks/$task/comments" | jq -c "$1"; }

writes() {
    awk '$1 != "GET" && !/zou.bash/ && !/auth/' \
        "$BATS_FILE_TMPDIR/kitsu/nginx-access.log" | wc -l
}
requests() { grep -vc zou.bash "$BATS_FILE_TMPDIR/kitsu/nginx-access.log" || true; }

# --- Comments ----------------------------------------------------------------

@test "with a status, by id; and without one" {
    comment '. + {task_status_id: $wfa, task_status: "nonsense"}' | push
    [[ $status == 0 && ! -s err ]]
    [[ $(result '[.type, .status, .operationType, .to, .entity.type, .task_id, .publish_id, .instance, .previews, .attachments, .message] | tojson') == '["Result","applied","insert","kitsu","Comment","'$task'","p1",0,[],[],null]' ]]
    [[ $(there '[.[] | [.id, .text, .task_status.short_name]]') == '[["'$(result .entity.id)'","done","wfa"]]' ]]
    [[ $(zou_get "/data/tasks/$task" | jq -r .task_status_id) == "$wfa" ]]
    comment '. + {publish_id: "p2", text: "more"}' | push
    [[ $status == 0 && ! -s err ]]
    [[ $(there '[.[] | [.text, .task_status.short_name]]') == '[["more","wfa"],["done","wfa"]]' ]]
}

@test "a status by its short name" {
    comment '. + {task_status: "wfa", task_status_id: null}' | push
    [[ $status == 0 && ! -s err ]]
    [[ $(there '[.[].task_status.short_name]') == '["wfa"]' ]]
}

@test "a short name that there is not, or in another case: the present status, and a message" {
    for name in nonsense WFA ''; do
        new_task
        comment '. + {publish_id: "'"x$name"'", task_status: "'"$name"'"}' | push
        [[ $status == 0 ]]
        [[ $(result .status) == applied && $(result .message) == "no task status has the short name \"$name\""* ]]
        [[ $(cat err) == "zou-push: task $task: no task status has the short name \"$name\" (case counts): the status does not change" ]]
        [[ $(there '[.[].task_status_id]') == "[\"$todo\"]" ]]
    done
}

@test "text: quotes, newlines, unicode, blanks, none" {
    local texts='["\"a\" \\ '"'"'b'"'"'\n\n\t{c} <b>d</b>\r\n ", "Ж 日本 \ud83d\ude00 \u2028", "", "  ", "{\"x\": 1}", "%s%n"]'
    jq -c --argjson record "$(comment)" 'to_entries[] | $record + {instance: .key, text: .value}' <<<"$texts" | push
    [[ $status == 0 && ! -s err ]]
    [[ $(result .status | sort | uniq -c) == *" 6 applied" ]]
    [[ $(there '[.[].text] | reverse') == "$(jq -c . <<<"$texts")" ]]
    # Each is known again, also one that has no text.
    jq -c --argjson record "$(comment)" 'to_entries[] | $record + {instance: .key, text: .value}' <<<"$texts" | push
    [[ $(result .status | sort | uniq -c) == *" 6 unchanged" ]]
    comment 'del(.text) + {instance: 10}' | push
    [[ $(there '.[0].text') == '""' ]]
}

@test "previews of one revision, attachments; names as they are" {
    comment '. + {previews: ["one.png", "./two.jpg", "drei \"Ö\" Ж.png", "scene \"Ö\".ma"], attachments: ["notes.txt", "scene \"Ö\".ma"]}' | push
    [[ $status == 0 && ! -s err ]]
    [[ $(there '.[0].previews | sort_by(.position) | map([.revision, .position, .original_name, .extension, .status])') == '[[1,1,"one","png","ready"],[1,2,"two","png","ready"],[1,3,"drei \"Ö\" Ж","png","ready"],[1,4,"scene \"Ö\"","ma","ready"]]' ]]
    [[ $(there '.[0].previews | sort_by(.position) | map(.id)') == "$(result '.previews | tojson')" ]]
    [[ $(there '.[0].attachment_files | map([.name, .size]) | sort') == '[["notes.txt",6],["scene \"Ö\".ma",2500]]' ]]
    [[ $(there '.[0].attachment_files | map(.id) | sort') == "$(result '.attachments | sort | tojson')" ]]
    # What has arrived is what was sent.
    local id
    id=$(result '.attachments[1]')
    curl -sSf -H "Authorization: Bearer $ZOU_TOKEN" "$KITSU_SERVER/data/attachment-files/$id/file/x" | cmp - 'scene "Ö".ma'
    # The next publish has the next revision.
    comment '. + {publish_id: "p2", previews: ["one.png"]}' | push
    [[ $(there '.[0].previews | map([.revision, .position])') == '[[2,1]]' ]]
}

@test "repeated: nothing is done, nor asked; what is missing is" {
    comment '. + {previews: ["one.png"], attachments: ["notes.txt"]}' >record
    push <record
    local before
    before=$(requests)
    cp out first
    rm one.png # published files may have moved on
    push <record
    [[ $status == 0 && $(requests) == "$before" ]]
    diff <(jq '.status = "unchanged"' first) <(jq . out)
    jq -c '.previews += ["two.jpg"] | .attachments = ["scene \"Ö\".ma"] + .attachments' record | push
    [[ $status == 0 && $(result .status) == applied ]]
    [[ $(there '[.[] | [(.previews | length), (.attachment_files | length)]]') == '[[2,2]]' ]]
    [[ $(result '.previews[0]') == $(jq -r '.previews[0]' first) ]]
    push <record # and those are not forgotten
    [[ $(result .status) == unchanged ]]
    # Another instance of the same publish is another comment, though it looks the same.
    comment '.instance = 1' | push
    [[ $(result .status) == applied && $(there length) == 2 ]]
}

@test "without a publish_id nothing is remembered, which -v says" {
    comment 'del(.publish_id)' >record
    push <record
    [[ $status == 0 && ! -s err && $(result 'has("publish_id")') == false ]]
    push -v <record
    [[ $(cat err) == *"without a \"publish_id\" is not remembered"* ]]
    [[ $(there length) == 2 && ! -e op.db ]]
}

# --- What fails --------------------------------------------------------------

@test "a file that is missing, empty, no file, not to be read: nothing is posted" {
    mkfifo pipe
    mkdir folder
    for file in none.png empty.png folder pipe /dev/zero; do
        comment '. + {previews: ["one.png", "'$file'"]}, (. + {attachments: ["'$file'"], instance: 1})' | push
        [[ $status == 1 && $(result .status | uniq) == failed && $(there length) == 0 ]]
        [[ $(result .message | uniq) == "$file: "* && $(head -n 1 err) == "zou-push: task $task: $file: "* ]]
    done
    [[ ! -e op.db || $(sqlite3 op.db 'SELECT count(*) FROM openpype') == 0 ]]
    cp one.png secret.png
    chmod 000 secret.png
    rm -f op.db # the other user shall be able to make one
    chmod 777 . runtime
    chmod 711 "$BATS_FILE_TMPDIR" "$BATS_SUITE_TMPDIR" "$BATS_RUN_TMPDIR" 2>/dev/null || true
    comment '. + {previews: ["secret.png"]}' >record
    status=0
    XDG_RUNTIME_DIR='' as_nobody "$(command -v zou-push)" <record >out 2>err || status=$?
    cat out err
    [[ $status == 1 && $(result .message) == "secret.png: Permission denied" ]]
}

@test "what Kitsu refuses is failed in its words, and the others go on" {
    comment '(.task_id = "00000000-0000-4000-8000-000000000000"),
        (. + {instance: 1, task_status_id: "00000000-0000-4000-8000-000000000000"}),
        (. + {instance: 2, previews: ["broken.png", "some.thing", "one.png"], attachments: ["notes.txt"]}),
        (. + {instance: 3})' >record
    push <record
    [[ $status == 1 ]]
    [[ $(result .status | xargs) == "failed failed applied applied" ]]
    jq -r .message out | grep -q 'HTTP 404: '
    [[ $(result 'select(.instance == 2) | .message') == "posted, without broken.png: POST /pictures/preview-files/"*": HTTP 400: Uploaded file is not a readable picture.; without some.thing: POST "*": HTTP 400: Wrong file format, extension: thing" ]]
    [[ $(wc -l <err) == 3 ]]
    # The refused ones leave no preview that is being worked on for ever.
    [[ $(there '[.[] | [(.previews | map(.original_name)), (.attachment_files | map(.name))]]') == '[[[],[]],[["one"],["notes.txt"]]]' ]]
    # What was wrong with a file can be mended.
    cp two.jpg mended.jpg
    cp one.png broken.png
    cp notes.txt some.thing
    comment '. + {instance: 2, previews: ["broken.png", "mended.jpg", "one.png"], attachments: ["notes.txt"]}' | push
    [[ $status == 0 && $(there length) == 2 && $(there '.[1].previews | map([.original_name, .revision]) | sort') == '[["broken",1],["mended",1],["one",1]]' ]]
}

@test "a user without the right: 403; a status that artists may not set" {
    export KITSU_LOGIN=stranger@example.com
    comment | push
    [[ $status == 1 && $(result .status) == failed && $(result .message) == *"HTTP 403: "* && $(there length) == 0 ]]
    export KITSU_LOGIN=artist@example.com
    comment | push # not the own task
    [[ $status == 1 && $(result .message) == *"/actions/tasks/$task/comment: HTTP 403: "* && $(there length) == 0 ]]
    zou_assign "$artist" "$task"
    comment '. + {previews: ["one.png"], attachments: ["notes.txt"], task_status_id: $wfa}' | push
    [[ $status == 0 && $(there '[.[] | [.person.full_name, (.previews | length)]]') == '[["artist user",1]]' ]]
}

@test "413: of Zou, and of nginx" {
    # Of noise: a picture that is larger than the limits.
    head -c 4500000 /dev/urandom >zou.mov
    head -c 3500000 /dev/urandom >nginx.mov
    comment '. + {previews: ["zou.mov", "nginx.mov", "one.png"], attachments: ["nginx.mov", "notes.txt"]}' >record
    # Zou hangs up before it has the whole body: now and then nginx makes a 502 of that.
    for ((tries = 0, status = 75; tries < 20 && status == 75; tries++)); do
        push <record
    done
    [[ $status == 1 && $(result .status) == applied ]]
    [[ $(result .message) == "posted, without zou.mov: POST "*": HTTP 413: "*"; without nginx.mov: POST "*": HTTP 413: larger than the server accepts; without nginx.mov: POST "* ]]
    [[ $(there '[.[] | [(.previews | map(.original_name)), (.attachment_files | map(.name))]]') == '[[["one"],["notes.txt"]]]' ]]
}

@test "a wrong password: 77, nothing else" {
    comment '., (.instance = 1)' | KITSU_PWD=wrong push
    [[ $status == 77 && $(result .status) == failed && $(wc -l <out) == 1 && $(wc -l <err) == 1 ]]
    [[ $(there length) == 0 ]]
}

@test "lines that make no sense, and records of others" {
    {
        comment '.task_id = "../../auth"'
        comment '.instance = -1, .instance = "0", .text = 5, .text = "a\u0000b", .previews = "x", .previews = [1], .publish_id = 5, .task_status_id = "a/b"'
        echo '{"type":"Other","x":[1.50]}'
        echo 'no JSON'
        comment
    } >record
    push <record
    [[ $status == 1 && $(wc -l <err) == 10 && $(wc -l <out) == 2 && $(there length) == 1 ]]
    [[ $(head -n 1 out) == '{"type":"Other","x":[1.50]}' ]]
    [[ $(head -n 1 err) == 'zou-push: stdin:1: a Comment without a valid "task_id"' ]]
}

@test "a file that changes its size while it is sent: never taken for whole" {
    for change in 'truncate -s 9M' 'truncate -s +1' 'truncate -s 0'; do
        new_task
        truncate -s 16M scene.ma
        comment '. + {publish_id: "'"$change"'", previews: ["one.png", "scene.ma"]}' >record
        cutter_start 9 hold - # after a log-in, who, status, comments, comment, two for one.png, one
        zou-push <record >out 2>err 3>&- &
        until [[ -e cut/held ]]; do sleep 0.1; done
        $change scene.ma
        touch cut/go
        status=0
        wait $! || status=$?
        cat out err cut/requests
        cutter_stop
        [[ $status == 1 && $(result .status) == failed ]]
        [[ $(result .message) == "scene.ma: the file "*" while it was being sent" ]]
        [[ $(there '.[].previews | map(.original_name)') == '["one"]' ]]
        echo short >scene.ma
        push <record
        [[ $status == 0 && $(there '.[].previews | map(.original_name) | sort') == '["one","scene"]' ]]
        rm -rf runtime/* # for the next log-in
    done
}

@test "500: Kitsu's words; what arrived nevertheless is known" {
    local name
    name=$(printf 'n%.0s' {1..240}).seven78 # Zou's table has room for six letters there
    cp notes.txt "$name"
    comment '. + {attachments: ["'"$name"'", "notes.txt"]}' | push
    [[ $status == 1 && $(result .message) == *"HTTP 500: "* ]]
    [[ $(there '[.[].attachment_files[].name]') == '["notes.txt"]' ]]
}

# --- Streams, options --------------------------------------------------------

@test "-n: what would be done" {
    comment '., (. + {instance: 1, previews: ["none.png"]}), (. + {instance: 2, previews: ["one.png"], attachments: ["notes.txt"]}),
        (. + {instance: 3, task_status: "x"}), (.task_id = "00000000-0000-4000-8000-000000000000")' >record
    local before
    before=$(writes)
    push -n <record
    [[ $status == 1 && $(result .status | xargs) == "planned failed planned planned failed" && $(writes) == "$before" ]]
    [[ $(result 'select(.instance == 2) | .message') == "to be posted, 2 files to send" ]]
    [[ ! -e op.db && $(there length) == 0 ]]
    head -n 1 record | push
    push -n <record
    [[ $(result .status | head -n 1) == unchanged ]]
}

@test "progress: on a terminal only, and not with -q" {
    comment '. + {previews: ["one.png"]}' >record
    script -qec "zou-push <record >out" /dev/null >screen </dev/null
    grep -aq $'one.png: 100 % of 0.0 MiB' screen
    comment '. + {instance: 1, previews: ["one.png"]}' >record
    script -qec "zou-push -q <record >out" /dev/null >screen </dev/null
    [[ ! -s screen && $(result .status) == applied ]]
}

@test "a full disk and a closed stdout: 74, and the rest is not posted" {
    comment '., (.instance = 1)' >record
    status=0
    zou-push <record >/dev/full 2>err || status=$?
    [[ $status == 74 && $(wc -l <err) == 1 && $(there length) == 1 ]]
    status=0
    zou-push <record >&- 2>err || status=$?
    [[ $status == 74 && $(there length) == 1 ]]
    # A reader that has left.
    new_task
    comment '. + {publish_id: "left"} | ., (.instance = 1)' >record
    { zou-push <record 2>err || echo $? >status; } | true
    [[ $(cat status) == 74 && $(there length) == 1 ]]
}

@test "a closed and an empty stdin" {
    status=0
    zou-push <&- >out 2>err || status=$?
    [[ $status == 74 && ! -s out && $(cat err) == "zou-push: stdin: Bad file descriptor" ]]
    push </dev/null
    [[ $status == 0 && ! -s out && ! -s err ]]
}

@test "options" {
    push --password-file x --password-command y </dev/null
    [[ $status == 64 ]]
    push --wait x </dev/null
    [[ $status == 64 ]]
    push something </dev/null
    [[ $status == 64 && $(cat err) == *"\"something\""* ]]
    comment >record
    unset KITSU_LOGIN KITSU_PWD KITSU_SERVER OP_STORE
    push -s "$zou" -d "sqlite:$PWD/other.db" -l admin@example.com --password-command 'echo mysecretpassword' <record
    [[ $status == 0 && -e other.db ]]
    export KITSU_SERVER=$zou
}

# --- The store ---------------------------------------------------------------

@test "a store that cannot be written: said before anything is posted" {
    op-apply </dev/null
    comment >record
    chmod 444 op.db
    chmod 777 . runtime
    chmod 711 "$BATS_FILE_TMPDIR" "$BATS_SUITE_TMPDIR" "$BATS_RUN_TMPDIR" 2>/dev/null || true
    status=0
    XDG_RUNTIME_DIR='' as_nobody "$(command -v zou-push)" <record >out 2>err || status=$?
    cat out err
    [[ $status == 74 && $(there length) == 0 ]]
    [[ $(cat err) == *"$OP_STORE: cannot be written"* && $(wc -l <err) == 1 ]]
}

@test "a service that has the lease keeps nobody from publishing" {
    op-lease >lease </dev/zero 3>&- &
    pids+=($!)
    until [[ -s lease ]]; do sleep 0.1; done
    comment | push
    [[ $status == 0 ]]
}

@test "a store that is locked for a moment is waited for; for long: 75, and nothing is posted" {
    op-apply </dev/null
    {
        echo 'BEGIN IMMEDIATE;'
        sleep 6
        echo 'COMMIT;'
    } | sqlite3 op.db 3>&- &
    sleep 0.5
    comment >record
    push --wait 1 <record
    [[ $status == 75 && $(there length) == 0 ]]
    push <record
    [[ $status == 0 && $(there length) == 1 ]]
    wait
}

@test "several at once, both stores" {
    for use in use_sqlite use_mongo; do
        new_task
        $use
        pids=()
        for i in {1..6}; do
            comment '. + {publish_id: "at once '"$i"'", previews: ["one.png"]}' >"record$i"
            zou-push <"record$i" >"out$i" 2>"err$i" 3>&- &
            pids+=($!)
        done
        wait "${pids[@]}"
        pids=()
        cat err?
        [[ $(there 'map(.previews | length) | add') == 6 && $(there length) == 6 ]]
        for i in {1..6}; do
            push <"record$i"
            [[ $(result .status) == unchanged ]]
        done
    done
}

# --- Broken off --------------------------------------------------------------

# cutter_start NUMBER WHAT WHEN
cutter_start() {
    rm -rf cut
    mkdir cut
    echo "$@" >cut/cut
    "$STUDIO_VENV/bin/python" "$BATS_TEST_DIRNAME/../servers/cutter" cut "127.0.0.1:$STUDIO_NGINX_PORT" 3>&- &
    cutter=$!
    pids+=("$cutter")
    until [[ -s cut/port ]]; do sleep 0.02; done
    KITSU_SERVER=http://127.0.0.1:$(cat cut/port)/api
}

cutter_stop() {
    kill -KILL "$cutter"
    wait "$cutter" 2>/dev/null || true
    pids=()
    KITSU_SERVER=$zou
}

# All is there, once.
check_there() {
    [[ $(there '[.[] | [.text, (.previews | sort_by(.position) | map([.original_name, .status, .revision, .position])), (.attachment_files | map(.name) | sort)]]') == '[["done",[["one","ready",1,1],["two","ready",1,2]],["notes.txt","scene \"Ö\".ma"]]]' ]]
}

# What is sent for one comment with its files, after who, status and comments: the
# requests that write. A break around one that reads finds both sides as a break after
# the last that wrote.
sends=('/comment$' '/add-preview$' '/pictures/preview-files/' '/comments/.*/preview-files' '/pictures/preview-files/'
    '/add-attachment$' '/add-attachment$')
reads=3

# interrupt WHAT WHEN NUMBER...: these of the requests that write, each time on a new
# task. EVERY=1: all of them, and those that read.
interrupt() {
    local number what=$1 when=$2
    shift 2
    [[ ! ${EVERY-} ]] || set -- {-2..7}
    export KITSU_TOKEN=$ZOU_TOKEN # no log-in among them
    for number; do
        new_task
        comment '. + {publish_id: "'"$what $when $number"'", task_status: "wfa", previews: ["one.png", "two.jpg"],
            attachments: ["notes.txt", "scene \"Ö\".ma"]}' >record
        cutter_start $((reads + number)) "$what" "$when"
        status=0
        zou-push <record >out 2>err 3>&- &
        echo $! >cut/pid.new
        mv cut/pid.new cut/pid
        wait $! || status=$?
        mv cut/requests .
        cutter_stop
        echo "$what $when $number: $status"
        cat out err
        [[ $number -lt 1 || $(sed "$((reads + number))!d" requests) =~ ^POST.*${sends[number - 1]} ]]
        if [[ $what == kill ]]; then
            ((status == 137))
            expire_claims
            push <record
        else # it is the whole of what is sent
            (($(grep -c ^POST requests) >= ${#sends[@]}))
        fi
        ((status == 0))
        check_there
        push <record
        [[ $status == 0 && $(result .status) == unchanged ]]
    done
}

# relay_start: KITSU_SERVER is then an http-relay
relay_start() {
    "$BATS_TEST_DIRNAME/../servers/http-relay" "127.0.0.1:$STUDIO_NGINX_PORT" >relay 3>&- &
    pids+=($!)
    until [[ -s relay ]]; do sleep 0.02; done
    KITSU_SERVER=http://127.0.0.1:$(cat relay)/api
}

# relay_does RULE: and forgets what was counted
relay_does() { curl -sS -X PUT --data-binary "{\"rules\": [$1]}" "$KITSU_SERVER/relay" >/dev/null; }

# posts PATTERN: how many of them were sent
posts() { curl -sS "$KITSU_SERVER/relay/lines" | grep -cE "^POST [^ ]*${1/%$/ }" || true; }

@test "a proxy answers 502, 503 or 504, whether Kitsu has done it or not: looked for, and completed, once" {
    # What is sent, and how often if nothing goes wrong. Each path meets an answer that is
    # lost and one that says the truth; each code both, too.
    local sent=('/comment$ 1' '/add-preview$ 1' '/comments/.*/preview-files/ 1' '/pictures/preview-files/ 2' '/add-attachment$ 2')
    local codes=(502 503 504) code pass path number next=0
    export KITSU_TOKEN=$ZOU_TOKEN
    relay_start
    for pass in true false; do
        for path in "${sent[@]}"; do
            code=${codes[next++ % 3]}
            number=${path##* } path=${path% *}
            [[ $pass == true ]] || number=$((number + 1))
            new_task
            comment '. + {publish_id: "'"$code $pass $path"'", task_status: "wfa", previews: ["one.png", "two.jpg"],
                attachments: ["notes.txt", "scene \"Ö\".ma"]}' >record
            relay_does '{"method": "POST", "path": "'"$path"'", "times": 1, "pass": '"$pass"', "status": '"$code"'}'
            push <record
            echo "$code $path, done: $pass: $(posts "$path")"
            [[ $status == 0 && $(posts "$path") == "$number" ]]
            check_there
        done
    done
    # Nor is one posted twice of which nothing is remembered.
    new_task
    relay_does '{"method": "POST", "path": "/comment$", "times": 1, "pass": true, "status": 503}'
    comment 'del(.publish_id)' | push
    [[ $status == 0 && $(posts '/comment$') == 1 && $(there length) == 1 ]]
}

@test "a proxy that answers 503 to each comment: tried three times, and completed later" {
    relay_start
    comment >record
    relay_does '{"method": "POST", "path": "/comment$", "status": 503}'
    push <record
    [[ $status == 75 && $(result .status) == failed && $(result .message) == *"HTTP 503"* ]]
    [[ $(posts '/comment$') == 3 && $(there length) == 0 ]]
    relay_does
    push <record
    [[ $status == 0 && $(there length) == 1 ]]
}

@test "429: sent again, without looking" {
    relay_start
    relay_does '{"method": "POST", "path": "/comment$", "times": 2, "status": 429}'
    comment | push
    [[ $status == 0 && $(posts '/comment$') == 3 && $(there length) == 1 ]]
    [[ $(curl -sS "$KITSU_SERVER/relay" | jq '[.requests[] | select(.[0] == "GET" and (.[1] | test("/comments$")))] | length') == 2 ]] # one is ours
}

@test "what looks the same is not mistaken for a comment that never arrived" {
    zou_post "/actions/tasks/$task/comment" '{"task_status_id": "'"$todo"'", "comment": "done"}' >/dev/null
    comment '. + {publish_id: "another"}' | push
    export KITSU_TOKEN=$ZOU_TOKEN
    comment >record
    cutter_start 4 kill before # who, task, comments, comment
    zou-push <record >out 2>err 3>&- &
    echo $! >cut/pid
    wait $! || status=$?
    [[ $status == 137 ]]
    cutter_stop
    # Meanwhile somebody else says just that, and another publish does.
    zou_assign "$artist" "$task"
    (
        zou_login artist@example.com mysecretpassword
        zou_post "/actions/tasks/$task/comment" '{"task_status_id": "'"$todo"'", "comment": "done"}' >/dev/null
    )
    comment '. + {publish_id: "a third"}' | push
    [[ $(there length) == 4 ]]
    expire_claims
    push <record
    [[ $status == 0 && $(result .status) == applied && $(there length) == 5 ]]
    push <record
    [[ $status == 0 && $(result .status) == unchanged && $(there length) == 5 ]]
}

@test "a repeat on another task, and of a comment that was deleted in Kitsu" {
    comment '. + {previews: ["one.png"]}' >record
    push <record
    local first=$task
    new_task
    comment | push
    [[ $status == 1 && $(result .message) == "this publish's comment is on another task" && $(there length) == 0 ]]
    task=$first
    zou_delete "/data/tasks/$task/comments/$(there '.[0].id' | tr -d '"')"
    push <record # all was done
    [[ $status == 0 && $(result .status) == unchanged ]]
    comment '. + {previews: ["one.png", "two.jpg"]}' | push
    [[ $status == 1 && $(result .message) == *" is no longer in Kitsu" && $(there length) == 0 ]]
}

# Both stores get the same requests: one takes every other point, the other the rest.
# The server hears as little of half a request as of none, so one of each kind of body
# is enough.

@test "killed -9 before, during and after each request, SQLite" {
    interrupt kill before 1 5
    interrupt kill half 3
    interrupt kill after 2 6
}

@test "killed -9 before, during and after each request, MongoDB" {
    use_mongo
    interrupt kill before 2 4
    interrupt kill half 7
    interrupt kill after 1 3
}

# steps N: killed -9 before and after what it writes: a piece of a request, the store's files,
# the records. EVERY=1: each; by itself each Nth, from a random one on.
steps() {
    local step=${EVERY:-$1} deed at killed count=0
    can_fault
    export KITSU_TOKEN=$ZOU_TOKEN
    for deed in kill-before kill-after; do
        killed=137
        for ((at = 1 + RANDOM % step; killed == 137; at += step)); do
            new_task
            comment '. + {publish_id: "'"$deed $at"'", task_status: "wfa", previews: ["one.png", "two.jpg"],
                attachments: ["notes.txt", "scene \"Ö\".ma"]}' >record
            killed=0
            faulty write,sync,file "$deed" "$at" zou-push <record >out 2>err || killed=$?
            echo "$deed $at: $killed"
            cat out err
            ((killed == 0 || killed == 137))
            expire_claims
            push <record
            ((status == 0))
            check_there
            push <record
            [[ $status == 0 && $(result .status) == unchanged ]]
            ((++count))
        done
    done
    echo "$count times"
    ((count > 3))
}

@test "killed -9 before and after what it writes, SQLite" {
    steps 120
}

@test "killed -9 before and after what it writes, MongoDB" {
    use_mongo
    steps 80
}

# What goes on by itself: one of the two equal pictures and files.
@test "the connection cut before, during and after each request: done nevertheless, once" {
    interrupt cut before 1 3 6
    interrupt cut half 1
    interrupt cut after 2 4 7
}

# The last, as the queue stays.
@test "a film goes into Kitsu's queue; a broken one is said, and replaced when repeated" {
    # If there is an ffmpeg, it is no film.
    comment '. + {previews: ["film.mp4", "one.png"]}' >record
    push <record
    [[ $status == 1 && $(result .status) == applied && $(result '.refused | tojson') == '["film.mp4"]' ]]
    [[ $(result .message) == "posted, without film.mp4: Kitsu received the file but cannot make a preview of it (broken)" ]]
    [[ $(there '.[0].previews | sort_by(.position) | map([.original_name, .status])') == '[["film","broken"],["one","ready"]]' ]]
    [[ $(result '.previews | length') == 1 ]]
    # It is tried again, as that may be Kitsu's fault, but is no failure of this run.
    push <record
    [[ $status == 0 && $(result .message) == "posted, without film.mp4: Kitsu received "* ]]
    [[ $(there '.[0].previews | map([.original_name, .status]) | sort') == '[["film","broken"],["one","ready"]]' ]]
    STUDIO_ZOU_ENV="ENABLE_JOB_QUEUE=true" "$BATS_TEST_DIRNAME/../servers/studio" restart "$BATS_FILE_TMPDIR/kitsu" zou
    push <record
    [[ $status == 0 && $(result .status) == applied ]]
    [[ $(there '[.[].previews[] | [.original_name, .status, .revision]] | sort') == '[["film","processing",1],["one","ready",1]]' ]]
    push <record
    [[ $(result .status) == unchanged ]]
}
