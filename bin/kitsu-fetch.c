/* kitsu-fetch - productions out of Kitsu, as records. */
#include "base/msg.h"
#include "base/output.h"
#include "base/program.h"
#include "fetch/events.h"
#include "fetch/fetch.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

static const char usage[] =
    "usage: kitsu-fetch [-qv] [-s URL] [-d STORE] [-P PROJECT]... [--types LIST | --events]\n"
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
    "      --events          what the events of kitsu-listen, on stdin, have changed\n"
    "  -l, --login LOGIN     who logs in (KITSU_LOGIN)\n"
    "      --password-file FILE        the password is its first line (KITSU_PWD)\n"
    "      --password-command COMMAND  the password is what it prints\n"
    "  -v, --verbose         say more; twice: every request\n"
    "  -q, --quiet           say less\n"
    "  -h, --help            print this help\n"
    "  -V, --version         print the version\n";

#define STORE_SECONDS 30 /* to wait for a program that writes to the store */

enum { TYPES = 256, EVENTS, PASSWORD_FILE, PASSWORD_COMMAND };

static const struct option long_options[] = {
    {"server", required_argument, NULL, 's'},
    {"store", required_argument, NULL, 'd'},
    {"project", required_argument, NULL, 'P'},
    {"types", required_argument, NULL, TYPES},
    {"events", no_argument, NULL, EVENTS},
    {"login", required_argument, NULL, 'l'},
    {"password-file", required_argument, NULL, PASSWORD_FILE},
    {"password-command", required_argument, NULL, PASSWORD_COMMAND},
    PROGRAM_LONG_OPTIONS,
    {0},
};

typedef struct options {
    zou_options zou;
    const char *store;
    project_filter filter; /* owned */
    bool wanted[KINDS];
    bool types, events;
} options;

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
    *o = (options){.filter = {0}};
    for (int k = 0; k < KINDS; k++)
        o->wanted[k] = k != KIND_PERSON;
    int c;
    while ((c = getopt_long(argc, argv, "s:d:P:l:" PROGRAM_OPTIONS, long_options, NULL)) != -1)
        switch (c) {
        case 's': o->zou.server = optarg; break;
        case 'd': o->store = optarg; break;
        case 'P': project_filter_add(&o->filter, optarg); break;
        case 'l': o->zou.credentials.login = optarg; break;
        case TYPES:
            o->types = true;
            read_types(o, optarg);
            break;
        case EVENTS: o->events = true; break;
        case PASSWORD_FILE: o->zou.credentials.password_file = optarg; break;
        case PASSWORD_COMMAND: o->zou.credentials.password_command = optarg; break;
        default: program_option(c, usage);
        }
    if (optind < argc)
        program_usage_error("unexpected argument \"%s\"", argv[optind]);
    if (o->zou.credentials.password_file && o->zou.credentials.password_command)
        program_usage_error("--password-file and --password-command: one of them");
    if (o->types && o->events)
        program_usage_error("--types and --events: one of them");
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
    options o;
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
