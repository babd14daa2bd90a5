#include "model/project_filter.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

void project_filter_add(project_filter *f, const char *text)
{
    f->wishes = xgrow(f->wishes, f->n, &f->cap, sizeof *f->wishes);
    f->wishes[f->n++] = (project_wish){.text = text};
}

void project_filter_free(project_filter *f)
{
    free(f->wishes);
    *f = (project_filter){0};
}

bool project_filter_names(const char *text, const char *name, const char *id)
{
    return (name && strcmp(text, name) == 0) || (id && strcmp(text, id) == 0);
}

bool project_filter_wants(project_filter *f, const char *name, const char *id)
{
    bool wanted = f->n == 0;
    for (size_t i = 0; i < f->n; i++)
        if (project_filter_names(f->wishes[i].text, name, id))
            wanted = f->wishes[i].found = true;
    return wanted;
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
