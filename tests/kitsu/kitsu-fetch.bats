#!/usr/bin/env bats
# kitsu-fetch against a real Zou. How it takes failures is in
# kitsu-fetch-faults.bats.
# Takes about 125 s.
# shellcheck disable=SC2034 # ZOU_TOKEN is zou.bash's

bats_require_minimum_version 1.5.0

setup_file() {
    [[ -n ${KITSU_SERVER-} && -n ${STUDIO_DIR-} ]] || skip "no studio: tests/studio start DIR, . DIR/env"
    load ../lib/common
    load ../lib/zou
    # Other tests work on the same Zou: all names are this run's own.
    export run_id=fetch$$_$RANDOM
    zou_login
    local person role
    show=$(zou_project "${run_id}_show" tvshow)
    short=$(zou_project "${run_id}_film" short)
    closed=$(zou_project "${run_id}_closed" short)
    zou_close_project "$closed"
    fill "$show"
    for role in manager vendor client user; do
        person=$(zou_person "$run_id.$role@example.com" $role)
        zou_team_add "$show" "$person"
    done
    export show short closed
}

# fill PROJECT: something of every kind; a client's task is assigned to nobody.
fill() {
    local type episode sequence shots asset admin
    type=$(zou_asset_type Characters)
    asset=$(zou_asset "$1" "$type" "Bear \"Ö\"" '{"nested": {"a": [1, null]}}')
    zou_put "/data/entities/$asset" '{"data": {"size": 25.0}}' >/dev/null
    zou_asset "$1" "$type" Fox >/dev/null
    episode=$(zou_episode "$1" E02)
    sequence=$(zou_sequence "$1" SQ01 "$episode")
    mapfile -t shots < <(for name in SH010 SH020 SH030; do zou_shot "$1" "$sequence" $name '{"frame_in": "1001"}' 25; done)
    zou_edit "$1" Cut "$episode" >/dev/null
    zou_concept "$1" Mood >/dev/null
    local animation modeling tasks
    animation=$(zou_task_type Animation Shot)
    modeling=$(zou_task_type Modeling Asset)
    mapfile -t tasks < <(zou_tasks "$1" "$animation" shots "${shots[@]}")
    zou_tasks "$1" "$modeling" assets "$asset" >/dev/null
    admin=$(zou_get /auth/authenticated | jq -r .user.id)
    zou_assign "$admin" "${tasks[0]}"
}

teardown_file() {
    [[ -n ${run_id-} ]] || return 0
    load ../lib/zou
    zou_login
    for project in "$show" "$short" "$closed"; do
        zou_close_project "$project"
        zou_delete "/data/projects/$project?force=true" >/dev/null
    done
}

setup() {
    load ../lib/common
    load ../lib/zou
    mkdir -m 700 "$BATS_TEST_TMPDIR/run"
    export XDG_RUNTIME_DIR=$BATS_TEST_TMPDIR/run XDG_DATA_HOME=$BATS_TEST_TMPDIR/data
    export OPKITSU_RETRY_SECONDS=1
    unset "${!OP_@}" OPENPYPE_MONGO KITSU_TOKEN
}

fetch() { run --separate-stderr kitsu-fetch "$@"; }
says() { [[ $stderr == *"$1"* ]] || { echo "stderr: $stderr" >&2 && return 1; }; }
records() { jq -c "$1" <<<"$output"; }

# as ROLE ...: kitsu-fetch as the person of this role.
as() { fetch -l "$run_id.$1@example.com" "${@:2}"; }

# logged PATTERN: requests of kitsu-fetch that nginx has logged, since mark.
mark() { log_size=$(wc -c <"$STUDIO_DIR/nginx-access.log"); }
logged() { tail -c +$((log_size + 1)) "$STUDIO_DIR/nginx-access.log" | grep '"opkitsu/' | grep -c -- "$1" || true; }

