#!/usr/bin/env bats
# push-to-zou and openpype_console: the documented command, on a Kitsu of its own.
# What zou-push does with each document is in its own tests.
# shellcheck disable=SC1091,SC2016,SC2030,SC2031,SC2154 # bats' run and subshells

bats_require_minimum_version 1.5.0

setup_file() {
    load ../lib/zou
    export OPKITSU_BUILD=${OPKITSU_BUILD:-$BATS_TEST_DIRNAME/../../build}
    export PATH=$OPKITSU_BUILD/bin:$PATH
    own_kitsu_start --no-mongo
}

teardown_file() {
    load ../lib/zou
    own_kitsu_stop
}

setup() {
    load ../lib/common
    load ../lib/zou
    load ../lib/store
    command_setup
    demo=demo_${BATS_TEST_NUMBER}_$RANDOM
}

teardown() { command_teardown; }

# pushed ARGUMENT...: as the documentation has it, with the credentials there and
# nowhere else.
pushed() {
    local login=$KITSU_LOGIN password=$KITSU_PWD
    run --separate-stderr env -u KITSU_LOGIN -u KITSU_PWD \
        openpype_console module kitsu push-to-zou -l "$login" -p "$password" "$@"
    printf '%s\n' "$status" "$output" "$stderr" # shown when the test fails
}

push() {
    run --separate-stderr push-to-zou "$@"
    printf '%s\n' "$status" "$output" "$stderr"
}

# in_op NAME: a project in OpenPype: a sequence with two shots, one of them with a task
in_op() {
    jq -nc --arg name "$1" '
        def id($n): {"$oid": ($name | explode | add * 1000 + $n | tostring | ("0" * (24 - length)) + .)};
        def change($n; $document): {type: "Change", operationType: "insert", ns: {db: "avalon", coll: $name},
            documentKey: {_id: id($n)}, fullDocument: ({_id: id($n)} + $document)};
        def asset($n; $own; $parent; $parents; $data): change($n; {type: "asset", schema: "openpype:asset-3.0",
            name: $own, parent: id(1), data: ({visualParent: $parent, parents: $parents, tasks: {}} + $data)});
        change(1; {type: "project", schema: "openpype:project-3.0", name: $name,
            data: {code: $name, library_project: false}, config: {tasks: {Animation: {short_name: "anim"}}}}),
        asset(2; "Shots"; null; []; {root_of: "Shots"}),
        asset(3; "SQ01"; id(2); ["Shots"]; {}),
        asset(4; "SQ01_SH010"; id(3); ["Shots", "SQ01"]; {tasks: {Animation: {type: "Animation"}}}),
        asset(5; "SQ01_SH020"; id(3); ["Shots", "SQ01"]; {frameStart: 1001, frameEnd: 1100})' |
        op-apply >inserted
    ! grep -v '"status":"applied"\|Summary' inserted
}

# shots PROJECT: their names in Kitsu
shots() { zou_get "/data/projects/$1/shots" | jq -r '[.[].name] | sort | join(" ")'; }

# stages NAME=SCRIPT...: programs of the pipeline that are these scripts; the
# others are the real ones, as $genuine/NAME is.
stages() {
    local stage
    genuine=$OPKITSU_BUILD/bin
    mkdir -p fake/bin
    for stage in kitsu-fetch op-dump zou-push op-apply op-lease push-report sync-report; do
        ln -sf "$genuine/$stage" "fake/bin/$stage"
    done
    for stage; do
        rm "fake/bin/${stage%%=*}"
        printf '#!/usr/bin/env bash\n%s\n' "${stage#*=}" >"fake/bin/${stage%%=*}"
        chmod +x "fake/bin/${stage%%=*}"
    done
    export genuine OPKITSU_BUILD=$PWD/fake
}

