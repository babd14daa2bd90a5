#!/usr/bin/env bats
# op-apply on both stores: what the cases of cases/op-apply don't show. What becomes
# of files and servers that fail is in store.bats.
# Takes about 160 s.

load ../lib/common
load ../lib/store

# ---- for both stores ---------------------------------------------

# applies STATUS NAME [RESULTS]: apply a plan and compare everything
applies() {
    apply "$2"
    expect "$1" "${3-$2}"
}

case_twice() {
    applies 0 insert
    apply insert
    [ "$status" -eq 0 ]
    [ "$(count unchanged)" -eq 7 ]
    applies 0 update
    apply update
    [ "$status" -eq 0 ]
    [ "$(count unchanged)" -eq 2 ]
}

case_delete() {
    applies 0 insert
    applies 0 delete
    apply delete
    [ "$(count unchanged)" -eq 3 ]
}

case_drop() {
    applies 0 insert
    applies 0 drop
    [ -z "$(dump)" ]
    apply drop
    [ "$status" -eq 0 ]
    [ "$(count unchanged)" -eq 1 ]
}

case_refused() {
    applies 1 refused
    apply refused
    [ "$(count unchanged)" -eq 7 ]
    [ "$(count failed)" -eq 5 ]
    applies 0 insert
    dump >"$BATS_TEST_TMPDIR/dump"
    diff -u "$apply_cases/refused/after-insert.ndjson" "$BATS_TEST_TMPDIR/dump"
}

# linked_ids: what is remembered of the project's documents
linked_ids() { state | jq -r 'select(.type == "linked") | .ids // empty | .[]' | sort | xargs; }

# forget_links: as if op-apply had been killed between the documents and its memory
forget_links() {
    case $OP_STORE in
        sqlite:*)
            sqlite3 "${OP_STORE#sqlite:}" "DELETE FROM openpype WHERE collection = 'opkitsu_linked' AND id NOT LIKE '\":%'"
            ;;
        *)
            # shellcheck disable=SC2016 # the $ is MongoDB's
            "$STUDIO_VENV/bin/python" -c '
import pymongo, sys
pymongo.MongoClient(sys.argv[1])[sys.argv[2]].opkitsu_linked.delete_many({"ids": {"$exists": True}})
' "$OP_STORE" "$OPENPYPE_DATABASE_NAME"
            ;;
    esac
}

case_linked() {
    # Before the first full read there is nothing that could be remembered.
    plan linked_full | grep -v '"End"' | op-apply -q >/dev/null
    ! state | grep '"linked"' || return
    plan linked_full | op-apply -q >/dev/null
    [ "$(linked_ids)" = "e1 e2" ]
    apply linked
    [ "$(linked_ids)" = "e3 e4 e5" ]
    forget_links
    apply linked
    [ "$(count applied)" -eq 0 ]
    [ "$(linked_ids)" = "e3 e4 e5" ]
    # A full read looks at all documents, as others than op-apply may have linked some.
    forget_links
    jq -c 'select(.type == "End")' <"$apply_cases/linked_full/plan.ndjson" | sed 's/"db":"avalon"/"db":"'"$AVALON_DB"'"/' | op-apply -q >/dev/null
    [ "$(linked_ids)" = "e3 e4 e5" ]
    # With -n nothing is.
    plan linked_full | sed 's/"e1"/"e9"/; s/000002"/000009"/g' | op-apply -n >"$out" 2>"$err" || true # 1: conflicts
    [ "$(count planned)" -eq 1 ]
    [ "$(linked_ids)" = "e3 e4 e5" ]
    # A project document that could not be written is no base, and its documents no memory.
    plan linked_full | jq -c 'if .type == "End" then .project.fps = "50" | .project._id["$oid"] = "00000000000000000000000f"
        elif .fullDocument.type == "project" then .entity = {type: "Project", id: "p1", name: "demo"} | .fullDocument.data.x = 1
        else empty end' | op-apply >"$out" || true
    [ "$(count conflict)" -eq 1 ]
    [ "$(state_document project:p1 | jq -r .fps)" = 25 ]
    [ "$(state_document :demo | jq -r '.document["$oid"]')" = 000000000000000000000001 ]
    jq -cn --arg db "$AVALON_DB" '{type: "Change", operationType: "drop", ns: {db: $db, coll: "demo"}, entity: {type: "Project", id: "p1"}},
        {type: "End", project_id: "p1", scope: "full", counts: {}}' | op-apply >"$out"
    [ "$(count applied)" -eq 1 ]
    ! state | grep -e '"linked"' -e project:p1 || return
}

# What no project of ours can be called, and what can't be an id of Kitsu's.
case_linked_hostile() {
    local coll long
    plan linked_full | op-apply -q >/dev/null
    for coll in '""' '"a$b"' '"system.views"' '"a\u0000b"'; do
        plan linked_full | jq -c --argjson coll "$coll" 'select(.type == "End") | .ns.coll = $coll | .project_id = "p2"' | op-apply -q >/dev/null
    done
    plan linked_full | jq -c 'select(.type == "End") | .ns.db = "other" | .project_id = "p2"' | op-apply -q >/dev/null
    ! state | grep p2 || return
    # Three of seven megabytes would not fit into one document.
    printf -v long 'e%.0s' {1..65}
    plan linked | jq -c --arg long "$long" 'select(.updateDescription.updatedFields["data.zou"].id == "e5")
        | .updateDescription.updatedFields["data.zou"].id = $long' | op-apply | grep '"applied"'
    [ "$(linked_ids)" = "e1 e2" ]
    plan linked_full | jq -c 'select(.type == "End")' | op-apply -q >/dev/null
    [ "$(linked_ids)" = "e1 e2" ]
}

