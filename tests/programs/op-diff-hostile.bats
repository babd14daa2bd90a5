#!/usr/bin/env bats
# op-diff: streams that are cut, in pieces or out of order, outputs that fail,
# and what is wrong on the command line. What single lines can do is among the
# cases of op-diff ("hostile-*").
# Takes about 160 s.

bats_require_minimum_version 1.5.0

setup() {
    load ../lib/common
    data=$BATS_TEST_DIRNAME/../cases/op-diff
    cd "$BATS_TEST_TMPDIR" || return
    unset "${!OP_@}" "${!OPENPYPE_@}" AVALON_DB
    export HOME=$PWD/home XDG_CONFIG_HOME=$PWD/config XDG_DATA_HOME=$PWD/data LC_ALL=C.UTF-8
    # Its warning about a file in /dev/shm, left by a program that was killed,
    # would be on stderr now and then.
    export MONGOC_DISABLE_SHM=1
}

# use CASE: its input, and its documents as `dump`.
use() {
    cp "$data/$1/kitsu.ndjson" input
    cp "$data/$1/dump.ndjson" dump 2>/dev/null || : >dump
}

# expect STATUS COMMAND...: stdout and stderr into files of those names.
expect() {
    local status=0
    "${@:2}" >stdout 2>stderr || status=$?
    ((status == $1)) || {
        echo "status $status, expected $1: ${*:2}"
        cat stderr
        false
    }
}

takes_away() { grep -qE '"operationType":"(delete|drop)"|"archived_asset"' "$1"; }

# ---- cut ------------------------------------------------------------------

# cut_at BYTES: of a stream cut there, nothing may be deleted before its End has
# come, and it is never in order.
cut_at() {
    local status=0
    head -c "$1" input | op-diff -a dump >stdout 2>stderr || status=$?
    if (($1 < end_of_end)) && takes_away stdout; then
        echo "cut after $1 bytes: something is deleted"
        return 1
    fi
    if ((status != 1)) && (($1 > 0 && $1 < whole)); then
        echo "cut after $1 bytes: status $status"
        return 1
    fi
}

sizes() {
    whole=$(wc -c <input)
    end_of_end=$(sed '/"type":"End"/q' input | wc -c)
}

@test "cut: the whole stream deletes, and is in order" {
    use gone-published
    expect 0 op-diff -a dump <input
    takes_away stdout
}

# bats test_tags=slow
@test "cut: after every line" {
    for case in gone-published gone-below-canceled gone-above-archived tasks-removed names-swap guard-other-project; do
        use "$case"
        sizes
        for ((n = 0; n < $(wc -l <input); n++)); do
            cut_at "$(head -n "$n" input | wc -c)"
        done
    done
}

# After every seventh, from a random one on, a quick run after fewer. EVERY=1: after each.
# bats test_tags=slow
@test "cut: after every byte" {
    use gone-published
    sizes
    local step=${EVERY:-7}
    [[ ! $QUICK ]] || step=21
    for ((bytes = RANDOM % step; bytes < whole; bytes += step)); do
        cut_at "$bytes"
    done
}

@test "cut: between two projects" {
    use projects-two
    sizes
    expect 1 op-diff -a dump < <(head -c "$end_of_end" input)
    grep -q 'no Checkpoint' stderr
}

@test "cut: after a Deleted" {
    use project-deleted-recreated
    expect 1 op-diff -a dump < <(head -n 1 input)
}

@test "cut: a line less somewhere: the counts tell" {
    use gone-moved-out
    for line in 2 3; do
        expect 1 op-diff -a dump < <(sed "${line}d" input)
        run ! takes_away stdout
    done
}

@test "cut: lines from the middle of another project" {
    use guard-other-project
    {
        sed -n 1,2p input
        sed -n '4,$p' input
    } >mixed
    expect 1 op-diff -a dump <mixed
    run ! takes_away stdout
}

# ---- in pieces, out of order -------------------------------------------------

# Every other size; a quick run has every fifth.
# bats test_tags=slow
@test "input in pieces of 1 to 31 bytes" {
    for case in places-tv hostile-surrogates stream-no-end; do
        use "$case"
        status=0
        op-diff -a dump <input >whole 2>whole.err || status=$?
        for ((size = 1; size <= 31; size += ${QUICK:+3} + 2)); do
            expect "$status" "$BATS_TEST_DIRNAME/../lib/in-pieces" "$size" op-diff -a dump <input
            cmp whole stdout
            cmp whole.err stderr
        done
    done
}

