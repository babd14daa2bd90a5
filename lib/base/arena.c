#include "base/arena.h"

#include "base/mem.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK       ((size_t)64 * 1024) /* bytes */
#define FIRST_SLOTS ((size_t)256)       /* more than a record has keys, as a rule */
#define MAX_SLOTS   ((size_t)4096)      /* what arena_reset keeps: clearing more takes too long */

typedef struct block {
    struct block *next;
    size_t size; /* bytes of data */
    _Alignas(max_align_t) char data[];
} block;

typedef struct name {
    uint32_t hash, len;
    char text[];
} name;

struct arena {
    block *blocks;   /* owned; the first is the one in use */
    size_t used;     /* bytes of the first block */
    size_t size;     /* bytes of all */
    name **names;    /* owned: a hash table, whose entries lie in the blocks */
    size_t n, slots; /* names; places in the table, a power of two or 0 */
};

arena *arena_new(void)
{
    arena *a = xmalloc(sizeof *a);
    *a = (arena){0};
    return a;
}

static void free_blocks(block *b)
{
    while (b) {
        block *next = b->next;
        free(b);
        b = next;
    }
}

void arena_free(arena *a)
{
    if (!a)
        return;
    free(a->names);
    free_blocks(a->blocks);
    free(a);
}

void arena_free_secret(arena *a)
{
    for (block *b = a->blocks; b; b = b->next)
        explicit_bzero(b->data, b->size);
    arena_free(a);
}

/* The table stays for the next names, unless it has grown large. */
static void forget_names(arena *a)
{
    if (a->slots > MAX_SLOTS) {
        free(a->names);
        a->names = NULL;
        a->slots = 0;
    } else if (a->n > 0) {
        memset(a->names, 0, a->slots * sizeof(name *));
    }
    a->n = 0;
}

void arena_reset(arena *a)
{
    forget_names(a);
    a->used = a->size = 0;
    block *keep = a->blocks;
    if (!keep)
        return;
    free_blocks(keep->next);
    keep->next = NULL;
    if (keep->size > BLOCK) {
        free_blocks(keep);
        a->blocks = NULL;
        return;
    }
    a->size = keep->size;
}

arena_mark arena_here(const arena *a)
{
    return (arena_mark){a->blocks, a->used, a->n};
}

void arena_back(arena *a, arena_mark mark)
{
    if (a->blocks == mark.block && a->n == mark.names)
        a->used = mark.used;
}

size_t arena_size(const arena *a)
{
    return a->size;
}

void *arena_alloc(arena *a, size_t size)
{
    /* Eight suffice for everything that is put here (pointers, int64_t,
     * double); max_align_t would waste a tenth on records. */
    size = (size + 7) & ~(size_t)7;
    if (!a->blocks || a->blocks->size - a->used < size) {
        size_t want = size > BLOCK / 4 ? size : BLOCK;
        block *b = xmalloc(sizeof *b + want);
        b->size = want;
        a->size += want;
        if (want == size && a->blocks) { /* large: behind the one in use */
            b->next = a->blocks->next;
            a->blocks->next = b;
            return b->data;
        }
        b->next = a->blocks;
        a->blocks = b;
        a->used = 0;
    }
    void *p = a->blocks->data + a->used;
    a->used += size;
    return p;
}

char *arena_text(arena *a, const char *bytes, size_t len)
{
    char *text = arena_alloc(a, len + 1);
    if (len)
        memcpy(text, bytes, len);
    text[len] = '\0';
    return text;
}

char *arena_printf(arena *a, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int need = vsnprintf(NULL, 0, format, args);
    char *text = arena_alloc(a, (size_t)(need < 0 ? 0 : need) + 1);
    text[0] = '\0';
    if (need > 0)
        vsnprintf(text, (size_t)need + 1, format, again);
    va_end(again);
    va_end(args);
    return text;
}

/* FNV-1a. */
uint32_t arena_hash(const char *bytes, size_t len)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (unsigned char)bytes[i]) * 16777619u;
    return hash;
}

/* Where a name is in the table, or belongs. */
static name **find_slot(const arena *a, uint32_t hash, const char *bytes, size_t len)
{
    size_t i = hash & (a->slots - 1);
    for (; a->names[i]; i = (i + 1) & (a->slots - 1)) {
        const name *n = a->names[i];
        if (n->hash == hash && n->len == len && memcmp(n->text, bytes, len) == 0)
            break;
    }
    return &a->names[i];
}

/* Twice the places, or the first ones. */
static void grow_names(arena *a)
{
    name **old = a->names;
    size_t n = a->slots;
    a->slots = n ? n * 2 : FIRST_SLOTS;
    a->names = memset(xmalloc(a->slots * sizeof(name *)), 0, a->slots * sizeof(name *));
    for (size_t i = 0; i < n; i++)
        if (old[i])
            *find_slot(a, old[i]->hash, old[i]->text, old[i]->len) = old[i];
    free(old);
}

static const char *intern(arena *a, uint32_t hash, const char *bytes, size_t len)
{
    if (a->n * 2 >= a->slots)
        grow_names(a);
    name **slot = find_slot(a, hash, bytes, len);
    if (*slot)
        return (*slot)->text;
    name *n = arena_alloc(a, sizeof *n + len + 1);
    n->hash = hash;
    n->len = (uint32_t)len;
    memcpy(n->text, bytes, len);
    n->text[len] = '\0';
    *slot = n;
    a->n++;
    return n->text;
}

const char *arena_intern(arena *a, const char *bytes, size_t len)
{
    return intern(a, arena_hash(bytes, len), bytes, len);
}

static const name *name_of(const char *text)
{
    return (const name *)(const void *)(text - offsetof(name, text));
}

uint32_t arena_hash_again(const char *text)
{
    return name_of(text)->hash;
}

const char *arena_intern_again(arena *a, const char *text)
{
    const name *n = name_of(text);
    return intern(a, n->hash, text, n->len);
}
