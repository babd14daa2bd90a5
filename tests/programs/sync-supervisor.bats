#!/usr/bin/env bats
# sync-supervisor: pipelines of scripts that do as they are told. What a service makes
# of them, with the script sync-service around it, is in service.bats.
# Takes about 70 s.
# shellcheck disable=SC1091,SC2016,SC2030,SC2031,SC2154 # bats' run and subshells

bats_require_minimum_version 1.5.0

setup() {
    load ../lib/common
    cd "$BATS_TEST_TMPDIR" || return
    mkdir -p fake
    PATH=$PWD/fake:$PATH
    export OPKITSU_BACKOFF_SECONDS=0.1 OPKITSU_TEST=$PWD
    unset "${!KITSU_@}" OP_LEASE
    program op-lease 'echo me:7; while IFS= read -r line; do echo "$line" >>notes; done; echo let go >>log'
    program kitsu-listen 'echo "{}"; exec sleep 60'
    program quiet 'exec cat >/dev/null'
    # Whatever signals we were started with ignored, as a shell's "&" has two of them.
    supervisor=(env --default-signal sync-supervisor)
    service=''
}

# Nothing stays behind.
teardown() {
    [[ ! $service ]] || ! kill -KILL "$service" 2>/dev/null || echo "still running"
    until_true no_process
}

no_process() { ! grep -lsz "^OPKITSU_TEST=$BATS_TEST_TMPDIR\$" /proc/[0-9]*/environ | grep -v "^/proc/\($$\|$BASHPID\)/" | xargs -r ps -o args= -p 2>/dev/null | grep -v bats | grep .; }

# program NAME SCRIPT: one that notes its start in the file log.
program() {
    printf '#!/usr/bin/env bash\necho "%s $*" >>log\n%s\n' "$1" "$2" >"fake/$1"
    chmod +x "fake/$1"
}

# until_true COMMAND...: for a minute at most.
until_true() {
    for ((i = 0; i < 1200; i++)); do
        ! "$@" || return 0
        sleep 0.05
    done
    echo "never: $*"
    tail -n 30 out err log notes 2>/dev/null
    return 1
}

# has N PATTERN FILE: so many lines of it, or more.
has() {
    local count
    count=$(grep -cs -e "$2" "$3" || true)
    ((${count:-0} >= $1))
}

# stands FILE: nothing has written to it for a second.
stands() { (($(date +%s) - $(stat -c %Y "$1") > 1)); }

once() {
    run --separate-stderr "${supervisor[@]}" --once "$@"
    printf '%s\n' "$status" "$output" "$stderr"
}

# start ARGUMENT...: a service, or what else goes on for a while.
start() {
    rm -f log
    "${supervisor[@]}" "$@" </dev/null >out 2>err 3>&- &
    service=$!
}

# ends MILLISECONDS: it does, by itself, in that time; sets $status.
ends() {
    local began=${EPOCHREALTIME/./}
    status=0
    wait "$service" || status=$?
    service=''
    echo "took $(((${EPOCHREALTIME/./} - began) / 1000)) ms"
    cat out err log notes 2>/dev/null || true
    ((${EPOCHREALTIME/./} - began < $1 * 1000))
}

# stop [SIGNAL]: in at most 2 seconds.
stop() {
    kill -s "${1-TERM}" "$service"
    ends 2000
}

# --- One pipeline -------------------------------------------------------------

@test "stages are joined by pipes, from our stdin to our stdout" {
    run -0 --separate-stderr sync-supervisor --once run: tr a-c A-C '|' sed s/B/-/ '|' cat -n <<<abc
    [[ $output =~ ^\ +1.A-C$ && $stderr == "" ]]
    # Much more than pipes hold.
    seq 200000 >numbers
    sync-supervisor --once run: cat '|' tee copy '|' cat <numbers >out
    cmp out numbers
    cmp copy numbers
}

