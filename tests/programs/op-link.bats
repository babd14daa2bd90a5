#!/usr/bin/env bats
# op-link: links that people make by hand.

load ../lib/common
load ../lib/store

setup() {
    bats_require_minimum_version 1.5.0
    case $BATS_TEST_DESCRIPTION in
        mongodb:*) use_mongo ;;
        *) use_sqlite ;;
    esac
    id=2f2c4a6e-91c0-4d53-8f0e-0b1d7a3c5e11
}

# links TEST ARGUMENT...: the change is applied, and jq's TEST holds for the one document
# that differs then.
links() {
    dump >"$BATS_TEST_TMPDIR/before"
    op-link "${@:2}" >"$BATS_TEST_TMPDIR/change"
    op-apply <"$BATS_TEST_TMPDIR/change" >/dev/null
    dump >"$BATS_TEST_TMPDIR/after"
    comm -13 <(sort "$BATS_TEST_TMPDIR/before") <(sort "$BATS_TEST_TMPDIR/after") >"$BATS_TEST_TMPDIR/differs"
    [ "$(wc -l <"$BATS_TEST_TMPDIR/differs")" -eq 1 ]
    jq -e --arg id "$id" ".document | $1" "$BATS_TEST_TMPDIR/differs"
    # A second time there is nothing to do.
    [ -z "$(op-link -q "${@:2}")" ]
}

case_links() {
    apply insert
    links '.type == "project" and .data.zou_id == $id' demo "$id"
    links '.name == "SQ01_SH010" and .data.zou == {id: $id, name: "SH010", type: "Shot"} + (.data.zou | del(.id, .name, .type))' \
        -D SQ01_SH010 demo "$id"
    links '.name == "Shots" and .data.zou == {id: $id}' --document 5f0000000000000000000003 demo "$id"
}

@test "sqlite: a project, a linked document, one that has no link; again" {
    case_links
}

@test "mongodb: a project, a linked document, one that has no link; again" {
    case_links
}

@test "no such project or document, two of one name" {
    apply insert
    run -1 --separate-stderr op-link none "$id"
    [[ $output == "" && $stderr == "op-link: "*": no project 'none'" ]]
    run -1 --separate-stderr op-link -D none demo "$id"
    [[ $output == "" && $stderr == "op-link: "*": no document 'none'" ]]
    op-dump -P demo | jq -c 'select(.document.name == "SQ01_SH010") | .document._id["$oid"] = "5f00000000000000000000aa"
        | {type: "Change", operationType: "insert", ns, documentKey: {_id: .document._id}, fullDocument: .document}' |
        op-apply >/dev/null
    run -1 --separate-stderr op-link -D SQ01_SH010 demo "$id"
    mapfile -t ids < <(op-dump -P demo | jq -r 'select(.document.name == "SQ01_SH010").document._id["$oid"]' | sort)
    # In one line, whose beginning is the reason, and nothing for op-apply.
    [[ ${#ids[@]} == 2 && $output == "" && ${#stderr_lines[@]} == 1 ]]
    [[ $stderr == "op-link: "*": several documents are called 'SQ01_SH010'; give -D the _id of one: ${ids[0]}, ${ids[1]}" ]]
    # Which does it.
    run -0 --separate-stderr op-link -D "${ids[1]}" demo "$id"
    [[ $stderr == "" && $(jq -r '.documentKey._id["$oid"]' <<<"$output") == "${ids[1]}" ]]
}

@test "an id that another live document has is said" {
    apply insert
    op-link -D SQ01_SH010 demo "$id" | op-apply >/dev/null
    run -0 --separate-stderr op-link -D SQ01 demo "$id"
    [[ $output == '{"type":"Change"'* && $stderr == 'op-link: "SQ01_SH010" ('*') is linked to it already: of the two the one counts that has more work in it' ]]
}

@test "usage errors" {
    run -64 --separate-stderr op-link demo
    [[ ${stderr_lines[0]} == "op-link: expected PROJECT and KITSU_ID" ]]
    run -64 --separate-stderr op-link demo nonsense
    [[ ${stderr_lines[0]} == 'op-link: "nonsense" is not an id of Kitsu'"'s" ]]
}
