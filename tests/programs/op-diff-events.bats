#!/usr/bin/env bats
# op-diff on batches of events, with op-apply: productions made up at random
# (random-production) are synchronised once and then followed by events
# (events-of). After each batch the store must be what a full synchronisation
# would make it; the plan, made from the few documents that it needs, must be to
# the byte that which is made from all of them (-a).
# SEEDS="FIRST LAST" in the environment: other productions; a failure names its
# own. Those after the 116th reach no line of lib/diff, model, apply and store that the
# first ones do not (gcov), so a range by default is short.
# Takes about 100 s.

bats_require_minimum_version 1.5.0

setup() {
    load ../lib/common
    load ../lib/random
    random_setup
}

# What OpenPype's own tools do between two batches, but for changes to documents
# of Kitsu's that no event would tell of; then what there is.
work_in_openpype() {
    op-dump -d "$store" >before
    work_in_studio
    if has studio '"operationType":"insert"'; then
        grep '"operationType":"insert"' studio | op-apply -d "$store" >/dev/null 2>&1 || true
        op-dump -d "$store" >before
    fi
}

first_step() {
    step=0
    python /dev/null kitsu generators/random-production "$seed" 0
    allow 1 op-diff -d "$store" --max-delete 100% <kitsu >plan 2>stderr
    allow 1 op-apply -d "$store" <plan >results 2>stderr
    rm -f skipped
    remember
}

# works DUMP: what depends on which asset that is there.
works() {
    jq -r 'select(.document) | .document | if .type | IN("asset", "archived_asset") then "asset \(._id["$oid"])"
        elif .type != "project" then "work \(.parent["$oid"])" else empty end' "$1" | sort -u |
        sed -n 's/^asset //p; s/^work //p' | sort | uniq -d
}

# identities DUMP: the `_id` of each document with that of the entity that it is of, if
# Kitsu has it.
identities() {
    jq -r --slurpfile kitsu kitsu '($kitsu | map(.id // empty | {(.): true}) | add) as $has | .document |
        select(.data.zou.id as $id | $id and $has[$id]) | "\(._id["$oid"]) \(.data.zou.id)"' "$1" | sort
}

