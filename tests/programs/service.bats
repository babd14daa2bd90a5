#!/usr/bin/env bats
# sync-service as a service: its stages here are scripts that do as they are told,
# so that each can fail in each way. listening.bats has the real ones.
# Takes about 80 s.
# shellcheck disable=SC1091,SC2016,SC2030,SC2031,SC2154 # bats' run and subshells

bats_require_minimum_version 1.5.0

setup() {
    load ../lib/common
    cd "$BATS_TEST_TMPDIR" || return
    mkdir tmp
    genuine=$(cd "${OPKITSU_BUILD:-$BATS_TEST_DIRNAME/../../build}" && pwd)/bin
    export TMPDIR=$PWD/tmp genuine OP_STORE=sqlite:$PWD/op.db OPKITSU_BACKOFF_SECONDS=0.1
    unset "${!KITSU_@}" OP_LEASE
    mkdir -p fake/bin
    export OPKITSU_BUILD=$PWD/fake
    # What each was started with, and when, is in the file "log".
    stage op-lease 'trap "echo given back >>log; exit 0" TERM
        echo me:7
        while IFS= read -r line; do echo "$line" >>notes; done
        echo let go >>log'
    stage kitsu-fetch 'case $* in
            *--events*) exec cat ;;
            *) echo "{\"type\":\"Full\"}" ;;
        esac'
    stage kitsu-listen 'echo "{\"type\":\"Event\"}"; exec sleep 60'
    for name in op-diff op-apply sync-report; do
        stage $name 'exec cat'
    done
    service=''
}

# Nothing stays behind: no process, no temporary file.
teardown() {
    [[ ! $service ]] || ! kill -KILL "$service" 2>/dev/null || echo "still running"
    until_true no_process
    rmdir "$BATS_TEST_TMPDIR/tmp"
    no_process
}

no_process() { ! grep -qsz "^OPKITSU_BUILD=$BATS_TEST_TMPDIR/fake" /proc/[0-9]*/environ; }

# stage NAME SCRIPT: a program of the pipe, which notes its start.
stage() {
    rm -f "fake/bin/$1"
    printf '#!/usr/bin/env bash\necho "%s $*${OP_LEASE:+ for $OP_LEASE}" >>log\n%s\n' \
        "$1" "$2" >"fake/bin/$1"
    chmod +x "fake/bin/$1"
}

# start ARGUMENT...: the service, whose output is in the files out and err.
start() {
    rm -f log
    # As from a shell with jobs: not deaf for SIGINT.
    env -u OPKITSU_BUILD --default-signal=INT OPKITSU_BUILD="$OPKITSU_BUILD" \
        "$BATS_TEST_DIRNAME/../../scripts/sync-service" "$@" >out 2>err 3>&- &
    service=$!
}

# stop [SIGNAL]: in at most 2 seconds; sets $status.
stop() {
    local began=${EPOCHREALTIME/./}
    kill -s "${1-TERM}" "$service"
    status=0
    wait "$service" || status=$?
    echo "took $(((${EPOCHREALTIME/./} - began) / 1000)) ms"
    ((${EPOCHREALTIME/./} - began < 2000000))
    service=''
    cat out err log notes 2>/dev/null || true
}

# until_true COMMAND...: for 30 seconds at most.
until_true() {
    for ((i = 0; i < 600; i++)); do
        ! "$@" || return 0
        sleep 0.05
    done
    echo "never: $*"
    cat out err log notes 2>/dev/null
    return 1
}

# await_lines N PATTERN [FILE]: until so many lines of the log have it.
await_lines() { until_true has_lines "$@"; }
has_lines() {
    local count
    count=$(grep -cs -e "$2" "${3-log}" || true)
    ((${count:-0} >= $1))
}

# kill_stage PROGRAM [SIGNAL]: the process of the service that is this file.
kill_stage() {
    local process
    for process in /proc/[0-9]*; do
        if [[ $(readlink "$process/exe") == */"$1" ]] && grep -qsz "^OPKITSU_BUILD=$PWD/fake" "$process/environ"; then
            kill -s "${2-KILL}" "${process#/proc/}"
        fi
    done
}

