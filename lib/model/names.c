#include "model/names.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

/* Of a project's, a database's name and a dot MongoDB before 4.4 has a namespace of 120. */
#define MAX_PROJECT_NAME 100 /* bytes; Kitsu's names have at most 80 letters */

const char *name_fault(arena *a, const char *name, bool of_project)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.";
    if (!*name)
        return "the name is empty";
    size_t good = strspn(name, letters);
    const char *dot = of_project ? strchr(name, '.') : NULL;
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return arena_printf(a, "name \"%s\" is that of another folder", name);
    if (!name[good] && !dot)
        return of_project && good > MAX_PROJECT_NAME
                   ? arena_printf(a, "name \"%.20s...\" is longer than %d letters", name,
                                  MAX_PROJECT_NAME)
                   : NULL;
    return arena_printf(a, "name \"%s\" has characters outside [a-zA-Z0-9_%s]", name,
                        of_project ? "" : ".");
}

bool names_are_converted(const json *settings)
{
    return json_text_is(json_at(settings, "opkitsu", "names", NULL), "convert");
}

/* ---- converting ---------------------------------------------------------------- */

/* A letter that decomposition leaves as it is. NULL: none that has a usual spelling. */
static const char *spelled(utf8proc_int32_t c)
{
    static const struct {
        utf8proc_int32_t letter;
        const char *text;
    } rows[] = {{0xDF, "ss"},  {0x1E9E, "SS"}, {0xE6, "ae"}, {0xC6, "AE"}, {0x153, "oe"},
                {0x152, "OE"}, {0xF8, "o"},    {0xD8, "O"},  {0x142, "l"}, {0x141, "L"},
                {0x111, "d"},  {0x110, "D"},   {0xFE, "th"}, {0xDE, "TH"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].letter == c)
            return rows[i].text;
    return NULL;
}

static bool is_letter(utf8proc_int32_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Append a decomposed character. `*gap`: one or more were left out before it. */
static void add_character(buf *out, utf8proc_int32_t c, bool of_project, bool *gap)
{
    const char *text = spelled(c);
    bool valid = is_letter(c) || c == '_' || (c == '.' && !of_project);
    if (!text && !valid) {
        *gap = true;
        return;
    }
    if (*gap && out->len)
        buf_addc(out, '_');
    *gap = false;
    if (text)
        buf_adds(out, text);
    else
        buf_addc(out, (char)c);
}

static const char *written(arena *a, const utf8proc_uint8_t *text, bool of_project)
{
    buf out = {0};
    bool gap = false, any = false;
    utf8proc_int32_t c;
    for (utf8proc_ssize_t n; *text && (n = utf8proc_iterate(text, -1, &c)) > 0; text += n) {
        add_character(&out, c, of_project, &gap);
        any |= is_letter(c) || spelled(c);
    }
    bool fits = !of_project || out.len <= MAX_PROJECT_NAME;
    const char *name = any && fits ? arena_text(a, out.data, out.len) : NULL;
    buf_free(&out);
    return name;
}

const char *name_converted(arena *a, const char *name, bool of_project)
{
    utf8proc_uint8_t *decomposed = NULL;
    utf8proc_ssize_t len =
        utf8proc_map((const utf8proc_uint8_t *)name, 0, &decomposed,
                     UTF8PROC_NULLTERM | UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_STRIPMARK);
    if (len == UTF8PROC_ERROR_NOMEM)
        mem_exhausted(strlen(name));
    const char *converted = decomposed ? written(a, decomposed, of_project) : NULL;
    free(decomposed);
    return converted;
}

const char *name_usable(arena *a, const char *name, bool of_project, bool convert)
{
    if (!name_fault(a, name, of_project))
        return name;
    return convert ? name_converted(a, name, of_project) : NULL;
}

const char *name_reason(arena *a, const char *name, bool of_project)
{
    const char *fault = name_fault(a, name, of_project);
    if (!fault || !*name)
        return fault;
    const char *converted = name_converted(a, name, of_project);
    if (!converted)
        return arena_printf(a, "%s%s: rename it in Kitsu", fault,
                            of_project && strlen(name) > MAX_PROJECT_NAME
                                ? ""
                                : "; no letter or digit is left of it");
    return arena_printf(a,
                        "%s; {\"opkitsu\": {\"names\": \"convert\"}} in "
                        "/etc/opkitsu/settings.json would make it \"%s\"",
                        fault, converted);
}

/* ---- labels ---------------------------------------------------------------------- */

const json *name_label(arena *a, const char *name, bool converted, const json *label, bool is_ours)
{
    if (label && !is_ours)
        return NULL;
    if (!converted && !label)
        return NULL;
    json *wanted = arena_alloc(a, sizeof *wanted);
    *wanted = converted ? json_string(a, name) : json_null();
    return wanted;
}
