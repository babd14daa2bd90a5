#!/usr/bin/env bats
# note-rule: what a publish comments on in Kitsu, and whether the task's status changes.
# Takes about 90 s.
# shellcheck disable=SC2154 # bats' run

bats_require_minimum_version 1.5.0

setup() {
    load ../lib/common
    load ../lib/store
    cd "$BATS_TEST_TMPDIR" || return
    export HOME=$PWD XDG_CONFIG_HOME=$PWD/config XDG_DATA_HOME=$PWD/data
    unset "${!KITSU_@}" "${!OP_@}" "${!OPENPYPE_@}" AVALON_DB
    note=kitsu.publish.IntegrateKitsuNote
}

# settings [JQ-FILTER]: the file `settings`; the filter changes the plug-in's part.
settings() {
    jq -nc '{set_status_note: true, note_status_shortname: "wfa",
        status_change_conditions: {status_conditions: [], family_requirements: []},
        custom_comment_template: {enabled: false, comment_template: ""}} | '"${1-.}"'
        | {kitsu: {publish: {IntegrateKitsuNote: .}}}' >settings
}

# publish [JQ-FILTER]: the file `publish`, of one reviewed instance.
publish() {
    jq -nc '{type: "Publish", id: "p1", project: "demo",
        task: {id: "t1", task_status_id: "s-wip", task_status: {short_name: "wip"}},
        task_statuses: [{id: "s-wip", short_name: "wip"}, {id: "s-wfa", short_name: "wfa"}],
        instances: [{family: "render", families: ["review"], publish: true, comment: "Ready", version: 3,
            name: "renderMain"}]} | '"${1-.}" >publish
}

# rule [OPTION]...: $status, the files `out` and `err`
rule() {
    status=0
    note-rule -c settings "$@" <publish >out 2>err || status=$?
}

# quiet STATUS: the last rule ended with it and said nothing
quiet() {
    diff /dev/null err
    [[ $status == "$1" ]]
}

# is JQ-FILTER: true of the comments, as a list
is() {
    jq -es "$1" out >/dev/null || {
        cat out
        return 1
    }
}

# text: that of the first comment
text() { jq -rs '.[0].text' out; }

# table ROWS: that many rows of stdin, each
#   SET NAME STATUS LISTED CONDITIONS FAMILIES REQUIREMENTS OURS OPENPYPES
# `=wip,!retake` are conditions, `render,plate-` families, the latter of an instance
# that is not published; `.` is nothing, `?` that no status is listed. The reviewed
# instance itself has no family and is not published. OURS and OPENPYPES say whether
# the status changes: yes, no, or no as it is that already.
table() {
    local rows=0 settings publish row mode options
    # Of each row three lines: it, its settings, its publish.
    grep -v '^ *\(#\|$\)' | jq -Rc '
        def conditions($key; $cell): [$cell | select(. != ".") | split(",")[]
            | {condition: (if .[:1] == "=" then "equal" else "not_equal" end), ($key): .[1:]}];
        [splits(" +") | select(. != "")] as [$set, $name, $status, $listed, $conditions, $families, $requirements, $ours, $theirs]
        | {$set, $name, $status, $listed, $conditions, $families, $requirements, $ours, $theirs},
          {kitsu: {publish: {IntegrateKitsuNote: {set_status_note: ($set == "on"), note_status_shortname: $name,
              status_change_conditions: {status_conditions: conditions("short_name"; $conditions),
                  family_requirements: conditions("family"; $requirements)},
              custom_comment_template: {enabled: false, comment_template: ""}}}}},
          {type: "Publish", id: "p1", project: "demo",
           task: {id: "t1", task_status_id: "s-\($status)", task_status: {short_name: $status}},
           task_statuses: (if $listed == "?" then null else [$listed | split(",")[] | {id: "s-\(.)", short_name: .}] end),
           instances: ([{families: ["review"], comment: "Ready"}]
               + [$families | select(. != ".") | split(",")[] | {family: rtrimstr("-"), publish: (endswith("-") | not)}])}' >lines
    while IFS= read -r row && IFS= read -r settings && IFS= read -r publish; do
        rows=$((rows + 1))
        printf '%s\n' "$settings" >settings
        printf '%s\n' "$publish" >publish
        for mode in ours theirs; do
            options=()
            [[ $mode == ours ]] || options=(--compat openpype)
            rule -q "${options[@]}"
            quiet 0 && [[ $(wc -l <out) == 1 ]] || echo "$row ($mode): status $status, $(wc -l <out) comments" >&2
            printf '{"mode":"%s","row":%s,"made":%s}\n' "$mode" "$row" "$(<out)"
        done
    done <lines >made
    ((rows == $1))
    ! jq -c 'select(.mode as $mode | .row as $row | .made
        | .text == "Ready" and .instance == 0 and (
            if $row[$mode] == "yes" then .status_changed and .task_status == $row.name and (.reasons | all(.met != false))
                and .task_status_id == (if $row.listed == "?" then null else "s-\($row.name)" end)
            else (.status_changed | not) and .task_status == $row.status and .task_status_id == "s-\($row.status)"
                and ($row[$mode] == "already" or (.reasons | any(.met == false))) end) | not)' made | grep .
}

