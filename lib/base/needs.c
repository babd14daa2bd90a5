#include "base/needs.h"

#include "base/mem.h"

#include <stdlib.h>

static void add_path(program_needs *n, const char *path, bool write)
{
    n->paths = xgrow(n->paths, n->n, &n->cap, sizeof *n->paths);
    n->paths[n->n++] = (need_of_path){xstrdup(path), write};
}

void needs_read(program_needs *n, const char *path)
{
    add_path(n, path, false);
}

void needs_write(program_needs *n, const char *path)
{
    add_path(n, path, true);
}

void needs_free(program_needs *n)
{
    for (size_t i = 0; i < n->n; i++)
        free(n->paths[i].path);
    free(n->paths);
    *n = (program_needs){0};
}