# remember: the Skipped records of `plan` in place of what `skipped` has of the same entities.
remember() {
    touch skipped
    jq -c --slurpfile old skipped -n '[inputs] as $plan | ($plan[] | select(.type == "End")) as $its_end |
        def about: .entity.entity_id // .entity.id;
        ($plan | map(select(.type == "Skipped"))) as $new |
        (($its_end.judged // []) + ($new | map(about)) | INDEX(.)) as $judged |
        ($old | map(select($its_end.scope == "events" and (about | in($judged) | not)))) + $new | .[]' plan >remembered
    mv remembered skipped
}

# of_skipped FILE: its Skipped records, but for what is for messages only, and may have changed
# since: where it lies, what has its name, how many lie below.
of_skipped() {
    jq -c 'select(.type == "Skipped") | del(.below, .entity.path, if .code == "duplicate" then .reason else empty end)' "$1" | sort
}

step() {
    step=$1
    mv kitsu old
    python /dev/null kitsu generators/random-production "$seed" "$step"
    work_in_openpype
    python /dev/null events generators/events-of old kitsu before skipped "$seed/$step"
    allow 1 op-diff -d "$store" --max-delete 100000 <events >plan 2>stderr
    has plan '"type":"End"' || fails "no plan" stderr
    cat skipped >>before
    op-diff -a before --max-delete 100000 <events >plan.of.dump 2>/dev/null || true
    cmp plan plan.of.dump || fails "another plan against all documents" plan
    allow 1 op-apply -d "$store" <plan >results 2>stderr
    if has results '"status":"conflict"' || has results '"status":"failed"'; then fails "not applied" stderr; fi
    op-dump -d "$store" >after
    comm -23 <(works before) <(works after) >lost
    [[ ! -s lost ]] || fails "what people made lost its document" lost
    comm -23 <(identities before) <(identities after) >lost
    [[ ! -s lost ]] || fails "a document is another entity's, and Kitsu has its own" lost
    op-diff -d "$store" --max-delete 100% <kitsu >full 2>/dev/null || true
    ! has full '"type":"Change"' || fails "a full synchronisation finds a change" full
    # What is skipped in a closed project matters when it is read in full again.
    ! has kitsu '"project_status_name":"Closed"' || rm -f skipped
    remember
    diff <(of_skipped skipped) <(of_skipped full) >differences ||
        fails "a full synchronisation skips others" differences
}

# productions FIRST LAST [mongo]: odd ones with edits and concepts. A quick run has one
# of each test, others have each third; EVERY=1: all.
productions() {
    for seed in $(seeds "$1" "$2"); do
        rm -rf config
        if ((seed % 2)); then
            mkdir -p config/opkitsu
            echo '{"opkitsu":{"edits":true,"concepts":true}}' >config/opkitsu/settings.json
        fi
        new_store "${3-sqlite}"
        first_step
        for i in {1..6}; do
            step "$i"
        done
        rm -f "$seed".db*
    done
}

# batch SHOT-NAME: of a project whose resolution is none
batch() {
    cat <<EOD
{"type":"Project","id":"p1","name":"demo","scope":"events","code":"d","fps":"25","resolution":"wide","project_status_name":"Open"}
{"type":"Sequence","id":"sq1","name":"SQ01","project_id":"p1","parent_id":null,"data":{"tasks":"x"}}
{"type":"Shot","id":"sh1","name":"$1","project_id":"p1","parent_id":"sq1","data":{}}
{"type":"End","project_id":"p1","scope":"events","counts":{"Sequence":1,"Shot":1}}
{"type":"Checkpoint","server":"https://kitsu.example.com/api","projects":null,"created_at":"2026-01-01T01:00:00","ids":[],"events":1}
EOD
}

first() {
    batch "$1" | jq -c 'del(.events) | if .type == "Project" then del(.scope) else . end | if .type == "End" then .scope = "full" |
        .counts += {TaskType: 0, AssetType: 0, Episode: 0, Asset: 0, Edit: 0, Concept: 0, Task: 0} else . end'
}

@test "a service is not told the same again and again" {
    export OP_STORE=sqlite:$PWD/op.db
    first SH010 | op-diff 2>stderr | op-apply >/dev/null
    left_out='op-diff: demo: Sequence "SQ01": custom field "tasks": "x" is left out: the name is OpenPype'"'s own"
    diff - stderr <<<$'op-diff: demo: resolution "wide" is not WIDTHxHEIGHT: left as it is\n'"$left_out"
    {
        batch SH010
        batch SH020
        batch SH010 | sed 's/"tasks":"x"/"tasks":"y"/'
    } | op-diff >plan 2>stderr
    diff - stderr <<<$'op-diff: demo: resolution "wide" is not WIDTHxHEIGHT: left as it is\n'"${left_out/\"x\"/\"y\"}"
    [[ $(grep -c '"Change"' plan) == 2 && $(grep -c '"Checkpoint"' plan) == 3 ]]
}

# The change has the whole document, and so the next one would be no shorter.
@test "a deletion too long for a line: archived, and what is above it, once" {
    export OP_STORE=sqlite:$PWD/op.db
    first SH010 | op-diff 2>/dev/null | op-apply >/dev/null
    sqlite3 op.db "UPDATE documents SET document = json_set(document, '$.data.long', printf('%.*c', 8600000, '\"')) WHERE zou_id = 'sh1'"
    first SH010 | jq -c 'select(.type | IN("Sequence", "Shot") | not) | if .counts then .counts.Sequence = 0 | .counts.Shot = 0 else . end' >gone
    op-diff --max-delete 2 <gone >plan 2>/dev/null
    [[ $(jq -r 'select(.type == "Change") | "\(.operationType) \(.entity.id) \(.updateDescription.updatedFields.type)"' plan) == "update sh1 archived_asset"$'\n'"update sq1 archived_asset" ]]
    op-apply <plan >/dev/null
    op-diff --max-delete 2 <gone >plan 2>/dev/null
    run ! grep '"Change"' plan
}

# peak BATCHES: the most memory that op-diff has had, in KiB
peak() {
    local one
    one=$(batch SH010)
    for ((i = 0; i < $1; i++)); do echo "$one"; done >batches
    python3 -c 'import resource, subprocess
subprocess.run(["op-diff", "-q"], stdin=open("batches"), stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)'
}

@test "a service's memory does not grow with its batches" {
    [[ $OPKITSU_BUILD != *san* ]] || skip "cannot: with sanitizers memory is no measure"
    export OP_STORE=sqlite:$PWD/op.db
    first SH010 | op-diff -q | op-apply >/dev/null
    # A project as studios have it: templates, colour settings.
    op-dump --bare | jq -c 'select(.type == "project") | {type: "Change", operationType: "update", ns: {db: "avalon", coll: "demo"},
        documentKey: {_id}, updateDescription: {updatedFields: {"config.templates": {x: ("x" * 50000)}}, removedFields: []},
        fullDocumentBeforeChange: {config: {templates: .config.templates}}}' | op-apply | grep -q applied
    before=$(peak 100) after=$(peak 1100)
    echo "$before $after"
    ((after - before < 3000))
}

@test "changed settings that documents depend on: the project is to be read in full" {
    export OP_STORE=sqlite:$PWD/op.db
    mkdir -p config/opkitsu
    bad() { sed 's/"name":"SH010"/"name":"SH 010"/'; }
    names() { op-dump --bare | jq -r 'select(.data.zou.type == "Shot") | "\(.name) \(.data.label)"'; }
    for change in names:convert names:skip edits:true edits:false concepts:true; do
        first SH010 | bad | op-diff -q | op-apply >/dev/null || true
        batch SH010 | bad | op-diff -q | op-apply >/dev/null || true # nothing has changed
        jq -n --arg key "${change%:*}" --arg value "${change#*:}" \
            '{opkitsu: {($key): ($value | fromjson? // .)}}' >config/opkitsu/settings.json
        status=0
        batch SH010 | bad | op-diff >plan 2>stderr || status=$?
        [[ $status == 1 && $(jq -c .full_sync plan) == '["p1"]' && $(wc -l <plan) == 1 ]]
        grep -q "\"demo\": edits, concepts or names of opkitsu's settings were changed" stderr
    done
    [[ $(names) == 'SQ01_SH_010 SH 010' ]] # of when it was converted
    # A dropped project is forgotten.
    printf '%s\n' '{"type":"Change","operationType":"drop","ns":{"db":"avalon","coll":"demo"}}' \
        '{"type":"End","project_id":"p1","scope":"full","counts":{}}' | op-apply >/dev/null
    [[ $(sqlite3 op.db "select count(*) from openpype where id like '%settings:p1%'") == 0 ]]
}

@test "events of a project that the store does not have: left alone, a full read is asked for" {
    export OP_STORE=sqlite:$PWD/op.db
    run -1 --separate-stderr op-diff < <(batch SH010)
    [[ ${lines[0]} == *'"Checkpoint"'*'"full_sync":["p1"]'* && ${#lines[@]} == 1 ]]
    [[ $stderr == *'"demo": events are no use before it was synchronised in full' ]]
}

@test "counts that differ: nothing is planned, a full read is asked for" {
    export OP_STORE=sqlite:$PWD/op.db
    first SH010 | op-diff -q | op-apply >/dev/null
    run -1 --separate-stderr op-diff < <(batch SH020 | grep -v '"Sequence","id"')
    [[ ${lines[0]} == *'"Checkpoint"'*'"full_sync":["p1"]'* && ${#lines[@]} == 1 ]]
    [[ $stderr == *'0 Sequence records came, and End says 1'* ]]
}

@test "an explicit --max-delete holds for events, too, also a percentage" {
    export OP_STORE=sqlite:$PWD/op.db
    gone() {
        batch SH010 | sed 's/"counts":{[^}]*}/"counts":{}/; /"type":"S/d'
    }
    first SH010 | op-diff -q | op-apply >/dev/null
    deleted='{"type":"Deleted","entity_type":"Shot","id":"sh1","project_id":"p1"}'
    gone | sed "2i $deleted" >stream
    for limit in 0 49%; do
        run -1 --separate-stderr op-diff --max-delete "$limit" <stream
        [[ $output != *'"Change"'* && $output == *'"full_sync":["p1"]'* ]]
        [[ $stderr == *"1 of 2 documents would be deleted or archived, more than --max-delete $limit"* ]] ||
            [[ $limit == 0 && $stderr == *"more than --max-delete 0"* ]]
    done
    for limit in 1 50%; do
        run -0 --separate-stderr op-diff --max-delete "$limit" <stream
        [[ $output == *'"operationType":"delete"'*SQ01_SH010* ]]
    done
}

@test "random productions 101 to 105" { productions 101 105; }
# bats test_tags=slow
@test "random productions 106 to 110" { productions 106 110; }
# bats test_tags=slow
@test "random productions 111 to 116" { productions 111 116; }

# bats test_tags=slow
@test "mongodb: random productions 117 to 119" {
    need_mongo
    productions 117 119 mongo
}

# bats test_tags=slow
@test "random productions \$SEEDS" {
    [[ ${SEEDS-} ]] || skip "no SEEDS given"
    # shellcheck disable=SC2086 # two words
    EVERY=1 productions $SEEDS
}