@test "first a full synchronisation, then it listens, both with the lease" {
    start -l me -prj a
    await_lines 1 ^kitsu-listen
    await_lines 1 Event out
    [[ $(sed 's/ $//' log) == "op-lease
kitsu-fetch --login=me --project=a for me:7
op-diff --no-skipped for me:7
op-apply for me:7
sync-report for me:7
kitsu-listen --login=me --project=a for me:7"* || $(grep -c '^[a-z-]*fetch --login=me --project=a for me:7$' log) == 1 ]]
    grep -qx 'kitsu-fetch --events --login=me for me:7' log
    grep -qx 'op-lease ' log
    pid=$service
    stop
    [[ $status == 143 ]]
    [[ $(<out) == '{"type":"Full"}'$'\n''{"type":"Event"}' ]]
    [[ ! -s err ]]
    grep -x 'let go' log
    [[ $(grep -v _at notes | xargs) == "process $pid state synchronising full ended with status 0 state listening state ending" ]]
}

@test "what it reads in full again, and when, kitsu-listen is told" {
    start --reconcile 2h --max-delete 7
    await_lines 1 ^kitsu-listen
    grep -x 'kitsu-listen --reconcile=2h --retry-now .*' log
    grep 'op-diff .*--max-delete=7' log
    stop
}

@test "the documented commands, letter for letter" {
    mkdir next
    for arguments in '' '-prj project_name01 -prj project_name02' '-lo'; do
        rm -f log
        # shellcheck disable=SC2086 # words
        "$genuine/openpype_console" module kitsu sync-service -l me@domain.ext -p my_password $arguments >out 2>err 3>&- &
        service=$!
        await_lines 1 ^kitsu-listen
        await_lines 1 'kitsu-fetch --events'
        case $arguments in
            '') [[ $(grep -c ^kitsu-fetch log) == 2 ]] && ! grep project log ;;
            -lo) [[ $(grep -c ^kitsu-fetch log) == 1 ]] ;;
            *) [[ $(grep -c 'project_name01 --project=project_name02' log) == 2 ]] ;;
        esac
        stop
        run ! grep my_password log out err notes
    done
}

@test "SIGINT ends it, too" {
    start
    await_lines 1 'kitsu-fetch --events'
    stop INT
    [[ $status == 130 ]]
}

# bats test_tags=slow
@test "SIGTERM ends it in each phase within two seconds, and leaves nothing" {
    # Waiting for the lease.
    stage op-lease 'exec sleep 60'
    start
    await_lines 1 ^op-lease
    stop
    [[ $status == 143 ]]
    stage op-lease 'trap "exit 0" TERM; echo me:7; exec cat >>notes'
    # In a full synchronisation, with a program that will not hear of it.
    stage kitsu-fetch 'trap "" TERM; for i in {1..300}; do sleep 0.1; done'
    start
    await_lines 1 ^sync-report
    kill -s TERM "$service"
    sleep 1.5
    stop # at once, says the second
    [[ $status == 143 ]]
    # While it waits after a failure.
    stage kitsu-fetch 'exec cat'
    stage kitsu-listen 'exit 69'
    OPKITSU_BACKOFF_SECONDS=20 start --resume -v
    await_lines 1 'retrying in' err
    stop
    [[ $status == 143 ]]
}

# bats test_tags=slow
@test "a stage that dies: the pipe is started again, the full synchronisation is not" {
    stage kitsu-fetch 'case $* in *--events*) cp -f /bin/cat my-fetch 2>/dev/null || true; exec ./my-fetch ;; esac'
    for name in op-diff op-apply sync-report; do
        stage $name "cp -f /bin/cat my-$name 2>/dev/null || true; exec ./my-$name"
    done
    stage kitsu-listen 'cp -f /bin/sleep my-listen 2>/dev/null || true; echo "{\"type\":\"Event\"}"; exec ./my-listen 60'
    start
    await_lines 1 ^kitsu-listen
    n=1
    for name in my-listen my-fetch my-op-diff my-op-apply my-sync-report; do
        await_lines $n Event out
        kill_stage $name
        n=$((n + 1))
        await_lines $n ^kitsu-listen
    done
    await_lines $n Event out
    stop
    [[ $(grep -c ^kitsu-fetch log) == $((n + 1)) ]]
    [[ $(grep -c ^op-lease log) == 1 ]]
    grep -x 'error op-apply was ended by signal 9' notes
    grep 'sync-service: kitsu-listen was ended by signal 9' err
}