@test "a production of every kind, in its order, as Zou has it" {
    fetch -P "${run_id}_show"
    [[ $status == 0 && -z $stderr ]]
    [[ $(records .type | uniq | paste -sd ' ') == '"Project" "TaskType" "TaskStatus" "AssetType" "Episode" "Sequence" "Shot" "Asset" "Edit" "Concept" "Task" "Person" "End" "Checkpoint"' ]]
    [[ $(records 'select(.type == "End") | del(.counts.TaskType, .counts.TaskStatus, .counts.Person)') == "{\"type\":\"End\",\"project_id\":\"$show\",\"scope\":\"full\",\"counts\":{\"AssetType\":1,\"Episode\":2,\"Sequence\":1,\"Shot\":3,\"Asset\":2,\"Edit\":1,\"Concept\":1,\"Task\":4,\"EntityLink\":0}}" ]]
    zou_login
    for list in asset-types:AssetType episodes:Episode sequences:Sequence shots:Shot assets:Asset edits:Edit concepts:Concept tasks:Task; do
        diff <(zou_get "/data/projects/$show/${list%:*}" | jq -cS '.[]' | sort) \
            <(records "select(.type == \"${list#*:}\")" | jq -cS 'if .type == "AssetType" then del(.project_id) else . end' | sort)
    done
    for list in task-types:TaskType task-status:TaskStatus; do
        diff <(zou_get "/data/${list%:*}" | jq -cS '.[]' | sort) \
            <(records "select(.type == \"${list#*:}\")" | jq -cS 'del(.project_id, .in_project)' | sort)
    done
    diff <(zou_get "/data/projects/$show" | jq -S .) <(records 'select(.type == "Project")' | jq -S .)
    [[ $(records 'select(.type == "Project") | .project_status_name') == '"Open"' ]]
    [[ $(records 'select(.type == "Task") | .assignees | length' | sort | paste -sd ' ') == '0 0 0 1' ]]
    # Numbers are the text that Zou wrote.
    [[ $output == *'"size":25.0'* ]]
}

@test "an AssetType has the keys of the project's list, and project_id" {
    fetch -P "${run_id}_show" --types AssetType
    zou_login
    [[ $(records 'select(.type == "AssetType") | keys') == "$(zou_get "/data/projects/$show/asset-types" | jq -c '.[0] | keys + ["project_id"] | sort')" ]]
}

@test "which task types and statuses the project lists" {
    zou_login
    type=$(zou_task_type Compositing Shot)
    zou_post "/data/projects/$short/settings/task-types" "{\"task_type_id\": \"$type\"}" >/dev/null
    fetch -P "$short" --types TaskType,TaskStatus
    [[ $status == 0 ]]
    [[ $(records 'select(.type == "TaskType" and .in_project) | .id') == "\"$type\"" ]]
    [[ $(records 'select(.type == "TaskStatus") | .project_id' | sort -u) == "\"$short\"" ]]
    [[ $(records 'select(.type == "End") | .counts | keys') == '["TaskStatus","TaskType"]' ]]
}

@test "a closed project: Project and End only" {
    fetch -P "${run_id}_closed"
    [[ $status == 0 ]]
    [[ $(records .type | paste -sd ' ') == '"Project" "End" "Checkpoint"' ]]
    [[ $(records 'select(.type == "Project") | .project_status_name') == '"Closed"' ]]
    [[ $(records 'select(.type == "End") | .counts') == '{}' ]]
}

@test "all projects, by name" {
    fetch --types Shot
    # Of another test's projects on the same Kitsu something may be skipped.
    [[ $status == 0 || $stderr == *SH040* ]]
    [[ $(records 'select(.type == "Project") | .name' | grep "$run_id" | paste -sd ' ') == "\"${run_id}_closed\" \"${run_id}_film\" \"${run_id}_show\"" ]]
    # The order of bytes, not of a language.
    [[ $(records 'select(.type == "Project") | .name') == "$(records 'select(.type == "Project") | .name' | LC_ALL=C sort)" ]]
    [[ $(records 'select(.type == "Checkpoint") | .projects | sort') == "$(records 'select(.type == "End")' | jq -sc 'map(.project_id) | sort')" ]]
}

