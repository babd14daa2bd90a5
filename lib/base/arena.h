/* arena.h - memory that is freed all at once, and names that are kept once.
 *
 * What an arena hands out lives until arena_free or arena_reset. Running out
 * of memory ends the program, as in base/mem.h. */
#ifndef OPKITSU_BASE_ARENA_H
#define OPKITSU_BASE_ARENA_H

#include <stddef.h>
#include <stdint.h>

typedef struct arena arena;

arena *arena_new(void);    /* the caller owns it */
void arena_free(arena *a); /* takes NULL */
/* The same, of an arena that held a secret, which is wiped. */
void arena_free_secret(arena *a);
/* Free everything in it, but keep one block for the next round. */
void arena_reset(arena *a);
/* Where it stands, and back to there: what was made since then is given up, but where a name or
 * a block was new, which stays. */
typedef struct arena_mark {
    const void *block; /* borrowed */
    size_t used, names;
} arena_mark;
arena_mark arena_here(const arena *a);
void arena_back(arena *a, arena_mark mark);
/* Bytes that it takes, but for its table of names. */
size_t arena_size(const arena *a);
/* `size` bytes, aligned for any type, not zeroed. */
void *arena_alloc(arena *a, size_t size);
/* A copy of `len` bytes, followed by a NUL. */
char *arena_text(arena *a, const char *bytes, size_t len);
char *arena_printf(arena *a, const char *format, ...)
    __attribute__((format(printf, 2, 3), nonnull(2)));
/* The arena's one copy of this text: equal texts give the same pointer. The
 * thirty keys of four thousand tasks are stored once each. */
const char *arena_intern(arena *a, const char *bytes, size_t len);
/* The same of a text that arena_intern gave for this arena or another: quicker. */
const char *arena_intern_again(arena *a, const char *text);
/* The hash of a text; and, quicker, of one that arena_intern gave. */
uint32_t arena_hash(const char *bytes, size_t len);
uint32_t arena_hash_again(const char *text);

#endif
