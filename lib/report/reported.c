#include "report/reported.h"

#include "base/hash.h"
#include "base/idset.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

typedef struct project_lines {
    UT_hash_handle hh; /* by name */
    char *name;        /* owned */
    idset *lines;      /* owned */
} project_lines;

struct reported {
    project_lines *projects; /* hash table */
    idset *entities;         /* owned: that lines are about */
    bool repaired;           /* one of them was, in the project that comes next */
};

reported *reported_new(void)
{
    reported *r = xmalloc(sizeof *r);
    *r = (reported){.entities = idset_new()};
    return r;
}

void reported_free(reported *r)
{
    if (!r)
        return;
    project_lines *all = r->projects;
    HASH_CLEAR(hh, r->projects);
    for (project_lines *p = all, *next; p; p = next) {
        next = p->hh.next;
        idset_free(p->lines);
        free(p->name);
        free(p);
    }
    idset_free(r->entities);
    free(r);
}

void reported_note(reported *r, const char *id)
{
    idset_add_text(r->entities, id);
}

void reported_written(reported *r, const char *id)
{
    r->repaired |= idset_has_text(r->entities, id);
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

/* A line without the number of what lies below, of which a batch has what it touches. */
static void take_key(buf *key, const char *line, size_t len)
{
    const char *from = memmem(line, len, " (and ", strlen(" (and "));
    const char *to = from ? memmem(from, len - (size_t)(from - line), ")", 1) : NULL;
    buf_clear(key);
    buf_add(key, line, to ? (size_t)(from - line) : len);
    if (to)
        buf_add(key, to + 1, len - (size_t)(to + 1 - line));
}

void reported_update(reported *r, const char *project, remarks *lines, bool only_new)
{
    project_lines *p = find_project(r, project);
    if (r->repaired) {
        idset_clear(p->lines);
        idset_clear(r->entities);
        r->repaired = false;
    }
    idset *now = only_new ? p->lines : idset_new();
    remarks kept = {0};
    buf key = {0};
    for (const char *line = lines->lines.data; line && *line;) {
        size_t len = strcspn(line, "\n") + 1;
        take_key(&key, line, len);
        if (idset_add(now, key.data, key.len) || !only_new) {
            buf_add(&kept.lines, line, len);
            kept.n++;
        }
        line += len;
    }
    buf_free(&key);
    if (!only_new)
        idset_free(p->lines);
    p->lines = now;
    remarks_free(lines);
    *lines = kept;
}
