#include "report/reported.h"

#include "base/idset.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

typedef struct project_lines {
    UT_hash_handle hh; /* by name */
    char *name;        /* owned */
    idset *lines;      /* owned */
} project_lines;

struct reported {
    project_lines *projects; /* hash table */
};

reported *reported_new(void)
{
    reported *r = xmalloc(sizeof *r);
    *r = (reported){0};
    return r;
}

void reported_free(reported *r)
{
    project_lines *p, *next;
    if (!r)
        return;
    HASH_ITER(hh, r->projects, p, next)
    {
        HASH_DELETE(hh, r->projects, p);
        idset_free(p->lines);
        free(p->name);
        free(p);
    }
    free(r);
}

static project_lines *find_project(reported *r, const char *name)
{
    project_lines *p;
    HASH_FIND_STR(r->projects, name, p);
    if (!p) {
        p = xmalloc(sizeof *p);
        *p = (project_lines){.name = xstrdup(name), .lines = idset_new()};
        HASH_ADD_KEYPTR(hh, r->projects, p->name, strlen(p->name), p);
    }
    return p;
}

void reported_update(reported *r, const char *project, remarks *lines, bool only_new)
{
    project_lines *p = find_project(r, project);
    idset *now = idset_new();
    remarks kept = {0};
    for (const char *line = lines->lines.data; line && *line;) {
        size_t len = strcspn(line, "\n") + 1;
        idset_add(now, line, len);
        if (idset_add(p->lines, line, len) || !only_new) {
            buf_add(&kept.lines, line, len);
            kept.n++;
        }
        line += len;
    }
    idset_free(p->lines);
    p->lines = now;
    remarks_free(lines);
    *lines = kept;
}
