#!/usr/bin/env bats
# Every command of README.md and CONTRIBUTING.md is run: those about a studio
# here, line by line as they stand there, the others by the tests named below.
# Takes about 50 s.
# shellcheck disable=SC2154 # bats' run

bats_require_minimum_version 1.5.0

setup_file() {
    export OPKITSU_BUILD=${OPKITSU_BUILD:-$BATS_TEST_DIRNAME/../../build}
    export PATH=$OPKITSU_BUILD/bin:$PATH
    load ../lib/zou
    own_kitsu_start --no-mongo
    local name project sequence shot
    for name in project_name01 project_name02; do
        project=$(zou_project $name)
        sequence=$(zou_sequence "$project" SQ01)
        shot=$(zou_shot "$project" "$sequence" SH010 '{"frame_in": 1001, "frame_out": 1040}')
        zou_tasks "$project" "$(zou_task_type Animation Shot)" shots "$shot"
    done
}

teardown_file() {
    load ../lib/zou
    own_kitsu_stop
}

# commands FILE [LANGUAGE]: the lines of its fenced blocks.
commands() {
    sed -n "/^\`\`\`${2:-sh}\$/,/^\`\`\`\$/{/^\`\`\`/!p}" "$BATS_TEST_DIRNAME/../../$1"
}

# Where a command is run that can't be run here.
run_elsewhere() {
    case $1 in
        'sudo apt-get install -y make') true ;; # before there is anything of ours
        'make demo') grep -q 'make -s demo' demo.bats ;;
        'make test' | 'make check') grep -q '^    make check' ../../.ci/run ;;
        'make' | 'sudo make install PREFIX=/usr/local') grep -q 'make -s install' ../programs/all.bats ;;
        'man opkitsu') grep -q 'man7/opkitsu.7' ../programs/all.bats ;;
        # Below, as they say things on stderr.
        'integrate-kitsu-note '* | 'publish-task '*) true ;;
        'op-link '*) true ;; # below, as there must be something to link
        'export PYBLISHPLUGINPATH='*) grep -q PYBLISHPLUGINPATH pyblish.bats ;;
        # What the studio of these tests is, under another name.
        'export KITSU_SERVER='* | 'export KITSU_LOGIN='* | 'export OPENPYPE_MONGO='*) true ;;
        *) return 1 ;;
    esac
}

@test "README: the commands do what it says" {
    cd "$BATS_TEST_DIRNAME" || return
    work=$BATS_TEST_TMPDIR
    mkdir -m 700 "$work/runtime"
    while IFS= read -r command; do
        run_elsewhere "$command" || printf '%s\n' "$command"
    done < <(commands README.md) >"$work/here"
    (($(wc -l <"$work/here") >= 9))
    # The example's server, login, password and paths are those of this test.
    {
        printf 'set -euo pipefail\n'
        # A service would go on for ever; --status has none to tell of.
        sed -E -e '/sync-service/{/--once|--status/!s/.*/timeout 10 & || [[ $? == 124 ]]/}' \
            -e '/--status|sync-status/s/$/ || [[ $? == 3 ]]/' \
            -e "s|me@domain\.ext|$KITSU_LOGIN|g; s|my_password|$KITSU_PWD|g; s|/tmp/try\.db|$work/try.db|g" "$work/here"
    } >"$work/script"
    cd "$work" || return
    XDG_RUNTIME_DIR=$work/runtime run --separate-stderr bash script
    printf '%s\n' "$output" "$stderr"
    [[ $status == 0 && $stderr == "" ]]
    [[ $output == *"create  Shot SQ01_SH010"*"project_name01: 5 to create"* ]]
    [[ $output == *"project_name01: 5 created"*"project_name02: 5 created"*"project_name01: nothing changed"* ]]
    [[ $output != *trouble:* && $output == *"none; last synchronised "*" s ago"* ]]
    [[ $output == *"2 Shot"*"SQ01_SH010"$'\t'1001$'\t'1040*"project_name02|asset|SQ01_SH010"* ]]
    [[ $(op-dump -d "sqlite:$work/try.db" --bare | wc -l) == 10 ]]
}

