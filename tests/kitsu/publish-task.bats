#!/usr/bin/env bats
# publish-task, against a real Zou.
# shellcheck disable=SC1091,SC2016,SC2030,SC2031,SC2154 # bats' run and subshells

bats_require_minimum_version 1.5.0

setup_file() {
    load ../lib/common
    load ../lib/zou
    own_kitsu_start
    # demo: E01/SQ01/SH010, SQ02/SH010, SH020 in both; shots of names that end alike
    demo=$(zou_project demo tvshow)
    e01=$(zou_get "/data/projects/$demo/episodes" | jq -r '.[0].id')
    sq01=$(zou_sequence "$demo" SQ01 "$e01")
    sq02=$(zou_sequence "$demo" SQ02 "$e01")
    sh010=$(zou_shot "$demo" "$sq01" SH010)
    other=$(zou_shot "$demo" "$sq02" SH010)
    only=$(zou_shot "$demo" "$sq02" 'SH 030&x=1')
    animation=$(zou_task_type Animation Shot)
    layout=$(zou_task_type Layout Shot)
    task=$(zou_tasks "$demo" "$animation" shots "$sh010")
    zou_tasks "$demo" "$layout" shots "$sh010" >/dev/null
    sleep 1.1 # Zou shows whole seconds, and the older task has the type's own name
    rough=$(zou_make /data/tasks --arg name rough --arg project_id "$demo" --arg task_type_id "$animation" \
        --arg entity_id "$sh010" --arg task_status_id "$(zou_task_status Todo)")
    zou_tasks "$demo" "$animation" shots "$other" >/dev/null
    odd=$(zou_tasks "$demo" "$animation" shots "$only")
    artist=$(zou_person artist@example.com user)
    zou_team_add "$demo" "$artist"
    zou_person stranger@example.com user >/dev/null
    export demo sq01 sh010 other odd task rough animation artist
}

teardown_file() {
    load ../lib/zou
    own_kitsu_stop
}

setup() {
    load ../lib/common
    load ../lib/zou
    load ../lib/store
    own_home 0.5
    unset KITSU_TOKEN OPENPYPE_MONGO
    use_sqlite
    shopt -s lastpipe # find_task is often a pipe's end, and sets $status
}

# find ARGUMENT...: of demo; $status, out, err
find_task() {
    status=0
    publish-task "$@" >out 2>err || status=$?
    echo "status $status"
    cat out err
}
demo() { find_task -P demo "$@"; }

out() { jq -r "$1" out; }

# synced: the store has the project, but for the shot of the odd name
synced() { kitsu-fetch -P demo 2>/dev/null | op-diff 2>/dev/null | op-apply >/dev/null || [[ $? == 1 ]]; }

# requests: those of publish-task since forget
forget() { : >"$BATS_FILE_TMPDIR/kitsu/nginx-access.log"; }
requests() { grep -v 'zou.bash\|/auth/' "$BATS_FILE_TMPDIR/kitsu/nginx-access.log" | cut -d ' ' -f 1,2; }

# publish [FILTER]: a record of two instances
publish() {
    jq -nc '{type: "Publish", project: "demo", asset: "E01_SQ01_SH010", task_name: "Animation",
        instances: [{family: "workfile", publish: true}, {family: "render", families: ["review"], publish: true}]} | '"${1-.}"
}

@test "by the store's link: one task, and what it can get; a fixed number of requests" {
    synced
    forget
    demo -a E01_SQ01_SH010 -t Animation
    [[ $status == 0 && ! -s err && $(out .task.id) == "$task" ]]
    [[ $(out .task.task_status.short_name) == todo && $(out .task.task_status_id) == $(zou_task_status Todo) ]]
    [[ $(out '[.task_statuses[].short_name] | contains(["todo", "wip", "wfa", "retake", "done"])') == true ]]
    [[ $(out '.task_statuses | map(.id | length) | unique[]') == 36 ]]
    requests | tee requests
    [[ $(head -n 1 requests) == "GET /api/data/tasks/$task" && $(wc -l <requests) == 4 ]]
    run ! grep -v '^GET ' requests
}

@test "MongoDB: by the store's link" {
    use_mongo
    synced
    forget
    demo -a E01_SQ01_SH010 -t Animation_rough
    [[ $status == 0 && $(out .task.id) == "$rough" && $(requests | head -n 1) == "GET /api/data/tasks/$rough" ]]
}

