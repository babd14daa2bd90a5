#!/usr/bin/env bats
# integrate-kitsu-note: what was published, as a comment in a real Kitsu. What the
# rule decides is in note-rule.bats, how the task is found in publish-task.bats.
# Takes about 270 s.
# shellcheck disable=SC1091,SC2016,SC2030,SC2031,SC2154 # bats' run and subshells

bats_require_minimum_version 1.5.0

setup_file() {
    load ../lib/common
    load ../lib/zou
    load ../lib/publish
    publish_setup_file
    "$STUDIO_VENV/bin/python" -c '
import sys
from PIL import Image
Image.new("RGB", (64, 48), (200, 30, 30)).save(sys.argv[1] + "/one.png")
Image.new("RGB", (32, 24), (30, 200, 30)).save(sys.argv[1] + "/two.jpg")
' "$BATS_FILE_TMPDIR"
    # All shots at once, as copies of one in Zou's database: its API wants three requests
    # for each.
    local shot shots tasks
    shot=$(zou_shot "$demo" "$sequence" SH000)
    zou_sql "INSERT INTO entity SELECT (jsonb_populate_record(e, jsonb_build_object('id', gen_random_uuid(), 'name', 'SH' || i))).*
        FROM entity e, generate_series(101, 200) i WHERE id = '$shot' RETURNING name, id" | tr '|' ' ' >"$BATS_FILE_TMPDIR/shots"
    mapfile -t shots < <(cut -d ' ' -f 2 "$BATS_FILE_TMPDIR/shots")
    mapfile -t tasks < <(zou_tasks "$demo" "$animation" shots "${shots[@]}")
    ((${#tasks[@]} == 100))
    zou_assign "$artist" "${tasks[@]}"
    cut -d ' ' -f 1 "$BATS_FILE_TMPDIR/shots" | paste -d ' ' - <(printf '%s\n' "${tasks[@]}") >"$BATS_FILE_TMPDIR/tasks"
    zou_get /data/task-status | jq -r '.[] | "\(.id) \(.short_name)"' >"$BATS_FILE_TMPDIR/statuses"
}

teardown_file() {
    load ../lib/zou
    own_kitsu_stop
}

setup() {
    load ../lib/common
    load ../lib/zou
    load ../lib/store
    own_home 0.5
    mkdir -m 700 tmp
    export TMPDIR=$PWD/tmp
    unset KITSU_TOKEN OPENPYPE_MONGO
    use_sqlite
    cp "$BATS_FILE_TMPDIR"/{one.png,two.jpg} .
    export OPKITSU_BUILD=${OPKITSU_BUILD:-$BATS_TEST_DIRNAME/../../build}
    zou=$KITSU_SERVER
    new_task
    pids=()
    shopt -s lastpipe
}

# Nothing stays behind: no process, no temporary file.
teardown() {
    ((!${#pids[@]})) || kill -KILL "${pids[@]}" 2>/dev/null || true
    rmdir tmp
}

# A shot of its own, $name, with one task, $task, that is the artist's: the next one of
# those that setup_file made.
new_task() {
    read -r name task <"$BATS_FILE_TMPDIR/tasks"
    sed -i 1d "$BATS_FILE_TMPDIR/tasks"
    [[ $task ]]
}

# settings [FILTER]: the documentation's example, not_equal workfile
settings() {
    jq -n '{kitsu: {publish: {IntegrateKitsuNote: {set_status_note: true, note_status_shortname: "wfa",
        status_change_conditions: {status_conditions: [], family_requirements: [{condition: "not_equal", family: "workfile"}]}}}}} |
        .kitsu.publish.IntegrateKitsuNote |= ('"${1-.}"')' >settings.json
}

# note ARGUMENT...: for $task, as the artist
note() {
    run --separate-stderr env KITSU_LOGIN=artist@example.com KITSU_PWD=mysecretpassword \
        integrate-kitsu-note -P demo -a "$name" -t Animation -c settings.json "$@"
    printf '%s\n' "$status" "$output" "$stderr" # shown when the test fails
}

# there [FILTER]: of the task's comments in Kitsu; by default text, status, previews, who
there() {
    local filter='map([.text, .task_status.short_name, (.previews | map(.original_name) | sort | join(" ")), .person.full_name])'
    zou_get "/data/tasks/$task/comments" | jq -c "${1-$filter}"
}
task_status() {
    sed -n "s/^$(zou_sql "SELECT task_status_id FROM task WHERE id = '$task'") //p" "$BATS_FILE_TMPDIR/statuses"
}

@test "the documentation's example, not_equal workfile: the status changes, or not; the comment stands" {
    settings
    note --family workfile --comment alone
    [[ $status == 0 && $output == "1 comment posted" && $stderr == "" ]]
    [[ $(there) == '[["alone","todo","","artist user"]]' && $(task_status) == todo ]]
    new_task
    note --family workfile --family render --comment both one.png two.jpg
    [[ $status == 0 && $(there) == '[["both","wfa","one two","artist user"]]' && $(task_status) == wfa ]]
    new_task
    note --family render --comment other
    [[ $status == 0 && $(there) == '[["other","wfa","","artist user"]]' && $(task_status) == wfa ]]
    # Nothing really published: none is met.
    new_task
    note --family render --unpublished --comment none
    [[ $status == 0 && $(there) == '[["none","todo","","artist user"]]' && $(task_status) == todo ]]
}

@test "--compat openpype: a workfile alone, and with another" {
    settings
    note --family workfile --family render --comment both --compat openpype
    [[ $status == 0 && $(there) == '[["both","todo","","artist user"]]' ]]
    new_task
    note --family render --comment other --compat=openpype
    [[ $status == 0 && $(there) == '[["other","wfa","","artist user"]]' ]]
    note --compat blender
    [[ $status == 64 && $stderr == *--compat* ]]
}

@test "a status condition, a template, a status that there is not, or that the artist may not set" {
    settings '.status_change_conditions.status_conditions = [{condition: "equal", short_name: "WIP"}] |
        .custom_comment_template = {enabled: true, comment_template: "{name} v{version}: {comment}"}'
    note --name renderMain --publish-version 3 --comment 'a "b"'
    [[ $status == 0 && $(there) == '[["renderMain v3: a \"b\"","todo","","artist user"]]' ]]
    settings '.note_status_shortname = "WFA"'
    new_task
    note --comment x
    [[ $status == 0 && $stderr == *'"WFA"'* && $(there) == '[["x","todo","","artist user"]]' ]]
    settings '.note_status_shortname = "done"'
    done=$(zou_task_status Done)
    zou_put "/data/task-status/$done" '{"is_artist_allowed": false}' >/dev/null
    new_task
    note --comment x
    zou_put "/data/task-status/$done" '{"is_artist_allowed": true}' >/dev/null
    [[ $status == 0 && $(there) == '[["x","todo","","artist user"]]' ]]
    new_task
    note --comment x
    [[ $status == 0 && $(there) == '[["x","done","","artist user"]]' ]]
    settings '.set_status_note = "yes"'
    new_task
    note --comment x
    [[ $status == 78 && $stderr == *"settings.json: kitsu.publish.IntegrateKitsuNote.set_status_note"* && $(there) == '[]' ]]
}

@test "a publish once more: no second comment; another publish: one more" {
    settings
    for _ in first second third; do
        note --comment x --publish-version 1 one.png
        [[ $status == 0 && $(there length) == 1 ]]
    done
    [[ $output == "1 there already" && $(there) == '[["x","wfa","one","artist user"]]' ]]
    note --comment x --publish-version 2 one.png
    [[ $output == "1 comment posted" && $(there length) == 2 ]]
    note --comment x --publish-version 2 --id again one.png
    [[ $(there length) == 3 ]]
}

@test "a failure mended: a file that was not there; Kitsu that was away" {
    settings
    note --comment x one.png later.png
    [[ $status == 1 && $stderr == *"later.png: No such file or directory"* && $(there) == '[]' && $(task_status) == todo ]]
    cp two.jpg later.png
    KITSU_SERVER=http://127.0.0.1:1 note --comment x one.png later.png
    [[ $status == 69 && $output == "" && $(there) == '[]' ]]
    note --comment x one.png later.png
    [[ $status == 0 && $(there) == '[["x","wfa","later one","artist user"]]' ]]
}

# publish [FILTER]: a record for $task, of a workfile and a reviewed render
publish() {
    jq -nc --arg name "$name" --arg pwd "$PWD" '{type: "Publish", project: "demo", asset: $name, task_name: "Animation",
        instances: [{family: "workfile", families: [], publish: true},
            {family: "render", families: ["review"], publish: true, comment: "from a record", version: 3, name: "renderMain",
             representations: [{published_path: "\($pwd)/one.png", tags: ["review", "kitsureview"]}, {published_path: "\($pwd)/two.jpg", tags: ["review"]}]}]} |
        '"${1-.}"
}

# noted <RECORDS
noted() {
    status=0
    KITSU_LOGIN=artist@example.com integrate-kitsu-note -c settings.json >out 2>err || status=$?
    echo "status $status"
    cat out err
}

@test "records on stdin; only what is tagged kitsureview is a preview" {
    settings
    publish | noted
    [[ $status == 0 && $(cat out) == "1 comment posted" && ! -s err ]]
    [[ $(there) == '[["from a record","wfa","one","artist user"]]' ]]
    publish | noted
    [[ $status == 0 && $(cat out) == "1 there already" && $(there length) == 1 ]]
    # One whose task is not found: the others go on.
    first=$task
    new_task
    {
        publish '.asset = "nowhere"'
        publish
        echo 'no JSON'
    } | noted
    [[ $status == 1 && $(there length) == 1 && $(cat out) == "1 comment posted" ]]
    [[ $(cat err) == *'publish-task: stdin:1: instances[1]: demo/nowhere/Animation: Kitsu has no "nowhere"'* ||
    $(cat err) == *'publish-task: stdin:1: demo/nowhere/Animation: Kitsu has no "nowhere"'* ]]
    [[ $(cat err) == *"publish-task: stdin:3: "* ]]
    task=$first
    [[ $(there length) == 1 ]]
    noted </dev/null
    [[ $status == 0 && ! -s out && ! -s err ]]
}

@test "OpenPype's own settings, of the store: the project's over the studio's" {
    # As OpenPype keeps them.
    override() {
        local document
        document=$(jq -c '{_id: $id, type: "project_settings_versioned", version: "3.18.0", data: .} + $of' --arg id "$1" --argjson of "$2" settings.json)
        sqlite3 op.db "INSERT INTO openpype (collection, id, document) VALUES ('settings', '\"$1\"', '$document')"
    }
    op-apply </dev/null
    settings '.note_status_shortname = "wip"'
    override s '{"is_default": true}'
    publish | env KITSU_LOGIN=artist@example.com integrate-kitsu-note
    [[ $(there 'map(.task_status.short_name)') == '["wip"]' ]]
    settings '.note_status_shortname = "retake"'
    override p '{"project_name": "demo"}'
    new_task
    publish | env KITSU_LOGIN=artist@example.com integrate-kitsu-note
    [[ $(there 'map(.task_status.short_name)') == '["retake"]' ]]
}

@test "--dry-run: why, and records; nothing is posted or remembered" {
    settings
    note -n --comment x one.png
    [[ $status == 0 && $(jq -r .status <<<"$output") == planned && $(there) == '[]' && ! -e op.db ]]
    [[ $stderr == *'the status becomes "wfa"'*'not_equal "workfile"'*"1 comment to post"* ]]
    note --dry-run --family workfile
    [[ $status == 0 && $stderr == *'the status stays "todo"'*"NOT met"* && $(there) == '[]' ]]
    note --explain --comment x one.png
    [[ $status == 0 && $output == "1 comment posted" && $stderr == *'the status becomes "wfa"'* && $(there length) == 1 ]]
    note -n --comment x one.png
    [[ $(jq -r .status <<<"$output") == unchanged ]]
}

@test "every way to write an option; a usage error names it" {
    settings
    export KITSU_PWD=''
    run --separate-stderr integrate-kitsu-note "-Pdemo" "-a$name" "-tAnimation" "-csettings.json" -lartist@example.com -pmysecretpassword \
        "-s$zou" "-dsqlite:$PWD/x.db" --wait=5 -qv --comment=-x one.png -- two.jpg
    [[ $status == 0 && $(there) == '[["-x","wfa","one two","artist user"]]' && $stderr != *mysecretpassword* ]]
    run --separate-stderr integrate-kitsu-note -prj demo --asset="$name" --task Animation --config settings.json \
        --login artist@example.com --password-command 'echo mysecretpassword' -nv
    [[ $status == 0 ]]
    for arguments in --bogus -x -nx "--dry-run=1" "--wait many" "-p" "-l x -p" "-P demo -a x" "one.png" "--publish-version x -P a -a b -t c"; do
        # shellcheck disable=SC2086 # words
        run --separate-stderr integrate-kitsu-note $arguments </dev/null
        [[ $status == 64 && $output == "" ]]
    done
    run --separate-stderr integrate-kitsu-note -p x --password-file y </dev/null
    [[ $status == 64 && $stderr == *"one of them"* ]]
}

@test "standard input that is closed: options do not need it; without them it is said" {
    settings
    # Closed last, or a pipe of bats' own would take its place.
    closed() { run --separate-stderr env KITSU_LOGIN=artist@example.com KITSU_PWD=mysecretpassword \
        bash -c 'exec integrate-kitsu-note "$@" <&-' - "$@"; }
    closed -P demo -a "$name" -t Animation -c settings.json --comment x one.png
    [[ $status == 0 && $stderr == "" && $(there) == '[["x","wfa","one","artist user"]]' ]]
    closed
    [[ $status == 74 && $output == "" && $stderr == "integrate-kitsu-note: standard input is closed"* ]]
}

@test "the password is on no command line, in no message, and only those who ask Kitsu have it" {
    settings
    mkdir -p fake/bin
    for stage in kitsu-fetch sync-report publish-task note-rule zou-push push-report; do
        printf '#!/usr/bin/env bash\nps -eo args >processes.%s\nenv >environment.%s\nexec "%s" "$@"\n' \
            $stage $stage "$OPKITSU_BUILD/bin/$stage" >fake/bin/$stage
        chmod +x fake/bin/$stage
    done
    OPKITSU_BUILD=$PWD/fake run --separate-stderr env -u KITSU_PWD integrate-kitsu-note -l artist@example.com -p mysecretpassword \
        -P demo -a "$name" -t Animation -c settings.json -v
    [[ $status == 0 && $output$stderr != *mysecretpassword* && $(there length) == 1 ]]
    grep -q 'zou-push --wait\|zou-push -v' processes.zou-push
    run ! grep -hF mysecretpassword <(grep -hv '^env \|bats' processes.zou-push)
    grep -qF KITSU_PWD=mysecretpassword environment.publish-task
    grep -qF KITSU_PWD=mysecretpassword environment.zou-push
    run ! grep -lF mysecretpassword environment.note-rule environment.push-report
}

@test "a wrong password: 77, nothing is posted" {
    settings
    note -p not-the-password
    [[ $status == 77 && $output == "" && $stderr != *not-the-password* && $(there) == '[]' ]]
}

@test "somebody else's task: Kitsu's words" {
    settings
    zou_person "stranger$BATS_TEST_NUMBER@example.com" user >stranger
    zou_team_add "$demo" "$(cat stranger)"
    note -l "stranger$BATS_TEST_NUMBER@example.com" --comment x
    [[ $status == 1 && $output == *"1 not posted" && $stderr == *"HTTP 403"* && $(there) == '[]' ]]
}

# --- Broken off --------------------------------------------------------------

# cutter_start: one for all that is broken; its requests are counted on.
cutter_start() {
    mkdir cut
    echo 0 - - >cut/cut
    "$STUDIO_VENV/bin/python" "$BATS_TEST_DIRNAME/../servers/cutter" cut "127.0.0.1:$STUDIO_NGINX_PORT" 3>&- &
    pids=("$!")
    until [[ -s cut/port ]]; do sleep 0.02; done
    touch cut/requests
}

# through WHO: the comment on a new task, through the cutter; $status, and what it asked
# for in the array $asked
through() {
    local before
    new_task
    status=0
    rm -f cut/pid
    before=$(wc -l <cut/requests)
    KITSU_SERVER=http://127.0.0.1:$(<cut/port)/api "$1" \
        integrate-kitsu-note -P demo -a "$name" -t Animation -c settings.json --comment x --publish-version 1 one.png two.jpg
    mapfile -t -s "$before" asked <cut/requests
    # What was killed leaves its name in the folder now and then.
    find tmp -mindepth 1 -delete
}

# broken WHO: kills it -9 at each third request, from a random one on, each time on a new
# task; then the same again. EVERY=1: at each. At one that writes before Kitsu has it, when half of it was sent, and when
# it was done. At one that only reads it is all the same to Kitsu, and to a program
# that hears no answer: once.
broken() {
    local number step=${EVERY:-3} when writes=0
    settings
    export KITSU_LOGIN=artist@example.com
    publish-task -P demo -a "$name" -t Animation >/dev/null # the log-in
    cutter_start
    for ((number = 1 + RANDOM % step; ; number += step)); do
        for when in before half after; do
            echo "$(($(wc -l <cut/requests) + number)) kill $when" >cut/cut
            through "$1"
            echo "$when $number, ${asked[number - 1]-}: $status"
            if ((${#asked[@]} < number)); then
                ((status == 0))
                break 2
            fi
            ((status == 137 || status == 75))
            (($(there length) <= 1))
            expire_claims
            note --comment x --publish-version 1 one.png two.jpg
            [[ $status == 0 && $(there) == '[["x","wfa","one two","artist user"]]' && $(task_status) == wfa ]]
            [[ ${asked[number - 1]} != GET* ]] || break
            writes=$((writes + 1))
        done
    done
    # A log-in, a comment and two previews are six that write.
    ((number > 8 && writes == 18 || step > 1 && writes >= 3))
}

# All of it, as when the machine goes down.
all_at_once() {
    setsid "$@" >out 2>err 3>&- &
    echo "-$!" >cut/pid.new
    mv cut/pid.new cut/pid
    wait $! || status=$?
}

@test "killed -9, all of it, before, during and after each request: one comment, whole" {
    broken all_at_once
}
