#!/usr/bin/env bats
# A small film as OpenPype 3.18's own module wrote it on its first synchronisation
# (cases/film_small/openpype.ndjson), against what the suite makes of the same Kitsu records. The
# differences are deliberate, and all of them are named here.

bats_require_minimum_version 1.5.0
load ../lib/common

setup() {
    film="$BATS_TEST_DIRNAME/../cases/film_small"
    export HOME="$BATS_TEST_TMPDIR" XDG_CONFIG_HOME="$BATS_TEST_TMPDIR"
    : >"$BATS_TEST_TMPDIR/nothing"
    op-diff -q -a "$BATS_TEST_TMPDIR/nothing" <"$film/kitsu.ndjson" >"$BATS_TEST_TMPDIR/plan"
}

# References by the name of what they point to: OpenPype's ids are random, ours are computed.
by_name='INDEX(._id."$oid") as $docs
    | map(walk(if type == "object" and has("$oid") then $docs[."$oid"].name else . end))
    | sort_by(.name)'

ours() {
    jq -s 'map(select(.type == "Change").fullDocument) | '"$by_name" "$BATS_TEST_TMPDIR/plan"
}

theirs() {
    jq -s "$by_name" "$film/openpype.ndjson"
}

@test "the same documents, but for the anatomy and the tasks' nested copies" {
    # A new project document has OpenPype's templates, roots and applications: without them the
    # project can't be opened. OpenPype's module leaves that to somebody else, as it does with
    # entityType.
    ours | jq 'map(del(.data.entityType) | if .type == "project" then .config |= {tasks} else . end)' >"$BATS_TEST_TMPDIR/ours"
    # A task is stored as Kitsu lists it; OpenPype asks for each one in full and stores six others
    # inside it.
    theirs | jq 'map(if .data.tasks then .data.tasks[] |= (.zou |= del(.entity, .entity_type,
        .is_subscribed, .persons, .project, .task_status, .task_type)) else . end)' >"$BATS_TEST_TMPDIR/theirs"
    # Kitsu's types have no short names here: OpenPype's anatomy and the types' names lend them.
    jq --slurpfile anatomy "$BATS_TEST_DIRNAME/../../share/anatomy.json" 'map(if .type == "project" then
        .config.tasks |= with_entries(.value.short_name = ($anatomy[0].config.tasks[.key].short_name // .key))
        else . end)' "$BATS_TEST_TMPDIR/theirs" >"$BATS_TEST_TMPDIR/named"
    run -0 diff <(jq -S . "$BATS_TEST_TMPDIR/named") <(jq -S . "$BATS_TEST_TMPDIR/ours")
    [ "$(jq length "$BATS_TEST_TMPDIR/ours")" = 15 ]
}

@test "frames and sizes are integers, rates are doubles, as MongoDB tells them apart" {
    for field in '"fps":25.0' '"fps":30.0' '"pixelAspect":1.0' '"frameStart":1001' '"frameEnd":1025' \
        '"handleStart":0' '"clipIn":1' '"resolutionWidth":1920'; do
        grep -q "${field}[,}]" "$BATS_TEST_TMPDIR/plan"
    done
    run -1 grep -E '"(frameStart|frameEnd|handleStart|handleEnd|clipIn|clipOut|resolutionWidth|resolutionHeight)":[0-9]+\.' "$BATS_TEST_TMPDIR/plan"
}

@test "what is left alone is said: a resolution that is none" {
    run -0 --separate-stderr op-diff -a "$BATS_TEST_TMPDIR/nothing" <"$film/kitsu.ndjson"
    [ "$stderr" = 'op-diff: film_small: resolution "x2160" is not WIDTHxHEIGHT: left as it is' ]
}