# As MongoDB counts it: 12 bytes and more for each number.
case_too_large() {
    plan insert | jq -c 'select(.entity.id == "s2") | del(.fullDocument.parent) | .fullDocument.data.list = [range(1500000) | 1]' \
        >"$BATS_TEST_TMPDIR/plan"
    run --separate-stderr op-apply <"$BATS_TEST_TMPDIR/plan"
    [ "$status" -eq 1 ]
    [[ $output == *'"status":"failed"'*'"message":"larger than the 16 MiB that MongoDB takes"}' ]]
    [ -z "$stderr" ]
}

# One that grows too large by an update.
case_grown_too_large() {
    applies 0 insert
    plan conflict | jq -c 'select(.entity.id == "s2")
        | .updateDescription.updatedFields["data.list"] = [range(1500000) | 1]' \
        >"$BATS_TEST_TMPDIR/plan"
    run --separate-stderr op-apply <"$BATS_TEST_TMPDIR/plan"
    [ "$status" -eq 1 ]
    [[ $output == *'"status":"failed"'*'"message":"larger than the 16 MiB that MongoDB takes"}' ]]
}

case_dry() {
    dump >"$BATS_TEST_TMPDIR/empty"
    [ ! -s "$BATS_TEST_TMPDIR/empty" ]
    apply insert -n
    [ "$status" -eq 0 ]
    [ "$(count planned)" -eq 7 ]
    [ -z "$(dump)" ]
    applies 0 insert
    apply insert -n
    [ "$(count unchanged)" -eq 7 ]
    apply update -n
    [ "$(count planned)" -eq 2 ]
    apply conflict -n
    [ "$status" -eq 1 ]
    [ "$(count conflict)" -eq 7 ] # one more: it is made from another one's result
    apply move -n
    [ "$(count planned)" -eq 4 ] # the sequence will be empty by then
    apply delete -n
    [ "$(count planned)" -eq 3 ]
    apply drop -n
    [ "$(count planned)" -eq 1 ]
    apply state -n
    [ "$(tail -n 1 "$out" | jq -r .type)" = Summary ]
    dump | diff -u <(op-dump | normal) -
}

# In pieces larger than what op-apply writes at a time, and in one plan that
# inserts, changes and deletes the same documents.
case_many() {
    many 1300 >"$BATS_TEST_TMPDIR/plan"
    out=$BATS_TEST_TMPDIR/out
    op-apply <"$BATS_TEST_TMPDIR/plan" >"$out"
    [ "$(count applied)" -eq 3901 ]
    [ "$(dump --bare | jq -r .name)" = demo ]
}

# many N: insert, rename and delete N documents
many() {
    jq -nc --argjson n "$1" --arg db "$AVALON_DB" '
        def id($i): {_id: {"$oid": ("5f00000000000000001" + ("0000\($i)" | .[-5:]))}};
        def change($op; $i): {type: "Change", operationType: $op, ns: {$db, coll: "demo"},
            documentKey: id($i)};
        def asset($i; $name): id($i) + {type: "asset", $name,
            data: {visualParent: (if $i > 1 then id($i - 1)._id else null end)}};
        (change("insert"; 0) + {fullDocument: (id(0) + {type: "project", name: "demo"})}),
        (range(1; $n + 1) | change("insert"; .) + {fullDocument: asset(.; "old")}),
        (range(1; $n + 1) | change("update"; .) + {
            updateDescription: {updatedFields: {name: "new"}, removedFields: []},
            fullDocumentBeforeChange: {name: "old"}}),
        (range($n; 0; -1) | change("delete"; .) + {fullDocumentBeforeChange: asset(.; "new")})'
}

# below SEED: documents that lie below each other in trees and in rings, longer than a
# batch, and the plan that deletes nearly all of them, in any order, as files; what must stay
# then, as one of `stay` with its parent: what the plan does not delete, what is published, and all
# that lies above one of these.
below() {
    python3 - "$AVALON_DB" "$1" "$BATS_TEST_TMPDIR" <<'PYTHON'
import json, random, sys

db, seed, folder = sys.argv[1:]
r = random.Random(seed)
count = r.choice([700, 1100, 1600])
parent = {}
ring = r.sample(range(count), count - 80)  # one that is longer than a batch
if int(seed) % 2:
    parent.update(zip(ring, ring[1:] + ring[:1]))
for i in range(count):
    parent.setdefault(i, r.choice([None, r.randrange(count), r.randrange(count), max(0, i - 1)]))
kept = {i for i in range(count) if r.random() < 0.002 and i not in ring[:count * (int(seed) % 2)]}
published = {i for i in range(count) if r.random() < 0.002 and i not in ring[:count * (int(seed) % 2)]}
stays, todo = set(), list(kept | published)
while todo:
    i = todo.pop()
    if i is not None and i not in stays:
        stays.add(i)
        todo.append(parent[i])


def oid(i):
    return {"$oid": f"5f{i:022x}"}


def document(i):
    return {"_id": oid(i), "type": "asset", "name": f"n{i}", "data": {"visualParent": parent[i] if parent[i] is None else oid(parent[i])}}


def change(operation, of, **what):
    return {"type": "Change", "operationType": operation, "ns": {"db": db, "coll": "demo"}, "documentKey": {"_id": of["_id"]}, **what}


def write(name, lines):
    with open(f"{folder}/{name}", "w") as file:
        file.writelines(f"{line}\n" for line in lines)


write("made", (json.dumps(change("insert", d, fullDocument=d)) for d in
               [{"_id": oid(10**9), "type": "project", "name": "demo"}] + [document(i) for i in range(count)] +
               [{"_id": oid(count + i), "type": "subset", "parent": oid(i)} for i in published]))
order = [i for i in range(count) if i not in kept]
r.shuffle(order)
write("plan", [json.dumps(change("delete", document(i), fullDocumentBeforeChange=document(i))) for i in order] +
      [json.dumps({"type": "End", "project_id": "p1", "scope": "full", "counts": {}})])
write("stay", sorted(f"n{i} {parent[i] if parent[i] is None else oid(parent[i])['$oid']}".replace("None", "null") for i in stays))
write("conflicts", [len(stays - kept)])
PYTHON
}

