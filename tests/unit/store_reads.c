/* store/store.h: reading from an SQLite file and, where $STUDIO_MONGO names one, from a
 * server that speaks MongoDB's protocol: some fields, many values, the reader's end. */
#include "tap.h"

#include "store/store.h"

#include <unistd.h>

#define MANY 50000     /* values: several queries */
#define LONG "%01000d" /* with so many of these: more than one query of MongoDB's takes */

static const char *const stored[] = {
    "{\"_id\":{\"$oid\":\"000000000000000000000001\"},\"type\":\"project\",\"name\":\"demo\","
    "\"data\":{\"zou_id\":\"p1\",\"active\":false,\"code\":\"d\"},\"config\":{\"apps\":[1]}}",
    "{\"_id\":{\"$oid\":\"000000000000000000000002\"},\"type\":\"asset\",\"name\":\"SH010\","
    "\"data\":{\"zou\":{\"id\":\"s1\",\"x\":[{\"a\":1,\"b\":2}]},\"note\":5}}",
    "{\"_id\":{\"$oid\":\"000000000000000000000003\"},\"type\":\"asset\",\"name\":\"SH020\"}",
    "{\"_id\":{\"$oid\":\"000000000000000000000005\"},\"type\":\"asset\",\"name\":\"SH030\","
    "\"data\":"
    "{\"inputLinks\":[null,\"x\",5,[],{\"id\":\"x\"},{\"id\":{\"$oid\":"
    "\"000000000000000000000002\"}}]}}",
    "{\"_id\":{\"$oid\":\"000000000000000000000006\"},\"type\":\"archived_asset\",\"name\":\"a\","
    "\"data\":{\"inputLinks\":[{\"id\":{\"$oid\":\"000000000000000000000003\"},\"linkedBy\":\"x\"}]"
    "}}",
    "{\"_id\":{\"$oid\":\"000000000000000000000007\"},\"type\":\"asset\",\"name\":\"b\","
    "\"data\":{\"inputLinks\":\"000000000000000000000002\"}}",
    "{\"_id\":{\"$oid\":\"000000000000000000000008\"},\"type\":\"workfile\",\"data\":"
    "{\"inputLinks\":[{\"id\":{\"$oid\":\"000000000000000000000002\"}}]}}",
    "{\"_id\":{\"$oid\":\"000000000000000000000004\"},\"type\":\"subset\",\"parent\":"
    "{\"$oid\":\"000000000000000000000002\"}}",
};

typedef struct gathered {
    arena *a;
    json list;
    size_t limit; /* documents, after which the reader has enough */
} gathered;

static bool take(void *context, store_ns ns, const json *document)
{
    gathered *g = context;
    (void)ns;
    json_push(g->a, &g->list, *document);
    return g->list.len < g->limit;
}

/* What came of a call, as a text. */
static const char *text_of(const gathered *g, bool read, const error *e)
{
    return read ? json_written(g->a, &g->list) : e->what;
}

static void put_all(arena *a, store *s, store_ns ns)
{
    error e = {0};
    store_write writes[ROWS(stored)];
    json documents[ROWS(stored)];
    for (size_t i = 0; i < ROWS(stored); i++) {
        documents[i] = parsed(a, stored[i]);
        writes[i] = (store_write){
            .op = STORE_INSERT, .id = json_get(&documents[i], "_id"), .after = &documents[i]};
    }
    ok(store_begin(s, &e) && store_write_all(s, ns, writes, ROWS(stored), a, &e) &&
           store_commit(s, &e),
       "written: %s", e.what);
}

static void some_fields(arena *a, store *s, store_ns ns)
{
    static const char *const fields[] = {"data.zou.id", "data.zou.none", "name", NULL};
    gathered g = {a, json_array(), 9};
    store_sink sink = {a, take, &g};
    error e = {0};
    bool read = store_projects(s, &sink, &e);
    is_text(text_of(&g, read, &e),
            "[{\"_id\":{\"$oid\":\"000000000000000000000001\"},\"type\":\"project\","
            "\"name\":\"demo\",\"data\":{\"zou_id\":\"p1\",\"active\":false}}]",
            "projects: what tells one from another");
    g.list = json_array();
    read = store_project_documents(s, &sink, &e);
    json whole = json_array();
    json_push(a, &whole, parsed(a, stored[0]));
    is_text(text_of(&g, read, &e), json_written(a, &whole), "projects: whole");
    g.list = json_array();
    read = store_documents(s, ns, STORE_ASSETS, fields, &sink, &e);
    ok(read && g.list.len == 6 && !json_get(&g.list.items[0], "config") &&
           json_text_is(json_at(&g.list.items[1], "data", "zou", "id", NULL), "s1") &&
           !json_at(&g.list.items[1], "data", "note", NULL) &&
           json_text_is(json_get(&g.list.items[2], "name"), "SH020"),
       "documents: some fields: %s", text_of(&g, read, &e));
    static const char *const in_array[] = {"data.zou.x.a", NULL};
    g.list = json_array();
    read = store_documents(s, ns, STORE_ALL, in_array, &sink, &e);
    const json *x =
        read && g.list.len == 8 ? json_at(&g.list.items[1], "data", "zou", "x", NULL) : NULL;
    ok(json_is(x, JSON_ARRAY) && x->len == 1 && json_get(&x->items[0], "a"),
       "documents: what lies in an array: %s", text_of(&g, read, &e));
}

