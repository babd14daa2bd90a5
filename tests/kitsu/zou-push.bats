#!/usr/bin/env bats
# zou-push: what OpenPype has is in Kitsu, once, of the right kind, and linked.
# Takes about 600 s.
# shellcheck disable=SC2154 # push.bash's

bats_require_minimum_version 1.5.0

load ../lib/common
load ../lib/zou
load ../lib/store
load ../lib/push

setup_file() { push_setup_file; }
teardown_file() { push_teardown_file; }
setup() { push_setup; }

# ---- every shape ----------------------------------------------------------

# case_shape TREE TYPE: pushed, pushed again; synced, pushed, synced
case_shape() {
    local expected_status=0
    made "$1" "$2"
    [[ -z $(expected skipped "$1") ]] || expected_status=1
    push
    as_expected "$1"
    skipped_as_expected "$1"
    [[ $status == "$expected_status" ]]
    # Names are the only difference between what was made and what is there.
    [[ $(records Result 'select(.status != "applied") | tojson') == "" ]]
    again "$expected_status"
    as_expected "$1"
}

@test "a TV show of every shape" { case_shape show tvshow; }
@test "mongodb: a TV show of every shape" { case_shape show tvshow; }
@test "a film of every shape" { case_shape film short; }
@test "mongodb: a film of every shape" { case_shape film short; }
@test "a project without roots" { case_shape rootless tvshow; }
@test "mongodb: a project without roots" { case_shape rootless tvshow; }
@test "as editorial tools make it: entityType, roots in lower case, folders" {
    case_shape editorial short
    [[ $(<"$err") == *"folders that Kitsu has no kind for"*": act1, attic, library, plates, reel1" ]]
}
@test "mongodb: as editorial tools make it" { case_shape editorial short; }
@test "a tree of an editorial tool beside the roots of a synchronisation: none of it moves" { case_second_roots; }
@test "mongodb: a tree of an editorial tool beside the roots of a synchronisation" { case_second_roots; }
# What was there is where it was; the first asset type may be new.
none_moved() {
    op-dump --bare -P "$name" | jq -r "$places" | sed 's/ 0$/ null/' | sort >after
    [[ ! $(sed 's/ 0$/ null/' before | sort | comm -23 - after) ]] || return
    [[ $(sed 's/ 0$/ null/' before | sort | comm -13 - after | wc -l) -le 1 ]]
}
case_second_roots() {
    # The assets that lie below no type go below the first, which is new, as Kitsu has none without.
    local places='select(.type == "asset" and .data.root_of == null and (.name | IN("gun", "hero_clip", "chair", "'"$first"'") | not)) | "\(.name) \(.data.parents) \(.data.handleStart)"'
    production short
    in_op_more "$(tree editorial)"
    op-dump --bare -P "$name" | jq -r "$places" | sort >before
    push
    [[ $(<"$err") == *"folders that Kitsu has no kind for; what lies in them is pushed: act1, attic, library, plates, reel1"* ]]
    [[ $(kitsu_has | grep -c -e assets -e shots) == 0 ]]
    [[ $(kitsu_has | grep -e sq01 | sort | head -3) == "Sequence sq01
Shot sq01/mainsq01sh010 1001-1050 Compositing
Shot sq01/mainsq01sh020 1001-1012" ]]
    again
    synced
    none_moved
    # Its asset went below its type: it stays a folder, though nothing lies in it.
    [[ $(op-dump --bare -P "$name" | jq -r 'select(.name == "library") | .data.entityType') == Folder ]]
    again
    [[ $(<"$err") == *", library, "* && $(kitsu_has | grep -c -e library) == 0 ]]
    # Nor by events.
    zou_put "/data/entities/$(zou_find "/data/projects/$p/shots" '.name == "mainsq01sh010"')" '{"description": "x"}' >/dev/null
    zou_put "/data/entities/$(zou_find "/data/projects/$p/sequences" '.name == "sq01"')" '{"description": "x"}' >/dev/null
    kitsu-listen --once -s "$RELAY" -d "$OP_STORE" -P "$name" | kitsu-fetch --events -s "$RELAY" -d "$OP_STORE" | op-diff | op-apply >"$results"
    ! grep -E 'visualParent|"parents"' "$results" || return 1
    none_moved
}
@test "an asset that is called like a root is one, unless there is no other root" {
    production short
    printf '%s\n' 'shots @type=Asset => Asset */shots' 'assets @type=AssetBuild => Asset */assets' 'cup < assets => Asset */cup' >tree
    in_op_more "$PWD/tree"
    push
    [[ $status == 0 && $(kitsu_has | grep -c -e "Asset .*/shots" -e "Asset .*/assets" -e "Asset .*/cup") == 3 ]]
    again
    synced
    again
    name+=_alone
    p=$(zou_project "$name" short)
    in_op "$PWD/tree"
    push
    [[ $(kitsu_has | grep -c -e "Asset .*/shots" -e "Asset .*/assets") == 0 && $(kitsu_has | grep -c "Asset .*/cup") == 1 ]]
}
@test "94 entities" { case_shape some tvshow; }

@test "the Summary counts what was done" {
    made small tvshow
    push
    # E01 was there; 3 assets, 1 episode, 1 sequence and 2 substitutes, 5 shots, the asset type.
    total=$(expected kitsu small | wc -l)
    types=$(records Result 'select(.entity.type == "AssetType" and .operationType == "insert") | .entity.name' | wc -l)
    entities=$(records Result 'select(.operationType == "insert" and (.entity.type | IN("Episode", "Sequence", "Shot", "Asset"))) | .entity.name' | wc -l)
    [[ $entities == $((total - 1)) ]]
    task_total=$(records Result 'select(.entity.type == "Task") | .entity.name' | wc -l)
    counted
    [[ $(records Summary .tasks) == "$task_total" && $(records Summary .skipped) == 1 && $(records Summary .failed) == 0 ]]
    [[ $(records Summary .deleted) == 0 && $(records Summary .project) == "$name" ]]
    (($(records Summary .created) >= entities + types))
    [[ $(records Result 'select(.to != "kitsu" or .project != "'"$name"'") | tojson') == "" ]]
}

@test "the documents come unchanged but for the links" {
    made show tvshow
    outline='del(.data.zou, .data.keep_name, .data.parent_substitutes, .data.zou_id) | del(.data.tasks[]?.zou)'
    op-dump --bare -P "$name" | jq -cS "$outline" >before
    push
    op-dump --bare -P "$name" | jq -cS "$outline" | diff before -
    # A substitute is recorded in the shots below it.
    op-dump --bare -P "$name" | jq -r 'select(.data.parent_substitutes // [] != []) |
        "\(.name) \(.data.parent_substitutes | map(.name) | join(","))"' | sort |
        diff - <(printf '%s\n' 'E02_SH010 SQ01' 'E02_SH020 SQ01' 'E03_SH010 SQ02' 'SH500 E01_SQ01')
    [[ $(op-dump --bare -P "$name" | jq -r 'select(.type == "project").data.zou_id') == "$p" ]]
}

@test "the naming patterns are those of OpenPype's settings" {
    mkdir -p "$XDG_CONFIG_HOME/opkitsu"
    echo '{"kitsu": {"entities_naming_pattern": {"episode": "ep###", "sequence": "seq_###", "shot": "sh_###"}}}' \
        >"$XDG_CONFIG_HOME/opkitsu/settings.json"
    case_shape patterns tvshow
}

@test "a name with a NUL character is skipped; an empty pattern is OpenPype's own" {
    mkdir -p "$XDG_CONFIG_HOME/opkitsu"
    echo '{"kitsu": {"entities_naming_pattern": {"episode": "", "sequence": "", "shot": ""}}}' >"$XDG_CONFIG_HOME/opkitsu/settings.json"
    case_shape small tvshow
    op-dump -P "$name" | jq -c 'if .document.name == "hero" then .document |= (del(.data.zou) | .name = "he\u0000ro" | ._id = {"$oid": "0123456789abcdef01234567"}) else . end' >"$dump"
    status=0
    zou_push <"$dump" >"$records" 2>"$err" || status=$?
    [[ $status == 1 && $(records 'Skipped' 'select(.reason | contains("NUL")) | .code') == name ]]
}

@test "with names converted, what Kitsu has under the true name is linked, not created" {
    mkdir -p "$XDG_CONFIG_HOME/opkitsu"
    echo '{"opkitsu": {"names": "convert", "edit": true}}' >"$XDG_CONFIG_HOME/opkitsu/settings.json"
    p=$(zou_project "$name")
    type=$(zou_asset_type 'Fauna & Flora')
    asset=$(zou_asset "$p" "$type" 'Bär 2')
    sequence=$(zou_sequence "$p" 'SQ01!')
    zou_shot "$p" "$sequence" 'SH 010' >/dev/null
    zou_shot "$p" "$sequence" 'SH_020' >/dev/null
    zou_shot "$p" "$sequence" 'SH 020' >/dev/null # the exact name goes before
    printf '%s\n' 'Assets @root => -' 'Shots @root => -' 'Fauna_Flora < Assets => -' 'Bar_2 < Fauna_Flora => -' \
        'SQ01 < Shots => -' 'SQ01_SH_010 < SQ01 => -' 'SQ01_SH_020 < SQ01 => -' 'SQ01_SH_030 < SQ01 => -' >tree
    in_op "$PWD/tree"
    kitsu_has >before
    push
    [[ $(records Result 'select(.operationType == "insert") | .entity.name') == SH_030 ]]
    [[ $(grep -c 'zou-push: .*/settings.json: opkitsu.edit: unknown key' "$err") == 1 ]]
    [[ $(op-dump --bare -P "$name" | jq -r 'select(.name == "Bar_2").data | .zou.id, .label') == "$asset"$'\nBär 2' ]]
    [[ $(op-dump --bare -P "$name" | jq -r 'select(.name == "SQ01_SH_020").data | .zou.name, .label') == $'SH_020\nnull' ]]
    [[ $(op-dump --bare -P "$name" | jq -r 'select(.data.keep_name).name') == "" ]]
    op-dump --bare -P "$name" | jq -r .name | sort >names
    synced
    # "SH 020" is a shot of its own, whose name is taken.
    [[ $(jq -r 'select(.type == "Skipped") | .entity.name, .code' "$synced") == $'SH 020\nduplicate' ]]
    op-dump --bare -P "$name" | jq -r .name | sort | diff names -
    synced
    [[ -z $(jq -c 'select(.type == "Change")' "$synced" | tee /dev/stderr) ]]
    again
}

@test "of a project of its own a pattern goes before the studio's" {
    jq -nc --arg db "$OPENPYPE_DATABASE_NAME" --arg name "$name" '{_id: "mine", type: "project_settings", project_name: $name,
            data: {kitsu: {entities_naming_pattern: {episode: "ep###", sequence: "seq_###", shot: "sh_###"}}}}
        | {type: "Change", operationType: "insert", ns: {db: $db, coll: "settings"}, documentKey: {_id: ._id}, fullDocument: .}' |
        op-apply >"$results"
    case_shape patterns tvshow
}

# ---- in circles -----------------------------------------------------------

# case_circle TREE TYPE
case_circle() {
    local expected_status=0
    made "$1" "$2"
    [[ -z $(expected skipped "$1") ]] || expected_status=1
    push
    synced
    # The sync finds its own ways about fields, but names and links stay.
    diff <(expected documents "$1" | grep -v ' => -$') <(documents_have | grep -Fxf <(expected documents "$1") | grep -v ' => -$')
    documents_have >names
    op-dump -P "$name" >after
    again "$expected_status"
    op-dump -P "$name" | diff after -
    synced
    [[ -z $(jq -c 'select(.type == "Change")' "$synced" | tee /dev/stderr) ]]
    again "$expected_status"
    documents_have | diff names -
    [[ $(op-dump --bare -P "$name" | jq -r .name | sort | uniq -d | grep -vx modelMain) == "" ]]
}

@test "push, sync, push, sync: a TV show" { case_circle show tvshow; }
@test "mongodb: push, sync, push, sync: a TV show" { case_circle show tvshow; }
@test "push, sync, push, sync: a film" { case_circle film short; }
@test "push, sync, push, sync: a project without roots" { case_circle rootless tvshow; }

# production TYPE: one that Kitsu had first, with all that a sync writes
production() {
    local modeling animation episode sequence
    p=$(zou_project "$name" "$1")
    modeling=$(zou_task_type Modeling Asset) animation=$(zou_task_type Animation Shot)
    [[ $1 != tvshow ]] || episode=$(zou_episode "$p" E02)
    sequence=$(zou_sequence "$p" SQ01 "${episode-}")
    shot=$(zou_shot "$p" "$sequence" SH010 '{"frame_in": "1001", "frame_out": 1100.0, "mood": "dark"}' 100)
    shot2=$(zou_shot "$p" "$sequence" SH020 '{}' 55)
    shot3=$(zou_shot "$p" "$sequence" SH030 '{"frame_in": "", "frame_out": "x", "resolution": "4096x2160"}')
    asset=$(zou_asset "$p" "$(zou_asset_type Fauna)" bear '{"fps": "30"}')
    zou_asset "$p" "$(zou_asset_type Flora)" oak >/dev/null
    zou_tasks "$p" "$modeling" assets "$asset" >/dev/null
    zou_tasks "$p" "$animation" shots "$shot" "$shot2" >/dev/null
    zou_put "/data/projects/$p" '{"data": {"client": "x"}, "fps": "24", "resolution": "2048x858"}' >/dev/null
    synced
    relay_does
}

@test "sync, push: nothing is written" {
    production tvshow
    again
    name=film$name
    production short
    again
}

@test "mongodb: sync, push: nothing is written" {
    production tvshow
    again
}

@test "one of the same kind, parent and name in Kitsu is linked, not made" {
    p=$(zou_project "$name" tvshow)
    episode=$(zou_episode "$p" E02)
    creatures=$(zou_asset_type Creatures)
    hero=$(zou_asset "$p" "$creatures" hero)
    zou_tasks "$p" "$(zou_task_type Modeling Asset)" assets "$hero" >/dev/null
    sequence=$(zou_sequence "$p" SQ01 "$(zou_find "/data/projects/$p/episodes" '.name == "E01"')")
    shot=$(zou_shot "$p" "$sequence" SH010 '{"frame_in": 1001, "frame_out": 1100}' 100)
    in_op small
    push
    as_expected small
    linked=$(op-dump --bare -P "$name" | jq -r '.data.zou.id // empty')
    for id in "$episode" "$creatures" "$hero" "$sequence" "$shot"; do
        grep -q "$id" <<<"$linked"
    done
    again 1
}

@test "documents that are added to a synchronised project" {
    production tvshow
    # Below what Kitsu has: a shot, a type's asset, a sequence.
    op-dump --bare -P "$name" | jq -c --arg db "$AVALON_DB" --arg name "$name" '. as $d
        | {E02_SQ01: "1 E02_SQ01_SH040", Fauna: "2 fox", E02: "3 E02_SQ02", bear: "4 bear_cub"}[.name] // empty
        | split(" ") as [$number, $new] | {"$oid": "5f000000000000000000000\($number)"} as $id | $new
        | {type: "Change", operationType: "insert", ns: {db: $db, coll: $name}, documentKey: {_id: $id}, fullDocument:
            {_id: $id, type: "asset", schema: "openpype:asset-3.0", name: ., parent: $d.parent,
             data: {visualParent: $d._id, parents: ($d.data.parents + [$d.name]), tasks: {}}}}' | op-apply >"$results"
    [[ $(grep -c '"applied"' "$results") == 4 ]]
    kitsu_has >before
    push
    [[ $status == 0 ]]
    diff <(sort - before <<<'Asset Fauna/bear_cub
Asset Fauna/fox
Sequence E02/SQ02
Shot E02/SQ01/SH040 1001-1001' | LC_ALL=C sort) <(kitsu_has)
    again
    synced
    again
}

@test "what Kitsu really deleted is made anew, with what lay below it" {
    made small tvshow
    push
    sequence=$(zou_find "/data/projects/$p/sequences" '.name == "SQ01" and .data.is_substitute != true')
    hero=$(zou_find "/data/projects/$p/assets" '.name == "hero"')
    for kind in shots/$(zou_find "/data/projects/$p/shots" '.name == "SH010" and .nb_frames == 100') \
        shots/$(zou_find "/data/projects/$p/shots" '.name == "SH020" and .parent_id == "'"$sequence"'"') \
        "sequences/$sequence" "assets/$hero"; do
        zou_delete "/data/$kind?force=true" >/dev/null
    done
    push
    as_expected small
    again 1
}

@test "a task that Kitsu deleted is made anew, one of no document stays" {
    made small tvshow
    push
    hero=$(zou_find "/data/projects/$p/assets" '.name == "hero"')
    task=$(zou_find "/data/projects/$p/tasks" '.entity_id == $id and .name == "main"' --arg id "$hero")
    zou_delete "/data/tasks/$task?force=true" >/dev/null
    zou_tasks "$p" "$(zou_task_type Shading Asset)" assets "$hero" >/dev/null
    push
    [[ $(kitsu_has | grep /hero) == "Asset Creatures/hero Grooming Modeling Modeling/modelingA Shading" ]]
    again 1
    synced
    again 1
}

@test "a document that lost its link, but has its entity's _id, is linked again, not made anew" {
    production tvshow
    kitsu_has >before
    document oak '{"data.zou": null, "name": "elm"}'
    document E02_SQ01 '{"data.zou": null, "name": "SQ77"}'
    push -n --delete
    [[ $(records Result '"\(.operationType) \(.entity.name)"' | sort | xargs -d ,) == "link SQ01
link oak" ]]
    push --delete
    [[ $status == 0 && -z $(writes) ]]
    kitsu_has | diff before -
    again
    op-dump --bare -P "$name" | jq -e -s 'map(select(.name == "elm" or .name == "SQ77") | .data.zou.id) | length == 2 and all'
}

@test "a document that was renamed and moved in OpenPype is not another entity" {
    made small tvshow
    push
    kitsu_has >before
    # Kitsu is the source of names: the next sync brings them back.
    op-dump --bare -P "$name" | jq -c --arg db "$AVALON_DB" --arg coll "$name" 'select(.name == "bear" or .name == "E02_SH020")
        | {type: "Change", operationType: "update", ns: {db: $db, coll: $coll}, documentKey: {_id},
           updateDescription: {updatedFields: {name: "\(.name)_new"}, removedFields: []}, fullDocumentBeforeChange: {name}}' |
        op-apply >"$results"
    [[ $(grep -c '"applied"' "$results") == 2 ]]
    again 1
    kitsu_has | diff before -
}

@test "a type without documents of its own is one when Kitsu's project has it" {
    p=$(zou_project "$name")
    zou_asset "$p" "$(zou_asset_type Sets)" cave >/dev/null
    cat >tree <<'END'
Assets @root => -
Shots @root => -
Sets < Assets => AssetType Sets
END
    in_op "$PWD/tree"
    push
    [[ $status == 0 ]]
    [[ $(documents_have | grep ^Sets) == "Sets => AssetType Sets" ]]
    [[ $(kitsu_has) == "Asset Sets/cave" ]]
}

# ---- plans ----------------------------------------------------------------

# of_plan: what is planned, or done, in one form
of_records() {
    jq -r 'select(.type == "Result" and .operationType != "link") | "\(.operationType) \(.entity.type) \(.below // [] | join("/"))/\(.entity.name) \(.fields // {} | tojson)"' "$1" | sort
}

# case_plan OPTION TREE TYPE
case_plan() {
    local links
    made "$2" "$3"
    kitsu_has >before
    op-dump -P "$name" >documents.before
    push "$1"
    [[ -z $(writes) ]]
    kitsu_has | diff before -
    op-dump -P "$name" | diff documents.before -
    [[ -z $(records Change) ]]
    [[ $(records Result .status | sort -u) == planned ]]
    cp "$records" plan
    planned_status=$status
    push
    [[ $status == "$planned_status" ]]
    diff <(of_records plan) <(of_records "$records")
    diff <(jq -c 'select(.type == "Skipped")' plan | sort) <(records Skipped | sort)
    # Each document that is linked: made, or planned as a link.
    diff <(jq -r 'select(.type == "Result" and .entity.type != "Task") | .documentKey._id."$oid" // empty' plan | sort -u) \
        <(records Change '.documentKey._id."$oid"' | sort -u)
    push "$1"
    [[ -z $(records Result) ]]
}

@test "-n: the plan, which is what is then done; nothing is written" { case_plan -n show tvshow; }
@test "--dry-run: a film" { case_plan --dry-run film short; }

# ---- fields ---------------------------------------------------------------

# document NAME CHANGES: these fields of a document, `{"data.frameEnd": 1200}`
document() {
    op-dump --bare -P "$name" | jq -c --arg db "$AVALON_DB" --arg coll "$name" --arg name "$1" --argjson set "$2" '
        select(.name == $name and (.type == "asset" or .type == "project")) | . as $d
        | {type: "Change", operationType: "update", ns: {db: $db, coll: $coll}, documentKey: {_id},
           updateDescription: {updatedFields: $set, removedFields: []},
           fullDocumentBeforeChange: (reduce ($set | keys[]) as $k ({}; ($k | split(".")) as $path
               | ($d | getpath($path)) as $v | if $v == null then . else setpath($path; $v) end))}' | op-apply >"$results"
    grep -q '"status":"applied"' "$results"
}

# field ID FILTER: of an entity in Kitsu
field() { zou_get "/data/entities/$1" | jq -c "$2"; }

@test "frames changed in OpenPype only are written, nothing else is" {
    production short
    document SQ01_SH010 '{"data.frameEnd": 1200}'
    relay_does
    push
    [[ $status == 0 ]]
    [[ $(writes | cut -d ' ' -f 1 | xargs) == PUT ]]
    [[ $(field "$shot" '[.data.frame_out, .nb_frames, .data.mood]') == '[1200,200,"dark"]' ]]
    [[ $(field "$shot" '.data.frame_in | tonumber') == 1001 ]]
    [[ $(counted) == *"updated 1"* ]]
    again
    synced
    again
    [[ $(op-dump --bare -P "$name" | jq -c 'select(.name == "SQ01_SH010") | [.data.frameStart, .data.frameEnd]') == '[1001,1200]' ]]
    # The first frame, where Kitsu has only a number.
    document SQ01_SH020 '{"data.frameStart": 990, "data.frameEnd": 1010}'
    push
    [[ $(field "$shot2" '[.data.frame_in, .data.frame_out, .nb_frames]') == '[990,1010,21]' ]]
    again
    synced
    again
}

@test "frames changed in Kitsu only stay as Kitsu has them" {
    production short
    zou_put "/data/entities/$shot" '{"data": {"frame_out": 1300}, "nb_frames": 300}' >/dev/null
    relay_does
    push
    [[ $status == 0 && -z $(writes) && -z $(records Skipped) ]]
    [[ $(field "$shot" '[.data.frame_out, .nb_frames]') == '[1300,300]' ]]
    synced
    [[ $(op-dump --bare -P "$name" | jq -c 'select(.name == "SQ01_SH010").data.frameEnd') == 1300 ]]
    again
}

@test "frames changed in both: Kitsu wins, and it is said" {
    production short
    document SQ01_SH010 '{"data.frameEnd": 1200}'
    zou_put "/data/entities/$shot" '{"data": {"frame_out": 1300}, "nb_frames": 300}' >/dev/null
    relay_does
    push
    [[ $status == 1 && -z $(writes) ]]
    [[ $(records Skipped '"\(.code) \(.entity.name)"' | sort -u) == "conflict SQ01_SH010" ]]
    [[ $(field "$shot" '[.data.frame_out, .nb_frames]') == '[1300,300]' ]]
    # The other shot's are written all the same.
    document SQ01_SH020 '{"data.frameEnd": 1010}'
    push
    [[ $(field "$shot2" .data.frame_out) == 1010 ]]
    synced
    again
}

# others NAME VALUES: a document has them besides its frames
others() {
    op-dump --bare -P "$name" | jq -sec --arg name "$1" --argjson values "$2" '.[] | select(.name == $name).data
        | [.fps, .pixelAspect, .handleStart, .handleEnd, .clipIn, .clipOut, .resolutionWidth, .resolutionHeight]
        | (., . == $values)'
}

@test "other numbers: what changed in OpenPype goes, what changed in Kitsu stays" {
    production short
    document SQ01_SH010 '{"data.fps": 23.976, "data.pixelAspect": 2.0, "data.handleStart": 10, "data.handleEnd": 12,
        "data.clipIn": 0, "data.clipOut": 99, "data.resolutionWidth": 4096}'
    zou_put "/data/entities/$shot2" '{"data": {"handle_start": "8", "resolution": "640x480"}}' >/dev/null
    # This one in both, of its two fields: in Kitsu one, in OpenPype the other.
    document SQ01_SH030 '{"data.handleEnd": 5}'
    zou_put "/data/entities/$shot3" '{"data": {"fps": "12"}}' >/dev/null
    # Both changed one field.
    document bear '{"data.fps": 48.0}'
    zou_put "/data/entities/$asset" '{"data": {"fps": "60"}}' >/dev/null
    relay_does
    push -n
    [[ -z $(writes) ]]
    push
    [[ $status == 1 ]]
    [[ $(writes | cut -d ' ' -f 1 | xargs) == "PUT PUT" ]]
    [[ $(records Skipped '"\(.code) \(.entity.name): \(.reason)"') == "conflict bear: its fps was changed on both sides: 48 in OpenPype, 60 in Kitsu, which is kept" ]]
    [[ $(field "$shot" '.data | [.fps, .pixel_aspect, .handle_start, .handle_end, .clip_in, .clip_out, .resolution, .mood]') == '[23.976,2,10,12,0,99,"4096x858","dark"]' ]]
    [[ $(field "$shot2" '.data | [.handle_start, .resolution]') == '["8","640x480"]' ]]
    [[ $(field "$shot3" '.data | [.fps, .handle_end]') == '["12",5]' ]]
    [[ $(field "$asset" .data.fps) == '"60"' ]]
    # What the push did not write is not mistaken for people's work by the next one.
    push
    [[ $(field "$shot3" .data.fps) == '"12"' ]]
    synced
    again
    others SQ01_SH010 '[23.976,2.0,10,12,0,99,4096,858]'
    others SQ01_SH020 '[24.0,1.0,8,0,1,1,640,480]'
    others SQ01_SH030 '[12.0,1.0,0,5,1,1,4096,2160]'
    others bear '[60,1,0,0,1,1,2048,858]'
}

@test "a new shot's frames are columns in Kitsu, the rest is written where it is not the project's" {
    made small tvshow
    document E01_SQ01_SH010 '{"data.handleStart": 10, "data.description": "At night."}'
    push
    shot=$(zou_find "/data/projects/$p/shots" '.name == "SH010" and .nb_frames == 100')
    [[ $(field "$shot" '[.data.frame_in, .data.frame_out, .nb_frames]') == '[1001,1100,100]' ]]
    [[ $(zou_get "/data/projects/$p/shots" | jq -c '.[] | select(.name == "SH500") | [.data.frame_in, .data.frame_out, .nb_frames]') == '[1001,1001,1]' ]]
    [[ $(field "$shot" '[.description, .data.handle_start, .data.handle_end, .data.fps, .data.resolution]') == '["At night.",10,null,null,null]' ]]
}

@test "the project's code, fps, resolution, and what its data has besides" {
    production short
    document "$name" '{"data.fps": 30.0, "data.resolutionWidth": 3840, "data.resolutionHeight": 2160, "data.code": "xyz",
        "data.client_contact": "me"}'
    relay_does
    push
    [[ $status == 0 ]]
    project=$(zou_get "/data/projects/$p")
    [[ $(jq -c '[(.fps | tonumber), .resolution, .code, .data]' <<<"$project") == '[30,"3840x2160","xyz",{"client":"x","client_contact":"me"}]' ]]
    [[ $(records Result 'select(.operationType == "update") | .entity.type') == Project ]]
    again
    synced
    again
    [[ $(op-dump --bare -P "$name" | jq -c 'select(.type == "project").data | [(.fps | floor), .resolutionWidth, .code]') == '[30,3840,"xyz"]' ]]
}

@test "the project, three ways: what changed in OpenPype goes, in Kitsu stays, in both is said" { case_project; }
@test "mongodb: the project, three ways" { case_project; }
case_project() {
    production short
    # Both sides changed it alike, then one of them, then both otherwise.
    document "$name" '{"data.fps": 30.0}'
    zou_put "/data/projects/$p" '{"fps": "30.00"}' >/dev/null
    relay_does
    push # what inherits it gets it
    [[ $status == 0 && -z $(writes)$(records Result) ]]
    again
    document "$name" '{"data.fps": 48.0, "data.resolutionWidth": 1998, "data.resolutionHeight": 1080}'
    zou_put "/data/projects/$p" '{"code": "kitsus"}' >/dev/null
    push -n
    [[ $status == 0 && $(records Result '[.status, .before, .fields] | tojson') == '["planned",{"fps":"30.00","resolution":"2048x858"},{"fps":"48","resolution":"1998x1080"}]' ]]
    push-report <"$records" >report
    grep -q "~ Project $name   fps: \"30.00\" -> \"48\", resolution: \"2048x858\" -> \"1998x1080\"" report
    push
    [[ $status == 0 && $(zou_get "/data/projects/$p" | jq -c '[.fps, .resolution, .code]') == '["48","1998x1080","kitsus"]' ]]
    again
    # What was pushed is what both sides have: Kitsu's next change is not taken back.
    zou_put "/data/projects/$p" '{"fps": "50"}' >/dev/null
    again
    document "$name" '{"data.fps": 60.0, "data.code": "ours"}'
    relay_does
    push
    [[ $status == 1 && -z $(writes)$(records Result) ]]
    again 1
    [[ $(records Skipped '"\(.entity.type) \(.code) \(.reason)"') == "Project conflict its code was changed on both sides: ours in OpenPype, kitsus in Kitsu, which is kept
Project conflict its fps was changed on both sides: 60 in OpenPype, 50 in Kitsu, which is kept" ]]
    synced
    again
    [[ $(op-dump --bare -P "$name" | jq -c 'select(.type == "project").data | [(.fps | floor), .code]') == '[50,"kitsus"]' ]]
}

@test "a value of the project that Kitsu cannot store is said, and keeps nothing else back" {
    local long
    production short
    long=$(printf 'é%.0s' {1..81})
    document "$name" "$(jq -n --arg long "$long" '{"data.fps": 23.976023976023978, "data.code": $long, "data.resolutionWidth": 100000,
        "data.resolutionHeight": 100000, "data.motto": "a\u0000b", "data.client_contact": "me"}')"
    push
    [[ $status == 1 && $(records Result '"\(.status) \(.fields)"') == 'applied {"data":{"client":"x","client_contact":"me"}}' ]]
    [[ $(records Skipped '"\(.entity.type) \(.code) \(.reason[:50])"') == "Project frames Kitsu cannot store its code, $(printf 'é%.0s' {1..21})
Project frames Kitsu cannot store its fps, 23.976023976023978
Project frames Kitsu cannot store its resolution, 100000x100000" ]]
    document "$name" "$(jq -n --arg code "${long:1}" '{"data.fps": 1e30, "data.code": $code, "data.resolutionWidth": 9999,
        "data.resolutionHeight": 99}')"
    push
    [[ $(records Skipped '"\(.code) \(.reason)"') == "frames Kitsu cannot store its fps, 1000000000000000019884624838656
frames Kitsu cannot store its resolution, 9999x99" ]]
    [[ $(zou_get "/data/projects/$p" | jq -r '[.fps, .resolution, .code] | join(" ")') == "24 2048x858 ${long:1}" ]]
}

@test "a project that was never synchronised: Kitsu's fps stays, which is said; what Kitsu lacks it gets" {
    made small tvshow
    zou_put "/data/projects/$p" '{"resolution": ""}' >/dev/null
    relay_does
    document "$name" '{"data.fps": 24.0, "data.resolutionWidth": 2048, "data.resolutionHeight": 1152}'
    push
    [[ $(zou_get "/data/projects/$p" | jq -c '[(.fps | tonumber), .resolution]') == '[25,"2048x1152"]' ]]
    [[ $(records Skipped 'select(.entity.type == "Project").reason') == "its fps is 24 in OpenPype and 25 in Kitsu, which is kept: it was never synchronised, so it is not known which is newer" ]]
    again 1
    synced
    again 1
    # Now it was: the next change goes to Kitsu.
    document "$name" '{"data.fps": 24.0}'
    push
    [[ $(zou_get "/data/projects/$p" | jq '.fps | tonumber') == 24 ]]
    [[ -z $(records Skipped 'select(.entity.type == "Project").reason') ]]
}

@test "what inherits the project's fps and size has the new ones with the project, asset types too; not while both differ" {
    production short
    document "$name" '{"data.fps": 30.0, "data.resolutionWidth": 1998}'
    push
    [[ $(op-dump --bare -P "$name" | jq -s -c '[.[] | select(.data.zou and .data.zou.data.fps == null) | [(.data.fps | floor), .data.resolutionWidth]]
        | unique') == '[[30,1998],[30,4096]]' ]] # and the shot's own
    synced
    ! grep '"Change"' "$synced" || return 1
    # Both sides differ: none of it is written, now or later.
    op-dump --bare -P "$name" >before
    zou_put "/data/projects/$p" '{"fps": "48"}' >/dev/null
    document "$name" '{"data.fps": 23.976}'
    relay_does
    push
    zou_put "/data/projects/$p" '{"fps": "50"}' >/dev/null
    push
    [[ $status == 1 && -z $(writes) ]]
    ! grep '"Change"' "$records" || return 1
    document "$name" '{"data.fps": 30.0}'
    op-dump --bare -P "$name" | diff before -
}

@test "a sync whose change of the project was refused is no base" {
    production short
    zou_put "/data/projects/$p" '{"fps": "30"}' >/dev/null
    kitsu-fetch -s "$RELAY" -d "$OP_STORE" -P "$name" >kitsu
    op-diff <kitsu >plan
    # Somebody changes it before the plan is carried out.
    document "$name" '{"data.fps": 48.0}'
    status=0
    op-apply <plan >"$results" 2>"$err.apply" || status=$?
    [[ $status == 1 && $(jq -r 'select(.status == "conflict").entity.type' "$results") == Project ]]
    again 1
    grep -q "its fps was changed on both sides: 48 in OpenPype, 30 in Kitsu" "$err"
}

@test "a custom field of OpenPype's own is not Kitsu's" {
    production short
    document SQ01_SH010 '{"data.note": "x", "data.mood": "light", "data.description": "y"}'
    again
}

@test "tasks are added to entities that Kitsu has" {
    production short
    document SQ01_SH010 '{"data.tasks.Compositing": {"type": "Compositing"}, "data.tasks.Animation_b": {"type": "Animation"}}'
    document Fauna '{"data.note": "x"}'
    relay_does
    push
    [[ $status == 0 ]]
    [[ $(kitsu_has | grep SH010) == *" Animation Animation/b Compositing" ]]
    [[ $(documents_have | grep SH010) == *" Animation Animation/b Compositing" ]]
    again
    synced
    again
    [[ $(kitsu_has | grep SH010) == *" Animation Animation/b Compositing" ]]
}

@test "an entry that would be a second task of the same name is skipped, and harms no other" {
    printf '%s => -\n' 'Assets @root' 'Shots @root' 'Fauna < Assets' 'hero < Fauna Modeling main:Modeling A:Modeling Modeling_A:Modeling' \
        'bear < Fauna Modeling' >odd.tree
    made "$PWD/odd.tree"
    push
    [[ $status == 1 && $(records Summary .tasks) == 3 && $(records Summary .failed) == 0 ]]
    [[ $(records Skipped .code | uniq -c | xargs) == "2 task" ]]
    again 1
    [[ $(records Skipped .reason | grep -c "second task") == 2 ]]
}

@test "a task type that Kitsu lacks has the short name of the project's config" {
    made small tvshow
    push
    zou_get /data/task-types | jq -r '.[] | select(.name | IN("Grooming", "SequenceBoard")) | "\(.name) \(.for_entity) \(.short_name)"' | sort |
        diff - <(printf '%s\n' 'Grooming Asset gro' 'SequenceBoard Sequence seq')
}

# letters N: a name of that length, another one each time, as types are the whole server's
letters() {
    head -c 60 /dev/urandom | sha512sum | head -c 30 | tr 0-9 g-p
    printf '%*s' "$(($1 - 30))" '' | tr ' ' x
}

@test "a name that Kitsu has no room for is named as such; one that just fits is pushed" {
    for i in 30 31 40 41 160 161; do
        name_of[i]=$(letters "$i")
    done
    printf '%s => -\n' 'Assets @root' 'Shots @root' "${name_of[30]} < Assets" "${name_of[31]} < Assets" "hero < ${name_of[31]}" \
        "${name_of[160]} < ${name_of[30]} ${name_of[40]}" "${name_of[161]} < ${name_of[30]} ${name_of[41]}" \
        "bear < ${name_of[30]} ${name_of[41]}" >long.tree
    made "$PWD/long.tree"
    push
    [[ $status == 1 ]]
    records Result 'select(.status == "failed") | "\(.entity.type) \(.message)"' | sed 's/"[a-x]*"/NAME/; s/\(room for [0-9]*\): .*/\1./' | sort >refused
    diff - refused <<'EOF'
Asset its asset type NAME could not be created
Asset its name has 161 characters, and Kitsu has room for 160.
AssetType its name has 31 characters, and Kitsu has room for 30.
Task its entity could not be created
Task the task type NAME could not be created: its name has 41 characters, and Kitsu has room for 40.
TaskType the task type NAME could not be created: its name has 41 characters, and Kitsu has room for 40.
EOF
    # hero, two assets with a type that just fits, and bear
    [[ $(kitsu_has | grep -c "Asset ") == 2 && $(kitsu_has | grep -c "${name_of[160]} ${name_of[40]}") == 1 ]]
    # Of other letters it is not bytes that count.
    document bear "{\"data.tasks.long\": {\"type\": \"$(letters 30)$(printf 'ä%.0s' {1..10})\"}}"
    push
    [[ $(kitsu_has | grep -c 'bear .*ä') == 1 ]]
}

# ---- deletion -------------------------------------------------------------

# remove NAME...: these documents, as people do
remove() { [[ $(people_delete "$name" "$@") == "$#" ]]; }

# alive: names of what lives in Kitsu
alive() { kitsu_has | grep -v ' canceled'; }

@test "--delete: what no document is linked to, and only with it" {
    production tvshow
    # Documents go; their entities stay without --delete.
    remove E02_SQ01_SH030
    remove oak
    kitsu_has >before
    again
    kitsu_has | diff before -
    push --delete -n
    [[ -z $(writes) ]]
    kitsu_has | diff before -
    push --delete
    [[ $status == 0 ]]
    diff <(grep -v -e SH030 -e oak before) <(alive)
    [[ $(records Result 'select(.operationType == "delete") | .entity.name' | sort | xargs) == "SH030 oak" ]]
    [[ $(records Summary .deleted) == 2 ]]
    # One with tasks is canceled by Zou, which is said, with the whole place.
    remove E02_SQ01_SH020
    push --delete -n
    [[ $(push-report <"$records") == *"  Episode E02"*"    Sequence SQ01"*"- Shot SH020   it has tasks, so Kitsu cancels it"*": 1 to cancel" ]]
    push --delete
    [[ $(records Summary '"\(.deleted) \(.cancelled)"') == "0 1" ]]
    [[ $(push-report <"$records") == *": 1 cancelled in "*'  cancelled Shot "SH020" of E02/SQ01: it has tasks, so Kitsu cancels it' ]]
    [[ $(alive | grep -c SH020) == 0 ]]
    relay_does
    push --delete
    [[ -z $(writes) ]]
}

@test "mongodb: --delete: an archived document keeps its entity, even where people removed its link" {
    production tvshow
    # shellcheck disable=SC2016 # the $ is MongoDB's
    "$STUDIO_VENV/bin/python" -c '
import pymongo, sys
collection = pymongo.MongoClient(sys.argv[1])[sys.argv[2]][sys.argv[3]]
where = {"name": {"$in": ["oak", "E02_SQ01_SH030"]}}
print(collection.update_many(where, {"$set": {"type": "archived_asset", "name": "x"}, "$unset": {"data.zou": ""}}).modified_count)
' "$OP_STORE" "$AVALON_DB" "$name" | grep -x 2
    relay_does
    push --delete
    [[ $status == 0 && -z $(writes) ]]
}

@test "--delete: what cancelled shots lie below stays: Kitsu could not delete it" {
    production tvshow
    # One of Kitsu's own, cancelled, which OpenPype keeps archived.
    zou_put "/data/entities/$shot3" '{"canceled": true}' >/dev/null
    synced
    remove E02_SQ01 E02_SQ01_SH010 E02_SQ01_SH020
    push --delete
    [[ $status == 0 && $(records Result '"\(.status) \(.entity.name)"' | sort | xargs -d ,) == "applied SH010
applied SH020" ]]
    grep 'the Sequence "E02/SQ01" stays in Kitsu, as the cancelled Shot "SH030" below it stays$' "$err"
    push --delete
    [[ $status == 0 && -z $(records Result) ]]
}

@test "--delete: a parent of what stays, which is said once" {
    production tvshow
    # A newcomer below a sequence that people deleted with its shots.
    sequence=$(zou_get "/data/projects/$p/sequences" | jq -r '.[].id')
    zou_shot "$p" "$sequence" SH990 >/dev/null
    remove E02_SQ01 E02_SQ01_SH010 E02_SQ01_SH020 E02_SQ01_SH030 E02
    push --delete -n
    grep 'the Sequence "E02/SQ01" stays in Kitsu, as the Shot "SH990" below it stays$' "$err"
    grep 'the Episode "E02" stays in Kitsu, as the Sequence "SQ01" below it stays$' "$err"
    [[ $(grep -c 'stays in Kitsu' "$err") == 2 ]]
    zou_shot "$p" "$sequence" SH991 >/dev/null
    push --delete
    grep 'the Sequence "E02/SQ01" stays in Kitsu, as the Shot "SH99[01]" and 1 more below it stay$' "$err"
    [[ $(alive | grep -c 'SQ01/SH99') == 2 ]]
}

@test "--delete: what was made in Kitsu since the last sync, bad names and substitutes stay" {
    p=$(zou_project "$name" tvshow)
    zou_asset "$p" "$(zou_asset_type Fauna)" "bad name" >/dev/null
    sequence=$(zou_sequence "$p" SQ09)
    zou_shot "$p" "$sequence" SH090 >/dev/null
    synced
    in_op_more small
    push
    zou_asset "$p" "$(zou_asset_type Fauna)" newcomer >/dev/null
    kitsu_has >before
    push --delete
    kitsu_has | diff before -
}

@test "--delete: before any sync nothing, which is said: OpenPype never had it" {
    p=$(zou_project "$name" tvshow)
    zou_asset "$p" "$(zou_asset_type Fauna)" older >/dev/null
    in_op small
    push
    kitsu_has >before
    for dry in '' -n; do
        push --delete $dry
        [[ $status == 1 && -z $(records Result) ]]
        grep -q "nothing is deleted in Kitsu: it is not known which entities OpenPype had" "$err"
        kitsu_has | diff before -
    done
}

@test "--delete: what lies below goes first" {
    made show tvshow
    push
    kitsu_has >before
    synced
    remove E03 E03_SQ01 E03_SQ01_SH010 E03_SH010 SQ05 SQ05_SH010 e01_sq02 e01_sq02_sh010 hero hero_head hero_eye
    push --delete
    [[ $status == 1 ]] # the tree has documents to skip
    # The substitute below E03 goes with what it stood for.
    diff <(grep -Ev ' E03|SQ05|e01_sq02|/hero' before) <(alive)
    relay_does
    push --delete
    [[ -z $(writes) ]]
}

@test "mongodb: --delete: a document that came, or came back, after the dump keeps its entity" {
    case_meanwhile
}

@test "--delete: a document that came, or came back, after the dump keeps its entity" {
    case_meanwhile
}

case_meanwhile() {
    production tvshow
    kitsu_has >before
    # As if the dump had been made before these documents were.
    op-dump -P "$name" | jq -c 'select(.document.name | IN("E02_SQ01_SH030", "oak") | not)
        | if .type == "End" then .counts.Document -= 2 else . end' >"$dump"
    status=0
    zou_push --delete <"$dump" >"$records" 2>"$err" || status=$?
    kitsu_has | diff before -
    [[ $(records Result 'select(.operationType == "delete") | tojson') == "" ]]
}

# in_op_more TREE: its documents into a project that is there, below what is there of these names
in_op_more() {
    op-dump --bare -P "$name" | jq -s '(map(select(.type != "project")) | map({key: .name, value: ._id}) | from_entries),
        (.[] | select(.type == "project")._id)' >there
    "$BATS_TEST_DIRNAME/../oracles/op-project" "$name" "$(tree "$1")" |
        jq -sc --slurpfile there there '$there[0] as $same | $there[1] as $project
        | (map(select($same[.fullDocument.name]) | {key: .fullDocument._id["$oid"], value: $same[.fullDocument.name]}) | from_entries) as $new
        | .[] | select(.fullDocument.type != "project" and ($same[.fullDocument.name] | not))
        | .fullDocument.parent = $project
        | (.fullDocument.data.visualParent // empty) |= ($new[.["$oid"]] // .)' | op-apply >"$results"
    ! grep -v '"status":"applied"\|"type":"Summary"' "$results"
}

@test "--delete: a guard" {
    p=$(zou_project "$name")
    type=$(zou_asset_type Fauna)
    for i in {1..15}; do
        zou_asset "$p" "$type" "bear$i" >/dev/null
    done
    synced
    remove bear{2..15}
    relay_does
    push --delete
    [[ $status == 1 && -z $(writes) ]]
    grep -q -- --max-delete "$err"
    push --delete --max-delete 13
    [[ $status == 1 && -z $(writes) ]]
    push --delete --max-delete 10%
    [[ $status == 1 && -z $(writes) ]]
    push --delete --max-delete 14
    [[ $status == 0 && $(alive) == "Asset Fauna/bear1" ]]
}

@test "--delete: only what is remembered of OpenPype, as it is kept up" { case_memory; }
@test "mongodb: --delete: only what is remembered of OpenPype, as it is kept up" { case_memory; }
case_memory() {
    production tvshow
    kitsu_has >before
    # What op-apply deletes people did not.
    op-dump --bare -P "$name" | jq -c --arg db "$AVALON_DB" --arg coll "$name" 'select(.name == "oak")
        | {type: "Change", operationType: "delete", ns: {db: $db, coll: $coll}, documentKey: {_id}, fullDocumentBeforeChange: .}' |
        op-apply | grep '"status":"applied"'
    push --delete
    [[ $status == 0 && -z $(writes) ]]
    # Nor is archived deleted.
    document E02_SQ01_SH030 '{"type": "archived_asset"}'
    push --delete
    [[ $status == 0 && -z $(writes) ]]
    kitsu_has | diff before -
    # What a push linked is remembered, and what events brought.
    in_op_more small
    push
    zou_asset "$p" "$(zou_asset_type Fauna)" newcomer >/dev/null
    [[ $(alive | grep -c hero) == 1 ]]
    remove hero
    push --delete
    [[ $(records Result 'select(.operationType == "cancel") | .entity.name' | xargs) == hero ]]
    [[ $(alive | grep -c -e hero) == 0 && $(alive | grep -c newcomer) == 1 ]]
    # What Kitsu cancelled, as it has tasks, was deleted once: restored there, it stays.
    remove bear
    push --delete
    [[ $(kitsu_has | grep -c 'bear.*canceled') == 1 ]]
    zou_put "/data/entities/$asset" '{"canceled": false}' >/dev/null
    relay_does
    push --delete
    [[ -z $(writes) && $(alive | grep -c bear) == 1 ]]
}

@test "--delete: a project that is no longer the one that was synchronised: nothing, which is said" { case_restored; }
@test "mongodb: --delete: a project that is no longer the one that was synchronised" { case_restored; }
case_restored() {
    production tvshow
    kitsu_has >before
    op-dump --bare -P "$name" >documents
    # A backup of another time, with a project document of its own, and less in it.
    people_delete "$name" "$name" oak bear
    jq -c --arg db "$AVALON_DB" --arg coll "$name" 'select(.type == "project") | ._id["$oid"] = "00112233445566778899aabb"
        | {type: "Change", operationType: "insert", ns: {db: $db, coll: $coll}, documentKey: {_id}, fullDocument: .}' documents |
        op-apply | grep '"status":"applied"'
    relay_does
    for dry in '' -n; do
        push --delete $dry
        [[ $status == 1 && -z $(writes) ]]
        grep -q "nothing is deleted in Kitsu: its project document is not the one that was synchronised" "$err"
    done
    kitsu_has | diff before -
    # A full synchronisation brings back what lacks, and from then on it is known again.
    synced
    push --delete
    [[ $status == 0 && -z $(writes) ]]
    remove oak
    push --delete
    [[ $(records Result 'select(.operationType == "delete") | .entity.name') == oak ]]
    # Gone between the dump and the push.
    op-dump -P "$name" | jq -c 'select(.document.name != "E02_SQ01_SH030") | if .type == "End" then .counts.Document -= 1 else . end' >"$dump"
    people_delete "$name" "$name" E02_SQ01_SH030
    status=0
    zou_push --delete <"$dump" >"$records" 2>"$err" || status=$?
    [[ $status == 1 && -z $(records Result) ]]
    grep -q "its project document has gone from the store meanwhile" "$err"
}

# ---- streams --------------------------------------------------------------

@test "a stream that was cut, or whose End counts otherwise, pushes and deletes nothing" {
    made small tvshow
    push
    zou_asset "$p" "$(zou_asset_type Fauna)" extra >/dev/null
    kitsu_has >before
    op-dump -P "$name" >dump
    tail -n 1 dump | jq -e '.type == "End"'
    for cut in 's/^//;$d' '5d' '$d;7,$d' '$s/"Document":[0-9]*/"Document":3/'; do
        relay_does
        sed "$cut" dump >pieces
        status=0
        zou_push --delete <pieces >"$records" 2>"$err" || status=$?
        cat "$err"
        [[ $status == 1 ]]
        grep -q -e cut -e 'documents came' "$err"
        [[ -z $(writes) ]]
        [[ -z $(records Change) ]]
        kitsu_has | diff before -
    done
    # Of two projects the whole one is pushed.
    other=$name
    name=b$name
    made small tvshow
    { sed '$d' dump && op-dump -P "$name"; } >both
    status=0
    zou_push <both >"$records" 2>"$err" || status=$?
    [[ $status == 1 ]]
    apply_records
    as_expected small
}

@test "input in pieces" {
    made small tvshow
    op-dump -P "$name" >dump
    for size in 1 7 31; do
        status=0
        "$BATS_TEST_DIRNAME/../lib/in-pieces" "$size" zou-push -n -s "$RELAY" <dump >"plan.$size" 2>"$err" || status=$?
        [[ $status == 1 ]] # notes are skipped
        jq -c 'del(.seconds)' "plan.$size" >plan
        [[ -s plan ]]
        zou_push -n <dump 2>/dev/null | jq -c 'del(.seconds)' | diff plan -
    done
}

@test "no input: nothing; unknown records go through as they are" {
    run --separate-stderr zou_push </dev/null
    [[ $status == 0 && $output == "" && $stderr == "" ]]
    printf '%s\n' '{"type":"Strange", "a": 1.50}' >in
    run --separate-stderr zou_push <in
    [[ $output == '{"type":"Strange", "a": 1.50}' ]]
}

@test "what is no record is an error of its line" {
    made small tvshow
    { echo 'nonsense' && op-dump -P "$name"; } >dump
    status=0
    zou_push <dump >"$records" 2>"$err" || status=$?
    grep -q 'zou-push: stdin:1: ' "$err"
    [[ $status == 1 ]]
    apply_records
    as_expected small
}

@test "stdout that is full or closed: 74; the next push completes what was begun" {
    made small tvshow
    op-dump -P "$name" >dump
    status=0
    zou_push <dump >/dev/full 2>"$err" || status=$?
    [[ $status == 74 ]]
    status=0
    zou_push <dump >&- 2>"$err" || status=$?
    [[ $status == 74 ]]
    push
    as_expected small
    again 1
}

@test "a reader that goes away: the next push completes it" {
    made small tvshow
    op-dump -P "$name" >dump
    zou_push <dump 2>"$err" | head -n 3 >/dev/null || true
    push
    as_expected small
    again 1
}