@test "README: comments on what was published" {
    cd "$BATS_TEST_TMPDIR" || return
    mkdir -m 700 runtime
    export XDG_RUNTIME_DIR=$PWD/runtime OP_STORE=sqlite:$PWD/op.db
    "$STUDIO_VENV/bin/python" -c 'from PIL import Image; Image.new("RGB", (64, 48)).save("render_v012.png")'
    commands README.md | grep '^integrate-kitsu-note \|^publish-task ' >here
    [[ $(wc -l <here) == 3 ]]
    run --separate-stderr bash -euo pipefail here
    printf '%s\n' "$output" "$stderr"
    [[ $status == 0 && $output == *'"planned"'*"1 comment posted"*'"planned"'* ]]
    [[ $stderr == *'the status stays "todo"'*"1 comment to post"* ]]
}

# published NAME: something was published in the document SQ01_SH010 of this project
published() {
    op-dump -P "$1" --bare | jq -c --arg coll "$1" 'select(.name == "SQ01_SH010") | {"$oid": "00112233445566778899aabb"} as $_id
        | {type: "Change", operationType: "insert", ns: {db: "avalon", coll: $coll}, documentKey: {$_id},
           fullDocument: {$_id, type: "subset", name: "renderMain", parent: ._id}}' | op-apply >/dev/null
}

# links_again README_LINE KITSU_ID: a synchronisation skips it, and its message has a command
# that does what the line of README does
links_again() {
    run -1 --separate-stderr sync-service --once -prj "$name"
    run ! grep -E '^[0-9a-f-]{36}:' <<<"$output"
    sync-service --once -prj "$name" >said || true
    grep -Eo "op-link .*$2 \\| op-apply" said >link.sh
    [[ $(wc -l <link.sh) == 1 ]]
    # A dry run tells it once, by who reads the records or by a message.
    [[ $({ sync-service -n -prj "$name" | sync-report; } 2>&1 | grep -c op-link) == 1 ]]
    sync-service -n -prj "$name" >plan 2>said || [[ $? == 1 ]]
    [[ $(grep -c op-link said) == 1 && $(sync-report <plan | grep -c op-link) == 1 ]]
    cp op.db copy.db
    OP_STORE=sqlite:$PWD/copy.db bash -euo pipefail link.sh | grep '"status":"applied"'
    bash -euo pipefail -c "$(sed "s/project_name01/$name/; s/KITSU_ID/$2/" <<<"$1")" | grep '"status":"applied"'
    diff <(op-dump -P "$name") <(op-dump -d "sqlite:$PWD/copy.db" -P "$name")
    run -0 --separate-stderr sync-service --once -prj "$name"
}