@test "wrong words: 64" {
    while read -r words; do
        # shellcheck disable=SC2086 # words
        run -64 --separate-stderr sync-supervisor $words
        echo "$words: $stderr"
        [[ ${stderr_lines[-1]} == "sync-supervisor: try 'sync-supervisor --help'" ]]
    done <<'END'
--once
--once cat
--once run:
--once run: cat | | cat
--once run: | cat
--once run: cat |
--once run: cat run: cat
--once lease: cat | cat run: cat
--once --patience much run: cat
--reconcile 1x lease: cat run: cat listen: cat
--bogus
lease: cat run: cat
run: cat listen: cat
END
}

@test "the most serious status counts, of the first stage with a reason of its own" {
    while read -r first second third outcome; do
        once run: bash -c "exit $first" '|' bash -c "cat; exit $second" '|' bash -c "cat; exit $third"
        echo "$first $second $third: $status, not $outcome?"
        [[ $status == "$outcome" && $stderr == "" ]]
    done <<'END'
0 0 0 0
1 0 0 1
0 63 0 1
1 64 78 64
141 69 0 69
0 70 65 70
141 141 0 1
END
    # A reader that has enough, one that is not ours, and one that cannot write.
    once run: yes '|' head -n 1
    [[ $status == 1 && $output == y && $stderr == "" ]]
    { "${supervisor[@]}" --once run: cat /dev/zero '|' yes 2>err || echo $? >outcome; } | head -n 1 >out
    [[ $(<outcome) == 141 && $(<out) == y && ! -s err ]] # as any filter
    once run: echo '|' tee /dev/full
    [[ $status == 74 && $stderr == "tee: /dev/full: No space left on device" ]]
}

@test "a stage that is killed is named, and so is one that cannot be run" {
    once run: echo '|' bash -c 'kill -SEGV $$' '|' cat
    [[ $status == 75 && $stderr == "sync-supervisor: bash was ended by signal 11" ]]
    once run: echo '|' no-such-program x '|' cat
    [[ $status == 69 && $stderr == "no-such-program: cannot run no-such-program: No such file or directory" ]]
}

@test "it goes by the name that it was started with" {
    run -75 --separate-stderr bash -c 'exec -a /x/my-command sync-supervisor --once run: bash -c "ps -o comm= -p \$PPID; kill -KILL \$\$"'
    [[ $output == my-command && $stderr == "my-command: bash was ended by signal 9" ]]
}

@test "no pipe can be made: 71" {
    run -71 --separate-stderr bash -c 'ulimit -n 6; exec sync-supervisor --once run: cat "|" cat "|" cat' </dev/null 3>&-
    [[ $stderr == "sync-supervisor: cannot start the pipeline: Too many open files" ]]
}

# --- What stages inherit ------------------------------------------------------

@test "only who asks Kitsu has what is needed to log in, and who uses the store its address" {
    export KITSU_PWD=a KITSU_TOKEN=b KITSU_TOTP=c KITSU_EMAIL_OTP=d KITSU_LOGIN=e
    export OP_STORE=f OPENPYPE_MONGO=g OP_SETTINGS=h AVALON_DB=i
    programs=(kitsu-fetch kitsu-listen publish-task note-rule zou-push op-dump op-diff op-apply sync-report push-report tee)
    for name in op-lease "${programs[@]}"; do
        program "$name" 'printf "%s %s\n" "${0##*/}" "$(env | grep -oE "^(KITSU|OP|OPENPYPE|AVALON)_[A-Z_]*" | grep -v OP_LEASE | sort | xargs)" >>seen; [[ $0 != */op-lease ]] || { echo me:7; cat; }'
    done
    stages=()
    for name in "${programs[@]}"; do
        stages+=('|' "$name")
    done
    once lease: op-lease run: "${stages[@]:1}"
    [[ $status == 0 ]]
    all="AVALON_DB KITSU_EMAIL_OTP KITSU_LOGIN KITSU_PWD KITSU_TOKEN KITSU_TOTP OPENPYPE_MONGO OP_STORE"
    store="AVALON_DB KITSU_LOGIN OPENPYPE_MONGO OP_STORE"
    diff <(sort seen) - <<END
kitsu-fetch $all
kitsu-listen $all
note-rule AVALON_DB KITSU_LOGIN OPENPYPE_MONGO OP_SETTINGS OP_STORE
op-apply $store
op-diff $store
op-dump $store
op-lease $store
publish-task $all
push-report AVALON_DB KITSU_LOGIN
sync-report AVALON_DB KITSU_LOGIN
tee AVALON_DB KITSU_LOGIN
zou-push $all
END
}

