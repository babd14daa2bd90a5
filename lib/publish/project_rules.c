#include "publish/project_rules.h"

#include "base/mem.h"
#include "base/msg.h"
#include "json/casefold.h"
#include "store/settings.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#define STORE_SECONDS 30 /* how long to wait for a writer */

/* The settings of one project. In the arena. */
typedef struct project_rule {
    const char *name; /* NULL: of publishes that name none */
    bool valid;
    rule_settings settings;
    struct project_rule *next;
} project_rule;

struct project_rules {
    bool shared, openpype;
    settings *settings;     /* owned */
    arena *arena;           /* owned */
    project_rule *projects; /* a list */
};

static bool is_store_url(const char *config)
{
    static const char *const schemes[] = {"sqlite:", "mongodb:", "mongodb+srv:"};
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        if (strncmp(config, schemes[i], strlen(schemes[i])) == 0)
            return true;
    return false;
}

static settings *load_file(const char *file, error *e)
{
    settings *s = settings_load_one(file, NULL, e);
    if (!s || strcmp(settings_source(s, NULL, RULE_SETTINGS), file) == 0)
        return s;
    error_set(e, EX_CONFIG, "%s: no %s in it", file, RULE_SETTINGS);
    settings_free(s);
    return NULL;
}

static settings *load_store(const char *config, const char *url, error *e)
{
    store *s = store_open(config ? config : url, STORE_READ, STORE_SECONDS, e);
    settings *loaded = !s ? NULL : config ? settings_load_one(NULL, s, e) : settings_load(s, e);
    store_close(s);
    return loaded;
}

project_rules *project_rules_load(const char *config, const char *url, bool openpype, error *e)
{
    bool is_file = config && !is_store_url(config);
    settings *loaded = is_file ? load_file(config, e) : load_store(config, url, e);
    if (!loaded)
        return NULL;
    settings_warn(loaded);
    casefold_prepare();
    project_rules *p = xmalloc(sizeof *p);
    *p = (project_rules){
        .shared = is_file, .openpype = openpype, .settings = loaded, .arena = arena_new()};
    return p;
}

void project_rules_free(project_rules *p)
{
    if (!p)
        return;
    settings_free(p->settings);
    arena_free(p->arena);
    free(p);
}

bool project_rules_are_shared(const project_rules *p)
{
    return p->shared;
}

const char *project_rules_source(project_rules *p, const char *project, const char *path)
{
    const char *whole = arena_text(p->arena, path, strcspn(path, "["));
    const char *source = settings_source(p->settings, p->shared ? NULL : project, whole);
    return source ? source : "settings";
}

typedef struct mistakes {
    project_rules *rules;
    const char *project;
} mistakes;

static void report_mistake(void *context, bool fatal, const char *path, const char *what)
{
    mistakes *m = context;
    const char *source = project_rules_source(m->rules, m->project, path);
    if (fatal)
        msg_error("%s: %s: %s", source, path, what);
    else
        msg_warn("%s: %s: %s", source, path, what);
}

static project_rule *read_project(project_rules *p, const char *name)
{
    mistakes m = {p, name};
    project_rule *r = arena_alloc(p->arena, sizeof *r);
    *r = (project_rule){.name = name ? arena_text(p->arena, name, strlen(name)) : NULL,
                        .next = p->projects};
    p->projects = r;
    r->valid = rule_settings_read(p->arena, settings_for(p->settings, name), p->openpype,
                                  &r->settings, report_mistake, &m);
    return r;
}

static const char *name_of(const project_rules *p, const char *project)
{
    return p->shared || !project || !*project ? NULL : project;
}

publish_scope project_rules_scope(project_rules *p, const char *project)
{
    return publish_scope_of(settings_for(p->settings, name_of(p, project)));
}

const rule_settings *project_rules_get(project_rules *p, const char *project, bool *fresh)
{
    const char *name = name_of(p, project);
    project_rule *r = p->projects;
    while (r && (name && r->name ? strcmp(name, r->name) != 0 : name != r->name))
        r = r->next;
    *fresh = !r;
    if (!r)
        r = read_project(p, name);
    return r->valid ? &r->settings : NULL;
}