@test "the documentation's example: not_equal workfile" {
    settings '.status_change_conditions.family_requirements = [{condition: "not_equal", family: "workfile"}]'
    publish '.instances = [{family: "workfile", publish: true}, {family: "render", families: ["review"], publish: true}]'
    rule
    quiet 0
    jq -n '[{type: "Comment", publish_id: "p1", instance: 1, task_id: "t1", task_status_id: "s-wfa",
        task_status: "wfa", text: "", previews: [], attachments: [], status_changed: true,
        reasons: [{rule: "set_status_note", met: true},
            {rule: "note_status_shortname", short_name: "wfa", saw: ["wfa"], met: true},
            {rule: "family_requirements[0]", condition: "not_equal", family: "workfile",
             saw: ["workfile", "render"], met: true}]}]' >expected
    diff expected <(jq -s . out)
    publish '.instances = [{family: "workfile", families: ["review"], publish: true}]'
    rule
    is 'length == 1 and (.[0].status_changed | not) and .[0].task_status == "wip"'
}

# bats test_tags=slow
@test "truth table: switch, short name, status conditions" {
    # set name status listed    conditions           families reqs ours    openpype
    table 29 <<'END'
        on    wfa  wip    wip,wfa   .                    render   .    yes     yes
        off   wfa  wip    wip,wfa   .                    render   .    no      no
        off   wfa  wip    wip,wfa   =wip                 render   .    no      no
        on    wfa  wfa    wip,wfa   .                    render   .    already already
        # the short name: missing, in the wrong case, in both, not listed, none listed
        on    wfa  wip    wip       .                    render   .    no      no
        on    wfa  wip    wip,WFA   .                    render   .    no      no
        on    WFA  wip    wip,wfa   .                    render   .    no      no
        on    wfa  wip    WFA,wfa   .                    render   .    yes     yes
        on    WFA  wip    wfa,WFA   .                    render   .    yes     yes
        on    wfa  wip    ?         .                    render   .    yes     yes
        off   wfa  wip    ?         .                    render   .    no      no
        # one condition
        on    wfa  wip    wip,wfa   =wip                 render   .    yes     yes
        on    wfa  wip    wip,wfa   =retake              render   .    no      no
        on    wfa  wip    wip,wfa   !wip                 render   .    no      no
        on    wfa  wip    wip,wfa   !retake              render   .    yes     yes
        # without regard to case, of any alphabet
        on    wfa  wip    wip,wfa   =WIP                 render   .    yes     yes
        on    wfa  WIP    wip,wfa   =wip                 render   .    yes     yes
        on    wfa  Wip    wip,wfa   !wIP                 render   .    no      no
        on    wfa  prêt   wip,wfa   =PRÊT                render   .    yes     yes
        on    wfa  σος    wip,wfa   =ΣΟΣ                 render   .    yes     yes
        on    wfa  ГОТОВО wip,wfa   !готово              render   .    no      no
        # the whole of it
        on    wfa  wip    wip,wfa   =wi                  render   .    no      no
        on    wfa  wip    wip,wfa   !wi                  render   .    yes     yes
        # many: all of them
        on    wfa  wip    wip,wfa   !retake,!done        render   .    yes     yes
        on    wfa  wip    wip,wfa   !retake,!wip         render   .    no      no
        on    wfa  wip    wip,wfa   !wip,!retake         render   .    no      no
        on    wfa  wip    wip,wfa   =wip,=wip            render   .    yes     yes
        on    wfa  wip    wip,wfa   =wip,=retake         render   .    no      no
        on    wfa  wip    wip,wfa   =wip,!retake,!done   render   .    yes     yes
END
}