/* The first and the last of many values are there. */
static void many_values(arena *a, store *s, store_ns ns)
{
    const char **names = arena_alloc(a, MANY * sizeof *names);
    const json **ids = arena_alloc(a, MANY * sizeof *ids);
    error e = {0};
    for (int i = 0; i < MANY; i++) {
        json *id = arena_alloc(a, sizeof *id);
        int shown = i == 0 ? 2 : i == MANY - 1 ? 3 : i + 10;
        *id = json_oid(a, arena_printf(a, "%024d", shown));
        names[i] = i == 0 ? "SH010" : i == MANY - 1 ? "SH020" : arena_printf(a, LONG, i);
        ids[i] = id;
    }
    gathered g = {a, json_array(), 9};
    store_sink sink = {a, take, &g};
    bool read = store_find(s, ns, (store_query){STORE_NAME, names, MANY}, &sink, &e);
    ok(read && g.list.len == 2, "find: %s", text_of(&g, read, &e));
    g.list = json_array();
    read = store_get_many(s, ns, (store_ids){ids, MANY}, &sink, &e);
    ok(read && g.list.len == 2, "get_many: %s", text_of(&g, read, &e));
    g.list = json_array();
    read = store_children(s, ns, (store_ids){ids, MANY}, &sink, &e);
    ok(read && g.list.len == 1, "children: %s", text_of(&g, read, &e));
    g.list = json_array();
    g.limit = 1;
    read = store_find(s, ns, (store_query){STORE_NAME, names, MANY}, &sink, &e);
    ok(read && g.list.len == 1, "a reader that has enough gets no more");
    g.list = json_array();
    read = store_select(s, (store_ns){store_openpype(s), "opkitsu"}, "task_id",
                        (store_texts){names, MANY}, &sink, &e);
    ok(read && g.list.len == 0, "select: %s", text_of(&g, read, &e));
}

/* The documents that link to these. */
static void linking(arena *a, store *s, store_ns ns)
{
    json to[] = {json_oid(a, "000000000000000000000002"), json_oid(a, "000000000000000000000003"),
                 json_oid(a, "000000000000000000000009")};
    const json *ids[] = {&to[0], &to[1], &to[2], &to[0]};
    gathered g = {a, json_array(), 9};
    store_sink sink = {a, take, &g};
    error e = {0};
    bool read = store_linking(s, ns, (store_ids){ids, 4}, &sink, &e);
    ok(read && g.list.len == 2, "linking: %s", text_of(&g, read, &e));
    g.list = json_array();
    read = store_linking(s, ns, (store_ids){ids + 2, 1}, &sink, &e);
    ok(read && g.list.len == 0, "linking to nothing: %s", text_of(&g, read, &e));
    g.list = json_array();
    read = store_linking(s, ns, (store_ids){ids, 0}, &sink, &e);
    ok(read && g.list.len == 0, "linking: no ids");
}

static void all_of(const char *url)
{
    arena *a = arena_new();
    error e = {0};
    store *s = store_open(url, STORE_WRITE, 5, &e);
    if (ok(s, "open %s %s", s ? store_name(s) : url, e.what)) {
        store_content content;
        store_ns ns = {store_avalon(s), "demo"};
        put_all(a, s, ns);
        some_fields(a, s, ns);
        many_values(a, s, ns);
        linking(a, s, ns);
        store_drop(s, ns, true, &content, &e);
    }
    store_close(s);
    arena_free(a);
}

int main(void)
{
    char folder[] = "/tmp/opkitsu-XXXXXX", url[64], file[64];
    const char *mongo = getenv("STUDIO_MONGO");
    snprintf(url, sizeof url, "avalon_unit_%ld", (long)getpid());
    setenv("AVALON_DB", url, 1);
    if (!mkdtemp(folder))
        return 1;
    snprintf(url, sizeof url, "sqlite:%s/op.db", folder);
    all_of(url);
    snprintf(file, sizeof file, "%s/op.db", folder);
    unlink(file);
    rmdir(folder);
    if (mongo && *mongo)
        all_of(mongo);
    return done();
}
