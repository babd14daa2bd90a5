#!/usr/bin/env bats
# What can be seen of the sources and texts without running a program: the shape of
# lib/ (see structure), formatting, shell, manuals.
# shellcheck disable=SC2154 # bats' run

bats_require_minimum_version 1.5.0

setup() {
    cd "$BATS_TEST_DIRNAME/../.." || return
}

# shell_files: scripts, what they load, tests
shell_files() {
    {
        grep -rlIE '^#!.*\b(ba)?sh$' scripts tests .ci
        find scripts tests -name '*.bash' -o -name '*.bats'
    } | sort -u
}

@test "shell: shellcheck finds nothing" {
    mapfile -t files < <(shell_files | grep -v '\.bats$')
    shellcheck -x "${files[@]}"
}

@test "shell: nor in tests" {
    # Not what bats' run sets, the subshell that each test is, a "!" that counts. A few
    # at a time, as this takes the longest of all.
    shell_files | grep '\.bats$' | xargs -n 6 -P "$(nproc)" \
        shellcheck -x -e SC1091,SC2016,SC2030,SC2031,SC2034,SC2154,SC2164
}

@test "shell: formatted by shfmt" {
    mapfile -t files < <(shell_files)
    shfmt -i 4 -ci -d "${files[@]}"
}

@test "C: formatted by clang-format" {
    mapfile -t files < <(find bin lib tests -name '*.[ch]')
    clang-format --dry-run -Werror "${files[@]}"
}

@test "manuals: mandoc finds nothing" {
    # Without an index of manuals it can't know those of others. Its two outputs would
    # cut each other's lines in one pipe.
    run --separate-stderr mandoc -T lint -W style share/man/*.[157]
    [[ $(grep -v -e 'referenced manual not found' -e 'outdated mandoc.db' <<<"$output"$'\n'"$stderr" | grep .) == "" ]]
}

@test "manuals: every program has one, and each names only manuals that there are" {
    for program in bin/*.c scripts/*; do
        program=$(basename "$program" .c)
        [[ $program != *.bash && $program != demo ]] || continue
        [[ -e share/man/$program.1 ]]
        grep -q "^\.Xr $program 1" share/man/opkitsu.7
    done
    while read -r name section; do
        echo "$name($section)"
        [[ -e share/man/$name.$section ]]
    done < <(sed -n 's/^\.Xr \(\(op\|kitsu\|sync\|push\|zou\)[^ ]*\) \([0-9]\).*/\1 \3/p' share/man/*)
}

# picture FILE: its block of lines with arrows
picture() {
    sed -n '/^    Kitsu  /,/^$/p' "$1"
}

@test "README and ARCHITECTURE: the same picture" {
    [[ $(picture README.md | wc -l) -gt 10 ]]
    diff <(picture README.md) <(picture ARCHITECTURE.md)
}

# names_in FILE: what stands between backquotes in it, but for the names to be filled in
names_in() {
    grep -oE '`[^` ]+`' "$1" | tr -d '`' | grep -vE 'NAME|X\.c' | sort -u
}

