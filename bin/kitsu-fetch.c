/* kitsu-fetch - productions out of Kitsu, as records. */
#include "fetch.h"
#include "msg.h"
#include "ndjson.h"
#include "program.h"
#include "state.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

static const char usage[] =
    "usage: kitsu-fetch [-qv] [-s URL] [-d STORE] [-P PROJECT]... [--types LIST]\n"
    "                   [-l LOGIN] [--password-file FILE | --password-command COMMAND]\n"
    "Write Kitsu's productions to stdout, one JSON record a line.\n"
    "\n"
    "  -s, --server URL      Kitsu's address (KITSU_SERVER, OpenPype's settings)\n"
    "  -d, --store STORE     where OpenPype's projects are, to notice those that Kitsu\n"
    "                        no longer has (OP_STORE, OPENPYPE_MONGO)\n"
    "  -P, --project NAME    only this project, by name or id; may be repeated\n"
    "      --types LIST      only these kinds, with commas: TaskType, TaskStatus,\n"
    "                        AssetType, Episode, Sequence, Shot, Asset, Edit, Concept,\n"
    "                        Task, Person; without it all but Person\n"
    "  -l, --login LOGIN     who logs in (KITSU_LOGIN)\n"
    "      --password-file FILE        the password is its first line (KITSU_PWD)\n"
    "      --password-command COMMAND  the password is what it prints\n"
    "  -v, --verbose         say more; twice: every request\n"
    "  -q, --quiet           say less\n"
    "  -h, --help            print this help\n"
    "  -V, --version         print the version\n";

#define STORE_SECONDS 30 /* to wait for a program that writes to the store */

enum { TYPES = 256, PASSWORD_FILE, PASSWORD_COMMAND };

static const struct option long_options[] = {
    {"server", required_argument, NULL, 's'},
    {"store", required_argument, NULL, 'd'},
    {"project", required_argument, NULL, 'P'},
    {"types", required_argument, NULL, TYPES},
    {"login", required_argument, NULL, 'l'},
    {"password-file", required_argument, NULL, PASSWORD_FILE},
    {"password-command", required_argument, NULL, PASSWORD_COMMAND},
    PROGRAM_LONG_OPTIONS,
    {0},
};

/* A project of the store that is linked to one of Kitsu's. */
typedef struct linked {
    const char *id, *name;
    bool known; /* was synchronised from this server: the store has its checkpoint */
} linked;

typedef struct options {
    zou_options zou;
    const char *store;
    const char **names; /* owned: the -P */
    size_t n_names;
    bool *named; /* owned: which of them there are */
    bool wanted[KINDS];
} options;

typedef struct links {
    linked *items; /* owned; the texts lie in the arena */
    size_t len;
    arena *arena; /* owned */
} links;

/* ---- options ------------------------------------------------------------ */

static void read_types(options *o, const char *list)
{
    memset(o->wanted, 0, sizeof o->wanted);
    while (*list) {
        char word[32];
        size_t len = strcspn(list, ",");
        snprintf(word, sizeof word, "%.*s", (int)len, list);
        kind k = kind_of(word);
        if (k == KIND_NONE && strcmp(word, "Project") != 0) /* which comes anyway */
            program_usage_error("--types: there is no kind \"%.*s\"", (int)len, list);
        if (k != KIND_NONE)
            o->wanted[k] = true;
        list += len + (list[len] == ',');
    }
}

static void read_options(options *o, int argc, char **argv)
{
    *o = (options){.names = xmalloc((size_t)argc * sizeof *o->names),
                   .named = xmalloc((size_t)argc * sizeof *o->named)};
    for (int k = 0; k < KINDS; k++)
        o->wanted[k] = k != KIND_PERSON;
    int c;
    while ((c = getopt_long(argc, argv, "s:d:P:l:" PROGRAM_OPTIONS, long_options, NULL)) != -1)
        switch (c) {
        case 's': o->zou.server = optarg; break;
        case 'd': o->store = optarg; break;
        case 'P':
            o->named[o->n_names] = false;
            o->names[o->n_names++] = optarg;
            break;
        case 'l': o->zou.credentials.login = optarg; break;
        case TYPES: read_types(o, optarg); break;
        case PASSWORD_FILE: o->zou.credentials.password_file = optarg; break;
        case PASSWORD_COMMAND: o->zou.credentials.password_command = optarg; break;
        default: program_option(c, usage);
        }
    if (optind < argc)
        program_usage_error("unexpected argument \"%s\"", argv[optind]);
    if (o->zou.credentials.password_file && o->zou.credentials.password_command)
        program_usage_error("--password-file and --password-command: one of them");
}

/* Whether -P wants a project of this name and id, of which note is taken. */
static bool wants(options *o, const char *name, const char *id)
{
    bool wanted = o->n_names == 0;
    for (size_t i = 0; i < o->n_names; i++)
        if (strcmp(o->names[i], name) == 0 || strcmp(o->names[i], id) == 0)
            wanted = o->named[i] = true;
    return wanted;
}

/* ---- the store ---------------------------------------------------------- */