# bats test_tags=slow
@test "the records of a project in any order: the same plan" {
    for case in places-tv project-new tasks-several names-chain names-duplicate-kind skip-below-sequence \
        types-one-name substitute-parent gone-above-archived tasks-taken; do
        use "$case"
        op-diff -a dump <input >whole 2>/dev/null || true
        n=$(wc -l <input)
        for seed in {1..8}; do
            {
                head -n 1 input
                sed -n "2,$((n - 2))p" input | shuf --random-source=<(yes "$seed")
                tail -n 2 input
            } | op-diff -a dump >stdout 2>/dev/null || true
            echo "$case, shuffled with $seed"
            cmp whole stdout
        done
    done
}

@test "the same input twice: the same bytes" {
    use places-tv
    op-diff -a dump <input >first
    for ((i = 0; i < 5; i++)); do
        op-diff -a dump <input | cmp first
    done
}

@test "a small production as a real Zou gave it" {
    expect 0 op-diff -a /dev/null <"$BATS_TEST_DIRNAME/../cases/film_small/kitsu.ndjson"
    (($(grep -c '"operationType":"insert"' stdout) == 15))
}

# ---- long lines ---------------------------------------------------------------

@test "a line of more than 16 MiB is an error of that line" {
    use places-tv
    {
        sed -n 1p input
        head -c $((17 * 1024 * 1024)) /dev/zero | tr '\0' x
        echo
        sed '1d' input
    } >long
    expect 1 op-diff -a dump <long
    [[ $(head -n 1 stderr) == "op-diff: stdin:2: line longer than 16 MiB" ]]
    op-diff -a dump <input | cmp stdout
}

@test "a change too long for a line: its entity is skipped" {
    use places-tv
    jq -c 'if .id == "sh4" then .data.text = "x" * 9000000 else . end' input >long
    expect 1 op-diff -a dump <long
    jq -e -s 'map(select(.type == "Skipped")) | map([.entity.id, .code]) == [["sh4", "size"]]' stdout
    (($(jq -c 'select(.type == "Change")' stdout | wc -l) == 9))
}

# bats test_tags=slow
@test "a change too long for a line: what is below its entity is skipped too" {
    use skip-below-sequence
    jq -c 'if .id == "sq1" then .name = "SQ01" | .data.text = "x" * 9000000 else . end' input >long
    expect 1 op-diff -a dump <long
    jq -e -s 'map(select(.type == "Skipped")) | map([.entity.id, .code]) == [["sq1", "size"], ["sh1", "parent"]]' stdout
}

@test "a change too deep for a line: its entity is skipped" {
    use hostile-depth
    expect 1 op-diff -a dump <input
    jq -e -s 'map(select(.type == "Skipped")) | map([.entity.id, .code]) == [["sq1", "depth"]]' stdout
    mv stdout plan
    expect 1 op-apply -d "sqlite:$PWD/x.db" <plan
    [[ ! -s stderr ]]
}

# ---- documents in the way ----------------------------------------------------

# end_dump [FILE [COLLECTION]]: with the End that op-dump writes.
end_dump() {
    printf '{"type":"End","ns":{"db":"avalon","coll":"%s"},"scope":"documents","counts":{"Document":%d}}\n' \
        "${2-demo}" "$(wc -l <"${1-dump}")" >>"${1-dump}"
}

# nothing_overwritten: no insert has the _id of a document of the dump.
nothing_overwritten() {
    jq -c 'select(.operationType == "insert").documentKey._id' stdout >new
    jq -c '.document._id // empty' dump >there
    run ! grep -Fxf there new
}

# hash WHAT: the _id of a new document.
hash() { printf 'p1\n%s' "$1" | sha256sum | cut -c 1-24; }

@test "in the way: a shot's own _id, linked to another shot by hand" {
    use names-swap
    jq -c --arg id "$(hash sh3)" '(.document | select(.name == "SQ01_SH020"))._id = {"$oid": $id}' dump >dump2
    mv dump2 dump
    jq -c 'if .id == "sh2" then ., (.id = "sh3" | .name = "SH030") elif .counts then .counts.Shot = 3 else . end' input >input2
    op-diff -a dump <input2 >stdout 2>stderr || true
    nothing_overwritten
}