@test "ARCHITECTURE and SECURITY: the files and functions that they name exist" {
    local name paths=0 functions=0
    while read -r name; do
        echo "$name"
        if [[ $name == */* ]]; then
            compgen -G "$name" || compgen -G "lib/$name"
            paths=$((paths + 1))
        elif [[ $name =~ ^[a-z]+(_[a-z]+)+$ ]]; then
            grep -rqw "$name" lib bin scripts
            functions=$((functions + 1))
        fi
    done < <(
        names_in ARCHITECTURE.md
        names_in SECURITY.md | grep -v '^/'
    )
    echo "$paths paths, $functions functions"
    ((paths > 40 && functions > 20))
}

@test "comments: the sections of manuals that they name exist" {
    local page section sections=0
    while IFS=$'\t' read -r page section; do
        echo "$page: $section"
        grep -qixE "\.S[hs] \"?$section\"?" share/man/"$page".[0-9]
        sections=$((sections + 1))
    done < <(cat lib/*/*.[ch] bin/*.c | tr '\n' ' ' | sed 's/ \*  */ /g' |
        grep -oE 'opkitsu(-records)?\([0-9]\), +"[^"]*"' |
        sed -E 's/^([a-z-]+)\([0-9]\), +"/\1\t/; s/  +/ /g; s/"$//' | sort -u)
    ((sections >= 9))
}

# ---- the shape of lib/ ----------------------------------------------------------

@test "structure: as it should be" {
    tests/lint/structure
}

# tree FILE=CONTENT...: sources below ./bad
tree() {
    local file
    rm -rf bad
    for file; do
        mkdir -p "bad/$(dirname "${file%%=*}")"
        printf %b "${file#*=}" >"bad/${file%%=*}"
    done
}

# finds FILE LINE TEXT: structure says this of ./bad, and nothing else
finds() {
    run "$BATS_TEST_DIRNAME/structure" bad
    echo "$output"
    [[ $status == 1 && ${#lines[@]} == 1 && $output == "$1:$2: "*"$3"* ]]
}

@test "structure: a good tree is good" {
    cd "$BATS_TEST_TMPDIR"
    tree lib/base/a.h= lib/base/limits.h='#define MAX_LINE 1 /* byte */\n' \
        lib/json/b.c='#include "base/a.h"\n#include <yajl/yajl_parse.h>\nint x = MAX_LINE; /* stdin, exit(1) */\n' \
        lib/fetch/c.c='#include "json/b.h"\n' lib/json/b.h='' bin/p.c='#include "fetch/c.h"\nint y = STDIN_FILENO;\n' lib/fetch/c.h=
    run -0 "$BATS_TEST_DIRNAME/structure" bad
    [[ $output == "" ]]
}

@test "structure: each fault is found, with its place" {
    cd "$BATS_TEST_TMPDIR"
    # floors
    tree lib/base/a.c='\n#include "json/b.h"\n' lib/json/b.h=
    finds lib/base/a.c 2 '"json/b.h", which base/ may not see'
    tree lib/fetch/a.c='#include "push/b.h"\n' lib/push/b.h=
    finds lib/fetch/a.c 1 '"push/b.h", which fetch/ may not see'
    tree lib/report/a.c='#include "push/b.h"\n' lib/push/b.h=
    finds lib/report/a.c 1 '"push/b.h", which report/ may not see'
    tree lib/model/a.c='#include "store/b.h"\n' lib/store/b.h=
    finds lib/model/a.c 1 '"store/b.h", which model/ may not see'
    tree lib/model/change.c='#include "store/bson.h"\n' lib/store/bson.h=
    finds lib/model/change.c 1 '"store/bson.h", which model/ may not see'
    # includes
    tree lib/json/a.c='#include "b.h"\n' lib/json/b.h=
    finds lib/json/a.c 1 'no header of lib/'
    tree bin/a.c='#include "push/plan.h"\n'
    finds bin/a.c 1 'no header of lib/'
    # circles, also by a header and a third one
    tree lib/json/a.c='#include "json/b.h"\n' lib/json/a.h= lib/json/b.c='#include "json/c.h"\n' lib/json/b.h= \
        lib/json/c.h='\n#include "json/a.h"\n'
    finds lib/json/a.c 1 'json/a, json/b, json/c'
    # libraries
    for library in base:yajl/yajl_gen.h json:curl/curl.h net:mongoc/mongoc.h json:bson/bson.h zou:sqlite3.h; do
        tree "lib/${library%:*}/a.c=#include <${library#*:}>\n"
        finds "lib/${library%:*}/a.c" 1 "includes <${library#*:}>"
    done
    tree bin/a.c='#include <curl/curl.h>\n'
    finds bin/a.c 1 'includes <curl/curl.h>, which only lib/net/ does'
    # limits
    tree lib/json/a.c='#define MAX_A 3\n'
    finds lib/json/a.c 1 'MAX_A has no comment'
    tree lib/json/a.h='#define MAX_A 3 /* bytes */\n' lib/json/b.c='\nint x = MAX_A;\n'
    finds lib/json/b.c 2 'MAX_A is defined in lib/json/a.h: its place is lib/base/limits.h'
    # names
    tree lib/json/a.c= lib/push/a.c=
    finds lib/push/a.c 1 'lib/json/a'
    # stdin, exit
    for text in 'int x = read(STDIN_FILENO, b, 1);' 'void f(void) { getc(stdin); }'; do
        tree lib/push/a.c="$text\n"
        finds lib/push/a.c 1 'the loop that reads it is in bin/'
    done
    tree lib/json/a.c='void f(void) { exit(1); }\n'
    finds lib/json/a.c 1 'it returns errors'
    # functions
    tree lib/json/a.c='#define TWICE(x) ((x) + (x))\n'
    finds lib/json/a.c 1 'TWICE() is a macro'
    tree lib/json/a.c="void f(void)\n{\n$(printf 'a;\\n%.0s' {1..61})}\n"
    finds lib/json/a.c 2 'a function of 61 lines'
}
