#!/usr/bin/env bats
# What a program is started in: few descriptors, closed ones, files that may not grow,
# POSIXLY_CORRECT, pipes for files. It does its work, or says in a message of its own why not.
# Takes about 40 s.
# shellcheck disable=SC2030,SC2031 # every test is a subshell

bats_require_minimum_version 1.5.0

setup() {
    load ../lib/common
    load ../lib/mock
    mock_home <<<'{"opkitsu": {"names": "convert"}}'
    mock_start '{}'
    kitsu-fetch >reading
    op-diff <reading >plan
}

teardown() { mock_stop; }

# does STDIN COMMAND...: its status in $status, its output in out, what it says in err
does() {
    status=0
    "${@:2}" <"$1" >out 2>err || status=$?
    echo "${*:2}: $status" >&2
    cat err >&2
}

# says_why: it ended with a status of its own, and one or more lines of its own
says_why() { ((status > 0 && status < 126)) && grep -q "^$1: " err; }

@test "descriptors: with 12 all works; with fewer it does, or says why not" {
    local n program
    # The sanitizers' build needs some itself.
    for n in 12 9 8 7 6; do
        rm -f op.db*
        op-lease </dev/null >/dev/null # which makes the store
        does reading prlimit --nofile="$n" op-diff
        ((status == 0 || n < 12)) && { ((status == 0)) && cmp out plan || says_why op-diff; }
        does plan prlimit --nofile="$n" op-apply
        ((status == 0 || n < 12)) && { ((status == 0)) || says_why op-apply; }
        does /dev/null prlimit --nofile="$n" op-dump
        ((status == 0 || n < 12)) && { ((status == 0)) || says_why op-dump; }
        does /dev/null prlimit --nofile="$n" kitsu-fetch
        ((status == 0 || n < 12)) && { ((status == 0)) && cmp out reading || says_why kitsu-fetch; }
    done
    does /dev/null prlimit --nofile=6 kitsu-fetch
    [[ $status == 71 ]]
    grep -qi 'too many open files' err
}

@test "a file that may not grow: 74, and the store is what it was" {
    does reading prlimit --fsize=1024 op-diff
    [[ $status == 74 ]]
    says_why op-diff
    op-apply <plan >/dev/null
    op-dump --all >before
    jq -c 'select(.type == "Change" and .fullDocument.type == "asset") | .documentKey._id["$oid"] |= "f" + .[1:] |
        .fullDocument._id = .documentKey._id | .fullDocument.more = ("x" * 100000)' plan >larger
    does larger prlimit --fsize="$(stat -c %s op.db)" op-apply
    [[ $status == 74 ]]
    says_why op-apply
    op-dump --all | cmp - before
    does /dev/null prlimit --fsize=100 kitsu-fetch
    [[ $status == 74 ]]
    says_why kitsu-fetch
}

@test "closed descriptors: the status tells, and no message gets into a file" {
    local program status
    for program in op-diff op-apply note-rule zou-push sync-report push-report; do
        status=0
        "$program" <&- >out 2>err || status=$?
        echo "$program: $status" >&2
        ((status == 74))
        grep -q "^$program: " err
    done
    op-apply <plan >/dev/null
    status=0
    op-diff --bogus <reading >out 2>&- || status=$?
    ((status == 64)) && [[ ! -s out ]]
    # The first file that it opens would be its stderr: the store.
    printf 'no JSON\n' >bad
    status=0
    op-apply <bad >out 2>&- || status=$?
    ((status == 1))
    op-dump --all >/dev/null
    status=0
    op-apply <plan >&- 2>err || status=$?
    ((status == 74))
    status=0
    kitsu-fetch >&- 2>err <&- || status=$?
    ((status == 74))
}

@test "a new store is the user's alone; one that all may write is warned about" {
    umask 000
    op-apply <plan >/dev/null
    [[ $(stat -c %a op.db) == 600 ]]
    chmod 660 op.db
    does plan op-apply
    [[ ! -s err && $(stat -c %a op.db) == 660 ]]
    chmod 666 op.db
    does plan op-apply
    grep -q 'everybody on this machine may write it: chmod o-w' err
    local mode
    for mode in 604 644 664; do
        chmod $mode op.db
        does plan op-apply
        grep -q 'op.db: everybody on this machine may read it: chmod o-r' err
        [[ $(wc -l <err) == 1 && $(stat -c %a op.db) == "$mode" ]]
    done
    does plan op-apply -q
    [[ ! -s err ]]
}

