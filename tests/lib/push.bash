# For the tests of zou-push: projects on both sides, pushes through a relay that
# counts, and what both sides then have. They want common.bash, zou.bash and store.bash.
# shellcheck shell=bash
# shellcheck disable=SC2016,SC2034,SC2119,SC2120 # $name and the like are jq's

# push_setup_file [--no-mongo]: a Kitsu of the file's own, as what types it has matters
push_setup_file() {
    command -v nginx >/dev/null || skip "no studio here"
    "$BATS_TEST_DIRNAME/../servers/studio" start "$BATS_FILE_TMPDIR/studio" "$@" 3>&-
    # shellcheck source=/dev/null
    source "$BATS_FILE_TMPDIR/studio/env"
    mkdir -m 700 "$BATS_FILE_TMPDIR/run"
    local address=${KITSU_SERVER#http://}
    "$BATS_TEST_DIRNAME/../servers/http-relay" "${address%/api}" >"$BATS_FILE_TMPDIR/relay" 3>&- &
    echo $! >"$BATS_FILE_TMPDIR/relay.pid"
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
    zou_login
    export ZOU_TOKEN
    first=$(first_type)
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
    curl -sS "$RELAY/relay" | jq -r "${1-.requests[] | join(\" \")}"
}

# writes: those that are no reading
writes() { relayed '.requests[] | select(.[0] != "GET") | join(" ")'; }

# in_op TREE [NAME]: the project in OpenPype, see op-project
in_op() {
    "$BATS_TEST_DIRNAME/../oracles/op-project" "${2-$name}" "$(tree "$1")" | op-apply >"$BATS_TEST_TMPDIR/inserted"
    ! grep -v '"status":"applied"\|"type":"Summary"' "$BATS_TEST_TMPDIR/inserted"
}

tree() {
    case $1 in
        many | big | random:* | /*) echo "$1" ;;
        *) echo "$BATS_TEST_DIRNAME/../cases/zou-push/$1.tree" ;;
    esac
}

# zou_push ARGUMENT...: with its pid in $pid_file, so that it can be killed
zou_push() {
    bash -c 'echo $$ >"$0"; exec zou-push "$@"' "$pid_file" -s "$RELAY" "$@"
}

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
    [[ -z $(records Change | tee /dev/stderr) ]]
    [[ -z $(records Result | tee /dev/stderr) ]]
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

# kitsu_has [PROJECT]: every entity of this test's, see kitsu-has
kitsu_has() { ZOU_TOKEN=$ZOU_TOKEN "$BATS_TEST_DIRNAME/../oracles/kitsu-has" "${1-$p}"; }

# documents_have [PROJECT]: each document, and what it is linked to
documents_have() {
    op-dump --bare -P "$name" >"$BATS_TEST_TMPDIR/documents"
    ZOU_TOKEN=$ZOU_TOKEN "$BATS_TEST_DIRNAME/../oracles/kitsu-has" "${1-$p}" "$BATS_TEST_TMPDIR/documents"
}

# expected kitsu|documents|skipped TREE
expected() {
    "$BATS_TEST_DIRNAME/../oracles/op-project" x "$(tree "$2")" --expected "$1" --first "$first"
}

# as_expected TREE: both sides are as the tree says; skipped_as_expected: so is what was skipped
as_expected() {
    diff -u <(expected kitsu "$1") <(kitsu_has)
    diff -u <(expected documents "$1") <(documents_have)
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

# case_killed WHEN TREE TYPE [ONLY]: before or after Kitsu has the request
case_killed() {
    local at killed=137 base=$name
    for ((at = 1; killed == 137; at++)); do
        name=${base}_$at
        made "$2" "$3"
        relay_does "{\"kill\": {\"at\": $at, \"pid\": \"$pid_file\", \"when\": \"$1\"}${4:+, \"only\": \"$4\"}}"
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
    done
    # It was killed often enough to be a test.
    ((at > ${least:-20}))
}
