#!/usr/bin/env bats
# make demo, as the README has it, with the installation that is there already.
# Takes about 50 s.
# shellcheck disable=SC2154 # bats' run

bats_require_minimum_version 1.5.0

setup() {
    cd "$BATS_TEST_DIRNAME/../.." || return
    mkdir "$BATS_TEST_TMPDIR/tmp"
    export TMPDIR=$BATS_TEST_TMPDIR/tmp
}

# Neither a file nor a process stays behind.
teardown() {
    rmdir "$TMPDIR"
    run ! grep -lsz "$TMPDIR" /proc/[0-9]*/environ
}

@test "make demo: a production arrives, changes, and everything is taken down" {
    run --separate-stderr make -s demo </dev/null
    printf '%s\n' "$output" "$stderr"
    [[ $status == 0 ]]
    # Two trees, and between them what changed.
    [[ $output == *"E01_SQ02_SH010  Shot       1001-1064  Animation"*"E01_SQ20_SH010  Shot       1001-1064  Animation"* ]]
    [[ $output == *'skipped Sequence "E02/SQ 02" (and 1 below it): name "SQ 02" has characters outside'* ]]
    [[ $output == *"data.frameEnd: 1080 -> 1100"*"monkey_business: 4 to update, 1 to delete, 2 skipped"* ]]
    [[ $output == *"monkey_business: 4 updated, 1 deleted, 2 skipped in "*"monkey_business: nothing changed, 2 skipped"* ]]
    [[ $(grep -c '^      *Lantern ' <<<"$output") == 1 ]]
    # What was skipped is there when its name is good.
    [[ $output =~ "E02_SQ02 and its shot are in OpenPype "[0-9]+" milliseconds after Kitsu's answer." ]]
    [[ $(grep -c '^      *E02_SQ02_SH010 ' <<<"$output") == 1 ]]
    # No colours where there is no terminal.
    [[ $output != *$'\e'* ]]
}

@test "the demo that is interrupted takes everything down" {
    env --default-signal=INT scripts/demo >"$BATS_TEST_TMPDIR/output" 2>&1 </dev/null 3>&- &
    until grep -q "^2. Into" "$BATS_TEST_TMPDIR/output"; do
        kill -0 $!
        sleep 0.1
    done
    kill -INT $!
    wait $! && status=0 || status=$?
    [[ $status == 130 ]]
    tail -n 1 "$BATS_TEST_TMPDIR/output" | grep -q "Taking everything down"
}

@test "the demo takes no other arguments" {
    run -64 scripts/demo --bogus
    run -0 scripts/demo --help
}
