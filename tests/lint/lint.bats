#!/usr/bin/env bats
# The house: sources, manuals, what all programs have in common, installation.
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

shell_files() {
    grep -lIE '^#!.*\b(ba)?sh$' scripts/* tests/* tests/*/* .ci/* 2>/dev/null || true # folders
    ls scripts/*.bash tests/*/*.bash tests/*/*.bats
}

@test "shell: shellcheck finds nothing" {
    mapfile -t files < <(shell_files | grep -v '\.bats$')
    shellcheck -x "${files[@]}"
}

@test "shell: tests, too" {
    # What bats' run sets, the subshell that each test is, a "!" that counts.
    shellcheck -x -e SC1091,SC2016,SC2030,SC2031,SC2034,SC2154,SC2164 tests/*/*.bats
}

@test "shell: formatted by shfmt" {
    mapfile -t files < <(shell_files)
    shfmt -i 4 -ci -d "${files[@]}"
}

@test "C: formatted by clang-format" {
    clang-format --dry-run -Werror bin/*.c lib/*/*.c lib/*/*.h
}

@test "manuals: mandoc finds nothing" {
    # Without an index of manuals it can't know those of others. Its two outputs would
    # cut each other's lines in one pipe.
    run --separate-stderr mandoc -T lint -W style share/man/*.[157]
    [[ $(grep -v -e 'referenced manual not found' -e 'outdated mandoc.db' <<<"$output"$'\n'"$stderr" | grep .) == "" ]]
}

@test "every program has a manual, and each names only manuals that there are" {
    for program in "${programs[@]}" "${scripts[@]}"; do
        [[ -e share/man/$program.1 ]]
        grep -q "^\.Xr $program 1" share/man/opkitsu.7
    done
    while read -r name section; do
        echo "$name($section)"
        [[ -e share/man/$name.$section ]]
    done < <(sed -n 's/^\.Xr \(\(op\|kitsu\|sync\|push\|zou\)[^ ]*\) \([0-9]\).*/\1 \3/p' share/man/*)
}

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

@test "--version: the same for all" {
    for program in "${programs[@]}" "${scripts[@]}"; do
        run --separate-stderr "$program" --version
        [[ $status == 0 && $stderr == "" ]]
        [[ $output =~ ^$program\ \(opkitsu\)\ [0-9]+\.[0-9]+\.[0-9]+(-dev)?$ ]]
        run -0 "$program" -V
    done
}

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
    printf '%s\n' '{"type":"Project","id":"p1","name":"demo","project_status_name":"Open"}' \
        '{"type":"End","project_id":"p1","scope":"full","counts":{"TaskType":0,"TaskStatus":0,"AssetType":0,"Episode":0,"Sequence":0,"Shot":0,"Asset":0,"Edit":0,"Concept":0,"Task":0}}' \
        '{"type":"Checkpoint","server":"x","projects":["p1"],"created_at":null,"ids":[]}' |
        ASAN_OPTIONS=detect_leaks=0 strace -f -e trace=openat -o "$BATS_TEST_TMPDIR/trace" "$to/opt/opkitsu/bin/op-diff" -a /dev/null >/dev/null
    grep -q "$to/opt/opkitsu/share/opkitsu/anatomy.json" "$BATS_TEST_TMPDIR/trace" ||
        grep -q 'opt/opkitsu/bin/../share/opkitsu/anatomy.json' "$BATS_TEST_TMPDIR/trace"
    make -s uninstall "BUILD=$build" DESTDIR="$to" PREFIX=/opt/opkitsu
    [[ $(find "$to" ! -type d) == "" ]]
    [[ ! -e $to/opt/opkitsu/share/opkitsu ]]
}