@test "a new store behind a link that leads nowhere yet is the user's alone, too" {
    local program
    umask 000
    mkdir there
    for program in op-lease op-apply; do
        rm -f ./*.db there/*
        ln -s there/new.db link.db
        ln -s link.db op.db
        does /dev/null $program
        ((status == 0)) && [[ ! -s err && -L op.db && $(stat -c %a there/new.db) == 600 ]]
    done
    ln -sf nowhere/new.db link.db
    does plan op-apply
    ((status == 74)) && says_why op-apply
    ln -sf op.db link.db
    does plan op-apply
    ((status == 74)) && says_why op-apply
}

# waits_not STATUS COMMAND...: it ends soon
waits_not() {
    does /dev/null timeout 10 "${@:2}"
    ((status == $1))
}

@test "what is no file: no program waits for it, but for a pipe that it was told to read" {
    local program odd
    rm -rf runtime/opkitsu
    mkfifo pipe
    for odd in pipe /dev/zero /dev/tty /dev/null; do
        rm -f config/opkitsu/settings.json
        ln -s "$(realpath "$odd")" config/opkitsu/settings.json
        { : <>"$odd"; } 2>/dev/null || continue # of no terminal
        for program in "op-diff -a /dev/null" op-diff note-rule "env -u KITSU_SERVER kitsu-fetch"; do
            # shellcheck disable=SC2086 # words
            waits_not 78 $program
            grep -q 'settings.json: not a regular file' err
        done
    done
    rm config/opkitsu/settings.json
    # A process substitution is a pipe.
    does reading op-diff -v -a <(op-dump)
    ((status == 0)) && grep -q ' is no regular file: waiting for what comes from it' err
    does /dev/null note-rule -v -c <(echo '{}')
    ((status == 0)) && grep -q ' is no regular file: waiting for what comes from it' err
    unset KITSU_PWD
    does /dev/null kitsu-fetch -v --password-file <(echo secret)
    ((status == 0)) && grep -q ' is no regular file: waiting for what comes from it' err && cmp out reading
    rm -rf runtime/opkitsu
    does /dev/null timeout 2 kitsu-fetch -v --password-file pipe
    ((status == 124)) && grep -q '^kitsu-fetch: pipe is no regular file: waiting for what comes from it' err
    waits_not 78 kitsu-fetch --password-file /dev/zero
    waits_not 78 kitsu-fetch --password-file <(yes | tr -d '\n')
    waits_not 0 kitsu-fetch --password-file <(yes secret)
}

@test "a password command that prints without end is an error; notes behind the password are none" {
    unset KITSU_PWD
    rm -rf runtime/opkitsu
    local command
    for command in 'yes secret' yes 'yes | tr -d "\n"' 'cat /dev/zero' 'echo secret; exec cat /dev/zero'; do
        waits_not 77 kitsu-fetch --password-command "$command"
        [[ $(<err) == 'kitsu-fetch: the password command prints more than a password' ]]
    done
    waits_not 77 kitsu-fetch --password-command 'exit 3'
    grep -q 'status 3' err
    waits_not 0 kitsu-fetch --password-command 'echo secret; seq 3000'
}

@test "a password file: one that all may read is warned about; what is none is not named" {
    unset KITSU_PWD
    local mode
    echo secret >password
    for mode in 600 640 440 604 644 444; do
        rm -rf runtime/opkitsu
        chmod $mode password
        does /dev/null kitsu-fetch --password-file password
        ((status == 0)) && cmp out reading
        if [[ $mode == *4 ]]; then
            [[ $(<err) == 'kitsu-fetch: password: everybody on this machine may read it: chmod o-r would mend that' ]]
        else
            [[ ! -s err ]]
        fi
    done
    rm -rf runtime/opkitsu
    does /dev/null kitsu-fetch --password-file sesame
    ((status == 78)) && says_why kitsu-fetch
    run ! grep sesame err
}

# dumps COMMAND...: whether it leaves a core file when it is aborted while it waits, if only
# for a Kitsu and a MongoDB that do not answer
dumps() {
    python3 -c '
import os, resource, signal, socket, subprocess, sys, time
resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2)
silent = socket.create_server(("127.0.0.1", 0))
where = "127.0.0.1:%d" % silent.getsockname()[1]
env = dict(os.environ, KITSU_SERVER="http://" + where, OP_STORE="mongodb://jane:secret@%s/" % where)
child = subprocess.Popen(sys.argv[1:], env=env, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
time.sleep(0.5)
os.kill(child.pid, signal.SIGABRT)
status = os.waitpid(child.pid, 0)[1]
assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGABRT, status
print("a core file" if os.WCOREDUMP(status) else "none")' "$@"
}

# bats test_tags=slow
@test "no secret gets into a core file" {
    [[ $OPKITSU_BUILD != */san ]] || skip "cannot: ASan leaves none"
    [[ $(dumps sleep 5) == "a core file" ]] || skip "cannot: no core files here"
    local program arguments
    # Of all: who runs programs by hand may have everything in the environment.
    for program in "$BATS_TEST_DIRNAME"/../../bin/*.c; do
        program=$(basename "$program" .c)
        case $program in
            kitsu-listen) arguments=(--since now) ;;
            op-link) arguments=(x a9ab1e60-1111-4111-8111-000000000000) ;;
            sync-supervisor) arguments=(--once run: sleep 5) ;;
            publish-task) arguments=(-P demo -a x -t y) ;;
            *) arguments=() ;;
        esac
        run -0 dumps "$program" "${arguments[@]}"
        echo "$program: $output"
        [[ $output == none ]]
    done
}

@test "POSIXLY_CORRECT changes nothing" {
    local program
    export POSIXLY_CORRECT=1
    op-diff -a /dev/null -v <reading >out 2>err
    cmp <(grep -c . out) <(grep -c . plan)
    op-dump x --help | grep -q '^usage: op-dump'
    for program in sync-service push-to-zou; do
        "$program" --help | grep -q "^usage: $program"
        run "$program" x --bogus
        ((status == 64))
    done
    sync-service --once >out 2>err
    [[ $(op-dump | grep -c Document) -gt 5 ]]
    sync-service --once --dry-run >out 2>err
    [[ $(grep -c '"type":"Change"' out) == 0 ]]
}