@test "the link of a document goes before all names" {
    synced
    # As if it had been renamed in Kitsu since: the link still is to that task.
    op-dump -P demo | jq -c 'select(.document.name == "E01_SQ01_SH010") | {type: "Change", operationType: "update",
        ns, documentKey: {_id: .document._id}, updateDescription: {updatedFields: {"data.tasks.Layout": (.document.data.tasks.Layout | .zou.id = "'"$rough"'")}, removedFields: []},
        fullDocumentBeforeChange: {data: {tasks: {Layout: .document.data.tasks.Layout}}}}' | op-apply | grep -q applied
    demo -a E01_SQ01_SH010 -t layout
    [[ $status == 0 && $(out .task.id) == "$rough" ]]
}

@test "a link to a task that Kitsu no longer has: looked for, and found by the entity's id" {
    synced
    gone=00000000-0000-4000-8000-000000000000
    op-dump -P demo | jq -c 'select(.document.name == "E01_SQ01_SH010") | {type: "Change", operationType: "update",
        ns, documentKey: {_id: .document._id}, updateDescription: {updatedFields: {"data.tasks.Animation": (.document.data.tasks.Animation | .zou.id = "'"$gone"'")}, removedFields: []},
        fullDocumentBeforeChange: {data: {tasks: {Animation: .document.data.tasks.Animation}}}}' | op-apply | grep -q applied
    forget
    demo -v -a E01_SQ01_SH010 -t Animation
    [[ $status == 0 && $(out .task.id) == "$task" && $(cat err) == *"no longer in Kitsu"* ]]
    requests | grep -qF "/data/tasks?entity_id=$sh010"
    run ! grep -F "/data/entities" <(requests)
}

@test "without a store: by names, OpenPype's and Kitsu's" {
    demo -a E01_SQ01_SH010 -t Animation
    [[ $status == 0 && $(out .task.id) == "$task" ]]
    demo -a E01_SQ01_SH010 -t animation
    [[ $status == 0 && $(out .task.id) == "$task" ]]
    demo -a E01_SQ01_SH010 -t Animation_rough
    [[ $status == 0 && $(out .task.id) == "$rough" ]]
    demo -a E01_SQ01_SH010 -t rough
    [[ $status == 0 && $(out .task.id) == "$rough" ]]
    demo -a 'SH 030&x=1' -t Animation
    [[ $status == 0 && $(out .task.task_status.short_name) == todo ]]
    demo -a 'E01_SQ02_SH 030&x=1' -t Animation
    [[ $status == 0 ]]
}

@test "by names converted, where the settings say so" {
    demo -a E01_SQ02_SH_030_x_1 -t Animation
    [[ $status == 1 && $(cat err) == *'Kitsu has no "E01_SQ02_SH_030_x_1"'* ]]
    mkdir -p "$XDG_CONFIG_HOME/opkitsu"
    echo '{"opkitsu": {"names": "convert"}}' >"$XDG_CONFIG_HOME/opkitsu/settings.json"
    demo -a E01_SQ02_SH_030_x_1 -t Animation
    [[ $status == 0 && $(out .task.id) == "$odd" ]]
    demo -a SH_030_x_1 -t Animation
    [[ $status == 0 && $(out .task.id) == "$odd" ]]
    # A true name goes before, and what has one is found as ever.
    demo -a 'SH 030&x=1' -t Animation
    [[ $status == 0 && $(out .task.id) == "$odd" ]]
    demo -a E01_SQ01_SH010 -t Animation
    [[ $status == 0 && $(out .task.id) == "$task" ]]
    demo -a SH010 -t Animation
    [[ $status == 1 && $(cat err) == *'Kitsu has 2 entities named "SH010"'* ]]
    # A project's name, too.
    local odd_project shot
    odd_project=$(zou_project 'Été 2')
    shot=$(zou_shot "$odd_project" "$(zou_sequence "$odd_project" SQ01)" SH010)
    zou_tasks "$odd_project" "$animation" shots "$shot" >/dev/null
    find_task -P Ete_2 -a SQ01_SH010 -t Animation
    [[ $status == 0 ]]
}

