#!/usr/bin/env bats
# op-diff: what it plans. Each test is a folder in cases/op-diff:
#   kitsu.ndjson   the records that come in
#   dump.ndjson    the documents before (-a); none: no documents
#   args           further arguments; none: none
#   settings.json  the user's settings; none: none
#   filter         jq's, for the output, where the whole of it would hide the
#                  point; none: the output is compared byte for byte
#   plan.ndjson, stderr, status   what is expected; none: nothing, nothing, 0;
#                  a stderr of "..." is any text
# What is planned follows from the rules, not from what op-diff once wrote:
# to change a file there, find the rule that it broke.

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

# same WHAT EXPECTED GOT
same() {
    [[ -e $2 ]] || set -- "$1" /dev/null "$3"
    cmp -s "$2" "$3" || {
        echo "$1 differs (- expected, + got):"
        diff -u "$2" "$3"
        false
    }
}

golden() {
    local case=$data/$1 against=/dev/null args=() status=0 expected=0
    [[ ! -e $case/dump.ndjson ]] || against=$case/dump.ndjson
    [[ ! -e $case/args ]] || read -ra args <"$case/args"
    [[ ! -e $case/status ]] || read -r expected <"$case/status"
    if [[ -e $case/settings.json ]]; then
        mkdir -p config/opkitsu
        cp "$case/settings.json" config/opkitsu/
    fi
    op-diff -a "$against" "${args[@]}" <"$case/kitsu.ndjson" >plan 2>stderr || status=$?
    if [[ -e $case/filter ]]; then
        mv plan whole
        jq -c -f "$case/filter" whole >plan
    fi
    same stdout "$case/plan.ndjson" plan
    if [[ -s $case/stderr && $(<"$case/stderr") == ... ]]; then
        [[ -s stderr ]]
    else
        same stderr "$case/stderr" stderr
    fi
    echo "status $status, expected $expected"
    ((status == expected))
}

@test "every folder is a test" {
    for case in "$data"/*/; do
        case=${case%/}
        grep -q "{ golden ${case##*/}; }$" "$BATS_TEST_FILENAME" || {
            echo "$case"
            false
        }
    done
}

