#!/usr/bin/env bats
# Listening, from Kitsu to the store, on a real Kitsu and both stores: what must
# come out right whatever the order of events. Whether all did is asked of a full
# synchronisation: it may find nothing to change.
# Takes about 300 s.
# shellcheck disable=SC1091,SC2030,SC2031,SC2154 # bats' subshells

bats_require_minimum_version 1.5.0

setup_file() {
    load ../lib/zou
    load ../lib/common
    own_kitsu_start
}

teardown_file() {
    load ../lib/zou
    own_kitsu_stop
}

setup() {
    load ../lib/zou
    load ../lib/common
    load ../lib/store
    cd "$BATS_TEST_TMPDIR" || return
    mkdir -m 700 runtime
    export XDG_RUNTIME_DIR=$PWD/runtime XDG_CONFIG_HOME=$PWD/config
    unset OP_STORE OPENPYPE_MONGO KITSU_TOKEN
    following=()
}

teardown() {
    ((${#following[@]} == 0)) || kill "${following[@]}" 2>/dev/null || true
}

# full: a full synchronisation. events: what happened since, at once. 1: something
# is skipped, which may be another test's.
full() { kitsu-fetch | op-diff --no-skipped | op-apply >results || (($? == 1)); }
events() {
    kitsu-listen --once | tee batch | kitsu-fetch --events | op-diff --no-skipped | op-apply >results || (($? == 1))
}

# follow: as events, but at the moment when they happen.
follow() {
    mkfifo a b c
    kitsu-listen >a 3>&- &
    following=($!)
    kitsu-fetch --events <a >b 3>&- &
    op-diff --no-skipped <b >c 3>&- &
    op-apply <c >results 3>&- &
    following+=($!)
    sleep 1
}

# until_true SECONDS COMMAND...
until_true() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        ((SECONDS < end)) || return 1
        sleep 0.1
    done
}

nothing_left() {
    kitsu-fetch | op-diff --no-skipped >left 2>/dev/null
    ! grep '"type":"Change"' left
}

# documents COLLECTION FILTER: of its assets, jq's raw output
documents() { op-dump --bare -P "$1" | jq -r "select(.type == \"asset\") | $2"; }

requests() { grep -c '"opkitsu/' "$STUDIO_DIR/nginx-access.log" || true; }

# --- Cases, each in both stores -------------------------------------------------

two_projects_at_once() {
    local one=$1_one two=$1_two p q type token=$ZOU_TOKEN
    type=$(zou_asset_type Props)
    p=$(zou_project "$one")
    q=$(zou_project "$two")
    full
    follow
    {
        for i in {1..25}; do
            printf '%s %s\n' "$p" "one_$i" "$q" "two_$i"
        done
    } | xargs -P 10 -L 1 sh -c 'curl -sS -f -o made.$2 -H "Authorization: Bearer '"$token"'" \
        -H "Content-Type: application/json" -d "{\"name\":\"$2\"}" \
        "$KITSU_SERVER/data/projects/$1/asset-types/'"$type"'/assets/new"' sh
    made=(made.*)
    ((${#made[@]} == 50))
    all_there() {
        [[ $(documents "$one" .name | grep -c ^one_) == 25 && $(documents "$two" .name | grep -c ^two_) == 25 ]]
    }
    until_true 20 all_there
    ! documents "$one" .name | grep ^two_
    ! documents "$two" .name | grep ^one_
    [[ $(documents "$one" 'select(.data.parents == ["Assets", "Props"] and .data.zou.id and .data.frameStart) | .name' |
        grep ^one_ | sort | uniq | wc -l) == 25 ]]
    [[ $(documents "$two" 'select(.data.parents == ["Assets", "Props"] and .data.zou.id and .data.frameStart) | .name' |
        grep ^two_ | sort | uniq | wc -l) == 25 ]]
    until_true 20 nothing_left
}

# $2: events, at the end, or follow, from the start
new_production() {
    local p type shot sequence bad id
    full
    [[ $2 == events ]] || follow
    p=$(zou_project "$1" tvshow)
    episode=$(zou_find "/data/projects/$p/episodes" '.name == $name' --arg name E01)
    sequence=$(zou_sequence "$p" SQ01 "$episode")
    type=$(zou_asset_type "New_$1")
    zou_asset "$p" "$type" rocket
    shot=$(zou_shot "$p" "$sequence" SH010 '{"frame_in": 1001, "frame_out": 1010}')
    zou_tasks "$p" "$(zou_task_type Animation Shot)" shots "$shot"
    zou_tasks "$p" "$(zou_make /data/task-types --arg name "Board_$1" --arg for_entity Sequence --arg color '#000000')" \
        sequences "$sequence"
    bad=$(zou_sequence "$p" 'SQ 02' "$episode")
    zou_shot "$p" "$bad" SH010
    for i in {1..74}; do
        zou_shot "$p" "$sequence" "$(printf 'SH%03d' $((10 + 10 * i)))"
    done >/dev/null
    if [[ $2 == events ]]; then
        events
        names=$(documents "$1" .name)
        grep -qx E01_SQ01_SH750 <<<"$names"
        ! grep 'SQ.02' <<<"$names"
    fi
    zou_put "/data/entities/$bad" '{"name": "SQ02"}' >/dev/null
    zou_put "/data/entities/$sequence" '{"name": "OPENING"}' >/dev/null
    [[ $2 == follow ]] || events
    renamed() { documents "$1" .name | grep -qx E01_SQ02_SH010 && [[ $(documents "$1" .name | grep -c ^E01_OPENING_SH) == 75 ]]; }
    until_true 20 renamed "$1"
    ! documents "$1" .name | grep SQ01
    [[ $(documents "$1" 'select(.name == "E01_OPENING_SH010") | .data | [.frameEnd, .parents, (.tasks | keys)] | tojson') == '[1010,["Shots","E01","E01_OPENING"],["Animation"]]' ]]
    [[ $(documents "$1" 'select(.name == "E01_OPENING") | .data.tasks | length') == 1 ]]
    [[ $(documents "$1" 'select(.name == "rocket") | .data.parents | tojson') == "[\"Assets\",\"New_$1\"]" ]]
    until_true 20 nothing_left
    zou_close_project "$p"
    until_true 10 nothing_left || { events && nothing_left; }
}

# Rows like those of shots that were touched, put into Zou's log.
a_day_behind() {
    local before after shot yesterday
    yesterday=$(date -u -d '24 hours ago' +%FT%T)
    "$STUDIO_VENV/bin/python" "$BATS_TEST_DIRNAME/../generators/seed" --name "$1" --sequences 5 --shots 300 --assets 20 --tasks 300
    full
    shot=$(documents "$1" 'select(.data.zou.type == "Shot") | .data.zou.id' | tail -n 1)
    zou_sql <<EOD
UPDATE entity SET data = data || '{"frame_out": 4000}' WHERE parent_id IS NOT NULL
    AND project_id = (SELECT id FROM project WHERE name = '$1');
INSERT INTO api_event (id, name, project_id, data, created_at, updated_at)
SELECT gen_random_uuid(), 'shot:update', e.project_id,
    jsonb_build_object('shot_id', e.id, 'project_id', e.project_id),
    now() AT TIME ZONE 'utc' - n * interval '8.65 seconds', now() AT TIME ZONE 'utc'
FROM generate_series(0, 9999) n JOIN
    (SELECT *, row_number() OVER (ORDER BY name, id) - 1 AS nr FROM entity
        WHERE project_id = (SELECT id FROM project WHERE name = '$1') AND parent_id IS NOT NULL) e
    ON e.nr = n % 300
EOD
    before=$(requests)
    kitsu-listen --once --since "$yesterday" | tee batch | kitsu-fetch --events | op-diff --no-skipped |
        op-apply >results || (($? == 1))
    after=$(requests)
    echo "$((after - before)) requests"
    ((after - before < 150))
    n=$(jq -s 'map(.events // 0) | add' batch)
    echo "$n events"
    ((n >= 9900))
    [[ $(documents "$1" "select(.data.zou.id == \"$shot\").data.frameEnd") == 4000 ]]
    nothing_left
}

@test "25 assets made at once in each of two projects, SQLite" {
    use_sqlite
    two_projects_at_once sqlite
}

@test "25 assets made at once in each of two projects, MongoDB" {
    use_mongo
    two_projects_at_once mongo
}

@test "a new TV production, a name mended, 75 shots renamed, in one go, SQLite" {
    use_sqlite
    new_production sqlite_tv events
}

@test "a new TV production, a name mended, 75 shots renamed, followed, SQLite" {
    use_sqlite
    new_production sqlite_tv2 follow
}

@test "a new TV production, a name mended, 75 shots renamed, in one go, MongoDB" {
    use_mongo
    new_production mongo_tv events
}

@test "a new TV production, a name mended, 75 shots renamed, followed, MongoDB" {
    use_mongo
    new_production mongo_tv2 follow
}

@test "10,000 events behind: caught up in bulk, SQLite" {
    use_sqlite
    a_day_behind sqlite_behind
}

@test "10,000 events behind: caught up in bulk, MongoDB" {
    use_mongo
    a_day_behind mongo_behind
}