@test "what a failing stage says is passed on, and noted" {
    stage op-apply 'read -r line; echo "op-apply: a first word" >&2; echo "op-apply: the store is gone" >&2; echo "warning: of libc" >&2; exit 69'
    start --resume
    await_lines 2 ^kitsu-listen
    stop
    [[ $(head -n 3 err) == "op-apply: a first word
op-apply: the store is gone
warning: of libc" ]]
    grep -x 'error op-apply: the store is gone' notes
    run ! grep sync-service err
}

@test "a listener that ends without a failure, as of a project that is not there" {
    stage kitsu-listen 'echo "kitsu-listen: nope: there is no such project" >&2; exit 1'
    start
    await_lines 2 ^kitsu-listen
    stop
    grep -x 'error kitsu-listen: nope: there is no such project' notes
    run ! grep -v '^kitsu-listen: nope' err
    stage kitsu-listen 'exit 1'
    start
    await_lines 1 'error kitsu-listen ended with status 1' notes
    stop
    run ! grep line err
}

# bats test_tags=slow
@test "it waits longer each time" {
    stage kitsu-listen 'exit 69'
    OPKITSU_BACKOFF_SECONDS=0.4 start --resume -v
    await_lines 3 'retrying in' err
    stop
    mapfile -t waits < <(sed -n 's/.*retrying in \([0-9]*\)\.\([0-9]\) s/\1\2/p' err | sed 's/^0*\(.\)/\1/')
    echo "${waits[@]}"
    ((waits[0] >= 3 && waits[0] <= 5 && waits[1] >= 6 && waits[1] <= 10 && waits[2] >= 12 && waits[2] <= 20))
    grep -x 'state waiting' notes
}

# bats test_tags=slow
@test "after a good minute it does not" {
    stage kitsu-listen 'sleep 1; exit 69'
    OPKITSU_BACKOFF_SECONDS=0.01 start --resume -v
    await_lines 3 'retrying in' err
    stop
    [[ $(grep -c 'retrying in 0.0 s' err) == 3 ]]
}

@test "\"full sync needed\": one is made, then it listens" {
    stage kitsu-listen '[[ -e full ]] || { echo "kitsu-listen: full sync needed: no checkpoint" >&2; exit 75; }; exec sleep 60'
    stage kitsu-fetch 'case $* in *--events*) exec cat ;; *) touch full ;; esac'
    start --resume
    await_lines 2 ^kitsu-listen
    stop
    [[ $(grep ^kitsu-fetch log | grep -vc -e --events) == 1 ]]
    # Another 75 is just a failure.
    stage kitsu-listen 'echo "kitsu-listen: try again later" >&2; exit 75'
    start --resume
    await_lines 3 ^kitsu-listen
    stop
    [[ $(grep ^kitsu-fetch log | grep -vc -e --events) == 0 ]]
}

@test "-lo never makes a full synchronisation: it says the gap, and goes on from now" {
    stage kitsu-listen '[[ $* == *"--since now"* ]] || { echo "kitsu-listen: full sync needed: no checkpoint" >&2; exit 75; }; exec sleep 60'
    start -lo
    await_lines 1 'kitsu-listen --since now --store='
    kill -s HUP "$service"
    await_lines 2 '^kitsu-listen'
    await_lines 1 'SIGHUP: no full' err
    stop
    [[ $(grep ^kitsu-fetch log | grep -vc -e --events) == 0 ]]
    grep 'sync-service: --listen-only: what happened in Kitsu before now is not followed' err
    grep -x 'gap kitsu-listen: full sync needed: no checkpoint' notes
    run -64 --separate-stderr "$genuine/sync-service" -lo --reconcile 1h
}

@test "a full synchronisation that fails, or is partial, does not stop it" {
    stage kitsu-fetch 'case $* in *--events*) exec cat ;; *) echo "kitsu-fetch: no such luck" >&2; exit 69 ;; esac'
    start
    await_lines 1 'kitsu-fetch --events'
    stop
    grep -x 'full failed with status 69' notes
    grep -x 'error kitsu-fetch: no such luck' notes
    grep 'sync-service: the full synchronisation failed' err
    stage kitsu-fetch 'case $* in *--events*) exec cat ;; *) exit 1 ;; esac'
    start
    await_lines 1 'kitsu-fetch --events'
    stop
    grep -x 'full ended with status 1' notes
}

# bats test_tags=slow
@test "a full synchronisation that failed is tried again after a while" {
    stage kitsu-fetch 'case $* in *--events*) exec cat ;; esac; [[ -e tried ]] || { touch tried; exit 69; }'
    OPKITSU_BACKOFF_SECONDS=0.02 start --reconcile off
    await_lines 2 ^kitsu-listen
    stop
    [[ $(grep ^kitsu-fetch log | grep -vc -e --events) == 2 ]]
    grep -x 'full ended with status 0' notes
}

# bats test_tags=slow
@test "what will not get better ends it at the start, later it waits" {
    for code in 64 77 78; do
        stage kitsu-fetch "exit $code"
        start
        wait "$service" && status=0 || status=$?
        service=''
        [[ $status == "$code" ]]
        grep -x 'sync-service: giving up: retrying cannot fix this' err
        run ! grep 'retrying in' err
        grep -x 'let go' log
        stage kitsu-fetch 'exec cat'
        stage kitsu-listen "exit $code"
        start --resume
        wait "$service" && status=0 || status=$?
        service=''
        [[ $status == "$code" ]]
        stage op-lease "exit $code"
        start
        wait "$service" && status=0 || status=$?
        service=''
        [[ $status == "$code" ]]
        stage op-lease 'echo me:7; while read -r line; do :; done; echo let go >>log'
    done
    stage kitsu-fetch 'case $* in *--events*) exec cat ;; esac'
    stage kitsu-listen 'exit 77'
    start
    await_lines 3 ^kitsu-listen
    stop
    [[ $status == 143 ]]
}

@test "SIGHUP makes a full synchronisation" {
    start
    await_lines 1 'kitsu-fetch --events'
    await_lines 1 Event out
    kill -s HUP "$service"
    await_lines 2 ^kitsu-listen
    await_lines 2 Event out
    stop
    [[ $(<out) == $'{"type":"Full"}\n{"type":"Event"}\n{"type":"Full"}\n{"type":"Event"}' ]]
    [[ ! -s err ]]
}

# bats test_tags=slow
@test "SIGHUP as soon as it is there: it lives, and makes one" {
    mkdir slow
    # The first program that it runs, in subshells of it.
    cat >slow/readlink <<'EOF'
#!/bin/sh
parent() { ps -o ppid= -p "$1" | tr -d ' '; }
service=$PPID
while ps -o args= -p "$(parent "$service")" | grep -q sync-service; do
    service=$(parent "$service")
done
kill -s HUP "$service"
exec /usr/bin/readlink "$@"
EOF
    chmod +x slow/readlink
    local PATH=$PWD/slow:$PATH
    start --resume
    await_lines 1 Full out
    await_lines 1 ^kitsu-listen
    stop
    [[ $status == 143 ]]
}

@test "SIGHUP while it waits, too" {
    stage kitsu-listen 'exit 69'
    OPKITSU_BACKOFF_SECONDS=20 start -v
    await_lines 1 'retrying in' err
    kill -s HUP "$service"
    await_lines 2 Full out
    stop
}

# bats test_tags=slow
@test "--reconcile: now and then, and only what it repaired is said" {
    stage sync-report 'exec "$genuine/sync-report" "$@"'
    summary() {
        echo '{"type":"Summary","project":"'"$1"'","inserted":0,"updated":'"$2"',"deleted":0,"archived":0,"skipped":'"$3"',"failed":0,"conflicts":0,"seconds":0.01}'
    }
    summary alpha 0 0 >results
    stage op-apply 'while IFS= read -r line; do
            case $line in
                *Full*) cat results ;;
            esac
        done'
    start --reconcile 1s -v
    await_lines 1 'nothing to repair' out
    {
        summary alpha 0 0
        echo '{"type":"Skipped","entity":{"type":"Shot","name":"a b"},"reason":"bad name"}'
        summary beta 0 1
        echo '{"type":"Result","operationType":"update","entity":{"type":"Shot","name":"e"},"status":"applied"}'
        echo '{"type":"Result","operationType":"update","entity":{"type":"Shot","name":"f"},"status":"applied"}'
        echo '{"type":"Skipped","entity":{"type":"Shot","name":"c d"},"reason":"bad name"}'
        summary gamma 2 1
    } >new
    mv new results
    await_lines 2 'repaired: ' out
    stop
    [[ $(grep repaired: out | head -n 3) == 'repaired: gamma: 2 updated, 1 skipped in 0.01 s
repaired:   applied update of Shot "e"
repaired:   applied update of Shot "f"' ]]
    run ! grep skipped\ Shot out
    run ! grep 'repaired: [ab]' out
    [[ $(head -n 1 out) == 'alpha: nothing changed in 0.01 s' ]]
    grep '^sync-report -v --repaired' log
    for time in 1 1y h 0s -1s off1 1000000d ''; do
        for how in '' --once "--once --resume" --dry-run; do
            # shellcheck disable=SC2086 # words
            run -64 --separate-stderr "$genuine/sync-service" $how "--reconcile=$time"
            [[ $stderr == "sync-service: --reconcile ${time:-empty}: "* && $output == "" ]]
        done
    done
}

# bats test_tags=slow
@test "an option that is none is named, with 64" {
    rm -f log
    for command in sync-service push-to-zou integrate-kitsu-note; do
        for option in --bogus --=x --= "--dry-run verbose" "--dry-run " "-- " "--login " --Dry-run; do
            run -64 --separate-stderr "$genuine/$command" --dry-run "$option"
            [[ ${stderr_lines[0]} == "$command: unrecognized option '${option%x}'" && $output == "" ]]
        done
        run -64 --separate-stderr "$genuine/$command" "--password =secret" # none of its value is shown
        [[ ${stderr_lines[0]} == "$command: unrecognized option '--password ='" ]]
    done
    [[ ! -e log ]]
}

# bats test_tags=slow
@test "a lost lease: the pipe ends, and goes on when it is had again" {
    stage op-lease 'trap "exit 0" TERM; echo "me:$(grep -c ^op-lease log)"
        while IFS= read -r line; do
            echo "$line" >>notes
            [[ ! -e lose ]] || { rm lose; echo "op-lease: lost" >&2; exit 75; }
        done'
    touch lose
    start # lost in the full synchronisation, which is made again
    await_lines 1 'kitsu-fetch --events'
    stop
    grep '^kitsu-listen .*for me:2' log
    [[ $(grep sync-service: err) == *"the lease was lost"*$'\n'"sync-service: lease acquired again" ]]
    grep -x 'error the lease was lost' notes
    stage op-lease 'trap "exit 0" TERM; echo "me:$(grep -c ^op-lease log)"; (until [[ -e lose ]]; do sleep 0.1; done; rm lose; kill $$) & while IFS= read -r line; do :; done'
    stage op-lease 'echo "me:$(grep -c ^op-lease log)"; cp -f /bin/cat my-lease 2>/dev/null || true; exec ./my-lease >/dev/null'
    start
    await_lines 1 'kitsu-fetch --events'
    kill_stage my-lease
    await_lines 1 'kitsu-listen .*for me:2'
    stop
    [[ $(grep ^kitsu-fetch log | grep -vc -e --events) == 1 ]]
}

# bats test_tags=slow
@test "a lease whose name comes in pieces" {
    stage op-lease 'sleep 0.3; printf m; sleep 0.6; printf "e:"; sleep 0.7; echo 7; exec cat >>notes'
    start
    await_lines 1 '^kitsu-listen .*for me:7$'
    stop
    run ! grep -v -e 'for me:7$' -e ^op-lease log
}

@test "killed with -9 it leaves no process behind" {
    start
    await_lines 1 Event out
    kill -s KILL "$service"
    wait "$service" || true
    service=''
    until_true no_process
    grep -x 'let go' log
}

@test "--tee keeps all streams, the last time's beside them; SIGHUP opens them anew" {
    mkdir kept
    echo old >kept/events.ndjson
    start --tee kept
    await_lines 1 Event kept/results.ndjson
    [[ $(<kept/events.ndjson) == '{"type":"Event"}' && $(<kept/events.ndjson.old) == old ]]
    for file in kitsu changes results; do
        [[ $(<kept/$file.ndjson) == $'{"type":"Full"}\n{"type":"Event"}' ]]
    done
    mv kept/events.ndjson kept/events.1
    kill -s HUP "$service"
    await_lines 1 Event kept/events.ndjson
    stop
    [[ $(<kept/events.1) == '{"type":"Event"}' && $(grep -c . kept/kitsu.ndjson) == 4 ]]
}

@test "--once --resume: the events so far, a full synchronisation only when needed" {
    stage kitsu-listen '[[ $* == *--once* ]] && echo "{\"type\":\"Event\"}"'
    run --separate-stderr "$genuine/sync-service" --once --resume
    [[ $status == 0 && $output == '{"type":"Event"}' && $stderr == "" ]]
    run ! grep ^op-lease log # op-apply takes it by itself
    run ! grep for log
    stage kitsu-listen 'echo "kitsu-listen: full sync needed: no checkpoint" >&2; exit 75'
    run --separate-stderr "$genuine/sync-service" --once --resume
    [[ $status == 0 && $output == '{"type":"Full"}' && $stderr == "kitsu-listen: full sync needed"* ]]
    run --separate-stderr "$genuine/sync-service" --once --resume -q -d "sqlite:$PWD/op.db"
    [[ $status == 0 && $output == '{"type":"Full"}' && $stderr == "" ]] # cron hears nothing
    stage kitsu-listen 'exit 69'
    run --separate-stderr "$genuine/sync-service" --once --resume
    [[ $status == 69 && $output == "" ]]
    # A listener that waits for what op-apply will not do any more.
    stage kitsu-listen 'echo; exec sleep 60'
    stage op-apply 'exit 75'
    run --separate-stderr timeout 20 "$genuine/sync-service" --once --resume
    [[ $status == 75 ]]
    stage op-apply 'exec cat'
    stage kitsu-listen '[[ $* == *"--since now"* ]] || { echo "kitsu-listen: full sync needed" >&2; exit 75; }'
    run --separate-stderr "$genuine/sync-service" --once -lo
    [[ $status == 1 && $output == "" && $stderr == *"is not followed"* ]]
}

@test "--dry-run plans a full synchronisation only" {
    for arguments in --resume -lo; do
        run -64 --separate-stderr "$genuine/sync-service" --dry-run $arguments
        [[ $stderr == *"--dry-run"* ]]
    done
}

@test "no password on a command line, and only Kitsu's programs get it" {
    for name in kitsu-fetch kitsu-listen op-diff op-apply sync-report op-lease; do
        { cat "fake/bin/$name"; } >body
        stage $name 'env >"environment.${0##*/}"
            grep -zsF -f needle /proc/[0-9]*/cmdline >>found && mv found seen'"
$(tail -n +3 body)"
    done
    echo sesame-open >needle
    grep -zqF -f needle <(printf 'x sesame-open y\0') # it would be found
    start -l me -p sesame-open --tee kept --reconcile 1h
    await_lines 1 'kitsu-fetch --events'
    await_lines 1 Event out
    kill -s HUP "$service"
    await_lines 2 Event out
    stop
    [[ ! -e seen ]]
    [[ $(grep -l sesame-open environment.* | xargs) == "environment.kitsu-fetch environment.kitsu-listen" ]]
}
