#!/usr/bin/env bats
# Names as weapons (generators/weapons) in a real Kitsu: what it takes of them, in all that it
# has; synchronised by events and in full, pushed, published. programs/weapons.bats has what
# needs no Kitsu.
# WEAPONS_SEED: other ones. EVERY=1: all of them in all places, which takes minutes.
# Takes about 60 s.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154 # $name is jq's; bats' run and subshells

bats_require_minimum_version 1.5.0

setup_file() {
    load ../lib/common
    load ../lib/zou
    own_kitsu_start
}

teardown_file() {
    load ../lib/zou
    own_kitsu_stop
}

setup() {
    load ../lib/common
    load ../lib/zou
    load ../lib/store
    load ../lib/stores
    load ../lib/weapons
    own_home 0.5
    unset KITSU_TOKEN OPENPYPE_MONGO
    weapons_setup
    mkdir -p config/opkitsu tmp
    export TMPDIR=$PWD/tmp
    echo '{"opkitsu": {"edits": true, "concepts": true}}' >config/opkitsu/settings.json
}

teardown() {
    [[ -z $(find "$BATS_TEST_TMPDIR" -name '*pwned*') ]]
    rmdir "$BATS_TEST_TMPDIR/tmp" # nothing was left in it
}

# dumps STORE...: the documents, one like the other but for their database and the order of keys
dumps() {
    local store
    for store; do
        in_store "$store" op-dump --all | jq -cS 'del(.ns.db)' >"$store.dump"
        cmp "$1.dump" "$store.dump" || {
            diff "$1.dump" "$store.dump" | cut -c 1-2000
            return 1
        }
    done
}

