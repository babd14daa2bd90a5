#!/usr/bin/env bats
# sync-report: plans and results as text.
# shellcheck disable=SC2154 # bats' run

bats_require_minimum_version 1.5.0

setup() {
    load ../lib/common
    cd "$BATS_TEST_TMPDIR" || return
}

# report [OPTION]...: of stdin, compared with the file `expected`.
report() {
    cat >input
    run --separate-stderr sync-report "$@" <input
    diff expected <(printf '%s' "${output:+$output$'\n'}")
}

@test "a plan: what each change would change" {
    cat >expected <<'EOF'
demo
  create  Project demo
  create  Assets
  update  Shot SQ01_SH010
            name: "SQ01_SH010" -> "SQ02_SH010"
            data.zou: name, gone, new
            data.frameEnd: 1080 -> 1100
            data.visualParent: aaaaaaaaaaaaaaaaaaaaaaaa -> bbbbbbbbbbbbbbbbbbbbbbbb
            data.tasks: nothing -> {...}
            data.note: "01234567890123456789012345678901234567890123456789012345678... -> ""
            data.old: [1,2] -> nothing
  archive Shot E01/SQ01/SH020
            type: "asset" -> "archived_asset"
  delete  Asset Lantern
demo: 2 to create, 1 to update, 1 to archive, 1 to delete, 4 skipped
  skipped Shot "SH 1": bad name
  skipped Sequence "E02/SQ 01" (and 2 below it): bad name
other
  drop    Project other
other: 1 to drop
EOF
    report <<'EOF'
{"type":"Change","operationType":"insert","ns":{"db":"a","coll":"demo"},"entity":{"type":"Project","name":"demo"},"fullDocument":{"name":"demo"}}
{"type":"Change","operationType":"insert","ns":{"db":"a","coll":"demo"},"fullDocument":{"name":"Assets"}}
{"type":"Change","operationType":"update","ns":{"db":"a","coll":"demo"},"entity":{"type":"Shot","name":"SH010"},"updateDescription":{"updatedFields":{"name":"SQ02_SH010","data.zou":{"id":"x","name":"b","new":1},"data.frameEnd":1100,"data.visualParent":{"$oid":"bbbbbbbbbbbbbbbbbbbbbbbb"},"data.tasks":{"Comp":{}},"data.note":""},"removedFields":["data.old"]},"fullDocumentBeforeChange":{"name":"SQ01_SH010","data":{"zou":{"id":"x","name":"a","gone":0},"frameEnd":1080,"visualParent":{"$oid":"aaaaaaaaaaaaaaaaaaaaaaaa"},"note":"01234567890123456789012345678901234567890123456789012345678901234","old":[1,2]}}}
{"type":"Change","operationType":"update","ns":{"db":"a","coll":"demo"},"entity":{"type":"Shot","name":"SH020","path":["E01","SQ01","SH020"]},"updateDescription":{"updatedFields":{"type":"archived_asset"},"removedFields":[]},"fullDocumentBeforeChange":{"type":"asset"}}
{"type":"Change","operationType":"delete","ns":{"db":"a","coll":"demo"},"entity":{"type":"Asset","name":"Lantern"},"fullDocumentBeforeChange":{"name":"Lantern"}}
{"type":"Skipped","entity":{"type":"Shot","name":"SH 1"},"project_id":"p","reason":"bad name","code":"name"}
{"type":"Skipped","entity":{"type":"Sequence","id":"sq1","name":"SQ 01","path":["E02","SQ 01"]},"project_id":"p","reason":"bad name","code":"name","below":2}
{"type":"Skipped","entity":{"type":"Shot","name":"SH010","path":["E02","SQ 01","SH010"]},"project_id":"p","reason":"its Sequence","code":"parent","with":"sq1"}
{"type":"Skipped","entity":{"type":"Shot","name":"SH020","path":["E02","SQ 01","SH020"]},"project_id":"p","reason":"its Sequence","code":"parent","with":"sq1"}
{"type":"End","project_id":"p","scope":"full","counts":{}}
{"type":"Change","operationType":"drop","ns":{"db":"a","coll":"other"},"entity":{"type":"Project","name":"other"}}
EOF
    [[ $status == 0 && $stderr == "" ]]
}