# Nobody of the user's processes may look into ours; so what programs share is no file of ours.
@test "kitsu-fetch and kitsu-listen share a file, without any right to us; others do not have it" {
    local user=()
    ((EUID)) || user=(setpriv --reuid=65534 --clear-groups)
    "${user[@]}" sync-supervisor --version >/dev/null || skip "cannot: another user has no way to the programs"
    chmod 711 . && : >log && chmod 666 log
    PATH=fake:$PATH # no way leads here
    program kitsu-fetch 'printf "demo\t1\n" >>"$OPKITSU_NAMES"; cat "$OPKITSU_NAMES" >&2'
    program other 'ls -l /proc/self/fd; exec cat'
    run -0 --separate-stderr "${user[@]}" sync-supervisor --once run: kitsu-fetch '|' other
    printf '%s\n' "$output" "$stderr"
    [[ $stderr == $'demo\t1' && $output != *memfd* ]]
}

@test "what is said of a program controls no terminal, and has no password" {
    local word
    for word in $'x\e[2J' $'x\u202ey' $'x\ny' $'\xc2\x9bx'; do
        once run: "$word"
        [[ $status == 69 ]]
        run ! grep -qP '[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80\xae|^y' <<<"$stderr"
    done
    printf '#!/bin/sh\nkill -9 $$\n' >$'fake/a\e[2Jme:secret@h'
    chmod +x $'fake/a\e[2Jme:secret@h'
    once run: $'a\e[2Jme:secret@h'
    [[ $stderr == *'a?[2Jme:xxxxxx@h was ended by signal 9'* && $stderr != *secret* ]]
    once run: mongodb://me:secret@h/
    [[ $stderr == 'mongodb://me:xxxxxx@h/: cannot run mongodb://me:xxxxxx@h/: '* ]]
}

