# For the tests of zou-push: projects on both sides, pushes through a relay that
# counts, and what both sides then have. They want common.bash, zou.bash and store.bash.
# shellcheck shell=bash
# shellcheck disable=SC2016,SC2034,SC2119,SC2120 # $name and the like are jq's

# push_setup_file [--no-mongo]: a Kitsu of the file's own, as what types it has matters.
# All tests share one log-in, and $first, the asset type that Kitsu had first.
push_setup_file() {
    command -v nginx >/dev/null || skip "no studio here"
    "$BATS_TEST_DIRNAME/../servers/studio" start "$BATS_FILE_TMPDIR/studio" --no-events "$@" 3>&-
    # shellcheck source=/dev/null
    source "$BATS_FILE_TMPDIR/studio/env"
    mkdir -m 700 "$BATS_FILE_TMPDIR/run"
    local address=${KITSU_SERVER#http://}
    "$BATS_TEST_DIRNAME/../servers/http-relay" "${address%/api}" >"$BATS_FILE_TMPDIR/relay" 3>&- &
    echo $! >"$BATS_FILE_TMPDIR/relay.pid"
    zou_login
    first=$(first_type)
    export ZOU_TOKEN first
    until [[ -s $BATS_FILE_TMPDIR/relay ]]; do sleep 0.05; done
}

push_teardown_file() {
    [[ ! -e $BATS_FILE_TMPDIR/relay.pid ]] || kill "$(<"$BATS_FILE_TMPDIR/relay.pid")" || true
    "$BATS_TEST_DIRNAME/../servers/studio" stop "$BATS_FILE_TMPDIR/studio"
}

# push_setup: a store (of the kind that the test's name begins with), the names of
# files, a relay without orders; $name is this test's project.
push_setup() {
    cd "$BATS_TEST_TMPDIR" || return
    # shellcheck source=/dev/null
    source "$BATS_FILE_TMPDIR/studio/env"
    unset "${!OP_@}" OPENPYPE_MONGO KITSU_TOKEN
    export XDG_RUNTIME_DIR=$BATS_FILE_TMPDIR/run OPKITSU_RETRY_SECONDS=0.2 OPKITSU_PAUSE_SECONDS=0.1
    export XDG_DATA_HOME=$BATS_TEST_TMPDIR/data XDG_CONFIG_HOME=$BATS_TEST_TMPDIR/config
    case $BATS_TEST_DESCRIPTION in
        mongodb:*) use_mongo ;;
        *) use_sqlite ;;
    esac
    RELAY=http://127.0.0.1:$(<"$BATS_FILE_TMPDIR/relay")/api
    dump=$BATS_TEST_TMPDIR/dump records=$BATS_TEST_TMPDIR/records results=$BATS_TEST_TMPDIR/results
    err=$BATS_TEST_TMPDIR/err synced=$BATS_TEST_TMPDIR/synced pid_file=$BATS_TEST_TMPDIR/pid
    name=push${BATS_TEST_NUMBER}_$RANDOM
    relay_does
}

# made TREE [tvshow|short]: a new production in Kitsu, the tree in OpenPype
made() {
    p=$(zou_project "$name" "${2-short}")
    in_op "$1"
    relay_does
}

# relay_does [JSON]: its orders from now on; what it counted is forgotten.
relay_does() {
    curl -sS -X PUT --data-binary "${1-{\}}" "$RELAY/relay" >/dev/null
}

