#!/usr/bin/env bats
# push-report: what a push does to Kitsu, as text.
# shellcheck disable=SC2154 # bats' run

bats_require_minimum_version 1.5.0

setup() {
    load ../lib/common
    cd "$BATS_TEST_TMPDIR" || return
}

# report [OPTION]...: of stdin, compared with the file `expected`.
report() {
    push-report "$@" >got 2>errors
    diff expected got
    diff /dev/null errors
}

# result STATUS OPERATION TYPE NAME BELOW [MORE]: one of zou-push's; BELOW is JSON's inside.
result() {
    printf '{"type":"Result","status":"%s","operationType":"%s","to":"kitsu","project":"demo","entity":{"type":"%s","name":"%s"},"below":[%s]%s}\n' \
        "$1" "$2" "$3" "$4" "$5" "${6:+,$6}"
}

# document N: the key of one of OpenPype's
document() { printf '"documentKey":{"_id":{"$oid":"00000000000000000000000%s"}}' "$1"; }

# summary PROJECT [MORE]
summary() { printf '{"type":"Summary","to":"kitsu","project":"%s"%s,"seconds":0.412}\n' "$1" "${2:+,$2}"; }

plan() {
    echo '{"type":"Skipped","entity":{"type":"Shot","id":"d9","name":"SH_x"},"project_id":"p","reason":"it matches no pattern","code":"kind"}'
    result planned update Project demo '' '"fields":{"fps":"25","data":{"client":"x"}}'
    result planned insert AssetType Props ''
    result planned insert Episode E01 ''
    result planned insert Sequence SQ01 '"E01"' '"message":"stands in"'
    result planned insert Shot SH010 '"E01","SQ01"' "$(document 1)"',"fields":{"data":{"frame_in":1001},"nb_frames":100}'
    result planned link Shot SH020 '"E01","SQ01"' "$(document 2)"
    result planned update Shot SH020 '"E01","SQ01"' "$(document 2)"',"fields":{"data":{"frame_out":1100}}'
    result planned update Shot SH030 '"E01","SQ02"' "$(document 3)"',"fields":{"data":{"frame_out":1100}}'
    result planned insert Asset knife '"Props"' "$(document 4)"
    result planned insert TaskType Rigging '' '"fields":{"for_entity":"Asset","short_name":"rig"}'
    result planned insert TaskType Rigging '' '"fields":{"for_entity":"Shot","short_name":"rig"}'
    result planned insert Task Animation '"E01","SQ01","SH010"' "$(document 1)"
    result planned insert Task 'Animation second' '"E01","SQ01","SH010"' "$(document 1)"
    result planned insert Task Rigging '"Props","knife"' "$(document 4)"
    result planned insert Task Modeling '"Props","fork"' "$(document 5)"
    result planned insert Task Layout '"E02","SQ01","SH010"' "$(document 6)"
    result planned delete Asset old '"Props"'
    result planned cancel Asset worn '"Props"' '"message":"it has tasks"'
    summary demo '"created":7,"updated":3,"deleted":1,"cancelled":1,"linked":1,"tasks":5,"skipped":1'
    summary idle '"created":0'
}

@test "a plan: a tree of each project" {
    cat >expected <<'EOF'
demo
  ~ Project demo   fps: "25", client: "x"
  + TaskType Rigging (Asset)
  + TaskType Rigging (Shot)
  + Episode E01
    + Sequence SQ01   stands in
      + Shot SH010   frame_in 1001, nb_frames 100; tasks: Animation, Animation second
      = Shot SH020   frame_out: 1100; will be linked
      Sequence SQ02
      ~ Shot SH030   frame_out: 1100
    Episode E02
      Sequence SQ01
        Shot SH010   tasks: Layout
  + AssetType Props
    + Asset knife   tasks: Rigging
      Asset fork   tasks: Modeling
    - Asset old
    - Asset worn   it has tasks
demo: 7 to create, 3 to update, 1 to link, 1 to delete, 1 to cancel, 5 tasks, 1 skipped
  skipped Shot "SH_x": it matches no pattern
idle: nothing changed in 0.41 s
EOF
    plan | report
    # Without its Summary it is counted all the same.
    sed -i /^idle/d expected
    plan | grep -v Summary | report
}

