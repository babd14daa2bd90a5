#!/usr/bin/env bats
# What is cast in shots and assets, as OpenPype's builders read it (`data.inputLinks`): on a real
# Kitsu, into both stores, by full readings and by each kind of event.
# Takes about 150 s.
# shellcheck disable=SC2030,SC2031,SC2154 # bats' subshells

bats_require_minimum_version 1.5.0

setup_file() {
    load ../lib/zou
    load ../lib/common
    own_kitsu_start
    props=$(zou_asset_type Props)
    modeling=$(zou_task_type Modeling Asset)
    export props modeling
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
    export name=casting_$BATS_TEST_NUMBER
    p=$(zou_project "$name" tvshow)
    q=$(zou_sequence "$p" SQ01 "$(zou_episode "$p" E02)")
    s1=$(zou_shot "$p" "$q" SH010)
    s2=$(zou_shot "$p" "$q" SH020)
    tree=$(zou_asset "$p" "$props" tree)
    rock=$(zou_asset "$p" "$props" rock)
    wood=$(zou_asset "$p" "$props" wood)
    stores=("sqlite_$name" "mongo_$name")
}

teardown() { zou_close_project "$p"; }

# cast PROJECT ENTITY ASSET...: these and no others
cast() {
    zou_put "/data/projects/$1/entities/$2/casting" \
        "$(jq -n '$ARGS.positional | map({asset_id: ., nb_occurences: 2})' --args "${@:3}")" >/dev/null
}

# links: of each live document that has the key, the documents that it links to
links() {
    op-dump --bare -P "$name" | jq -rs 'INDEX(._id["$oid"]) as $all | map(select(.type == "asset" and .data.inputLinks)) |
        sort_by(.name)[] | "\(.name): \(.data.inputLinks | map("\(.linkedBy)>\($all[.id["$oid"]] | "\(.type)/\(.name)")") | join(" "))"' |
        sed 's,kitsu>asset/,,g'
}

