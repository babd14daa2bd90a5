#!/usr/bin/env bats
# What is cancelled in Kitsu, or deleted, and comes back: the documents are what they were,
# with every key that was the studio's. On a real Kitsu, into both stores, by full readings
# and by events.
# Takes about 90 s.
# shellcheck disable=SC1091,SC2030,SC2031,SC2034,SC2154 # bats' subshells

bats_require_minimum_version 1.5.0

setup_file() {
    load ../lib/zou
    load ../lib/common
    need_kitsu
    own_kitsu_start
    characters=$(zou_asset_type Characters) animation=$(zou_task_type Animation Shot)
    props=$(zou_asset_type Props)
    export characters props animation
}

teardown_file() {
    load ../lib/zou
    own_kitsu_stop
}

setup() {
    load ../lib/zou
    load ../lib/common
    load ../lib/stores
    stores_setup
    mkdir -p config/opkitsu
    echo '{"opkitsu": {"edits": true, "concepts": true}}' >config/opkitsu/settings.json
    name=restored_$BATS_TEST_NUMBER
    # One store by full readings, the other by events; EVERY=1: each by both.
    by_full=("sqlite_full_$name" "mongo_full_$name")
    by_events=("mongo_events_$name" "sqlite_events_$name")
    [[ ${EVERY-} ]] || unset "by_full[$((BATS_TEST_NUMBER % 2))]" "by_events[$((BATS_TEST_NUMBER % 2))]"
    stores=("${by_full[@]}" "${by_events[@]}")
    limit=100%
}

teardown() {
    [[ ! ${p-} ]] || zou_close_project "$p"
}

# made: a TV show with an episode, a sequence, two shots with a task, an edit of the
# episode, an asset and a concept; in each document keys of the studio's, of every kind.
made() {
    local store
    p=$(zou_project "$name" tvshow)
    e=$(zou_episode "$p" E02)
    q=$(zou_sequence "$p" SQ01 "$e")
    s1=$(zou_shot "$p" "$q" SH010)
    s2=$(zou_shot "$p" "$q" SH020)
    x=$(zou_edit "$p" cut "$e")
    a=$(zou_asset "$p" "$characters" hero)
    c=$(zou_concept "$p" idea)
    b=$(zou_asset "$p" "$props" ball)
    zou_tasks "$p" "$animation" shots "$s1" "$s2" >/dev/null
    full "${stores[@]}"
    for store in "${stores[@]}"; do
        in_store "$store" studio_keys
        in_store "$store" state >"$store/before"
        [[ $(jq .data.tools_env "$store/before" | grep -c maya/2024) == 11 ]] # with Zou's E01
    done
}

# studio_keys: into each document of Kitsu's
studio_keys() {
    op-dump -P "$name" | jq -c 'select(.document.data.zou and .document.type == "asset") | {type: "Change",
        operationType: "update", ns, documentKey: {_id: .document._id}, fullDocumentBeforeChange: {}, updateDescription:
        {removedFields: [], updatedFields: ({"data.tools_env": ["maya/2024"], "data.thumbnail_id": {"$oid": "5f0000000000000000000001"},
            "data.inputLinks": [{id: {"$oid": "5f0000000000000000000002"}, type: "generative", linkedBy: "ann"}],
            "data.tasks.Own": {type: "Own", note: "x"}, "data.difficulty": {"a": [1, 2.5, null]}, "data.label": "A label",
            "data.description": "theirs", studio: {"b": true}, thumbnail: "t.jpg"} +
            if .document.data.tasks.Animation then {"data.tasks.Animation": (.document.data.tasks.Animation + {priority: 3}),
                } else {} end)}} |
        if .updateDescription.updatedFields["data.tasks.Animation"] then .fullDocumentBeforeChange = {data: {tasks: {Animation:
            (.updateDescription.updatedFields["data.tasks.Animation"] | del(.priority))}}} else . end' | op-apply >applied
    ! grep -v '"status":"applied"' applied
}

# publish ID...: something in the documents of these
publish() {
    local id store
    for store in "${stores[@]}"; do
        for id; do
            in_store "$store" op-dump -P "$name" | jq -c --arg id "$id" 'select(.document.data.zou.id == $id) | .document._id as $up |
                {"$oid": ("5f" + ($up["$oid"] | .[2:]))} as $_id | {type: "Change", operationType: "insert", ns, documentKey: {$_id},
                fullDocument: {$_id, type: "subset", name: "modelMain", parent: $up}}' | in_store "$store" op-apply >/dev/null
        done
        in_store "$store" state >"$store/before"
    done
}

# state: all documents, without what Kitsu has of them
state() { op-dump --all --bare -P "$name" | jq -cS 'del(.data.zou, .data.tasks[]?.zou)'; }

# hear: of what was done in Kitsu
hear() {
    full "${by_full[@]}"
    events "${by_events[@]}"
    nothing_left "${stores[@]}"
}

