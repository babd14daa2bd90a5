#include "push/pattern.h"

#include "base/buf.h"

#include <ctype.h>
#include <string.h>

static bool matches(const char *pattern, const char *text)
{
    bool digits = false;
    while (*pattern) {
        digits = *pattern == '#';
        if (digits) {
            pattern += strspn(pattern, "#");
            size_t run = strspn(text, "0123456789");
            if (run == 0)
                return false;
            text += run;
        } else if (tolower((unsigned char)*pattern++) != tolower((unsigned char)*text++)) {
            return false;
        }
    }
    if (digits && isalpha((unsigned char)*text))
        text++;
    return !*text;
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
