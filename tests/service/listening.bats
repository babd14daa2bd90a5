#!/usr/bin/env bats
# sync-service, whole, on a Kitsu of its own and both stores: what happens in
# Kitsu arrives, whatever happens to the service.
# Takes about 220 s.
# shellcheck disable=SC1091,SC2016,SC2030,SC2031,SC2154 # bats' run and subshells

bats_require_minimum_version 1.5.0

setup_file() {
    load ../lib/zou
    export OPKITSU_BUILD=${OPKITSU_BUILD:-$BATS_TEST_DIRNAME/../../build}
    export PATH=$OPKITSU_BUILD/bin:$PATH
    own_kitsu_start
    alpha=$(zou_project alpha)
    sequence=$(zou_sequence "$alpha" SQ01)
    shot=$(zou_shot "$alpha" "$sequence" SH010 '{"frame_in": 1001, "frame_out": 1040}')
    export alpha sequence shot
}

teardown_file() {
    load ../lib/zou
    own_kitsu_stop
}

setup() {
    load ../lib/zou
    cd "$BATS_TEST_TMPDIR" || return
    mkdir -m 700 runtime tmp
    export XDG_RUNTIME_DIR=$PWD/runtime XDG_STATE_HOME=$PWD/state XDG_DATA_HOME=$PWD/data \
        XDG_CONFIG_HOME=$PWD/config TMPDIR=$PWD/tmp OPKITSU_BACKOFF_SECONDS=0.2
    unset OP_STORE OPENPYPE_MONGO KITSU_TOKEN
    services=()
}

teardown() {
    for service in "${services[@]}"; do
        ! kill -TERM "$service" 2>/dev/null || wait "$service" || true
    done
    rmdir tmp
}

# on sqlite|mongo: this test's own store.
on() {
    export OP_STORE=sqlite:$PWD/op.db
    [[ $1 == sqlite ]] || export OP_STORE=$STUDIO_MONGO
    export AVALON_DB=avalon_$BATS_TEST_NUMBER OPENPYPE_DATABASE_NAME=openpype_$BATS_TEST_NUMBER
}

# serve NAME ARGUMENT...: in a session of its own; its output in NAME.out, NAME.err.
serve() {
    setsid sync-service -v "${@:2}" >"$1.out" 2>"$1.err" 3>&- &
    service=$!
    services+=("$service")
}

