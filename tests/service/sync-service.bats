#!/usr/bin/env bats
# sync-service and openpype_console, on a Kitsu of their own, as they read all
# its projects.
# Takes about 60 s.
# shellcheck disable=SC1091,SC2016,SC2030,SC2031,SC2154 # bats' run and subshells

bats_require_minimum_version 1.5.0

setup_file() {
    load ../lib/zou
    export OPKITSU_BUILD=${OPKITSU_BUILD:-$BATS_TEST_DIRNAME/../../build}
    export PATH=$OPKITSU_BUILD/bin:$PATH
    own_kitsu_start --no-mongo
    local sequence
    alpha=$(zou_project alpha)
    sequence=$(zou_sequence "$alpha" SQ01)
    shot=$(zou_shot "$alpha" "$sequence" SH010 '{"frame_in": 1001, "frame_out": 1040}')
    zou_tasks "$alpha" "$(zou_task_type Animation Shot)" shots "$shot"
    type=$(zou_asset_type Characters)
    beta=$(zou_project beta)
    zou_asset "$beta" "$type" Bear
    export alpha beta shot type
}

teardown_file() {
    load ../lib/zou
    own_kitsu_stop
}

setup() {
    load ../lib/common
    load ../lib/zou
    command_setup
}

teardown() { command_teardown; }

# console ARGUMENT...: as the documentation has it, with the credentials there
# and nowhere else.
console() {
    local login=$KITSU_LOGIN password=$KITSU_PWD
    run --separate-stderr env -u KITSU_LOGIN -u KITSU_PWD \
        openpype_console module kitsu sync-service -l "$login" -p "$password" "$@"
    printf '%s\n' "$status" "$output" "$stderr" # shown when the test fails
}

service() {
    run --separate-stderr sync-service "$@"
    printf '%s\n' "$status" "$output" "$stderr"
}

# stages NAME=SCRIPT...: programs of the pipeline that are these scripts; the
# others are the real ones, as $genuine/NAME is.
stages() {
    local stage
    genuine=$OPKITSU_BUILD/bin
    mkdir -p fake/bin
    for stage in kitsu-fetch op-diff op-apply sync-report; do
        ln -sf "$genuine/$stage" "fake/bin/$stage"
    done
    for stage; do
        rm "fake/bin/${stage%%=*}"
        printf '#!/usr/bin/env bash\n%s\n' "${stage#*=}" >"fake/bin/${stage%%=*}"
        chmod +x "fake/bin/${stage%%=*}"
    done
    export genuine OPKITSU_BUILD=$PWD/fake
}

