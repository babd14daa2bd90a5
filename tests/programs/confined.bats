#!/usr/bin/env bats
# What each program still may once it is at work: the files that it is left with, the
# network, and no other program (lib/base/confine.h; what that refuses: tests/unit/confine.c).

bats_require_minimum_version 1.5.0

setup() {
    load ../lib/common
    own_home 0.1
    unset "${!KITSU_@}" "${!OP_@}" "${!OPENPYPE_@}" AVALON_DB SQLITE_TMPDIR CURL_CA_BUNDLE "${!SSL_CERT_@}"
    mkdir -p config/opkitsu store tmp elsewhere
    echo '{}' >config/opkitsu/settings.json
    export OP_STORE=sqlite:$PWD/store/op.db TMPDIR=$PWD/tmp
    export KITSU_SERVER=http://127.0.0.1:1 KITSU_LOGIN=jane@example.com KITSU_PWD=secret
    op-lease </dev/null >out
    share=$(realpath "$(dirname "$(command -v op-diff)")/../share/opkitsu" 2>/dev/null)
    socket=$(printf '#include <sys/syscall.h>\nSYS_socket\n' | ${CC:-cc} -E -P - | tail -n 1)
}

# traced COMMAND...: its way into confinement in trace
traced() {
    # It may fail at its work: here only its beginning matters. No search for leaks, which
    # is no use while another one traces.
    ASAN_OPTIONS=detect_leaks=0 strace -f -y -v -o trace -e trace=prctl,landlock_add_rule,landlock_restrict_self,seccomp,socket \
        "$@" </dev/null >out 2>err || true
    cat err >&2
    grep -q 'prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) *= 0' trace
    grep -q 'landlock_restrict_self(.*= 0' trace
    grep -q 'seccomp(SECCOMP_SET_MODE_FILTER, 0, {.*= 0' trace
}