# case_below SEED...: what lies below a document may be deleted by a later batch.
case_below() {
    local seed
    for seed; do
        cd "$BATS_TEST_TMPDIR"
        below "$seed"
        op-apply <made >/dev/null
        out=planned
        op-apply -n <plan >planned || (($? == 1))
        [[ $(count conflict) == $(<conflicts) ]]
        out=applied
        op-apply <plan >applied 2>/dev/null || (($? == 1))
        [[ $(count conflict) == $(<conflicts) && $(count failed) == 0 && $(grep -c Result applied) == $(grep -c Change plan) ]]
        op-dump --bare | jq -r 'select(.type == "asset") | "\(.name) \(.data.visualParent["$oid"])"' | sort | diff <(sort stay) -
        jq -nc --arg db "$AVALON_DB" '{type: "Change", operationType: "drop", ns: {$db, coll: "demo"}, published: true}' | op-apply >/dev/null
    done
}

# A delete that waits for the rest of the plan does not come after what the plan does to its
# document later, in the same batch and in another.
case_deleted_before() {
    local others made
    made='def change($op; $id; $up): {_id: $id, type: "asset", name: $id, data: {visualParent: $up}} as $d |
        {type: "Change", operationType: $op, ns: {db: env.AVALON_DB, coll: "demo"}, documentKey: {_id: $id}} +
        (if $op == "insert" then {fullDocument: $d} else {fullDocumentBeforeChange: $d} end); '
    many 1 | sed -n 1p | op-apply >/dev/null
    for others in 1 600; do
        jq -nc --argjson n "$others" "$made"'change("insert"; "a"; null), change("insert"; "b"; "a"), (range($n) | change("insert"; "c\(.)"; null))' | op-apply >/dev/null
        out=$BATS_TEST_TMPDIR/out
        jq -nc --argjson n "$others" "$made"'change("delete"; "a"; null), (range($n) | change("delete"; "c\(.)"; null)), change("insert"; "a"; null), change("delete"; "b"; "a")' |
            op-apply >"$out" 2>/dev/null || (($? == 1))
        jq -r 'select(.documentKey._id | IN("a", "b")) | "\(.status) \(.operationType) \(.documentKey._id)"' "$out" |
            diff <(printf '%s\n' 'conflict delete a' 'unchanged insert a' 'applied delete b') -
        [[ $(dump --bare | jq -r 'select(.type == "asset")._id') == a ]]
    done
}

# end ID SCOPE, checkpoint JSON: records
end() {
    printf '{"type":"End","project_id":"%s","scope":"%s","counts":{}}\n' "$1" "$2"
}
checkpoint() {
    jq -nc "$1"' | {type: "Checkpoint", server: "https://k/api", projects: null, ids: []} + .'
}