@test "results: a line for each project, then what was not written" {
    cat >expected <<'EOF'
Bad Name: nothing changed, 1 skipped in 0.00 s
  skipped Project "Bad Name": no such names
demo: 3 created, 12 updated, 1 deleted, 4 archived, 2 skipped, 1 in conflict, 1 failed in 0.41 s
  conflict update of Shot "SH010": data.frameEnd differs
  failed insert of abcdefabcdefabcdefabcdef: too large
  skipped Shot "a": b
  skipped document "": no reason given
idle: nothing changed in 0.00 s
old: dropped in 0.10 s
dry: 2 to create in 0.00 s
EOF
    report <<'EOF'
{"type":"Skipped","entity":{"type":"Project","name":"Bad Name"},"project_id":"q","reason":"no such names","code":"name"}
{"type":"Summary","project":"Bad Name","skipped":1,"seconds":0.0}
{"type":"Result","status":"applied","operationType":"update","entity":{"type":"Shot","name":"SH000"}}
{"type":"Result","status":"conflict","operationType":"update","entity":{"type":"Shot","name":"SH010"},"message":"data.frameEnd differs"}
{"type":"Result","status":"failed","operationType":"insert","documentKey":{"_id":{"$oid":"abcdefabcdefabcdefabcdef"}},"message":"too large"}
{"type":"Skipped","entity":{"type":"Shot","name":"a"},"project_id":"p","reason":"b","code":"name"}
{"type":"Skipped"}
{"type":"Summary","project":"demo","inserted":3,"updated":12,"deleted":1,"archived":4,"skipped":2,"failed":1,"conflicts":1,"seconds":0.41}
{"type":"Summary","project":"idle","inserted":0,"updated":0,"deleted":0,"archived":0,"skipped":0,"failed":0,"conflicts":0,"seconds":0.0}
{"type":"Result","status":"applied","operationType":"drop","ns":{"db":"avalon","coll":"old"}}
{"type":"Summary","project":"old","seconds":0.1}
{"type":"Summary","project":"dry","planned":true,"inserted":2,"seconds":0.0}
{"type":"Whatever"}
EOF
    [[ $status == 0 && $stderr == "" ]]
}

@test "-v: what was written, too; -q: only what was not" {
    printf '%s\n' '  applied update of Shot "E01/SQ01/SH010"' 'demo: 1 updated in 1.00 s' >expected
    report -v <<'EOF'
{"type":"Result","status":"applied","operationType":"update","entity":{"type":"Shot","name":"SH010","path":["E01","SQ01","SH010"]}}
{"type":"Result","status":"unchanged","operationType":"update","entity":{"type":"Shot","name":"SH020"}}
{"type":"Summary","project":"demo","updated":1,"seconds":1}
EOF
    printf '%s\n' 'bad: 7 updated, 1 skipped in 1.00 s' '  skipped Shot "a": b' >expected
    report -q <<'EOF'
{"type":"Change","operationType":"insert","ns":{"db":"a","coll":"demo"},"fullDocument":{"name":"Assets"}}
{"type":"Result","status":"applied","operationType":"drop","ns":{"db":"avalon","coll":"old"}}
{"type":"Summary","project":"demo","updated":1,"seconds":1}
{"type":"Skipped","entity":{"type":"Shot","name":"a"},"project_id":"p","reason":"b","code":"name"}
{"type":"End","project_id":"p","scope":"full","counts":{}}
{"type":"Summary","project":"bad","updated":7,"skipped":1,"seconds":1}
EOF
    [[ $status == 0 && $stderr == "" ]]
}

