#!/usr/bin/env bats
# Two documents of one entity, as two of OpenPype's own listeners make them, on a real Kitsu
# and both stores: which one follows Kitsu, in events as in a full synchronisation.
# shellcheck disable=SC1091,SC2016,SC2030,SC2031,SC2154 # jq's $name; bats' subshells

bats_require_minimum_version 1.5.0

setup() {
    load ../lib/common
    load ../lib/store
    load ../lib/zou
    cd "$BATS_TEST_TMPDIR" || return
    unset OPENPYPE_MONGO KITSU_TOKEN
    export HOME=$PWD XDG_CONFIG_HOME=$PWD/config XDG_RUNTIME_DIR=$PWD
    zou_login
    name=second_${BATS_TEST_NUMBER}_$$
    project=$(zou_project "$name")
    sequence=$(zou_sequence "$project" SQ01)
    shot=$(zou_shot "$project" "$sequence" SH010)
}

# In each the databases have names of the test's own.
ns() { printf '{"db":"%s","coll":"%s"}' "$AVALON_DB" "$name"; }

full() {
    kitsu-fetch -P "$project" | op-diff 2>messages | op-apply >/dev/null
}

follow() {
    kitsu-listen --once -P "$project" | kitsu-fetch --events | op-diff 2>messages | op-apply >results
    kitsu-fetch -P "$project" | op-diff -q >plan
    ! grep '"Change"' plan # a full synchronisation finds nothing to do
}

# insert DOCUMENT
insert() {
    jq -c --argjson ns "$(ns)" '{type: "Change", operationType: "insert", ns: $ns,
        documentKey: {_id}, fullDocument: .}' <<<"$1" | op-apply >/dev/null
}

document() { op-dump --bare | jq -c --arg id "$1" 'select(._id["$oid"] == $id)'; }
of_entity() { op-dump --bare | jq -r --arg id "$1" 'select(.data.zou.id == $id) | ._id["$oid"]'; }
# above ENTITY: the `_id` that its document lies below
above() { op-dump --bare | jq -r --arg id "$1" 'select(.data.zou.id == $id) | .data.visualParent["$oid"]'; }

# works ASSET NUMBER...: so many documents on it
works() {
    local n
    for n in "${@:2}"; do
        insert "{\"_id\":{\"\$oid\":\"0000000000000000000000$n\"},\"type\":\"workfile\",\"name\":\"x\",\"parent\":{\"\$oid\":\"$1\"}}"
    done
}

play() {
    local first twin=ffffffffffffffffffffffff before
    full
    first=$(of_entity "$sequence")
    # The other listener's, of an older name.
    insert "$(document "$first" | jq -c '._id = {"$oid": "ffffffffffffffffffffffff"} | .name = "SQ00" |
        .data.zou.name = "SQ00" | del(.data.visualParent)')"
    works "$twin" 11
    works "$first" 12
    before=$(document "$twin")

    # An event below it: the whole one is the sequence's.
    zou_put "/data/entities/$shot" '{"name": "SH020"}' >/dev/null
    follow
    [[ $(jq -r 'select(.type == "Result") | .status' results) == applied ]]
    [[ $(op-dump --bare | jq -r --arg id "$shot" 'select(.data.zou.id == $id) | .name') == SQ01_SH020 ]]
    [[ $(above "$shot") == "$first" && $(document "$twin") == "$before" ]]
    grep -F "Sequence \"SQ01\" ($sequence) has a second document, $twin \"SQ00\" (publishes: 0, other work: 1)" messages

    # A new sequence may have the second's name.
    zou_sequence "$project" SQ00 >/dev/null
    follow
    [[ $(document "$twin") == "$before" ]]
    [[ $(op-dump --bare | jq -r 'select(.name == "SQ00") | .data.zou.id' | sort -u | wc -l) == 2 ]]

    # More hangs on the other by now: it follows, and the shot lies below it.
    works "$twin" 13
    zou_put "/data/entities/$sequence" '{"data": {"grade": "dark"}}' >/dev/null
    follow
    [[ $(document "$twin" | jq -r '.name + .data.grade') == SQ01dark ]]
    [[ $(document "$first" | jq -r .data.grade) == null ]]
    [[ $(above "$shot") == "$twin" ]]
    # What is not in a batch is as the entity's own document has it.
    zou_put "/data/entities/$shot" '{"name": "SH030"}' >/dev/null
    follow
    [[ $(document "$twin" | jq -r '.name + .data.grade') == SQ01dark ]]

    # Cancelled and restored: both are archived, one comes back.
    zou_put "/data/entities/$sequence" '{"canceled": true}' >/dev/null
    follow
    [[ $(document "$first" | jq -r .type)$(document "$twin" | jq -r .type) == archived_assetarchived_asset ]]
    zou_put "/data/entities/$sequence" '{"canceled": false}' >/dev/null
    follow
    [[ $(document "$first" | jq -r .type)$(document "$twin" | jq -r .type) == archived_assetasset ]]
    [[ $(op-dump --bare | jq -r --arg id "$shot" 'select(.data.zou.id == $id) | .type') == asset ]]
}

@test "two documents of a sequence, SQLite" {
    use_sqlite
    play
}

@test "two documents of a sequence, MongoDB" {
    use_mongo
    play
}