@test "not found, or more than one: says what is where, exit 1, nothing on stdout" {
    demo -a SH010 -t Animation
    [[ $status == 1 && ! -s out && $(wc -l <err) == 1 ]]
    [[ $(cat err) == 'publish-task: demo/SH010/Animation: Kitsu has 2 entities named "SH010" in the project "demo": Shot "E01_SQ0'*', Shot "E01_SQ0'* ]]
    demo -a E01_SQ01_SH010 -t main
    [[ $status == 1 && ! -s out && $(cat err) == *'has 2 tasks "main" in Kitsu: give the type'\''s name instead ('*Layout* ]]
    demo -a E01_SQ01_SH010 -t Comp
    [[ $status == 1 && ! -s out && $(cat err) == 'publish-task: demo/E01_SQ01_SH010/Comp: Shot "E01_SQ01_SH010" has no task "Comp" in Kitsu'*Animation* ]]
    demo -a E01_SQ01_SH099 -t Comp
    [[ $status == 1 && ! -s out && $(cat err) == *'Kitsu has no "E01_SQ01_SH099" in the project "demo"'* ]]
    find_task -P nowhere -a x -t y
    [[ $status == 1 && ! -s out && $(cat err) == 'publish-task: nowhere/x/y: Kitsu has no project "nowhere"'* ]]
    find_task -P 'a/b$c' -a '$x' -t '../y'
    [[ $status == 1 && $(cat err) == *'no project "a/b$c"'* ]]
    # With the store it says the same.
    synced
    demo -a E01_SQ01_SH010 -t Comp
    [[ $status == 1 && $(cat err) == *'Shot "E01_SQ01_SH010" has no task "Comp"'* ]]
}

@test "the artist's own credentials, and what they let see" {
    export KITSU_LOGIN=artist@example.com
    demo -a E01_SQ01_SH010 -t Animation
    [[ $status == 0 && $(out .task.id) == "$task" ]]
    export KITSU_LOGIN=stranger@example.com
    demo -a E01_SQ01_SH010 -t Animation
    [[ $status == 1 && $(cat err) == *'no project "demo" that this user can see'* ]]
    KITSU_PWD=wrong demo -a E01_SQ01_SH010 -t Animation
    [[ $status == 77 && $(wc -l <err) == 1 && ! -s out ]]
    KITSU_SERVER=http://127.0.0.1:1 demo -a E01_SQ01_SH010 -t Animation
    [[ $status == 69 && ! -s out ]]
    find_task -d "sqlite:$BATS_TEST_DIRNAME/publish-task.bats" -P demo -a x -t y
    ((status >= 64))
}

@test "statuses: those of the project; none that an artist may not set, or that is archived" {
    wip=$(zou_task_status "Work In Progress")
    done=$(zou_task_status Done)
    zou_put "/data/task-status/$done" '{"is_artist_allowed": false}' >/dev/null
    demo -a E01_SQ01_SH010 -t Animation
    [[ $(out '.task_statuses | map(.short_name) | index("done") != null') == true ]]
    KITSU_LOGIN=artist@example.com demo -v -a E01_SQ01_SH010 -t Animation
    [[ $status == 0 && $(out '.task_statuses | map(.short_name) | index("done")') == null ]]
    [[ $(cat err) == *'an artist may not set the status "done"'* ]]
    zou_put "/data/task-status/$done" '{"is_artist_allowed": true}' >/dev/null
    for status_id in "$wip" "$done"; do
        zou_post "/data/projects/$demo/settings/task-status" '{"task_status_id": "'"$status_id"'"}' >/dev/null
    done
    demo -a E01_SQ01_SH010 -t Animation
    [[ $(out '.task_statuses | map(.short_name) | sort | join(" ")') == "done wip" && $(out .task.task_status.short_name) == todo ]]
    zou_put "/data/task-status/$done" '{"archived": true}' >/dev/null
    demo -a E01_SQ01_SH010 -t Animation
    zou_put "/data/task-status/$done" '{"archived": false}' >/dev/null
    for status_id in "$wip" "$done"; do
        zou_delete "/data/projects/$demo/settings/task-status/$status_id"
    done
    [[ $(out '.task_statuses | map(.short_name) | join(" ")') == wip ]]
}

@test "the record of options" {
    : >one.png
    mkdir sub
    demo -a E01_SQ01_SH010 -t Animation --family workfile --family render --comment 'a "b"' --publish-version 12 \
        --name renderMain --id p1 one.png sub/../none.mov
    jq -c 'del(.task, .task_statuses)' out >got
    jq -nc --arg pwd "$(realpath .)" '{type: "Publish", id: "p1", project: "demo", asset: "E01_SQ01_SH010", task_name: "Animation",
        instances: [{family: "workfile", families: ["review"], publish: true, comment: "a \"b\"", version: 12, name: "renderMain",
            representations: [{published_path: "\($pwd)/one.png", tags: ["kitsureview"]}, {published_path: "\($pwd)/none.mov", tags: ["kitsureview"]}]},
            {family: "render", publish: true}]}' | diff - got
    demo -a E01_SQ01_SH010 -t Animation --unpublished
    [[ $(out '.instances | map([.family, .publish])[] | join(" ")') == "review false" ]]
}

@test "the id: of the same publish the same, from whatever folder; of another another" {
    mkdir sub
    local a=(-a E01_SQ01_SH010 -t Animation --family render --comment x --publish-version 1)
    id() { publish-task -P demo "${a[@]}" "$@" | jq -r .id; }
    first=$(id one.png)
    [[ $first =~ ^[0-9a-f]{32}$ && $(id one.png) == "$first" && $(id ./one.png) == "$first" && $(id --unpublished one.png) == "$first" ]]
    [[ $(cd sub && id ../one.png) == "$first" ]]
    for other in "two.png" "one.png --comment y" "one.png --publish-version 2" "one.png --family x" "one.png two.png" \
        "one.png -a E01_SQ02_SH010" "one.png -t Layout" "one.png --name x"; do
        # shellcheck disable=SC2086 # words
        id $other
    done | sort -u >ids
    [[ $(wc -l <ids) -ge 7 ]]
    run ! grep -x "$first" ids
    [[ $(id --id mine) == mine ]]
    # What became of it does not count.
    [[ $(publish | publish-task | jq -r .id) == "$(publish '.instances[0].publish = false' | publish-task | jq -r .id)" ]]
    [[ $(publish '.id = "x"' | publish-task | jq -r .id) == x ]]
    # A set of families has another order in every run.
    both=$(publish '.instances[1].families = ["review", "ftrack"]' | publish-task | jq -r .id)
    [[ $(publish '.instances[1].families = ["ftrack", "review"]' | publish-task | jq -r .id) == "$both" ]]
    [[ $(publish '.instances[1].families = ["ftrack", "review", "x"]' | publish-task | jq -r .id) != "$both" ]]
}

@test "records: instances of other tasks; one that is not found keeps nobody from the others" {
    publish '.instances += [{family: "render", families: ["review"], asset: "E01_SQ02_SH010"},
        {family: "review", task_name: "rough"}, {family: "review", asset: "nope", publish: true}, {family: "x", asset: "nope"}]' | find_task
    [[ $status == 1 && $(wc -l <out) == 1 ]]
    [[ $(cat err) == 'publish-task: stdin:1: instances[4]: demo/nope/Animation: Kitsu has no "nope"'* && $(wc -l <err) == 1 ]]
    [[ $(out .task) == null && $(out '.instances[1].task.id') == "$task" && $(out '.instances[3].task.id') == "$rough" ]]
    [[ $(out '[.instances[] | .task != null] | map(tostring) | join(" ")') == "false true true true false false" ]]
    # The rule comments on three, and on no wrong one.
    note-rule <out >comments
    [[ $(jq -r .instance comments | xargs) == "1 2 3" ]]
}

@test "records: a task that is given; nothing to review; others pass; what makes no sense" {
    forget
    publish '.task = {id: "t", task_status_id: "s", task_status: {short_name: "x"}} | .task_statuses = []' | find_task
    [[ $status == 0 && $(out .task.id) == t && $(requests) == "" ]]
    publish '.instances[1].families = []' | find_task
    [[ $status == 0 && $(out '.task') == null && $(requests) == "" ]]
    publish '.task = {id: "'"$task"'"} | del(.asset)' | find_task
    [[ $status == 0 && $(out .task.task_status.short_name) == todo && $(out '.task_statuses | length > 3') == true ]]
    {
        echo '{"type":"Other","x":[1.50]}'
        echo 'no JSON'
        publish '.instances = 5, .instances[0] = 1, .project = 5, .task = "x", .task = {}, .task = {id: "../x"}, del(.project), del(.asset), .instances[1].task_name = []'
        publish
    } | find_task
    [[ $status == 1 && $(wc -l <out) == 2 && $(head -n 1 out) == '{"type":"Other","x":[1.50]}' && $(wc -l <err) == 10 ]]
    [[ $(sed -n 2p err) == *'stdin:3: a Publish without a list of "instances"' && $(sed -n 3p err) == *'instances[0]" is not an object' ]]
    publish '.instances = [range(10001) | {}]' | find_task
    [[ $status == 1 && ! -s out && $(cat err) == *"stdin:1: a Publish with more than 10000 instances" ]]
}

# template: what note-rule makes of `out` by a template with OpenPype's names
template() {
    jq -n '{kitsu: {publish: {IntegrateKitsuNote: {custom_comment_template:
        {enabled: true, comment_template: "{project}/{asset}/{task}"}}}}}' >template.json
    note-rule -c template.json <out 2>err | jq -r .text
}