# bats test_tags=slow
@test "truth table: family requirements, ours and OpenPype's" {
    # set name status listed  conditions families         requirements         ours openpype
    table 38 <<'END'
        on    wfa  wip    wip,wfa .          workfile         !workfile            no   no
        on    wfa  wip    wip,wfa .          workfile,render  !workfile            yes  no
        on    wfa  wip    wip,wfa .          render           !workfile            yes  yes
        on    wfa  wip    wip,wfa .          render,plate     !workfile            yes  yes
        on    wfa  wip    wip,wfa .          workfile,workfile !workfile           no   no
        # what is not published does not count
        on    wfa  wip    wip,wfa .          workfile,render- !workfile            no   no
        on    wfa  wip    wip,wfa .          workfile-,render !workfile            yes  yes
        # nothing is published: OpenPype has nothing against that
        on    wfa  wip    wip,wfa .          .                !workfile            no   yes
        on    wfa  wip    wip,wfa .          .                =render              no   yes
        on    wfa  wip    wip,wfa .          render-          =render              no   yes
        on    wfa  wip    wip,wfa .          render-          !workfile            no   yes
        on    wfa  wip    wip,wfa .          .                .                    yes  yes
        on    wfa  wip    wip,wfa .          render-          .                    yes  yes
        # equal
        on    wfa  wip    wip,wfa .          render           =render              yes  yes
        on    wfa  wip    wip,wfa .          plate            =render              no   no
        on    wfa  wip    wip,wfa .          render,plate     =render              yes  no
        on    wfa  wip    wip,wfa .          render,workfile  =render              yes  no
        on    wfa  wip    wip,wfa .          render,plate-    =render              yes  yes
        on    wfa  wip    wip,wfa .          render-,plate    =render              no   no
        # without regard to case; OpenPype puts the requirement alone into lower case
        on    wfa  wip    wip,wfa .          render           =Render              yes  yes
        on    wfa  wip    wip,wfa .          Render           =render              yes  no
        on    wfa  wip    wip,wfa .          Render           =Render              yes  no
        on    wfa  wip    wip,wfa .          Workfile         !workfile            no   yes
        on    wfa  wip    wip,wfa .          workfile,WORKFILE !workfile           no   no
        on    wfa  wip    wip,wfa .          тест             =ТЕСТ                yes  yes
        on    wfa  wip    wip,wfa .          ТЕСТ             =тест                yes  no
        # the whole of it
        on    wfa  wip    wip,wfa .          renderLayer      =render              no   no
        on    wfa  wip    wip,wfa .          workfiles        !workfile            yes  yes
        # many: all of them; of OpenPype's the first alone
        on    wfa  wip    wip,wfa .          render           !workfile,=render    yes  yes
        on    wfa  wip    wip,wfa .          plate            !workfile,=render    no   yes
        on    wfa  wip    wip,wfa .          render           =plate,!workfile     no   no
        on    wfa  wip    wip,wfa .          render,workfile  =render,=workfile    yes  no
        on    wfa  wip    wip,wfa .          render           =render,=workfile    no   yes
        on    wfa  wip    wip,wfa .          render,plate     !workfile,!render    yes  yes
        on    wfa  wip    wip,wfa .          render           !workfile,!render    no   yes
        # with status conditions: both
        on    wfa  wip    wip,wfa =wip       render           !workfile            yes  yes
        on    wfa  wip    wip,wfa !wip       render           !workfile            no   no
        off   wfa  wip    wip,wfa =wip       render           !workfile            no   no
END
}

@test "which instances: review among family and families, and a task" {
    settings
    publish '.instances = [
        {family: "review", publish: true},
        {family: "render", families: ["ftrack", "review"]},
        {family: "render", families: ["Review", "reviews"]},
        {family: "render", families: []},
        {families: ["review"]},
        {},
        {family: null, families: null, comment: null, publish: null, task: null, representations: null},
        {family: "render", families: ["review"], task: {id: "t2", task_status_id: "s", task_status: {short_name: "x"}}}]'
    rule
    quiet 0
    is 'map([.instance, .task_id, .text]) == [[0, "t1", ""], [1, "t1", ""], [4, "t1", ""], [7, "t2", ""]]'
    publish 'del(.task) | .instances += [.instances[0] + {task: {id: "t2", task_status_id: "s", task_status: {short_name: "x"}}}]'
    rule
    quiet 0
    is 'map([.instance, .task_id]) == [[1, "t2"]]'
    publish '.instances = []'
    rule
    quiet 0
    [[ ! -s out ]]
}

@test "without a review: opkitsu.note.without_review, and families" {
    # own FILTER: the settings, of opkitsu's own part
    own() {
        settings
        jq -c ".opkitsu.note = $1" settings >own
        mv own settings
    }
    publish '.instances = [
        {family: "workfile", publish: true, comment: "w"},
        {family: "model", publish: true, representations: [{published_path: "/a", tags: ["kitsureview"]}]},
        {family: "render", families: ["review"], publish: false},
        {family: "look", families: ["Model"], publish: true},
        {family: "model", publish: false},
        {family: "model"},
        {publish: true}]'
    for note in '{}' '{without_review: false}' '{families: ["workfile"]}'; do
        own "$note"
        rule
        quiet 0
        is 'map(.instance) == [2]'
    done
    own '{without_review: true}'
    rule
    quiet 0
    is 'map(.instance) == [0, 1, 2, 3, 6] and (.[0].text == "w") and (.[1].previews == ["/a"]) and all(.status_changed)'
    own '{without_review: true, families: ["MODEL", "rig"]}'
    rule --explain
    is 'map(.instance) == [1, 2, 3]'
    grep -qx 'note-rule:   opkitsu.note.without_review: from settings' err
    grep -q 'instances\[0\]: no comment: it is no review, and of no family in opkitsu.note.families$' err
    grep -q 'instances\[4\]: no comment: it is no review, and not published$' err
    own '{without_review: 1, families: ["a", 2], family: "x"}'
    rule
    [[ $status == 78 && ! -s out ]]
    diff - err <<'END'
note-rule: settings: opkitsu.note.family: unknown key, ignored; the known ones are without_review, families
note-rule: settings: opkitsu.note.without_review: expected true or false, got 1
note-rule: settings: opkitsu.note.families[1]: expected a string, got 2
END
}