# left: the files that it is left with: r or w, and the path from here; the sanitizers
# read any
left() {
    local line path
    grep landlock_add_rule trace | while read -r line; do
        [[ $line == *parent_fd=*'<'*'>}'* ]]
        path=${line##*parent_fd=*<}
        path=${path%%>\}*}
        path=${path#"$PWD/"}
        [[ ! $share || $path != "$share"* ]] || path=share${path#"$share"}
        [[ $line == *WRITE_FILE* ]] && echo "w $path" || echo "r $path"
    done | sort -u | grep -vx "${SAN:+r /}" || true
}

# of_its_own: without what networks read of the system's
of_its_own() { left | grep -vE "^r /(etc|usr|lib|lib64|nix|gnu|run|var/lib|dev)(/|$)" || true; }

offline() { grep 'SECCOMP_SET_MODE_FILTER, 0, {' trace | grep -qF "BPF_JEQ, $(printf '0x%x' "$socket"),"; }

@test "what is at work says so: no new privileges, a filter, and no other program" {
    mkfifo hold
    for program in 'op-diff -a /dev/null' op-diff op-apply op-lease note-rule sync-report push-report \
        kitsu-fetch\ --events zou-push publish-task; do
        # shellcheck disable=SC2086 # words
        $program <>hold >out 2>err 3>&- &
        for _ in {1..200}; do
            ! grep -q '^Seccomp:.2' /proc/$!/status || break
            sleep 0.02
        done
        cat err >&2
        grep -E '^(NoNewPrivs|Seccomp):' /proc/$!/status >now
        kill $!
        wait $! || true
        echo "$program"
        printf 'NoNewPrivs:\t1\nSeccomp:\t2\n' | diff - now
    done
}

@test "reports, note-rule and a plan against a dump: nothing but what is open" {
    op-dump >dump
    for program in sync-report push-report note-rule 'op-diff -a dump' sync-status; do
        # shellcheck disable=SC2086 # words
        traced $program
        [[ $(left) == "" ]]
        offline
    done
}

@test "an embedded store: its folder, no network" {
    local store=$'r /dev/urandom\nw store\nw tmp'
    for program in op-dump 'op-link x a9ab1e60-1111-4111-8111-000000000000' op-apply 'op-apply -n'; do
        # shellcheck disable=SC2086 # words
        traced $program
        diff <(echo "$store") <(left)
        offline
    done
    traced op-lease
    diff <(printf 'r /dev/urandom\nr /proc\nw store\nw tmp\n') <(left)
    offline
    traced op-diff # reads the settings again, as they may change
    diff <(printf '%s\n' 'r /dev/urandom' 'r /etc' 'r config/opkitsu' 'r config/opkitsu/settings.json' 'r share' \
        'r share/settings.json' 'w store' 'w tmp') <(left | sed 's|^r /etc/opkitsu.*|r /etc|')
    offline
}

@test "a store that is a link, or not there yet" {
    mv store/op.db elsewhere/real.db
    ln -s ../elsewhere/real.db store/op.db
    traced op-dump
    diff <(printf '%s\n' 'r /dev/urandom' 'w elsewhere' 'w tmp') <(left)
    OP_STORE=sqlite:elsewhere/not/yet/op.db traced op-dump
    diff <(printf '%s\n' 'r /dev/urandom' 'w elsewhere' 'w tmp') <(left)
}

@test "what talks to Kitsu: the store, its log-in, and the system's files" {
    for program in kitsu-fetch 'kitsu-fetch --events' 'kitsu-listen --once' publish-task; do
        # shellcheck disable=SC2086 # words
        traced $program
        diff <(printf '%s\n' 'w runtime/opkitsu' 'w store' 'w tmp') <(of_its_own)
        left | grep -qx 'r /etc'
        run ! offline
    done
    local any='r /'
    [[ ! ${SAN:-} ]] || any=''
    traced zou-push # the files of comments, which may lie anywhere
    diff <(printf '%s\n' "$any" 'w runtime/opkitsu' 'w store' 'w tmp' | grep .) <(of_its_own)
    run ! offline
}

@test "authorities that the environment names are read, their neighbours not" {
    touch elsewhere/ca.pem
    CURL_CA_BUNDLE=elsewhere/ca.pem traced kitsu-fetch
    diff <(printf '%s\n' 'r elsewhere/ca.pem' 'w runtime/opkitsu' 'w store' 'w tmp') <(of_its_own)
}

@test "settings that are a link to elsewhere, made while op-diff runs: refused, and said" {
    mkfifo records
    OPKITSU_SETTINGS_SECONDS=0 op-diff <records >out 2>err 3>&- &
    exec 9>records
    until grep -q '^Seccomp:.2' /proc/$!/status; do sleep 0.02; done
    echo '{"opkitsu": {"names": "convert"}}' >elsewhere/settings.json
    ln -sf "$PWD/elsewhere/settings.json" config/opkitsu/settings.json
    echo '{"type":"Project","id":"p1","name":"demo","project_status_name":"Open"}' >&9
    exec 9>&-
    wait $! || true
    cat err
    if [[ ${SAN:-} ]]; then
        run ! grep 'Permission denied' err
    else
        grep -qx "op-diff: $PWD/config/opkitsu/settings.json: Permission denied: the settings stay what they were" err
    fi
}

@test "settings that are replaced while op-diff runs are read" {
    mkfifo records
    OPKITSU_SETTINGS_SECONDS=0 op-diff <records >out 2>err 3>&- &
    exec 9>records
    until grep -q '^Seccomp:.2' /proc/$!/status; do sleep 0.02; done
    echo '{"opkitsu": {"names": "nonsense"}}' >config/opkitsu/new
    mv config/opkitsu/new config/opkitsu/settings.json
    echo '{"type":"Project","id":"p1","name":"demo","project_status_name":"Open"}' >&9
    exec 9>&-
    wait $! || true
    cat err
    grep -q nonsense err
}