# kept EXPECTED: of each checkpoint the project, its minute and whether a full read is wanted
kept() {
    state | jq -cs 'map(select(.type == "checkpoint"))
        | map([.project_id // "*", (.created_at | .[14:16] | tonumber), .full_sync // false]) | sort' >"$BATS_TEST_TMPDIR/kept"
    diff <(jq -c . <<<"$1") "$BATS_TEST_TMPDIR/kept"
}

case_checkpoints() {
    local at='created_at: "2026-11-24T10'
    { end p1 full && end p2 full &&
        checkpoint "{$at:01:00\", projects: [\"p1\",\"p2\"], all: true, full_sync: [\"p3\"]}"; } | op-apply >/dev/null
    kept '[["*",1,false],["p1",1,false],["p2",1,false],["p3",1,true]]'
    { end p1 events && checkpoint "{$at:02:00\", events: 2, full_sync: [\"p2\"]}"; } | op-apply >/dev/null
    kept '[["*",2,false],["p1",1,false],["p2",2,true],["p3",1,true]]'
    # Listed, and read by events alone: the full read is wanted still.
    { end p2 events && checkpoint "{$at:03:00\", events: 1, projects: [\"p2\"]}"; } | op-apply >/dev/null
    kept '[["*",2,false],["p1",1,false],["p2",3,true],["p3",1,true]]'
    # Read in full, in a batch of events; listed or not. Of the one after it nothing is said.
    { end p2 full && end p4 full && checkpoint "{$at:04:00\", events: 0}" &&
        checkpoint "{$at:05:00\", events: 0}"; } | op-apply >/dev/null
    kept '[["*",5,false],["p1",1,false],["p2",4,false],["p3",1,true],["p4",4,false]]'
    # Read in full, and left alone.
    { end p1 full && checkpoint "{$at:06:00\", projects: [\"p1\"], full_sync: [\"p1\"]}"; } | op-apply >/dev/null
    kept '[["*",5,false],["p1",6,true],["p2",4,false],["p3",1,true],["p4",4,false]]'
    # No position: nothing.
    { end p1 full && checkpoint "{created_at: null, events: 3, full_sync: [\"p2\"]}"; } | op-apply >/dev/null
    kept '[["*",5,false],["p1",6,true],["p2",4,false],["p3",1,true],["p4",4,false]]'
    # All were read: one that did not come does not wait for ever, and what OpenPype does not
    # have either is forgotten.
    link demo p4
    { end p1 full && checkpoint "{$at:07:00\", projects: [\"p1\"], all: true}"; } | op-apply >/dev/null
    kept '[["*",7,false],["p1",7,false],["p4",4,false]]'
}

# link PROJECT ID: OpenPype has it, linked to this one of Kitsu's
link() {
    jq -nc --arg db "$AVALON_DB" --arg coll "$1" --arg id "$2" '{type: "Change", operationType: "insert", ns: {db: $db, coll: $coll},
        documentKey: {_id: {"$oid": "00000000000000000000000a"}},
        fullDocument: {_id: {"$oid": "00000000000000000000000a"}, type: "project", name: $coll, data: {zou_id: $id}}}' | op-apply >/dev/null
}

# Of projects that are gone from Kitsu and OpenPype nothing is left, of others all.
case_gone() {
    local at='created_at: "2026-11-24T10' p
    link demo p1
    {
        for p in p1 p2 p3; do
            jq -nc --arg id "$p" '{type: "Skipped", entity: {type: "Shot", id: "s9", name: "x"}, project_id: $id, code: "name", reason: "x"},
            {type: "End", project_id: $id, scope: "full", counts: {}, settings: {edits: true}}'
        done
        checkpoint "{$at:01:00\", projects: [\"p1\",\"p2\",\"p3\"], all: true}"
        checkpoint "{$at:01:00\", projects: [\"p2\",\"p3\"], server: \"https://old/api\"}"
    } | op-apply >/dev/null || (($? == 1))
    about() { state | jq -r --arg id "$1" 'select(.project_id == $id or ._id == "settings:" + $id) | ._id'; }
    [[ $(about p1 | wc -l) == 3 && $(about p2 | wc -l) == 4 && $(about p3 | wc -l) == 4 ]]
    # Not all were read, or could be read: nobody knows.
    checkpoint "{$at:02:00\", projects: []}" | op-apply
    checkpoint "{$at:03:00\", events: 1}" | op-apply
    checkpoint "{$at:04:00\", projects: [], all: true, full_sync: [\"p2\", \"p3\"]}" | op-apply
    [[ $(about p1 | wc -l) == 3 && $(about p2 | wc -l) == 4 && $(about p3 | wc -l) == 4 ]]
    checkpoint "{$at:05:00\", projects: [\"p3\"], all: true}" | op-apply
    [[ $(about p1 | wc -l) == 3 && -z $(about p2) && $(about p3 | wc -l) == 4 ]]
}

case_synced() {
    # Of some projects: Kitsu was read, but not all of it.
    checkpoint '{created_at: "2026-11-24T10:00:00", projects: ["p1"]}' | op-apply
    state_document synced:https://k/api | jq -e '(.read_at | now - . | . > -2 and . < 30) and (has("full_sync_at") | not)'
    checkpoint '{created_at: "2026-11-24T10:01:00", projects: [], all: true}' | op-apply
    state_document synced:https://k/api |
        jq -e '(.full_sync_at | now - . | . > -2 and . < 30) and .read_at == .full_sync_at and (has("events") | not)'
    checkpoint '{created_at: "2026-11-24T10:02:00", events: 0}' | op-apply
    state_document synced:https://k/api | jq -e '.full_sync_at and .read_at and (has("events") | not)'
    { checkpoint '{created_at: "2026-11-24T10:02:00", events: 2}' && checkpoint '{created_at: null, events: 5}'; } | op-apply
    state_document synced:https://k/api |
        jq -e '.events == 7 and .events_at <= .read_at and .full_sync_at <= .read_at and .type == "synced"'
}

# What was known of a project goes with it.
case_dropped() {
    apply state
    checkpoint '{created_at: "2026-11-24T10:01:00", full_sync: ["p1", "p2"]}' | op-apply
    [ -n "$(state_document p1:s9)" ]
    { plan drop && checkpoint '{created_at: "2026-11-24T10:02:00"}'; } | op-apply >/dev/null
    [ -z "$(state_document p1:s9)" ]
    kept '[["*",2,false],["p2",1,true]]'
}

# What an earlier version kept in one document: it is read as a whole, and written anew.
case_old_skipped() {
    local skipped='{type: "Skipped", project_id: "p1", reason: "because", code: "name", entity: {type: "Shot", id: $id, name: "x"}}' old
    old=$(jq -nc "{_id: \"skipped:p1\", type: \"skipped\", entities: [(\"s1\", \"s2\") as \$id | $skipped]}")
    apply state
    put_state "$old"
    [[ $(op_status .skipped) == 4 ]]
    jq -nc --arg id s2 "$skipped, {type: \"End\", project_id: \"p1\", scope: \"events\", counts: {}, judged: [\"s1\", \"s2\", \"s9\"]}" |
        op-apply -q >/dev/null || true # 1: skipped
    [[ -z $(state_document skipped:p1) && -z $(state_document p1:s1) && -z $(state_document p1:s9) ]]
    [[ -n $(state_document p1:s2) && -n $(state_document p1:s8) && $(op_status .skipped) == 2 ]]
}

# Ids as no Kitsu gives them: a colon, none; and a document that is no entity's.
case_odd_skipped() {
    local skipped='{type: "Skipped", project_id: "p:1", reason: "because", code: "name", entity: {type: "Shot", id: "a:b", name: "x"}}'
    apply insert
    put_state '{"_id": "odd", "type": "skipped", "project_id": "p:1", "entities": [1, null, {"entity": 7}]}' opkitsu_skipped
    for _ in 1 2; do
        jq -nc "$skipped, ($skipped | del(.entity.id)), {type: \"End\", project_id: \"p:1\", scope: \"full\", counts: {}}" |
            op-apply >/dev/null || [ $? -eq 1 ]
        [[ -n $(state_document p:1:a:b) && -n $(state_document p:1:p:1) ]]
    done
    jq -nc '{type: "End", project_id: "p:1", scope: "events", counts: {}, judged: ["a:b", 7, null, ""]}' | op-apply -q >/dev/null
    [[ -z $(state_document p:1:a:b) && -n $(state_document p:1:p:1) ]]
}

# unique FIELD: an index of the studio's own
unique() {
    case $OP_STORE in
        sqlite:*) sqlite3 "${OP_STORE#sqlite:}" "CREATE UNIQUE INDEX studio ON documents (project, $1)" ;;
        *) "$STUDIO_VENV/bin/python" -c '
import pymongo, sys
pymongo.MongoClient(sys.argv[1])[sys.argv[2]].demo.create_index(sys.argv[3], unique=True, name="studio")
' "$OP_STORE" "$AVALON_DB" "$1" ;;
    esac
}

# asset_change JQ: an object with what is its own
asset_change() { jq -nc --arg db "$AVALON_DB" '{type: "Change", ns: {$db, coll: "demo"}} + '"$1"; }

