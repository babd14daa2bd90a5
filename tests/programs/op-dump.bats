#!/usr/bin/env bats
# op-dump: what is in a store.

load ../lib/common
load ../lib/store

setup() {
    bats_require_minimum_version 1.5.0
    case $BATS_TEST_DESCRIPTION in
        mongodb:*) use_mongo ;;
        *) use_sqlite ;;
    esac
}

# A second project, and a collection that is none.
others() {
    plan insert | sed 's/"coll":"demo"/"coll":"alpha"/; s/"p1"/"p2"/' | op-apply >/dev/null
    plan insert | sed 's/"coll":"demo"/"coll":"thumbnails"/; s/"parent":{[^}]*},//' | grep -v '"type":"project"' |
        op-apply >/dev/null
}

case_dump() {
    apply insert
    apply update
    apply archive
    apply publish
    others
    dump -P demo | diff -u "$apply_cases/publish/dump.ndjson" -
    # Of subsets the outline, of versions nothing; projects by name.
    op-dump | normal | diff -u "$apply_cases/publish/outline.ndjson" -
    [ "$(dump -P demo --bare)" = "$(jq -c '.document // empty' "$apply_cases/publish/dump.ndjson")" ] ||
        dump -P demo --bare | diff -u <(sed -nE 's/^.*"document":(.*)\}$/\1/p' "$apply_cases/publish/dump.ndjson") -
    [ "$(op-dump --bare -P alpha -P demo | wc -l)" -eq 15 ]
}

case_unknown() {
    apply insert
    run --separate-stderr op-dump -P none -P demo -P thumbnails
    [ "$status" -eq 1 ]
    [ "${#lines[@]}" -eq 8 ]
    [[ ${stderr_lines[0]} == "op-dump: "*": no project 'none'" ]]
    [[ ${stderr_lines[1]} == "op-dump: "*": no project 'thumbnails'" ]]
    [ "${#stderr_lines[@]}" -eq 2 ]
}

case_types() {
    apply types
    [ "$status" -eq 1 ]
    expect 1 types
    dump | diff -u "$apply_cases/types/dump.ndjson" -
    # What was dumped can be put in again.
    dump | jq -c 'select(.type == "Document") | {type: "Change", operationType: "insert", ns: {db: "'"$AVALON_DB"'", coll: .ns.coll},
        documentKey: {_id: .document._id}, fullDocument: .document}' | op-apply >"$BATS_TEST_TMPDIR/out"
    [ "$(grep -c '"status":"unchanged"' "$BATS_TEST_TMPDIR/out")" -eq "$(grep -c '^{"type":"Document"' "$apply_cases/types/dump.ndjson")" ]
}

# Each project ends with a count of its documents.
case_end() {
    apply insert
    others
    local end='{"type":"End","ns":{"db":"avalon","coll":"demo"},"scope":"documents","counts":{"Document":7}}'
    [ "$(op-dump | normal | grep '"type":"End"')" = "${end/demo/alpha}"$'\n'"$end" ]
    [ "$(dump -P demo | tail -n 1)" = "$end" ]
    [ "$(op-dump --bare | grep -c '"type":"End"')" -eq 0 ]
    op-dump >"$BATS_TEST_TMPDIR/dump"
    op-diff -a "$BATS_TEST_TMPDIR/dump" </dev/null
}

@test "sqlite: an End for each project" {
    case_end
}

@test "mongodb: an End for each project" {
    case_end
}

@test "sqlite: projects whole, subsets in outline; all; bare; by name" {
    case_dump
}

@test "mongodb: projects whole, subsets in outline; all; bare; by name" {
    case_dump
}

@test "sqlite: an unknown project is an error of its name" {
    case_unknown
}

@test "mongodb: an unknown project is an error of its name" {
    case_unknown
}

@test "sqlite: the types of Extended JSON" {
    case_types
}

@test "mongodb: the types of Extended JSON" {
    case_types
}

@test "an empty store" {
    run --separate-stderr op-dump
    [ "$status" -eq 0 ]
    [ -z "$output$stderr" ]
}

@test "stdout full or closed: 74; a reader that has enough ends it quietly" {
    apply insert
    local how
    for how in '>/dev/full' '>&-'; do
        run --separate-stderr bash -c "op-dump $how"
        [ "$status" -eq 74 ]
        [[ $stderr == "op-dump: stdout: "* ]]
    done
    run --separate-stderr bash -c 'op-dump | head -n 1 | wc -l'
    [ "$output" -eq 1 ]
    [ -z "$stderr" ]
}

@test "usage errors" {
    run --separate-stderr op-dump demo
    [ "$status" -eq 64 ]
    [ "${stderr_lines[0]}" = "op-dump: unexpected argument \"demo\"" ]
    run --separate-stderr op-dump -P
    [ "$status" -eq 64 ]
    run --separate-stderr op-dump --version
    [ "$status" -eq 0 ]
    [[ $output == "op-dump (opkitsu) "* ]]
}

# bats test_tags=slow
@test "-prj is -P, in any form; a value that looks like it stays a value" {
    local option
    apply insert
    others
    for option in "-P alpha" "-Palpha" "-prj alpha" "-prj=alpha" "--project alpha" "--project=alpha"; do
        # shellcheck disable=SC2086 # words
        run -0 --separate-stderr op-dump $option
        [ "$(jq -r .ns.coll <<<"$output" | sort -u)" = alpha ]
    done
    run -1 --separate-stderr op-dump -P -prj
    [[ $stderr == *"no project '-prj'" && $output == "" ]]
    run -64 --separate-stderr op-dump -lo
    [ "${stderr_lines[0]}" = "op-dump: invalid option -- 'l'" ]
}
