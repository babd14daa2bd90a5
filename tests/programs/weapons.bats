#!/usr/bin/env bats
# Names as weapons (generators/weapons): in all that people type, through every program and
# script. No command of theirs is run, no file of theirs made or read; what can be stored
# arrives as it is, the rest is skipped or refused, and what is beside it goes on; nothing
# that people read is forged or controls their terminal.
# WEAPONS_SEED: other ones. EVERY=1: all of them in all places.
# Takes about 45 s.
# shellcheck disable=SC2030,SC2031 # every test is a subshell

bats_require_minimum_version 1.5.0

setup() {
    load ../lib/common
    load ../lib/mock
    load ../lib/store
    load ../lib/weapons
    mock_home <<<'{"opkitsu": {"edits": true, "concepts": true}}'
    weapons_setup
    mkdir tmp empty
    export TMPDIR=$PWD/tmp
}

teardown() {
    mock_stop
    [[ ! -e said ]] || weapons tame said
    [[ ! -e written ]] || weapons records written
    [[ -z $(find "$BATS_TEST_TMPDIR" -name '*pwned*' ! -path '*/stores/*') ]]
    rmdir "$BATS_TEST_TMPDIR"/tmp "$BATS_TEST_TMPDIR"/empty # nothing was left in them
}

# does COMMAND...: in an empty folder: its status in $status, its output in out, what it says
# in err; it ends by itself, as a program of ours. What people read of it, and records, are
# looked at in the end.
does() {
    status=0
    (cd empty && exec timeout 60 "$@") </dev/null >out 2>err || status=$?
    [[ $status -lt 124 || ($status == 127 && $1 == openpype_console) ]] || {
        echo "status $status: $*"
        cat err
        return 1
    }
    cat err >>said
    case $(head -c 1 out) in
        '{') cat out >>written ;;
        *) cat out >>said ;;
    esac
    [[ -z $(find empty tmp -mindepth 1) ]]
}

# ---- what Kitsu has -----------------------------------------------------------------