# What an index of the studio's own refuses has failed, whatever is written; and so has the
# deletion of what lies above it, though it comes in a later batch. The rest goes on.
case_unique() {
    applies 0 insert
    unique name
    {
        asset_change '{operationType: "insert", documentKey: {_id: {"$oid": "5f00000000000000000000a1"}}, entity: {type: "Shot", id: "s7", name: "SH020"},
            fullDocument: {_id: {"$oid": "5f00000000000000000000a1"}, type: "asset", name: "SQ01_SH020", parent: {"$oid": "5f0000000000000000000001"}, data: {zou: {id: "s7", type: "Shot", parent_id: "q1"}}}}'
        asset_change '{operationType: "update", documentKey: {_id: {"$oid": "5f0000000000000000000005"}}, entity: {type: "Shot", id: "s1", name: "SH010"},
            updateDescription: {updatedFields: {name: "SQ01_SH020", "data.visualParent": null}, removedFields: []},
            fullDocumentBeforeChange: {name: "SQ01_SH010", data: {visualParent: {"$oid": "5f0000000000000000000004"}}}}'
        many 600 | jq -c 'select(.operationType == "insert" and .fullDocument.type == "asset") | .fullDocument.name = .documentKey._id["$oid"] | .fullDocument.parent = {"$oid": "5f0000000000000000000001"}'
        plan delete | jq -c 'select(.entity.id == "s2" or .entity.id == "q1")'
        echo '{"type":"End","project_id":"p1","scope":"events","counts":{}}'
        checkpoint '{created_at: "2026-11-24T10:01:00", events: 1}'
    } | op-apply >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" || status=$?
    [[ $status == 1 && ! -s $BATS_TEST_TMPDIR/err ]]
    jq -r 'select(.status == "failed" or .status == "conflict") | "\(.status) \(.operationType) \(.entity.id)"' "$BATS_TEST_TMPDIR/out" >"$BATS_TEST_TMPDIR/failed"
    diff - "$BATS_TEST_TMPDIR/failed" <<<$'failed insert s7\nfailed update s1\nfailed delete q1'
    [[ $(grep -c '"applied"' "$BATS_TEST_TMPDIR/out") == 601 ]]
    kept '[["*",1,false]]'
    [[ $(state_document p1:s7 | jq -r '.entities[0].code, .parent_id') == $'store\nq1' && -n $(state_document p1:s1) && -n $(state_document p1:q1) ]]
}

# What lies below a document that is refused is not written, in the same batch and in a later
# one, and neither is moved there; what lies below one that only is not changed is. Everything is
# remembered, and done when the index lets it in.
case_below_refused() {
    new() { # NUMBER NAME PARENT TYPE ID PARENT_ID
        asset_change "$(jq -nc --arg n "$1" --arg name "$2" --arg up "$3" --arg type "$4" --arg z "$5" --arg above "$6" '
            def oid: {"$oid": ("5f000000000000000000" + .)};
            {operationType: "insert", documentKey: {_id: ($n | oid)}, entity: {$type, id: $z, $name},
                fullDocument: {_id: ($n | oid), type: "asset", $name, parent: ("0001" | oid),
                    data: {visualParent: ($up | oid), zou: {id: $z, $type, parent_id: $above}}}}')"
    }
    applies 0 insert
    unique name
    {
        new 00a1 SQ01 0003 Sequence q7 e1       # its name is taken
        new 00b0 SQ07_SH010_a 00b1 Shot s10 s11 # before what it lies below
        new 00b1 SQ07_SH010 00a1 Shot s11 q7
        new 00b2 SQ01_SH011 0004 Shot s12 q1
        asset_change '{operationType: "update", documentKey: {_id: {"$oid": "5f0000000000000000000004"}}, entity: {type: "Sequence", id: "q1", name: "SQ01"},
            updateDescription: {updatedFields: {name: "Shots"}, removedFields: []}, fullDocumentBeforeChange: {name: "SQ01"}}'
        asset_change '{operationType: "update", documentKey: {_id: {"$oid": "5f0000000000000000000005"}}, entity: {type: "Shot", id: "s1", name: "SH010"},
            updateDescription: {updatedFields: {"data.visualParent": {"$oid": "5f00000000000000000000a1"}}, removedFields: []},
            fullDocumentBeforeChange: {data: {visualParent: {"$oid": "5f0000000000000000000004"}}}}'
        many 600 | jq -c 'select(.operationType == "insert" and .fullDocument.type == "asset") | .fullDocument.name = .documentKey._id["$oid"] | del(.fullDocument.data)'
        new 00b3 SQ07_SH020 00a1 Shot s13 q7
        new 00b4 SQ01_SH012 0004 Shot s14 q1 # which exists
        end p1 events
    } >"$BATS_TEST_TMPDIR/below"
    op-apply <"$BATS_TEST_TMPDIR/below" >"$BATS_TEST_TMPDIR/out" || status=$?
    [[ $status == 1 ]]
    jq -r 'select(.status == "failed" or .status == "conflict") | "\(.status) \(.operationType) \(.entity.id)"' "$BATS_TEST_TMPDIR/out" |
        diff <(printf 'failed %s\n' 'insert q7' 'insert s10' 'insert s11' 'update q1' 'update s1' 'insert s13') -
    jq -se 'any(.[]; .entity.id == "s10" and .message == "the document that it would lie below was refused")' "$BATS_TEST_TMPDIR/out"
    [[ $(grep -c '"applied"' "$BATS_TEST_TMPDIR/out") == 602 ]]
    [[ $(state_document p1:s11 | jq -r '.entities[0].code, .parent_id') == $'store\nq7' && -n $(state_document p1:s10) && -n $(state_document p1:s1) ]]
    # Nothing lies below what is not there.
    dump --bare | jq -se 'map(._id) as $all | all(.[]; .data.visualParent | . == null or IN($all[]))'
    sed '1s/"name":"SQ01"/"name":"SQ07"/g' "$BATS_TEST_TMPDIR/below" | op-apply >"$BATS_TEST_TMPDIR/out" || status=$?
    jq -r 'select(.status and .status != "unchanged") | "\(.status) \(.operationType) \(.entity.id)"' "$BATS_TEST_TMPDIR/out" |
        diff <(printf '%s\n' 'applied insert q7' 'applied insert s10' 'applied insert s11' 'failed update q1' 'applied update s1' 'applied insert s13') -
}

