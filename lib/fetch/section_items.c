#include "fetch/section_items.h"

#include <string.h>

section_item *section_items_find(const section_items *s, const char *id)
{
    section_item *i = NULL;
    if (id)
        HASH_FIND_STR(s->table, id, i);
    return i;
}

section_item *section_items_add(section_items *s, const char *id, kind k)
{
    section_item *i = section_items_find(s, id);
    if (!i) {
        i = arena_alloc(s->arena, sizeof *i);
        *i = (section_item){.id = arena_text(s->arena, id, strlen(id)), .kind = KIND_NONE};
        HASH_ADD_KEYPTR(hh, s->table, i->id, strlen(i->id), i);
    }
    if (i->kind == KIND_NONE)
        i->kind = k;
    return i;
}

void section_items_clear(section_items *s)
{
    HASH_CLEAR(hh, s->table);
}

kind section_item_kind(const section_item *i)
{
    return i->record ? i->record->kind : i->kind;
}

const char **section_items_select(const section_items *s, section_item_test *test, size_t *n)
{
    const char **ids = arena_alloc(s->arena, (HASH_COUNT(s->table) + 1) * sizeof *ids);
    *n = 0;
    for (const section_item *i = s->table; i; i = i->hh.next)
        if (test(i))
            ids[(*n)++] = i->id;
    return ids;
}

size_t section_items_count(const section_items *s, section_item_test *test)
{
    size_t n = 0;
    for (const section_item *i = s->table; i; i = i->hh.next)
        n += test(i);
    return n;
}