@test "at most 12 requests for a project, and a handful besides" {
    mark
    fetch -P "${run_id}_show"
    (($(logged "/data/projects/$show") <= 12))
    (($(logged .) <= 12 + 7))
    mark
    as vendor -P "${run_id}_show" --types Task,Person,Shot,Asset,AssetType,Episode,Sequence,Edit,Concept
    (($(logged "/data/projects/$show") <= 12))
}

@test "an unknown project is its own error" {
    fetch -P nonesuch -P "$short" -P "${run_id^^}_FILM"
    [[ $status == 1 ]]
    says "nonesuch: there is no such project"
    says "${run_id^^}_FILM: there is no such project"
    [[ $(records 'select(.type == "Checkpoint") | .projects') == "[\"$short\"]" ]]
}

@test "people: what names them, of all" {
    fetch -P "${run_id}_show" --types Person
    [[ $status == 0 ]]
    # The team: the four, and the administrator by the task assigned; the others of the server, too.
    [[ $(records 'select(.type == "Person" and .in_project) | .project_id' | uniq -c | tr -s ' ') == " 5 \"$show\"" ]]
    [[ $(records 'select(.type == "Person") | keys' | sort -u) == '["desktop_login","first_name","full_name","id","in_project","last_name","project_id","type"]' ]]
    zou_login
    [[ $(records 'select(.type == "End") | .counts.Person') == $(zou_get /data/persons | jq length) ]]
}

