/* op-link - print the Change that links a project, or one of its documents, to Kitsu's. */
#include "base/msg.h"
#include "base/options.h"
#include "base/output.h"
#include "base/program.h"
#include "model/change_builder.h"
#include "record/ndjson.h"
#include "store/store.h"
#include "store/store_option.h"
#include "zou/id.h"

#include <string.h>
#include <sysexits.h>

typedef struct options {
    const char *store;    /* borrowed; NULL: the environment's */
    const char *document; /* borrowed: a name or an `_id`; NULL: the project itself */
    const char *project, *kitsu_id;
} options;

/* The document that is meant, among those of the project. */
typedef struct search {
    arena *arena;         /* borrowed */
    const char *wanted;   /* borrowed; NULL: the project document */
    const char *kitsu_id; /* borrowed */
    json found;           /* the first */
    unsigned n;           /* how many there are, */
    buf ids;              /* and their `_id`s, as a list */
    json linked;          /* a live document that has the id already; null: none */
} search;

static bool is_wanted(const search *s, const json *document)
{
    const json *type = json_get(document, "type");
    const char *key = json_id(s->arena, json_get(document, "_id"));
    if (!s->wanted)
        return json_text_is(type, "project");
    return (json_text_is(type, "asset") || json_text_is(type, "archived_asset")) &&
           (json_text_is(json_get(document, "name"), s->wanted) ||
            (key && strcmp(key, s->wanted) == 0));
}

static bool take_document(void *context, store_ns ns, const json *document)
{
    search *s = context;
    (void)ns;
    if (!is_wanted(s, document)) {
        if (json_text_is(json_get(document, "type"), "asset") &&
            json_text_is(json_at(document, "data", "zou", "id", NULL), s->kitsu_id))
            s->linked = *document;
        return true;
    }
    if (s->n == 0)
        s->found = *document;
    buf_addf(&s->ids, "%s%s", s->n++ ? ", " : "", json_id(s->arena, json_get(document, "_id")));
    return true;
}

/* Without a type in `data.zou` the document is not deleted if Kitsu does not have the id: it
 * is no more than what a person wrote, until a synchronisation fills in the rest. */
static void link_entity(change_builder *x, const json *document, json id)
{
    const json *zou = json_at(document, "data", "zou", NULL);
    if (!json_is(zou, JSON_OBJECT)) {
        json link = json_object();
        json_add(x->arena, &link, "id", id);
        change_builder_set(x, link, "data", "zou", NULL);
    } else if (!json_text_is(json_get(zou, "id"), json_text(&id))) {
        change_builder_set(x, id, "data", "zou", "id", NULL);
        change_builder_unset(x, "data", "zou", "type", NULL);
    }
}

static void write_link(const options *o, store_ns ns, arena *a, const json *document)
{
    change_builder x = change_builder_new(a, document);
    json id = json_string(a, o->kitsu_id);
    if (o->document)
        link_entity(&x, document, id);
    else
        change_builder_set(&x, id, "data", "zou_id", NULL);
    if (!change_builder_changes(&x)) {
        msg_warn("%s: linked to it already", o->document ? o->document : o->project);
        return;
    }
    json change = change_builder_change(&x, ns.db, ns.coll, json_get(document, "_id"), json_null());
    ndjson_write(&change);
}

/* Returns 1 if there is no such document, or several. */
static int link_document(const options *o, store *s, arena *a)
{
    error e;
    store_ns ns = {store_avalon(s), o->project};
    search look = {
        .arena = a, .wanted = o->document, .kitsu_id = o->kitsu_id, .linked = json_null()};
    if (!store_documents(s, ns, STORE_ASSETS, NULL, &(store_sink){a, take_document, &look}, &e)) {
        msg_error("%s", e.what);
        return e.status;
    }
    bool is_one = look.n == 1;
    if (is_one && !json_is_null(&look.linked))
        msg_warn("\"%s\" (%s) is linked to it already: of the two the one counts that has more "
                 "work in it",
                 json_text(json_get(&look.linked, "name")) ? json_get(&look.linked, "name")->text
                                                           : "?",
                 json_id(a, json_get(&look.linked, "_id")));
    if (is_one)
        write_link(o, ns, a, &look.found);
    else if (look.n == 0)
        msg_error("%s: no %s '%s'", store_name(s), o->document ? "document" : "project",
                  o->document ? o->document : o->project);
    else
        msg_error("%s: several documents are called '%s'; give -D the _id of one: %s",
                  store_name(s), o->document ? o->document : o->project, look.ids.data);
    buf_free(&look.ids);
    return is_one ? EX_OK : 1;
}

static int run(const options *o)
{
    error e;
    store *s = store_open(o->store, STORE_READ, 30, &e);
    if (!s || !store_confine(s, &e)) {
        msg_error("%s", e.what);
        store_close(s);
        return e.status;
    }
    arena *a = arena_new();
    int status = link_document(o, s, a);
    arena_free(a);
    store_close(s);
    return status;
}

static void read_options(options *o, int argc, char **argv)
{
    static const program_help help = {
        .usage = "op-link [OPTION]... PROJECT KITSU_ID > changes",
        .about =
            "Print the change that links a project of OpenPype, or one of its documents, to a\n"
            "project or an entity of Kitsu. op-apply carries it out.",
        .operands = "PROJECT is the project's name in OpenPype. KITSU_ID is the id of a project in "
                    "Kitsu, with\n"
                    "-D that of an episode, sequence, shot or asset.",
        .exit_status = "0 done, 1 there is no such project or document, 64 to 78 see opkitsu(7)."};
    const option_def defs[] = {store_option(&o->store),
                               {.name = "document",
                                .letter = 'D',
                                .value = "NAME",
                                .help = "link not the project, but its document of this name or\n"
                                        "_id, live or archived",
                                .text = &o->document},
                               {0}};
    int first = options_read(&help, defs, argc, argv);
    if (argc - first != 2)
        program_usage_error("expected PROJECT and KITSU_ID");
    o->project = argv[first];
    o->kitsu_id = argv[first + 1];
    if (!zou_is_id(o->kitsu_id))
        program_usage_error("\"%s\" is not an id of Kitsu's", o->kitsu_id);
}

int main(int argc, char **argv)
{
    program_start("op-link");
    options o = {0};
    read_options(&o, argc, argv);
    return output_close(run(&o));
}