@test "previews: representations tagged kitsureview, in their order" {
    settings
    publish '.instances[0].representations = [
        {published_path: "/a \"ö\".mp4", tags: ["review", "kitsureview"]},
        {published_path: "/b.mov", tags: ["review"]}, {published_path: "/c.mov"},
        {published_path: "/d.png", tags: ["kitsureview"]}, {published_path: "/e.png", tags: ["Kitsureview"]}]'
    rule
    quiet 0
    is '.[0].previews == ["/a \"ö\".mp4", "/d.png"] and .[0].attachments == []'
    publish '.instances[0].representations = [{tags: ["kitsureview"]}, {published_path: "", tags: ["kitsureview"]}]'
    rule
    [[ $status == 0 ]]
    is '.[0].previews == []'
    [[ $(grep -c 'stdin:1: instances\[0\]: representations\[[01]\] is tagged kitsureview' err) == 2 ]]
}

@test "a short name that no status has: a message that says so, and no change" {
    settings
    publish '.task_statuses = [{id: "1", short_name: "WFA"}, {id: "2", short_name: null}, {id: "3"}]'
    rule
    [[ $status == 0 ]]
    diff - err <<'END'
note-rule: stdin:1: instances[0]: no task status has the short name "wfa" (there is "WFA": case counts): the status does not change
END
    is '.[0].task_status == "wip" and .[0].task_status_id == "s-wip" and .[0].reasons[1].saw == ["WFA"]'
    publish '.task_statuses = []'
    rule
    diff - err <<<'note-rule: stdin:1: instances[0]: no task status has the short name "wfa": the status does not change'
    settings '.set_status_note = false'
    rule
    quiet 0
}

@test "a publish that lists no statuses: the short name is left for zou-push to look up" {
    settings
    publish 'del(.task_statuses)'
    rule
    quiet 0
    is '.[0] | .status_changed and .task_status == "wfa" and .task_status_id == null and .reasons[1].saw == null'
    publish 'del(.task_statuses) | .task.task_status.short_name = "wfa"'
    rule
    is '.[0] | (.status_changed | not) and .task_status == "wfa" and .task_status_id == "s-wip"'
}

# template TEXT EXPECTED [OPTION]...: what becomes of it
template() {
    template=$1 settings '.custom_comment_template = {enabled: true, comment_template: env.template}'
    rule "${@:3}"
    diff <(printf '%s\n' "$2") <(text)
    [[ $status == 0 ]]
}

