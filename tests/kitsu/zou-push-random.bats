#!/usr/bin/env bats
# zou-push on trees of documents made up at random (op-project random:SEED): whatever
# somebody did in OpenPype, a second push writes nothing, names don't grow, and each
# document is linked or Skipped with a reason. SEEDS="FIRST LAST": other trees.
# Of the seeds 1 to 24 those below have all kinds of what occurs in them: entities at each
# depth, what has no kind or a bad name, roots, entries of tasks, odd names, archived
# documents and published ones, shows and films. EVERY=1: all 24.
# Takes about 210 s.
# shellcheck disable=SC2154 # push.bash's

bats_require_minimum_version 1.5.0

load ../lib/common
load ../lib/zou
load ../lib/store
load ../lib/push

setup_file() { push_setup_file --no-mongo; }
teardown_file() { push_teardown_file; }
setup() { push_setup; }

fails() {
    echo "seed $seed: $1"
    [[ ! -s ${2-} ]] || head -c 3000 "$2"
    return 1
}

# naive: what a second telling says of the plan
naive() {
    local -a types
    op-dump --bare -P "$name" >documents
    mapfile -t types < <(zou_get /data/asset-types | jq -r '.[].name')
    "$BATS_TEST_DIRNAME/../oracles/naive-push" documents "$first" "${types[@]}" >naive
    # What the plan makes of each, by name; what it skips it has no kind for.
    jq -r --slurpfile documents <(jq -c 'select(.type == "asset")' documents) '
        ($documents | map({key: ._id."$oid", value: .name}) | from_entries) as $name
        | select(.type == "Result" and (.operationType | IN("insert", "link")) and .documentKey and .entity.type != "Task" and .entity.type != "Project")
        | "\($name[.documentKey._id."$oid"] | @uri) => \(.entity.type)\(if .entity.type == "Asset" then " \(.below[0])/" else "" end)"' plan |
        LC_ALL=C sort >planned
    jq -r 'select(.type == "Skipped" and .code != "task" and .code != "frames") | "\(.entity.name | @uri) => \(.code)"' plan |
        LC_ALL=C sort >unplanned
    # Each is in the one list or the other.
    diff <(cut -d ' ' -f 1 naive | LC_ALL=C sort) \
        <({ cut -d ' ' -f 1 planned unplanned && grep -E ' => (-|folder)$' naive | cut -d ' ' -f 1; } | LC_ALL=C sort -u) >faults ||
        fails "neither planned nor skipped" faults
    # Those that are planned are what the second telling says.
    LC_ALL=C comm -23 planned <(LC_ALL=C sort naive) >faults
    [[ ! -s faults ]] || fails "another kind" faults
    # Those that are skipped have a reason that it knows, or one of their neighbours'.
    while read -r who _ code; do
        told=$(awk -v who="$who" '$1 == who { print; exit }' naive)
        case $code in
            kind) [[ $told == *" => kind"* ]] ;;
            name) [[ $told == *"badly named"* ]] ;;
            parent | duplicate | conflict) [[ $told != *" => -" ]] ;;
            *) false ;;
        esac || fails "$who is skipped for $code, but $told"
    done <unplanned
}

# values: what people see of each linked document; an asset type has no values in Kitsu
values() {
    op-dump --bare -P "$name" | jq -c 'select(.type == "asset" and .data.zou.id and .data.zou.type != "AssetType")
        | [._id."$oid", (.data | .frameStart, .frameEnd, .fps, .pixelAspect, .handleStart, .handleEnd, .clipIn, .clipOut,
            .resolutionWidth, .resolutionHeight, .description)]' | LC_ALL=C sort
}

