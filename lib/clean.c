#include "clean.h"

#include <string.h>

typedef struct cleaner {
    arena *arena;
    clean_report *report;
    void *context;
    buf path;
} cleaner;

/* NULL when the value may stay, else why not. */
static const char *clean_value(cleaner *c, json *v);

static const char *clean_number(cleaner *c, json *v)
{
    int64_t whole;
    double real;
    if (json_is_integer(v)) {
        if (!json_int64(v, &whole))
            return "an integer beyond 64 bits";
        *v = json_integer(c->arena, whole);
        return NULL;
    }
    if (!json_double(v, &real))
        return "a number too large to be finite";
    *v = json_real(c->arena, real);
    return NULL;
}

static void clean_object(cleaner *c, json *v)
{
    uint32_t kept = 0;
    size_t outer = c->path.len;
    for (uint32_t i = 0; i < v->len; i++) {
        json_member *m = &v->members[i];
        buf_addf(&c->path, "%s%s", outer ? "." : "", m->key);
        const char *why = m->key[0] == '$' ? "it begins with $" : clean_value(c, &m->value);
        if (why)
            c->report(c->context, c->path.data, why);
        else
            v->members[kept++] = *m;
        c->path.len = outer;
    }
    v->len = kept;
}

static const char *clean_value(cleaner *c, json *v)
{
    const char *why = NULL;
    if (v->type == JSON_NUMBER)
        return clean_number(c, v);
    if (v->type == JSON_OBJECT)
        clean_object(c, v);
    if (v->type == JSON_ARRAY)
        for (uint32_t i = 0; i < v->len && !why; i++)
            why = clean_value(c, &v->items[i]);
    return why;
}

void clean_record(arena *a, json *record, clean_report *report, void *context)
{
    cleaner c = {.arena = a, .report = report, .context = context};
    clean_object(&c, record);
    buf_free(&c.path);
}