# as_before [FILTER [NAME]]: all documents are as they were, but for what jq's filter does to
# those of before, and for those of this name
as_before() {
    local store
    for store in "${stores[@]}"; do
        echo "in $store:"
        diff <(jq -cS "${1-.}" "$store/before" | grep -v "\"name\":\"${2-/}\"") \
            <(in_store "$store" state | grep -v "\"name\":\"${2-/}\"")
    done
}

# types ID...: the types of their documents in all stores, once if they agree
types() {
    local id store
    for store in "${stores[@]}"; do
        for id; do
            in_store "$store" op-dump -P "$name" | jq -r --arg id "$id" 'select(.document.data.zou.id == $id).document.type'
        done | paste -sd ' '
    done | uniq
}

cancel() { for id; do zou_put "/data/entities/$id" '{"canceled": true}' >/dev/null; done; }
restore() { for id; do zou_put "/data/entities/$id" '{"canceled": false}' >/dev/null; done; }
rename() { zou_put "/data/entities/$1" "{\"name\": \"$2\"}" >/dev/null; }

archived='if .name | test("^(E02|cut)") then .type = "archived_asset" else . end'

@test "a whole episode cancelled and restored, with all below it and every key of the studio's" {
    made
    cancel "$e"
    hear
    as_before "$archived"
    restore "$e"
    hear
    as_before
    # Published in.
    publish "$s1" "$q"
    cancel "$e"
    hear
    as_before "if .type == \"asset\" then $archived else . end"
    restore "$e"
    hear
    as_before
}

@test "each kind cancelled and restored, also by Kitsu's delete button, also one below another" {
    made
    cancel "$a" "$c" "$x" "$s2"
    zou_delete "/data/shots/$s1" >/dev/null # has a task: cancelled
    [[ $(zou_get "/data/entities/$s1" | jq .canceled) == true ]]
    hear
    [[ $(types "$a" "$c" "$x" "$s1" "$s2" "$q") == "archived_asset archived_asset archived_asset archived_asset archived_asset asset" ]]
    cancel "$q" "$e"
    hear
    restore "$a" "$c" "$x" "$s1" "$s2" "$q"
    hear
    [[ $(types "$a" "$c" "$x" "$s1" "$s2" "$q") == "asset asset archived_asset archived_asset archived_asset archived_asset" ]]
    restore "$e"
    hear
    as_before
}

# Kitsu has no two of one kind and name in one place, but OpenPype would have a sequence
# without an episode where it has an episode, and names assets without their types.

@test "another of an episode's name meanwhile: it comes back when the name is free" {
    made
    cancel "$e"
    hear
    other=$(zou_sequence "$p" E02)
    below=$(zou_shot "$p" "$other" SQ01)
    hear
    [[ $(types "$other" "$below" "$e" "$q" "$s1") == "asset asset archived_asset archived_asset archived_asset" ]]
    restore "$e"
    hear
    [[ $(types "$other" "$below" "$e" "$q" "$s1") == "asset asset archived_asset archived_asset archived_asset" ]]
    rename "$other" E03
    hear
    [[ $(types "$other" "$below" "$e" "$q" "$s1" "$s2" "$x") == "asset asset asset asset asset asset asset" ]]
    zou_delete "/data/shots/$below?force=true" >/dev/null
    zou_delete "/data/sequences/$other?force=true" >/dev/null
    hear
    as_before
}

@test "another of an episode's name meanwhile, something is published below: none is mixed" {
    made
    publish "$q"
    cancel "$e"
    hear
    other=$(zou_sequence "$p" E02)
    below=$(zou_shot "$p" "$other" SQ01)
    hear
    [[ $(types "$other" "$below" "$e" "$q" "$s1") == "asset archived_asset archived_asset archived_asset" ]]
    restore "$e"
    hear
    [[ $(types "$other" "$below" "$e" "$q" "$s1") == "asset archived_asset archived_asset archived_asset" ]]
    rename "$other" E03
    hear
    [[ $(types "$other" "$below" "$e" "$q" "$s1") == "asset asset asset asset asset" ]]
    zou_delete "/data/shots/$below?force=true" >/dev/null
    zou_delete "/data/sequences/$other?force=true" >/dev/null
    hear
    as_before
}

@test "others of an asset's and an edit's name meanwhile" {
    made
    publish "$a"
    cancel "$a" "$x"
    hear
    other=$(zou_asset "$p" "$props" hero)
    edit=$(zou_edit "$p" cut)
    hear
    [[ $(types "$other" "$edit" "$a" "$x") == "asset asset archived_asset archived_asset" ]]
    restore "$a" "$x"
    hear
    [[ $(types "$other" "$edit" "$a" "$x") == "asset asset archived_asset archived_asset" ]]
    rename "$other" villain
    zou_delete "/data/edits/$edit?force=true" >/dev/null
    hear
    [[ $(types "$other" "$edit" "$a" "$x") == "asset asset asset" ]]
    zou_delete "/data/assets/$other?force=true" >/dev/null
    zou_delete "/data/assets/$b?force=true" >/dev/null
    hear 2>said
    run ! grep Props said
    as_before 'select(.name != "ball") | if .name == "Props" then .type = "archived_asset" else . end'
}

