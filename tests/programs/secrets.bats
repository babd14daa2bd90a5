#!/usr/bin/env bats
# Passwords are in no list of arguments, which everybody on the machine can read: neither
# -p's nor one in a store's address. The stages here look at all processes.
# Takes about 70 s.
# shellcheck disable=SC1091,SC2016,SC2030,SC2031,SC2154 # bats' run and subshells

bats_require_minimum_version 1.5.0

setup() {
    load ../lib/common
    cd "$BATS_TEST_TMPDIR" || return
    genuine=$(cd "${OPKITSU_BUILD:-$BATS_TEST_DIRNAME/../../build}" && pwd)/bin
    mkdir -p fake/bin
    export OPKITSU_BUILD=$PWD/fake OPKITSU_BACKOFF_SECONDS=0.1
    unset "${!KITSU_@}" "${!OP_@}" OPENPYPE_MONGO
    for name in kitsu-fetch op-diff op-apply sync-report sync-status op-dump zou-push push-report publish-task note-rule; do
        stage $name 'cat 2>/dev/null'
    done
    stage kitsu-listen 'case $* in *--once*) ;; *) exec sleep 60 ;; esac'
    stage op-lease 'echo me:7; exec cat >/dev/null'
    # Names of its own, as in no other process; never on a command line of ours.
    password=pw-$RANDOM$RANDOM
    in_url=url-$RANDOM$RANDOM
    printf '%s\n' "$password" "$in_url" >needles
    : >seen
    forget
    store=mongodb://user:$in_url@127.0.0.1:1/
    service=''
}

teardown() {
    [[ ! $service ]] || kill -KILL "$service" 2>/dev/null || true
}

# stage NAME SCRIPT: a program that looks, and notes that it did, and what it has.
stage() {
    cat >"fake/bin/$1" <<END
#!/usr/bin/env bash
cd "$PWD"
grep -zsF -f needles /proc/[0-9]*/cmdline | tr '\\0' '\\n' >>seen
for needle in \$(cat needles); do
    [[ \$(env) != *"\$needle"* ]] || echo "$1 has \${needle%-*}" >>had
done
echo "$1" >>looked
$2
END
    chmod +x "fake/bin/$1"
}

# nothing_seen PROGRAM...: by any of these, which all looked, and have the store's
# address if they use a store.
nothing_seen() {
    local program
    cat seen looked had
    for program; do
        grep -qx "$program" looked
        if [[ $program == *-report ]]; then
            run ! grep -x "$program has url" had
        else
            grep -qx "$program has url" had
        fi
    done
    [[ ! -s seen ]]
}

# forget: who looked, and what they had.
forget() {
    : >looked
    : >had
}

# only PROGRAM...: have the password.
only() { [[ $(grep 'has pw' had | sort -u | cut -d ' ' -f 1 | xargs) == "$*" ]]; }

@test "what looks sees one that is there" {
    bash -c "sleep 30; : $password" 3>&- &
    fake/bin/op-diff </dev/null
    kill $!
    wait $! || true # or the next test may still see it
    grep -q "$password" seen
}

@test "sync-service, with its stages and op-lease" {
    "$genuine/sync-service" -l me -p "$password" -d "$store" --tee kept >out 2>err 3>&- &
    service=$!
    for _ in {1..200}; do
        [[ $(grep -c '^kitsu-fetch$' looked) -lt 2 || $(grep -c '^sync-report$' looked) -lt 2 ]] || break
        sleep 0.05
    done
    run ! grep -zF -f needles "/proc/$service/cmdline"
    kill "$service"
    wait "$service" || true
    service=''
    nothing_seen kitsu-fetch kitsu-listen op-diff op-apply sync-report op-lease
    only kitsu-fetch kitsu-listen
}

# bats test_tags=slow
@test "openpype_console, --once, --resume, --dry-run" {
    for how in --once "--once --resume" "--once -lo" --dry-run; do
        forget
        # shellcheck disable=SC2086 # words
        run -0 "$genuine/openpype_console" module kitsu sync-service -l me "-p$password" "--store=$store" $how
        nothing_seen kitsu-fetch op-diff
        [[ $how == --dry-run ]] || nothing_seen op-apply sync-report
        [[ $how != *"-resume" && $how != *"-lo" ]] || nothing_seen kitsu-listen
    done
}

# bats test_tags=slow
@test "passwords that look like options, words of a pipeline, patterns or commands" {
    local odd base=$password
    for odd in "-$base" "--$base" "| $base" "$base \$(touch pwned) \`touch pwned\`" "*$base?[a]" "'\"$base\\" "%s$base%n" "$base@host:1/%2f"; do
        password=$odd
        forget
        run -0 "$genuine/sync-service" -l me -p "$password" -d "$store" --once
        nothing_seen kitsu-fetch op-diff op-apply sync-report
        only kitsu-fetch
        forget
        run -0 "$genuine/push-to-zou" -l me "--password=$password" -d "$store"
        nothing_seen zou-push
    done
    [[ ! -e pwned ]]
}

@test "--status" {
    run -0 "$genuine/sync-service" --status -d "$store" -p "$password"
    nothing_seen sync-status
}

@test "push-to-zou, and its plan" {
    run -0 "$genuine/openpype_console" module kitsu push-to-zou -l me -p "$password" -d "$store"
    nothing_seen op-dump zou-push op-apply push-report op-lease
    only zou-push
    run -0 "$genuine/push-to-zou" -l me -p "$password" -d "$store" --dry-run
    nothing_seen zou-push
}