# relayed [FILTER]: the requests since then, one a line: METHOD PATH STATUS
relayed() {
    if (($#)); then
        curl -sS "$RELAY/relay" | jq -r "$1"
    else
        curl -sS "$RELAY/relay/lines"
    fi
}

# writes: those that are no reading
writes() { relayed | sed '/^GET /d'; }

# in_op TREE [NAME]: the project in OpenPype, see op-project. A tree is made once; later
# projects have its documents under their own name and ids.
in_op() {
    local made=$BATS_FILE_TMPDIR/made.$1 project=${2-$name} stamp
    [[ $1 != /* ]] || made=$BATS_TEST_TMPDIR/made
    [[ $1 != /* && -e $made ]] || AVALON_DB=DATABASE "$BATS_TEST_DIRNAME/../oracles/op-project" some_tree "$(tree "$1")" >"$made"
    printf -v stamp %08x "$((RANDOM << 16 | RANDOM))"
    sed "s/\"some_tree\"/\"$project\"/g; s/\"db\":\"DATABASE\"/\"db\":\"$AVALON_DB\"/
        s/\"\$oid\":\"[0-9a-f]\{8\}/\"\$oid\":\"$stamp/g" "$made" | op-apply >"$BATS_TEST_TMPDIR/inserted"
    ! grep -v '"status":"applied"\|"type":"Summary"' "$BATS_TEST_TMPDIR/inserted"
}

tree() {
    case $1 in
        some | many | more | big | random:* | /*) echo "$1" ;;
        *) echo "$BATS_TEST_DIRNAME/../cases/zou-push/$1.tree" ;;
    esac
}

# zou_push ARGUMENT...: with its pid in $pid_file, so that it can be killed
zou_push() (
    echo "$BASHPID" >"$pid_file"
    exec zou-push -s "$RELAY" "$@"
)

# push [ARGUMENT...]: this test's project, through the relay. $status is zou-push's;
# its records are in $records, what it said in $err, op-apply's results in $results.
push() {
    status=0
    op-dump -P "$name" >"$dump"
    zou_push "$@" <"$dump" >"$records" 2>"$err" || status=$?
    [[ ! -s $err ]] || sed 's/^/said: /' "$err"
    apply_records
}

# apply_records: their changes into the store, without a conflict
apply_records() {
    op-apply <"$records" >"$results" 2>"$err.apply" || true # 1: something was skipped
    if [[ -s $err.apply ]] || grep -E '"status":"conflict"' "$results"; then
        cat "$err.apply"
        return 1
    fi
}

# records TYPE [FILTER]: of the last push, each as FILTER gives it
records() { jq -r "select(.type == \"$1\") | ${2-tojson}" "$records"; }

# again [STATUS]: a push that has nothing to do, and does nothing
again() {
    relay_does
    push
    [[ $status == "${1-0}" ]]
    [[ -z $(writes | tee /dev/stderr) ]]
    ! grep -E '"type":"(Change|Result)"' "$records" || return 1
}

# counted: the last Summary's numbers, those that are not 0
counted() {
    records Summary 'del(.type, .to, .project, .seconds) | to_entries | map(select(.value != 0) | "\(.key) \(.value)") | join(" ")'
}

# synced: a sync of this test's project; what it changed is in $synced
synced() {
    kitsu-fetch -s "$RELAY" -d "$OP_STORE" -P "$name" >"$BATS_TEST_TMPDIR/kitsu" 2>>"$err" || true
    op-diff <"$BATS_TEST_TMPDIR/kitsu" >"$synced" 2>>"$err" || true
    op-apply <"$synced" >"$results" 2>>"$err" || true
    ! grep -E '"status":"(conflict|failed)"' "$results" || return 1
}

# first_type: the name of the asset type that is taken when nothing names one
first_type() {
    zou_get /data/asset-types | jq -r 'sort_by(.created_at, .id)[0].name'
}

# in_kitsu [PROJECT]: what kitsu-has wants, right from Zou's database
in_kitsu() {
    zou_sql "SELECT json_build_object(
        'entities', (SELECT coalesce(json_agg(e), '[]') FROM (
            SELECT e.id, e.name, t.name AS type, parent_id, entity_type_id, canceled, nb_frames, data
            FROM entity e JOIN entity_type t ON t.id = entity_type_id
            WHERE project_id = '${1-$p}' AND t.name NOT IN ('Scene', 'Edit', 'Concept')) e),
        'types', (SELECT json_object_agg(id, name) FROM entity_type),
        'task_types', (SELECT json_object_agg(id, name) FROM task_type),
        'tasks', (SELECT coalesce(json_agg(t), '[]') FROM (
            SELECT id, name, entity_id, task_type_id FROM task WHERE project_id = '${1-$p}') t))"
}

# kitsu_has [PROJECT]: every entity of this test's, see kitsu-has
kitsu_has() { in_kitsu "$@" | "$BATS_TEST_DIRNAME/../oracles/kitsu-has"; }

# documents_have [PROJECT]: each document, and what it is linked to
documents_have() {
    op-dump --bare -P "$name" >"$BATS_TEST_TMPDIR/documents"
    in_kitsu "$@" | "$BATS_TEST_DIRNAME/../oracles/kitsu-has" "$BATS_TEST_TMPDIR/documents"
}

# expected kitsu|documents|skipped TREE: made once for each tree with a name
expected() {
    local folder=$BATS_FILE_TMPDIR/expected.$2
    [[ $2 != /* ]] || folder=$BATS_TEST_TMPDIR/expected
    if [[ $2 == /* || ! -e $folder ]]; then
        "$BATS_TEST_DIRNAME/../oracles/op-project" x "$(tree "$2")" --expected "$folder" --first "$first" || return
    fi
    cat "$folder/$1"
}

# as_expected TREE: both sides are as the tree says; skipped_as_expected: so is what was skipped
as_expected() {
    local expected=$BATS_TEST_TMPDIR/sides.expected has=$BATS_TEST_TMPDIR/sides.has
    expected kitsu "$1" >"$expected"
    expected documents "$1" >>"$expected"
    op-dump --bare -P "$name" >"$BATS_TEST_TMPDIR/documents"
    in_kitsu | "$BATS_TEST_DIRNAME/../oracles/kitsu-has" "$BATS_TEST_TMPDIR/documents" --both >"$has"
    diff -u "$expected" "$has"
}
skipped_as_expected() {
    diff -u <(expected skipped "$1") <(jq -r 'select(.type == "Skipped") | "\(.entity.name | @uri) \(.code)"' "$records" |
        LC_ALL=C sort)
}

# push_setup_killed: as push_setup; the lease of one that was killed is waited for.
push_setup_killed() {
    push_setup
    export OPKITSU_LEASE_SECONDS=1
}

# case_killed WHEN TREE TYPE FIRST STEP: killed before or after Kitsu has each STEP-th of
# the requests that write, from the FIRST on. A kill around one that reads finds both
# sides as a kill after the last that wrote. EVERY=1: around each of all requests.
case_killed() {
    local at first_at=$4 step=$5 only=', "only": "POST PUT"' killed=137 base=$name count=0
    [[ ! ${EVERY-} ]] || { first_at=1 step=1 only=; }
    for ((at = first_at; killed == 137; at += step)); do
        name=${base}_$at
        made "$2" "$3"
        relay_does "{\"kill\": {\"at\": $at, \"pid\": \"$pid_file\", \"when\": \"$1\"}$only}"
        op-dump -P "$name" >"$dump"
        # As in the documented pipe: what was written by then is applied.
        killed=0
        zou_push <"$dump" 2>"$err" >"$records" || killed=$?
        [[ $killed == 137 || $killed == 1 ]]
        relayed >"requests.$at"
        apply_records
        relay_does
        push
        echo "killed $1 request $at: $(tail -n 1 "requests.$at")"
        as_expected "$2"
        [[ $status == 1 ]] # the tree has a document to skip
        again 1
        ((++count))
    done
    # It was killed often enough to be a test.
    echo "$count times"
    ((count > ${least:-10}))
}
