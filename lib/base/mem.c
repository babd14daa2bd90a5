#include "base/mem.h"

#include <malloc.h>
#include <openssl/crypto.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

static const char *program = "opkitsu";

void mem_init(const char *name)
{
    program = name;
}

/* By itself: what writes messages allocates memory. */
void mem_exhausted(size_t size)
{
    static bool ending;
    if (ending) /* what libraries do at the end needs some, too */
        _exit(EX_OSERR);
    ending = true;
    fprintf(stderr, "%s: out of memory: cannot allocate %zu bytes\n", program, size);
    fflush(stdout); /* complete records; it may be the last chance */
    exit(EX_OSERR);
}

/* bytes; less of what is free is worth keeping for the next piece of work. */
#define KEPT_FREE ((size_t)8 * 1024 * 1024)

void mem_tidy(void)
{
#ifdef __GLIBC__
    if (mallinfo2().fordblks > KEPT_FREE)
        malloc_trim(0);
#endif
}

void *xmalloc(size_t size)
{
    void *p = malloc(size ? size : 1);
    if (!p)
        mem_exhausted(size);
    return p;
}

void *xcalloc(size_t n, size_t size)
{
    void *p = n && size ? calloc(n, size) : calloc(1, 1);
    if (!p)
        mem_exhausted(size);
    return p;
}

void *xrealloc(void *old, size_t size)
{
    void *p = realloc(old, size ? size : 1);
    if (!p)
        mem_exhausted(size);
    return p;
}

char *xstrdup(const char *text)
{
    size_t size = strlen(text) + 1;
    return memcpy(xmalloc(size), text, size);
}

void *xgrow(void *array, size_t n, size_t *cap, size_t size)
{
    if (n < *cap)
        return array;
    *cap = *cap ? *cap * 2 : 64;
    return xrealloc(array, *cap * size);
}

void free_secret(char *text)
{
    if (text)
        explicit_bzero(text, strlen(text));
    free(text);
}

/* ---- OpenSSL's ------------------------------------------------------------ */

static void *crypto_malloc(size_t size, const char *file, int line)
{
    (void)file, (void)line;
    return xmalloc(size);
}

static void crypto_free(void *p, const char *file, int line)
{
    (void)file, (void)line;
    free(p);
}

static void *crypto_realloc(void *old, size_t size, const char *file, int line)
{
    if (size)
        return xrealloc(old, size);
    crypto_free(old, file, line);
    return NULL;
}

/* OpenSSL does not let itself be told once it has any memory, which libmongoc makes it
 * allocate when it is loaded. So this comes before all constructors, of libraries too. */
static void give_openssl_memory(void)
{
    CRYPTO_set_mem_functions(crypto_malloc, crypto_realloc, crypto_free);
}

__attribute__((section(".preinit_array"),
               used)) static void (*const first)(void) = give_openssl_memory;
