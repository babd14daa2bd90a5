#include "base/arena.h"

#include "base/mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#define BLOCK ((size_t)64 * 1024) /* bytes */

typedef struct block {
    struct block *next;
    size_t size; /* bytes of data */
    _Alignas(max_align_t) char data[];
} block;

typedef struct name {
    UT_hash_handle hh;
    char text[];
} name;

struct arena {
    block *blocks; /* owned; the first is the one in use */
    size_t used;   /* bytes of the first block */
    name *names;   /* a hash table; its entries lie in the blocks */
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
    HASH_CLEAR(hh, a->names);
    free_blocks(a->blocks);
    free(a);
}

void arena_reset(arena *a)
{
    HASH_CLEAR(hh, a->names);
    a->used = 0;
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

const char *arena_intern(arena *a, const char *bytes, size_t len)
{
    name *n;
    HASH_FIND(hh, a->names, bytes, len, n);
    if (n)
        return n->text;
    n = arena_alloc(a, sizeof *n + len + 1);
    memcpy(n->text, bytes, len);
    n->text[len] = '\0';
    HASH_ADD_KEYPTR(hh, a->names, n->text, len, n);
    return n->text;
}
