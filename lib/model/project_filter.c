#include "model/project_filter.h"

#include "base/mem.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

void project_filter_add(project_filter *f, const char *text)
{
    f->wishes = xgrow(f->wishes, f->n, &f->cap, sizeof *f->wishes);
    f->wishes[f->n++] = (project_wish){.text = text};
    size_t first = (size_t)lookup_add(&f->by_text, text, (void *)f->n) - 1;
    if (first + 1 == f->n)
        return;
    f->wishes[f->n - 1].next = f->wishes[first].next;
    f->wishes[first].next = f->n - 1;
}

/* The first wish of a text, and the next one of the same; NULL: none. */
static project_wish *first_wish(const project_filter *f, const char *text)
{
    size_t place = (size_t)lookup_find(&f->by_text, text);
    return place ? &f->wishes[place - 1] : NULL;
}

static project_wish *next_wish(const project_filter *f, const project_wish *w)
{
    return w->next ? &f->wishes[w->next] : NULL;
}

void project_filter_free(project_filter *f)
{
    for (size_t i = 0; i < f->n; i++)
        free(f->wishes[i].id);
    free(f->wishes);
    lookup_free(&f->by_text);
    idset_free(f->ids);
    if (f->memory)
        fclose(f->memory);
    *f = (project_filter){0};
}

static void keep_id(project_filter *f, project_wish *w, const char *id)
{
    if (w->id && strcmp(w->id, id) == 0)
        return;
    if (w->id) { /* which no other may have */
        idset_free(f->ids);
        f->ids = NULL;
    }
    if (f->ids)
        idset_add_text(f->ids, id);
    free(w->id);
    w->id = xstrdup(id);
}

/* Its text is an id, which no name can overrule. */
static bool is_by_id(const project_wish *w)
{
    return w->id && strcmp(w->id, w->text) == 0;
}

static bool find_by_name(project_filter *f, project_wish *w, const char *id, error *e)
{
    if (w->id && strcmp(w->id, id) != 0)
        return error_set(e, EX_USAGE,
                         "-P %s: two projects have this name, %s and %s: give one of the ids",
                         w->text, w->id, id);
    keep_id(f, w, id);
    return true;
}

bool project_filter_find(project_filter *f, const char *name, const char *id, error *e)
{
    for (project_wish *w = first_wish(f, id); w; w = next_wish(f, w))
        if (!w->settled)
            keep_id(f, w, id);
    if (name && strcmp(name, id) == 0)
        return true;
    for (project_wish *w = first_wish(f, name); w; w = next_wish(f, w))
        if (!w->settled && !is_by_id(w) && !find_by_name(f, w, id, e))
            return false;
    return true;
}

static void find_lost(project_filter *f, const char *text, const char *id)
{
    for (project_wish *w = first_wish(f, text); w; w = next_wish(f, w))
        if (!w->id)
            keep_id(f, w, id);
}

void project_filter_find_lost(project_filter *f, const char *name, const char *id)
{
    find_lost(f, id, id);
    find_lost(f, name, id);
}

/* ---- what stays ------------------------------------------------------------ */

/* Each line has a -P, a tab and an id. The file is sync-supervisor's, and lives as long. */
void project_filter_open(project_filter *f)
{
    const char *path = getenv(PROJECT_FILTER_MEMORY);
    int inherited;
    if (f->n && path && *path)
        f->memory = fopen(path, "a+e");
    if (path && sscanf(path, "/proc/self/fd/%d", &inherited) == 1)
        fcntl(inherited, F_SETFD, FD_CLOEXEC);
}

static void recall_line(project_filter *f, char *line)
{
    char *id = strchr(line, '\t');
    if (!id)
        return;
    *id++ = '\0';
    id[strcspn(id, "\n")] = '\0';
    for (project_wish *w = first_wish(f, line); w; w = next_wish(f, w))
        if (!w->settled) {
            keep_id(f, w, id);
            w->settled = true;
        }
}

void project_filter_recall(project_filter *f)
{
    char *line = NULL;
    size_t cap = 0;
    if (!f->memory)
        return;
    rewind(f->memory); /* others have added to it */
    while (getline(&line, &cap, f->memory) > 0)
        recall_line(f, line);
    free(line);
}

void project_filter_settle(project_filter *f)
{
    for (size_t i = 0; i < f->n; i++) {
        project_wish *w = &f->wishes[i];
        if (!w->id || w->settled)
            continue;
        w->settled = true;
        if (f->memory && !strpbrk(w->text, "\t\n"))
            fprintf(f->memory, "%s\t%s\n", w->text, w->id);
    }
    if (f->memory)
        fflush(f->memory);
}

/* ---- asking ---------------------------------------------------------------- */

bool project_filter_wants(project_filter *f, const char *id)
{
    if (!f->ids) {
        f->ids = idset_new();
        for (size_t i = 0; i < f->n; i++)
            idset_add_text(f->ids, f->wishes[i].id);
    }
    return f->n == 0 || idset_has_text(f->ids, id);
}

bool project_filter_has(const project_filter *f, const char *name)
{
    return f->n == 0 || first_wish(f, name);
}

static void on_option(void *filter, const char *value)
{
    project_filter_add(filter, value);
}

option_def project_filter_option(project_filter *f, const char *help)
{
    return (option_def){.name = "project",
                        .letter = 'P',
                        .value = "NAME",
                        .help = help,
                        .call = on_option,
                        .context = f};
}