@test "the comment is the instance's own, as it is" {
    settings
    for comment in '"two\nlines"' '"a \"quoted\" one, '\''s"' '"{version} }{ {{"' '"日本語 ✔ e\u0301 \ud83c\udfac"' '"tab\t\\"' '""'; do
        publish ".instances[0].comment = $comment"
        rule
        quiet 0
        is ".[0].text == $comment"
    done
}

@test "a template: keys, escapes, quotes, newlines, unicode" {
    publish '.instances[0] += {version: 12, comment: "say \"hi\"\nthen {name}", "ключ": "да", "odd key": "x",
        frame: 25.5, on: true, list: ["a", 1, null], tree: {"a": [1]}}'
    template '{comment} v{version} {family}/{name}' $'say "hi"\nthen {name} v12 render/renderMain'
    template $'a "b"\n| {version} |\n日本語 {ключ}{odd key}' $'a "b"\n| 12 |\n日本語 даx'
    template '{{comment}} {{{version}}} }}{{' '{comment} {12} }{'
    template '{frame} {on} {list} {tree}' '25.5 true a, 1, null {"a":[1]}'
    template 'v{version:03} v{version:04d} {version:>5} {version:<4}| {name:*^14s} {version:ж>4}' \
        'v012 v0012    12 12  | **renderMain** жж12'
    template '' ''
    diff /dev/null err
}

@test "a template: OpenPype's keys, wherever the publish has them" {
    # What options make, what records have, and what the plug-in sends.
    for where in '.asset = "SH010" | .task_name = "anim" | .instances[0].name = "renderMain"' \
        '.instances[0] += {asset: "SH010", task_name: "anim", subset: "renderMain"} | del(.instances[0].name)' \
        '.asset = "SH020" | .instances[0] += {asset: "SH010", task_name: "anim", task: .task}'; do
        for mode in '' '--compat=openpype'; do
            publish "$where"
            template '{project}/{asset}/{task}/{task_name}/{subset}/{name}/{projectName}' 'demo/SH010/anim/anim/renderMain/renderMain/demo' $mode
            [[ ! -s err ]]
        done
    done
    publish # Kitsu's task is none of OpenPype's
    template '[{task}{asset}]' '[]'
    [[ $(wc -l <err) == 2 ]]
}

@test "a template: missing keys stay empty, with a warning" {
    publish '.instances[0] += {nothing: null, comment: ""}'
    template '[{nope}{nothing}{comment}{version}]' '[3]'
    diff - err <<'END'
note-rule: stdin:1: instances[0]: the instance has no "nope": {nope} in the template becomes empty
note-rule: stdin:1: instances[0]: the instance has no "nothing": {nothing} in the template becomes empty
END
    template '[{nope}]' '[]' -q
    diff /dev/null err
}

# bats test_tags=slow
@test "a template: as OpenPype's" {
    publish '.instances[0] += {version: 12, frame: 25.5, on: true, nothing: null, list: ["a", 1, "it'\''s"], tree: {"a": [1.5, false]}}'
    template '{comment} {{version}} { {name} } {version:03} }{' 'Ready }  }  }{' --compat openpype
    template '{frame} {on} {nothing} {list} {tree}' "25.5 True None ['a', 1, \"it's\"] {'a': [1.5, False]}" --compat openpype
    template '{}{nope}|{name' '|{name' --compat openpype
    # jq would write them in its own way.
    for number in 1e16:1e+16 1e15:1000000000000000.0 1e-4:0.0001 0.00001:1e-05 -0.0:-0.0 -0:0 2.50:2.5 1e999:inf; do
        publish '.instances[0].frame = "NUMBER"'
        sed -i "s/\"NUMBER\"/${number%:*}/" publish
        template '{frame}' "${number#*:}" --compat openpype
        template '{frame}' "${number%:*}"
    done
}

# bats test_tags=slow
@test "a template that is not one: where, and what is allowed" {
    publish
    while IFS='|' read -r bad place what; do
        template=$bad settings '.custom_comment_template = {enabled: true, comment_template: env.template}'
        rule
        echo "$bad"
        [[ $status == 78 && ! -s out ]]
        diff - err <<<"note-rule: settings: $note.custom_comment_template.comment_template: character $place: $what"
        sed -i 's/"enabled":true/"enabled":false/' settings
        rule
        quiet 0
    done <<'END'
ö {version|3|a "{" without its "}"; write "{{" for a brace
version}|8|a single "}"; write "}}" for a brace
{{version}|10|a single "}"; write "}}" for a brace
{a{b}|1|a "{" inside the placeholder
a {}|3|the placeholder names no key
{:3}|1|the placeholder names no key
{a:x}|1|after ":" expected [[FILL]ALIGN][0][WIDTH][d|s], WIDTH up to 200
{a:201}|1|after ":" expected [[FILL]ALIGN][0][WIDTH][d|s], WIDTH up to 200
{a:99999999999999999999}|1|after ":" expected [[FILL]ALIGN][0][WIDTH][d|s], WIDTH up to 200
END
}

@test "settings with mistakes: the file, the key, what is allowed; all of them" {
    publish
    settings '.set_status_note = "yes" | .note_status_shortname = 3 | .set_status_notes = true
        | .status_change_conditions.status_conditions = [{condition: "equals", short_name: "wip"},
            {condition: "equal"}, {short_name: null}, "wip"]
        | .status_change_conditions.family_requirements = {}
        | .status_change_conditions.__note = 1
        | .custom_comment_template.enabled = null'
    rule
    [[ $status == 78 && ! -s out ]]
    sed "s/NOTE/$note/" <<'END' | diff - err
note-rule: settings: NOTE.set_status_notes: unknown key, ignored; the known ones are set_status_note, note_status_shortname, status_change_conditions, custom_comment_template
note-rule: settings: NOTE.set_status_note: expected true or false, got "yes"
note-rule: settings: NOTE.note_status_shortname: expected a string, got 3
note-rule: settings: NOTE.status_change_conditions.status_conditions[0].condition: expected "equal" or "not_equal", got "equals"
note-rule: settings: NOTE.status_change_conditions.status_conditions[1].short_name: missing; expected a string
note-rule: settings: NOTE.status_change_conditions.status_conditions[2].condition: missing; expected "equal" or "not_equal"
note-rule: settings: NOTE.status_change_conditions.status_conditions[2].short_name: expected a string, got null
note-rule: settings: NOTE.status_change_conditions.status_conditions[3]: expected {"condition": ..., "short_name": ...}, got "wip"
note-rule: settings: NOTE.status_change_conditions.family_requirements: expected a list of conditions, got {}
note-rule: settings: NOTE.custom_comment_template.enabled: expected true or false, got null
END
    for part in status_change_conditions custom_comment_template; do
        settings ".$part = []"
        rule
        [[ $status == 78 && $(cat err) == "note-rule: settings: $note.$part: expected {"*", got []" ]]
    done
    settings '[]'
    rule
    [[ $status == 78 && $(cat err) == "note-rule: settings: $note: expected {"*", got []" ]]
}

@test "a key that nobody knows is only warned about" {
    publish
    settings '.setStatusNote = false | .status_change_conditions.status_conditions = [{condition: "equal", short_name: "wip", color: "red"}]'
    rule
    [[ $status == 0 ]]
    is '.[0].status_changed'
    [[ $(wc -l <err) == 2 ]]
    grep -q "^note-rule: settings: $note.setStatusNote: unknown key, ignored" err
    grep -q "status_conditions\[0\].color: unknown key, ignored; the known ones are condition, short_name" err
}

@test "a settings file that is not there, not JSON, or of something else: 78" {
    publish
    rm -f settings
    rule
    [[ $status == 78 && $(cat err) == "note-rule: settings: No such file or directory" ]]
    mkdir settings
    rule
    [[ $status == 78 && $(cat err) == "note-rule: settings: Is a directory" ]]
    rmdir settings
    head -c 17000000 /dev/zero | tr '\0' ' ' >settings
    rule
    [[ $status == 78 && $(cat err) == "note-rule: settings: File too large" ]]
    echo '{"kitsu": {' >settings
    rule
    [[ $status == 78 && $(cat err) == "note-rule: settings: "*"(byte "* ]]
    echo '{"kitsu": {"publish": {}}}' >settings
    rule
    [[ $status == 78 && $(cat err) == "note-rule: settings: no $note in it" ]]
    # What a file leaves out is as it is shipped: off.
    echo '{"kitsu": {"publish": {"IntegrateKitsuNote": {}}}}' >settings
    rule
    quiet 0
    is '.[0].status_changed | not'
    [[ $(jq -s '.[0].reasons | length' out) == 2 ]]
}

# setting TYPE PROJECT JQ-FILTER: OpenPype's document in the store, PROJECT "" for the studio
setting() {
    jq -nc --arg type "$1" --arg project "$2" '{} | '"$3"' | {_id: "\($type) \($project)", type: $type, data: .,
        version: "3.18.0"} + (if $project == "" then {is_default: true} else {project_name: $project} end)
        | {type: "Change", operationType: "insert", ns: {db: "openpype", coll: "settings"},
           documentKey: {_id: ._id}, fullDocument: .}' | op-apply -d "$OP_STORE" >/dev/null
}

# stored: the settings in the store: of the studio, and of the project `demo` over it
stored() {
    setting project_settings_versioned "" ".$note = {set_status_note: true, note_status_shortname: \"wip\"}"
    setting project_settings_versioned demo ".$note.note_status_shortname = \"wfa\""
}

# bats test_tags=slow
@test "settings in the store: the project's over the studio's over what is shipped" {
    use_sqlite
    publish '., ((.project = "other"), del(.project)
        | .task = {id: "t1", task_status_id: "s-todo", task_status: {short_name: "todo"}})'
    note-rule <publish >out
    is 'map(.task_status) == ["wip", "todo", "todo"] and (map(.status_changed) | any | not)'
    stored
    for options in "" "-d $OP_STORE" "-c $OP_STORE"; do
        # shellcheck disable=SC2086 # two words
        note-rule $options <publish >out
        is 'map(.task_status) == ["wfa", "wip", "wip"] and (map(.status_changed) | all)'
    done
    # A file of the user's goes before the store, but for -c.
    mkdir -p config/opkitsu
    echo '{"kitsu":{"publish":{"IntegrateKitsuNote":{"set_status_note":false}}}}' >config/opkitsu/settings.json
    note-rule <publish >out
    is 'map(.status_changed) | any | not'
    note-rule -c "$OP_STORE" <publish >out
    is 'map(.status_changed) | all'
    settings '.note_status_shortname = "other"'
    note-rule -q -c settings -d "$OP_STORE" <publish >out
    is 'map(.reasons[1].short_name) | unique == ["other"]'
}

@test "mongodb: settings in the store" {
    use_mongo
    publish
    jq -nc --arg db "$OPENPYPE_DATABASE_NAME" '{type: "Change", operationType: "insert",
        ns: {db: $db, coll: "settings"}, documentKey: {_id: "x"}, fullDocument: {_id: "x",
        type: "project_settings", is_default: true, data: {kitsu: {publish: {IntegrateKitsuNote: {set_status_note: true}}}}}}' |
        op-apply >/dev/null
    note-rule <publish >out
    is '.[0].status_changed'
    note-rule -c "$OP_STORE" <publish >out
    is '.[0].status_changed'
}

