/* mutate.h - for targets that read lines of JSON: most of the inputs that libFuzzer makes
 * are JSON again, of which a line, a member or a value was changed. */
#ifndef OPKITSU_TESTS_MUTATE_H
#define OPKITSU_TESTS_MUTATE_H

#include "fuzz.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed);

enum { MUTATE_LINES = 64, MUTATE_VALUES = 2000 };

typedef struct mutation {
    arena *arena;
    unsigned dice; /* state of the random numbers */
    json lines[MUTATE_LINES];
    size_t n;
    json *values[MUTATE_VALUES]; /* of all lines */
    size_t n_values;
} mutation;

static unsigned mutate_roll(mutation *m, size_t sides)
{
    m->dice = m->dice * 1103515245u + 12345u;
    return sides ? (m->dice >> 8) % (unsigned)sides : 0;
}

static void mutate_gather(mutation *m, json *v)
{
    if (m->n_values == MUTATE_VALUES)
        return;
    m->values[m->n_values++] = v;
    if (v->type == JSON_ARRAY || v->type == JSON_OBJECT)
        for (uint32_t i = 0; i < v->len; i++)
            mutate_gather(m, v->type == JSON_ARRAY ? &v->items[i] : &v->members[i].value);
}

/* A value that some code may not expect. */
static json mutate_odd(mutation *m)
{
    static const char *const odd[] = {"null",
                                      "true",
                                      "false",
                                      "0",
                                      "-0",
                                      "1",
                                      "-1",
                                      "25.0",
                                      "1e400",
                                      "2147483648",
                                      "1001.5",
                                      "-9223372036854775808",
                                      "9223372036854775808",
                                      "1e15",
                                      "123456789012345.6",
                                      "\"\"",
                                      "\"a b\"",
                                      "\"\\u0000\"",
                                      "\"\\u00e9\"",
                                      "\"_\"",
                                      "\".\"",
                                      "\"SH010\"",
                                      "\"25,5\"",
                                      "\"2026-11-23T05:17:34\"",
                                      "[]",
                                      "{}",
                                      "[null]",
                                      "[\"\"]",
                                      "{\"$oid\":\"x\"}",
                                      "{\"\":1}",
                                      "{\"a.b\":1}",
                                      "{\"$a\":1}",
                                      "{\"$oid\":\"0123456789abcdef01234567\"}",
                                      "{\"$date\":\"2026-11-23T05:17:34Z\"}"};
    json v = json_null();
    const char *text = odd[mutate_roll(m, sizeof odd / sizeof *odd)];
    json_parse(m->arena, text, strlen(text), &v, NULL, NULL);
    return json_copy(m->arena, &v);
}

static json mutate_text(mutation *m, const json *v)
{
    uint8_t text[256];
    size_t len = v->type == JSON_STRING && v->len < sizeof text / 2 ? v->len : 0;
    memcpy(text, len ? v->text : "", len);
    len = LLVMFuzzerMutate(text, len, sizeof text - 1);
    return json_message(m->arena, arena_text(m->arena, (char *)text, len));
}

static void mutate_container(mutation *m, json *v)
{
    uint32_t i = mutate_roll(m, v->len);
    json other = json_copy(m->arena, m->values[mutate_roll(m, m->n_values)]);
    if (v->type == JSON_OBJECT) {
        const json *o = &m->lines[mutate_roll(m, m->n)];
        if (v->len && mutate_roll(m, 2))
            json_unset(v, v->members[i].key);
        else if (o->type == JSON_OBJECT && o->len)
            json_set(m->arena, v, o->members[mutate_roll(m, o->len)].key, other);
    } else if (v->len && mutate_roll(m, 2)) {
        v->items[i] = v->items[--v->len];
    } else {
        json_push(m->arena, v, json_copy(m->arena, v->len ? &v->items[i] : &other));
    }
}

static void mutate_value(mutation *m)
{
    json *v = m->values[mutate_roll(m, m->n_values)];
    switch (mutate_roll(m, 5)) {
    case 0: *v = json_copy(m->arena, m->values[mutate_roll(m, m->n_values)]); break;
    case 1: *v = mutate_odd(m); break;
    case 2: *v = mutate_text(m, v); break;
    default:
        if (v->type == JSON_OBJECT || v->type == JSON_ARRAY)
            mutate_container(m, v);
        else
            *v = json_copy(m->arena, m->values[mutate_roll(m, m->n_values)]);
    }
}

static void mutate_lines(mutation *m)
{
    size_t i = mutate_roll(m, m->n), k = mutate_roll(m, m->n);
    json line = json_copy(m->arena, &m->lines[i]);
    switch (mutate_roll(m, 3)) {
    case 0: /* one comes again */
        if (m->n < MUTATE_LINES)
            m->lines[m->n++] = line;
        break;
    case 1: /* two change places */
        m->lines[i] = m->lines[k];
        m->lines[k] = line;
        break;
    default: /* one is missing */
        memmove(&m->lines[i], &m->lines[i + 1], (--m->n - i) * sizeof line);
    }
}

static bool mutate_read(mutation *m, const uint8_t *data, size_t size)
{
    while (size) {
        json v;
        if (m->n == MUTATE_LINES || !next_json(m->arena, &data, &size, &v))
            return false;
        m->lines[m->n++] = json_copy(m->arena, &v);
    }
    return m->n > 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed)
{
    mutation m = {.arena = arena_new(), .dice = seed};
    buf out = {0};
    if (mutate_roll(&m, 8) && mutate_read(&m, data, size)) {
        for (unsigned times = 1 + mutate_roll(&m, 3); times && m.n; times--) {
            m.n_values = 0;
            for (size_t i = 0; i < m.n; i++)
                mutate_gather(&m, &m.lines[i]);
            if (mutate_roll(&m, 6))
                mutate_value(&m);
            else
                mutate_lines(&m);
        }
        for (size_t i = 0; i < m.n; i++) {
            json_write(&out, &m.lines[i]);
            buf_addc(&out, '\n');
        }
    }
    bool ok = out.len && out.len <= most;
    if (ok)
        memcpy(data, out.data, out.len);
    size_t len = ok ? out.len : LLVMFuzzerMutate(data, size, most);
    buf_free(&out);
    arena_free(m.arena);
    return len;
}

#endif
