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
}

void project_filter_free(project_filter *f)
{
    for (size_t i = 0; i < f->n; i++)
        free(f->wishes[i].id);
    free(f->wishes);
    if (f->memory)
        fclose(f->memory);
    *f = (project_filter){0};
}

static void keep_id(project_wish *w, const char *id)
{
    if (w->id && strcmp(w->id, id) == 0)
        return;
    free(w->id);
    w->id = xstrdup(id);
}

/* Its text is an id, which no name can overrule. */
static bool is_by_id(const project_wish *w)
{
    return w->id && strcmp(w->id, w->text) == 0;
}

static bool find_by_name(project_wish *w, const char *id, error *e)
{
    if (w->id && strcmp(w->id, id) != 0)
        return error_set(e, EX_USAGE,
                         "-P %s: two projects have this name, %s and %s: give one of the ids",
                         w->text, w->id, id);
    keep_id(w, id);
    return true;
}

bool project_filter_find(project_filter *f, const char *name, const char *id, error *e)
{
    for (size_t i = 0; i < f->n; i++) {
        project_wish *w = &f->wishes[i];
        if (w->settled)
            continue;
        if (strcmp(w->text, id) == 0)
            keep_id(w, id);
        else if (name && strcmp(w->text, name) == 0 && !is_by_id(w) && !find_by_name(w, id, e))
            return false;
    }
    return true;
}

void project_filter_find_lost(project_filter *f, const char *name, const char *id)
{
    for (size_t i = 0; i < f->n; i++) {
        project_wish *w = &f->wishes[i];
        if (!w->id && (strcmp(w->text, id) == 0 || strcmp(w->text, name) == 0))
            keep_id(w, id);
    }
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
    for (size_t i = 0; i < f->n; i++)
        if (!f->wishes[i].settled && strcmp(f->wishes[i].text, line) == 0) {
            keep_id(&f->wishes[i], id);
            f->wishes[i].settled = true;
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

bool project_filter_wants(const project_filter *f, const char *id)
{
    bool wanted = f->n == 0;
    for (size_t i = 0; i < f->n; i++)
        wanted |= f->wishes[i].id && strcmp(f->wishes[i].id, id) == 0;
    return wanted;
}

bool project_filter_has(const project_filter *f, const char *name)
{
    bool has = f->n == 0;
    for (size_t i = 0; i < f->n; i++)
        has |= strcmp(f->wishes[i].text, name) == 0;
    return has;
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