@test "results: a line for each project, what was deleted, what was not done" {
    cat >expected <<'EOF'
demo: 3 created, 1 updated, 2 linked, 1 deleted, 1 cancelled, 1 task, 1 skipped, 2 failed, 1 not linked in 0.41 s
  deleted Shot "SH090" of E01/SQ01
  cancelled Shot "SH091" of E01/SQ01: it has tasks
  failed insert of Shot "SH010" of E01/SQ01: Kitsu: no such thing
  failed insert of Task "Animation" of E01/SQ01/SH010
  not linked: Shot "SH020": data.zou differs
  skipped Asset "a": b
idle: nothing changed in 0.41 s
EOF
    {
        echo '{"type":"Skipped","entity":{"type":"Asset","id":"x","name":"a"},"reason":"b","code":"name"}'
        result applied insert Episode E01 ''
        result failed insert Shot SH010 '"E01","SQ01"' '"message":"Kitsu: no such thing"'
        echo '{"type":"Result","status":"conflict","operationType":"update","ns":{"db":"a","coll":"demo"},"entity":{"type":"Shot","name":"SH020"},"message":"data.zou differs"}'
        echo '{"type":"Result","status":"applied","operationType":"update","ns":{"db":"a","coll":"demo"},"entity":{"type":"Shot","name":"SH030"}}'
        result failed insert Task Animation '"E01","SQ01","SH010"'
        result applied delete Shot SH090 '"E01","SQ01"'
        result applied cancel Shot SH091 '"E01","SQ01"' '"message":"it has tasks"'
        summary demo '"created":3,"updated":1,"deleted":1,"cancelled":1,"linked":2,"tasks":1,"skipped":1,"failed":2'
        echo '{"type":"Summary","project":"demo","inserted":9,"updated":9}'
        summary idle
        echo '{"type":"Whatever"}'
    } | report
}

@test "a link that fails behind the project's Summary is said, too" {
    printf '%s\n' 'demo: 1 created in 0.41 s' 'demo: nothing changed, 1 not linked' '  not linked: document "": gone' >expected
    {
        summary demo '"created":1'
        echo '{"type":"Result","status":"failed","operationType":"update","ns":{"db":"a","coll":"demo"},"message":"gone"}'
    } | report
}

@test "-v: the tree of what was carried out; -q: only what was not" {
    pushed() {
        result applied insert Shot SH010 '"SQ01"' '"fields":{"nb_frames":3}'
        result failed update Shot SH020 '"SQ01"' '"message":"no"'
        result applied insert Task Layout '"SQ01","SH010"'
        result failed insert Task Layout '"SQ01","SH020"' '"message":"no"'
        summary demo '"created":1,"tasks":1,"failed":2'
    }
    cat >expected <<'EOF'
demo
    Sequence SQ01
    + Shot SH010   nb_frames 3; tasks: Layout
    ! Shot SH020   no
demo: 1 created, 1 task, 2 failed in 0.41 s
  failed update of Shot "SH020" of SQ01: no
  failed insert of Task "Layout" of SQ01/SH020: no
EOF
    pushed | report -v
    sed -i '1,/^demo:/{/^demo:/!d}' expected
    {
        pushed
        result planned insert Episode E01 ''
        summary other
    } | report -q
}

@test "comments are counted, those that failed are said" {
    printf '%s\n' '  failed comment of publish "p3": no such task' '2 comments posted, 1 there already, 1 not posted' >expected
    comment() {
        echo '{"type":"Result","status":"'"$1"'","operationType":"insert","to":"kitsu","entity":{"type":"Comment","id":"c"},"task_id":"t","publish_id":"'"$2"'","instance":0'"${3-}"'}'
    }
    {
        comment applied p1
        comment applied p2
        comment unchanged p1
        comment failed p3 ',"message":"no such task"' | sed 's/,"id":"c"//'
    } | report
    echo '1 comment posted' >expected
    comment applied p1 | report
    echo '2 comments to post, 1 there already' >expected
    {
        comment planned p1
        comment planned p2
        comment unchanged p3
    } | report
    : >expected
    comment applied p1 | report -q
}

@test "a comment that stands without all of its files is no comment that is not posted" {
    comment() {
        echo '{"type":"Result","status":"'"$1"'","operationType":"insert","to":"kitsu","entity":{"type":"Comment"'"$2"'},"task_id":"t","publish_id":"p","instance":0'"${3-}"'}'
    }
    printf '%s\n' '  incomplete comment of publish "p": posted, without cache.abc: no' \
        '  incomplete comment of publish "p": one.png: busy' '  failed comment of publish "p": no' \
        '1 comment posted, 1 there already, 1 incomplete, 1 not posted' >expected
    comments() {
        comment applied ',"id":"c"' ',"refused":["cache.abc"],"message":"posted, without cache.abc: no"'
        comment unchanged ',"id":"c"' ',"message":"posted, without cache.abc: no"'
        comment failed ',"id":"c"' ',"message":"one.png: busy"'
        comment failed '' ',"message":"no"'
    }
    comments | report
    comments | report -q
}