# by_id [FILTER]: a publish that is known by its task's id alone
by_id() { publish 'del(.project, .asset, .task_name) | .task = {id: "'"$task"'"} | '"${1-.}"; }

@test "by the task's id alone: OpenPype's names, which templates have places for" {
    for store in none sqlite mongo; do
        [[ $store != mongo ]] || use_mongo
        [[ $store == none ]] || synced
        by_id | find_task
        [[ $status == 0 && $(out .task.id) == "$task" && $(template) == demo/E01_SQ01_SH010/Animation && ! -s err ]]
        # The whole task, as OpenPype's own plug-ins have it.
        by_id '.task += {task_status_id: "s", task_status: {short_name: "todo"}}' | find_task
        [[ $status == 0 && $(out .task.task_status_id) == s && $(template) == demo/E01_SQ01_SH010/Animation ]]
        # Of an instance of its own; what is given stays.
        by_id '.project = "other" | .instances[1].task = {id: "'"$odd"'"} |
            .instances += [.instances[1] | .asset = "mine" | .task.id = "'"$rough"'"]' | find_task
        [[ $(template | sed -n 1p) == 'other/E01_SQ02_SH 030&x=1/Animation' ]]
        [[ $(template | sed -n 2p) == other/mine/Animation"$([[ $store == none ]] || echo _rough)" ]]
    done
    # In the store they are the asset's own, whatever Kitsu says by now.
    op-dump -P demo | jq -c 'select(.document.name == "E01_SQ01_SH010") | {type: "Change", operationType: "update", ns,
        documentKey: {_id: .document._id}, updateDescription: {updatedFields: {name: "SH010_old"}, removedFields: []},
        fullDocumentBeforeChange: {name: "E01_SQ01_SH010"}}' | op-apply | grep -q applied
    by_id | find_task
    [[ $(template) == demo/SH010_old/Animation ]]
    # The id of a publish is that of what was given.
    [[ $(out .id) == "$(use_sqlite && OP_STORE=sqlite:none.db && by_id | publish-task | jq -r .id)" ]]
}

