#include "publish/rule_settings.h"

#include "json/path.h"
#include "record/display.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

typedef struct reader {
    arena *a;
    rule_mistake_fn *mistake;
    void *context;
    bool ok;
} reader;

/* `format`: what is allowed there. `v`: what stands there, or NULL. */
__attribute__((format(printf, 4, 5))) static void
report_mistake(reader *r, const char *path, const json *v, const char *format, ...)
{
    char allowed[256];
    buf text = {0};
    va_list args;
    va_start(args, format);
    vsnprintf(allowed, sizeof allowed, format, args);
    va_end(args);
    if (v) {
        buf_addf(&text, "expected %s, got ", allowed);
        display_value(&text, v);
    } else {
        buf_addf(&text, "missing; expected %s", allowed);
    }
    r->mistake(r->context, true, path, text.data);
    r->ok = false;
    buf_free(&text);
}

/* The member at `path`; NULL, after a report, if it is of another type. */
static const json *member(reader *r, const json *of, const char *path, const char *key,
                          json_type type, const char *allowed)
{
    const json *v = json_get(of, key);
    bool is =
        type == JSON_TRUE ? json_is(v, JSON_TRUE) || json_is(v, JSON_FALSE) : json_is(v, type);
    if (is)
        return v;
    report_mistake(r, arena_printf(r->a, "%s.%s", path, key), v, "%s", allowed);
    return NULL;
}

/* Warn of keys that are not among `known`, which ends with NULL. OpenPype's own marks
 * begin with two underscores. */
static void warn_of_unknown(reader *r, const json *of, const char *path, const char *const *known)
{
    for (uint32_t i = 0; of->type == JSON_OBJECT && i < of->len; i++) {
        const char *key = of->members[i].key;
        buf text = {0};
        bool is_known = strncmp(key, "__", 2) == 0;
        buf_adds(&text, "unknown key, ignored; the known ones are");
        for (size_t k = 0; known[k]; k++) {
            buf_addf(&text, "%s %s", k ? "," : "", known[k]);
            is_known |= strcmp(key, known[k]) == 0;
        }
        if (!is_known)
            r->mistake(r->context, false, arena_printf(r->a, "%s.%s", path, key), text.data);
        buf_free(&text);
    }
}

static bool read_condition(reader *r, const json *v, const char *path, const char *key,
                           rule_condition *out)
{
    const char *const known[] = {"condition", key, NULL};
    bool was_ok = r->ok;
    if (v->type != JSON_OBJECT) {
        report_mistake(r, path, v, "{\"condition\": ..., \"%s\": ...}", key);
        return false;
    }
    warn_of_unknown(r, v, path, known);
    r->ok = true;
    const json *condition =
        member(r, v, path, "condition", JSON_STRING, "\"equal\" or \"not_equal\"");
    const json *is = member(r, v, path, key, JSON_STRING, "a string");
    bool equal = json_text_is(condition, "equal");
    if (condition && !equal && !json_text_is(condition, "not_equal"))
        report_mistake(r, arena_printf(r->a, "%s.condition", path), condition,
                       "\"equal\" or \"not_equal\"");
    *out = (rule_condition){.equal = equal, .is = is};
    bool valid = r->ok;
    r->ok = was_ok && valid;
    return valid;
}

static rule_conditions read_conditions(reader *r, const json *of, const char *path,
                                       const char *list, const char *key)
{
    rule_conditions c = {0};
    const json *v = member(r, of, path, list, JSON_ARRAY, "a list of conditions");
    if (!v)
        return c;
    c.list = arena_alloc(r->a, (v->len + 1) * sizeof *c.list);
    for (uint32_t i = 0; i < v->len; i++) {
        const char *at = arena_printf(r->a, "%s.%s[%u]", path, list, i);
        c.n += read_condition(r, &v->items[i], at, key, &c.list[c.n]);
    }
    return c;
}

static void read_all_conditions(reader *r, const json *note, rule_settings *out)
{
    static const char *const known[] = {"status_conditions", "family_requirements", NULL};
    const char *path = RULE_SETTINGS ".status_change_conditions";
    const json *v = member(r, note, RULE_SETTINGS, "status_change_conditions", JSON_OBJECT,
                           "{\"status_conditions\": [...], \"family_requirements\": [...]}");
    if (!v)
        return;
    warn_of_unknown(r, v, path, known);
    out->statuses = read_conditions(r, v, path, "status_conditions", "short_name");
    out->families = read_conditions(r, v, path, "family_requirements", "family");
}

static void read_template(reader *r, const json *note, rule_settings *out)
{
    static const char *const known[] = {"enabled", "comment_template", NULL};
    const char *path = RULE_SETTINGS ".custom_comment_template", *why;
    const json *v = member(r, note, RULE_SETTINGS, "custom_comment_template", JSON_OBJECT,
                           "{\"enabled\": ..., \"comment_template\": ...}");
    if (!v)
        return;
    warn_of_unknown(r, v, path, known);
    const json *enabled = member(r, v, path, "enabled", JSON_TRUE, "true or false");
    const json *text = member(r, v, path, "comment_template", JSON_STRING, "a string");
    if (!json_true(enabled) || !text)
        return;
    out->template = comment_template_new(r->a, text, out->openpype, &why);
    if (!out->template) {
        r->mistake(r->context, true, arena_printf(r->a, "%s.comment_template", path), why);
        r->ok = false;
    }
}

/* opkitsu's own. */
static void read_scope(reader *r, const json *settings, rule_settings *out)
{
    static const char *const known[] = {"without_review", "families", NULL};
    const json *note = path_get(settings, SCOPE_SETTINGS);
    if (!json_is(note, JSON_OBJECT)) {
        report_mistake(r, SCOPE_SETTINGS, note, "{\"without_review\": ..., \"families\": [...]}");
        return;
    }
    warn_of_unknown(r, note, SCOPE_SETTINGS, known);
    member(r, note, SCOPE_SETTINGS, "without_review", JSON_TRUE, "true or false");
    const json *families =
        member(r, note, SCOPE_SETTINGS, "families", JSON_ARRAY, "a list of families");
    for (uint32_t i = 0; families && i < families->len; i++)
        if (families->items[i].type != JSON_STRING)
            report_mistake(r, arena_printf(r->a, SCOPE_SETTINGS ".families[%u]", i),
                           &families->items[i], "a string");
    out->scope = publish_scope_of(settings);
}

bool rule_settings_read(arena *a, const json *settings, bool openpype, rule_settings *out,
                        rule_mistake_fn *mistake, void *context)
{
    static const char *const known[] = {"set_status_note", "note_status_shortname",
                                        "status_change_conditions", "custom_comment_template",
                                        NULL};
    reader r = {.a = a, .mistake = mistake, .context = context, .ok = true};
    const json *note = path_get(settings, RULE_SETTINGS);
    *out = (rule_settings){.openpype = openpype};
    if (!json_is(note, JSON_OBJECT)) {
        report_mistake(&r, RULE_SETTINGS, note, "{\"set_status_note\": ...}");
        return false;
    }
    warn_of_unknown(&r, note, RULE_SETTINGS, known);
    out->set_status_note =
        json_true(member(&r, note, RULE_SETTINGS, "set_status_note", JSON_TRUE, "true or false"));
    out->short_name =
        member(&r, note, RULE_SETTINGS, "note_status_shortname", JSON_STRING, "a string");
    read_all_conditions(&r, note, out);
    read_template(&r, note, out);
    read_scope(&r, settings, out);
    return r.ok;
}
