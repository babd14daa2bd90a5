/* kitsu-fetch - productions out of Kitsu, as records. */
#include "base/msg.h"
#include "base/options.h"
#include "base/output.h"
#include "base/program.h"
#include "fetch/events.h"
#include "fetch/fetch.h"
#include "store/store_option.h"
#include "zou/kitsu_options.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#define STORE_SECONDS 30 /* to wait for a program that writes to the store */

typedef struct options {
    zou_options zou;
    const char *store;
    project_filter filter; /* owned */
    bool wanted[KINDS];
    bool types, events;
} options;

/* ---- options ------------------------------------------------------------ */

static void read_types(void *context, const char *list)
{
    options *o = context;
    o->types = true;
    memset(o->wanted, 0, sizeof o->wanted);
    while (*list) {
        char word[32];
        size_t len = strcspn(list, ",");
        snprintf(word, sizeof word, "%.*s", (int)len, list);
        kind k = kind_of(word);
        if (k == KIND_NONE && strcmp(word, "Project") != 0) /* which comes anyway */
            program_usage_error("--types: unknown kind \"%.*s\"", (int)len, list);
        if (k != KIND_NONE)
            o->wanted[k] = true;
        list += len + (list[len] == ',');
    }
}

static void read_options(options *o, int argc, char **argv)
{
    static const program_help help = {
        .usage = "kitsu-fetch [OPTION]... > records\n"
                 "kitsu-fetch [OPTION]... --events < events > records",
        .about = "Write Kitsu's productions to stdout, one JSON record a line.",
        .verbose = "say more; twice: every request",
        .exit_status = "0 done, 1 something was not read, 64 to 78 see opkitsu(7)."};
    const option_def defs[] = {kitsu_server_option(&o->zou),
                               store_option(&o->store),
                               kitsu_login_option(&o->zou),
                               kitsu_password_file_option(&o->zou),
                               kitsu_password_command_option(&o->zou),
                               project_filter_option(&o->filter),
                               {.name = "types",
                                .value = "LIST",
                                .help =
                                    "only these kinds, separated by commas: TaskType, TaskStatus,\n"
                                    "AssetType, Episode, Sequence, Shot, Asset, Edit, Concept,\n"
                                    "Task, Person (default: all but Person)",
                                .call = read_types,
                                .context = o},
                               {.name = "events",
                                .help = "what the events on stdin, from kitsu-listen, have changed",
                                .flag = &o->events},
                               {0}};
    for (int k = 0; k < KINDS; k++)
        o->wanted[k] = k != KIND_PERSON;
    options_read(&help, defs, argc, argv);
    kitsu_options_check(&o->zou);
    options_exclude("--types", o->types, "--events", o->events);
}

/* ---- the work ----------------------------------------------------------- */

/* With events the store stays open: it belongs to the reading then. Else it is
 * closed before the stream begins: at the pipe's other end somebody may want to
 * write to it. */
static int run(options *o, store *s)
{
    error e;
    project_links links = {0};
    o->zou.store = s;
    zou *z = zou_open(&o->zou, &e);
    int status = z ? EX_OK : e.status;
    if (!z) {
        msg_error("%s", e.what);
    } else if (o->events) {
        status = fetch_events_run(z, s, o->store, &o->filter);
        s = NULL;
    } else if (!project_links_read(&links, s, zou_server(z), &e)) {
        msg_error("%s", e.what);
        status = e.status;
    } else {
        store_close(s);
        s = NULL;
        status = fetch_run(z, o->wanted, !o->types, &o->filter, &links);
    }
    store_close(s);
    project_links_free(&links);
    zou_close(z);
    return status;
}

int main(int argc, char **argv)
{
    program_start("kitsu-fetch");
    options o = {0};
    error e;
    read_options(&o, argc, argv);
    int status;
    store *s = store_open(o.store, STORE_READ, STORE_SECONDS, &e);
    if (s) {
        status = run(&o, s);
    } else {
        msg_error("%s", e.what);
        status = e.status;
    }
    project_filter_free(&o.filter);
    return output_close(status);
}