@test "in the way: a root's own _id, no root any more, renamed by hand" {
    use names-swap
    jq -c --arg id "$(hash root:Assets)" '(.document | select(.name == "Assets")) |= (._id = {"$oid": $id} | .name = "x" | del(.data.root_of))' dump >dump2
    mv dump2 dump
    op-diff -a dump <input >stdout 2>stderr || true
    nothing_overwritten
}

@test "in the way: a collection without its project document" {
    use project-new
    op-diff -a /dev/null <input | jq -c 'select(.fullDocument and .entity.type != "Project") | {type: "Document", ns, document: .fullDocument}' >dump
    end_dump
    op-diff -a dump <input >stdout 2>stderr || true
    nothing_overwritten
}

# ---- copies ------------------------------------------------------------------

# copies NAME...: beside each other in the dump, in place of `demo`.
copies() {
    for name in "$@"; do
        jq -c --arg name "$name" '.ns.coll = $name | if .document.type == "project" then .document.name = $name else . end' dump
    done >dump2
    mv dump2 dump
}

@test "a copy of a project beside it: the one of Kitsu's name is meant" {
    use names-swap
    op-diff -a dump <input >plan
    copies a_backup demo z_backup
    expect 0 op-diff -a dump <input
    cmp plan stdout
}

@test "copies of a project, none of Kitsu's name: skipped" {
    use names-swap
    copies a_backup z_backup
    expect 1 op-diff -a dump <input
    jq -e -s 'map(select(.type == "Change")) == [] and any(.[]; .code == "duplicate")' stdout
}

@test "copies of a project that was deleted: all stay" {
    use project-deleted
    expect 0 op-diff -a dump <input
    grep -q '"drop"' stdout
    copies a_backup demo
    expect 1 op-diff -a dump <input
    run ! grep -q '"Change"' stdout
}

# ---- more than anybody needs ---------------------------------------------------

# bats test_tags=slow
@test "thousands of custom fields: skipped, and soon" {
    use places-tv
    jq -c 'if .id == "sh4" then .data = ([range(100000) | {key: "k\(.)", value: 1}] | from_entries) else . end' input >many
    expect 1 timeout 20 op-diff -a dump <many
    jq -e -s 'map(select(.type == "Skipped")) | map([.entity.id, .code]) == [["sh4", "size"]]' stdout
}

@test "a custom field called assignees is a list, and its order counts" {
    use places-tv
    jq -c 'if .id == "sh4" then .data.assignees = ["a", "b"] else . end' input | op-diff -a dump |
        jq -c 'select(.fullDocument) | {type: "Document", ns, document: .fullDocument}' >after
    end_dump after
    jq -c 'if .id == "sh4" then .data.assignees = ["b", "a"] else . end' input >turned
    expect 0 op-diff -a after <turned
    grep -q '"data.assignees":\["b","a"\]' stdout
}

@test "a date where a task should be is replaced" {
    use tasks-removed
    jq -c '(.document | select(.data.tasks.Anim).data.tasks.Anim) = {"$date": "2026-01-01T00:00:00Z"}' dump >dump2
    mv dump2 dump
    op-diff -a dump <input >stdout || true
    run ! grep '"data.tasks.Anim":{[^}]*$date' stdout
}

@test "what steers a terminal does not get there: C1, directions" {
    use names-bad
    jq -c 'if .id == "sh1" then .name = "\u009b2J\u202ex\u2066" else . end' input >steering
    op-diff -a dump <steering >stdout 2>stderr || true
    grep -qF '"?2J?x?"' stderr
    run ! grep -qP '\xc2\x9b|\xe2\x80\xae|\xe2\x81\xa6' stderr
}

# ---- stdin and stdout -----------------------------------------------------------

@test "empty input: nothing, 0" {
    expect 0 op-diff -a /dev/null </dev/null
    [[ ! -s stdout && ! -s stderr ]]
}

@test "stdin closed: 74" {
    status=0
    op-diff -a /dev/null <&- >stdout 2>stderr || status=$?
    ((status == 74))
    [[ ! -s stdout && -s stderr ]]
}