@test "integrate-kitsu-note, and the store that its settings are in" {
    run -0 "$genuine/integrate-kitsu-note" -l me -p "$password" -d "$store" -P demo -a x -t y
    nothing_seen publish-task note-rule zou-push push-report
    only publish-task zou-push
    forget
    run -0 "$genuine/integrate-kitsu-note" -n -l me -p "$password" -c "$store" -P demo -a x -t y
    nothing_seen note-rule push-report
    grep -qx zou-push looked
    [[ $(grep 'has url' had) == "note-rule has url" ]]
}

# all_programs: what is installed, scripts too
all_programs() { find "$genuine/" -maxdepth 1 ! -type d -printf '%f\n' | sort; }

# keeps_quiet PROGRAM ARGUMENT...: it says something, as a program that was used wrongly, and
# nothing of the secret. Whatever else is not as it should be: it does no work.
keeps_quiet() {
    local status=0
    timeout 20 env -u OPKITSU_BUILD XDG_DATA_HOME="$PWD/data" XDG_CONFIG_HOME="$PWD" "$genuine/$1" "${@:2}" </dev/null >out 2>err || status=$?
    if ((status == 0 || status == 124)) || [[ ! -s err ]] || grep -aiE 'sesame|[^a-z]open[^p]' err out; then
        printf 'status %d: %s\n' "$status" "${*@Q}"
        cat err
        return 1
    fi
}

# bats test_tags=slow
@test "an address in a wrong place: no message of any program has its password" {
    local program address long option
    printf -v long '%*s' 700 ''
    for program in $(all_programs); do
        for address in mongodb://me:open-sesame@127.0.0.1:1/ me:sesame@127.0.0.1:1 "mongodb://me:sesame${long// /e}@127.0.0.1:1/"; do
            for option in "--stroe=$address" "--quiet=$address" "--help=$address"; do
                keeps_quiet "$program" "$option"
            done
            keeps_quiet "$program" "$address"
            # As the value of an option that wants a number, a time, a word.
            for option in $("$genuine/$program" --help | sed -nE 's/^ +(-., )?--([a-z-]+) (SECONDS|TIME|N|N\|N%|openpype|LIST)( .*)?$/\2/p'); do
                echo "$program --$option" >&2
                keeps_quiet "$program" "--$option=$address"
            done
        done
    done
    for address in "http://me:sesame@127.0.0.1:1/"$'\xff' http://me:sesame@127.0.0.1:1; do
        keeps_quiet kitsu-fetch -l me "--server=$address"
    done
    keeps_quiet op-link x "$address"
    for address in mongodb://me:sesame@h mongodb://me:sesame@h/ me:sesame@h; do
        keeps_quiet sync-supervisor --once run: "$address"
        keeps_quiet sync-supervisor --once run: true '|' "$address"
        keeps_quiet sync-supervisor --once lease: "$address" run: true
        keeps_quiet sync-supervisor --once listen: "$address" from-now: cat
    done
}

# bats test_tags=slow
@test "a password in a wrong place: no message of any program has it" {
    local program option
    for program in $(all_programs); do
        for option in --passwrod=sesame --pass=sesame --password-=sesame --PASSWORD=sesame --bogus=sesame --quiet=sesame --verbose=sesame; do
            keeps_quiet "$program" "$option"
            keeps_quiet "$program" "$option" -l me
        done
        case $program in
            sync-service | push-to-zou)
                keeps_quiet "$program" -p open sesame
                keeps_quiet "$program" -vp open sesame
                keeps_quiet "$program" --password open -- sesame
                keeps_quiet "$program" -l -p sesame
                keeps_quiet "$program" --password-command echo sesame
                keeps_quiet "$program" -psesame --bogus
                keeps_quiet "$program" -psesame --password-file sesame
                ;;
            integrate-kitsu-note) keeps_quiet "$program" -psesame --bogus ;;
            openpype_console)
                keeps_quiet "$program" module kitsu sync-servce -l me@x -p sesame
                keeps_quiet "$program" modul kitsu sync-service -l me@x -p sesame
                keeps_quiet "$program" module kitsu -p sesame
                keeps_quiet "$program" module -p sesame
                keeps_quiet "$program" -psesame
                keeps_quiet "$program" -p sesame module kitsu sync-service
                keeps_quiet "$program" module kitsu sync-service -p open sesame
                ;;
            *)
                keeps_quiet "$program" -p sesame
                keeps_quiet "$program" -psesame
                keeps_quiet "$program" --password sesame
                ;;
        esac
    done
    for program in kitsu-fetch kitsu-listen; do
        keeps_quiet $program -l me --password-command echo sesame
    done
}

@test "a store's address by hand: the program itself hides its password" {
    mkfifo hold
    for how in "-d $store" "-d$store" "--store=$store" "--store $store"; do
        # shellcheck disable=SC2086 # words
        "$genuine/op-lease" $how <>hold >out 2>err 3>&- &
        service=$!
        for _ in {1..100}; do
            [[ $(tr '\0' ' ' 2>/dev/null <"/proc/$service/cmdline") != *mongodb://user:xxx*@127.0.0.1:1/* ]] || break
            sleep 0.05
        done
        tr '\0' ' ' <"/proc/$service/cmdline" >now
        kill "$service"
        wait "$service" || true
        service=''
        cat now
        grep -q 'mongodb://user:x*@127\.0\.0\.1:1/' now
        run ! grep -F "$in_url" now
    done
}
