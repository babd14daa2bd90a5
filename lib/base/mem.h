/* mem.h - memory, or the end of the program.
 *
 * Running out of memory ends the program with a message (exit 71, EX_OSERR):
 * no caller could go on without it. What libraries need comes from here,
 * too, where they let us: few tell what they left undone. */
#ifndef OPKITSU_BASE_MEM_H
#define OPKITSU_BASE_MEM_H

#include <stddef.h>

/* The program's name for that message (borrowed, for good). */
void mem_init(const char *program);
/* Ends the program: `size` bytes cannot be allocated. */
_Noreturn void mem_exhausted(size_t size);

/* Between two pieces of work: give back to the system what one that was unusually large has
 * left, of which the C library would keep most. */
void mem_tidy(void);

/* malloc, calloc, realloc and strdup that end the program when memory is out. The
 * caller owns what they return. */
void *xmalloc(size_t size);
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *old, size_t size);
char *xstrdup(const char *text);
/* free, of a text that nobody is to find in memory afterwards. Takes NULL. */
void free_secret(char *text);
/* Room in an array of `*cap` entries of `size` bytes, `n` of them used, for one
 * more: returns the array, moved where it had to grow. */
void *xgrow(void *array, size_t n, size_t *cap, size_t size);

#endif