@test "stdin a folder: 74" {
    expect 74 op-diff -a /dev/null <.
    [[ ! -s stdout ]]
}

@test "/dev/full: 74" {
    use places-tv
    status=0
    op-diff -a dump <input >/dev/full 2>stderr || status=$?
    ((status == 74))
    [[ $(<stderr) == "op-diff: stdout: No space left on device" ]]
}

@test "/dev/full, and more than a buffer: 74" {
    sed '$d' "$data/project-new/kitsu.ndjson" >input
    for ((i = 0; i < 60; i++)); do
        sed "s/\"p1\"/\"p$i\"/; s/\"demo\"/\"demo$i\"/" input
    done >many
    status=0
    op-diff -a /dev/null <many >/dev/full 2>stderr || status=$?
    ((status == 74))
}

@test "stdout closed: 74" {
    use places-tv
    status=0
    op-diff -a dump <input >&- 2>stderr || status=$?
    ((status == 74))
    [[ $(<stderr) == "op-diff: stdout: Bad file descriptor" ]]
}

@test "stdout closed, help: 74" {
    status=0
    op-diff --help >&- 2>stderr || status=$?
    ((status == 74))
}

# bats test_tags=slow
@test "a reader that has had enough ends it quietly" {
    for ((i = 0; i < 2000; i++)); do
        echo '{"type":"Weather","text":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}'
    done >many
    set -o pipefail
    status=0
    op-diff -a /dev/null <many 2>stderr | head -n 1 >stdout || status=$?
    ((status == 141 || status == 0))
    [[ ! -s stderr ]]
}

@test "ended by a signal, it leaves nothing behind in /dev/shm" {
    unset MONGOC_DISABLE_SHM
    yes '{"type":"Weather"}' 2>/dev/null | bash -c 'echo $$ >pid && exec op-diff -a /dev/null' 2>stderr | head -n 1 >stdout
    [[ -s stdout && ! -e /dev/shm/mongoc-$(<pid) ]]
}

# ---- the command line -------------------------------------------------------------

@test "usage: -h, --help: on stdout, 0" {
    for option in -h --help; do
        expect 0 op-diff "$option" </dev/null
        grep -q '^usage: op-diff ' stdout
        [[ ! -s stderr ]]
    done
}

@test "usage: -V, --version" {
    for option in -V --version; do
        expect 0 op-diff "$option" </dev/null
        grep -qE '^op-diff \(opkitsu\) [0-9]+\.[0-9]+\.[0-9]+(-dev)?$' stdout
    done
}

@test "usage: an unknown option is named, 64" {
    expect 64 op-diff --no-such </dev/null
    grep -q -- '--no-such' stderr
    [[ ! -s stdout ]]
    expect 64 op-diff -z </dev/null
    grep -q "'z'" stderr
}

@test "usage: an argument too many, 64" {
    expect 64 op-diff -a /dev/null surplus </dev/null
    grep -q '"surplus"' stderr
}

@test "usage: -d and -a together, 64" {
    expect 64 op-diff -a /dev/null -d sqlite:x.db </dev/null
    [[ ! -e x.db ]]
}

@test "usage: an option without its argument, 64" {
    for option in -a -d --max-delete --against --store; do
        expect 64 op-diff "$option" </dev/null
    done
}

@test "usage: --max-delete that is no number or percentage, 64, named" {
    for value in '' x -1 5x 5%% % 101% 1.5 99999999999999999999 '5 %' 0x10; do
        echo "\"$value\""
        expect 64 op-diff -a /dev/null --max-delete "$value" </dev/null
        grep -q -- '--max-delete' stderr
    done
}

@test "--max-delete 0, 100% and a large one are good" {
    for value in 0 0% 100% 2147483648; do
        expect 0 op-diff -a /dev/null --max-delete "$value" </dev/null
    done
}

@test "--exit-code: 1 when there are differences, else 0" {
    use names-swap
    expect 1 op-diff --exit-code -a dump <input
    expect 0 op-diff -a dump <input
    use project-unchanged
    expect 0 op-diff --exit-code -a dump <input
}

@test "-q: no warnings, but errors" {
    use project-renamed
    expect 0 op-diff -q -a dump <input
    [[ ! -s stderr ]]
    use stream-no-end
    expect 1 op-diff -q -a dump <input
    [[ -s stderr ]]
}