@test "a stage has its three descriptors and what we were started with, and signals as usual" {
    cat >look <<'END'
exec 2>&1
sed -n 's/^Sig\(Blk\|Ign\):\t*/\1 /p' /proc/self/status
ls /proc/self/fd | xargs
END
    # What no program can reset (the C library keeps two signals to itself) stays as it is here.
    env --default-signal bash look 3>&- 4>&- >usual
    run -0 env --default-signal --ignore-signal=PIPE --block-signal=USR1,TERM sync-supervisor --once run: bash look '|' cat 3>&- 4>&-
    diff usual - <<<"$output"
    # What was ignored stays so: nohup, and a shell's "&".
    env --default-signal --ignore-signal=HUP,INT bash look 3>&- 4>&- >usual
    run -0 env --default-signal --ignore-signal=HUP,INT sync-supervisor --once run: bash look 3>&- 4>&-
    diff usual - <<<"$output"
    # Only the first stage hears Ctrl-C and Ctrl-\\.
    env --default-signal --ignore-signal=INT,QUIT bash look 3>&- 4>&- >usual
    run -0 env --default-signal sync-supervisor --once run: true '|' bash look '|' cat 3>&- 4>&-
    diff usual - <<<"$output"
    run -0 env --default-signal sync-supervisor --once run: true '|' bash look 3>&- 4>&-
    diff usual - <<<"$output"
    # A service heeds SIGHUP, and so do its stages.
    program kitsu-fetch 'source ./look >seen'
    rm -f seen
    env --ignore-signal=HUP sync-supervisor lease: op-lease run: kitsu-fetch listen: kitsu-listen </dev/null >out 2>err 3>&- &
    service=$!
    until_true has 1 '^0 1 ' seen
    ((16#$(sed -n 's/^Ign //p' seen) % 2 == 0))
    until_true has 1 ^kitsu-listen log
    stop
}

# --- Signals ------------------------------------------------------------------

@test "a signal ends it, and it ends by it" {
    for signal in INT TERM HUP; do
        start --once run: sleep 60 '|' cat
        sleep 0.2
        stop "$signal"
        [[ $status == $((128 + $(kill -l "$signal"))) && ! -s err ]]
    done
}

@test "first the stages that begin something, and the others finish" {
    program late 'while read -r line; do :; done; sleep 0.5; echo finished >finished'
    start --once run: sleep 60 '|' late
    until_true has 1 ^late log
    stop
    [[ $status == 143 && -e finished ]]
    # zou-push in the middle has its time, too.
    program zou-push 'trap "sleep 1; echo answered; exit" TERM; while :; do sleep 0.1; done'
    start --once --patience 5 run: sleep 60 '|' zou-push '|' cat
    until_true has 1 ^zou-push log
    sleep 0.2
    stop
    [[ $status == 143 && $(<out) == answered ]]
}

@test "a stage that will not end is ended: after its time, by a second signal at once" {
    program deaf 'trap "" TERM INT; while :; do sleep 0.1; done'
    OPKITSU_PATIENCE_SECONDS=0.05 start --once run: deaf '|' deaf
    until_true has 2 ^deaf log
    stop
    [[ $status == 143 ]]
    start --once run: deaf '|' deaf
    until_true has 2 ^deaf log
    sleep 0.2
    kill -s TERM "$service"
    sleep 1.2
    kill -0 "$service"
    stop INT
    [[ $status == 143 ]]
}

# bats test_tags=slow
@test "signals that come with the first one are no second one" {
    program slow 'trap "sleep 0.6; echo finished >>log; exit" TERM; while :; do sleep 0.1; done'
    start --once --patience 5 run: slow '|' cat
    until_true has 1 ^slow log
    sleep 0.2
    kill -s TERM "$service"
    sleep 0.2
    kill -s TERM "$service"
    kill -s INT "$service"
    ends 2000
    [[ $status == 143 && $(tail -n 1 log) == finished ]]
    # Stopped meanwhile, they come at once.
    start --once --patience 5 run: slow '|' cat
    until_true has 1 ^slow log
    sleep 0.2
    kill -s STOP "$service"
    kill -s TERM "$service"
    kill -s INT "$service"
    sleep 1.2
    kill -s CONT "$service"
    ends 2000
    [[ $status == 130 && $(tail -n 1 log) == finished ]]
}

@test "a terminal's signals end it in the same order" {
    program late 'while read -r line; do :; done; sleep 0.3; echo finished >>log'
    # What a stage has started, such as a password command, may need Ctrl-C itself.
    program asks 'bash -c "trap \"echo interrupted >>log; exit 1\" INT QUIT; while :; do sleep 0.1; done"; exit 77'
    for signal in INT QUIT; do
        rm -f log
        (
            ulimit -c 0
            exec setsid "${supervisor[@]}" --once run: asks '|' late '|' late </dev/null >out 2>err 3>&-
        ) &
        service=$!
        until_true has 1 ^asks log
        until_true has 2 ^late log
        sleep 0.2
        kill -s "$signal" -- "-$service"
        ends 2000
        [[ $status == $((128 + $(kill -l "$signal"))) ]]
        run ! grep sync-supervisor: err
        until_true has 2 finished log
        until_true has 1 interrupted log
        until_true no_process
    done
}

@test "a signal while the lease is given back: that is not cut short" {
    program op-lease 'echo me:7; cat >/dev/null; echo giving >>log; sleep 0.6; echo let go >>log'
    start --once lease: op-lease run: true
    until_true has 1 giving log
    stop
    [[ $status == 143 && $(tail -n 1 log) == "let go" ]]
}

@test "once, SIGHUP that was ignored stays so" {
    env --ignore-signal=HUP sync-supervisor --once run: bash -c 'kill -HUP $PPID; sleep 0.3; echo alive' >out 3>&- &
    service=$!
    ends 5000
    [[ $status == 0 && $(<out) == alive ]]
}

@test "a terminal that is closed ends a service" {
    script -qc "exec ${supervisor[*]} lease: op-lease listen: kitsu-listen" /dev/null </dev/null >out 2>&1 3>&- &
    terminal=$!
    until_true has 1 ^kitsu-listen log
    kill -KILL "$terminal"
    wait "$terminal" || true
    until_true no_process
    grep -x 'let go' log
    grep -x 'state ending' notes
}

@test "killed with -9 its stages end, in whatever moment" {
    program kitsu-fetch 'exec sleep 60'
    for ((n = 0; n < 12; n++)); do
        start lease: op-lease run: kitsu-fetch '|' cat '|' cat listen: kitsu-listen '|' cat
        sleep "0.0$((RANDOM % 40 + 10))"
        kill -KILL "$service"
        wait "$service" || true
        service=''
        until_true no_process
    done
}

# --- A service ----------------------------------------------------------------

@test "the states, one after another; SIGHUP, SIGTERM" {
    start lease: op-lease -v run: echo full listen: kitsu-listen '|' cat
    until_true has 1 ^kitsu-listen log
    kill -HUP "$service"
    until_true has 2 ^kitsu-listen log
    until_true has 2 '{}' out
    pid=$service
    stop
    [[ $status == 143 && ! -s err && $(<out) == $'full\n{}\nfull\n{}' ]]
    [[ $(xargs <notes) == "process $pid state synchronising full ended with status 0 state listening state synchronising full ended with status 0 state listening state ending" ]]
    [[ $(head -n 1 log) == "op-lease -v" && $(tail -n 1 log) == "let go" ]]
}

# bats test_tags=slow
@test "a stage that dies at once for ever is started ever more seldom" {
    start lease: op-lease listen: bash -c 'echo >>tries; exit 69'
    sleep 3
    stop
    [[ $status == 143 ]]
    tries=$(wc -l <tries)
    ((tries >= 4 && tries <= 7))
}

# bats test_tags=slow
@test "stopped and continued, it goes on: what ended meanwhile is noticed" {
    program kitsu-listen 'echo $$ >>pids; exec sleep 60'
    start --resume --reconcile 2s lease: op-lease run: echo full listen: kitsu-listen
    until_true has 1 . pids
    kill -STOP "$service"
    kill -KILL "$(<pids)"
    sleep 2.5
    [[ ! -s out ]]
    kill -CONT "$service"
    until_true has 1 full out
    until_true has 2 . pids
    # Stopped while it is to end.
    kill -STOP "$service"
    kill -TERM "$service"
    sleep 0.3
    kill -CONT "$service"
    ends 2000
    [[ $status == 143 ]]
}

# bats test_tags=slow
@test "stderr that nobody reads does not hold it up; one that is read gets all, whole" {
    mkfifo slow
    exec 9<>slow
    program kitsu-listen 'for ((i = 0; i < 3000; i++)); do echo "kitsu-listen: number $i, and so on, until there is no more room in a pipe" >&2; done; touch written; exec sleep 60'
    rm -f log
    "${supervisor[@]}" lease: op-lease listen: kitsu-listen </dev/null >out 2>slow 3>&- 9>&- &
    service=$!
    until_true has 1 ^kitsu-listen log
    sleep 1
    [[ ! -e written ]]
    stop
    [[ $status == 143 ]]
    exec 9>&-
    "${supervisor[@]}" lease: op-lease listen: kitsu-listen </dev/null 2> >(
        sleep 0.5
        exec cat >all
    ) 3>&- &
    service=$!
    until_true test -e written
    until_true has 3000 . all
    stop
    grep -v '^kitsu-listen: number [0-9]*, and so on, until there is no more room in a pipe$' all && return 1
    [[ $(grep -c . all) == 3000 ]]
}

@test "a terminal that takes no more does not hold it up" {
    program kitsu-listen 'echo $PPID >service; for ((i = 0; ; i++)); do echo "kitsu-listen: number $i" >&2; echo "$i" >at; done'
    script -qc "exec ${supervisor[*]} lease: op-lease listen: kitsu-listen" /dev/null </dev/null >out 2>&1 3>&- &
    terminal=$!
    until_true has 1 number out
    kill -STOP "$terminal"
    until_true stands at # all that lies between the two is full
    kill -TERM "$(<service)"
    until_true has 1 'let go' log
    until_true grep -qs '^State:.[XZ]' "/proc/$(<service)/status"
    kill -KILL "$terminal"
    wait "$terminal" || true
}

# bats test_tags=slow
@test "who ends may say so much as it likes, though nobody reads it" {
    words='for ((i = 0; i < 3000; i++)); do echo "words: number $i, and so on, until there is no more room in a pipe" >&2; done'
    program kitsu-listen "$words; exec sleep 60"
    program late "while read -r line; do :; done; echo writing >>log; $words; echo finished >>log"
    mkfifo slow
    exec 9<>slow
    "${supervisor[@]}" lease: op-lease listen: kitsu-listen '|' late </dev/null >out 2>slow 3>&- 9>&- &
    service=$!
    until_true has 1 ^late log
    sleep 1
    stop
    exec 9>&-
    [[ $status == 143 && $(xargs <log) == *"writing finished let go" ]]
}

@test "stderr that is full, or closed, is no reason to end" {
    for to in /dev/full /dev/null; do
        rm -f log
        "${supervisor[@]}" -v lease: op-lease listen: bash -c 'echo words >&2; echo x >>log; exit 1' </dev/null 2>$to 3>&- &
        service=$!
        until_true has 2 x log
        stop
        [[ $status == 143 ]]
    done
    rm -f log
    bash -c 'exec "$@" -v lease: op-lease listen: bash -c "echo words >&2; echo x >>log; exit 1" </dev/null 2>&- 3>&-' - "${supervisor[@]}" &
    service=$!
    until_true has 2 x log
    stop
    [[ $status == 143 ]]
}

@test "lines of stages do not mix; one without its end is passed on, too" {
    program half 'printf "half: first" >&2; sleep 0.3; printf ", then\nhalf: last" >&2; sleep 0.2'
    program other 'sleep 0.1; echo "other: between" >&2; cat'
    start lease: op-lease listen: half '|' other
    until_true has 1 '^half: last$' err
    stop
    [[ $(head -n 3 err) == $'other: between\nhalf: first, then\nhalf: last' ]]
    grep -x 'error half: last' notes
    # Very long ones come in pieces.
    program half 'head -c 100000 /dev/zero | tr "\0" x >&2; exec sleep 60'
    start lease: op-lease listen: half
    until_true has 12 xxx err
    stop
    [[ $(tr -d '\n' <err | wc -c) == 100000 ]]
}

@test "a process that a stage has left behind holds nothing up" {
    program leaver 'sleep 3 & echo "leaver: gone" >&2; exit 1'
    start lease: op-lease listen: leaver
    until_true has 3 ^leaver log
    [[ $(grep -c 'leaver: gone' err) -ge 2 ]]
    stop
}

@test "tee whose disk is full is blamed, and started again" {
    program kitsu-listen 'echo "{}"'
    start lease: op-lease listen: kitsu-listen '|' tee -a -- /dev/full '|' cat
    until_true has 2 ^kitsu-listen log
    stop
    grep -x 'error tee: /dev/full: No space left on device' notes
}

# bats test_tags=slow
@test "a full synchronisation that failed is not made again before its time, though it is needed" {
    program kitsu-listen 'echo "kitsu-listen: full sync needed: no checkpoint" >&2; exit 75'
    OPKITSU_BACKOFF_SECONDS=0.02 start -v lease: op-lease run: bash -c 'echo >>tries; exit 69' listen: kitsu-listen
    until_true has 1 ^kitsu-listen log
    sleep 0.5
    [[ $(wc -l <tries) == 1 ]] # the wait is 1.2 seconds, then 2.4
    kill -HUP "$service"
    until_true has 2 '^$' tries
    until_true has 2 ^kitsu-listen log
    sleep 1
    [[ $(wc -l <tries) == 2 ]]
    until_true has 3 '^$' tries
    stop
    grep -x 'state waiting' notes
}

# --- The lease ----------------------------------------------------------------

# bats test_tags=slow
@test "op-lease that dies at once for ever: nothing runs but it, ever more seldom" {
    program op-lease 'echo "op-lease: no store" >&2; exit 69'
    start lease: op-lease listen: kitsu-listen
    sleep 2
    stop
    [[ $status == 143 ]]
    tries=$(grep -c ^op-lease log)
    ((tries >= 3 && tries <= 6))
    run ! grep kitsu-listen log
    # As soon as it has the lease: the pipeline ends, and it pauses, too.
    program op-lease 'echo me:7; sleep 0.05; exit 75'
    start lease: op-lease listen: kitsu-listen
    sleep 2
    stop
    tries=$(grep -c ^op-lease log)
    ((tries >= 3 && tries <= 7))
    grep 'sync-supervisor: the lease was lost' err
    grep 'sync-supervisor: lease acquired again' err
}

# bats test_tags=slow
@test "stopped, it keeps the lease from nobody for long; continued, it notices" {
    rm fake/op-lease
    export OP_STORE=sqlite:$PWD/op.db OPKITSU_LEASE_SECONDS=2
    program kitsu-listen 'echo "$OP_LEASE" >>terms; exec sleep 60'
    start lease: op-lease listen: kitsu-listen
    until_true has 1 ':1$' terms
    # Nobody else wants it: it goes on.
    kill -STOP "$service"
    run -75 op-lease --wait 0
    sleep 3
    kill -CONT "$service"
    sleep 1
    run -75 op-lease --wait 0
    [[ $(wc -l <terms) == 1 && ! -s err ]]
    # Somebody does: it waits, and has it again.
    kill -STOP "$service"
    mkfifo hold
    op-lease --wait 10 <>hold >other 3>&- &
    until_true has 1 ':2$' other
    kill $!
    kill -CONT "$service"
    until_true has 1 ':3$' terms
    stop
    [[ $status == 143 ]]
    grep 'op-lease: .*lease lost' err
    grep -x 'sync-supervisor: the lease was lost: nothing is written until it is acquired again' err
    grep -x 'sync-supervisor: lease acquired again' err
}

# bats test_tags=slow
@test "op-lease that does not read what it is told does not hold it up" {
    program op-lease 'echo me:7; exec sleep 60'
    program kitsu-listen 'printf "kitsu-listen: %01900d\n" 0 >&2; exit 69'
    OPKITSU_BACKOFF_SECONDS=0.001 start lease: op-lease listen: kitsu-listen
    until_true has 40 ^kitsu-listen log
    stop
    [[ $status == 143 ]]
    # And one that will not end is ended.
    program op-lease 'trap "" TERM; echo me:7; while :; do sleep 0.1; done'
    OPKITSU_PATIENCE_SECONDS=0.3 start lease: op-lease listen: kitsu-listen
    until_true has 1 ^kitsu-listen log
    stop
    [[ $status == 143 ]]
}

@test "once with the lease: it is held as long as the pipeline runs, out of reach of Ctrl-C" {
    program op-lease 'trap "echo signal >>log" INT TERM; echo me:7; while IFS= read -r line; do :; done; echo let go >>log'
    program stage 'echo "$OP_LEASE"; cat; sleep 0.2; echo end >>log'
    once lease: op-lease --wait 3 run: stage
    [[ $status == 0 && $output == me:7 && $(<log) == $'op-lease --wait 3\nstage \nend\nlet go' ]]
    # To the whole process group, as a terminal's.
    rm -f log
    program stage 'end() { trap "" INT TERM; sleep 0.3; echo end >>log; exit; }
        trap end INT TERM; while :; do sleep 0.1; done'
    setsid "${supervisor[@]}" --once --patience 5 lease: op-lease run: stage >out 2>err 3>&- &
    service=$!
    until_true has 1 ^stage log
    sleep 0.2
    kill -INT -- "-$service"
    ends 2000
    [[ $status == 130 && $(tail -n 2 log) == $'end\nlet go' ]]
    for code in 64 69 75 78; do
        program op-lease "echo 'op-lease: words' >&2; exit $code"
        once lease: op-lease run: stage
        [[ $status == "$code" && ${stderr_lines[0]} == "op-lease: words" ]]
        [[ $code != 75 || ${stderr_lines[1]} == "sync-supervisor: a service hands it over within seconds"* ]]
    done
    run ! grep 2 <(grep -c ^stage log)
}