static bool add_link(void *context, store_ns ns, const json *document)
{
    links *l = context;
    const char *id = json_text(json_at(document, "data", "zou_id", NULL));
    const char *name = json_text(json_get(document, "name"));
    if (!id || !*id)
        return true;
    l->items = xrealloc(l->items, (l->len + 1) * sizeof *l->items);
    name = name ? name : ns.coll;
    l->items[l->len++] = (linked){.id = arena_text(l->arena, id, strlen(id)),
                                  .name = arena_text(l->arena, name, strlen(name))};
    return true;
}

static bool is_uuid(const char *text)
{
    return strlen(text) == 36 && strspn(text, "0123456789abcdefABCDEF-") == 36;
}

/* ---- the work ----------------------------------------------------------- */

/* Fold one outcome into the exit status. False: stop. */
static bool go_on(fetch_outcome outcome, int *status)
{
    if (outcome != FETCH_WHOLE && *status == EX_OK)
        *status = 1;
    return outcome != FETCH_LOST;
}

static bool is_listed(fetch *f, const linked *link)
{
    size_t n;
    const fetch_project *projects = fetch_projects(f, &n);
    for (size_t k = 0; k < n; k++)
        if (strcmp(projects[k].id, link->id) == 0)
            return true;
    return false;
}

/* What another Kitsu does not have was not deleted: a server is believed about
 * a project that was synchronised from it, or when it has another of the
 * store's. */
static bool write_deleted(fetch *f, options *o, const links *l, int *status, http_error *e)
{
    bool right_server = false;
    for (size_t i = 0; i < l->len; i++)
        right_server |= is_listed(f, &l->items[i]);
    for (size_t i = 0; i < l->len; i++) {
        const linked *link = &l->items[i];
        bool twin = false; /* a copy of a project has been asked for already */
        for (size_t k = 0; k < i; k++)
            twin |= strcmp(l->items[k].id, link->id) == 0;
        if (twin || is_listed(f, link) || !wants(o, link->name, link->id))
            continue;
        if (!is_uuid(link->id)) {
            msg_error("%s: its data.zou_id is no id of Kitsu's", link->name);
            *status = 1;
        } else if (!right_server && !link->known) {
            msg_error("%s: this Kitsu has none of the store's projects: is it the right server? "
                      "It is not taken for deleted",
                      link->name);
            *status = 1;
        } else if (!go_on(fetch_missing(f, link->id, link->name, e), status)) {
            return false;
        }
    }
    return true;
}

static bool write_projects(fetch *f, options *o, int *status, http_error *e)
{
    size_t n;
    fetch_project *projects = fetch_projects(f, &n);
    if (n == 0 && !fetch_sees_all(f)) {
        msg_error("this user is in the team of no project: there is nothing to read");
        *status = 1;
    }
    for (size_t i = 0; i < n; i++)
        if (wants(o, projects[i].name, projects[i].id) &&
            !go_on(fetch_one(f, &projects[i], e), status))
            return false;
    for (size_t i = 0; i < o->n_names; i++)
        if (!o->named[i]) {
            msg_error("%s: there is no such project, or this user may not see it", o->names[i]);
            *status = 1;
        }
    return true;
}

/* Write everything. Returns the exit status; a fatal one has been explained. */
static int run(zou *z, options *o, const links *l)
{
    int status = EX_OK;
    http_error e = {0};
    fetch *f = fetch_new(z, o->wanted, &e);
    bool ok = f && write_deleted(f, o, l, &status, &e) && write_projects(f, o, &status, &e);
    if (ok)
        fetch_checkpoint(f);
    else if (!ferror(stdout))
        msg_error("%s", e.what);
    fetch_free(f);
    return ok ? status : e.status;
}

/* What the store is needed for. It is closed before the stream begins: at the
 * pipe's other end somebody may want to write to it. */
static zou *read_store(options *o, links *l, http_error *e)
{
    store_error se;
    zou *z = NULL;
    arena *a = arena_new();
    store *s = store_open(o->store, STORE_READ, STORE_SECONDS, &se);
    if (s && store_projects(s, a, add_link, l, &se)) {
        o->zou.store = s;
        z = zou_open(&o->zou, e);
        o->zou.store = NULL;
        for (size_t i = 0; z && i < l->len; i++)
            if (!state_has_checkpoint(s, zou_server(z), l->items[i].id, a, &l->items[i].known,
                                      &se)) {
                http_fail(e, se.status, "%s", se.what);
                zou_close(z);
                z = NULL;
            }
    } else {
        http_fail(e, se.status, "%s", se.what);
    }
    store_close(s);
    arena_free(a);
    return z;
}

int main(int argc, char **argv)
{
    program_start("kitsu-fetch");
    options o;
    read_options(&o, argc, argv);
    links l = {.arena = arena_new()};
    http_error e;
    int status;
    zou *z = read_store(&o, &l, &e);
    if (z) {
        status = run(z, &o, &l);
    } else {
        msg_error("%s", e.what);
        status = e.status;
    }
    zou_close(z);
    arena_free(l.arena);
    free(l.items);
    free(o.names);
    free(o.named);
    return ndjson_close(status);
}