# No documents without the project's, in the same batch and in a later one. It is inserted when the
# index lets it in, and they are.
case_project_refused() {
    jq -nc --arg db "$AVALON_DB" '{type: "Change", operationType: "insert", ns: {$db, coll: "demo"}, documentKey: {_id: "other"},
        fullDocument: {_id: "other", type: "library", name: "demo"}}' | op-apply >/dev/null
    unique name
    many 600 | jq -c 'select(.operationType == "insert") | select(.fullDocument.type == "asset").fullDocument |=
        (.name = ._id["$oid"] | .parent = {"$oid": "5f0000000000000000100000"} | del(.data))' >"$BATS_TEST_TMPDIR/plan"
    op-apply <"$BATS_TEST_TMPDIR/plan" >"$BATS_TEST_TMPDIR/out" || status=$?
    [[ $status == 1 ]]
    jq -r '"\(.status) \(.message)"' "$BATS_TEST_TMPDIR/out" | sed 1d | sort | uniq -c | diff <(echo "    600 failed its project's document was refused") -
    [[ $(dump --bare | wc -l) == 0 ]]
    sed '1s/"name":"demo"/"name":"demo2"/' "$BATS_TEST_TMPDIR/plan" | op-apply >"$BATS_TEST_TMPDIR/out"
    [[ $(grep -c '"applied"' "$BATS_TEST_TMPDIR/out") == 601 ]]
}

# op_status FILTER: of sync-status
op_status() { sync-status -s https://k/api --json | jq -c "$1"; }

# A conflict: its project is marked, the position of all moves on.
case_conflict() {
    local status=0
    applies 0 insert
    { plan conflict | grep -v -e '"Checkpoint"' && end p9 events &&
        checkpoint '{created_at: "2026-11-24T10:01:00", events: 1}' &&
        checkpoint '{created_at: "2026-11-24T10:02:00", events: 1}'; } |
        op-apply >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" || status=$?
    [ "$status" -eq 1 ]
    grep -q '"p9"' "$BATS_TEST_TMPDIR/out"
    [ "$(cat "$BATS_TEST_TMPDIR/err")" = "op-apply: demo: 6 conflicts: the project is to be read in full again" ]
    kept '[["*",2,false],["p1",1,true]]'
    [ "$(state_document checkpoint:https://k/api:p1 | jq -c '[.conflicts, .why]')" = "[6,null]" ]
}

# A conflict of no project, as no End followed: nothing is read after the checkpoint that it
# withholds.
case_withheld() {
    local status=0
    applies 0 insert
    { plan conflict | grep -v -e '"Checkpoint"' -e '"End"' &&
        checkpoint '{created_at: "2026-11-24T10:01:00", events: 1}' &&
        end p9 events && checkpoint '{created_at: "2026-11-24T10:02:00", events: 1}' && sleep 5; } |
        op-apply >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" || status=$?
    [ "$status" -eq 75 ]
    ! grep -q '"p9"' "$BATS_TEST_TMPDIR/out"
    [ -z "$(state_document 'checkpoint:https://k/api:*')" ]
    [ -z "$(state_document synced:https://k/api)" ]
    [ "$(state_document lease | jq .owner)" = null ]
}

# ---- the tests ------------------------------------------------------------

setup() {
    bats_require_minimum_version 1.5.0
    case $BATS_TEST_DESCRIPTION in
        mongodb:*) use_mongo ;;
        *) use_sqlite ;;
    esac
}

@test "sqlite: a plan applied twice changes nothing the second time" {
    case_twice
}

@test "sqlite: children are deleted first" {
    case_delete
}

@test "sqlite: what lies below goes in a later batch, in rings, or stays" { case_below 1 2 3 4; }

@test "sqlite: what is deleted, and then made again, stays" { case_deleted_before; }

@test "sqlite: a project without publishes is dropped" {
    case_drop
}

@test "sqlite: what MongoDB can't hold is refused, the rest goes on" {
    case_refused
}

# bats test_tags=slow
@test "sqlite: a document over 16 MiB is refused" {
    case_too_large
}

# bats test_tags=slow
@test "sqlite: a document that would grow over 16 MiB is refused" {
    case_grown_too_large
}

@test "sqlite: what documents are linked to is remembered" { case_linked_in sqlite; }
@test "mongodb: what documents are linked to is remembered" { case_linked_in mongo; }
@test "sqlite: an End of no project, and ids that are none, are not remembered" { case_linked_hostile_in sqlite; }
@test "mongodb: an End of no project, and ids that are none, are not remembered" { case_linked_hostile_in mongo; }
case_linked_hostile_in() {
    "use_$1"
    case_linked_hostile
}
case_linked_in() {
    "use_$1"
    case_linked
}

@test "sqlite: -n writes nothing" {
    case_dry
}

@test "sqlite: thousands of changes of the same documents" {
    case_many
}

@test "mongodb: a plan applied twice changes nothing the second time" {
    case_twice
}

@test "mongodb: children are deleted first" {
    case_delete
}

# bats test_tags=long
@test "mongodb: what lies below goes in a later batch, in rings, or stays" { case_below 1 2; }

@test "mongodb: what is deleted, and then made again, stays" { case_deleted_before; }

@test "mongodb: a project without publishes is dropped" {
    case_drop
}

@test "mongodb: what MongoDB can't hold is refused, the rest goes on" {
    case_refused
}

@test "mongodb: a document over 16 MiB is refused" {
    case_too_large
}

