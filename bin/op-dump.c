/* op-dump - print OpenPype's documents. */
#include "base/msg.h"
#include "base/options.h"
#include "base/output.h"
#include "base/program.h"
#include "model/project_filter.h"
#include "record/document.h"
#include "record/end.h"
#include "record/ndjson.h"
#include "store/store.h"
#include "store/store_option.h"

#include <stdio.h>

typedef struct options {
    const char *store;     /* borrowed; NULL: the environment's */
    project_filter filter; /* owned */
    store_what what;
    bool bare;
} options;

typedef struct names {
    arena *arena;   /* borrowed */
    arena *scratch; /* borrowed: the documents, of which only the names stay */
    json list;      /* OpenPype's, */
    json ids;       /* and Kitsu's ids of these projects, "" for one that has none */
} names;

static bool take_name(void *context, store_ns ns, const json *document)
{
    names *n = context;
    const char *id = json_text(json_at(document, "data", "zou_id", NULL));
    json_push(n->arena, &n->list, json_string(n->arena, ns.coll));
    json_push(n->arena, &n->ids, json_string(n->arena, id ? id : ""));
    arena_reset(n->scratch);
    return true;
}

typedef struct printer {
    arena *arena; /* borrowed: the document's */
    bool bare;
    unsigned long n; /* documents of this project */
} printer;

static bool print_document(void *context, store_ns ns, const json *document)
{
    printer *p = context;
    if (p->bare) {
        ndjson_write(document);
    } else {
        json record = document_make(p->arena, &(document_record){ns.db, ns.coll, document});
        ndjson_write(&record);
    }
    arena_reset(p->arena);
    p->n++;
    return !ferror(stdout);
}

/* The End, without which a reader takes the stream for one that was cut. */
static void print_end(printer *p, store_ns ns)
{
    json counts = json_object();
    json_add(p->arena, &counts, "Document", json_integer(p->arena, (int64_t)p->n));
    json record = end_make(
        p->arena,
        &(end_record){.scope = END_DOCUMENTS, .db = ns.db, .coll = ns.coll, .counts = counts});
    if (!p->bare)
        ndjson_write(&record);
    arena_reset(p->arena);
    p->n = 0;
}

/* Returns 1 if the store lacks a project that -P names. */
static int check_names(project_filter *f, const store *s, const names *n)
{
    int status = 0;
    for (uint32_t i = 0; i < n->list.len; i++)
        project_filter_find_lost(f, n->list.items[i].text, n->ids.items[i].text);
    for (size_t i = 0; i < f->n; i++)
        if (!f->wishes[i].id) {
            msg_error("%s: no project '%s'", store_name(s), f->wishes[i].text);
            status = 1;
        }
    return status;
}

static int dump(options *o, store *s, arena *keep, arena *scratch)
{
    error e;
    names n = {keep, scratch, json_array(), json_array()};
    printer p = {scratch, o->bare, 0};
    bool ok = store_projects(s, &(store_sink){scratch, take_name, &n}, &e);
    int status = ok ? check_names(&o->filter, s, &n) : 0;
    for (uint32_t i = 0; ok && i < n.list.len && !ferror(stdout); i++) {
        store_ns ns = {store_avalon(s), n.list.items[i].text};
        if (!project_filter_has(&o->filter, ns.coll) &&
            !project_filter_has(&o->filter, n.ids.items[i].text))
            continue;
        ok = store_documents(s, ns, o->what, NULL, &(store_sink){scratch, print_document, &p}, &e);
        if (ok)
            print_end(&p, ns);
    }
    if (ok)
        return status;
    msg_error("%s", e.what);
    return e.status;
}

static int run(options *o)
{
    error e;
    store *s = store_open(o->store, STORE_READ, 30, &e);
    if (!s || !store_confine(s, &e)) {
        msg_error("%s", e.what);
        store_close(s);
        return e.status;
    }
    arena *keep = arena_new(), *scratch = arena_new();
    int status = dump(o, s, keep, scratch);
    arena_free(scratch);
    arena_free(keep);
    store_close(s);
    return status;
}

static void read_options(options *o, int argc, char **argv)
{
    static const program_help help = {
        .usage = "op-dump [OPTION]... > documents",
        .about =
            "Print OpenPype's documents: projects and assets whole, of all others only _id, type\n"
            "and parent.",
        .exit_status = "0 done, 1 a project does not exist, 64 to 78 see opkitsu(7)."};
    bool all = false;
    const option_def defs[] = {
        store_option(&o->store),
        project_filter_option(
            &o->filter,
            "only this project, by its name in OpenPype or Kitsu's id;\nmay be repeated"),
        {.name = "all", .help = "every document, whole", .flag = &all},
        {.name = "bare",
         .help = "only the documents, as mongoexport prints them",
         .flag = &o->bare},
        {0}};
    options_read(&help, defs, argc, argv);
    o->what = all ? STORE_ALL : STORE_ENTITIES;
}

int main(int argc, char **argv)
{
    program_start("op-dump");
    options o = {0};
    read_options(&o, argc, argv);
    int status = output_close(run(&o));
    project_filter_free(&o.filter);
    return status;
}
