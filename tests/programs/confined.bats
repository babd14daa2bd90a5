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
    # Before the two that need it of who is not root; libseccomp does it once more.
    sed '/landlock_restrict_self(/q' trace | grep -q 'prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) *= 0'
    grep -q 'landlock_restrict_self(.*= 0' trace
    grep -q 'seccomp(SECCOMP_SET_MODE_FILTER, 0, {.*= 0' trace
}

# soon COMMAND...: it succeeds, within 20 s
soon() {
    local n
    for n in {1..1000}; do
        ! "$@" 2>/dev/null || return 0
        sleep 0.02
    done
    echo "not within 20 s: $*"
    return 1
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
    diff <(printf '%s\n' 'r /dev/urandom' 'r config/opkitsu' 'r config/opkitsu/settings.json' 'r share' \
        'r share/settings.json' 'w store' 'w tmp') <(left | grep -v '^r /etc/opkitsu')
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
    soon grep -q '^Seccomp:.2' "/proc/$!/status"
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
    soon grep -q '^Seccomp:.2' "/proc/$!/status"
    echo '{"opkitsu": {"names": "nonsense"}}' >config/opkitsu/new
    mv config/opkitsu/new config/opkitsu/settings.json
    echo '{"type":"Project","id":"p1","name":"demo","project_status_name":"Open"}' >&9
    exec 9>&-
    wait $! || true
    cat err
    grep -q nonsense err
}

# ---- kernels ---------------------------------------------------------------------

# where CALL:CHANGE: sync-report where a call of the kernel's has another result
where() {
    status=0
    ASAN_OPTIONS=detect_leaks=0 strace -f -v -o trace -e trace=prctl,landlock_create_ruleset,landlock_restrict_self,seccomp \
        -e "inject=$1" sync-report -v </dev/null >out 2>err || status=$?
    cat err
    grep -q INJECTED trace
}

confined_by() { grep -c 'landlock_restrict_self(.*= 0$\|seccomp(SECCOMP_SET_MODE_FILTER, 0, {.*= 0$' trace; }

# A container's rules that do not know a call answer EPERM to each.
@test "a kernel without Landlock or seccomp: said with -v, and the work goes on" {
    local error
    for error in ENOSYS EOPNOTSUPP EPERM; do
        where "landlock_create_ruleset:error=$error"
        grep -qx 'sync-report: no Landlock: what this program may do with files is not confined' err
        [[ $status == 0 && $(confined_by) == 1 ]]
    done
    for error in ENOSYS EINVAL EOPNOTSUPP EPERM; do
        where "seccomp:error=$error:when=1"
        grep -qx 'sync-report: no seccomp: what this program may ask of the system is not confined' err
        [[ $status == 0 && $(confined_by) == 1 ]]
    done
}

@test "one that has them, and refuses: the program ends" {
    local error files='cannot give up access to files (Landlock)'
    for error in ENOMEM EINVAL; do
        where "landlock_create_ruleset:error=$error:when=1"
        grep -q "^sync-report: $files: " err
        [[ $status == 71 ]]
    done
    for error in EPERM ENOMEM; do
        where "landlock_create_ruleset:error=$error:when=2"
        grep -q "^sync-report: $files: " err
        [[ $status == 71 ]]
    done
    where landlock_restrict_self:error=E2BIG
    grep -qx "sync-report: $files: Argument list too long" err
    [[ $status == 71 ]]
    where seccomp:error=EFAULT:when=1
    grep -qx "sync-report: cannot give up system calls (seccomp): Bad address" err
    [[ $status == 71 ]]
    where prctl:error=EPERM:when=2 # after that of core files
    grep -qx "sync-report: cannot give up new privileges: Operation not permitted" err
    [[ $status == 71 ]]
    # The last call of seccomp(2) is that of the filter; before it libseccomp looks what there is.
    where landlock_restrict_self:retval=0
    where "seccomp:error=ENOMEM:when=$(grep -c 'seccomp(' trace)"
    grep -qx "sync-report: cannot give up system calls (seccomp): Cannot allocate memory" err
    [[ $status == 71 ]]
}

@test "rules that the kernel does not take end the program" {
    ASAN_OPTIONS=detect_leaks=0 run -71 --separate-stderr strace -f -o trace -e inject=landlock_add_rule:error=ENOMEM op-dump
    grep -q INJECTED trace
    [[ $stderr == "op-dump: cannot give up access to files (Landlock): Cannot allocate memory" ]]
}

@test "each version of Landlock is asked for what it knows" {
    local version
    for version in 1 2 3 4 5 6; do
        where "landlock_create_ruleset:retval=$version:when=1"
        [[ $status == 0 && $(confined_by) == 2 ]]
        grep 'handled_access_fs=' trace >asked
        cat asked
        [[ $(grep -cE 'TRUNCATE|0x4000' asked) == $((version >= 3)) ]]
        run ! grep -E 'REFER|IOCTL_DEV|handled_access_net=[^0]|scoped=[^0]' asked
        grep -q 'EXECUTE|.*WRITE_FILE|.*READ_FILE|.*READ_DIR|.*REMOVE_DIR|.*REMOVE_FILE|.*MAKE_CHAR|.*MAKE_DIR|.*MAKE_REG|.*MAKE_SOCK|.*MAKE_FIFO|.*MAKE_BLOCK|.*MAKE_SYM' asked
    done
}

