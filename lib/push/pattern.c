#include "push/pattern.h"

#include "base/buf.h"

#include <ctype.h>
#include <string.h>

static bool is_end(const char *text, bool after_digits)
{
    if (after_digits && isalpha((unsigned char)*text))
        text++;
    return !*text;
}

/* A run of # takes as few digits as it can: what stands behind it may be digits, too (`SH##0`).
 * Where that leads nowhere the last run takes one more; no other one needs to, as what is
 * between two runs stands in one place only, or is of digits, which the last run can take. */
static bool matches(const char *pattern, const char *text)
{
    const char *behind = NULL, *taken = NULL; /* the last run's end, here and in the text */
    for (;;) {
        if (!*pattern && is_end(text, pattern == behind))
            return true;
        if (*pattern == '#' && isdigit((unsigned char)*text)) {
            behind = pattern += strspn(pattern, "#");
            taken = ++text;
        } else if (*pattern && *pattern != '#' &&
                   tolower((unsigned char)*pattern) == tolower((unsigned char)*text)) {
            pattern++;
            text++;
        } else if (taken && isdigit((unsigned char)*taken)) {
            pattern = behind;
            text = ++taken;
        } else {
            return false;
        }
    }
}

bool push_pattern_matches(const char *pattern, const char *name)
{
    unsigned parts = 1;
    for (const char *c = pattern; *c; c++)
        parts += *c == '_';
    const char *tail = name + strlen(name);
    while (tail > name) {
        if (tail[-1] == '_' && --parts == 0)
            break;
        tail--;
    }
    return *pattern && matches(pattern, tail);
}

const char *push_pattern_name(arena *a, const char *pattern, unsigned number)
{
    buf b = {0};
    bool placed = false;
    while (*pattern) {
        size_t run = strspn(pattern, "#");
        if (run) {
            buf_addf(&b, "%0*u", (int)run, number);
            placed = true;
            pattern += run;
        } else {
            buf_addc(&b, *pattern++);
        }
    }
    if (!placed && number > 1)
        buf_addf(&b, "%u", number);
    const char *name = arena_text(a, b.len ? b.data : "", b.len);
    buf_free(&b);
    return name;
}