# waiting: an asset that was cancelled, deleted, and made again as $again; meanwhile another
# has its name, so that its document stays archived.
waiting() {
    made
    cancel "$a"
    hear
    other=$(zou_asset "$p" "$props" hero)
    hear
    zou_delete "/data/assets/$a?force=true" >/dev/null
    again=$(zou_asset "$p" "$characters" hero)
    hear
    [[ $(types "$other" "$a" "$again") == "asset archived_asset" ]]
}

@test "made again, and its name is taken: it has its document when the name is free" {
    waiting
    rename "$other" villain
    hear
    [[ $(types "$a" "$again") == asset ]]
    zou_delete "/data/assets/$other?force=true" >/dev/null
    hear
    as_before
}

@test "made again, and its name is taken: the document waits only as long as it is of that name" {
    waiting
    rename "$again" hero2
    hear
    [[ -z $(types "$a") && $(types "$again") == asset ]]
}

@test "made again, its name is taken, and deleted once more: so is the document" {
    waiting
    zou_delete "/data/assets/$again?force=true" >/dev/null
    hear
    [[ -z $(types "$a" "$again") ]]
    zou_delete "/data/assets/$other?force=true" >/dev/null
    hear
    as_before 'select(.name != "hero") | if .name == "Characters" then .type = "archived_asset" else . end'
}

# gone ID...: force-deleted, as Kitsu does it from the bottom up
gone() {
    local id kind
    for id; do
        kind=$(zou_get "/data/entities/$id" | jq -r '.type | ascii_downcase')s
        zou_delete "/data/$kind/$id?force=true" >/dev/null
    done
}

@test "an episode is deleted while work lies below: archived, and made again twice the same" {
    made
    publish "$s1" "$x"
    for ((i = 0; i < 2; i++)); do
        gone "$s1" "$s2" "$x" "$q" "$e"
        hear
        [[ $(types "$e" "$q" "$s1" "$x") == "archived_asset archived_asset archived_asset archived_asset" && -z $(types "$s2") ]]
        as_before "if .type == \"asset\" then $archived else . end" E02_SQ01_SH020
        e=$(zou_episode "$p" E02)
        hear
        q=$(zou_sequence "$p" SQ01 "$e")
        x=$(zou_edit "$p" cut "$e")
        hear
        s1=$(zou_shot "$p" "$q" SH010)
        s2=$(zou_shot "$p" "$q" SH020)
        zou_tasks "$p" "$animation" shots "$s1" >/dev/null
        hear
        [[ $(types "$e" "$q" "$s1" "$s2" "$x") == "asset asset asset asset asset" ]]
        as_before . E02_SQ01_SH020
    done
}

@test "made again as two: the one at its place has the document" {
    made
    publish "$a"
    gone "$a"
    other=$(zou_asset "$p" "$props" hero)
    again=$(zou_asset "$p" "$characters" hero)
    hear
    [[ $(types "$again" "$other" "$a") == asset ]]
    gone "$other"
    hear
    as_before
}

@test "a sequence becomes a substitute and is one again, with work in it and below" {
    made
    publish "$q" "$s1"
    zou_put "/data/entities/$q" '{"data": {"is_substitute": true}}' >/dev/null
    hear
    [[ $(types "$q" "$s1" "$s2") == "archived_asset asset asset" ]]
    gone "$s1"
    hear
    s1=$(zou_shot "$p" "$q" SH010)
    zou_tasks "$p" "$animation" shots "$s1" >/dev/null
    hear
    [[ $(types "$q" "$s1" "$s2") == "archived_asset asset asset" ]]
    zou_put "/data/entities/$q" '{"data": {"is_substitute": false}}' >/dev/null
    hear
    as_before 'if .name == "E02_SQ01" then .data.is_substitute = false else . end'
}

@test "renamed, moved and deleted, or cancelled, at once" {
    made
    publish "$s1" "$a"
    local q2
    q2=$(zou_sequence "$p" SQ02 "$e")
    zou_put "/data/entities/$s1" "{\"name\": \"SH090\", \"parent_id\": \"$q2\"}" >/dev/null
    gone "$s1"
    zou_put "/data/entities/$s2" "{\"name\": \"SH080\", \"parent_id\": \"$q2\"}" >/dev/null
    cancel "$s2"
    zou_put "/data/entities/$a" "{\"name\": \"heroine\", \"entity_type_id\": \"$props\"}" >/dev/null
    gone "$a"
    hear
    as_before 'if .type == "asset" and (.name | IN("E02_SQ01_SH010", "E02_SQ01_SH020", "hero", "Characters"))
        then .type = "archived_asset" else . end' E02_SQ02
    zou_put "/data/entities/$s2" "{\"name\": \"SH020\", \"parent_id\": \"$q\"}" >/dev/null
    restore "$s2"
    s1=$(zou_shot "$p" "$q" SH010)
    a=$(zou_asset "$p" "$characters" hero)
    zou_tasks "$p" "$animation" shots "$s1" >/dev/null
    gone "$q2"
    hear
    as_before
}
