#!/usr/bin/env bats
# kitsu-fetch --events against a real Zou of its own, as it counts requests and
# changes what all projects share. The events are those of Zou's log.
# Takes about 400 s.
# shellcheck disable=SC2034 # ZOU_TOKEN is zou.bash's

bats_require_minimum_version 1.5.0

setup_file() {
    command -v nginx >/dev/null || skip "no studio here"
    load ../lib/common
    load ../lib/zou
    export XDG_RUNTIME_DIR=$BATS_FILE_TMPDIR/run TEMPLATES=$BATS_FILE_TMPDIR
    mkdir -m 700 "$XDG_RUNTIME_DIR"
    own_kitsu_start
    animation=$(zou_task_type Animation Shot) modeling=$(zou_task_type Modeling Asset)
    characters=$(zou_asset_type Characters)
    export animation modeling characters
    export OPKITSU_RETRY_SECONDS=1
    unset "${!OP_@}" OPENPYPE_MONGO KITSU_TOKEN
    local p q s1 s2 a t1 e
    p=$(zou_project template short)
    q=$(zou_sequence "$p" SQ01)
    s1=$(zou_shot "$p" "$q" SH010)
    s2=$(zou_shot "$p" "$q" SH020)
    a=$(zou_asset "$p" "$characters" Bear)
    t1=$(zou_tasks "$p" "$animation" shots "$s1")
    template film p q s1 s2 a t1
    p=$(zou_project template_show tvshow)
    e=$(zou_episode "$p" E02)
    q=$(zou_sequence "$p" SQ01 "$e")
    s1=$(zou_shot "$p" "$q" SH010)
    template show p q s1 e
    mark >/dev/null
}

teardown_file() {
    load ../lib/zou
    own_kitsu_stop
}

setup() {
    load ../lib/common
    load ../lib/zou
    export XDG_DATA_HOME=$BATS_TEST_TMPDIR/data
    export OP_STORE=sqlite:$BATS_TEST_TMPDIR/op.db AVALON_DB=avalon OPENPYPE_DATABASE_NAME=openpype
    out=$BATS_TEST_TMPDIR/out err=$BATS_TEST_TMPDIR/err in=$BATS_TEST_TMPDIR/in
    name=ev${BATS_TEST_NUMBER}_$RANDOM
}

# template NAME VARIABLE...: the project $p, which Zou made, as the model of others: its
# rows as SQL, its records, and the ids in the variables with these names.
template() {
    local table
    for table in project entity task; do
        zou_sql "SELECT format('INSERT INTO $table SELECT * FROM jsonb_populate_record(NULL::$table, %L);', to_jsonb(t))
            FROM $table t WHERE '$p' IN (id::text, to_jsonb(t) ->> 'project_id')
            ORDER BY created_at"
    done >"$TEMPLATES/$1.sql"
    kitsu-fetch -P "$p" >"$TEMPLATES/$1.ndjson"
    echo 'SELECT id FROM api_event ORDER BY created_at DESC LIMIT 1;' >>"$TEMPLATES/$1.sql"
    zou_sql "SELECT id FROM entity WHERE project_id = '$p' UNION SELECT id FROM task WHERE project_id = '$p'" >"$TEMPLATES/$1.ids"
    declare -p p "${@:2}" >"$TEMPLATES/$1.variables"
}

# film: $p with sequence $q and shots $s1 $s2, an asset $a, a task on $s1, synchronised.
film() { copy film; }

# show: the same as a TV show, with episode $e.
show() { copy show; }