@test "twenty of a sort, the others counted" {
    for i in {1..25}; do
        echo '{"type":"Skipped","entity":{"type":"Shot","name":"'"$i"'"},"reason":"r"}'
        echo '{"type":"Result","status":"failed","operationType":"insert","entity":{"type":"Shot","name":"'"$i"'"}}'
    done >records
    echo '{"type":"Summary","project":"demo","skipped":25,"failed":25,"seconds":0.5}' >>records
    run sync-report <records
    [[ ${lines[0]} == "demo: nothing changed, 25 skipped, 25 failed in 0.50 s" ]]
    [[ ${lines[21]} == "  ... and 5 more" && ${lines[22]} == '  skipped Shot "1": r' ]]
    [[ ${lines[42]} == "  ... and 5 more" && ${#lines[@]} == 43 ]]
}

@test "names do not steer the terminal" {
    printf '%s\n' 'a?[31mb?c?: 1 created, 1 skipped in 0.00 s' '  skipped Shot "?]0;x?": ä?' >expected
    report <<'EOF'
{"type":"Skipped","entity":{"type":"Shot","name":"\u001b]0;x\u0007"},"reason":"ä\u009b"}
{"type":"Summary","project":"a\u001b[31mb\u009bc\u007f","inserted":1,"seconds":0}
EOF
}

@test "a plan without changes says so; nothing in, nothing out" {
    echo "nothing to change" >expected
    report <<<'{"type":"End","project_id":"p","scope":"full","counts":{}}'
    : >expected
    report </dev/null
    [[ $status == 0 && $stderr == "" ]]
}

@test "bad lines are named, the others go on, and the status is 1" {
    echo "demo: 1 created in 0.00 s" >expected
    report <<'EOF'
nonsense
{"type":"Summary","project":"demo","inserted":1,"seconds":0}
[]
EOF
    [[ $status == 1 ]]
    [[ $stderr == "sync-report: stdin:1: "*$'\n'"sync-report: stdin:3: "* ]]
    printf '{"type":"Summary"' | run -1 --separate-stderr sync-report
}

@test "records that are none of the shape that they should have do no harm" {
    for record in '"operationType":1' '"ns":[],"operationType":"insert"' \
        '"operationType":"update","updateDescription":{"updatedFields":[],"removedFields":[1,{}]}' \
        '"operationType":"update","updateDescription":{"updatedFields":{"":1,"a..b":2}},"fullDocumentBeforeChange":7'; do
        run -0 sync-report <<<'{"type":"Change",'"$record"'}'
        run -0 sync-report <<<'{"type":"Result","status":"failed",'"$record"'}'
        run -0 sync-report <<<'{"type":"Summary","seconds":"x",'"$record"'}'
        run -0 sync-report <<<'{"type":"Skipped","entity":3,'"$record"'}'
        run -0 sync-report <<<'{"type":"Change","ns":{"coll":""},'"$record"'}'
    done
}

@test "a full stdout: 74" {
    echo '{"type":"Summary","project":"demo","seconds":0}' >input
    sync-report <input >/dev/full 2>errors && status=0 || status=$?
    [[ $status == 74 ]]
    grep -q '^sync-report: stdout: ' errors
    run -0 sync-report -q <input
}

@test "batches of events: only what changed, and what is newly skipped, or failed" {
    local skipped='{"type":"Skipped","entity":{"type":"Shot","id":"s1","name":"a b"},"project_id":"p","reason":"bad name","code":"name"}'
    local other=${skipped//a b/c d}
    local summary='{"type":"Summary","project":"demo","scope":"events","inserted":0,"updated":0,"deleted":0,"archived":0,"skipped":1,"failed":0,"conflicts":0,"seconds":3600.5}'
    local made='{"type":"Result","status":"applied","operationType":"insert","documentKey":{"_id":"x"},"entity":{"type":"Shot","id":"s1","name":"ab"}}'
    local failed='{"type":"Result","status":"failed","operationType":"update","documentKey":{"_id":"x"},"entity":{"type":"Shot","id":"s3","name":"e"},"message":"too large"}'
    run -0 sync-report <<EOD
$skipped
${summary/,\"scope\":\"events\"/}
$skipped
$summary
$skipped
${summary/\"updated\":0/\"updated\":2}
$skipped
$other
$summary
$other
$summary
$skipped
$other
$summary
$made
${summary/\"inserted\":0/\"inserted\":1}
${skipped/\"code\"/\"below\":3,\"code\"}
$summary
${skipped/\"code\"/\"below\":1,\"code\"}
$summary
$failed
${summary/\"failed\":0/\"failed\":1}
$failed
${summary/\"failed\":0/\"failed\":1}
EOD
    diff <(echo "$output") - <<'EOD'
demo: nothing changed, 1 skipped in 3600.50 s
  skipped Shot "a b": bad name
demo: 2 updated
demo: nothing changed, 1 skipped
  skipped Shot "c d": bad name
demo: 1 created
demo: nothing changed, 1 skipped
  skipped Shot "a b" (and 3 below it): bad name
demo: nothing changed, 1 failed
  failed update of Shot "e": too large
EOD
}

# summary PROJECT UPDATED SKIPPED CONFLICTS
summary() {
    echo '{"type":"Summary","project":"'"$1"'","inserted":0,"updated":'"$2"',"deleted":0,"archived":0,"skipped":'"$3"',"failed":0,"conflicts":'"$4"',"seconds":0.5}'
}
# result NAME STATUS
result() {
    echo '{"type":"Result","operationType":"update","entity":{"type":"Shot","name":"'"$1"'"},"status":"'"$2"'"}'
}

@test "--repaired: only projects where something was, and what, the first 20" {
    {
        summary still 0 0 0
        echo '{"type":"Skipped","entity":{"type":"Shot","name":"a b"},"reason":"bad name"}'
        summary skipped 0 1 0
        result same unchanged
        result one applied
        echo '{"type":"Skipped","entity":{"type":"Shot","name":"c d"},"reason":"bad name"}'
        summary one 1 1 0
        for i in {1..22}; do result "s$i" applied; done
        result odd conflict
        summary many 22 0 1
        result odd conflict
        summary conflict 0 0 1
    } >records
    {
        echo 'repaired: one: 1 updated, 1 skipped in 0.50 s'
        echo 'repaired:   applied update of Shot "one"'
        echo 'repaired: many: 22 updated, 1 in conflict in 0.50 s'
        for i in {1..20}; do echo 'repaired:   applied update of Shot "s'"$i"'"'; done
        echo 'repaired:   ... and 2 more'
        echo 'repaired:   conflict update of Shot "odd"'
        echo 'repaired: conflict: nothing changed, 1 in conflict in 0.50 s'
        echo 'repaired:   conflict update of Shot "odd"'
    } >expected
    for level in '' -q -v; do
        report --repaired ${level:+"$level"} <records
        [[ $status == 0 && $stderr == "" ]]
    done
}

@test "--repaired: nothing was, which -v says" {
    : >expected
    summary still 0 0 0 >records
    report --repaired <records
    [[ $status == 0 ]]
    report --repaired -v </dev/null
    [[ $status == 0 ]]
    echo 'nothing to repair' >expected
    report --repaired -v <records
    [[ $status == 0 ]]
}