# synchronised [ARGUMENT]: weapons' check's
synchronised() {
    kitsu-fetch >reading 2>fetch.err || (($? == 1))
    op-diff --max-delete 100% <reading >plan 2>diff.err || (($? == 1))
    op-apply <plan >results 2>apply.err || (($? == 1))
    op-dump --all >dump
    sync-report <plan >plan.txt
    sync-report -v <results >results.txt
    sync-status >status.txt 2>status.err || (($? == 3))
    weapons tame ./*.err ./*.txt
    weapons records reading plan results dump
    run ! grep -oE '"status":"(failed|conflict)".{0,300}' results
    weapons check manifest dump results "$@"
    kitsu-fetch 2>/dev/null | op-diff --max-delete 100% >again 2>/dev/null || true
    run ! grep '"type":"Change"' again
    grep -q '"type":"Checkpoint"' again
}

# gone: once Kitsu has only what is plain, the store is as one that never met a weapon, but
# for the asset types, whose documents are archived as any's are
gone() {
    weapons zou "$seed" 0 | sed "s/{/{\"port\":${KITSU_SERVER##*:},/" >plain
    mock_start "$(<plain)"
    synchronised
    state >state.has
    jq -r 'select(.type == "skipped")._id' state.has >left
    [[ ! -s left ]]
    jq -c 'select(.document.type != "archived_asset" or .document.data.zou.type != "AssetType").document' dump >dump.has
    rm -f op.db*
    export AVALON_DB=${AVALON_DB-avalon}_plain OPENPYPE_DATABASE_NAME=${OPENPYPE_DATABASE_NAME-openpype}_plain
    synchronised
    jq -c .document dump | cmp - dump.has
}

converting() { echo '{"opkitsu": {"edits": true, "concepts": true, "names": "convert"}}' >config/opkitsu/settings.json; }

# production: of mock-zou's, with weapons everywhere
production() {
    weapons zou "$seed" 12 >script
    mock_start "$(<script)"
}

@test "a synchronisation: in names, fields, tasks, types and projects" {
    production
    synchronised
    gone
}

# bats test_tags=slow
@test "a synchronisation that converts names" {
    converting
    production
    synchronised --convert
}

@test "mongodb: a synchronisation: the same documents as in an SQLite file" {
    production
    synchronised
    mv dump dump.sqlite
    use_mongo
    synchronised
    cmp <(normal <dump) <(normal <dump.sqlite)
    gone
}

# ---- what is typed on a command line and into files -----------------------------------

# mine: the store that other tests of a command line have: it stays as it is
mine() {
    converting
    mock_start '{}'
    kitsu-fetch | op-diff | op-apply >/dev/null
    op-dump --all >before
}

unharmed() { op-dump --all | cmp - before; }

# options_of PROGRAM: the long ones that take a value
options_of() { "$1" --help | sed -n 's/^  \(-., \|    \)--\([a-z-]*\) [A-Z].*/\2/p'; }

an_option() {
    local program=$1 option=$2 command=("$1") words=()
    case $program/$option in
        */password-command) return ;; # which runs what it is given
        kitsu-listen/*) command+=(--once --since now) ;;
        sync-supervisor/*) words=(run: true) command+=(--once) ;;
        op-lease/wait) ;;
        op-lease/*) command+=(--wait 0) ;;
    esac
    case $option in
        store | config) does "${command[@]}" "--$option=sqlite:$PWD/stores/$weapon" ;;
        server) does "${command[@]}" "--$option=$KITSU_SERVER/$weapon" ;;
        since) does kitsu-listen --once "--since=$weapon" ;;
        *) does "${command[@]}" "--$option=$weapon" "${words[@]}" ;;
    esac
}

# bats test_tags=slow
@test "the values of options" {
    mine
    mkdir stores
    local program option
    for program in kitsu-fetch op-diff op-apply op-dump op-link publish-task note-rule zou-push sync-status kitsu-listen op-lease sync-supervisor; do
        for option in $(options_of "$program"); do
            echo "$program --$option" >&2
            each argument 1 an_option "$program" "$option"
        done
        unharmed
    done
}

an_argument() {
    # What has an option's form is one: it names no file and no project.
    for program in op-link op-dump sync-report kitsu-fetch openpype_console sync-service push-to-zou; do
        does "$program" "$weapon" "$weapon" || return
        [[ $weapon == --help ]] || does "$program" "--x$weapon" || return
    done
    does op-dump -- "$weapon" && does op-link -- "$weapon" "$weapon" && does op-link -D "$weapon" -- "$weapon" "$weapon" &&
        does sync-supervisor "$weapon" && does sync-supervisor --once run: "$weapon" &&
        does sync-supervisor --once run: cat '|' "$weapon" &&
        does integrate-kitsu-note "-$weapon"
}

# bats test_tags=slow
@test "arguments, and options that there are not" {
    mine
    each argument 3 an_argument
    unharmed
}

@test "a script shows its message where there is no iconv" {
    local tool
    mkdir tools
    for tool in bash env readlink dirname; do
        ln -s "$(command -v "$tool")" tools
    done
    run -64 env PATH="$PWD/tools" "$(command -v push-to-zou)" $'a\xc3\xa9b'
    [[ ${lines[0]} == 'push-to-zou: unexpected argument "a??b"' ]]
    run -64 push-to-zou $'a\xc3\xa9b\xff'
    [[ ${lines[0]} == 'push-to-zou: unexpected argument "aéb"' ]]
}

# ---- logins and passwords ----------------------------------------------------------------

# logs_in COMMAND...: with the password that mock-zou has: it reads; with another: 77
logs_in() {
    rm -rf runtime/opkitsu
    "$@" >out 2>err || {
        echo "status $?: $*"
        cat err
        return 1
    }
    run ! grep -aF -e "$password" err out
    grep -q '"type":"Checkpoint"' out
}

a_password() {
    local password=x$weapon LC_ALL=C.UTF-8
    if ! iconv -f UTF-8 -t UTF-8 <<<"$password" >/dev/null 2>&1; then
        KITSU_PWD=$password does kitsu-fetch && ((status == 78)) && grep -q 'the password is not UTF-8' err
        return
    fi
    jq -n --rawfile p <(printf %s "$password") '{password: $p}' >mock.json
    mock_start "$(<mock.json)"
    KITSU_PWD=$password logs_in kitsu-fetch || return
    if [[ $password != *[$'\r\n']* && ${#password} -lt 4000 ]]; then
        printf '%s\nmore\n' "$password" >file
        KITSU_PWD='' logs_in kitsu-fetch --password-file "$PWD/file" || return
        KITSU_PWD='' logs_in kitsu-fetch --password-command "cat '$PWD/file'" || return
    fi
    KITSU_PWD='' logs_in openpype_console module kitsu sync-service --dry-run -p "$password" || return
    KITSU_PWD='' logs_in sync-service --dry-run --password="$password" || return
    KITSU_PWD=${password}x does kitsu-fetch
    ((status == 77))
}

# bats test_tags=slow
@test "passwords, in each place where they are given" {
    converting
    mock_start '{}'
    each argument 4 a_password
}

a_login() {
    rm -rf runtime/opkitsu
    if ! iconv -f UTF-8 -t UTF-8 <<<"$weapon" >/dev/null 2>&1; then
        KITSU_LOGIN=$weapon does kitsu-fetch && ((status == 78)) && does kitsu-fetch -l "$weapon" && ((status == 64))
        return
    fi
    does kitsu-fetch -l "$weapon" || return
    ((status == 0)) || [[ ! $weapon && $status == 78 ]] || return
    # What it keeps is called by a hash.
    [[ -z $(find runtime/opkitsu -type f ! -regex '.*/[0-9a-f]*\(.lock\)?' 2>/dev/null) ]] || return
    does sync-status -l "$weapon" && ((status == 3 || (status == 78 && !${#weapon}))) || return
    does sync-service --once -l "$weapon" || return
    does sync-service --status --json -l "$weapon"
}

# bats test_tags=slow
@test "logins" {
    mine
    each argument 4 a_login
    unharmed
}

# refused NAME PROGRAM [ARGUMENT]...: the variable is not UTF-8: 78, no record, and it is named
refused() {
    (
        export "$1="$'x\xff'
        does "${@:2}"
        ((status == 78)) && [[ ! -s out ]] && grep -q "$1" err && grep -q 'is not UTF-8' err
    )
}

# bats test_tags=slow
@test "names of databases and codes for a log-in that are not UTF-8" {
    mine
    for name in AVALON_DB OPENPYPE_DATABASE_NAME; do
        for program in op-dump op-diff op-apply sync-status kitsu-fetch 'zou-push -n'; do
            # shellcheck disable=SC2086 # words
            refused "$name" $program
        done
    done
    refused AVALON_DB op-diff -a /dev/null
    rm -rf runtime/opkitsu
    for name in KITSU_TOTP KITSU_EMAIL_OTP; do
        refused "$name" kitsu-fetch
    done
    unharmed
}

# ---- names of files and folders ------------------------------------------------------------

# places: every file and folder that a program is told of is called so
places() {
    mkdir -p "at/$weapon"
    (
        cd "at/$weapon"
        mkdir -m 700 data state runtime config
        mkdir config/opkitsu
        cp ../../config/opkitsu/settings.json config/opkitsu
        echo secret >"$weapon"
        export XDG_DATA_HOME=$PWD/data XDG_STATE_HOME=$PWD/state XDG_RUNTIME_DIR=$PWD/runtime XDG_CONFIG_HOME=$PWD/config TMPDIR=$PWD
        unset KITSU_PWD OP_STORE
        sync-service --once -prj demo --password-file "$weapon" --tee "--$weapon" >out.txt 2>err.txt || exit
        op-dump --all | tail -n 1 >counts
        [[ -s data/opkitsu/op.db && -s "--$weapon/changes.ndjson" && -s "--$weapon/results.ndjson" ]] || exit
        OP_STORE='' op-apply -d "sqlite:$weapon.db" <"--$weapon/changes.ndjson" >/dev/null 2>>err.txt || exit
        op-dump -d "sqlite:$weapon.db" --all | tail -n 1 | cmp - counts || exit
        op-dump -d "sqlite:$weapon.db" >"$weapon.dump"
        op-diff -a "./$weapon.dump" <"--$weapon/kitsu.ndjson" >again 2>>err.txt || exit
        run ! grep -a '"type":"Change"' again || exit
        sync-service --once --resume --password-file "./$weapon" --tee "$PWD/$weapon.tee" >>out.txt 2>>err.txt || exit
        sync-service --status >>out.txt 2>>err.txt || (($? == 3)) || exit
        ls -A >names
        cat err.txt out.txt >>../../said
        expected=$(printf '%s\n' "$weapon" "--$weapon" "$weapon".{db,dump,tee} data state runtime config out.txt err.txt counts again names | LC_ALL=C sort)
        [[ $(LC_ALL=C sort names | grep -av '\.db-\|\.lock') == "$expected" ]] || {
            diff -a <(LC_ALL=C sort names) - <<<"$expected"
            exit 1
        }
    ) || {
        echo "status $?, in $(printf %q "$weapon")"
        cat "at/$weapon/err.txt"
        return 1
    }
}

# bats test_tags=slow
@test "files and folders" {
    mine
    each file 4 places
    rm -rf at
    unharmed
}