# came_back: by the push all documents have what they had, and Kitsu has it, too: its own
# value, or none where it is the project's.
came_back() {
    op-dump --bare -P "$name" >pushed
    jq -s --slurpfile before <(jq -s . documents) --argjson unstorable "$(records Skipped 'select(.code == "frames").entity.name' | jq -Rsc 'split("\n")')" '
        ($before[0] | map({key: ._id."$oid", value: .data}) | from_entries) as $was
        | .[] | select(.type == "asset" and .data.zou.id and .data.zou.type != "AssetType" and (.name | IN($unstorable[]) | not))
        | .name as $name | $was[._id."$oid"] as $was | .data as $now
        | ("frameStart", "frameEnd", "fps", "pixelAspect", "handleStart", "handleEnd", "clipIn", "clipOut",
            "resolutionWidth", "resolutionHeight", "description") as $key
        | select($was[$key] != $now[$key]) | "\($name) \($key): \($was[$key]) became \($now[$key])"' pushed >faults
    [[ ! -s faults ]] || return 1
    jq -s --slurpfile project <(jq 'select(.type == "project").data' pushed) '$project[0] as $project
        | .[] | select(.type == "asset" and .data.zou.id and .data.zou.type != "AssetType") | .name as $name | .data as $d
        | ($d.zou.data // {}) as $own
        | ({fps: "fps", pixel_aspect: "pixelAspect", handle_start: "handleStart", handle_end: "handleEnd",
            clip_in: "clipIn", clip_out: "clipOut"} | to_entries[]
            | select(($own[.key] // $project[.value]) != $d[.value]) | "\($name) \(.key)"),
          (select(($own.resolution // "\($project.resolutionWidth)x\($project.resolutionHeight)")
            != "\($d.resolutionWidth)x\($d.resolutionHeight)") | "\($name) resolution"),
          (select(($d.zou.description // "") != ($d.description // "")) | "\($name) description"),
          (select($d.zou.type == "Shot" and [$own.frame_in, $own.frame_out, $d.zou.nb_frames]
            != [$d.frameStart, $d.frameEnd, $d.frameEnd - $d.frameStart + 1]) | "\($name) frames")' pushed >faults
    [[ ! -s faults ]]
}

# trees SEED...
trees() {
    for seed; do
        name=random${seed}_$RANDOM
        use_sqlite
        OP_STORE=sqlite:$PWD/$seed.db
        made "random:$seed" "$( ((seed % 2)) && echo tvshow || echo short)"
        push -n
        ((status <= 1)) || fails "status $status" "$err"
        cp "$records" plan
        naive
        push
        ((status <= 1)) || fails "status $status" "$err"
        records Result 'select(.status == "failed") | tojson' >faults
        [[ ! -s faults ]] || fails "failed" faults
        came_back || fails "Kitsu has other values" faults
        kitsu_has >kitsu.first
        documents_have >documents.first
        ! grep -e WRONG -e GONE -e 'keep?' documents.first || fails "wrong links"
        uniq -d kitsu.first >faults
        [[ ! -s faults ]] || fails "twice in Kitsu" faults
        # Every document is linked or skipped.
        diff <(grep ' => -$' documents.first | cut -d ' ' -f 1 | sort) \
            <({ records Skipped 'select(.code != "task" and .code != "frames") | .entity.name | @uri' && grep -E ' => (-|folder)$' naive | cut -d ' ' -f 1 &&
                op-dump --bare -P "$name" | jq -r 'select(.type == "archived_asset").name | @uri'; } | sort -u) >faults ||
            fails "neither linked nor skipped" faults
        expect=$status
        again "$expect" || fails "a second push does something"
        kitsu_has | diff kitsu.first - >faults || fails "a second push changes Kitsu" faults
        values >values.first
        synced || fails "sync"
        values >values.second
        LC_ALL=C comm -23 values.first values.second >faults
        [[ ! -s faults ]] || fails "a sync changes values" faults
        documents_have >documents.second
        # Names and links stay (a sync brings documents for what Kitsu had alone).
        LC_ALL=C comm -23 <(cut -d ' ' -f 1-4 documents.first | grep -v ' => -') <(cut -d ' ' -f 1-4 documents.second) >faults
        [[ ! -s faults ]] || fails "a sync changes names or links" faults
        # What was skipped may have got another parent by the sync, and be good now:
        # pushed then, it may move once more.
        for ((round = 0, quiet = 0; round < 4 && !quiet; round++)); do
            relay_does
            push
            writes >faults
            [[ -s faults ]] || quiet=1
            ((quiet || expect == 1)) || fails "a push after a sync writes" faults
            ((quiet)) || synced || fails "sync"
        done
        ((quiet)) || fails "pushes and syncs without end" faults
        synced || fails "sync"
        jq -c 'select(.type == "Change")' "$synced" >faults
        [[ ! -s faults ]] || fails "a second sync changes" faults
        rm -f "$seed".db*
    done
}

@test "random trees 1 to 8" { trees 1 5 ${EVERY:+2 3 4 6 7 8}; }
@test "random trees 9 to 16" { trees 9 ${EVERY:+10 13 11 12 14 15 16}; }
@test "random trees 17 to 24" { trees 18 ${EVERY:+17 19 20 21 22 23 24}; }

@test "random trees \$SEEDS" {
    [[ ${SEEDS-} ]] || skip "no SEEDS given"
    # shellcheck disable=SC2046,SC2086 # words
    trees $(seq $SEEDS)
}
