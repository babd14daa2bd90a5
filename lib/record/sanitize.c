#include "record/sanitize.h"

#include <string.h>

typedef struct cleaner {
    arena *arena;
    sanitize_report *report;
    void *context;
} cleaner;

/* The keys that lead to a value, innermost first: made into a text only when
 * there is something to report. */
typedef struct place {
    const struct place *outer;
    const char *key;
} place;

static void add_path(buf *path, const place *p)
{
    if (p->outer) {
        add_path(path, p->outer);
        buf_addc(path, '.');
    }
    buf_adds(path, p->key);
}

static void report(const cleaner *c, const place *p, const char *why)
{
    buf path = {0};
    add_path(&path, p);
    c->report(c->context, path.data, why);
    buf_free(&path);
}

/* NULL when the value may stay, else why not. */
static const char *clean_value(const cleaner *c, json *v, const place *p);

static const char *clean_number(const cleaner *c, json *v)
{
    int64_t whole;
    double real;
    if (json_is_integer(v)) {
        if (!json_int64(v, &whole))
            return "an integer beyond 64 bits";
        if (whole == 0)
            *v = json_integer(c->arena, 0); /* it may have been -0 */
        return NULL;
    }
    if (!json_double(v, &real))
        return "a number too large to be finite";
    *v = json_real(c->arena, real);
    return NULL;
}

/* An object that is cleaned. */
typedef struct cleaned {
    const cleaner *cleaner;
    const place *outer;
} cleaned;

static bool clean_member(void *context, json_member *m)
{
    const cleaned *o = context;
    place p = {o->outer, m->key};
    const char *why = *m->key == '$' ? "it begins with $" : clean_value(o->cleaner, &m->value, &p);
    if (why)
        report(o->cleaner, &p, why);
    return !why;
}

static void clean_object(const cleaner *c, json *v, const place *outer)
{
    json_keep(v, clean_member, &(cleaned){c, outer});
}

static const char *clean_value(const cleaner *c, json *v, const place *p)
{
    const char *why = NULL;
    if (v->type == JSON_NUMBER)
        return clean_number(c, v);
    if (v->type == JSON_OBJECT)
        clean_object(c, v, p);
    if (v->type == JSON_ARRAY)
        for (uint32_t i = 0; i < v->len && !why; i++)
            why = clean_value(c, &v->items[i], p);
    return why;
}

void sanitize_record(arena *a, json *record, sanitize_report *report_key, void *context)
{
    cleaner c = {.arena = a, .report = report_key, .context = context};
    clean_object(&c, record, NULL);
}
