/* tap.h - a unit test: a program of tables, each row of which is a line of TAP. */
#ifndef OPKITSU_TESTS_TAP_H
#define OPKITSU_TESTS_TAP_H

#include "json/json.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int tap_number, tap_failed;

/* One test; the rest names it, as for printf. */
__attribute__((format(printf, 2, 3))) static inline bool ok(bool good, const char *format, ...)
{
    printf("%sok %d ", good ? "" : "not ", ++tap_number);
    va_list arguments;
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
    tap_failed += !good;
    return good;
}

/* A text, where it may be NULL, is the one that is wanted. */
static inline void is_text(const char *got, const char *wanted, const char *name)
{
    bool good = got && wanted ? strcmp(got, wanted) == 0 : got == wanted;
    if (!ok(good, "%s", name))
        printf("# wanted: %s\n#    got: %s\n", wanted ? wanted : "(none)", got ? got : "(none)");
}

/* The same of numbers. */
static inline void is_number(double got, double wanted, const char *name)
{
    if (!ok(got == wanted, "%s", name))
        printf("# wanted: %.17g\n#    got: %.17g\n", wanted, got);
}

/* The JSON of a text of the test itself, which must be right. */
static inline json parsed(arena *a, const char *text)
{
    json v = json_null();
    json_error e;
    if (!json_parse(a, text, strlen(text), &v, &e, NULL)) {
        printf("Bail out! %s: %s\n", text, e.what);
        exit(1);
    }
    return v;
}

/* The last line: how many there were. */
static inline int done(void)
{
    printf("1..%d\n", tap_number);
    return tap_failed != 0;
}

#define ROWS(table) (sizeof(table) / sizeof *(table))

#endif