# copy TEMPLATE: another such project, $name, and in the store what a full reading gives of
# it. That is for less than half of what Zou's API and a full reading cost; settle finds
# out if it were not the same.
copy() {
    local id new changes=() model
    # Of the variables, which are the test's.
    model=$(sed -nE 's/^declare -[-x]+ (.*)/\1/p' "$TEMPLATES/$1.variables")
    while read -r id; do
        read -r new </proc/sys/kernel/random/uuid
        changes+=(-e "s/$id/$new/g")
        model=${model//$id/$new}
    done < <(cat "$TEMPLATES/$1.ids" && sed -n 's/.* p="\(.*\)"/\1/p' "$TEMPLATES/$1.variables")
    eval "$model"
    changes+=(-e "s/\"name\": *\"template[a-z_]*\"/\"name\":\"$name\"/")
    since=$({
        # What other tests made is closed: some read all projects. Children may come before
        # their parents.
        echo "SET session_replication_role = replica;
            UPDATE project SET project_status_id = (SELECT id FROM project_status WHERE name = 'Closed')
            WHERE name !~ '^ev${BATS_TEST_NUMBER}_';"
        sed "${changes[@]}" "$TEMPLATES/$1.sql"
    } | zou_sql)
    sed "${changes[@]}" "$TEMPLATES/$1.ndjson" | op-diff 2>/dev/null | op-apply >/dev/null 2>&1
    mark_requests
}

# sync [ARGUMENT...]: a full one, of this test's project.
sync() {
    kitsu-fetch "${@:--P$p}" 2>/dev/null | op-diff 2>/dev/null | op-apply >/dev/null 2>&1 || true
}

# mark: what is in Zou's log and in nginx' from here on counts.
mark() {
    since=$(zou_sql 'SELECT id FROM api_event ORDER BY created_at DESC LIMIT 1')
    mark_requests
}
mark_requests() { log_size=$(stat -c %s "$STUDIO_DIR/nginx-access.log"); }
# requests [PATTERN]: how many there were, of programs.
requests() { tail -c +$((log_size + 1)) "$STUDIO_DIR/nginx-access.log" | grep '"opkitsu/' | grep -c -- "${1-.}" || true; }

# events [FILTER]: Zou's log since the mark as a batch.
events() {
    zou_get '/data/events/last?limit=150' | jq -c --arg since "$since" --arg server "$KITSU_SERVER" '
        [label $out | .[] | if .id == $since then break $out else . end] | reverse |
        (.[] | {type: "Event", id, created_at, name, project_id: (.project_id // .data.project_id), data}),
        {type: "Checkpoint", server: $server, projects: null, created_at: "2026-11-24T00:00:00", ids: ["x"], events: length} |
        '"${1-.}"
}

# batch EVENT...: one made by hand, each `{"name": …, "project_id": …, "data": …}`.
batch() {
    local event
    for event; do
        printf '{"type":"Event","id":"x","created_at":"2026-11-24T00:00:00",%s\n' "${event#\{}"
    done
    printf '{"type":"Checkpoint","server":"%s","projects":null,"created_at":"2026-11-24T00:00:00","ids":["x"],"events":1}\n' "$KITSU_SERVER"
}

# answer [ARGUMENT...]: what the log's events give; answer_in: those in $in.
answer() {
    events >"$in"
    answer_in "$@"
}
answer_in() {
    mark_requests
    status=0
    rm -f "$BATS_TEST_TMPDIR/reading"
    kitsu-fetch --events "$@" <"$in" >"$out" 2>"$err" || status=$?
    cat "$err" >&2
    jq -r '"\(.type) \(.id)"' "$out" >"$out.types" # once for all that asks for no more
}

# got FILTER: of the answer, one a line.
got() { jq -r "$1" "$out"; }
types() { cut -d ' ' -f 1 "$out.types" | uniq | paste -sd ' '; }
ids() { sed -n "s/^$1 //p" "$out.types" | sort | paste -sd ' '; }
sorted() { printf '%s\n' "$@" | sort | paste -sd ' '; }
end() { grep '"type":"End"' "$out"; }

# reading ARGUMENT...: what a full one of these projects gives now, in the file of this
# name. It does not depend on the store: as_full and settle share it.
reading() {
    [[ -e $BATS_TEST_TMPDIR/reading ]] || kitsu-fetch "$@" >"$BATS_TEST_TMPDIR/reading" 2>/dev/null || true
}

# as_full: every record of the answer is what a full reading gives.
as_full() {
    reading -P "$p"
    jq -cS 'select(.type != "End" and .type != "Checkpoint")
        | if .assignees then .assignees |= sort else . end' "$BATS_TEST_TMPDIR/reading" | sort >"$BATS_TEST_TMPDIR/full"
    jq -cS --arg p "$p" 'select(.type | IN("Project", "TaskType", "AssetType", "Episode", "Sequence", "Shot", "Asset", "Edit", "Concept", "Task"))
        | select((.project_id // .id) == $p) | del(.scope) | if .assignees then .assignees |= sort else . end' "$out" |
        sort >"$BATS_TEST_TMPDIR/some"
    [[ -s $BATS_TEST_TMPDIR/some ]]
    [[ -z $(comm -23 "$BATS_TEST_TMPDIR/some" "$BATS_TEST_TMPDIR/full" | tee /dev/stderr) ]]
}

# settle [ARGUMENT...]: apply the answer; after that a full reading changes nothing.
settle() {
    op-diff <"$out" 2>/dev/null | op-apply >"$BATS_TEST_TMPDIR/results" 2>&1 || true
    reading "${@:--P$p}"
    op-diff <"$BATS_TEST_TMPDIR/reading" >"$BATS_TEST_TMPDIR/again" 2>/dev/null || true
    [[ -s $BATS_TEST_TMPDIR/again && -z $(grep '"type":"Change"' "$BATS_TEST_TMPDIR/again" | tee /dev/stderr) ]]
}

@test "a changed shot: project, task types, it with its tasks, in four requests" {
    film
    zou_put "/data/entities/$s1" '{"data": {"frame_in": "1001"}}' >/dev/null
    zou_put "/data/entities/$s1" '{"data": {"frame_out": 1100.0}}' >/dev/null
    answer
    [[ $status == 0 && ! -s $err ]]
    [[ $(types) == "Project TaskType TaskStatus Shot Task End Checkpoint" ]]
    [[ $(ids Shot) == "$s1" && $(ids Task) == "$t1" ]]
    [[ $(end) == "{\"type\":\"End\",\"project_id\":\"$p\",\"scope\":\"events\",\"counts\":{\"TaskType\":$(grep -c '"type":"TaskType"' "$out"),\"TaskStatus\":1,\"Shot\":1,\"Task\":1,\"Person\":0,\"EntityLink\":0},\"judged\":[\"$s1\"],\"cast\":[\"$s1\"]}" ]]
    (($(requests "$p\|entities\|tasks?") <= 4))
    (($(requests entity-links) == 1))
    (($(requests) <= 4 + 1 + 5)) # the user, project statuses, task types, task statuses, a log-in
    as_full
    settle
}

@test "the shared lists are read once" {
    film
    zou_put "/data/entities/$s1" '{"nb_frames": 10}' >/dev/null
    events >"$in"
    cat "$in" "$in" "$in" >"$in.3"
    mv "$in.3" "$in"
    answer_in
    [[ $status == 0 ]]
    [[ $(requests /data/task-types) == 1 && $(requests /data/task-status) == 1 && $(requests /data/project-status) == 1 && $(requests auth/auth) == 1 ]]
    [[ $(requests "/data/projects/$p") == 3 && $(requests '/data/entities?id=') == 3 && $(requests '/data/tasks?entity_id=') == 3 ]]
    [[ $(got .type | grep -c Checkpoint) == 3 ]]
}

@test "a new shot in a TV show: its parents are in the store" {
    show
    shot=$(zou_shot "$p" "$q" SH020)
    answer
    [[ $(ids Shot) == "$shot" ]]
    [[ $(requests parent_id) == 0 ]]
    (($(requests "$p\|/data/entities\|/data/tasks?") <= 4))
    as_full
    settle
}

@test "a new episode, sequence, shot and task at once: parents first" {
    show
    e3=$(zou_episode "$p" E03)
    q3=$(zou_sequence "$p" SQ01 "$e3")
    s3=$(zou_shot "$p" "$q3" SH010)
    t3=$(zou_tasks "$p" "$animation" shots "$s3")
    answer
    [[ $(types) == "Project TaskType TaskStatus Episode Sequence Shot Task End Checkpoint" ]]
    [[ $(requests parent_id) == 0 ]]
    as_full
    settle
}

@test "parents that the store lacks come too, one round more" {
    show
    e3=$(zou_episode "$p" E03)
    q3=$(zou_sequence "$p" SQ01 "$e3")
    s3=$(zou_shot "$p" "$q3" SH010)
    # As if only the last event had been seen.
    events 'select(.type != "Event" or .name == "shot:new") | del(.data.episode_id?)' >"$in"
    answer_in
    [[ $(ids Episode) == "$e3" && $(ids Sequence) == "$q3" && $(ids Shot) == "$s3" ]]
    [[ $(types) == "Project TaskType Episode Sequence Shot End Checkpoint" ]]
    as_full
    settle
}

@test "tasks: new, assigned, commented, deleted" {
    film
    admin=$(zou_get /auth/authenticated | jq -r .user.id)
    t2=$(zou_tasks "$p" "$animation" shots "$s2")
    zou_assign "$admin" "$t1"
    answer
    [[ $(ids Shot) == "$(sorted "$s1" "$s2")" && $(ids Task) == "$(sorted "$t1" "$t2")" ]]
    as_full
    settle
    mark
    wip=$(zou_get /data/task-status | jq -r 'first(.[] | select(.short_name == "wip")).id')
    zou_post "/actions/tasks/$t1/comment" "{\"task_status_id\": \"$wip\", \"comment\": \"x\"}" >/dev/null
    answer
    [[ $(ids Shot) == "$s1" && $(got 'select(.type == "Task") | .task_status_id') == "$wip" ]]
    (($(requests "$p\|/data/entities\|/data/tasks?") <= 4))
    settle
    mark
    zou_delete "/data/tasks/$t1?force=true" >/dev/null
    answer
    [[ $(ids Shot) == "$s1" && -z $(ids Task) ]]
    [[ $(requests '/data/tasks?id=') == 0 ]]
    settle
}

@test "a deleted task that only the store knows, and one that was moved" {
    film
    zou_delete "/data/tasks/$t1?force=true" >/dev/null
    batch "{\"name\": \"task:update\", \"project_id\": \"$p\", \"data\": {\"task_id\": \"$t1\"}}" >"$in"
    answer_in
    [[ $(ids Shot) == "$s1" && -z $(ids Task) ]]
    settle
    t2=$(zou_tasks "$p" "$animation" shots "$s1")
    sync
    mark
    zou_put "/data/tasks/$t2" "{\"entity_id\": \"$s2\"}" >/dev/null
    answer
    [[ $(ids Shot) == "$(sorted "$s1" "$s2")" && $(ids Task) == "$t2" ]]
    settle
    # Back again, and its event does not name the project.
    zou_put "/data/tasks/$t2" "{\"entity_id\": \"$s1\"}" >/dev/null
    batch "{\"name\": \"task:update\", \"project_id\": null, \"data\": {\"task_id\": \"$t2\", \"entity_id\": \"$s1\"}}" >"$in"
    answer_in
    [[ $(ids Shot) == "$(sorted "$s1" "$s2")" && $(ids Task) == "$t2" ]]
    settle
    # A task that nobody knows is nobody's.
    batch "{\"name\": \"task:update\", \"project_id\": \"$p\", \"data\": {\"task_id\": \"00000000-0000-4000-8000-000000000001\"}}" >"$in"
    answer_in
    [[ $status == 0 && $(types) == "Project TaskType End Checkpoint" ]]
}

@test "every kind, as a full reading has it" {
    show
    edit=$(zou_edit "$p" Cut "$e")
    concept=$(zou_concept "$p" Mood)
    type=$(zou_asset_type "T$name")
    asset=$(zou_asset "$p" "$type" Fox '{"a": [1, null], "b": 25.0}')
    zou_put "/data/entities/$e" '{"description": "x"}' >/dev/null
    zou_put "/data/entities/$q" '{"description": "x"}' >/dev/null
    zou_put "/data/entities/$s1" '{"description": "x"}' >/dev/null
    for kind in Shot:shots:$s1 Asset:assets:$asset Edit:edits:$edit Concept:concepts:$concept Sequence:sequences:$q Episode:episodes:$e; do
        IFS=: read -r entity route id <<<"$kind"
        task_type=$(zou_get /data/task-types | jq -r --arg e "$entity" '[.[] | select(.for_entity == $e) | .id][0] // empty')
        [[ -z $task_type ]] || zou_tasks "$p" "$task_type" "$route" "$id" >/dev/null
    done
    answer
    [[ $(types) == "Project TaskType TaskStatus AssetType Episode Sequence Shot Asset Edit Concept Task AssetTypes End Checkpoint" ]]
    [[ $(ids AssetType) == "$type" && $(ids Concept) == "$concept" && $(ids Edit) == "$edit" ]]
    [[ $(got 'select(.type == "AssetTypes") | .ids | join(" ")') == "$type" ]]
    as_full
    settle
}

@test "an asset is three requests, four when the asset types may be others" {
    film
    fox=$(zou_asset "$p" "$characters" Fox)
    zou_put "/data/entities/$a" '{"description": "x"}' >/dev/null
    answer
    [[ $(types) == "Project TaskType Asset End Checkpoint" ]]
    (($(requests "$p\|/data/entities\|/data/tasks?") <= 3))
    settle
    mark
    type=$(zou_asset_type "Moved$name")
    zou_put "/data/entities/$fox" "{\"entity_type_id\": \"$type\"}" >/dev/null
    answer
    [[ $(types) == "Project TaskType AssetType Asset AssetTypes End Checkpoint" ]]
    [[ $(got 'select(.type == "AssetTypes") | .ids | sort | join(" ")') == "$(sorted "$type" "$characters")" ]]
    (($(requests "$p\|/data/entities\|/data/tasks?") <= 4))
    settle
    mark
    zou_delete "/data/assets/$fox?force=true" >/dev/null
    zou_delete "/data/assets/$a?force=true" >/dev/null
    answer
    [[ $(ids Deleted) == "$(sorted "$fox" "$a")" ]]
    [[ $(got 'select(.type == "AssetTypes") | .ids | length') == 0 ]]
    [[ $(requests '/data/entities/') == 0 ]]
    settle
}

# deletes ASSET: into $in its event, which Zou logs before it deletes the asset.
deletes() {
    batch "{\"name\":\"asset:delete\",\"project_id\":\"$p\",\"data\":{\"asset_id\":\"$1\"}}" >"$in"
}

@test "an asset that is about to be deleted is waited for" {
    film
    deletes "$a"
    (sleep 1 && zou_delete "/data/assets/$a?force=true" >/dev/null) 3>&- &
    answer_in
    wait
    [[ $status == 0 && ! -s $err ]]
    [[ $(ids Deleted) == "$a" && -z $(ids Asset) ]]
    # Canceled, it is as it stays.
    b=$(zou_asset "$p" "$characters" Wolf)
    zou_tasks "$p" "$modeling" assets "$b" >/dev/null
    sync
    zou_delete "/data/assets/$b" >/dev/null
    deletes "$b"
    SECONDS=0
    answer_in
    ((SECONDS < 5))
    [[ $(ids Asset) == "$b" && -z $(ids Deleted) ]]
}

@test "so it is where the whole project is read with it, or all" {
    film
    other=$(zou_asset "$p" "$characters" Wolf)
    for all in "\"$p\"" null; do
        {
            echo "{\"type\":\"Sync\",\"project_id\":$all}"
            batch "{\"name\":\"asset:delete\",\"project_id\":\"$p\",\"data\":{\"asset_id\":\"$a\"}}"
        } >"$in"
        (sleep 1 && zou_delete "/data/assets/$a?force=true" >/dev/null) 3>&- &
        answer_in
        wait
        [[ -n $(got 'select(.type == "End" and .scope == "full") | .type') && $(ids Asset) != *"$a"* ]]
        a=$other
    done
}

@test "an asset that Zou did not come to delete stays" {
    film
    deletes "$a"
    OPKITSU_DELETION_SECONDS=1 answer_in
    [[ $status == 0 ]]
    [[ $(ids Asset) == "$a" && -z $(ids Deleted) ]]
    settle
}

@test "a full reading's checkpoint leaves an asset:delete to be met once more" {
    film
    for n in 1 2; do zou_put "/data/entities/$s1" "{\"nb_frames\": $n}" >/dev/null; done
    zou_delete "/data/assets/$a?force=true" >/dev/null
    id=$(zou_get '/data/events/last?limit=1&name=asset:delete' | jq -r '.[0].id')
    kitsu-fetch "-P$p" 2>/dev/null >"$out"
    (($(got 'select(.type == "Checkpoint") | .ids | length') >= 2))
    [[ $(got 'select(.type == "Checkpoint") | .ids[]') != *"$(marks <<<"$id")"* ]]
}

@test "what an event deletes is Deleted without another question" {
    film
    zou_delete "/data/shots/$s2?force=true" >/dev/null
    answer
    [[ $status == 0 ]]
    [[ $(got 'select(.type == "Deleted") | tojson') == "{\"type\":\"Deleted\",\"entity_type\":\"Shot\",\"id\":\"$s2\",\"project_id\":\"$p\"}" ]]
    [[ $(requests /data/entities/) == 0 ]]
    settle
    # The store does not have it any more.
    answer
    [[ -z $(ids Deleted) ]]
}

# document ID: its `_id`, type and the studio's own key, by data.zou.id.
document() {
    op-dump -P "$name" | jq -r --arg id "$1" 'select(.document.data.zou.id == $id) | .document
        | "\(._id["$oid"]) \(.type) \(.data.tools_env // [] | join(" "))"'
}

# own ID: what the studio puts into the document of this entity, and a workfile on it.
own() {
    op-dump -P "$name" | jq -c --arg id "$1" 'select(.document.data.zou.id == $id) | . as $d | {type: "Change",
        operationType: "update", ns, documentKey: {_id: .document._id}, fullDocumentBeforeChange: {data: {}},
        updateDescription: {updatedFields: {"data.tools_env": ["maya/2024"]}, removedFields: []}},
        ({"$oid": ("5f" + ($d.document._id["$oid"] | .[2:]))} as $w | {type: "Change", operationType: "insert", ns: $d.ns,
        documentKey: {_id: $w}, fullDocument: {_id: $w, type: "workfile", parent: $d.document._id}})' | op-apply >/dev/null
}

# made_again ID [NAME]: the shot is deleted, which is applied, and made again: it has the
# document that it had.
made_again() {
    local record old new
    own "$1"
    old=$(document "$1")
    [[ $old == *" asset maya/2024" ]]
    record=$(zou_get "/data/entities/$1")
    zou_delete "/data/shots/$1?force=true" >/dev/null
    answer
    settle
    [[ $(document "$1") == "${old/ asset/ archived_asset}" ]]
    mark
    new=$(zou_post "/data/projects/$p/shots" "$(jq -c --arg name "${2-}" \
        '{name: (if $name == "" then .name else $name end), sequence_id: .parent_id}' <<<"$record")" | jq -r .id)
    answer
    [[ $status == 0 && $(ids Deleted) == "$1" && $(requests "/data/entities/$1") == 1 ]]
    settle
    [[ $(document "$new") == "$old" && -z $(document "$1") ]]
    mark
}

@test "made again, also after its deletion was applied: the old document, by its old id" {
    film
    made_again "$s2"
}

@test "made again below a substitute for a sequence, which has no document" {
    film
    zou_put "/data/entities/$q" '{"data": {"is_substitute": true}}' >/dev/null
    answer
    settle
    made_again "$s2"
    name+=_show
    show
    zou_put "/data/entities/$q" '{"data": {"is_substitute": true}}' >/dev/null
    answer
    settle
    made_again "$s1"
}

# named ID: the type and the name of the entity's document.
named() {
    op-dump -P "$name" | jq -r --arg id "$1" 'select(.document.data.zou.id == $id).document | "\(.type) \(.name)"'
}

# What becomes of the episode $e reaches the shot $s1, whose sequence is a substitute.
follows() {
    zou_put "/data/entities/$e" '{"name": "E09"}' >/dev/null
    answer
    settle
    [[ $(named "$s1") == "asset E09_SH010" ]]
    mark
    zou_put "/data/entities/$e" '{"canceled": true}' >/dev/null
    answer
    settle
    [[ $(named "$s1") == "archived_asset E09_SH010" ]]
    mark
    zou_put "/data/entities/$e" '{"canceled": false, "name": "E10"}' >/dev/null
    answer
    settle
    [[ $(named "$s1") == "asset E10_SH010" ]]
}

@test "shots below a substitute follow their episode; it had a document, but elsewhere" {
    name+=_show
    show
    zou_put "/data/entities/$q" "{\"parent_id\": \"$(zou_episode "$p" E03)\"}" >/dev/null
    answer
    settle
    zou_put "/data/entities/$q" "{\"parent_id\": \"$e\", \"data\": {\"is_substitute\": true}}" >/dev/null
    answer
    settle
    mark
    follows
}

@test "shots below a substitute that never had a document follow their episode" {
    name+=_show
    show
    local sequence
    sequence=$(zou_sequence "$p" SQ09 "$e")
    zou_put "/data/entities/$sequence" '{"data": {"is_substitute": true}}' >/dev/null
    s1=$(zou_shot "$p" "$sequence" SH010)
    zou_delete "/data/shots/$(zou_get "/data/projects/$p/shots" | jq -r --arg q "$q" '.[] | select(.parent_id == $q).id')?force=true" >/dev/null
    answer
    settle
    [[ -z $(document "$sequence") ]]
    mark
    follows
}

@test "made again in folders of the studio's below its sequence" {
    film
    op-dump -P "$name" | jq -c --arg id "$s2" 'select(.document.data.zou.id == $id) | .ns as $ns | .document |
        {"$oid": "5f00000000000000000000a1"} as $a | {"$oid": "5f00000000000000000000a2"} as $b | .data.visualParent as $up |
        ({_id: $a, visualParent: $up}, {_id: $b, visualParent: $a} |
            {type: "Change", operationType: "insert", $ns, documentKey: {_id}, fullDocument: {_id, type: "asset",
                name: "reel\(._id["$oid"])", data: {visualParent, parents: [], tasks: {}}}}),
        {type: "Change", operationType: "update", $ns, documentKey: {_id}, fullDocumentBeforeChange: {data: {visualParent: $up}},
            updateDescription: {updatedFields: {"data.visualParent": $b}, removedFields: []}}' | op-apply >/dev/null
    made_again "$s2"
}

@test "made again with another name that is converted to the same" {
    mkdir -p "$BATS_TEST_TMPDIR/config/opkitsu"
    echo '{"opkitsu": {"names": "convert"}}' >"$BATS_TEST_TMPDIR/config/opkitsu/settings.json"
    export XDG_CONFIG_HOME=$BATS_TEST_TMPDIR/config
    film
    s3=$(zou_shot "$p" "$q" 'SH 030')
    answer
    settle
    mark
    made_again "$s3" SH-030
}

@test "a cancelled sequence that is restored brings its shots back, also halfway" {
    film
    own "$s1"
    before=$(document "$q" && document "$s1" && document "$s2")
    zou_put "/data/entities/$q" '{"canceled": true}' >/dev/null
    answer
    settle
    [[ $(document "$q" && document "$s1" && document "$s2") == "${before// asset/ archived_asset}" ]]
    mark
    zou_put "/data/entities/$q" '{"canceled": false}' >/dev/null
    answer
    [[ $(ids Shot) == "$(sorted "$s1" "$s2")" ]]
    # A program was killed when the sequence was back, and its shots were not.
    op-diff <"$out" 2>/dev/null | grep '"type":"Sequence"' | op-apply >/dev/null
    answer
    [[ $(ids Shot) == "$(sorted "$s1" "$s2")" ]]
    settle
    [[ $(document "$q" && document "$s1" && document "$s2") == "$before" ]]
}

@test "what is only absent is asked for by its id" {
    film
    zou_delete "/data/shots/$s2?force=true" >/dev/null
    batch "{\"name\": \"shot:update\", \"project_id\": \"$p\", \"data\": {\"shot_id\": \"$s2\"}}" >"$in"
    answer_in
    [[ $(ids Deleted) == "$s2" && $(requests "/data/entities/$s2") == 1 ]]
    settle
}

@test "many that are absent: read in full instead" {
    film
    # Copies of one, and gone again without a word in Zou's log.
    zou_sql "INSERT INTO entity SELECT (jsonb_populate_record(e, jsonb_build_object('id', gen_random_uuid(), 'name', 'SHX' || i))).*
        FROM entity e, generate_series(1, 22) i WHERE id = '$s2' RETURNING id" >"$BATS_TEST_TMPDIR/shots"
    sync
    mapfile -t shots <"$BATS_TEST_TMPDIR/shots"
    zou_sql "DELETE FROM entity WHERE project_id = '$p' AND name LIKE 'SHX%'"
    for s in "${shots[@]}"; do echo "{\"name\": \"shot:update\", \"project_id\": \"$p\", \"data\": {\"shot_id\": \"$s\"}}"; done >"$in.events"
    mapfile -t made <"$in.events"
    batch "${made[@]}" >"$in"
    answer_in
    [[ $(requests /data/entities/) == 0 ]]
    [[ $(got 'select(.type == "End") | .scope') == full ]]
}

@test "a canceled shot comes as it is, and comes back" {
    film
    zou_delete "/data/shots/$s1" >/dev/null
    answer
    [[ $(got 'select(.type == "Shot") | .canceled') == true && -z $(ids Deleted) ]]
    settle
    mark
    zou_put "/data/entities/$s1" '{"canceled": false}' >/dev/null
    answer
    [[ $(ids Task) == "$t1" ]]
    settle
}

@test "a sequence that comes back brings what lies below it" {
    show
    zou_tasks "$p" "$animation" shots "$s1" >/dev/null
    sync
    mark
    zou_put "/data/entities/$e" '{"canceled": true}' >/dev/null
    answer
    settle
    mark
    zou_put "/data/entities/$e" '{"canceled": false}' >/dev/null
    answer
    [[ $(ids Episode) == "$e" && $(ids Sequence) == "$q" && $(ids Shot) == "$s1" ]]
    as_full
    settle
}

# apply_answer: into the store; 1 is something skipped.
apply_answer() { op-diff <"$out" 2>/dev/null | op-apply >/dev/null 2>&1 || true; }

@test "what was skipped costs the events of others nothing, and is remembered" {
    film
    bad=$(zou_shot "$p" "$q" "SH 900")
    zou_asset "$p" "$characters" Fox >/dev/null
    zou_asset "$p" "$(zou_asset_type "O$name")" Fox >/dev/null
    sync
    skipped() { sync-status -s "$KITSU_SERVER" --json | jq .skipped; }
    before=$(skipped)
    mark
    zou_put "/data/entities/$s1" '{"data": {"frame_in": "1002"}}' >/dev/null
    answer
    [[ $(types) == "Project TaskType TaskStatus Shot Task End Checkpoint" && $(ids Shot) == "$s1" ]]
    (($(requests "$p\|entities\|tasks?") <= 4))
    apply_answer
    [[ $(skipped) == "$before" ]]
    mark
    zou_put "/data/entities/$bad" '{"name": "SH900"}' >/dev/null
    answer
    [[ $(ids Shot) == "$bad" && -z $(ids Asset) ]]
    apply_answer
    [[ $(skipped) == $((before - 1)) ]]
    settle
}

@test "below a bad sequence an event brings its shot and the sequence, not the others" {
    film
    zou_put "/data/entities/$q" '{"name": "SQ 01"}' >/dev/null
    answer
    apply_answer
    s3=$(zou_shot "$p" "$q" SH030) s4=$(zou_shot "$p" "$q" SH040)
    sync
    mark
    zou_put "/data/entities/$s3" '{"description": "x"}' >/dev/null
    answer
    [[ $(ids Sequence) == "$q" && $(ids Shot) == "$s3" ]]
    apply_answer
    mark
    zou_put "/data/entities/$q" '{"name": "SQ01"}' >/dev/null
    answer
    [[ $(ids Shot) == *"$s3"* && $(ids Shot) == *"$s4"* ]]
    settle
}

# taken: the assets Fox and Fox of another type, $twin before $second, which is skipped.
taken() {
    film
    twin=$(zou_asset "$p" "$characters" Fox)
    sleep 1.1 # the older one has the name
    second=$(zou_asset "$p" "$(zou_asset_type "O$name")" Fox)
}

@test "a name that became free before a program was killed, which did not remember it yet" {
    taken
    sync
    mark
    zou_put "/data/entities/$twin" '{"name": "Wolf"}' >/dev/null
    answer
    op-diff <"$out" 2>/dev/null | jq -c --arg id "$twin" 'select(.type == "Change" and .entity.id == $id)' | op-apply >/dev/null
    answer
    [[ $(ids Asset) == *"$second"* ]]
    settle
}

@test "a name that an entity has whose document the store refused" {
    taken
    zou_put "/data/entities/$twin" "$(jq -n '{data: {long: ("x" * 2000000)}}')" >/dev/null
    kitsu-fetch -P "$p" | op-diff 2>/dev/null |
        jq -c --arg id "$twin" 'if .type == "Change" and .entity.id == $id then .fullDocument.data.x = [range(1500000) | 1] else . end' |
        op-apply >/dev/null 2>&1 || true
    mark
    zou_put "/data/entities/$twin" '{"name": "Wolf"}' >/dev/null
    answer
    [[ $(ids Asset) == *"$second"* && $(ids Asset) == *"$twin"* ]]
    settle
}

@test "names that become free one after the other, in several batches" {
    taken
    third=$(zou_asset "$p" "$(zou_asset_type "Q$name")" Owl)
    sleep 1.1
    fourth=$(zou_asset "$p" "$(zou_asset_type "P$name")" Owl)
    sync
    # The fourth wants the third's name, which wants the second's, which wants the first's.
    mark
    zou_put "/data/entities/$third" '{"name": "Fox"}' >/dev/null
    answer
    apply_answer
    mark
    zou_put "/data/entities/$twin" '{"name": "Wolf"}' >/dev/null
    answer
    [[ $(ids Asset) == *"$second"* && $(ids Asset) == *"$third"* && $(ids Asset) == *"$fourth"* ]]
    apply_answer
    mark
    zou_put "/data/entities/$second" '{"name": "Bee"}' >/dev/null
    answer
    apply_answer
    settle
    [[ $(op-dump --bare -P "$name" | jq -r 'select(.data.zou.type == "Asset").name' | sort | paste -sd ' ') == "Bear Bee Fox Owl Wolf" ]]
}

@test "the name of an asset type that the project no longer uses becomes free" {
    film
    twin=$(zou_asset "$p" "$(zou_asset_type "O$name")" Fox)
    second=$(zou_sequence "$p" "O$name")
    sync
    mark
    zou_delete "/data/assets/$twin?force=true" >/dev/null
    answer
    [[ $(ids Sequence) == "$second" && $(ids Deleted) == "$twin" ]]
    settle
}

@test "a bad name made good: with all below it, and what is skipped with it" {
    show
    zou_put "/data/entities/$q" '{"name": "SQ 01"}' >/dev/null
    answer
    apply_answer
    mark
    s3=$(zou_shot "$p" "$q" SH030)
    answer
    [[ $(ids Sequence) == "$q" && $(ids Shot) == *"$s3"* ]]
    apply_answer
    mark
    zou_put "/data/entities/$e" '{"description": "y"}' >/dev/null
    answer
    [[ $(ids Sequence) == "$q" && $(ids Shot) == *"$s3"* ]]
    apply_answer
    mark
    zou_put "/data/entities/$q" '{"name": "SQ09"}' >/dev/null
    answer
    [[ $(ids Sequence) == "$q" && $(ids Shot) == *"$s3"* ]]
    settle
}

@test "a name that becomes free" {
    film
    twin=$(zou_asset "$p" "$characters" Fox)
    sleep 1.1 # the older one has the name
    other=$(zou_asset_type "O$name")
    second=$(zou_asset "$p" "$other" Fox)
    sync
    mark
    zou_delete "/data/assets/$twin?force=true" >/dev/null
    answer
    [[ $(ids Asset) == "$second" && $(ids Deleted) == "$twin" ]]
    settle
}

@test "the project itself: whole, without its entities" {
    film
    zou_put "/data/projects/$p" '{"fps": "30"}' >/dev/null
    answer
    [[ $(types) == "Project TaskType TaskStatus Person AssetTypes End Checkpoint" ]]
    [[ $(got 'select(.type == "End") | .whole') == true ]]
    [[ $(requests /data/entities) == 0 && $(requests '/data/tasks') == 0 ]]
    settle
}

@test "a metadata descriptor: all of the project" {
    film
    zou_post "/data/projects/$p/metadata-descriptors" '{"entity_type": "Shot", "name": "Weather", "data_type": "string", "choices": []}' >/dev/null
    answer
    [[ $(got 'select(.type == "End") | .scope') == full ]]
    settle
}

@test "a Sync of one project, and of all" {
    film
    first=$p
    name=$name.b
    p=$(zou_project "${name/./_}" short)
    jq -nc --arg p "$p" '{type: "Sync", project_id: $p}, {type: "Checkpoint", server: "x", projects: null, created_at: null, ids: [], events: 0}' >"$in"
    answer_in
    [[ $(got 'select(.type == "End") | .scope + " " + .project_id') == "full $p" ]]
    op-diff <"$out" 2>/dev/null | op-apply >/dev/null
    zou_close_project "$first"
    zou_delete "/data/projects/$first?force=true" >/dev/null
    jq -nc '{type: "Sync", project_id: null}, {type: "Checkpoint", server: "x", projects: null, created_at: null, ids: [], events: 0}' >"$in"
    answer_in
    [[ $(got 'select(.type == "End") | .project_id') == *"$p"* ]]
    [[ $(got 'select(.type == "Deleted") | .entity_type + " " + .id') == "Project $first" ]]
    [[ $(got 'select(.type == "Checkpoint") | .created_at') == null ]]
}

@test "a project that the store does not have, closed, opened, deleted" {
    mark
    p=$(zou_project "$name" tvshow)
    answer
    [[ $(got "select(.project_id == \"$p\" and .type == \"End\") | .scope") == full ]]
    settle
    mark
    zou_close_project "$p"
    answer
    [[ $(types) == "Project End Checkpoint" && $(got 'select(.type == "End") | [.scope, .whole] | tojson') == '["events",null]' ]]
    settle
    mark
    zou_put "/data/projects/$p" '{"description": "x"}' >/dev/null
    answer
    [[ $(types) == "Project End Checkpoint" ]]
    zou_open_project "$p"
    answer
    [[ $(got 'select(.type == "End") | .scope') == full ]]
    settle
    mark
    zou_close_project "$p"
    zou_delete "/data/projects/$p?force=true" >/dev/null
    answer
    [[ $(types) == "Deleted Checkpoint" && $(ids Deleted) == "$p" && $status == 0 ]]
    op-diff <"$out" 2>/dev/null | op-apply >/dev/null
    # Nobody has it now.
    answer
    [[ $(types) == "Checkpoint" && $status == 0 ]]
}

@test "a project with a bad name costs two requests, until it is renamed" {
    p=$(zou_project "bad name $name" short)
    q=$(zou_sequence "$p" SQ01)
    sync
    mark
    zou_shot "$p" "$q" SH010 >/dev/null
    answer
    [[ $(types) == "Project End Checkpoint" && $(got 'select(.type == "End") | .scope') == events ]]
    (($(requests /data/projects/) + $(requests /data/entities) + $(requests /data/tasks) <= 2))
    zou_put "/data/projects/$p" "{\"name\": \"$name\"}" >/dev/null
    answer
    [[ $(got 'select(.type == "End") | .scope') == full ]]
    settle
}

@test "a task type: every open project of the store, whole" {
    film
    type=$(zou_make /data/task-types --arg name "Type $name" --arg for_entity Shot --arg color '#000000')
    answer
    [[ $(got 'select(.type == "End") | [.scope, .whole, .project_id] | tojson') == "[\"events\",true,\"$p\"]" ]]
    [[ $(got "select(.type == \"TaskType\" and .id == \"$type\") | .name") == "Type $name" ]]
    settle
    mark
    zou_put "/data/task-types/$type" '{"name": "Renamed'"$name"'"}' >/dev/null
    answer
    settle
    # One that the kept list lacks: it is read again.
    zou_put "/data/entities/$s1" '{"nb_frames": 3}' >/dev/null
    events >"$in"
    other=$(zou_make /data/task-types --arg name "Late $name" --arg for_entity Shot --arg color '#000000')
    zou_tasks "$p" "$other" shots "$s1" >/dev/null
    {
        cat "$in"
        batch "{\"name\": \"shot:update\", \"project_id\": \"$p\", \"data\": {\"shot_id\": \"$s1\"}}"
    } >"$in.2"
    mv "$in.2" "$in"
    answer_in
    got "select(.type == \"TaskType\" and .id == \"$other\") | .id" | grep -q "$other"
    for id in "$type" "$other"; do zou_delete "/data/task-types/$id?force=true" >/dev/null || true; done
}

@test "an asset type, renamed: where it is used" {
    type=$(zou_asset_type "Props$name")
    other=$(zou_project "${name}_b" short)
    p=$(zou_project "$name" short)
    zou_asset "$p" "$type" Cup >/dev/null
    sync -P "$p" -P "$other"
    mark
    zou_put "/data/entity-types/$type" "{\"name\": \"Things$name\"}" >/dev/null
    answer
    [[ $(types) == "Project TaskType AssetType AssetTypes End Checkpoint" ]]
    [[ $(got 'select(.type == "End") | .project_id') == "$p" ]]
    [[ $(got 'select(.type == "AssetType") | .name') == "Things$name" ]]
    [[ $(requests '/data/entities?') == 0 ]]
    as_full
    settle
    # A new one is nobody's yet; a bad name made good is where it was refused.
    mark
    fresh=$(zou_asset_type "bad name $name")
    answer
    [[ $(types) == "Checkpoint" ]]
    zou_asset "$p" "$fresh" Pot >/dev/null
    sync
    mark
    zou_put "/data/entity-types/$fresh" "{\"name\": \"Good$name\"}" >/dev/null
    answer
    [[ $(ids AssetType) == "$fresh" ]]
    settle
}

@test "castings, whatever the events are called" {
    film
    zou_put "/data/projects/$p/entities/$s1/casting" "[{\"asset_id\": \"$a\", \"nb_occurences\": 2}]" >/dev/null
    answer
    [[ $(ids Shot) == "$s1" && $(ids Asset) == "$a" ]]
    as_full
    settle
    batch "{\"name\": \"plugin:strange\", \"project_id\": \"$p\", \"data\": {\"Asset_id\": \"$a\", \"entity_in_id\": \"$s2\", \"person_id\": \"$s1\", \"added_shot_ids\": [], \"removed_sequence_ids\": [\"$q\"]}}" >"$in"
    answer_in
    [[ $(ids Asset) == "$a" && $(ids Shot) == "$s2" && $(ids Sequence) == "$q" ]]
}

@test "what a casting changes elsewhere: the episode, the tasks of the shots" {
    show
    a=$(zou_asset "$p" "$characters" Bear)
    zou_post "/data/projects/$p/settings/task-types" "{\"task_type_id\": \"$animation\", \"priority\": 1}" >/dev/null
    zou_tasks "$p" "$animation" shots "$s1" >/dev/null
    sync
    mark
    zou_put "/data/projects/$p/entities/$s1/casting" "[{\"asset_id\": \"$a\", \"nb_occurences\": 2}]" >/dev/null
    answer
    [[ $(ids Episode) == "$e" && $(got 'select(.type == "Episode") | .nb_entities_out') == 1 ]]
    as_full
    settle
    # Zou says nothing about the shot's task.
    mark
    zou_put "/data/entities/$a" "{\"ready_for\": \"$animation\"}" >/dev/null
    answer
    [[ $(ids Shot) == "$s1" && $(got 'select(.type == "Task") | .nb_assets_ready') == 1 ]]
    settle
    mark
    zou_put "/data/entities/$a" '{"description": "x"}' >/dev/null
    answer
    [[ -z $(ids Shot) ]]
    settle
}

@test "events of other things touch nothing; those without an id the whole project" {
    film
    batch "{\"name\": \"person:update\", \"project_id\": null, \"data\": {\"person_id\": \"$s1\"}}" \
        "{\"name\": \"preview-file:update\", \"project_id\": \"$p\", \"data\": {\"preview_file_id\": \"$s1\", \"project_id\": \"$p\"}}" \
        "{\"name\": \"playlist:update\", \"project_id\": \"$p\", \"data\": {\"playlist_id\": \"$s1\", \"task_status_id\": \"$s1\", \"task_type_id\": \"$s1\"}}" \
        '{"name": "main:test", "project_id": null, "data": null}' >"$in"
    answer_in
    [[ $status == 0 && $(types) == "Checkpoint" ]]
    [[ $(requests) == "$(requests /data/persons)" ]] # who may be called otherwise
    for event in entity-link task; do
        batch "{\"name\": \"$event:new\", \"project_id\": \"$p\", \"data\": {\"project_id\": \"$p\"}}" >"$in"
        answer_in
        [[ $(got 'select(.type == "End") | .scope') == full ]]
    done
}

@test "a person who is deleted: all is read, the assignments and the log's events went along" {
    film
    person=$(zou_person "$name@example.com" manager)
    zou_put "/actions/persons/$person/assign" "{\"task_ids\": [\"$t1\"]}" >/dev/null
    sync
    mark
    token=$ZOU_TOKEN
    zou_post "/data/projects/$p/team" "{\"person_id\": \"$person\"}" >/dev/null
    zou_login "$name@example.com" mysecretpassword
    zou_put "/data/projects/$p" '{"fps": "30"}' >/dev/null
    ZOU_TOKEN=$token
    zou_delete "/data/persons/$person?force=true" >/dev/null
    [[ $(events 'select(.type == "Event").name' | sort -u) == '"person:delete"' ]]
    answer
    [[ $(got "select(.type == \"End\" and .project_id == \"$p\") | .scope") == full ]]
    settle
}

@test "an import from another Kitsu" {
    film
    shot=$(zou_get "/data/entities/$s1" | jq -c '{id, name: "SH011", project_id, entity_type_id, parent_id, type}')
    zou_post /import/kitsu/entities "[$shot]" >/dev/null
    answer
    [[ $(got 'select(.type == "Shot") | .name') == SH011 ]]
    settle
}

@test "events without a project, and with a wrong one" {
    film
    first=$p shot=$s1 task=$t1
    name=${name}_b
    film
    batch "{\"name\": \"asset_instance:new\", \"project_id\": null, \"data\": {\"asset_id\": \"$a\", \"shot_id\": \"$shot\"}}" \
        "{\"name\": \"comment:new\", \"project_id\": null, \"data\": {\"task_id\": \"$t1\"}}" >"$in"
    answer_in
    [[ $(got "select(.project_id == \"$p\" and (.type == \"Asset\" or .type == \"Shot\")) | .id" | sort | paste -sd ' ') == "$(sorted "$a" "$s1")" ]]
    [[ $(got "select(.project_id == \"$first\" and .type == \"Shot\") | .id") == "$shot" ]]
    batch "{\"name\": \"shot:update\", \"project_id\": \"$p\", \"data\": {\"shot_id\": \"$shot\"}}" \
        "{\"name\": \"task:update\", \"project_id\": \"$p\", \"data\": {\"task_id\": \"$task\"}}" >"$in"
    answer_in
    [[ $status == 0 && $(got 'select(.type == "Shot") | .project_id') == "$first" && -z $(ids Deleted) ]]
    # What Kitsu lacks and only the store knows.
    zou_delete "/data/shots/$shot?force=true" >/dev/null
    batch "{\"name\": \"asset_instance:new\", \"project_id\": null, \"data\": {\"shot_id\": \"$shot\"}}" >"$in"
    answer_in
    [[ $(got 'select(.type == "Deleted") | .id + .project_id') == "$shot$first" ]]
}

@test "assets made at once in each of two projects: a request for each" {
    p=$(zou_project "$name" short)
    other=$(zou_project "${name}_b" short)
    sync -P "$p" -P "$other"
    mark
    for i in {1..10}; do
        zou_asset "$p" "$characters" "A$i" >>"$BATS_TEST_TMPDIR/one" &
        zou_asset "$other" "$characters" "A$i" >>"$BATS_TEST_TMPDIR/two" &
    done
    wait
    answer
    [[ $(got "select(.type == \"Asset\" and .project_id == \"$p\") | .id" | sort) == "$(sort "$BATS_TEST_TMPDIR/one")" ]]
    [[ $(got "select(.type == \"Asset\" and .project_id == \"$other\") | .id" | sort) == "$(sort "$BATS_TEST_TMPDIR/two")" ]]
    [[ $(got 'select(.type == "Asset") | .id' | wc -l) == 20 ]]
    (($(requests "/data/entities?") == 2))
    settle -P "$p" -P "$other"
}

@test "hundreds are asked for in bulk, more are a full reading" {
    film
    for ((i = 0; i < 400; i++)); do
        printf '{"name": "shot:update", "project_id": "%s", "data": {"shot_id": "00000000-0000-4000-8000-%012d"}}\n' "$p" "$i"
    done >"$in.events"
    mapfile -t made <"$in.events"
    batch "${made[@]}" >"$in"
    answer_in
    [[ $status == 0 && $(types) == "Project TaskType End Checkpoint" ]]
    [[ $(requests '/data/entities?id=') == 5 ]]
    for ((i = 0; i < 800; i++)); do
        printf '{"type": "Event", "name": "shot:update", "project_id": "%s", "data": {"shot_id": "00000000-0000-4000-8000-%012d"}}\n' "$p" "$i"
    done >"$in"
    batch >>"$in"
    answer_in
    [[ $status == 0 && $(got 'select(.type == "End") | .scope') == full ]]
    [[ $(requests '/data/entities?id=') == 0 ]]
}

@test "memory stays the same over 100,000 events" {
    film
    # In batches of 4,000: each is some requests.
    for ((i = 0; i < 4000; i++)); do
        printf '{"type":"Event","id":"%d","created_at":"2026-11-24T00:00:00","name":"shot:update","project_id":"%s","data":{"shot_id":"%s"}}\n' "$i" "$p" "$s1"
    done >"$in.4000"
    batch >>"$in.4000"
    for ((i = 0; i < 25; i++)); do cat "$in.4000"; done >"$in"
    /usr/bin/env bash -c 'kitsu-fetch --events <"$1" >"$2" & pid=$!
        while kill -0 $pid 2>/dev/null; do
            awk "/VmHWM/ {print \$2}" /proc/$pid/status >>"$3" 2>/dev/null
            sleep 0.1
        done
        wait $pid' bash "$in" "$out" "$BATS_TEST_TMPDIR/memory"
    [[ $(grep -c '"type":"Checkpoint"' "$out") == 25 ]]
    [[ ${OPKITSU_BUILD-} != */san ]] || return 0 # whose memory is its own matter
    # KiB
    (($(tail -n 1 "$BATS_TEST_TMPDIR/memory") < 40000))
    (($(tail -n 1 "$BATS_TEST_TMPDIR/memory") - $(sed -n 5p "$BATS_TEST_TMPDIR/memory") < 4000))
}

@test "-P: others are not answered, what is unknown is passed on" {
    film
    first=$p shot=$s1
    name=${name}_b
    film
    batch "{\"name\": \"shot:update\", \"project_id\": \"$p\", \"data\": {\"shot_id\": \"$s1\"}}" \
        "{\"name\": \"shot:update\", \"project_id\": \"$first\", \"data\": {\"shot_id\": \"$shot\"}}" |
        sed '1i {"type":"Strange", "b": 1.50}' >"$in"
    cat "$in" "$in" >"$in.2"
    mv "$in.2" "$in"
    answer_in -P "$name"
    [[ $(head -n 1 "$out") == '{"type":"Strange", "b": 1.50}' ]]
    [[ $(got 'select(.type == "End") | .project_id' | uniq) == "$p" ]]
    # Asked for once, to know its name.
    [[ $(requests "/data/projects/$first") == 1 ]]
    answer_in -P "$first"
    [[ $(got 'select(.type == "End") | .project_id' | uniq) == "$first" ]]
}

@test "the projects of the Checkpoint are all that is answered" {
    film
    first=$p
    name=${name}_b
    film
    for batch in '{"name": "task-type:update", "project_id": null, "data": {"task_type_id": "'"$animation"'"}}' \
        '{"name": "preview-file:delete", "project_id": null, "data": {"task_id": "'"$t1"'"}}' not_json; do
        batch "$batch" 2>/dev/null | sed "s/\"projects\":null/\"projects\":[\"$p\"]/" >"$in"
        [[ $batch != not_json ]] || batch | sed "s/\"projects\":null/\"projects\":[\"$p\"]/; 1i $batch" >"$in"
        answer_in
        [[ $(got 'select(.type == "End") | .project_id' | uniq) == "$p" ]]
        [[ $(requests "/data/projects/$first") == 0 ]]
    done
}

@test "the Checkpoint is the last of a batch, and keeps what it has" {
    film
    batch | sed 's/"events":1/"events":0,"created":1.50,"full_sync":["x"]/' >"$in"
    answer_in
    [[ $status == 0 && $(requests) == 0 ]]
    [[ $(cat "$out") == "$(cat "$in")" ]]
    zou_put "/data/entities/$s1" '{"nb_frames": 5}' >/dev/null
    events 'select(.type == "Event")' >"$in"
    answer_in
    [[ $status == 1 && ! -s $out ]]
    grep -q 'stdin ended without a Checkpoint' "$err"
}

@test "a line that cannot be read may have been any event: all is read" {
    film
    { echo '{"type":"Event"' && batch; } >"$in"
    answer_in
    [[ $status == 1 ]]
    [[ $(got "select(.type == \"End\" and .project_id == \"$p\") | .scope") == full ]]
    grep -q 'stdin:1:' "$err"
}

@test "roles: a manager, and a vendor, who is told nothing is deleted" {
    film
    for role in manager vendor; do
        person=$(zou_person "$name.$role@example.com" $role)
        zou_team_add "$p" "$person"
    done
    sync
    mark
    zou_put "/data/entities/$s1" '{"nb_frames": 7}' >/dev/null
    zou_delete "/data/shots/$s2?force=true" >/dev/null
    answer -l "$name.manager@example.com"
    [[ $status == 0 && $(ids Shot) == "$s1" && $(ids Deleted) == "$s2" && $(requests /team) == 1 ]]
    as_full
    answer -l "$name.vendor@example.com"
    [[ $status == 1 && -z $(ids Deleted) ]]
    [[ $(got 'select(.type == "End") | .partial') == true ]]
    grep -q 'a vendor sees only a part' "$err"
}

@test "a project that this user may not see is left to a full reading" {
    film
    zou_person "$name.manager@example.com" manager >/dev/null
    zou_put "/data/entities/$s1" '{"nb_frames": 8}' >/dev/null
    answer -l "$name.manager@example.com"
    [[ $status == 1 && $(types) == Checkpoint ]]
    [[ $(got '.full_sync | join(" ")') == "$p" ]]
}

@test "Zou is down, the log-in is refused: no Checkpoint" {
    film
    zou_put "/data/entities/$s1" '{"nb_frames": 9}' >/dev/null
    events >"$in"
    XDG_RUNTIME_DIR=$BATS_TEST_TMPDIR KITSU_PWD=wrong answer_in
    [[ $status == 77 && ! -s $out ]]
    "$BATS_TEST_DIRNAME/../servers/studio" stop-piece "$STUDIO_DIR" nginx
    answer_in
    "$BATS_TEST_DIRNAME/../servers/studio" start-piece "$STUDIO_DIR" nginx 3>&-
    [[ $status == 69 || $status == 75 ]]
    [[ ! -s $out ]]
}

@test "an empty store: the project comes whole; the store is seen when it is made" {
    p=$(zou_project "$name" short)
    mark
    zou_sequence "$p" SQ01 >/dev/null
    events >"$in"
    # The second batch waits for the first to be in the store.
    { cat "$in" && sleep 3 && cat "$in"; } | kitsu-fetch --events 2>"$err" |
        while IFS= read -r line; do
            printf '%s\n' "$line" >>"$out"
            printf '%s\n' "$line"
            [[ $line != *'"type":"Checkpoint"'* ]] || break
        done | op-diff | op-apply >/dev/null || true
    [[ $(got 'select(.type == "End") | .scope' | head -n 1) == full ]]
    settle
}

@test "Mongo: the same" {
    need_mongo
    AVALON_DB=avalon_$name OPENPYPE_DATABASE_NAME=openpype_$name OP_STORE=$STUDIO_MONGO
    export MONGOC_DISABLE_SHM=1
    film
    zou_delete "/data/shots/$s2?force=true" >/dev/null
    zou_delete "/data/tasks/$t1?force=true" >/dev/null
    fox=$(zou_asset "$p" "$characters" Fox)
    answer
    [[ $(ids Deleted) == "$s2" && $(ids Asset) == "$fox" && $(ids Shot) == "$s1" ]]
    settle
}

@test "--types is not for events" {
    run -64 kitsu-fetch --events --types Shot </dev/null
    run -0 --separate-stderr kitsu-fetch --events </dev/null
    [[ -z $output ]]
}