# bats test_tags=slow
@test "mistakes in the store, or in a file of the usual places: which" {
    use_sqlite
    stored
    setting project_settings_versioned bad ".$note.status_change_conditions.status_conditions = [{condition: 1, short_name: \"x\"}]"
    publish '., (.project = "bad"), .'
    run -78 --separate-stderr note-rule <publish
    [[ ${#lines[@]} == 1 ]] # the project before it is done with
    [[ $stderr == "note-rule: $OP_STORE, project_settings of project bad, version 3.18.0: $note.status_change_conditions.status_conditions[0].condition: expected "*", got 1"* ]]
    mkdir -p config/opkitsu
    echo '{"kitsu":{"publish":{"IntegrateKitsuNote":{"set_status_note":"on"}}}}' >config/opkitsu/settings.json
    run -78 --separate-stderr note-rule <publish
    [[ $output == "" && $stderr == "note-rule: $PWD/config/opkitsu/settings.json: $note.set_status_note: expected true or false, got \"on\"" ]]
    rm config/opkitsu/settings.json
    # Named is who took away what is missing.
    setting project_settings_versioned demo2 '.kitsu.publish = 7'
    publish '.project = "demo2"'
    run -78 --separate-stderr note-rule <publish
    [[ ${stderr_lines[0]} == "note-rule: $OP_STORE, project_settings of project demo2, version 3.18.0: $note: missing; expected "* ]]
}

@test "a document of settings that holds none is only warned about" {
    use_sqlite
    stored
    publish '.project = "bad"'
    setting project_settings_versioned bad '7'
    run -0 --separate-stderr note-rule <publish
    [[ $stderr == "note-rule: project_settings of bad: its \"data\" is no object, and not used" ]]
    [[ $(jq -r .task_status <<<"$output") == wip ]]
    setting project_settings_versioned other 'null'
    run -0 --separate-stderr note-rule <publish
    [[ ${#stderr_lines[@]} == 1 ]]
}

# bats test_tags=slow
@test "--explain: each condition, what it saw, met or not" {
    settings '.status_change_conditions = {status_conditions: [{condition: "not_equal", short_name: "RETAKE"},
            {condition: "equal", short_name: "todo"}],
        family_requirements: [{condition: "not_equal", family: "workfile"}, {condition: "equal", family: "plate"}]}'
    publish '.instances[0] += {comment: "a\n\u001b[31m", representations: [{published_path: "/a", tags: ["kitsureview"]}]}
        | .instances += [{family: "workfile", name: "w\u001b[2J", publish: true}]'
    rule --explain -q
    [[ $status == 0 ]]
    is 'length == 1'
    sed -n '/^note-rule: stdin/,$p' err >said
    diff - said <<'END'
note-rule: stdin:1: instances[0] "renderMain": a comment
note-rule:   the status stays "wip": not all conditions are met
note-rule:     set_status_note: it is on: met
note-rule:     note_status_shortname "wfa": Kitsu has "wfa": met
note-rule:     status_conditions[0] not_equal "RETAKE": the task's status is "wip": met
note-rule:     status_conditions[1] equal "todo": the task's status is "wip": NOT met
note-rule:     family_requirements[0] not_equal "workfile": published: "render", "workfile": met
note-rule:     family_requirements[1] equal "plate": published: "render", "workfile": NOT met
note-rule:     text: "a\n\u001B[31m", 1 preview
note-rule: stdin:1: instances[1] "w?[2J": no comment: its families do not include "review"
END
    [[ $(grep -cx 'note-rule:   set_status_note: from settings' err) == 1 ]]
    rule --explain --compat openpype
    grep -q 'family_requirements\[0\].*NOT met$' err
    grep -q 'family_requirements\[1\].*: not checked' err
    settings
    publish 'del(.task_statuses)'
    rule --explain
    grep -qx 'note-rule:   the status becomes "wfa"' err
    grep -q 'lists no statuses, zou-push looks it up: met$' err
    publish '.task.task_status.short_name = "wfa" | .task.task_status_id = "s-wfa"'
    rule --explain
    grep -qx 'note-rule:   the status stays "wfa": it is already set' err
    publish 'del(.task)'
    rule --explain
    grep -q 'instances\[0\] "renderMain": no comment: it has no task$' err
}

@test "--explain: a line that is too long is cut between characters" {
    settings
    for before in "" a; do
        publish ".instances[0] |= (.name = \"$before\" + 1500 * \"é\")"
        rule --explain
        grep -q 'éé$' err
        iconv -f UTF-8 -t UTF-8 err >/dev/null
    done
}

@test "--explain says which file or document each setting is from" {
    use_sqlite
    stored
    publish
    note-rule --explain <publish 2>err >/dev/null
    grep -qx "note-rule:   set_status_note: from $OP_STORE, project_settings of the studio, version 3.18.0" err
    grep -qx "note-rule:   note_status_shortname: from $OP_STORE, project_settings of project demo, version 3.18.0" err
    grep -q "^note-rule:   custom_comment_template.enabled: from .*/share/opkitsu/settings.json$" err
}

# bats test_tags=slow
@test "a publish that makes no sense: its line, what, and the others go on" {
    settings
    cat >filters <<'END'
del(.instances)@whose "instances" is not a list of objects
.instances = null@whose "instances" is not a list of objects
.instances = ["x"]@whose "instances" is not a list of objects
.id = 3@whose "id" is not a string
.project = []@whose "project" is not a string
.task = "t1"@whose "task" is not an object
.task = {}@whose "task.id" is not a non-empty string
.task.id = ""@whose "task.id" is not a non-empty string
del(.task.task_status_id)@whose "task.task_status_id" is not a non-empty string
.task.task_status = null@whose "task.task_status.short_name" is not a string
.task.task_status.short_name = null@whose "task.task_status.short_name" is not a string
.task_statuses = {}@whose "task_statuses" is not a list of objects
.task_statuses[1].id = null@whose "task_statuses[1].id" is not a non-empty string
.task_statuses[1].short_name = 1@whose "task_statuses[1].short_name" is not a string
.instances[0].family = 1@whose "instances[0].family" is not a string
.instances[0].families = "review"@whose "instances[0].families" is not a list of strings
.instances[0].families = ["review", null]@whose "instances[0].families" is not a list of strings
.instances[0].publish = "no"@whose "instances[0].publish" is not true or false
.instances[0].comment = {}@whose "instances[0].comment" is not a string
.instances[0].comment = "a\u0000b"@whose "instances[0].comment" is not a string without a NUL character
.project = "demo\u0000x"@whose "project" is not a string without a NUL character
.instances[0].task = 1@whose "instances[0].task" is not an object
.instances[0].task = {id: "t"}@whose "instances[0].task.task_status_id" is not a non-empty string
.instances[0].representations = {}@whose "instances[0].representations" is not a list of objects
.instances[0].representations = [{tags: 1}]@whose "instances[0].representations[0].tags" is not a list of strings
.instances[0].representations = [{published_path: 1}]@whose "instances[0].representations[0].published_path" is not a string
.instances = [range(10001) | {}]@with more than 10000 instances
.instances = [range(1001) | {family: "f\(.)", publish: true}]@with more than 1000 families
END
    publish
    cp publish good
    publish "$(cut -d @ -f 1 filters | sed 's/.*/(&)/' | paste -sd ,)"
    mv publish bad
    while IFS=@ read -r filter what && IFS= read -r line <&4; do
        printf '%s\n' "$line" | cat good - good >publish
        rule
        echo "$filter"
        diff - err <<<"note-rule: stdin:2: a Publish $what"
        [[ $status == 1 && $(grep -c '^{"type":"Comment"' out) == 2 && $(wc -l <out) == 2 ]]
        rows=$((${rows-0} + 1))
    done <filters 4<bad
    ((rows == 28))
}

@test "lines that are no records, cut, or of another type" {
    settings
    publish
    cp publish one
    {
        echo 'nonsense'
        cat one
        echo '{"type":"Other","x":1.50}'
        head -c 100 one
    } >publish
    rule
    [[ $status == 1 && $(wc -l <err) == 2 ]]
    [[ $(sed -n 2p out) == '{"type":"Other","x":1.50}' ]]
    is 'length == 2 and .[0].type == "Comment"'
}

@test "input in pieces, and one record at a time" {
    settings
    publish '., (.id = "p2")'
    rule
    cp out whole
    for size in 1 7 31; do
        "$BATS_TEST_DIRNAME/../lib/in-pieces" "$size" note-rule -c settings <publish >out
        cmp whole out
    done
    # A comment is there before the input ends.
    mkfifo in
    note-rule -c settings <in >out &
    exec 5>in
    head -n 1 publish >&5
    for ((i = 0; i < 100; i++)); do
        [[ ! -s out ]] || break
        sleep 0.1
    done
    is 'length == 1'
    exec 5>&-
    wait
}

@test "empty input, a full disk, wrong options" {
    settings
    : >publish
    rule
    quiet 0
    [[ ! -s out ]]
    # Mistakes in a file are told all the same.
    settings '.set_status_note = 1'
    rule
    [[ $status == 78 ]]
    settings
    publish
    note-rule -c settings <publish >/dev/full 2>err || status=$?
    [[ $status == 74 ]]
    run -64 --separate-stderr note-rule --compat ayon <publish
    [[ $stderr == *'--compat: expected "openpype", got "ayon"'* ]]
    run -64 note-rule -c settings extra
    run -78 note-rule -d nonsense: <publish
}

# compare ours|both FOLDER...: what note-rule makes of each one's publishes, against
# naive-note; both: also with --compat openpype
compare() {
    local folder suffix want options suffixes=('')
    [[ $1 == ours ]] || suffixes+=(.openpype)
    shift
    "$BATS_TEST_DIRNAME/../oracles/naive-note" "$@"
    for suffix in "${suffixes[@]}"; do
        options=()
        [[ ! $suffix ]] || options=(--compat openpype)
        for folder; do
            status=0
            note-rule -q -c "$folder/settings" "${options[@]}" <"$folder/publish" >out 2>err || status=$?
            read -r want <"$folder/status$suffix"
            [[ $status == "$want" ]] || {
                echo "$folder ${options[*]}: status $status, naive-note's $want: $(<err)"
                return 1
            }
            ((!want)) || [[ ! -s out ]]
            cat out >&3
        done 3>>"made$suffix"
        jq -c '[.publish_id, .instance, .task_id, .task_status_id, .task_status, .text, .previews, .status_changed,
            [.reasons[].met]]' "made$suffix" >"got$suffix"
        diff <(cat "${@/%//expected$suffix}") "got$suffix"
    done
}

# bats test_tags=slow
@test "random publishes and settings, against a second implementation, both ways" {
    "$BATS_TEST_DIRNAME/../generators/random-publish" 1 40 75
    compare both {1..40}
    total=$(cat got got.openpype | wc -l) changed=$(cat got got.openpype | grep -c ',true,\[[a-z,]*\]\]$')
    echo "$total comments, $changed of them change the status"
    ((total > 5000 && changed > 200))
}

# bats test_tags=slow
@test "random templates, right and wrong, against Python's own reading" {
    for ((i = 0; i < 100; i++)); do
        RANDOM=$i
        text=
        for ((k = RANDOM % 9; k >= 0; k--)); do
            pieces=('{' '}' a b '{a}' '{b:3}' '{{' '}}')
            text+=${pieces[RANDOM % 8]}
        done
        printf '%s\n' "$text"
    done >templates
    settings
    publish '.instances[0] |= {families, a: "A", b: 7}'
    jq -c --rawfile templates templates '($templates | split("\n")[:-1])[] as $text
        | .kitsu.publish.IntegrateKitsuNote.custom_comment_template = {enabled: true, comment_template: $text}' settings >each
    i=0
    while IFS= read -r line; do
        i=$((i + 1))
        mkdir "template$i"
        printf '%s\n' "$line" >"template$i/settings"
        sed "s/\"p1\"/\"$i\"/" publish >"template$i/publish"
    done <each
    ((i == 100))
    compare ours template{1..100}
    (($(wc -l <got) > 10 && $(cat template*/status | grep -c 78) > 10))
}
