#!/usr/bin/env bats
# Custom fields that a user of Kitsu could write to do harm, in a real Kitsu: they arrive as data or
# are skipped with a reason, alike in both stores, and the rest goes on.
# Takes about 160 s.

bats_require_minimum_version 1.5.0
load ../lib/common
load ../lib/zou

setup_file() {
    need_kitsu
    need_mongo
    load ../lib/zou
    zou_login
    export NAME="hostile_$$"
    PROJECT=$(zou_project "$NAME" short)
    SEQUENCE=$(zou_sequence "$PROJECT" SQ01)
    export PROJECT SEQUENCE ZOU_TOKEN
}

teardown_file() {
    zou_close_project "$PROJECT" # nothing of it is skipped in what other tests read
}

setup() {
    export XDG_RUNTIME_DIR="$BATS_TEST_TMPDIR" XDG_CONFIG_HOME="$BATS_TEST_TMPDIR"
    export AVALON_DB="hostile_${BATS_TEST_NUMBER}_$$" OPENPYPE_DATABASE_NAME="hostile_op_${BATS_TEST_NUMBER}_$$"
    unset OP_STORE OPENPYPE_MONGO
    sqlite="sqlite:$BATS_TEST_TMPDIR/op.db"
}

# shot NAME TEXT COUNT [TEXT [TEXT]]: a shot whose custom fields are the first text COUNT times, the
# second one, and the third one COUNT times.
shot() {
    /usr/bin/python3 -c 'import sys
name, sequence, first, count, middle, last = sys.argv[1:]
print("{\"name\":\"%s\",\"sequence_id\":\"%s\",\"data\":{\"field\":%s}}"
      % (name, sequence, first * int(count) + middle + last * int(count)))' \
        "$1" "$SEQUENCE" "$2" "$3" "${4-}" "${5-}" >"$BATS_TEST_TMPDIR/body"
    send "$BATS_TEST_TMPDIR/body"
}

# long NAME MEBIBYTES: a shot with a text so long.
long() {
    /usr/bin/python3 -c 'import sys
print("{\"name\":\"%s\",\"sequence_id\":\"%s\",\"data\":{\"field\":\"%s\"}}"
      % (sys.argv[1], sys.argv[2], "x" * (int(sys.argv[3]) << 20)))' "$1" "$SEQUENCE" "$2" >"$BATS_TEST_TMPDIR/body"
    send "$BATS_TEST_TMPDIR/body"
}

# send FILE: without jq, which rounds numbers.
send() {
    curl -sS -f -o /dev/null -H "Authorization: Bearer $ZOU_TOKEN" -H 'Content-Type: application/json' \
        --data-binary "@$1" "$KITSU_SERVER/data/projects/$PROJECT/shots"
}

# synchronise: into both stores; the same documents, and nothing left to do.
synchronise() {
    local store
    for store in "$sqlite" "$STUDIO_MONGO"; do
        kitsu-fetch -d "$store" -P "$NAME" 2>>fetch.err | op-diff -d "$store" 2>>diff.err |
            op-apply -d "$store" >>results 2>>apply.err || true
        kitsu-fetch -d "$store" -P "$NAME" 2>/dev/null | op-diff -d "$store" 2>/dev/null >again || true
        run ! grep -q '"type":"Change"' again
    done
    op-dump -d "$sqlite" >a
    op-dump -d "$STUDIO_MONGO" >b
    cmp a b
}

document() { jq -c --arg name "SQ01_$1" 'select(.document.name == $name).document' a; }

@test "types, operators, paths, numbers out of range: data, or left out and said" {
    cd "$BATS_TEST_TMPDIR"
    cat >body <<-END
		{"name": "SH010", "sequence_id": "$SEQUENCE", "data": {"ok": 1, "\$set": {"name": "x"},
		"oid": {"\$oid": "000000000000000000000001"}, "long": {"\$numberLong": "5"}, "a.b": 2, "": 3,
		"big": 9223372036854775808, "least": -9223372036854775808, "list": [1, 99999999999999999999],
		"real": 2.5, "whole": 3.0, "small": 1e-300, "zou": "mine", "tasks": {}, "fps": "23.976", "frame_in": " 12 "}}
	END
    send body
    synchronise
    d=$(document SH010)
    jq -e '.data.ok == 1 and .data.oid == {} and .data.long == {} and .data.real == 2.5
        and (.data | has("$set") or has("a.b") or has("") or has("big") or has("list") | not)
        and .data.fps == 23.976 and .data.frameStart == 12 and .data.zou.name == "SH010" and .data.tasks == {}
        and .data.zou.data["a.b"] == 2 and (.data.zou.data | has("big") | not)' <<<"$d"
    grep -q '"least":-9223372036854775808' a # jq would round it
    for key in 'data.$set' 'data.oid.$oid' 'data.long.$numberLong' data.big data.list zou tasks; do
        grep -qF "\"$key\"" diff.err
    done
    [ "$(jq -r 'select(.type == "Summary").skipped' results | sort -u)" = 0 ]
}

@test "long and deep: as data, or skipped by name, and the others arrive" {
    cd "$BATS_TEST_TMPDIR"
    long SH020 1
    long SH050 17
    shot SH030 '{"deeper":' 50 1 '}'
    shot SH040 '{"deeper":' 200 1 '}'
    shot SH060 '{"fine":' 1 true '}'
    synchronise
    jq -e '.data.field | length == 1048576' <<<"$(document SH020)"
    jq -e '.data.field.deeper' <<<"$(document SH030)" >/dev/null
    [ -z "$(document SH040)$(document SH050)" ]
    jq -e '.data.field.fine' <<<"$(document SH060)"
    [ "$(jq -r 'select(.type == "Skipped") | .entity.name + " " + .code' results | sort -u)" = "SH040 depth
SH050 size" ]
    grep -q 'SH050' fetch.err
}
