# For the tests of zou-push: projects on both sides, pushes through a relay that
# counts, and what both sides then have. They want zou.bash and store.bash, too.
# shellcheck shell=bash
# shellcheck disable=SC2016 # $name and the like are jq's

# push_relay DIR: starts the relay; DIR/relay has its URL, DIR/relay.pid its pid.
push_relay() {
    local address=${KITSU_SERVER#http://}
    "$BATS_TEST_DIRNAME/http-relay" "${address%/api}" >"$1/relay.port" 3>&- &
    echo $! >"$1/relay.pid"
    until [[ -s $1/relay.port ]]; do sleep 0.05; done
    echo "http://127.0.0.1:$(<"$1/relay.port")/api" >"$1/relay"
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
    "$BATS_TEST_DIRNAME/op-project" "${2-$name}" "$(tree "$1")" | op-apply >"$BATS_TEST_TMPDIR/inserted"
    ! grep -v '"status":"applied"\|"type":"Summary"' "$BATS_TEST_TMPDIR/inserted"
}

tree() {
    case $1 in
        many | big | random:* | /*) echo "$1" ;;
        *) echo "$BATS_TEST_DIRNAME/data/push/$1.tree" ;;
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
    applied
}

# applied: the records' changes in the store, none of which may be refused
applied() {
    op-apply <"$records" >"$results" 2>>"$err" || true
    ! grep -E '"status":"(conflict|failed)"' <(jq -c 'select(.type == "Result" and .to == null)' "$results")
}

# synced: a sync of this test's project; what it changed is in $synced
synced() {
    kitsu-fetch -d "$OP_STORE" -P "$name" >"$BATS_TEST_TMPDIR/kitsu" 2>>"$err" || true
    op-diff <"$BATS_TEST_TMPDIR/kitsu" >"$synced" 2>>"$err" || true
    op-apply <"$synced" >"$results" 2>>"$err" || true
    ! grep -E '"status":"(conflict|failed)"' "$results"
}

# first_type: the name of the asset type that is taken when nothing names one
first_type() {
    zou_get /data/asset-types | jq -r 'sort_by(.created_at, .id)[0].name'
}

# kitsu_has [PROJECT]: every entity of this test's, see kitsu-has
kitsu_has() { ZOU_TOKEN=$ZOU_TOKEN "$BATS_TEST_DIRNAME/kitsu-has" "${1-$p}"; }

# documents_have [PROJECT]: each document, and what it is linked to
documents_have() {
    op-dump --bare -P "$name" >"$BATS_TEST_TMPDIR/documents"
    ZOU_TOKEN=$ZOU_TOKEN "$BATS_TEST_DIRNAME/kitsu-has" "${1-$p}" "$BATS_TEST_TMPDIR/documents"
}

# expected kitsu|documents|skipped TREE
expected() {
    "$BATS_TEST_DIRNAME/op-project" x "$(tree "$2")" --expected "$1" --first "$first"
}

# as_expected TREE: both sides are as the tree says, and so is what was skipped
as_expected() {
    diff -u <(expected kitsu "$1") <(kitsu_has)
    diff -u <(expected documents "$1") <(documents_have)
}
skipped_as_expected() {
    diff -u <(expected skipped "$1") <(jq -r 'select(.type == "Skipped") | "\(.entity.name | @uri) \(.code)"' "$records" |
        LC_ALL=C sort)
}
