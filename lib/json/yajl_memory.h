/* yajl_memory.h - memory for yajl, which would go on without it. For json/ only. */
#ifndef OPKITSU_JSON_YAJL_MEMORY_H
#define OPKITSU_JSON_YAJL_MEMORY_H

#include <yajl/yajl_common.h>

/* For yajl_alloc and yajl_gen_alloc, which do not change it. */
extern yajl_alloc_funcs yajl_memory;

#endif
