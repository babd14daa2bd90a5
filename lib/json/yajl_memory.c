#include "json/yajl_memory.h"

#include "base/mem.h"

#include <stdlib.h>

static void *allocate(void *context, size_t size)
{
    (void)context;
    return xmalloc(size);
}

static void *reallocate(void *context, void *old, size_t size)
{
    (void)context;
    return xrealloc(old, size);
}

static void release(void *context, void *p)
{
    (void)context;
    free(p);
}

yajl_alloc_funcs yajl_memory = {allocate, reallocate, release, NULL};
