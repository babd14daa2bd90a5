# shellcheck shell=bash
# Functions that talk to Zou's API, for the tests and the demo. They want the
# environment of tests/studio's DIR/env, curl and jq. Each that makes something
# echoes its id; on failure Zou's answer is on stderr and the status is 1.
# shellcheck disable=SC2016,SC2119,SC2120 # $name and the like are jq's

# zou_login [EMAIL PASSWORD]: sets ZOU_TOKEN, which the others use; without
# arguments that of the administrator.
zou_login() {
    local answer object
    ZOU_TOKEN=
    zou_object --arg email "${1-$KITSU_LOGIN}" --arg password "${2-$KITSU_PWD}" &&
        answer=$(zou_post /auth/login "$object") &&
        ZOU_TOKEN=$(jq -er .access_token <<<"$answer")
}

zou_get() { zou_call GET "$1"; }
zou_post() { zou_call POST "$@"; }
zou_put() { zou_call PUT "$@"; }
zou_delete() { zou_call DELETE "$1"; }

# zou_call METHOD PATH [JSON]: echoes the answer. The JSON goes through stdin
# as a command line has its limits. Its name in nginx' access log tells these
# requests from those of the programs under test.
zou_call() {
    local answer body=()
    (($# < 3)) || body=(-H 'Content-Type: application/json' --data-binary @-)
    answer=$(printf %s "${3-}" | curl -sS -g -m 300 -A zou.bash -X "$1" \
        -H "Authorization: Bearer ${ZOU_TOKEN-}" "${body[@]}" \
        -w '\n%{http_code}' "$KITSU_SERVER$2") || return 1
    if [[ ${answer##*$'\n'} != 2?? ]]; then
        echo "$1 $2: $answer" >&2
        return 1
    fi
    printf '%s\n' "${answer%$'\n'*}"
}

# zou_sql [STATEMENT]: on Zou's database; without one, those of stdin.
zou_sql() {
    PGPASSWORD=$STUDIO_DB_PASSWORD "${STUDIO_PSQL:-psql}" -qAt -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$STUDIO_DB_PORT" -U postgres zoudb ${1+-c "$1"}
}

# zou_object [--arg|--argjson NAME VALUE]...: sets $object to that of the named jq
# arguments. jq is started only if a text has to be escaped.
zou_object() {
    local all=("$@") plain='^[A-Za-z0-9_ .@:/+-]*$'
    object=
    while (($#)); do
        if [[ $1 == --argjson ]]; then
            object+=,\"$2\":$3
        elif [[ $3 =~ $plain ]]; then
            object+=,\"$2\":\"$3\"
        else
            object=$(jq -n '$ARGS.named' "${all[@]}")
            return
        fi
        shift 3
    done
    object="{${object#,}}"
}

# zou_make PATH JQ-ARGUMENT...: posts the object of the named jq arguments and
# echoes the id of what came of it.
zou_make() {
    local path=$1 answer object
    shift
    zou_object "$@" || return
    answer=$(zou_post "$path" "$object") && zou_id <<<"$answer"
}

# zou_id <ANSWER: the id of an object; jq is asked when others are in it.
zou_id() {
    local answer id='"id": *"([0-9a-f-]{36})"'
    answer=$(</dev/stdin)
    if [[ $answer =~ $id && ${answer#*\"id\":} != *\"id\":* ]]; then
        echo "${BASH_REMATCH[1]}"
    else
        jq -er .id <<<"$answer"
    fi
}

# zou_find PATH FILTER JQ-ARGUMENT...: echoes the id of the first in a list for
# which jq's filter holds.
zou_find() {
    local path=$1 filter=$2 answer
    shift 2
    answer=$(zou_get "$path") || return 1
    if ! jq -er "$@" "first(.[] | select($filter)) | .id" <<<"$answer"; then
        echo "nothing in $path for $*" >&2
        return 1
    fi
}

# zou_project NAME [tvshow|short|featurefilm]. Zou gives a TV show an episode E01.
zou_project() {
    zou_make /data/projects --arg name "$1" --arg production_type "${2-short}"
}

# zou_close_project ID; zou_open_project ID
zou_close_project() { zou_set_project_status "$1" Closed; }
zou_open_project() { zou_set_project_status "$1" Open; }

zou_set_project_status() {
    local status
    status=$(zou_find /data/project-status '.name == $name' --arg name "$2") &&
        zou_put "/data/projects/$1" "{\"project_status_id\": \"$status\"}" >/dev/null
}

# zou_asset_type NAME: that of this name, made when there is none. Task types
# live in the same table under names of their own, hence the other list.
zou_asset_type() {
    zou_find /data/asset-types '.name == $name' --arg name "$1" 2>/dev/null ||
        zou_make /data/entity-types --arg name "$1"
}

# zou_asset PROJECT TYPE NAME [DATA]
zou_asset() {
    zou_make "/data/projects/$1/asset-types/$2/assets/new" \
        --arg name "$3" --argjson data "${4-{\}}"
}

# zou_episode PROJECT NAME
zou_episode() { zou_make "/data/projects/$1/episodes" --arg name "$2"; }

# zou_sequence PROJECT NAME [EPISODE]
zou_sequence() {
    zou_make "/data/projects/$1/sequences" --arg name "$2" \
        ${3:+--arg episode_id "$3"}
}

# zou_shot PROJECT SEQUENCE NAME [DATA [FRAMES]]
zou_shot() {
    zou_make "/data/projects/$1/shots" --arg sequence_id "$2" --arg name "$3" \
        --argjson data "${4:-{\}}" ${5:+--argjson nb_frames "$5"}
}

# zou_edit PROJECT NAME [EPISODE [DATA]]
zou_edit() {
    zou_make "/data/projects/$1/edits" --arg name "$2" \
        ${3:+--arg episode_id "$3"} --argjson data "${4:-{\}}"
}

# zou_concept PROJECT NAME [DATA]
zou_concept() {
    zou_make "/data/projects/$1/concepts" --arg name "$2" \
        --argjson data "${3:-{\}}"
}

# zou_task_type NAME [Asset|Shot|Sequence|Episode|Edit|Concept]: looks it up. A
# fresh Zou has two named Concept.
zou_task_type() {
    zou_find /data/task-types \
        '.name == $name and ($entity == "" or .for_entity == $entity)' \
        --arg name "$1" --arg entity "${2-}"
}

# zou_task_status NAME: looks it up.
zou_task_status() {
    zou_find /data/task-status '.name == $name' --arg name "$1"
}

# zou_tasks PROJECT TASKTYPE KIND ID...: one task for each; KIND is shots,
# assets, edits, concepts, sequences or episodes. Echoes the tasks' ids in the
# order of the arguments, without those that were there before.
zou_tasks() {
    local path=/actions/projects/$1/task-types/$2 kind=$3 answer ids
    shift 3
    # No ids would mean all to Zou.
    (($#)) || return 0
    printf -v ids '"%s",' "$@"
    ids=[${ids%,}]
    case $kind in
        sequences | episodes) path+=/create-tasks/${kind%s} ;;
        *) path+=/$kind/create-tasks ;;
    esac
    answer=$(zou_post "$path" "$ids") || return
    jq -r --argjson ids "$ids" \
        'INDEX(.entity_id)[$ids[]] | values | .id' <<<"$answer"
}

# zou_person EMAIL ROLE [PASSWORD]: an active person who can log in; ROLE is
# user, admin, supervisor, manager, client or vendor.
zou_person() {
    zou_make /data/persons --arg email "$1" --arg role "$2" \
        --arg password "${3-mysecretpassword}" \
        --arg first_name "${1%%@*}" --arg last_name "$2" --argjson active true
}

# zou_team_add PROJECT PERSON
zou_team_add() {
    zou_post "/data/projects/$1/team" "{\"person_id\": \"$2\"}" >/dev/null
}

# zou_assign PERSON TASK...
zou_assign() {
    local person=$1
    shift
    zou_put "/actions/persons/$person/assign" \
        "$(jq -n '{task_ids: $ARGS.positional}' --args "$@")" >/dev/null
}

# own_kitsu_start [ARGUMENT]...: a Kitsu of the file's own, for setup_file, with the
# administrator logged in; the ARGUMENTs are those of `studio start`
own_kitsu_start() {
    "$BATS_TEST_DIRNAME/../servers/studio" start "$BATS_FILE_TMPDIR/kitsu" "$@" 3>&-
    # shellcheck source=/dev/null
    source "$BATS_FILE_TMPDIR/kitsu/env"
    zou_login
    export ZOU_TOKEN
}

# own_kitsu_stop: for teardown_file
own_kitsu_stop() {
    "$BATS_TEST_DIRNAME/../servers/studio" stop "$BATS_FILE_TMPDIR/kitsu"
}
