/* push/pattern.h, model/names.h: OpenPype's naming patterns, and names as OpenPype can use
 * them. A line with a pattern, one with a name, one with a number. */
#include "fuzz.h"

#include "base/utf8.h"
#include "model/names.h"
#include "push/pattern.h"

static void check_pattern(arena *a, const char *pattern, const char *name, unsigned number)
{
    bool matches = push_pattern_matches(pattern, name);
    require(!matches || *pattern, "an empty pattern matches nothing");
    if (matches && !strchr(pattern, '_'))
        require(push_pattern_matches(pattern, arena_printf(a, "SQ01_%s", name)),
                "the last part counts");
    const char *made = push_pattern_name(a, pattern, number);
    if (*pattern && (number == 1 || strchr(pattern, '#')))
        require(push_pattern_matches(pattern, made), "a pattern matches its own names");
}

static void check_name(arena *a, const char *name, bool of_project)
{
    const char *converted = name_converted(a, name, of_project);
    bool good = !name_fault(a, name, of_project);
    require(good == !name_reason(a, name, of_project), "a fault has a reason");
    require_same(name_usable(a, name, of_project, false), good ? name : NULL, "a good name stays");
    if (!converted)
        return;
    require(!name_fault(a, converted, of_project), "a converted name is good");
    require_same(name_converted(a, converted, of_project), converted, "it stays what it is");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    arena *a = arena_new();
    const char *pattern = next_text(a, &data, &size), *name = next_text(a, &data, &size);
    check_pattern(a, pattern, name, (unsigned)atoi(next_text(a, &data, &size)));
    if (utf8_bad(name, strlen(name)) == strlen(name)) {
        check_name(a, name, false);
        check_name(a, name, true);
    }
    arena_free(a);
    return 0;
}