# until_true SECONDS COMMAND...
until_true() {
    local end=$((SECONDS + $1))
    until "${@:2}"; do
        ((SECONDS < end)) || {
            echo "never: $*"
            tail -n 40 ./*.err ./*.out
            return 1
        }
        sleep 0.1
    done
}

has_frame() { [[ $(op-dump --bare | jq -r 'select(.name == "SQ01_SH010").data.frameEnd') == "$1" ]]; }
set_frame() { zou_put "/data/entities/$shot" "{\"data\": {\"frame_in\": 1001, \"frame_out\": $1}}" >/dev/null; }
says_who() { sync-service --status | grep -qE "^service: +listening, on .*, process $service, for"; }
is_well() { sync-service --status >status; }

has_document() { [[ $(op-dump --bare -P "$1" 2>/dev/null | jq -r .name) == *"$2"* ]]; }
is_troubled() { sync-service --status 2>&1 | grep -qF "$1"; }
project_read() { kitsu-fetch "$@" | jq -r 'select(.type == "Project").id'; }

# As who is no administrator, and so hears of no new project.
projects_are_ids() {
    on "$1"
    export OPKITSU_LOOK_SECONDS=0.5 KITSU_LOGIN=lead_$1@example.com KITSU_PWD=mysecretpassword
    local p q s lead name=film_$1
    lead=$(zou_person "$KITSU_LOGIN" manager)
    p=$(zou_project "$name")
    s=$(zou_sequence "$p" SQ01)
    zou_team_add "$p" "$lead"
    serve one -prj "$name" -prj "later_$1" -prj "later_$1"
    until_true 60 is_troubled "trouble:           later_$1: Kitsu has no such project"
    [[ $(sync-service --status --json | jq -c .missing) == "[\"later_$1\",\"later_$1\"]" ]]
    zou_put "/data/projects/$p" "{\"name\": \"renamed_$1\"}" >/dev/null
    zou_shot "$p" "$s" SH020 >/dev/null
    until_true 30 has_document "$name" SQ01_SH020
    # Another project that takes the name is another project.
    q=$(zou_project "$name")
    zou_team_add "$q" "$lead"
    zou_sequence "$q" SQ09 >/dev/null
    zou_shot "$p" "$s" SH030 >/dev/null
    until_true 30 has_document "$name" SQ01_SH030
    ! has_document "$name" SQ09
    for program in kitsu-fetch kitsu-listen; do
        run -64 "$program" -P "$name"
        [[ $output == *" -P $name: two projects have this name, "*"$p"* && $output == *"$q"* ]]
    done
    # A full synchronisation, too, goes on with what was found.
    kill -HUP "$service"
    until_true 30 grep -q 'full synchronisation (SIGHUP)' one.err
    zou_shot "$p" "$s" SH040 >/dev/null
    until_true 30 has_document "$name" SQ01_SH040
    later=$(zou_project "later_$1")
    zou_sequence "$later" SQ01 >/dev/null
    zou_team_add "$later" "$lead"
    until_true 30 has_document "later_$1" SQ01
    until_true 30 is_well
    zou_sequence "$later" SQ02 >/dev/null
    until_true 30 has_document "later_$1" SQ02
    # By each of its names, and its id.
    zou_put "/data/projects/$q" "{\"name\": \"other_$1\"}" >/dev/null
    for word in "$name" "renamed_$1" "$p"; do
        found=$(project_read -P "$word")
        echo "$word: $found"
        [[ $found == "$p" ]]
    done
    [[ $(op-dump -P "$p") == "$(op-dump -P "$name")" ]]
    grep "two projects" one.err && return 1
    grep -F "later_$1: Kitsu has this project now" one.err
}

follows() {
    on "$1"
    run -3 sync-service --status
    [[ ${lines[0]} == "service: "*"none; never synchronised" ]]
    run -3 sync-service --status --json
    [[ $(jq -c '[.running, .trouble]' <<<"$output") == '[false,[]]' ]]
    run -64 sync-service --once --json
    set_frame 1040
    serve a
    until_true 20 has_frame 1040
    until_true 20 grep -q ': listening' a.err
    set_frame 1100
    until_true 5 has_frame 1100
    until_true 5 is_well
    until_true 5 says_who # it is kept once a second
    [[ $(sync-status --json | jq -c '[.running, .trouble, .state, .skipped, .error]') == '[true,[],"listening",0,null]' ]]
    # Killed with all that is its own; meanwhile Kitsu goes on.
    kill -s KILL -- "-$service"
    wait "$service" || true
    set_frame 1101
    serve b --resume
    until_true 35 has_frame 1101
    run ! grep -q 'full synchronisation' b.err
    kill -s TERM "$service"
    wait "$service" || [[ $? == 143 ]]
    run -3 sync-service --status
    # By hand, from where it was.
    set_frame 1102
    run -0 --separate-stderr sync-service --once --resume
    has_frame 1102
    [[ $(kitsu-fetch | op-diff | grep -c '"Change"') == 0 ]]
}

@test "SQLite: a change in Kitsu arrives, killed with -9 nothing is lost" { follows sqlite; }
@test "MongoDB: a change in Kitsu arrives, killed with -9 nothing is lost" { follows mongo; }

takes_over() {
    on "$1"
    serve a
    first=$service
    until_true 20 grep -q ': listening' a.err
    grep -q 'sync-service: lease acquired' a.err
    serve b --resume
    sleep 3
    run ! grep -q 'sync-service: lease acquired' b.err
    kill -s KILL -- "-$first"
    wait "$first" || true
    began=$SECONDS
    until_true 30 grep -q ': listening' b.err
    echo "taken over after $((SECONDS - began)) s"
    set_frame $((1200 + RANDOM % 1000))
    until_true 5 has_frame "$(zou_get "/data/shots/$shot" | jq .data.frame_out)"
}

@test "SQLite: a second service takes over within 30 seconds" { takes_over sqlite; }
@test "MongoDB: a second service takes over within 30 seconds" { takes_over mongo; }

@test "-lo: no full synchronisation, and what comes is followed" {
    on sqlite
    set_frame 1040
    sync-service --once -q
    serve a -lo
    until_true 10 grep -q ': listening' a.err
    set_frame 1500
    until_true 10 has_frame 1500
    run ! grep -q 'full synchronisation (' a.err
}

@test "a project is an id: renamed, made later, called as another one was, SQLite" { projects_are_ids sqlite; }
@test "a project is an id: renamed, made later, called as another one was, MongoDB" { projects_are_ids mongo; }

# A push, and changes that somebody applies by hand, get their turn; it goes on afterwards.
hands_over() {
    on "$1"
    export OPKITSU_LEASE_SECONDS=4
    set_frame 1040
    serve one
    until_true 60 grep -q ': listening' one.err
    until_true 20 has_frame 1040
    push-to-zou -prj alpha --wait 60 >push.out 2>push.err || true # 1: something is left alone
    cat push.out push.err one.err
    grep -q 'waiting for it' push.err
    until_true 20 grep -q 'lease acquired again' one.err
    set_frame $((1200 + RANDOM % 1000))
    until_true 20 has_frame "$(zou_get "/data/shots/$shot" | jq .data.frame_out)"
    op-dump -P alpha | jq -c 'select(.document.name == "SQ01_SH010") |
        {type: "Change", operationType: "update", ns, documentKey: {_id: .document._id}, entity: {type: "Shot", id: "x", name: "SH010"},
         updateDescription: {updatedFields: {"data.note": "by hand"}, removedFields: []}, fullDocumentBeforeChange: {}}' >change
    op-apply --wait 60 <change >applied 2>apply.err
    cat apply.err applied
    grep -q '"status":"applied"' applied
    until_true 20 is_well
    # Two pushes at once, and one that is killed: each has its turn.
    push-to-zou -prj alpha --wait 60 2>/dev/null >one.push &
    first=$!
    push-to-zou -prj alpha --wait 60 2>/dev/null >two.push &
    second=$!
    setsid push-to-zou -prj alpha --wait 60 >/dev/null 2>&1 &
    sleep 0.5
    kill -KILL -- "-$!" 2>/dev/null || true # it was faster
    wait "$first" && wait "$second"
    set_frame $((2200 + RANDOM % 1000))
    until_true 40 has_frame "$(zou_get "/data/shots/$shot" | jq .data.frame_out)"
    until_true 20 is_well
    [[ $(grep -c 'synchronisation (start)' one.err) == 1 ]]
}

@test "beside it a push and an op-apply have their turn, SQLite" { hands_over sqlite; }
@test "beside it a push and an op-apply have their turn, MongoDB" { hands_over mongo; }

# changed_settings STORE: the service sees them, and reads in full what depends on them.
changed_settings() {
    on "$1"
    export OPKITSU_SETTINGS_SECONDS=0.5
    local name=settings_$1 p s bad
    p=$(zou_project "$name")
    s=$(zou_sequence "$p" SQ01)
    bad=$(zou_shot "$p" "$s" 'SH 010')
    serve one -prj "$name"
    until_true 60 says_who
    has_document "$name" SQ01
    ! has_document "$name" SQ01_SH_010 || return 1
    mkdir -p config/opkitsu
    echo '{"opkitsu": {"names": "convert"}}' >config/opkitsu/settings.json
    # Of another entity: a full reading finds the shot.
    sleep 0.6
    zou_put "/data/entities/$s" '{"data": {"camera": "A"}}' >/dev/null
    until_true 60 has_document "$name" SQ01_SH_010
    grep -q "\"$name\": edits, concepts or names of opkitsu's settings were changed" one.err
    [[ $(op-dump --bare -P "$name" | jq -r 'select(.data.zou.id == "'"$bad"'").data.label') == 'SH 010' ]]
    until_true 30 is_well
    zou_put "/data/entities/$bad" '{"name": "SH/020"}' >/dev/null
    until_true 30 has_document "$name" SQ01_SH_020
}

@test "a running service sees changed settings, SQLite" { changed_settings sqlite; }
@test "a running service sees changed settings, MongoDB" { changed_settings mongo; }

@test "a second service in reserve does not want the lease" {
    on sqlite
    export OPKITSU_LEASE_SECONDS=2
    serve a
    until_true 60 grep -q ': listening' a.err
    serve b
    until_true 20 grep -q 'waiting for it' b.err
    sleep 3
    [[ $(sqlite3 op.db "select count(*) from openpype where document like '%wanted%'") == 0 ]]
    run ! grep -q 'another program waits' a.err
}
