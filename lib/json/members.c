/* members.c - the members of an object. */
#include "json/json.h"

#include <string.h>

/* An object of more members than this has a table of them. */
enum { FEW = 64 };

/* Lies before the members. */
typedef struct member_table {
    uint32_t
        *slots;  /* in the arena: the places of members plus 1, by their keys' hashes; 0: free */
    size_t size; /* of `slots`, a power of two */
    size_t used; /* of them: less than half */
} member_table;

json_member *members_room(arena *a, size_t held)
{
    if (held <= FEW)
        return arena_alloc(a, held * sizeof(json_member));
    member_table *t = arena_alloc(a, sizeof *t + held * sizeof(json_member));
    t->size = (size_t)4 * FEW;
    while (t->size <= 2 * held)
        t->size *= 2;
    t->slots = arena_alloc(a, t->size * sizeof *t->slots);
    return (json_member *)(void *)(t + 1);
}

static member_table *table_of(const json *object)
{
    return (member_table *)(void *)object->members - 1;
}

static bool is_key(const char *own, const char *key, size_t len)
{
    /* most differ at once */
    return *own == *key && strncmp(own, key, len) == 0 && own[len] == '\0';
}

/* The slot of the member of this key, or the free one where it belongs. What others name may
 * be none of the object's: one that shares its memory has grown. */
static uint32_t *slot_of(const json *object, uint32_t hash, const char *key, size_t len)
{
    const member_table *t = table_of(object);
    size_t i = hash & (t->size - 1);
    for (; t->slots[i]; i = (i + 1) & (t->size - 1)) {
        uint32_t place = t->slots[i] - 1;
        if (place < object->len && is_key(object->members[place].key, key, len))
            break;
    }
    return &t->slots[i];
}

static void add_place(const json *object, uint32_t place)
{
    const char *key = object->members[place].key;
    uint32_t *slot = slot_of(object, arena_hash_again(key), key, strlen(key));
    table_of(object)->used += *slot == 0;
    *slot = place + 1;
}

void members_index(const json *object)
{
    if (object->len <= FEW)
        return;
    member_table *t = table_of(object);
    memset(t->slots, 0, t->size * sizeof *t->slots);
    t->used = 0;
    for (uint32_t i = 0; i < object->len; i++)
        add_place(object, i);
}

void members_added(const json *object)
{
    if (object->len <= FEW)
        return;
    add_place(object, object->len - 1);
    if (table_of(object)->used * 2 >= table_of(object)->size)
        members_index(object);
}

json_member *members_find(const json *object, const char *key, size_t len)
{
    if (!json_is(object, JSON_OBJECT))
        return NULL;
    if (object->len > FEW) {
        const uint32_t *slot = slot_of(object, arena_hash(key, len), key, len);
        return *slot ? &object->members[*slot - 1] : NULL;
    }
    for (uint32_t i = 0; i < object->len; i++)
        if (is_key(object->members[i].key, key, len))
            return &object->members[i];
    return NULL;
}

/* Asked more often than anything else, mostly of few: without the length of the key. */
const json *json_get(const json *object, const char *key)
{
    if (!json_is(object, JSON_OBJECT))
        return NULL;
    if (object->len > FEW) {
        const json_member *m = members_find(object, key, strlen(key));
        return m ? &m->value : NULL;
    }
    for (uint32_t i = 0; i < object->len; i++) {
        const char *own = object->members[i].key;
        if (*own == *key && strcmp(own, key) == 0) /* most differ at once */
            return &object->members[i].value;
    }
    return NULL;
}
