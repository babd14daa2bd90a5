#!/usr/bin/env bats
# Listening, from Kitsu to the store, on a real Kitsu and both stores: what must
# come out right whatever the order of events. Whether all did is asked of a full
# synchronisation: it may find nothing to change.
#
# What is done in Kitsu is done once for all stores that hear of it: each scenario is
# played by the first test that asks for it, and each test looks at one store.
# Takes about 160 s.
# shellcheck disable=SC1091,SC2030,SC2031,SC2154 # bats' subshells

bats_require_minimum_version 1.5.0

setup_file() {
    load ../lib/zou
    load ../lib/common
    own_kitsu_start
    mkdir -m 700 "$BATS_FILE_TMPDIR/runtime"
    export XDG_RUNTIME_DIR=$BATS_FILE_TMPDIR/runtime XDG_CONFIG_HOME=$BATS_FILE_TMPDIR/config
    unset OP_STORE OPENPYPE_MONGO KITSU_TOKEN
}

teardown_file() {
    load ../lib/zou
    own_kitsu_stop
}

setup() {
    load ../lib/zou
    load ../lib/common
    load ../lib/stores
    following=()
}

teardown() {
    ((${#following[@]} == 0)) || kill "${following[@]}" 2>/dev/null || true
}

# --- Stores -----------------------------------------------------------------------

# once SCENARIO: played, in a folder of its own, where the tests are from then on.
once() {
    local folder=$BATS_FILE_TMPDIR/$1
    if [[ -e $folder ]]; then
        cd "$folder" || return
        [[ -e played ]] || echo "$1 failed in an earlier test"
        [[ -e played ]]
        return
    fi
    mkdir "$folder"
    cd "$folder" || return
    "$1"
    touch played
}

# follow STORE...: as events, but at the moment when they happen.
follow() {
    local store
    for store; do
        use "$store"
        mkfifo "$store"/{a,b,c}
        kitsu-listen -v >"$store/a" 2>"$store/heard" 3>&- &
        following+=($!)
        kitsu-fetch --events <"$store/a" >"$store/b" 3>&- &
        op-diff --no-skipped <"$store/b" >"$store/c" 3>&- &
        op-apply <"$store/c" >"$store/results" 3>&- &
        following+=($!)
    done
    for store; do until_true 60 grep -q 'connected to the socket' "$store/heard"; done
}

# documents STORE PROJECT FILTER: of its assets, jq's raw output
documents() { in_store "$1" op-dump --bare -P "$2" | jq -r "select(.type == \"asset\") | $3"; }

requests() { grep -c '"opkitsu/' "$STUDIO_DIR/nginx-access.log" || true; }

# --- 25 assets made at once in each of two projects ---------------------------------

assets_at_once() {
    local one two stores=(sqlite_at_once mongo_at_once) store made
    type=$(zou_asset_type Props)
    one=$(zou_project at_once_one)
    two=$(zou_project at_once_two)
    full "${stores[@]}"
    follow "${stores[@]}"
    for i in {1..25}; do
        printf '%s %s\n' "$one" "one_$i" "$two" "two_$i"
    done | xargs -P 10 -L 1 sh -c 'curl -sS -f -o made.$2 -H "Authorization: Bearer $ZOU_TOKEN" \
        -H "Content-Type: application/json" -d "{\"name\":\"$2\"}" \
        "$KITSU_SERVER/data/projects/$1/asset-types/'"$type"'/assets/new"' sh
    made=(made.*)
    ((${#made[@]} == 50))
    for store in "${stores[@]}"; do until_true 120 all_there "$store"; done
    until_true 120 nothing_left "${stores[@]}"
    zou_close_project "$one"
    zou_close_project "$two"
}

all_there() {
    [[ $(documents "$1" at_once_one .name | grep -c ^one_) == 25 && $(documents "$1" at_once_two .name | grep -c ^two_) == 25 ]]
}

assets_are_there() {
    once assets_at_once
    for n in one two; do
        documents "$1" at_once_$n 'select(.data.parents == ["Assets", "Props"] and .data.zou.id and .data.frameStart) | .name' |
            sort >names
        [[ $(grep -c "^${n}_" names) == 25 && $(uniq names | wc -l) == 25 ]]
        # Nothing of the other one
        documents "$1" at_once_$n .name >names
        run ! grep "^[^${n:0:1}].*_" names
    done
}

# --- A production --------------------------------------------------------------------

# Two stores follow it from the start, two hear of it twice.
new_production() {
    local p type shot sequence episode bad store follow=(sqlite_follow mongo_follow) events=(sqlite_events mongo_events)
    full "${follow[@]}" "${events[@]}"
    follow "${follow[@]}"
    p=$(zou_project tv tvshow)
    episode=$(zou_find "/data/projects/$p/episodes" '.name == $name' --arg name E01)
    sequence=$(zou_sequence "$p" SQ01 "$episode")
    type=$(zou_asset_type Rockets)
    zou_asset "$p" "$type" rocket
    shot=$(zou_shot "$p" "$sequence" SH010 '{"frame_in": 1001, "frame_out": 1010}')
    zou_tasks "$p" "$(zou_task_type Animation Shot)" shots "$shot"
    zou_tasks "$p" "$(zou_make /data/task-types --arg name Board --arg for_entity Sequence --arg color '#000000')" \
        sequences "$sequence"
    bad=$(zou_sequence "$p" 'SQ 02' "$episode")
    zou_shot "$p" "$bad" SH010
    for i in {1..74}; do
        zou_shot "$p" "$sequence" "$(printf 'SH%03d' $((10 + 10 * i)))"
    done >/dev/null
    events "${events[@]}"
    for store in "${events[@]}"; do documents "$store" tv .name >"$store/names"; done
    zou_put "/data/entities/$bad" '{"name": "SQ02"}' >/dev/null
    zou_put "/data/entities/$sequence" '{"name": "OPENING"}' >/dev/null
    events "${events[@]}"
    for store in "${events[@]}" "${follow[@]}"; do until_true 120 renamed "$store"; done
    until_true 120 nothing_left "${follow[@]}" "${events[@]}"
    for store in "${events[@]}" "${follow[@]}"; do in_store "$store" op-dump --bare -P tv >"$store/documents"; done
    zou_close_project "$p"
    events "${events[@]}"
    until_true 120 nothing_left "${follow[@]}" "${events[@]}"
}

renamed() {
    documents "$1" tv .name >names
    grep -qx E01_SQ02_SH010 names && [[ $(grep -c ^E01_OPENING_SH names) == 75 ]]
}

production_is_there() {
    once new_production
    asset() { jq -r "select(.type == \"asset\" and .name == \"$1\") | $2" "$store/documents"; }
    local store=$1
    if [[ $store == *events ]]; then
        grep -qx E01_SQ01_SH750 "$store/names"
        run ! grep 'SQ.02' "$store/names"
    fi
    run ! grep '"name":"[A-Z0-9_]*SQ01' "$store/documents"
    [[ $(asset E01_OPENING_SH010 '.data | [.frameEnd, .parents, (.tasks | keys)] | tojson') == '[1010,["Shots","E01","E01_OPENING"],["Animation"]]' ]]
    [[ $(asset E01_OPENING '.data.tasks | length') == 1 ]]
    [[ $(asset rocket '.data.parents | tojson') == '["Assets","Rockets"]' ]]
}

# --- A day behind ----------------------------------------------------------------------

# Rows like those of shots that were touched, put into Zou's log.
a_day_behind() {
    local before listened yesterday store stores=(sqlite_behind mongo_behind)
    yesterday=$(date -u -d '24 hours ago' +%FT%T)
    "$STUDIO_VENV/bin/python" "$BATS_TEST_DIRNAME/../generators/seed" --name behind --sequences 5 --shots 300 --assets 20 --tasks 300
    full "${stores[@]}"
    zou_sql <<EOD
UPDATE entity SET data = data || '{"frame_out": 4000}' WHERE parent_id IS NOT NULL
    AND project_id = (SELECT id FROM project WHERE name = 'behind');
INSERT INTO api_event (id, name, project_id, data, created_at, updated_at)
SELECT gen_random_uuid(), 'shot:update', e.project_id,
    jsonb_build_object('shot_id', e.id, 'project_id', e.project_id),
    now() AT TIME ZONE 'utc' - n * interval '8.65 seconds', now() AT TIME ZONE 'utc'
FROM generate_series(0, 9999) n JOIN
    (SELECT *, row_number() OVER (ORDER BY name, id) - 1 AS nr FROM entity
        WHERE project_id = (SELECT id FROM project WHERE name = 'behind') AND parent_id IS NOT NULL) e
    ON e.nr = n % 300
EOD
    # The log is read once for both.
    before=$(requests)
    in_store "${stores[0]}" kitsu-listen --once --since "$yesterday" >batch.ndjson
    listened=$(($(requests) - before))
    for store in "${stores[@]}"; do
        before=$(requests)
        in_store "$store" kitsu-fetch --events <batch.ndjson | in_store "$store" synchronise
        echo $((listened + $(requests) - before)) >"$store/requests"
    done
    nothing_left "${stores[@]}"
}

caught_up() {
    once a_day_behind
    cat "$1/requests"
    (($(<"$1/requests") < 150))
    (($(jq -s 'map(.events // 0) | add' batch.ndjson) >= 9900))
    documents "$1" behind 'select(.data.zou.type == "Shot").data.frameEnd' >ends
    [[ $(uniq -c ends | tr -s ' ') == ' 300 4000' ]]
}

@test "25 assets made at once in each of two projects, SQLite" {
    assets_are_there sqlite_at_once
}

@test "25 assets made at once in each of two projects, MongoDB" {
    assets_are_there mongo_at_once
}

@test "a new TV production, a name mended, 75 shots renamed, in one go, SQLite" {
    production_is_there sqlite_events
}

@test "a new TV production, a name mended, 75 shots renamed, followed, SQLite" {
    production_is_there sqlite_follow
}

@test "a new TV production, a name mended, 75 shots renamed, in one go, MongoDB" {
    production_is_there mongo_events
}

@test "a new TV production, a name mended, 75 shots renamed, followed, MongoDB" {
    production_is_there mongo_follow
}

@test "10,000 events behind: caught up in bulk, SQLite" {
    caught_up sqlite_behind
}

@test "10,000 events behind: caught up in bulk, MongoDB" {
    caught_up mongo_behind
}