@test "project: a new one, whole" { golden project-new; }
@test "project: nothing has changed: End and Checkpoint only" { golden project-unchanged; }
@test "project: a closed one gets its document updated, and nothing else" { golden project-closed; }
@test "project: closed before" { golden project-closed-unchanged; }
@test "project: a closed one that OpenPype never had is not created" { golden project-closed-unknown; }
@test "project: nor is it skipped for its name, for ever" { golden project-closed-unknown-name; }
@test "project: open again" { golden project-reopened; }
@test "project: a renamed one keeps its OpenPype name" { golden project-renamed; }
@test "project: renamed to what OpenPype could not use" { golden project-renamed-bad; }
@test "project: a new one takes no name that a renamed one keeps" { golden project-renamed-onto; }
@test "project: a document of that name without zou_id is adopted" { golden project-adopted; }
@test "project: linked to another one: skipped" { golden project-other-zou-id; }
@test "project: names that are none for a collection: skipped" { golden project-bad-name; }
@test "project: a NUL does not end a name early" { golden project-nul-name; }
@test "project: deleted, nothing published: dropped" { golden project-deleted; }
@test "project: deleted, but something was published: inactive" { golden project-deleted-published; }
@test "project: deleted, with an archived document: inactive" { golden project-deleted-archived; }
@test "project: deleted, inactive already" { golden project-deleted-again; }
@test "project: deleted and published, --drop" { golden project-deleted-drop; }
@test "project: deleted, never linked" { golden project-deleted-unknown; }
@test "project: deleted, said twice" { golden project-deleted-twice; }
@test "project: deleted and made again under its name, in one stream" { golden project-deleted-recreated; }
@test "project: deleted but published: its name is not free" { golden project-deleted-name-held; }
@test "project: its code, else its name in lower case" { golden project-code; }
@test "project: a code from a name with blanks" { golden project-code-blanks; }
@test "project: fps is a text in Kitsu and a double in OpenPype" { golden project-fps; }
@test "project: fps that is no number is the anatomy's" { golden project-fps-values; }
@test "project: a resolution that is none is left alone, with a warning" { golden project-resolution; }
@test "project: the studio's own keys stay" { golden project-others-keys; }
@test "project: a document without data and config" { golden project-no-data; }
@test "projects: two in one stream" { golden projects-two; }
@test "projects: two new ones of one name: the second is skipped" { golden projects-one-name; }
@test "projects: the database is the dump's" { golden projects-other-db; }
@test "task types: those that the project lists" { golden types-listed; }
@test "task types: all, when it lists none" { golden types-none-listed; }
@test "task types: one that is not listed, but a task has" { golden types-used; }
@test "task types: of two with one name the first by created_at, id" { golden types-one-name; }
@test "task types: short_name as Kitsu has it, the name only when it is null" { golden types-short-name; }
@test "task types: no name, or one with \$, gives no key, and its tasks are skipped" { golden types-no-key; }
@test "task types: a dot in a name: config.tasks is set whole" { golden types-dotted; }
@test "task types: a dotted one goes" { golden types-dotted-goes; }
@test "task types: a dotted one stays" { golden types-dotted-unchanged; }
@test "task types: one path each: added, changed, removed" { golden types-changed; }
@test "task types: a type's other keys are kept" { golden types-own-keys; }
@test "task types: one that only OpenPype's own task uses stays, others go" { golden types-own-tasks; }
@test "task types: not if the plan deletes the own task with its document" { golden types-own-task-leaves; }
@test "task types: nor if the plan adopts the own task as one of another type" { golden types-own-task-adopted; }
@test "task types: config.tasks that is no object" { golden types-no-object; }
@test "roots: one that is missing is made again, what is below it goes there" { golden roots-missing; }
@test "roots: an asset of that name is adopted" { golden roots-adopted; }
@test "roots: one that the studio renamed stays as it is" { golden roots-studio; }
@test "roots: an archived one comes back" { golden roots-archived; }
@test "roots: an archived one that comes back has its name first" { golden roots-archived-name; }
@test "roots: an asset of the root's name beside the root stays what it is" { golden roots-own-of-name; }
@test "roots: an entity of the root's name is a duplicate" { golden roots-entity-of-name; }
@test "roots: what becomes a root is not an entity's too" { golden roots-adopted-once; }
@test "roots: a document that Kitsu keeps has the name" { golden roots-taken; }
@test "roots: made when the document of its name moves away in the same plan" { golden roots-freed; }
@test "edits and concepts, when chosen, with their roots" { golden edits-concepts; }
@test "edits and concepts, when not chosen: nothing" { golden edits-concepts-not-chosen; }
@test "edits, chosen, but not in the stream: nothing is planned" { golden edits-not-read; }
@test "edits no longer chosen: their documents stay" { golden edits-left; }
@test "edits no longer chosen: also of canceled ones" { golden edits-left-canceled; }
@test "edits no longer chosen: their documents hold their names" { golden edits-left-name; }
@test "places: TV: episodes, sequences and shots without one, shots right below" { golden places-tv; }
@test "places: names and parents" { golden places-names; }
@test "places: a renamed parent renames its whole subtree" { golden places-parent-renamed; }
@test "places: a moved parent takes its subtree along" { golden places-parent-moved; }
@test "places: an asset of another type" { golden places-asset-type-moved; }
@test "places: a renamed asset type" { golden places-asset-type-renamed; }
@test "places: what was changed in OpenPype is brought back" { golden places-drifted; }
@test "places: a parent that is not in the stream: skipped" { golden places-no-parent-yet; }
@test "places: a parent that can be none" { golden places-parent-of-kind; }
@test "frames: frame_in, frame_out, nb_frames" { golden frames; }
@test "frames: the project document's" { golden frames-project; }
@test "fps: the shot's, the project's" { golden fps; }
@test "pixelAspect" { golden pixel-aspect; }
@test "pixelAspect, handles, clips: the project document's" { golden pixel-aspect-project; }
@test "handles and clips" { golden handles; }
@test "resolution: WIDTHxHEIGHT, the whole text" { golden resolution; }
@test "fields: no source at all" { golden fields-nothing-set; }
@test "fields: stored as int32 and as double, whatever the input" { golden fields-types; }
@test "fields: a change of the project's reaches every document" { golden fields-from-project; }
@test "fields: but not where the shot has its own" { golden fields-from-project-own; }
@test "custom fields: set, changed" { golden custom-set; }
@test "custom fields: removed with Kitsu's, others' keys stay" { golden custom-removed; }
@test "custom fields: one of OpenPype's that Kitsu never had stays" { golden custom-removed-own; }
@test "custom fields: reserved names are left out and reported" { golden custom-reserved; }
@test "custom fields: a reserved one that goes takes nothing along" { golden custom-reserved-removed; }
@test "custom fields: a dot or an empty name: in data.zou.data only" { golden custom-dotted; }
@test "custom fields: and gone from there" { golden custom-dotted-removed; }
@test "custom fields: frame_in and frame_out are no keys of data" { golden custom-frame-in; }
@test "the record: data.zou is Kitsu's record, with Kitsu's keys in Kitsu's order" { golden record-changed; }
@test "the record: keys in another order, 25 for 25.0: no change" { golden record-order; }
@test "the record: a list in another order is a change" { golden record-list-order; }
@test "the record: an asset type's project_id is not stored" { golden record-asset-type; }
@test "tasks: on every kind of entity" { golden tasks-every-kind; }
@test "tasks: several of one type: the first by created_at, id has its name" { golden tasks-several; }
@test "tasks: a name that is taken: skipped" { golden tasks-taken; }
@test "tasks: of two types of one name" { golden tasks-two-types-one-name; }
@test "tasks: OpenPype's own are kept" { golden tasks-own-kept; }
@test "tasks: adopted when Kitsu has one of that name, its own keys kept" { golden tasks-own-adopted; }
@test "tasks: keys of an entry that are not ours are kept" { golden tasks-own-keys; }
@test "tasks: one that is gone" { golden tasks-removed; }
@test "tasks: one that is of another type now" { golden tasks-moved; }
@test "tasks: a type with another name" { golden tasks-type-renamed; }
@test "tasks: of a type that Kitsu does not list: skipped, the entry stays" { golden tasks-unknown-type; }
@test "tasks: a dot in the type's name: data.tasks is set whole" { golden tasks-dotted; }
@test "tasks: a dotted one, unchanged" { golden tasks-dotted-unchanged; }
@test "tasks: a dot in the task's name" { golden tasks-dotted-name; }
@test "tasks: assignees are a set" { golden tasks-assignees; }
@test "tasks: other assignees" { golden tasks-assignees-changed; }
@test "tasks: data.tasks that is no object" { golden tasks-no-object; }
@test "tasks: of an entity that is not in the stream" { golden tasks-of-none; }
@test "tasks: of a canceled entity that has none" { golden tasks-of-gone; }
@test "tasks: one that kitsu-fetch skipped: its entry stays" { golden tasks-fetch-skipped; }
@test "names: a swap" { golden names-swap; }
@test "names: SH010 becomes SH020 with SH020 becoming SH030" { golden names-chain; }
@test "names: three in a ring" { golden names-ring; }
@test "names: a chain whose end is skipped: all keep what they have" { golden names-chain-blocked; }
@test "names: a swap of an asset and an episode" { golden names-swap-kinds; }
@test "names: duplicates of one kind: the first by created_at, id" { golden names-duplicate-kind; }
@test "names: of several kinds: in their order" { golden names-duplicate-kinds; }
@test "names: the document that has it and keeps it goes first" { golden names-keeper; }
@test "names: a canceled one holds none" { golden names-canceled; }
@test "names: a canceled asset, archived, and a new one of its name" { golden names-canceled-tasks; }
@test "names: a deleted one holds none" { golden names-deleted; }
@test "names: a skipped entity's document holds its name" { golden names-skipped-hold; }
@test "names: one that OpenPype's own document has is not taken from it" { golden names-taken-by-own; }
@test "names: OpenPype's own document of the name is adopted" { golden names-adopted; }
@test "names: an asset type is adopted, its assets go below it" { golden names-adopted-type; }
@test "names: two of OpenPype's own of one name: neither" { golden names-adopted-two; }
@test "names: an archived one is not adopted" { golden names-adopted-archived; }
@test "names: one without data is not adopted" { golden names-adopted-no-data; }
@test "names: adopted by the first that has no document" { golden names-adopted-second; }
@test "names: one of ours whose link was taken away is linked again" { golden names-link-lost; }
@test "names: two documents of one entity: the live one with the least id; the other stays" { golden names-two-documents; }
@test "names: characters outside [a-zA-Z0-9_.]" { golden names-bad; }
@test "names: a NUL does not end a name early" { golden names-nul; }
@test "names: made bad: the document stays as it is" { golden names-bad-stays; }
@test "names: made good again" { golden names-good-again; }
@test "names: keep_name keeps the document's name as long as Kitsu's is equal" { golden names-keep-name; }
@test "names: keep_name stays below a renamed parent" { golden names-keep-name-parent; }
@test "names: upper and lower case are two names" { golden names-case; }
@test "skipping: everything below a skipped sequence" { golden skip-below-sequence; }
@test "skipping: everything below a skipped episode" { golden skip-below-episode; }
@test "skipping: documents below a skipped sequence stay as they are" { golden skip-stays; }
@test "skipping: a badly named asset type: its assets go right below the root" { golden skip-asset-type; }
@test "skipping: a duplicate asset type" { golden skip-asset-type-duplicate; }
@test "skipping: an asset type made bad: its document stays, its assets leave it" { golden skip-asset-type-stays; }
@test "skipping: what is gone below a skipped sequence goes" { golden skip-gone-below; }
@test "skipping: what kitsu-fetch skipped, and what lies below it, stays" { golden skip-fetch; }
@test "skipping: and holds its name" { golden skip-fetch-name; }
@test "skipping: an asset type that kitsu-fetch skipped: its assets stay below it" { golden skip-fetch-type; }
@test "skipping: one record without a name does not stop the rest" { golden skip-null-name; }
@test "substitutes: no document, the shot lies below its parent" { golden substitute; }
@test "substitutes: below the root" { golden substitute-root; }
@test "substitutes: parent_substitutes gives a shot's parent as long as it is its parent_id" { golden substitute-parent; }
@test "substitutes: a sequence that becomes one loses its document" { golden substitute-now; }
@test "substitutes: a bad name is no matter" { golden substitute-bad-name; }
@test "substitutes: it holds no name" { golden substitute-name-free; }
@test "substitutes: only true is true" { golden substitute-false; }
@test "gone: absent: deleted, children first" { golden gone-absent; }
@test "gone: canceled" { golden gone-canceled; }
@test "gone: below a canceled sequence" { golden gone-below-canceled; }
@test "gone: new below a canceled sequence: no document" { golden gone-new-below-canceled; }
@test "gone: a sequence is deleted once its shots have moved out" { golden gone-moved-out; }
@test "gone: an asset type whose assets have another" { golden gone-asset-type; }
@test "gone: published: archived" { golden gone-published; }
@test "gone: above an archived one: archived" { golden gone-above-archived; }
@test "gone: above one archived long ago: archived" { golden gone-above-old-archived; }
@test "gone: above a document that Kitsu does not know: archived" { golden gone-above-unlinked; }
@test "gone: above a skipped one: archived" { golden gone-above-skipped; }
@test "gone: archived: parents first" { golden gone-archived-order; }
@test "gone: OpenPype's own documents stay" { golden gone-own-stays; }
@test "gone: an archived one stays" { golden gone-archived-stays; }
@test "gone: published below: the child is archived and so is what is above it" { golden gone-subset-of-child; }
@test "gone: documents that point at each other" { golden gone-ring; }
@test "revived: back in Kitsu, under its name" { golden revived; }
@test "revived: with its parent" { golden revived-with-parent; }
@test "revived: not when its name is taken" { golden revived-taken; }
@test "guard: 10 of 12 go" { golden guard-ten; }
@test "guard: 11 of 13 do not" { golden guard-eleven; }
@test "guard: 11 of 22 go" { golden guard-half; }
@test "guard: 12 of 23 do not" { golden guard-over-half; }
@test "guard: --max-delete 12: 12 of 13 go" { golden guard-n; }
@test "guard: --max-delete 1: 2 of 13 do not" { golden guard-n-over; }
@test "guard: --max-delete 0: none goes" { golden guard-zero; }
@test "guard: --max-delete 0 and nothing to delete" { golden guard-zero-none; }
@test "guard: --max-delete 25%: 1 of 4 goes" { golden guard-percent; }
@test "guard: --max-delete 24%: 1 of 4 does not" { golden guard-percent-over; }
@test "guard: --max-delete 0%" { golden guard-percent-zero; }
@test "guard: --max-delete 100%: even all" { golden guard-percent-all; }
@test "guard: --max-delete 100: 12 of 13 go" { golden guard-replaces-both; }
@test "guard: Kitsu lists nothing at all: one of one does not go" { golden guard-nothing-listed; }
@test "guard: unless --max-delete says so" { golden guard-nothing-listed-n; }
@test "guard: archives count too" { golden guard-archives-count; }
@test "guard: one already archived does not count, and is not live" { golden guard-archived-not; }
@test "guard: 1 of 2 live ones is more than 49%" { golden guard-archived-not-over; }
@test "guard: nothing listed, and nothing there: fine" { golden guard-nothing-at-all; }
@test "guard: the other project goes on, and stays in the checkpoint" { golden guard-other-project; }
@test "guard: drops are not counted" { golden guard-drop; }
@test "partial: nothing is deleted, removed or missed" { golden partial; }
@test "partial: nor what is canceled" { golden partial-canceled; }
@test "partial: what is new comes" { golden partial-new; }
@test "streams: no TaskType was read: nothing is planned" { golden stream-no-tasktype; }
@test "streams: no AssetType was read: nothing is planned" { golden stream-no-assettype; }
@test "streams: no Episode was read: nothing is planned" { golden stream-no-episode; }
@test "streams: no Sequence was read: nothing is planned" { golden stream-no-sequence; }
@test "streams: no Shot was read: nothing is planned" { golden stream-no-shot; }
@test "streams: no Asset was read: nothing is planned" { golden stream-no-asset; }
@test "streams: no Task was read: nothing is planned" { golden stream-no-task; }
@test "streams: task statuses, edits and concepts need not be there" { golden stream-no-task-status; }
@test "streams: a wrong count: less" { golden stream-count-less; }
@test "streams: a wrong count: more" { golden stream-count-more; }
@test "streams: a wrong count: negative" { golden stream-count-negative; }
@test "streams: a wrong count: text" { golden stream-count-text; }
@test "streams: a wrong count: huge" { golden stream-count-huge; }
@test "streams: an End without counts" { golden stream-counts-none; }
@test "streams: no End" { golden stream-no-end; }
@test "streams: no End, a checkpoint for all projects: only those that are done" { golden stream-no-end-null; }
@test "streams: no Checkpoint" { golden stream-no-checkpoint; }
@test "streams: a Checkpoint without a time goes through" { golden stream-checkpoint-null; }
@test "streams: a second Project before the End" { golden stream-second-project; }
@test "streams: a record of another project" { golden stream-other-project; }
@test "streams: two records of one id" { golden stream-id-twice; }
@test "streams: two records of one id, of two kinds" { golden stream-id-twice-kinds; }
@test "streams: a task twice is one task" { golden stream-task-twice; }
@test "streams: a task type twice" { golden stream-type-twice; }
@test "streams: a record without an id" { golden stream-no-id; }
@test "streams: a record before its Project" { golden stream-before-project; }
@test "streams: an End without its Project" { golden stream-end-alone; }
@test "streams: the End of another project" { golden stream-end-other; }
@test "streams: a Project without an id" { golden stream-project-no-id; }
@test "streams: a scope that is none" { golden stream-scope; }
@test "streams: records of unknown types go through, unchanged" { golden stream-unknown; }
@test "streams: Person and TaskStatus records are taken in" { golden stream-known-consumed; }
@test "streams: a Skipped outside of a project goes through" { golden stream-skipped-none; }
@test "streams: a reduced checkpoint keeps everything else" { golden stream-checkpoint-numbers; }
@test "odd values: data that is no object" { golden odd-data; }
@test "odd values: ids and dates that are no text" { golden odd-ids; }
@test "odd values: a task without name and dates" { golden odd-task; }
@test "odd values: numbers as the stores write them" { golden odd-numbers; }
@test "hostile: keys that begin with \$, at any depth, are left out" { golden hostile-dollar; }
@test "hostile: integers beyond 64 bits: the nearest key is left out" { golden hostile-int64; }
@test "hostile: reals that are not finite: the nearest key is left out" { golden hostile-infinite; }
@test "hostile: a NUL in a key" { golden hostile-nul-key; }
@test "hostile: two keys with a NUL, and an empty one" { golden hostile-nul-keys; }
@test "hostile: a NUL in a text" { golden hostile-nul-text; }
@test "hostile: halves of surrogate pairs" { golden hostile-surrogates; }
@test "hostile: of two equal keys the last one holds" { golden hostile-twin-keys; }
@test "hostile: 100 levels" { golden hostile-depth; }
@test "hostile: 101 levels" { golden hostile-depth-over; }
@test "hostile: 100,000 open brackets" { golden hostile-arrays; }
@test "hostile: bytes after the object" { golden hostile-after-object; }
@test "hostile: a line that is a list" { golden hostile-array; }
@test "hostile: a line that is a number" { golden hostile-scalar; }
@test "hostile: an object without a type" { golden hostile-no-type; }
@test "hostile: a type that is no text" { golden hostile-type; }
@test "hostile: invalid UTF-8" { golden hostile-utf8; }
@test "hostile: overlong UTF-8" { golden hostile-utf8-overlong; }
@test "hostile: a surrogate in UTF-8" { golden hostile-utf8-surrogate; }
@test "hostile: UTF-8 beyond U+10FFFF" { golden hostile-utf8-beyond; }
@test "hostile: a NUL byte" { golden hostile-nul-byte; }
@test "hostile: a byte order mark" { golden hostile-bom; }
@test "hostile: a comment" { golden hostile-comment; }
@test "hostile: NaN" { golden hostile-nan; }
@test "hostile: a number with a leading zero" { golden hostile-leading-zero; }
@test "hostile: a raw tab in a text" { golden hostile-control; }
@test "hostile: an empty line is an error of its own" { golden hostile-empty-line; }
@test "hostile: a carriage return at the end is a blank" { golden hostile-crlf; }
@test "hostile: blanks around the object" { golden hostile-blanks; }
@test "hostile: no newline at the end: that record was cut" { golden hostile-no-newline; }
@test "hostile: an id that looks like a type" { golden hostile-id-text; }
@test "hostile: \$ in a task's name" { golden hostile-task-name; }
@test "hostile: control characters in messages" { golden hostile-control-messages; }
@test "hostile: odd documents in the dump" { golden hostile-dump-odd; }