# have LINE...: each store has these links; nothing is left for a full synchronisation
have() {
    local store
    for store in "${stores[@]}"; do
        diff <((($# == 0)) || printf '%s\n' "$@") <(in_store "$store" links)
    done
    nothing_left "${stores[@]}"
}

followed() {
    events "${stores[@]}"
    have "$@"
}

# write NAME LINKS: what others wrote into a document, in each store
write() {
    local store
    for store in "${stores[@]}"; do
        use "$store"
        op-dump --bare -P "$name" | jq -c --arg name "$1" --argjson links "$2" 'select(.name == $name) | {type: "Change", operationType: "update",
            ns: {db: env.AVALON_DB, coll: env.name}, documentKey: {_id}, updateDescription: {updatedFields: {"data.inputLinks": $links}, removedFields: []},
            fullDocumentBeforeChange: {data: (if .data.inputLinks then {inputLinks: .data.inputLinks} else {} end)}}' | op-apply | grep '"applied"'
    done
}

@test "a full reading: shots and assets, by id; who casts nothing has no key" {
    cast "$p" "$s1" "$rock" "$tree"
    cast "$p" "$tree" "$wood"
    full "${stores[@]}"
    have "E02_SQ01_SH010: $(in_store "${stores[0]}" op-dump --bare -P "$name" | jq -rs 'map(select(.name | IN("rock", "tree"))) |
        sort_by(._id["$oid"]) | map(.name) | join(" ")')" 'tree: wood'
    in_store "${stores[1]}" op-dump --bare -P "$name" | jq -c 'select(.name == "E02_SQ01_SH010").data.inputLinks[] | del(.id)' | sort -u |
        diff - <(echo '{"linkedBy":"kitsu","type":"breakdown"}')
    grep '"type":"EntityLink"' reading | jq -r 'keys | join(" ")' | sort -u |
        diff - <(echo 'entity_in_id entity_out_id id label nb_occurences project_id type')
    # The episode's, which Kitsu adds, is in the stream only.
    [[ $(grep -c '"type":"EntityLink"' reading) == 5 ]]
    [[ $(jq -c 'select(.type == "End") | .counts.EntityLink' reading) == 5 ]]
}

@test "events: cast, taken out, one more, an asset's own, through the episode" {
    full "${stores[@]}"
    have
    cast "$p" "$s1" "$tree"
    followed 'E02_SQ01_SH010: tree'
    zou_put "/data/projects/$p/entities/casting/assets/$wood" "{\"entity_ids\": [\"$s2\", \"$rock\"], \"nb_occurences\": 1}" >/dev/null
    followed 'E02_SQ01_SH010: tree' 'E02_SQ01_SH020: wood' 'rock: wood'
    zou_put "/data/projects/$p/entities/casting/assets/$wood" "{\"entity_ids\": [\"$s2\", \"$rock\"], \"nb_occurences\": 0}" >/dev/null
    followed 'E02_SQ01_SH010: tree' 'E02_SQ01_SH020: ' 'rock: '
    cast "$p" "$s1"
    cast "$p" "$s2" "$rock"
    followed 'E02_SQ01_SH010: ' 'E02_SQ01_SH020: rock' 'rock: '
    # Taken out of the episode: out of its shots, too.
    episode=$(zou_get "/data/projects/$p/episodes" | jq -er '.[] | select(.name == "E02").id')
    cast "$p" "$episode"
    followed 'E02_SQ01_SH010: ' 'E02_SQ01_SH020: ' 'rock: '
    # Only the number of its occurrences.
    cast "$p" "$s2" "$rock"
    followed 'E02_SQ01_SH010: ' 'E02_SQ01_SH020: rock' 'rock: '
    zou_put "/data/projects/$p/entities/casting/assets/$rock" "{\"entity_ids\": [\"$s2\"], \"nb_occurences\": 7}" >/dev/null
    followed 'E02_SQ01_SH010: ' 'E02_SQ01_SH020: rock' 'rock: '
}

@test "events of a link's id alone: made, changed, deleted" {
    full "${stores[@]}"
    link=$(zou_make /data/entity-links --arg entity_in_id "$s1" --arg entity_out_id "$tree")
    followed 'E02_SQ01_SH010: tree'
    zou_put "/data/entity-links/$link" "{\"entity_out_id\": \"$wood\"}" >/dev/null
    followed 'E02_SQ01_SH010: wood'
    zou_delete "/data/entity-links/$link" >/dev/null
    followed 'E02_SQ01_SH010: '
}

@test "events: an asset cancelled, restored, renamed, deleted, made again" {
    zou_tasks "$p" "$modeling" assets "$tree" >/dev/null
    cast "$p" "$s1" "$tree"
    cast "$p" "$s2" "$tree"
    cast "$p" "$wood" "$tree"
    full "${stores[@]}"
    have 'E02_SQ01_SH010: tree' 'E02_SQ01_SH020: tree' 'wood: tree'
    zou_delete "/data/assets/$tree" >/dev/null # it has a task, so it is cancelled
    [[ $(zou_get "/data/entities/$tree" | jq .canceled) == true ]]
    followed 'E02_SQ01_SH010: ' 'E02_SQ01_SH020: ' 'wood: '
    zou_put "/data/entities/$tree" '{"canceled": false}' >/dev/null
    followed 'E02_SQ01_SH010: tree' 'E02_SQ01_SH020: tree' 'wood: tree'
    zou_put "/data/entities/$tree" '{"name": "oak"}' >/dev/null
    for store in "${stores[@]}"; do
        use "$store"
        kitsu-listen --once | kitsu-fetch --events | op-diff >plan
        ! grep -o 'updatedFields.*' plan | grep inputLinks
        op-apply <plan >/dev/null
    done
    have 'E02_SQ01_SH010: oak' 'E02_SQ01_SH020: oak' 'wood: oak'
    # Deleted, and made again with the same name: it gets the old document, and none of its links.
    zou_delete "/data/assets/$tree?force=true" >/dev/null
    oak=$(zou_asset "$p" "$props" oak)
    cast "$p" "$s2" "$oak"
    followed 'E02_SQ01_SH010: ' 'E02_SQ01_SH020: oak' 'wood: '
    zou_delete "/data/assets/$oak?force=true" >/dev/null
    followed 'E02_SQ01_SH010: ' 'E02_SQ01_SH020: ' 'wood: '
}

@test "events: a deleted asset that only an asset casts; one with publishes is archived" {
    cast "$p" "$rock" "$tree" "$wood"
    full "${stores[@]}"
    [[ $(in_store "${stores[0]}" links) =~ ^rock:\ (tree wood|wood tree)$ ]]
    zou_delete "/data/assets/$tree?force=true" >/dev/null
    followed 'rock: wood'
    for store in "${stores[@]}"; do
        use "$store"
        op-dump --bare -P "$name" | jq -c 'select(.name == "wood") | {type: "Change", operationType: "insert", ns: {db: env.AVALON_DB, coll: env.name},
            documentKey: {_id: {"$oid": "0123456789abcdef01234567"}}, fullDocument: {_id: {"$oid": "0123456789abcdef01234567"}, type: "subset",
            name: "modelMain", parent: ._id}}' | op-apply | grep '"applied"'
    done
    zou_delete "/data/assets/$wood?force=true" >/dev/null
    followed 'rock: '
    [[ $(in_store "${stores[1]}" op-dump --bare -P "$name" | jq -r 'select(.name == "wood").type') == archived_asset ]]
}

@test "skipped, and no more: its document comes, and with it the links to it" {
    odd=$(zou_asset "$p" "$props" 'ö 1')
    cast "$p" "$s1" "$odd"
    cast "$p" "$tree" "$odd"
    full "${stores[@]}"
    have
    zou_put "/data/entities/$odd" '{"name": "o1"}' >/dev/null
    followed 'E02_SQ01_SH010: o1' 'tree: o1'
    # Skipped, with a document, which stays live.
    zou_put "/data/entities/$odd" '{"name": "ö 1"}' >/dev/null
    followed 'E02_SQ01_SH010: o1' 'tree: o1'
}

@test "an asset of another project has no document here" {
    other=$(zou_project "${name}_other")
    theirs=$(zou_asset "$other" "$props" theirs)
    zou_put "/data/entities/$theirs" '{"is_shared": true}' >/dev/null
    cast "$p" "$s1" "$theirs" "$tree"
    full "${stores[@]}"
    have 'E02_SQ01_SH010: tree'
    cast "$p" "$s2" "$theirs"
    followed 'E02_SQ01_SH010: tree'
    # It is cancelled and restored there: nothing happens here.
    zou_put "/data/entities/$theirs" '{"canceled": true}' >/dev/null
    followed 'E02_SQ01_SH010: tree'
    zou_put "/data/entities/$theirs" '{"canceled": false}' >/dev/null
    followed 'E02_SQ01_SH010: tree'
    zou_close_project "$other"
}

@test "other people's links stay, in their order" {
    cast "$p" "$s1" "$tree"
    full "${stores[@]}"
    wood_id=$(in_store "${stores[0]}" op-dump --bare -P "$name" | jq -c 'select(.name == "wood")._id')
    theirs="[null, {\"id\": $wood_id, \"linkedBy\": \"ftrack\", \"type\": \"breakdown\"}, {\"id\": $wood_id, \"linkedBy\": null, \"type\": \"reference\"}]"
    tree_id=$(in_store "${stores[0]}" op-dump --bare -P "$name" | jq -c 'select(.name == "tree")._id')
    write E02_SQ01_SH010 "$(jq -c --argjson id "$tree_id" '[.[0], {id: $id, linkedBy: "kitsu", type: "breakdown"}] + .[1:]' <<<"$theirs")"
    nothing_left "${stores[@]}"
    cast "$p" "$s1" "$rock"
    events "${stores[@]}"
    nothing_left "${stores[@]}"
    for store in "${stores[@]}"; do
        in_store "$store" op-dump --bare -P "$name" | jq -es --argjson theirs "$theirs" 'map(select(.name == "E02_SQ01_SH010"))[0].data.inputLinks |
            .[:3] == $theirs and length == 4 and .[3].linkedBy == "kitsu"'
    done
    cast "$p" "$s1"
    events "${stores[@]}"
    nothing_left "${stores[@]}"
    for store in "${stores[@]}"; do
        in_store "$store" op-dump --bare -P "$name" | jq -es --argjson theirs "$theirs" 'map(select(.name == "E02_SQ01_SH010"))[0].data.inputLinks == $theirs'
    done
}

# as ROLE: somebody of the team
as() {
    local email=$1.$BATS_TEST_NUMBER@example.com
    zou_team_add "$p" "$(zou_person "$email" "$1")"
    export KITSU_LOGIN=$email KITSU_PWD=mysecretpassword
}

@test "a manager: all links at once, also for events" {
    cast "$p" "$s1" "$tree"
    cast "$p" "$rock" "$wood"
    (
        as manager
        kitsu-fetch -P "$name" >reading
        [[ $(jq -c 'select(.type == "End") | [.counts.EntityLink, .cast]' reading) == '[3,null]' ]]
        jq -nc --arg p "$p" --arg shot "$s1" --arg tree "$tree" '{type: "Event", id: "x", created_at: "2026-11-24T00:00:00", name: "shot:update", project_id: $p, data: {shot_id: $shot}},
            {type: "Checkpoint", server: "x", projects: null, created_at: "2026-11-24T00:00:00", ids: [], events: 1}' >in
        use "${stores[0]}"
        synchronise <reading
        kitsu-fetch --events <in >answer
        [[ $(jq -c --arg s "$s1" 'select(.type == "End") | [.counts.EntityLink, .cast == [$s]]' answer) == '[1,true]' ]]
    )
}

@test "an artist: the castings of shots; assets keep theirs" {
    cast "$p" "$s1" "$tree"
    cast "$p" "$rock" "$wood"
    full "${stores[@]}"
    have 'E02_SQ01_SH010: tree' 'rock: wood'
    cast "$p" "$s1" "$wood"
    cast "$p" "$s2" "$tree" "$wood"
    cast "$p" "$rock" "$tree"
    (
        as user
        full "${stores[@]}"
        [[ $(jq -c 'select(.type == "End") | [.counts.EntityLink, .cast]' reading) == '[3,"shots"]' ]]
        for store in "${stores[@]}"; do
            [[ $(in_store "$store" links) =~ ^'E02_SQ01_SH010: wood'$'\n''E02_SQ01_SH020: '(tree wood|wood tree)$'\n''rock: wood'$ ]]
        done
        nothing_left "${stores[@]}"
        use "${stores[0]}"
        jq -nc --arg p "$p" --arg shot "$s2" --arg tree "$tree" '{type: "Event", id: "x", created_at: "2026-11-24T00:00:00", name: "shot:update", project_id: $p, data: {shot_id: $shot, asset_id: $tree}},
            {type: "Checkpoint", server: "x", projects: null, created_at: "2026-11-24T00:00:00", ids: [], events: 1}' >in
        kitsu-fetch --events <in >answer
        [[ $(jq -c --arg s "$s2" 'select(.type == "End") | [.counts.EntityLink, .cast == [$s]]' answer) == '[2,true]' ]]
    )
}

@test "a vendor, a client: what is there stays, said once" {
    zou_tasks "$p" "$modeling" assets "$tree" >/dev/null
    cast "$p" "$s1" "$tree"
    full "${stores[@]}"
    cast "$p" "$s1" "$wood"
    for role in vendor client; do
        (
            as "$role"
            kitsu-fetch -P "$name" >reading 2>err || (($? == 1))
            [[ $(jq -c 'select(.type == "End") | [.counts.EntityLink, .cast]' reading) == '[null,null]' ]]
            [[ $(grep -c inputLinks err) == 1 ]]
            for store in "${stores[@]}"; do
                use "$store"
                op-diff -q <reading >plan || (($? == 1))
                ! grep inputLinks plan
            done
        )
    done
}

@test "2,000 entities: at most 14 requests" {
    zou_sql "INSERT INTO entity (id, name, project_id, entity_type_id, parent_id, canceled, status, is_shared, nb_entities_out, created_at, updated_at)
        SELECT gen_random_uuid(), 'X' || n, project_id, entity_type_id, parent_id, false, status, false, 0, now(), now()
        FROM entity, generate_series(1, 2000) AS n WHERE id = '$s1'" >/dev/null
    zou_sql "INSERT INTO entity_link (id, entity_in_id, entity_out_id, nb_occurences, created_at, updated_at)
        SELECT gen_random_uuid(), e.id, a.id, 1, now(), now() FROM entity AS e, entity AS a
        WHERE e.project_id = '$p' AND e.name LIKE 'X%' AND a.project_id = '$p' AND a.name IN ('tree', 'rock', 'wood')" >/dev/null
    before=$(stat -c %s "$STUDIO_DIR/nginx-access.log")
    kitsu-fetch -P "$name" >reading
    [[ $(jq -c 'select(.type == "End") | [.counts.Shot, .counts.EntityLink]' reading) == '[2002,6000]' ]]
    tail -c +$((before + 1)) "$STUDIO_DIR/nginx-access.log" | grep '"opkitsu/' >asked
    cat asked
    [[ $(grep -c "/data/projects/$p" asked) -le 14 ]]
    [[ $(grep -c entity-links asked) == 1 ]]
    for store in "${stores[@]}"; do
        in_store "$store" synchronise <reading
        [[ $(in_store "$store" op-dump --bare -P "$name" | jq -c 'select(.data.inputLinks | length == 3).name' | wc -l) == 2000 ]]
    done
    nothing_left "${stores[@]}"
}