@test "by the task's id alone: the project's own settings tell which instances get a comment" {
    synced
    jq -n '{type: "Change", operationType: "insert", ns: {db: "openpype", coll: "settings"}, documentKey: {_id: {"$oid": "000000000000000000000001"}},
        fullDocument: {_id: {"$oid": "000000000000000000000001"}, type: "project_settings", project_name: "demo",
            data: {opkitsu: {note: {without_review: true}}}}}' -c | op-apply | grep -q applied
    by_id '.instances[0].task = {id: "'"$rough"'"}' | find_task
    [[ $status == 0 && $(note-rule <out 2>err | jq -r .task_id | xargs) == "$rough $task" ]]
}

@test "two documents of the entity: one asset" {
    synced
    op-dump -P demo | jq -c 'select(.document.name == "E01_SQ01_SH010") | .document._id = {"$oid": "000000000000000000000001"} |
        .document.data.tasks = {} | {type: "Change", operationType: "insert", ns, documentKey: {_id: .document._id}, fullDocument: .document}' |
        op-apply | grep -q applied
    demo -a E01_SQ01_SH010 -t Animation
    [[ $status == 0 && $(out .task.id) == "$task" ]]
}

@test "usage" {
    for arguments in "-P x" "-a x -t y" "-P x -a y -t" "x.png" "--comment x" "--family x" "-P x -a y -t z --publish-version v" \
        "-P x -a y -t z --id=" "--password-file a --password-command b"; do
        # shellcheck disable=SC2086 # words
        find_task $arguments </dev/null
        [[ $status == 64 && ! -s out && $(cat err) == *"try 'publish-task --help'" ]]
    done
    find_task </dev/null
    [[ $status == 0 && ! -s out && ! -s err ]]
    find_task <&-
    [[ $status == 74 ]]
    publish >record
    publish-task <record >/dev/full 2>err && status=0 || status=$?
    [[ $status == 74 ]]
}
