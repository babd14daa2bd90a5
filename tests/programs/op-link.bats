#!/usr/bin/env bats
# op-link: links that people make by hand.

load ../lib/common
load ../lib/store
load ../lib/mock

setup() {
    bats_require_minimum_version 1.5.0
    case $BATS_TEST_DESCRIPTION in
        mongodb:*) use_mongo ;;
        *) use_sqlite ;;
    esac
    id=2f2c4a6e-91c0-4d53-8f0e-0b1d7a3c5e11
}

teardown() { mock_stop; }

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
    # Without a type: nothing says that a synchronisation wrote it.
    links '.name == "SQ01_SH010" and .data.zou == {id: $id, name: "SH010"} + (.data.zou | del(.id, .name))
        and (.data.zou | has("type") | not)' \
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

# --- An id that Kitsu does not have ---------------------------------------------

# serve: a Kitsu of mock-zou's, which has the project "demo"
serve() {
    cd "$BATS_TEST_TMPDIR"
    mkdir -m 700 run
    export XDG_RUNTIME_DIR=$PWD/run XDG_STATE_HOME=$PWD HOME=$PWD XDG_DATA_HOME=$PWD/data XDG_CONFIG_HOME=$PWD/config
    export KITSU_LOGIN=jane@example.com KITSU_PWD=secret OPKITSU_RETRY_SECONDS=0.1
    unset KITSU_TOKEN http_proxy https_proxy all_proxy
    demo=11111111-1111-4111-8111-111111111111
    mock_start "{\"GET /data/projects/$demo/tasks\": [{\"json\": []}]}"
}

# put PROJECT NUMBER DOCUMENT: as other programs would
put() {
    jq -nc --arg db "$AVALON_DB" --arg coll "$1" --arg id "5f00000000000000000000$2" --argjson document "$3" '
        ($document | ._id = {"$oid": $id}) | {type: "Change", operationType: "insert",
        ns: {db: $db, coll: $coll}, documentKey: {_id}, fullDocument: .}' | op-apply >/dev/null
}

# made PROJECT [DOCUMENT]: a project of OpenPype's with nothing published in it, and with this
# document
made() {
    put "$1" 01 "{\"type\": \"project\", \"name\": \"$1\", \"data\": {}}"
    put "$1" 02 "$(jq -c '{type: "asset", name: "chair", parent: {"$oid": "5f0000000000000000000001"}} + .' <<<"${2-{\}}")"
}

# shellcheck disable=SC2120 # most have none
# full [ARGUMENT]..., events: a reading of all of Kitsu; of what $event changed
full() { kitsu-fetch "$@" >reading 2>messages; }
events() {
    jq -nc --arg id "$id" "$event"', {type: "Checkpoint", server: "x", projects: null,
        created_at: "2026-11-24T00:00:00", ids: [], events: 1}' | kitsu-fetch --events >reading 2>messages
}

# The mock's names have blanks, hence 1.
first_sync() { (kitsu-fetch | op-diff | op-apply >/dev/null) 2>/dev/null || (($? == 1)); }

# drops PROJECT: the last reading says that it was deleted in Kitsu
drops() {
    [[ $(jq -r 'select(.type == "Deleted") | .entity_type + " " + .id' reading) == "Project $id" ]]
    op-diff -q <reading 2>/dev/null | op-apply >/dev/null || (($? == 1))
    [[ -z $(op-dump -P "$1" 2>/dev/null) ]]
}

# doubts PROJECT: it does not, and the message names the project, the id and the remedy
doubts() {
    op-diff -q <reading 2>/dev/null | op-apply >/dev/null || (($? == 1))
    [[ -n $(op-dump -P "$1") ]]
    ! grep '"Deleted"' reading
    grep "^kitsu-fetch: $1: .*$id.*op-link $1 KITSU_ID" messages
}

case_wrong_project() {
    event='{type: "Event", id: "e", created_at: "2026-11-24T00:00:00", name: "project:delete",
        project_id: $id, data: {project_id: $id}}'
    serve
    first_sync
    # A person's, linked to an id that Kitsu does not have.
    made wrong '{"data": {"zou": {"id": "00000003-0000-4000-8000-00000000000f", "type": "Asset",
        "project_id": "99999999-9999-4999-8999-999999999999"}}}'
    op-link wrong "$id" | op-apply >/dev/null
    run -1 full
    doubts wrong
    grep -q '"type":"End","project_id":"'"$demo"'"' reading
    run -1 full -P wrong
    doubts wrong
    # Kitsu's log says that this id was deleted: that of another project.
    run -1 events
    doubts wrong
    [[ $(jq -c 'select(.type == "Checkpoint") | .full_sync' reading) == "[\"$id\"]" ]]
    # What is wanted for it is no evidence either.
    op-apply <reading >/dev/null
    event='{type: "Sync", project_id: $id}'
    run -1 events
    doubts wrong
    run -1 full
    doubts wrong
}

case_deleted_project() {
    serve
    first_sync
    # OpenPype's own module linked it, and its entities.
    for event in full '{type: "Event", id: "e", created_at: "2026-11-24T00:00:00", name: "project:delete",
        project_id: $id, data: {project_id: $id}}'; do
        made theirs "{\"data\": {\"zou\": {\"id\": \"x\", \"type\": \"Asset\", \"project_id\": \"$id\"}}}"
        op-link theirs "$id" | op-apply >/dev/null
        if [[ $event == full ]]; then run -0 full; else run -0 events; fi
        drops theirs
    done
    # opkitsu synchronised it, and it has no entity.
    made ours
    op-link ours "$id" | op-apply >/dev/null
    jq -nc --arg id "$id" '{type: "Project", id: $id, name: "ours", project_status_name: "Open"},
        {type: "End", project_id: $id, scope: "full", counts: {TaskType: 0, TaskStatus: 0, AssetType: 0,
            Episode: 0, Sequence: 0, Shot: 0, Asset: 0, Edit: 0, Concept: 0, Task: 0}},
        {type: "Checkpoint", server: "x", projects: [$id], created_at: "2026-11-24T00:00:00", ids: []}' |
        op-diff -q | op-apply >/dev/null
    run -0 full
    drops ours
}

@test "sqlite: a project that was never synchronised with its id is not deleted" {
    case_wrong_project
}

@test "mongodb: a project that was never synchronised with its id is not deleted" {
    case_wrong_project
}

@test "sqlite: one that was is, by opkitsu or by OpenPype's own module" {
    case_deleted_project
}

@test "mongodb: one that was is, by opkitsu or by OpenPype's own module" {
    case_deleted_project
}

case_wrong_entity() {
    serve
    first_sync
    put demo 03 '{"type": "asset", "name": "hand", "data": {"tools_env": ["x"], "zou": {"id": "00000003-0000-4000-8000-00000000000e",
        "type": "Shot", "name": "hand", "project_id": "11111111-1111-4111-8111-111111111111"}}}'
    op-link -D hand demo "$id" | op-apply >/dev/null
    kitsu-fetch >reading 2>/dev/null || (($? == 1))
    op-diff <reading 2>messages | op-apply >/dev/null || (($? == 1))
    op-dump -P demo | grep -q '"name":"hand"'
    grep '^op-diff: document "hand" (5f0000000000000000000003) is linked to '"$id"'.*op-link -D 5f0000000000000000000003 demo KITSU_ID' messages
}

@test "sqlite: a document that was linked to a wrong id is not deleted" {
    case_wrong_entity
}

@test "mongodb: a document that was linked to a wrong id is not deleted" {
    case_wrong_entity
}
