#!/usr/bin/env bats
# Input that nobody would write: the targets of tests/fuzz, each on its corpus and for a
# moment on what libFuzzer makes of it. `make fuzz` runs them for longer.
# Takes about 150 s.
# bats file_tags=slow
# shellcheck disable=SC2154 # bats' run

bats_require_minimum_version 1.5.0

setup() {
    cd "$BATS_TEST_DIRNAME/../.." || return
}

can_fuzz() {
    command -v clang >/dev/null &&
        echo 'int LLVMFuzzerTestOneInput(const char *d, long n) { return d && n < 0; }' |
        clang -fsanitize=fuzzer,address,undefined -x c - -o "$BATS_TEST_TMPDIR/probe" 2>/dev/null
}

@test "no input breaks what holds for every one" {
    can_fuzz || skip "cannot: no clang with libFuzzer (Debian's clang and libclang-rt-dev)"
    make -s -j"$(nproc)" CC=clang FUZZ=1 fuzzers
    run -0 env FUZZ_SECONDS=2 tests/fuzz/run
    echo "$output"
    targets=(tests/fuzz/*.c)
    [[ ${#lines[@]} == "${#targets[@]}" ]]
    [[ $(grep -c 'executions, [1-9][0-9]* features$' <<<"$output") == "${#targets[@]}" ]]
}

@test "a target finds what does not hold" {
    can_fuzz || skip "cannot: no clang with libFuzzer (Debian's clang and libclang-rt-dev)"
    clang -fsanitize=fuzzer,address,undefined -D_GNU_SOURCE -iquote lib -iquote tests/fuzz -x c - -o "$BATS_TEST_TMPDIR/probe" <<'C'
#include "fuzz.h"
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    require(size < 3 || memcmp(data, "SH", 2) != 0, "no name begins with SH");
    return 0;
}
C
    cd "$BATS_TEST_TMPDIR"
    printf 'SH010' >name
    run ./probe -close_fd_mask=2 name
    [[ $status != 0 && $output == *'does not hold: no name begins with SH'* ]]
}