@test "twenty of a sort, the others counted; of deletions all" {
    for i in {1..25}; do
        echo '{"type":"Skipped","entity":{"type":"Shot","name":"'"$i"'"},"reason":"r"}'
        result failed insert Shot "$i" ''
        result applied delete Shot "$i" ''
    done >records
    summary demo '"deleted":25,"failed":25' >>records
    run push-report <records
    [[ ${lines[0]} == "demo: 25 deleted, 25 skipped, 25 failed in 0.41 s" ]]
    [[ ${lines[25]} == '  deleted Shot "25"' && ${lines[46]} == "  ... and 5 more" ]]
    [[ ${lines[47]} == '  skipped Shot "1": r' && ${lines[67]} == "  ... and 5 more" && ${#lines[@]} == 68 ]]
}

@test "names do not steer the terminal" {
    cat >expected <<'EOF'
d?[31m
    Episode a?b
    ~ Sequence ?]0;x?   k?: "\u001B"; ?
d?[31m: 1 to create, 1 task, 1 skipped
  skipped Shot "?": ä?
EOF
    report <<'EOF'
{"type":"Skipped","entity":{"type":"Shot","name":"\u001b"},"reason":"ä\u009b"}
{"type":"Result","status":"planned","operationType":"update","to":"kitsu","project":"d\u001b[31m","entity":{"type":"Sequence","name":"\u001b]0;x\u0007"},"below":["a\nb"],"fields":{"k\u009b":"\u001b"},"message":"\u007f"}
{"type":"Summary","to":"kitsu","project":"d\u001b[31m","created":1,"updated":0,"tasks":1,"seconds":0}
EOF
}

@test "a large project takes no time" {
    {
        result planned insert Shot SH0 '"SQ01"'
        result planned insert Task Layout '"SQ01","SH0"'
        result planned insert Task Animation '"SQ01","SH0"'
    } >one
    awk '{ for (i = 1; i <= 3000; i++) { line = $0; sub(/SH0/, "SH" i, line); print line } }' one >records
    run -0 timeout 5 push-report <records
    [[ ${lines[1]} == '    Sequence SQ01' && ${lines[3001]} == '    + Shot SH3000   tasks: Layout, Animation' ]]
    [[ ${lines[3002]} == 'demo: 3000 to create, 6000 tasks' && ${#lines[@]} == 3003 ]]
}

@test "nothing in, nothing out" {
    : >expected
    report </dev/null
}

@test "bad lines are named, the others go on, and the status is 1" {
    {
        echo nonsense
        summary demo '"created":1'
        echo '[]'
    } >input
    run -1 --separate-stderr push-report <input
    [[ $output == 'demo: 1 created in 0.41 s' ]]
    [[ $stderr == "push-report: stdin:1: "*$'\n'"push-report: stdin:3: "* ]]
    printf '{"type":"Summary"' | run -1 --separate-stderr push-report
}

# bats test_tags=slow
@test "records that are none of the shape that they should have do no harm" {
    for record in '"operationType":1' '"below":{}' '"below":[1,{},null]' '"below":["a","b","c"]' '"below":["",""]' \
        '"fields":[1]' '"fields":{"data":3,"":null}' '"fields":{"data":{"data":{"data":[]}}}' '"documentKey":7' \
        '"documentKey":{"_id":[]}' '"message":5' '"project":[]' '"project":""' '"entity":3' '"entity":{"type":"Task"}' \
        '"entity":{"type":"TaskType","name":1}' '"entity":{"type":5,"name":"x"}' '"entity":{"type":"Comment"}'; do
        for status in planned applied failed odd; do
            run -0 push-report -v <<<'{"type":"Result","to":"kitsu","status":"'$status'",'"$record"'}'
            run -0 push-report <<<'{"type":"Result","status":"'$status'",'"$record"'}'
        done
        run -0 push-report <<<'{"type":"Summary","to":"kitsu","seconds":"x",'"$record"'}'
        run -0 push-report <<<'{"type":"Skipped",'"$record"'}'
    done
    jq -nc '{type: "Result", to: "kitsu", status: "planned", below: [range(5000) | "x"], entity: {type: "Shot", name: "x"}}' >deep
    run -0 push-report <deep
}

@test "a full stdout: 74" {
    summary demo >input
    push-report <input >/dev/full 2>errors && status=0 || status=$?
    [[ $status == 74 ]]
    grep -q '^push-report: stdout: ' errors
    run -0 push-report -q <input
}

@test "--records: the records on stdout, unchanged, and the text on stderr; a terminal gets the text alone" {
    echo '{"type":"Result","to":"kitsu","status":"planned","operationType":"insert","project":"demo","entity":{"type":"Shot","name":"SH010"} }' >records
    run -0 --separate-stderr push-report --records <records
    [[ $output == "$(<records)" && $stderr == "$(push-report <records)" && $stderr == *"+ Shot SH010"* ]]
    script -qec 'push-report --records <records' /dev/null >terminal
    [[ $(<terminal) == *"+ Shot SH010"* ]]
    run ! grep '"type"' terminal
    push-report --records <records >/dev/full 2>err && status=0 || status=$?
    [[ $status == 74 ]]
    grep 'push-report: cannot write the records: No space left' err
    # Of more than a buffer holds the reason is that of the first write.
    yes "$(<records)" | head -n 1000 >many
    push-report --records <many >/dev/full 2>err && status=0 || status=$?
    [[ $status == 74 ]]
    grep 'push-report: cannot write the records: No space left' err
}
