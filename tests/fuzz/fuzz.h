/* fuzz.h - a target: a program that libFuzzer calls with one input after the other.
 *
 * What must hold for every input is `require`d. tests/fuzz/run sends what the library says
 * on stderr to nowhere (-close_fd_mask=2). */
#ifndef OPKITSU_TESTS_FUZZ_H
#define OPKITSU_TESTS_FUZZ_H

#include "json/json.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SMALLEST_PIECE 1 /* bytes, in which an input comes a second time */
#define LARGEST_PIECE  31

static int fuzz_stderr = -1; /* where libFuzzer itself writes */

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    setenv("TZ", "UTC", 1);
    fuzz_stderr = dup(STDERR_FILENO);
    return 0;
}

/* The input is a finding unless `holds`. */
static inline void require(bool holds, const char *property)
{
    if (holds)
        return;
    dprintf(fuzz_stderr, "does not hold: %s\n", property);
    abort();
}

/* The same of two texts, either of which may be NULL. */
static inline void require_same(const char *one, const char *other, const char *property)
{
    if (one && other ? strcmp(one, other) == 0 : one == other)
        return;
    dprintf(fuzz_stderr, "%s\n%s\n", one ? one : "(none)", other ? other : "(none)");
    require(false, property);
}

/* The next part of the input, up to a newline, which is passed over, as a text in `a`; "" at
 * the end. */
static inline const char *next_text(arena *a, const uint8_t **data, size_t *size)
{
    const uint8_t *end = *size ? memchr(*data, '\n', *size) : NULL;
    size_t len = end ? (size_t)(end - *data) : *size;
    const char *text = arena_text(a, (const char *)*data, len);
    len += end != NULL;
    *data += len;
    *size -= len;
    return text;
}

/* The next line, as JSON. False: it is none. */
static inline bool next_json(arena *a, const uint8_t **data, size_t *size, json *out)
{
    const char *text = next_text(a, data, size);
    return json_parse(a, text, strlen(text), out, NULL, NULL);
}

#endif