# ---- links out of the system's folders ----------------------------------------------

# own_etc: the folder etc, which ./with_etc COMMAND... sees in place of /etc; resolv.conf
# is a link out of it
own_etc() {
    printf '%s\n' '#!/bin/bash' "mount --bind ${PWD@Q}/etc /etc && exec \"\$@\"" >bound
    printf '%s\n' '#!/bin/bash' "exec unshare -m ${PWD@Q}/bound \"\$@\"" >with_etc
    chmod +x bound with_etc
    # Who is not root may not read all of them either.
    unshare -m true 2>/dev/null || skip "cannot mount"
    mkdir -p etc/ssl/certs
    local file
    for file in passwd group nsswitch.conf ssl hosts localtime ld.so.cache; do
        [[ ! -e /etc/$file ]] || cp -a "/etc/$file" etc
    done
    ./with_etc true 2>/dev/null || skip "cannot mount"
    mkdir elsewhere/{resolver,certs,zone,private}
    echo 'nameserver 127.0.0.1' >elsewhere/resolver/resolv.conf
    touch elsewhere/zone/here elsewhere/hosts elsewhere/{ca,twice}.pem elsewhere/certs/0.pem
    ln -sf "$PWD/elsewhere/resolver/resolv.conf" etc/resolv.conf
}

@test "where the system's files are links to, also of another folder" {
    own_etc
    ln -sf "$PWD/elsewhere/zone/here" etc/localtime
    ln -sf "$PWD/elsewhere/hosts" etc/hosts
    ln -sf "$PWD/elsewhere/ca.pem" etc/ssl/certs/studio.pem
    ln -sf studio.pem etc/ssl/certs/00000000.0
    # As update-ca-certificates makes one of a link in /usr/local/share.
    ln -sf "$PWD/elsewhere/twice.pem" etc/ssl/twice.pem
    ln -sf /etc/ssl/twice.pem etc/ssl/certs/twice.pem
    traced ./with_etc kitsu-fetch
    diff <(printf '%s\n' 'r elsewhere/ca.pem' 'r elsewhere/hosts' 'r elsewhere/resolver' 'r elsewhere/twice.pem' 'r elsewhere/zone/here' \
        'w runtime/opkitsu' 'w store' 'w tmp') <(of_its_own)
    # Nothing has more than its file from the user's home, or one that holds it.
    for home in "$PWD/elsewhere/resolver" "$PWD/elsewhere/resolver/jane"; do
        HOME=$home traced ./with_etc kitsu-fetch
        of_its_own | grep -qx 'r elsewhere/resolver/resolv.conf'
    done
    SSL_CERT_DIR=$PWD/elsewhere/certs:$PWD/elsewhere/zone traced ./with_etc kitsu-fetch
    of_its_own | grep -qx 'r elsewhere/certs'
    of_its_own | grep -qx 'r elsewhere/zone'
}

@test "a resolver that puts a new resolv.conf in its place is followed" {
    own_etc
    mkfifo records
    KITSU_SERVER=http://kitsu.example ./with_etc strace -f -o trace -e trace=openat,seccomp \
        kitsu-fetch --events <records >out 2>err 3>&- &
    exec 9>records
    soon grep -q 'seccomp(SECCOMP_SET_MODE_FILTER, 0, {.*= 0' trace
    echo 'nameserver 127.0.0.2' >elsewhere/resolver/new
    mv elsewhere/resolver/new elsewhere/resolver/resolv.conf
    jq -nc '{type: "Event", id: null, created_at: null, name: "shot:update", project_id: "a9ab1e60-1111-4111-8111-000000000001",
            data: {shot_id: "a9ab1e60-1111-4111-8111-000000000000"}},
        {type: "Checkpoint", server: "x", projects: null, created_at: "2026-11-24T00:00:00", ids: [], events: 1}' >&9
    exec 9>&-
    wait $! || true
    cat err
    sed -n '/SET_MODE_FILTER, 0, {/,$p' trace | grep '"/etc/resolv.conf"' >opened
    run ! grep -v ' = [0-9]' opened
}

@test "op-diff: of the home folder only what are its settings" {
    unset XDG_CONFIG_HOME
    export HOME=$PWD/home
    mkdir -p home
    local kept=$'r /dev/urandom\nr share\nr share/settings.json\nw store\nw tmp'
    traced op-diff
    diff <(echo "$kept") <(left | grep -v '^r /etc')
    mkdir home/.config
    traced op-diff
    diff <(echo "$kept") <(left | grep -v '^r /etc')
    mkdir home/.config/opkitsu
    traced op-diff
    diff <(echo "$kept"$'\nr home/.config/opkitsu' | sort) <(left | grep -v '^r /etc' | sort)
}

@test "authorities that are not there: no folder above them" {
    CURL_CA_BUNDLE=elsewhere/not/there.pem SSL_CERT_DIR=$PWD/elsewhere/not traced kitsu-fetch
    diff <(printf '%s\n' 'w runtime/opkitsu' 'w store' 'w tmp') <(of_its_own)
}