@test "README: what was made again continues its old document" {
    load ../lib/zou # the login is own_kitsu_start's
    cd "$BATS_TEST_TMPDIR" || return
    mkdir -m 700 runtime
    export XDG_RUNTIME_DIR=$PWD/runtime OP_STORE=sqlite:$PWD/op.db name=again
    mapfile -t examples < <(commands README.md | grep '^op-link ')
    [[ ${#examples[@]} == 2 && ${examples[0]} == *' -D '* ]]
    p=$(zou_project again)
    sequence=$(zou_sequence "$p" SQ01)
    shot=$(zou_shot "$p" "$sequence" SH010)
    zou_tasks "$p" "$(zou_task_type Animation Shot)" shots "$shot"
    sync-service --once -prj again
    op-dump -P again --bare | jq -r 'select(.type == "asset") | "\(._id["$oid"]) \(.name)"' | sort >before
    published again
    # Kitsu's delete button cancels a shot that has tasks. It keeps its name there until it
    # gets another one.
    zou_delete "/data/shots/$shot" >/dev/null
    sync-service --once -prj again
    zou_put "/data/entities/$shot" '{"name": "SH010_old"}' >/dev/null
    shot=$(zou_shot "$p" "$sequence" SH010)
    links_again "${examples[0]}" "$shot"
    op-dump -P again --bare | jq -r 'select(.type == "asset") | "\(._id["$oid"]) \(.name)"' | sort | diff before -
    zou_close_project "$p"
    zou_delete "/data/projects/$p?force=true" >/dev/null
    p=$(zou_project again)
    zou_shot "$p" "$(zou_sequence "$p" SQ01)" SH010 >/dev/null
    run -1 --separate-stderr push-to-zou --dry-run -prj again
    [[ $stderr == *"Kitsu no longer has ("*"); if it was made again: op-link again $p | op-apply"* ]]
    links_again "${examples[1]}" "$p"
    op-dump -P again --bare | jq -r 'select(.type == "asset") | "\(._id["$oid"]) \(.name)"' | sort | diff before -
    # Never made again.
    zou_close_project "$p"
    zou_delete "/data/projects/$p?force=true" >/dev/null
    run -1 --separate-stderr push-to-zou --dry-run -prj again
    [[ $stderr == *"Kitsu no longer has ($p); create it in Kitsu, then link it to that: op-link again KITSU_ID | op-apply"* ]]
    # Nor is there a bare id of one that Kitsu has closed, and OpenPype never had.
    p=$(zou_project closed)
    zou_close_project "$p"
    run -0 --separate-stderr sync-service --once -prj closed
    [[ $output == "closed: nothing changed in "* ]]
}

@test "README: the line for cron" {
    line=$(commands README.md crontab)
    # Names that cron sets, then the command; here they are this test's.
    for name in PATH KITSU_SERVER KITSU_LOGIN OPENPYPE_MONGO; do
        grep -q "^$name=" <<<"$line"
    done
    line=${line##*$'\n'}
    [[ $line == '*/15 * * * * '* ]]
    cd "$BATS_TEST_TMPDIR" || return
    mkdir -m 700 runtime
    echo "$KITSU_PWD" >password
    command=${line#'*/15 * * * * '}
    command=${command//\/etc\/opkitsu\/password/password}
    # The first time all is read, as there is no position in Kitsu's log yet.
    for _ in first second; do
        run env -i PATH="$PATH" HOME="$PWD" KITSU_SERVER="$KITSU_SERVER" KITSU_LOGIN="$KITSU_LOGIN" \
            OP_STORE="sqlite:$PWD/op.db" XDG_RUNTIME_DIR="$PWD/runtime" sh -c "$command"
        [[ $status == 0 && $output == "" ]]
    done
    [[ $(op-dump -d "sqlite:$PWD/op.db" --bare | wc -l) == 10 ]]
    # What is said of it, and the manual's line for monitoring.
    export OP_STORE=sqlite:$PWD/op.db
    run -3 sync-status
    [[ $output != *trouble* && ${lines[0]} == "service: "*"none; last synchronised "*" s ago" ]]
    [[ $output == *"log read: "*" s ago"*"position: "*"up to Kitsu's event of 20"* ]]
    run -3 sync-status -q
    [[ $output == "" ]]
    monitors=$(sed -n '/^sync-status --json | jq -e/,/echo/p' "$BATS_TEST_DIRNAME/../../share/man/sync-status.1")
    run -0 bash -c "$monitors"
    [[ $monitors == *'"check cron"' && $output == true ]]
    # A synchronisation that was long ago.
    run -0 bash -c "${monitors/3600/-1}"
    [[ $output == *"check cron" ]]
}

@test "CONTRIBUTING, tests/README: their commands are those that the tests are made of" {
    cd "$BATS_TEST_DIRNAME/../.." || return
    while IFS= read -r command; do
        command=${command%%  *} # without the remark behind it
        case $command in
            'make '*) make -n "${command#make }" >/dev/null ;;
            'tests/run tests/'* | 'JOBS=1 tests/run tests/'* | 'VALGRIND=1 tests/run tests/'*) [[ -x tests/run && -e ${command##* } ]] ;;
            'SAN=1 tests/run') [[ -x tests/run ]] ;;
            'tests/servers/studio start /tmp/studio' | 'source /tmp/studio/env' | \
                'tests/servers/studio stop /tmp/studio' | bats*) ;; # setup_file, and what runs this
            *)
                echo "run by no test: $command"
                false
                ;;
        esac
    done < <(commands CONTRIBUTING.md && commands tests/README.md)
}

@test "the manuals' examples of one program or pipe are ones that work" {
    # What a reader would try first; each as it stands there.
    cd "$BATS_TEST_TMPDIR" || return
    mkdir -m 700 runtime
    export XDG_RUNTIME_DIR=$PWD/runtime OP_STORE=sqlite:$PWD/op.db
    for example in \
        'kitsu-fetch | tee kitsu.ndjson | op-diff | tee plan.ndjson | op-apply' \
        'kitsu-fetch | jq -r .type | sort | uniq -c' \
        'kitsu-fetch | op-diff --exit-code >plan.ndjson' \
        'op-diff -a /dev/null <kitsu.ndjson >plan.ndjson' \
        'sync-report <plan.ndjson' \
        'op-dump | zou-push -n | push-report' \
        'op-apply <plan.ndjson | sync-report' \
        'jq -r .type <kitsu.ndjson | sort | uniq -c'; do
        grep -rqF -- "$example" "$BATS_TEST_DIRNAME/../../share/man"
        run -0 bash -euo pipefail -c "$example"
    done
}
