/* push/pattern.h: which names a naming pattern means, and its own. */
#include "tap.h"

#include "push/pattern.h"

static const struct {
    const char *pattern, *name;
    bool matches;
} rows[] = {
    {"SH##", "SH010", true},
    {"SH##", "sh1", true},
    {"SH##", "SQ01_SH010", true},
    {"SH##", "SH010a", true},
    {"SH##", "SH010ab", false},
    {"SH##", "SH", false},
    {"SH##", "XSH010", false},
    {"SH", "SH", true},
    {"SH", "SHa", false},
    {"", "SH010", false},
    {"", "", false},
    {"E##_SQ##", "E01_SQ02", true},
    {"E##_SQ##", "X_E01_SQ02", true},
    {"E##_SQ##", "SQ02", false},
    {"SH##x#", "SH12x3b", true},
    /* digits behind a run of # */
    {"SH##0", "SH010", true},
    {"SH##0", "SH100", true},
    {"SH##0", "SH0", false},
    {"SH##0", "SH015", false},
    {"SH##0", "SH010a", false},
    {"#1#", "0112", true},
    {"#1#", "11", false},
    {"#0#0#", "10000", true},
    {"#12#3", "1121233", true},
};

static const struct {
    const char *pattern;
    unsigned number;
    const char *name;
} names[] = {
    {"SH##", 1, "SH01"},   {"SH##0", 1, "SH010"}, {"SH##", 100, "SH100"},
    {"SH##0", 2, "SH020"}, {"Main", 1, "Main"},   {"Main", 2, "Main2"},
};

int main(void)
{
    arena *a = arena_new();
    for (size_t i = 0; i < ROWS(rows); i++)
        ok(push_pattern_matches(rows[i].pattern, rows[i].name) == rows[i].matches, "%s, %s",
           rows[i].pattern, rows[i].name);
    for (size_t i = 0; i < ROWS(names); i++)
        is_text(push_pattern_name(a, names[i].pattern, names[i].number), names[i].name,
                names[i].pattern);
    arena_free(a);
    return done();
}