# readable FILE...: what people read is tame, records are records
readable() {
    sync-report -v <results >report.txt 2>report.err
    weapons tame ./*.err ./*.txt
    weapons records batch.ndjson reading plan results
}

# by_events STORE: what happened since, with every stream kept
by_events() {
    use "$1"
    kitsu-listen --once >batch.ndjson 2>listen.err
    kitsu-fetch --events <batch.ndjson >reading 2>fetch.err || (($? == 1))
    op-diff <reading >plan 2>diff.err || (($? == 1))
    op-apply <plan >results 2>apply.err || (($? == 1))
    readable
}

@test "made, by events, in both stores; then deleted" {
    weapons base
    full sqlite mongo_$$
    dumps sqlite mongo_$$
    mv sqlite.dump plain.dump
    weapons kitsu "$seed" 3
    cat refused
    by_events mongo_$$
    by_events sqlite
    dumps sqlite mongo_$$
    weapons check manifest sqlite.dump results
    # As a full synchronisation has it, and nothing is left for one.
    nothing_left sqlite mongo_$$
    full fresh
    dumps sqlite fresh
    weapons gone
    by_events sqlite
    by_events mongo_$$
    limit=100% full sqlite mongo_$$ # what is no event's, such as the types of no project
    dumps sqlite mongo_$$
    jq -c 'select(.document.type != "archived_asset" or .document.data.zou.type != "AssetType").document // empty' sqlite.dump >left
    jq -c '.document // empty' plain.dump | diff - left
}

# push_to DRY: what it says and plans
push() {
    op-dump -P pushed >before.dump
    zou-push "$@" <before.dump >pushed.records 2>push.err || (($? == 1))
    push-report --records <pushed.records >/dev/null 2>push.txt
    weapons tame push.err push.txt
    weapons records before.dump pushed.records
}

pushed_from() {
    local project
    use "$1"
    project=$(zou_project pushed)
    PUSHED=$project weapons documents "$seed" 4 "$AVALON_DB" >own.ndjson
    op-apply <own.ndjson >results 2>apply.err || (($? == 1)) # what a database does not have
    run ! grep -oE '"status":"conflict".*' results
    zou_put "/data/projects/$project" '{"name": "pushed"}' >/dev/null
    push -n
    push
    op-apply <pushed.records >results 2>>apply.err || (($? == 1))
    run ! grep -oE '"status":"(conflict|failed)","operationType":"[a-z]*","ns".{100}' results # the store's
    weapons tame apply.err
    op-dump --all -P pushed >after.dump
    zou_sql "SELECT coalesce(json_agg(e), '[]') FROM (SELECT id, name, description FROM entity UNION SELECT id, name, description FROM entity_type) e" >entities
    weapons pushed after.dump pushed.records entities
    # Of what Kitsu has room for, a second one writes nothing; what came into Kitsu comes back as it is.
    push -n
    jq -e 'select(.type == "Result" and all(.below[]?; length < 161) and
        (.entity | (.name | length) < ({AssetType: 31, TaskType: 41, Task: 41}[.type] // 161)))
        | .entity, .below' pushed.records >again || true
    [[ ! -s again ]] || {
        cat again
        return 1
    }
    kitsu-fetch -P pushed 2>/dev/null | op-diff 2>/dev/null | op-apply >/dev/null || (($? == 1))
    op-dump --all -P pushed | jq -c 'select(.document.type == "asset" and (.document.data.root_of | not)) | .document | [.name, .data.description, (.data.tasks | keys)]' | sort >synced
    jq -c 'select(.document.type == "asset" and (.document.data.root_of | not)) | .document | [.name, .data.description, (.data.tasks | keys)]' after.dump | sort | diff - synced
    [[ $(kitsu-fetch -P pushed 2>/dev/null | op-diff 2>/dev/null | grep -c '"type":"Change"') == 0 ]]
    # Nothing else of the project's Kitsu was touched: it has the keys that OpenPype's document has, if they are any.
    zou_get "/data/projects/$project" | jq -cS '.data // {}' >kitsu.data
    jq -cS 'select(.document.type == "project").document.data | del(.code, .fps, .zou_id)' after.dump >own.data
    jq -ne --slurpfile own own.data --slurpfile kitsu kitsu.data '[($own[0] | keys - ["", "active", "library_project", "entityType"]) - ($kitsu[0] | keys)] | debug | . == [[]]'
    zou_close_project "$project"
    zou_put "/data/projects/$project" "{\"name\": \"pushed_$1\"}" >/dev/null
}

@test "pushed, from both stores" {
    pushed_from sqlite
    pushed_from "mongo_$$"
}

# ---- publishes ------------------------------------------------------------------------

# note [ARGUMENT]...: the documented command in an empty folder; what it says is looked at in
# the end. $status
note() {
    status=0
    (cd tmp && integrate-kitsu-note "$@") >out 2>err </dev/null || status=$?
    cat out err >>said
    ((status < 124))
}

is_utf8() { iconv -f UTF-8 -t UTF-8 <<<"$weapon" >/dev/null 2>&1; }

# commented TEXT: the task's last comment is this one, byte by byte
commented() {
    zou_get "/data/tasks/$task/comments" | jq -j 'max_by(.created_at).text // ""' >has
    printf %s "$1" | cmp - has || {
        head -c 300 has
        return 1
    }
}

a_comment() {
    ((++shots))
    task=$(zou_tasks "$project" "$animation" shots "$(zou_shot "$project" "$sequence" "C$shots")")
    note -P notes -a "SQ01_C$shots" -t Animation --comment "$weapon" || return
    if ! is_utf8; then
        ((status == 64))
        return
    fi
    ((status == 0)) && commented "$weapon" || return
    note -P notes -a "SQ01_C$shots" -t Animation --comment "$weapon" && ((status == 0)) && grep -q '1 there already' out
}

# names in every other place of a publish: at most there is no such thing
a_name() {
    note -P "$weapon" -a x -t Animation || return
    note -P notes -a "$weapon" -t "$weapon" || return
    note -P notes -a SQ01_C0 -t "$weapon" || return
    note -P notes -a SQ01_C0 -t Animation --name "$weapon" --family "$weapon" --id "$weapon$RANDOM" --comment x || return
    ((status == 0)) || ! is_utf8
}

a_file() {
    mkdir -p files
    echo "$RANDOM" >"files/$weapon.thing"
    ((++shots))
    task=$(zou_tasks "$project" "$animation" shots "$(zou_shot "$project" "$sequence" "C$shots")")
    note -P notes -a "SQ01_C$shots" -t Animation --comment x "$PWD/files/$weapon.thing" || return
    if ! is_utf8; then
        ((status == 64))
        return
    fi
    zou_get "/data/tasks/$task/comments" | jq -je 'max_by(.created_at).attachment_files[0].name' >has
    # Which a form writes so.
    printf %s "$weapon.thing" | sed -z 's/"/%22/g; s/\r/%0D/g; s/\n/%0A/g' | cmp - has || ((status == 1))
}

@test "published: comments, names, files" {
    project=$(zou_project notes)
    sequence=$(zou_sequence "$project" SQ01)
    animation=$(zou_task_type Animation Shot)
    shots=0
    zou_tasks "$project" "$animation" shots "$(zou_shot "$project" "$sequence" C0)" >/dev/null
    use sqlite
    each argument 5 a_comment
    each argument 3 a_name
    each file 4 a_file
    weapons tame said
    zou_close_project "$project"
}
