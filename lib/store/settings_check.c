#include "store/settings_check.h"

#include "record/display.h"

#include <string.h>

#define SECTION "opkitsu"

static bool is_flag(const json *v)
{
    return json_is(v, JSON_TRUE) || json_is(v, JSON_FALSE);
}

static bool is_choice_of_names(const json *v)
{
    return json_text_is(v, "skip") || json_text_is(v, "convert");
}

static bool is_anything(const json *v)
{
    return v;
}

static const struct key {
    const char *name;
    bool (*allows)(const json *v);
    const char *allowed;
} keys[] = {{"edits", is_flag, "true or false"},
            {"concepts", is_flag, "true or false"},
            {"names", is_choice_of_names, "\"skip\" or \"convert\""},
            {"note", is_anything, NULL}};
enum { KEYS = sizeof keys / sizeof *keys };

static const struct key *find_key(const char *name)
{
    for (size_t i = 0; i < KEYS; i++)
        if (strcmp(keys[i].name, name) == 0)
            return &keys[i];
    return NULL;
}

static const char *known_keys(arena *a)
{
    const char *list = keys[0].name;
    for (size_t i = 1; i < KEYS; i++)
        list = arena_printf(a, "%s, %s", list, keys[i].name);
    return list;
}

static const char *not_allowed(arena *a, const char *allowed, const json *v)
{
    buf text = {0};
    buf_addf(&text, "ignored; expected %s, got ", allowed);
    display_value(&text, v);
    const char *out = arena_text(a, text.data, text.len);
    buf_free(&text);
    return out;
}

/* A person may have written the path that manuals name: {"opkitsu.names": "convert"}. */
static void check_dotted(arena *a, const json *layer, settings_mistake_fn *mistake, void *context)
{
    for (uint32_t i = 0; i < layer->len; i++) {
        const char *key = layer->members[i].key;
        if (strncmp(key, SECTION ".", strlen(SECTION ".")) == 0)
            mistake(context, key,
                    arena_printf(a, "ignored; write {\"" SECTION "\": {\"%s\": ...}}",
                                 key + strlen(SECTION ".")));
    }
}

void settings_check(arena *a, const json *layer, settings_mistake_fn *mistake, void *context)
{
    const json *section = json_get(layer, SECTION);
    check_dotted(a, layer, mistake, context);
    if (section && section->type != JSON_OBJECT)
        mistake(
            context, SECTION,
            not_allowed(a, arena_printf(a, "an object with the keys %s", known_keys(a)), section));
    for (uint32_t i = 0; json_is(section, JSON_OBJECT) && i < section->len; i++) {
        const json_member *m = &section->members[i];
        const struct key *known = find_key(m->key);
        const char *path = arena_printf(a, SECTION ".%s", m->key);
        if (!known && strncmp(m->key, "__", 2) != 0)
            mistake(context, path,
                    arena_printf(a, "unknown key, ignored; the known ones are %s", known_keys(a)));
        else if (known && !known->allows(&m->value))
            mistake(context, path, not_allowed(a, known->allowed, &m->value));
    }
}