@test "the documented command: what OpenPype has is in Kitsu, and a second time nothing is done" {
    project=$(zou_project "$demo")
    in_op "$demo"
    pushed
    [[ $status == 0 && $stderr == "" ]]
    [[ ${#lines[@]} == 1 && ${lines[0]} =~ ^"$demo: "[34]" created, ".*"1 task in "[0-9.]+" s"$ ]]
    [[ $(shots "$project") == "SH010 SH020" ]]
    [[ $(op-dump --bare | jq -r 'select(.data.zou.type == "Shot").data.zou.name' | sort | xargs) == "SH010 SH020" ]]
    op-dump >before
    pushed
    [[ $status == 0 && $stderr == "" ]]
    [[ $output =~ ^"$demo: nothing changed in "[0-9.]+" s"$ ]]
    op-dump | cmp before
    [[ $(shots "$project") == "SH010 SH020" ]]
}

@test "-prj: only these; one that Kitsu lacks is said, and the others go on" {
    one=$(zou_project "$demo")
    two=$(zou_project "two$demo")
    for name in "$demo" "two$demo" "no$demo"; do
        in_op "$name"
    done
    pushed -prj "$demo" -prj "no$demo"
    [[ $status == 1 && ${#lines[@]} == 1 ]]
    [[ $stderr == *"no$demo"* && $output == "$demo: "* ]]
    [[ $(shots "$one") == "SH010 SH020" && $(shots "$two") == "" ]]
    pushed --project="two$demo"
    [[ $status == 0 && $output == "two$demo: "* ]]
    pushed -prj nowhere
    [[ $status == 1 && $stderr == "op-dump: "*"nowhere"* ]]
}

@test "--dry-run: records on stdout, a tree on stderr, nothing is made" {
    project=$(zou_project "$demo")
    in_op "$demo"
    op-dump >before
    pushed --dry-run
    [[ $status == 0 ]]
    [[ $(jq -r 'select(.type == "Result").status' <<<"$output" | sort -u) == planned ]]
    push-report <<<"$output" | cmp - <(echo "$stderr")
    [[ $stderr == "$demo"$'\n'*"  + Sequence SQ01"*$'\n'"    + Shot SH010   "*"tasks: Animation"*"$demo: 3 to create, 1 to link, 1 task" ]]
    [[ $(shots "$project") == "" ]]
    op-dump | cmp before
    push --dry-run -q
    [[ $status == 0 && $stderr != *Shot* ]]
    pushed -nq # the same
    [[ $status == 0 && $stderr != *Shot* && $(jq -r 'select(.type == "Result").status' <<<"$output" | sort -u) == planned ]]
    [[ $(shots "$project") == "" ]]
    # A file is not written from its beginning.
    echo kept >file
    push-to-zou --dry-run >>file 2>/dev/null
    [[ $(head -n 1 file) == kept ]]
    diff <(tail -n +2 file | jq -c 'del(.seconds)') <(push-to-zou --dry-run 2>/dev/null | jq -c 'del(.seconds)')
    # On a terminal the tree alone.
    script -qec 'push-to-zou --dry-run' /dev/null >terminal
    [[ $(tr -d '\r' <terminal) == *"  + Sequence SQ01"* ]]
    run ! grep -q '"type"' terminal
    push-to-zou --dry-run >/dev/full 2>errors && status=0 || status=$?
    [[ $status == 74 ]]
}

@test "--delete: what OpenPype no longer has, under its limit" {
    project=$(zou_project "$demo")
    sequence=$(zou_sequence "$project" SQ01)
    zou_shot "$project" "$sequence" SH010 >/dev/null
    sync-service --once -prj "$demo" >/dev/null
    OP_STORE=sqlite:$db people_delete "$demo" SQ01_SH010
    push -prj "$demo"
    [[ $status == 0 && $(shots "$project") == SH010 ]]
    push -prj "$demo" --delete --max-delete 0
    [[ $status == 1 && $stderr == *--max-delete* && $(shots "$project") == SH010 ]]
    push -prj "$demo" --delete
    [[ $status == 0 && $output == *'  deleted Shot "SH010" of SQ01'* && $(shots "$project") == "" ]]
}

@test "every way to write an option; a usage error names it" {
    push "-l$KITSU_LOGIN" "-p$KITSU_PWD" "-s$KITSU_SERVER" "-dsqlite:$PWD/1.db" -prj=x --dry-run
    [[ $status != 64 ]]
    push "--login=$KITSU_LOGIN" "--password=$KITSU_PWD" "--server=$KITSU_SERVER" "--store=sqlite:$PWD/2.db" \
        --project=x --max-delete=5 --wait=1 --delete -vq
    [[ $status != 64 ]]
    for arguments in --bogus -x -vx "--delete=1" "stray" "--project" "-p" "-l x -p" "--wait many" -lo; do
        # shellcheck disable=SC2086 # words
        push $arguments
        [[ $status == 64 && $output == "" ]]
        option=${arguments%%=*}
        [[ $stderr == *"${option##* }"* || $stderr == *"-- 'x'"* ]]
    done
    push --max-delete=many -d sqlite:x.db
    [[ $status == 64 && $stderr == *--max-delete* ]]
    push -p ''
    [[ $status == 64 && $stderr == *"password is empty"* ]]
    push -p x --password-file f
    [[ $status == 64 && $stderr == *"one of them"* ]]
}

@test "the password is on no command line, in no message, and only zou-push has it" {
    zou_project "$demo" >/dev/null
    in_op "$demo"
    stages 'op-dump=env >environment.op-dump; exec "$genuine/op-dump" "$@"' \
        'zou-push=ps -eo args >processes; env >environment.zou-push; exec "$genuine/zou-push" "$@"' \
        'op-apply=env >environment.op-apply; exec "$genuine/op-apply" "$@"' \
        'op-lease=env >environment.op-lease; exec "$genuine/op-lease" "$@"' \
        'push-report=env >environment.push-report; exec "$genuine/push-report" "$@"'
    unset KITSU_TOKEN
    pushed -v
    [[ $status == 0 && $output$stderr != *"$KITSU_PWD"* ]]
    grep -q zou-push processes
    # bats' own env is there with it, as a user's shell would not be.
    run ! grep -F "$KITSU_PWD" <(grep -v '^env \|openpype_console module\|bats' processes)
    grep -qF "KITSU_PWD=$KITSU_PWD" environment.zou-push
    run ! grep -F "$KITSU_PWD" environment.op-dump environment.op-apply environment.op-lease environment.push-report
    grep -q '^OP_LEASE=.*:[0-9]*$' environment.zou-push
    grep -q '^OP_LEASE=.*:[0-9]*$' environment.op-apply
}

@test "a wrong password: 77; no such server: 69" {
    zou_project "$demo" >/dev/null
    in_op "$demo"
    run --separate-stderr openpype_console module kitsu push-to-zou -l "$KITSU_LOGIN" -p not-the-password
    [[ $status == 77 && $stderr != *not-the-password* && $output == "" ]]
    push -s http://127.0.0.1:1
    [[ $status == 69 && $stderr == *"127.0.0.1:1"* ]]
}

@test "while a service holds the store: 75, and how to go on" {
    project=$(zou_project "$demo")
    in_op "$demo"
    mkfifo hold
    op-lease <hold >lease 3>&- &
    exec 9>hold
    for _ in {1..50}; do
        [[ -s lease ]] && break
        sleep 0.1
    done
    push --wait 0
    [[ $status == 75 && $output == "" ]]
    [[ $stderr == *"has the lease"*"push-to-zou: a service hands it over within seconds"* ]]
    [[ $(shots "$project") == "" ]]
    # A plan needs none.
    push --dry-run
    [[ $status == 0 ]]
    exec 9>&-
    wait
    push
    [[ $status == 0 && $(shots "$project") == "SH010 SH020" ]]
}

@test "the lease is given back" {
    zou_project "$demo" >/dev/null
    in_op "$demo"
    push
    op-lease --wait 0 </dev/null >lease
    [[ -s lease ]]
    run -3 sync-status
}

@test "Ctrl-C: zou-push and op-apply finish, the lease is given back" {
    for signal in INT TERM; do
        stages op-dump=true \
            'zou-push=end() {
                sleep 1
                echo "{\"type\":\"Summary\",\"to\":\"kitsu\",\"project\":\"late\"}"
                exit
            }
            trap end INT TERM
            touch begun
            while :; do sleep 0.1; done'
        rm -f begun
        env --default-signal=INT push-to-zou >out 2>err 3>&- &
        pid=$!
        while [[ ! -e begun ]]; do sleep 0.05; done
        kill -s "$signal" "$pid"
        wait "$pid" && status=0 || status=$?
        cat out err
        [[ $status == $((128 + $(kill -l "$signal"))) ]]
        [[ $(<out) == "late: nothing changed in 0.00 s" ]]
        op-lease --wait 0 </dev/null >lease
        OPKITSU_BUILD=${genuine%/bin}
    done
}

@test "the most serious status is that of the pipe" {
    for case in 'op-dump 69' 'zou-push 76' 'zou-push 1' 'op-apply 75' 'push-report 74'; do
        read -r stage code <<<"$case"
        stages 'op-dump=true' 'zou-push=cat' 'op-apply=cat' 'push-report=cat' "$stage=cat; exit $code"
        push
        [[ $status == "$code" ]]
        OPKITSU_BUILD=${genuine%/bin}
    done
}