@test "the checkpoint is the log's head from before the reading" {
    zou_login
    zou_put "/data/projects/$short" '{"fps": "24"}' >/dev/null
    head_of_log() { zou_get '/data/events/last?limit=1' | jq -c '.[0]'; }
    # Other files share this Kitsu: until none of theirs came in between.
    until last=$(head_of_log) && fetch -P "$short" --types Shot && [[ $(head_of_log) == "$last" ]]; do :; done
    checkpoint=$(records 'select(.type == "Checkpoint")')
    [[ $(jq -c .server <<<"$checkpoint") == "\"$KITSU_SERVER\"" ]]
    [[ $(jq -c .created_at <<<"$checkpoint") == "$(jq -c .created_at <<<"$last")" ]]
    jq -r .ids[] <<<"$checkpoint" | grep -qx "$(jq -r .id <<<"$last" | marks)"
    zou_get '/data/events/last?limit=1000' >"$BATS_TEST_TMPDIR/events"
    [[ $(jq -r .ids[] <<<"$checkpoint" | sort) == "$(jq -r --argjson last "$last" \
        '($last.created_at + "Z" | fromdate) as $to |
         .[] | select((.created_at + "Z" | fromdate) | . >= $to - 45 and . <= $to) | .id' \
        "$BATS_TEST_TMPDIR/events" | marks | sort)" ]]
}

@test "a manager sees the own projects, whole" {
    as manager
    [[ $status == 0 && -z $stderr ]]
    [[ $(records 'select(.type == "Project") | .id') == "\"$show\"" ]]
    [[ $(records 'select(.type == "Project") | .project_status_name') == '"Open"' ]]
    [[ $(records 'select(.type == "End") | [.partial, .counts.Shot, .counts.Concept]') == '[null,3,1]' ]]
}

@test "an artist sees all, but not the log of events" {
    as user -v
    [[ $status == 0 ]]
    says "log of events"
    [[ $(records 'select(.type == "End") | [.partial, .counts.Shot]') == '[null,3]' ]]
    [[ $(records 'select(.type == "Checkpoint") | [.created_at, .ids]') == '[null,[]]' ]]
}

@test "a vendor and a client see a part" {
    for role in vendor client; do
        as $role
        [[ $status == 1 ]]
        says "a $role sees only a part"
        says "a $role may not read its concepts"
        [[ $(records 'select(.type == "End") | [.partial, (.counts | has("Concept")), (.counts | has("Shot"))]') == '[true,false,true]' ]]
    done
    # What a list is cut to is not what there is.
    as vendor --types Shot
    [[ $(records 'select(.type == "End") | .counts.Shot') == 0 ]]
}

@test "a role in one project" {
    zou_login
    manager=$(zou_get "/data/projects/$show/team" | jq -r '.[] | select(.role == "manager") | .id')
    zou_post "/data/projects/$short/team" "{\"person_id\": \"$manager\", \"role\": \"client\"}" >/dev/null
    as manager
    [[ $status == 1 ]]
    [[ $(records 'select(.type == "End") | [.project_id, .partial]') == "[\"$short\",true]"$'\n'"[\"$show\",null]" ]]
    zou_delete "/data/projects/$short/team/$manager" >/dev/null
}

@test "projects that the store links and Kitsu no longer has" {
    zou_login
    gone=$(zou_project "${run_id}_gone")
    # Some names are not OpenPype's: skipped, hence 1.
    { kitsu-fetch | op-diff | op-apply; } >/dev/null 2>&1 || true
    zou_close_project "$gone"
    zou_delete "/data/projects/$gone" >/dev/null
    deleted="{\"type\":\"Deleted\",\"entity_type\":\"Project\",\"id\":\"$gone\",\"project_id\":\"$gone\"}"
    fetch --types Shot
    # Of another test's projects on the same Kitsu something may be skipped.
    [[ $status == 0 || $stderr == *SH040* ]]
    [[ ${lines[0]} == "$deleted" ]]
    fetch --types Shot -P "${run_id}_gone"
    [[ $status == 0 && ${#lines[@]} == 2 && ${lines[0]} == "$deleted" ]]
    fetch --types Shot -P "${run_id}_show"
    [[ $status == 0 && $output != *Deleted* ]]
    # A manager learns that it is gone, and of the others nothing.
    as manager --types Shot
    [[ $status == 1 ]]
    [[ $(records 'select(.type == "Deleted") | .id') == "\"$gone\"" ]]
    says "may not see"
}

@test "a Kitsu that has none of the store's projects is not believed that they are deleted" {
    gone=01234567-89ab-cdef-0123-456789abcdef
    insert() { # DB COLL DOCUMENT
        jq -nc --arg db "$1" --arg coll "$2" --argjson document "$3" '{type: "Change",
            operationType: "insert", ns: {db: $db, coll: $coll},
            documentKey: {_id: $document._id}, fullDocument: $document}' |
            op-apply -d "sqlite:$BATS_TEST_TMPDIR/other" >/dev/null
    }
    insert avalon elsewhere "{\"_id\":{\"\$oid\":\"000000000000000000000001\"},\"type\":\"project\",
        \"name\":\"elsewhere\",\"data\":{\"zou_id\":\"$gone\"}}"
    fetch -d "sqlite:$BATS_TEST_TMPDIR/other" --types Shot -P elsewhere
    [[ $status == 1 && $output != *Deleted* ]]
    says "is it the right server?"
    # It is, once something was synchronised from it.
    insert openpype opkitsu "{\"_id\":\"checkpoint:$KITSU_SERVER:$gone\",\"type\":\"checkpoint\"}"
    insert avalon elsewhere "{\"_id\":{\"\$oid\":\"000000000000000000000002\"},\"type\":\"asset\",
        \"name\":\"SH010\",\"data\":{\"zou\":{\"id\":\"x\",\"project_id\":\"$gone\"}}}"
    fetch -d "sqlite:$BATS_TEST_TMPDIR/other" --types Shot -P elsewhere
    [[ $status == 0 && $output == *Deleted* ]]
}

@test "a store that cannot be read is fatal, one that is not there is empty" {
    echo "no database, and long enough not to be taken for an empty one" >"$BATS_TEST_TMPDIR/file"
    fetch -d "sqlite:$BATS_TEST_TMPDIR/file"
    [[ $status == 78 && -z $output ]]
    says "$BATS_TEST_TMPDIR/file"
    fetch -d nonsense
    [[ $status == 78 && -z $output ]]
    fetch -d "sqlite:$BATS_TEST_TMPDIR/none" -P "$short"
    [[ $status == 0 && ! -e $BATS_TEST_TMPDIR/none ]]
}

@test "log-in: wrong password, nobody, inactive, too often" {
    KITSU_PWD=wrong fetch
    [[ $status == 77 && -z $output ]]
    says "wrong email or password"
    fetch -l nobody@example.com
    [[ $status == 77 ]]
    zou_login
    person=$(zou_person "$run_id.leaver@example.com" admin)
    as leaver -P "$short"
    [[ $status == 0 ]]
    zou_put "/data/persons/$person" '{"active": false}' >/dev/null
    as leaver -P "$short"
    [[ $status == 77 && -z $output ]]
    says "not active"
    for _ in 1 2 3 4 5 6; do
        KITSU_PWD=wrong as user
    done
    [[ $status == 75 ]]
    says "too many"
    unset KITSU_PWD
    as nobody
    [[ $status == 78 ]]
}

@test "log-in with a second factor" {
    zou_login
    zou_person "$run_id.careful@example.com" admin >/dev/null
    zou_login "$run_id.careful@example.com" mysecretpassword
    secret=$(zou_put /auth/totp '{}' | jq -r .otp_secret)
    code() { "$STUDIO_VENV/bin/python" -c 'import pyotp, sys; print(pyotp.TOTP(sys.argv[1]).now())' "$secret"; }
    zou_post /auth/totp "{\"totp\": \"$(code)\"}" >/dev/null
    as careful -P "$short"
    [[ $status == 77 ]]
    says KITSU_TOTP
    KITSU_TOTP=000000 as careful -P "$short"
    [[ $status == 77 ]]
    says "wrong code"
    KITSU_TOTP=$(code) as careful -P "$short"
    [[ $status == 0 ]]
    # From now on the session serves.
    as careful -P "$short"
    [[ $status == 0 ]]
}

@test "a bot" {
    zou_login
    token=$(zou_post /data/persons "{\"email\": \"$run_id.bot@example.com\", \"first_name\": \"$run_id\", \"last_name\": \"\", \"role\": \"admin\", \"is_bot\": true}" | jq -er .access_token)
    mark
    KITSU_TOKEN=$token fetch -vv -P "$short"
    [[ $status == 0 ]]
    [[ $stderr != *"$token"* ]]
    [[ $(logged auth/login) == 0 ]]
    KITSU_TOKEN=${token%?????} fetch -P "$short"
    [[ $status == 77 && -z $output ]]
    says "KITSU_TOKEN at $KITSU_SERVER was refused"
}

@test "a session that was ended elsewhere" {
    fetch -P "$short"
    file=$(find "$XDG_RUNTIME_DIR/opkitsu" -type f -size +0)
    ZOU_TOKEN=$(jq -r .access_token "$file")
    zou_get /auth/logout >/dev/null
    mark
    fetch -P "$short"
    [[ $status == 0 ]]
    [[ $(logged auth/login) == 1 ]]
    ZOU_TOKEN=$(jq -r .access_token "$file")
    zou_get /auth/logout >/dev/null
    KITSU_PWD='' fetch -P "$short"
    [[ $status == 77 && -z $output ]]
    says "the stored log-in has expired"
}

@test "an address that is not the API's" {
    fetch -s "${KITSU_SERVER%/api}/other"
    [[ $status == 76 && -z $output ]]
    says "address of Kitsu's API"
}