@test "what is skipped is said on stderr" {
    use names-bad-stays
    expect 1 op-diff -a dump <input
    grep -q 'SH 10' stderr
    use tasks-taken
    expect 1 op-diff -a dump <input
    grep -q 'Anim_b' stderr
}

@test "AVALON_DB names the database when the dump is empty" {
    use project-new
    AVALON_DB=shows expect 0 op-diff -a /dev/null <input
    [[ $(jq -c 'select(.ns).ns.db' stdout | sort -u) == '"shows"' ]]
}

@test "settings that are no JSON: 78" {
    mkdir -p config/opkitsu
    echo '{"opkitsu":' >config/opkitsu/settings.json
    expect 78 op-diff -a /dev/null </dev/null
    grep -q settings.json stderr
}

# ---- the dump ------------------------------------------------------------------------

@test "-a: a file that is not there" {
    use project-new
    expect 65 op-diff -a no-such-file <input
    grep -q no-such-file stderr
    [[ ! -s stdout ]]
}

@test "-a: a folder: 74" {
    use project-new
    expect 74 op-diff -a . <input
    [[ ! -s stdout ]]
}

@test "-a: a dump that was cut within a line: 65, nothing is planned" {
    use places-tv
    size=$(wc -c <dump)
    for bytes in 1 100 $((size - 2)) $((size - 1)); do
        head -c "$bytes" dump >short
        expect 65 op-diff -a short <input
        [[ ! -s stdout ]]
    done
}

@test "-a: a dump that was cut between two lines: 65, nothing is planned" {
    use places-tv
    for lines in $(seq $(($(wc -l <dump) - 1))); do
        head -n "$lines" dump >short
        expect 65 op-diff -a short <input
        [[ ! -s stdout && $(wc -l <stderr) == 1 ]]
        grep -q 'short: of demo it has no End: .*: dump again$' stderr
    done
    : >short
    expect 0 op-diff -a short <input
}

@test "-a: an End that counts others: 65, nothing is planned" {
    use places-tv
    documents=$(grep -c '"type":"Document"' dump)
    sed 2d dump >short
    expect 65 op-diff -a short <input
    [[ ! -s stdout ]]
    grep -q "short: of demo it has $((documents - 1)) documents, not $documents: dump again" stderr
    { cat dump && head -n 1 dump; } >longer
    expect 65 op-diff -a longer <input
    [[ ! -s stdout ]]
    sed '$s/"counts".*/"counts":{}}/' dump >odd
    expect 65 op-diff -a odd <input
    grep -q 'odd:[0-9]*: an End without' stderr
}

@test "-a: a dump with a bad line: 65, nothing is planned" {
    use places-tv
    for line in x '[]' '{"type":"Document"}' '{"type":"Document","ns":{"db":"a","coll":"b"},"document":{}}' '{} {}' ''; do
        {
            head -n 1 dump
            printf '%s\n' "$line"
            sed 1d dump
        } >bad
        expect 65 op-diff -a bad <input
        grep -q '^op-diff: bad:2: ' stderr
        [[ ! -s stdout ]]
    done
}

@test "-a: other records in a dump are no matter" {
    use places-tv
    op-diff -a dump <input >whole
    {
        echo '{"type":"Weather"}'
        cat dump
    } >longer
    expect 0 op-diff -a longer <input
    cmp whole stdout
}

# bats test_tags=slow
@test "-a: the order of a dump is no matter" {
    for case in places-tv names-ring tasks-several gone-above-archived partial; do
        use "$case"
        op-diff -a dump <input 2>/dev/null | sort >whole || true
        for seed in {1..5}; do
            shuf --random-source=<(yes "$seed") dump >shuffled
            op-diff -a shuffled <input 2>/dev/null | sort >stdout || true
            cmp whole stdout
        done
    done
}

@test "-a: the dump of another database's empty project: all is new" {
    use project-new
    # shellcheck disable=SC2016 # $oid is MongoDB's
    echo '{"type":"Document","ns":{"db":"avalon","coll":"other"},"document":{"_id":{"$oid":"000000000000000000000001"},"type":"project","name":"other","data":{"zou_id":"p0"}}}' >dump
    end_dump dump other
    expect 0 op-diff -a dump <input
    op-diff -a /dev/null <input | cmp stdout
}