@test "mongodb: a document that would grow over 16 MiB is refused" {
    case_grown_too_large
}

@test "mongodb: -n writes nothing" {
    case_dry
}

# bats test_tags=long
@test "mongodb: thousands of changes of the same documents" {
    case_many
}

# ---- the suite's own state ------------------------------------------------

@test "mongodb: state is stored once" {
    use_mongo
    applies 1 state
    apply state
    [ "$status" -eq 1 ]
    [ "$(count unchanged)" -eq 3 ]
}

@test "a run without changes changes nothing but the lease, and when all was read" {
    local file=${OP_STORE#sqlite:} lease="DELETE FROM openpype WHERE id = '\"lease\"';
        UPDATE openpype SET document = json_remove(document, '$.read_at') WHERE type = 'synced'"
    applies 0 insert
    apply state
    sqlite3 "$file" "$lease" .dump >"$BATS_TEST_TMPDIR/before"
    applies 1 state state_again
    sqlite3 "$file" "$lease" .dump | diff "$BATS_TEST_TMPDIR/before" -
    [ "$(ls "$file"*)" = "$file" ]
}

@test "settings are put in as changes, too" {
    plan insert | jq -c 'select(.documentKey._id["$oid"] | . and endswith("01"))
        | .ns = {db: "openpype", coll: "settings"}' >"$BATS_TEST_TMPDIR/plan"
    run --separate-stderr op-apply <"$BATS_TEST_TMPDIR/plan"
    [ "$status" -eq 0 ]
    [[ $output == *'"status":"applied"'* ]]
    [ "$(sqlite3 "${OP_STORE#sqlite:}" "SELECT collection, type FROM openpype WHERE collection <> 'opkitsu'")" = "settings|project" ]
    [ -z "$(op-dump)" ]
}

# bats test_tags=slow
@test "sqlite: projects that are gone are forgotten" {
    case_gone
}

@test "sqlite: checkpoints: of all, of each, and whose full read is wanted" {
    case_checkpoints
}

@test "sqlite: when everything was read, and how many events" {
    case_synced
}

@test "sqlite: of a dropped project nothing is remembered" {
    case_dropped
}

@test "sqlite: what an earlier version remembered as skipped" {
    case_old_skipped
}

@test "sqlite: odd ids, and odd documents among what is remembered" {
    case_odd_skipped
}

@test "mongodb: odd ids, and odd documents among what is remembered" {
    case_odd_skipped
}

@test "sqlite: a unique index of the studio's own, and what lies above what it refuses" {
    case_unique
}

@test "mongodb: a unique index of the studio's own, and what lies above what it refuses" {
    case_unique
}

@test "sqlite: what lies below a refused document waits" { case_below_refused; }

@test "mongodb: what lies below a refused document waits" { case_below_refused; }

@test "sqlite: nothing is inserted without the project's document" { case_project_refused; }

@test "mongodb: nothing is inserted without the project's document" { case_project_refused; }

@test "sqlite: a trigger of the studio's own lets nothing be deleted: failed, upwards" {
    applies 0 insert
    sqlite3 "${OP_STORE#sqlite:}" "CREATE TRIGGER studio BEFORE DELETE ON documents WHEN old.zou_id = 's1' BEGIN SELECT RAISE(ABORT, 'not this one'); END"
    apply delete
    [[ $status == 1 && $(count failed) == 2 && $(count applied) == 1 ]]
    grep -q '"message":"not this one"' "$out"
}

# It has a key that MongoDB's filter means otherwise.
@test "mongodb: a document that the store cannot tell: failed, and nothing is held up" {
    applies 0 insert
    "$STUDIO_VENV/bin/python" -c '
import bson, pymongo, sys
demo = pymongo.MongoClient(sys.argv[1])[sys.argv[2]].demo
shot = demo.find_one({"_id": bson.ObjectId("5f0000000000000000000005")})
demo.delete_one({"_id": shot["_id"]})
demo.insert_one(dict(shot, **{"odd.key": 1}))
' "$OP_STORE" "$AVALON_DB"
    plan delete | jq -c 'if .entity.id == "s1" then .fullDocumentBeforeChange["odd.key"] = 1 else . end' |
        op-apply >"$BATS_TEST_TMPDIR/out" 2>&1 || status=$?
    jq -r 'select(.status) | "\(.status) \(.entity.id)"' "$BATS_TEST_TMPDIR/out" | diff - <(printf '%s\n' 'failed s1' 'applied s2' 'failed q1')
}

@test "sqlite: a conflict is its project's own matter" {
    case_conflict
}

@test "mongodb: a conflict is its project's own matter" {
    case_conflict
}

@test "sqlite: a conflict of no project ends it at the checkpoint" {
    case_withheld
}

@test "mongodb: projects that are gone are forgotten" {
    case_gone
}

@test "mongodb: checkpoints: of all, of each, and whose full read is wanted" {
    case_checkpoints
}

@test "mongodb: when everything was read, and how many events" {
    case_synced
}

@test "mongodb: of a dropped project nothing is remembered" {
    case_dropped
}

@test "mongodb: what an earlier version remembered as skipped" {
    case_old_skipped
}

@test "mongodb: a conflict ends it at the checkpoint" {
    case_withheld
}

# ---- streams ----------------------------------------------------------------

@test "empty input" {
    run --separate-stderr op-apply </dev/null
    [ "$status" -eq 0 ]
    [ -z "$output$stderr" ]
}

@test "input in small pieces" {
    local size
    for size in 1 7 31; do
        rm -f "${OP_STORE#sqlite:}"
        dd if="$apply_cases/insert/plan.ndjson" ibs=$size obs=$size status=none |
            op-apply | normal | diff -u "$apply_cases/insert/results.ndjson" -
    done
}

@test "stdout full, closed or abandoned: the store is written all the same" {
    local how gone=$BATS_TEST_TMPDIR/gone
    mkfifo "$gone"
    # The last: a pipe whose only reader has left before the program starts.
    for how in '>/dev/full' '>&-' "5<>'$gone' >'$gone' 5<&-"; do
        rm -f "${OP_STORE#sqlite:}"
        run --separate-stderr bash -o pipefail -c "op-apply <'$apply_cases/insert/plan.ndjson' $how"
        [ "$status" -eq 74 ]
        [[ $stderr == "op-apply: stdout: "* ]]
        [ "$(op-dump --bare | wc -l)" -eq 7 ]
    done
}

# bats test_tags=long
@test "a stream of thousands of batches: no more memory than for a few hundred" {
    batches() {
        plan insert
        jq -nc --argjson n "$1" --arg db "$AVALON_DB" 'range($n) | {type: "Change", operationType: "update",
            ns: {$db, coll: "demo"}, documentKey: {_id: {"$oid": "5f0000000000000000000001"}},
            updateDescription: {updatedFields: {"data.code": "\(.)"}, removedFields: []},
            fullDocumentBeforeChange: {data: {code: (if . == 0 then "dm" else "\(. - 1)" end)}}},
            {type: "Skipped", entity: {type: "Shot", id: "s9", name: "\(.)"}, project_id: "p1", reason: "because", code: "name"},
            {type: "End", project_id: "p\(. % 7 + 1)", scope: "events", counts: {}},
            {type: "Checkpoint", server: "https://k/api", projects: null, created_at: "2026-11-24T10:00:00", ids: ["e\(.)"], events: 1}'
    }
    # resident N: in KiB, when it has written N batches
    resident() {
        local pid i
        mkfifo "$BATS_TEST_TMPDIR/fifo$1"
        op-apply -d "sqlite:$BATS_TEST_TMPDIR/$1" <"$BATS_TEST_TMPDIR/fifo$1" >"$BATS_TEST_TMPDIR/out$1" 3>&- &
        pid=$!
        exec 4>"$BATS_TEST_TMPDIR/fifo$1"
        batches "$1" >&4
        for i in $(seq 600); do
            [ "$(grep -c Summary "$BATS_TEST_TMPDIR/out$1")" -le "$1" ] || break
            sleep 0.1
        done
        kb=$(awk '/^VmRSS/ { print $2 }' "/proc/$pid/status")
        exec 4>&-
        wait "$pid" || [ $? -eq 1 ]
    }
    local kb few
    resident 300
    few=$kb
    resident 6000
    echo "$few KiB, $kb KiB"
    [[ ${OPKITSU_BUILD-} != */san ]] || return 0 # which keeps what was freed
    ((kb < few + 1024))
}

@test "usage errors" {
    run --separate-stderr op-apply --wait soon
    [ "$status" -eq 64 ]
    [ "${stderr_lines[0]}" = "op-apply: --wait: expected a number of seconds, got \"soon\"" ]
    run --separate-stderr op-apply plan.ndjson
    [ "$status" -eq 64 ]
    run --separate-stderr op-apply --nonsense
    [ "$status" -eq 64 ]
    run --separate-stderr op-apply --help
    [ "$status" -eq 0 ]
    [[ $output == usage:* ]]
}

@test "SIGTERM: what was read is applied, then it dies of it" {
    mkfifo "$BATS_TEST_TMPDIR/fifo"
    op-apply <"$BATS_TEST_TMPDIR/fifo" >"$BATS_TEST_TMPDIR/out" 3>&- &
    local pid=$!
    exec 4>"$BATS_TEST_TMPDIR/fifo"
    head -n 3 "$apply_cases/insert/plan.ndjson" >&4
    sleep 0.3
    kill -TERM $pid
    local status=0
    wait $pid || status=$?
    exec 4>&-
    [ "$status" -eq 143 ]
    [ "$(grep -c '"status":"applied"' "$BATS_TEST_TMPDIR/out")" -eq 3 ]
    [ "$(op-dump --bare | wc -l)" -eq 3 ]
}

@test "Results are in the order of the input, and come with the End" {
    mkfifo "$BATS_TEST_TMPDIR/fifo"
    op-apply <"$BATS_TEST_TMPDIR/fifo" >"$BATS_TEST_TMPDIR/out" 3>&- &
    local pid=$! i
    exec 4>"$BATS_TEST_TMPDIR/fifo"
    cat "$apply_cases/insert/plan.ndjson" >&4
    for i in $(seq 50); do
        [ "$(wc -l <"$BATS_TEST_TMPDIR/out")" -lt 8 ] || break
        sleep 0.1
    done
    normal <"$BATS_TEST_TMPDIR/out" | diff -u "$apply_cases/insert/results.ndjson" -
    exec 4>&-
    wait $pid
}

@test "a plan applied after its project was dropped: a conflict, no half of a project" {
    export OP_STORE="sqlite:$BATS_TEST_TMPDIR/op.db"
    plan insert | grep -v '"type":"project"' >"$BATS_TEST_TMPDIR/rest"
    run --separate-stderr op-apply <"$BATS_TEST_TMPDIR/rest"
    [ "$status" -eq 1 ]
    grep -c '"conflict".*its project' <<<"$output"
    [ "$(op-dump --all | grep -c '"parent"')" -eq 0 ]
    plan insert | run -0 op-apply
}

@test "an _id taken by a document that op-diff does not see: failed, and nothing is held up" {
    export OP_STORE="sqlite:$BATS_TEST_TMPDIR/op.db"
    plan insert | sed 's/"type":"asset"/"type":"asset_disabled"/' | op-apply >/dev/null
    plan insert >"$BATS_TEST_TMPDIR/again"
    echo '{"type":"Checkpoint","server":"s","projects":["p1"],"created_at":"2026-01-01T00:00:00","ids":[]}' >>"$BATS_TEST_TMPDIR/again"
    run --separate-stderr op-apply <"$BATS_TEST_TMPDIR/again"
    [ "$status" -eq 1 ]
    [[ $output == *'"failed"'* && $output != *'"conflict"'* ]]
}
