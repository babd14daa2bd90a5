#!/usr/bin/env bats
# What all programs have in common: --help, --version, usage errors, a stdout that
# fails; and the installation.
# shellcheck disable=SC2154 # bats' run

bats_require_minimum_version 1.5.0

setup() {
    cd "$BATS_TEST_DIRNAME/../.." || return
    build=${OPKITSU_BUILD:-$PWD/build}
    programs=()
    for file in bin/*.c; do
        file=${file##*/}
        programs+=("${file%.c}")
    done
    scripts=(sync-service push-to-zou integrate-kitsu-note openpype_console)
    PATH=$build/bin:$PATH
}

# bats test_tags=slow
@test "--help: on stdout, exit 0; the manual and the short list have the same options" {
    for program in "${programs[@]}" "${scripts[@]}"; do
        run --separate-stderr "$program" --help
        [[ $status == 0 && $stderr == "" && ${lines[0]} == "usage: $program"* ]]
        help=$(grep -oE '(^|[^a-zA-Z0-9-])--[a-z][a-z-]+' <<<"$output" | grep -oE -- '--.*' | sort -u)
        manual=$(sed -n '/^\.Sh OPTIONS/,/^\.Sh ENVIRONMENT/{s/^\.It //p}' "share/man/$program.1" |
            grep -oE 'Fl Fl [a-z-]+' | sed 's/^Fl Fl /--/' | sort -u)
        # Those without a section on their environment.
        [[ $program != *-report ]] || manual=$(grep -oE '^\.It .*' "share/man/$program.1" |
            grep -oE 'Fl Fl [a-z-]+' | sed 's/^Fl Fl /--/' | sort -u)
        diff <(echo "$help") <(echo "$manual")
        run -0 "$program" -h
    done
}

# options_of PROGRAM: those of its manual, in their order
options_of() {
    local from='/^\.Sh OPTIONS/,/^\.Sh \(SIGNALS\|ENVIRONMENT\)/'
    [[ $1 != *-report ]] || from='/^\.Sh DESCRIPTION/,$'
    sed -n "$from{s/^\.It //p}" "share/man/$1.1" | grep -oE 'Fl Fl [a-z-]+' | sed 's/^Fl Fl /--/'
}

# bats test_tags=slow
@test "--help: one layout, in the order of the manual" {
    for program in "${programs[@]}" "${scripts[@]}"; do
        echo "$program"
        run -0 --separate-stderr "$program" --help
        [[ $output =~ $'\n\n'(.*$'\n')?'  -h, --help '\ *'print this help and exit'$'\n''  -V, --version '\ *'print the version and exit'$'\n' ]]
        [[ ${output##*$'\n\n'} == "Exit status: "* ]]
        # sync-service's begins with the options of OpenPype's own command.
        [[ $program == sync-service ]] || diff <(grep -oE '^ +(-[a-zA-Z]+, )*--[a-z-]+' <<<"$output" | grep -oE -- '--.*') \
            <(options_of "$program")
    done
}

# bats test_tags=slow
@test "--version: the same for all" {
    for program in "${programs[@]}" "${scripts[@]}"; do
        run --separate-stderr "$program" --version
        [[ $status == 0 && $stderr == "" ]]
        [[ $output =~ ^$program\ \(opkitsu\)\ [0-9]+\.[0-9]+\.[0-9]+(-dev)?$ ]]
        run -0 "$program" -V
    done
}

# bats test_tags=slow
@test "an unknown option: 64, named, and nothing on stdout" {
    for program in "${programs[@]}" "${scripts[@]}"; do
        for option in --bogus -Z; do
            run --separate-stderr "$program" $option
            echo "$program $option: $status $stderr"
            [[ $status == 64 && $output == "" ]]
            [[ $stderr == *"${option#-}"* || $stderr == *"'Z'"* ]]
            [[ $stderr == *"try '$program --help'"* ]]
        done
    done
}

@test "stdout that is full: 74" {
    for program in "${programs[@]}" "${scripts[@]}"; do
        "$program" --help >/dev/full 2>/dev/null && status=0 || status=$?
        echo "$program: $status"
        [[ $status == 74 ]]
    done
}

@test "stdout that is closed: 74" {
    for program in "${programs[@]}"; do
        "$program" --help >&- 2>/dev/null && status=0 || status=$?
        echo "$program: $status"
        [[ $status == 74 ]]
    done
}

# bats test_tags=slow
@test "make install: runs from there, and make uninstall leaves nothing" {
    to=$BATS_TEST_TMPDIR/to
    make -s install "BUILD=$build" DESTDIR="$to" PREFIX=/opt/opkitsu
    for program in "${programs[@]}" "${scripts[@]}"; do
        env -u OPKITSU_BUILD "$to/opt/opkitsu/bin/$program" --version
        [[ -e $to/opt/opkitsu/share/man/man1/$program.1 ]]
    done
    [[ -e $to/opt/opkitsu/share/man/man7/opkitsu.7 ]]
    run env -u OPKITSU_BUILD "$to/opt/opkitsu/bin/openpype_console" module kitsu sync-service --bogus
    [[ $status == 64 ]]
    run env -u OPKITSU_BUILD "$to/opt/opkitsu/bin/openpype_console" module kitsu push-to-zou --bogus
    [[ $status == 64 ]]
    [[ -e $to/opt/opkitsu/share/opkitsu/pyblish/integrate_kitsu_note.py ]]
    # It finds its data beside the programs, not in the checkout.
    jq '.attributes.frameStart = 4711' share/anatomy.json >"$to/opt/opkitsu/share/opkitsu/anatomy.json"
    printf '%s\n' '{"type":"Project","id":"p1","name":"demo","project_status_name":"Open"}' \
        '{"type":"End","project_id":"p1","scope":"full","counts":{"TaskType":0,"TaskStatus":0,"AssetType":0,"Episode":0,"Sequence":0,"Shot":0,"Asset":0,"Edit":0,"Concept":0,"Task":0}}' \
        '{"type":"Checkpoint","server":"x","projects":["p1"],"created_at":null,"ids":[]}' |
        "$to/opt/opkitsu/bin/op-diff" -a /dev/null | grep -q '"frameStart":4711,'
    make -s uninstall "BUILD=$build" DESTDIR="$to" PREFIX=/opt/opkitsu
    [[ $(find "$to" ! -type d) == "" ]]
    [[ ! -e $to/opt/opkitsu/share/opkitsu ]]
}

# Position-independent, all addresses bound and write-protected at the start, no stack that
# can be executed, guarded stacks, checked copying.
@test "make install: programs are hardened" {
    to=$BATS_TEST_TMPDIR/to elf=$BATS_TEST_TMPDIR/elf
    make -s install "BUILD=$build" DESTDIR="$to" PREFIX=/opt/opkitsu
    for program in "${programs[@]}"; do
        echo "$program"
        readelf -W --file-header --program-headers --dynamic --dyn-syms "$to/opt/opkitsu/bin/$program" >"$elf"
        grep -q '^ *Type: *DYN' "$elf"
        grep -q 'FLAGS_1.* NOW.* PIE' "$elf"
        grep -q '^ *GNU_RELRO ' "$elf"
        grep -qE '^ *GNU_STACK .* RW +0x' "$elf"
        grep -q ' __stack_chk_fail' "$elf"
        [[ ${SAN:-} ]] || grep -qE ' __[a-z]+_chk@' "$elf"
        run ! grep -q TEXTREL "$elf"
    done
}