@test "sync all projects: the documented command, once" {
    console --once
    [[ $stderr == "" ]]
    [[ $status == 0 ]]
    [[ ${lines[0]} =~ ^alpha:\ 5\ created\ in\ [0-9.]+\ s$ ]]
    [[ ${lines[1]} =~ ^beta:\ 5\ created\ in\ [0-9.]+\ s$ ]]
    [[ ${#lines[@]} == 2 ]]
    [[ $(op-dump --bare | jq -r .name | sort | xargs) == "Assets Assets Bear Characters SQ01 SQ01_SH010 Shots Shots alpha beta" ]]
}

@test "sync specific projects: the documented command, -prj repeated, once" {
    gamma=$(zou_project gamma)
    console -prj alpha -prj gamma --once
    zou_close_project "$gamma"
    zou_delete "/data/projects/$gamma?force=true"
    [[ $status == 0 ]]
    [[ ${lines[0]} == alpha:* && ${lines[1]} == gamma:* && ${#lines[@]} == 2 ]]
    [[ $(op-dump --bare | jq -r 'select(.type == "project").name' | xargs) == "alpha gamma" ]]
}

@test "credentials from the environment" {
    run --separate-stderr openpype_console module kitsu sync-service --once
    [[ $status == 0 && ${#lines[@]} == 2 ]]
}

@test "every way to write an option" {
    service "-l$KITSU_LOGIN" "-p$KITSU_PWD" "-s$KITSU_SERVER" "-dsqlite:$PWD/1.db" -prj=alpha --once
    [[ $status == 0 && ${#lines[@]} == 1 ]]
    service "--login=$KITSU_LOGIN" "--password=$KITSU_PWD" "--server=$KITSU_SERVER" \
        "--store=sqlite:$PWD/2.db" --project=alpha --max-delete=5 --tee=kept --once -vq
    [[ $status == 0 && -s kept/changes.ndjson ]]
    service --login "$KITSU_LOGIN" --password "$KITSU_PWD" --server "$KITSU_SERVER" \
        --store "sqlite:$PWD/3.db" --project alpha --max-delete 50% --drop --once
    [[ $status == 0 ]]
    [[ $(op-dump -d "sqlite:$PWD/1.db" | md5sum) == $(op-dump -d "sqlite:$PWD/3.db" | md5sum) ]]
}

@test "a usage error names the option, with status 64" {
    for arguments in --bogus -x -vx "--once=1" "stray" "--project" "-p" "-l x -p" "--max-delete=many"; do
        # shellcheck disable=SC2086 # words
        service --once $arguments
        [[ $status == 64 ]]
        option=${arguments%%=*}
        [[ $stderr == *"${option##* }"* || $stderr == *"-- 'x'"* ]]
    done
    service --once -p ''
    [[ $status == 64 && $stderr == *"password is empty"* ]]
    service --once -p x --password-file f
    [[ $status == 64 && $stderr == *"one of them"* ]]
}

@test "the password from a file and from a command" {
    echo "$KITSU_PWD" >secret
    password=$KITSU_PWD
    unset KITSU_PWD
    service --once --password-file secret
    [[ $status == 0 ]]
    rm -r runtime/opkitsu
    service --once --password-command 'cat secret'
    [[ $status == 0 ]]
    rm -r runtime/opkitsu
    KITSU_TOKEN=nonsense service --once -p "$password"
    [[ $status == 0 ]]
}

@test "a wrong password: 77, and it is in no message" {
    console --once
    run --separate-stderr openpype_console module kitsu sync-service \
        -l "$KITSU_LOGIN" -p not-the-password --once
    [[ $status == 77 ]]
    [[ $stderr == *"wrong email or password"* && $stderr != *not-the-password* ]]
    [[ $output == "" ]]
}

@test "no such server: 69" {
    service --once -s http://127.0.0.1:1
    [[ $status == 69 ]]
    [[ $stderr == *"127.0.0.1:1"* ]]
    [[ $output == "" ]]
}

@test "no such project: 1, and the others go on" {
    service --once -prj nowhere -prj beta
    [[ $status == 1 ]]
    [[ $stderr == "kitsu-fetch: nowhere: "* ]]
    [[ $output == "beta: 5 created"* ]]
}

@test "a store that cannot be: each its own status" {
    service --once -d sqlite:/proc/nowhere/op.db
    [[ $status == 74 && $stderr == *"/proc/nowhere/op.db"* ]]
    service --once -d nonsense
    [[ $status == 78 ]]
    service --once -d mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=300
    [[ $status == 69 ]]
}

@test "a second run changes nothing, and a third what changed in Kitsu" {
    service --once
    op-dump >before
    service --once
    [[ $status == 0 ]]
    [[ ${lines[0]} == "alpha: nothing changed in "* && ${lines[1]} == "beta: nothing changed in "* ]]
    op-dump | cmp - before
    zou_put "/data/entities/$shot" "{\"data\": {\"frame_out\": $((1100 + RANDOM % 1000))}}"
    service --once
    [[ $status == 0 ]]
    [[ ${lines[0]} == "alpha: 1 updated in "* ]]
}

@test "--dry-run: records on stdout, nothing is written" {
    service --dry-run
    [[ $status == 0 ]]
    [[ ! -e $db ]]
    [[ $(jq -r .type <<<"$output" | uniq -c | xargs) == "5 Change 1 End 5 Change 1 End 1 Checkpoint" ]]
    sync-report <<<"$output" >text
    grep -x '  create  Shot SQ01_SH010' text
    grep -x 'alpha: 5 to create' text
    service --once
    console -n --tee kept
    [[ $status == 0 ]]
    [[ $(jq -r .type <<<"$output" | xargs) == "End End Checkpoint" ]]
    [[ $(sync-report <<<"$output") == "nothing to change" ]]
    [[ $(<kept/changes.ndjson) == "$output" && ! -e kept/results.ndjson ]]
}

@test "--tee keeps the streams, which can be replayed" {
    service --once --tee kept/here
    [[ $status == 0 && ${#lines[@]} == 2 ]]
    grep -q '"type":"Shot"' kept/here/kitsu.ndjson
    op-diff -a /dev/null <kept/here/kitsu.ndjson | cmp - kept/here/changes.ndjson
    op-apply -d "sqlite:$PWD/other.db" <kept/here/changes.ndjson |
        jq -c 'del(.seconds)' | cmp - <(jq -c 'del(.seconds)' kept/here/results.ndjson)
    op-dump | cmp - <(op-dump -d "sqlite:$PWD/other.db")
    [[ $(sync-report <kept/here/results.ndjson) == "$output" ]]
}

@test "a folder for --tee that cannot be, or is full: 74" {
    service --once --tee /proc/nowhere
    [[ $status == 74 && $stderr == *"/proc/nowhere"* ]]
    [[ ! -e $db && ! -e runtime/opkitsu ]]
    mkdir kept
    ln -s /dev/full kept/changes.ndjson
    service --once --tee kept
    [[ $status == 74 && $stderr == *"No space left"* ]]
}

@test "--tee: a run that reads nothing leaves what was kept before" {
    service --once --tee kept
    cp kept/changes.ndjson before
    service --once --tee kept -s http://127.0.0.1:1
    [[ $status == 69 ]]
    service --once --tee kept -s http://127.0.0.1:1
    cmp before kept/changes.ndjson.old
}

@test "what is skipped is said with its reason, the first 20, and the status is 1" {
    delta=$(zou_project delta)
    for i in {1..23}; do
        zou_asset "$delta" "$type" "Bear $i" >/dev/null
    done
    service --once -prj delta
    zou_close_project "$delta"
    zou_delete "/data/projects/$delta?force=true"
    [[ $status == 1 ]]
    [[ ${lines[0]} == "delta: 4 created, 23 skipped in "* ]]
    [[ ${lines[1]} == '  skipped Asset "Characters/Bear '*'": name "Bear '*'" has characters outside [a-zA-Z0-9_.]; '* ]]
    [[ ${lines[21]} == "  ... and 3 more" ]]
    [[ ${#lines[@]} == 22 ]]
}

@test "-q says nothing when all is well, -v more" {
    service --once -q -d "sqlite:$BATS_TEST_TMPDIR/named.db"
    [[ $status == 0 && $output == "" && $stderr == "" ]]
    # But that a cron line names no store.
    service --once -q
    [[ $status == 0 && $output == "" && $stderr == "sync-service: neither -d nor "* ]]
    service --once -vv
    [[ $status == 0 && $stderr != "" ]]
}

@test "stdout that is full: 74, and the store has everything" {
    sync-service --once >/dev/full 2>errors && status=0 || status=$?
    [[ $status == 74 ]]
    [[ $(op-dump --bare | wc -l) == 10 ]]
}

@test "the password is on no command line, and only kitsu-fetch gets it" {
    # Whatever runs while the pipeline does, a moment after its start.
    spy='sleep 0.2
        for process in /proc/[0-9]*; do
            grep -qsz "^XDG_RUNTIME_DIR=$PWD/runtime" "$process/environ" || continue # of another test
            [[ "$(tr "\0" " " 2>/dev/null <"$process/cmdline")" != *"$(cat needle)"* ]] || echo "$process" >>seen
        done
        env >"environment.${0##*/}"
        exec "$genuine/${0##*/}" "$@"'
    stages "kitsu-fetch=$spy" "op-diff=$spy" "op-apply=$spy" "sync-report=$spy"
    echo "$KITSU_PWD" >needle
    console --once --tee kept
    [[ $status == 0 ]]
    [[ ! -e seen ]]
    [[ $(grep -l "$KITSU_PWD" environment.*) == environment.kitsu-fetch ]]
    run ! grep -r "$KITSU_PWD" kept
}

@test "the most serious status counts, of the first stage with a reason of its own" {
    # fetch diff apply report: outcome
    while read -r fetch diff apply report outcome; do
        stages "kitsu-fetch=exit $fetch" "op-diff=cat >/dev/null; exit $diff" \
            "op-apply=cat >/dev/null; exit $apply" "sync-report=cat >/dev/null; exit $report"
        service --once
        echo "$fetch $diff $apply $report: $status, not $outcome?"
        [[ $status == "$outcome" ]]
        OPKITSU_BUILD=${genuine%/bin}
    done <<'EOF'
0 0 0 0 0
1 0 0 0 1
0 1 1 0 1
1 1 75 0 75
69 1 0 0 69
77 1 69 0 77
141 141 69 0 69
141 65 75 0 65
141 78 1 0 78
0 0 0 74 74
2 0 0 0 1
EOF
}

@test "a stage that is killed is named, with status 75" {
    stages 'op-apply=kill -KILL $$'
    service --once
    [[ $status == 75 ]]
    [[ $stderr == *"sync-service: op-apply was ended by signal 9"* ]]
}

# interrupt SIGNAL: in the middle of a sync whose source has nothing to say.
interrupt() {
    stages 'kitsu-fetch=echo $$ >pid; exec sleep 60'
    env --default-signal="$1" sync-service --once --tee kept 3>&- &
    until [[ -s pid ]]; do sleep 0.05; done
    began=$SECONDS
    kill -s "$1" $!
    wait $! && status=0 || status=$?
    ((SECONDS - began < 5))
    ! kill -0 "$(<pid)" 2>/dev/null
}

@test "Ctrl-C ends the whole pipeline, at once" {
    interrupt INT
    [[ $status == 130 ]]
}

@test "so does TERM" {
    interrupt TERM
    [[ $status == 143 ]]
}

@test "openpype_console: any other command goes on to the next one, never to itself" {
    mkdir 1 2 3 4
    ln -s "$OPKITSU_BUILD/bin/openpype_console" 1
    cp "$OPKITSU_BUILD/bin/openpype_console" 2
    ln -s "$PWD/2/openpype_console" 3
    printf '#!/bin/sh\nprintf "<%%s>" "OpenPype:" "$@"; exit 5\n' >4/openpype_console
    chmod +x 4/openpype_console
    PATH=$PWD/1:$PWD/2:$PWD/3:$PWD/4:$PATH run openpype_console publish --targets "a b" ''
    [[ $status == 5 && $output == '<OpenPype:><publish><--targets><a b><>' ]]
    PATH=$PWD/4:$PATH run "$OPKITSU_BUILD/bin/openpype_console" module kitsu
    [[ $status == 5 && $output == '<OpenPype:><module><kitsu>' ]]
    PATH=$PWD/1:$PWD/2:$PWD/3:$PATH run -127 --separate-stderr openpype_console publish
    [[ $stderr == *"no other openpype_console"* ]]
}

@test "openpype_console: a wrapper that leads back to it does not go round for ever" {
    mkdir 1
    printf '#!/bin/sh\nexec "%s" "$@"\n' "$OPKITSU_BUILD/bin/openpype_console" >1/openpype_console
    chmod +x 1/openpype_console
    PATH=$PWD/1:$PATH run -127 timeout 10 openpype_console publish
}

@test "openpype_console: alone it has a help text of its own" {
    run --separate-stderr openpype_console --help
    [[ $status == 0 && $output == *"module kitsu sync-service"* ]]
    run --separate-stderr openpype_console --bogus
    [[ $status == 64 && $stderr == *--bogus* ]]
    run --separate-stderr openpype_console
    [[ $status == 64 ]]
}
