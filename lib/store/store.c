#include "store/store.h"

#include "base/mem.h"
#include "base/utf8.h"
#include "store/driver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

/* ---- which store -------------------------------------------------------- */

static const char *environment(const char *name, const char *otherwise)
{
    const char *value = getenv(name);
    return value && *value ? value : otherwise;
}

/* Where the XDG base directory specification wants a user's data. */
static bool default_path(buf *path, error *e)
{
    const char *data = environment("XDG_DATA_HOME", "");
    const char *home = environment("HOME", "");
    if (data[0] == '/') /* a relative one is to be ignored, says the specification */
        buf_adds(path, data);
    else if (home[0])
        buf_addf(path, "%s/.local/share", home);
    else
        return error_set(e, EX_CONFIG, "no store: neither OP_STORE, XDG_DATA_HOME nor HOME is set");
    buf_adds(path, "/opkitsu/op.db");
    return true;
}

/* The URL's scheme and hosts. Where a stray `@` leaves open which part is the
 * password, the scheme alone. */
static char *safe_name(const char *url)
{
    const char *hosts = strstr(url, "://") + 3;
    size_t scheme = (size_t)(hosts - url), len = strcspn(hosts, "/?");
    const char *at = strrchr(hosts, '@');
    if (at && at < hosts + len) {
        len -= (size_t)(at + 1 - hosts);
        hosts = at + 1;
    } else if (at) {
        hosts = "...";
        len = strlen(hosts);
    }
    buf name = {0};
    buf_add(&name, url, scheme);
    buf_add(&name, hosts, len);
    return name.data;
}

static bool starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

static store *open_sqlite(const char *path, store_mode mode, unsigned wait, error *e)
{
    buf name = {0};
    buf_addf(&name, "sqlite:%s", path);
    store *s = store_sqlite_open(path, name.data, mode, wait, e);
    if (!s)
        buf_free(&name);
    return s;
}

/* Each record of a document names its database. */
static bool check_databases(error *e)
{
    static const char *const names[] = {"AVALON_DB", "OPENPYPE_DATABASE_NAME"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *database = environment(names[i], "");
        if (!utf8_is_whole(database))
            return error_set(e, EX_CONFIG, "%s is not UTF-8", names[i]);
    }
    if (strcmp(environment("AVALON_DB", "avalon"),
               environment("OPENPYPE_DATABASE_NAME", "openpype")) == 0)
        return error_set(e, EX_CONFIG,
                         "AVALON_DB and OPENPYPE_DATABASE_NAME are the same: projects would "
                         "be mixed with settings");
    return true;
}

static store *open_mongo(const char *url, error *e)
{
    /* libmongoc would take a part of the password for a host, and name it. */
    const char *hosts = strstr(url, "://") + 3, *at = strchr(hosts, '@');
    if (at && (strcspn(hosts, "/?") < (size_t)(at - hosts) || strchr(at + 1, '@'))) {
        error_set(e, EX_CONFIG,
                  "the store's URL: in a user or password write @ as %%40, / as %%2F");
        return NULL;
    }
    char *name = safe_name(url);
    store *s = store_mongo_open(url, name, e);
    if (!s)
        free(name);
    return s;
}

store *store_open(const char *url, store_mode mode, unsigned wait, error *e)
{
    store *s = NULL;
    buf path = {0};
    if (!url)
        url = environment("OP_STORE", environment("OPENPYPE_MONGO", NULL));
    if (!url) {
        if (default_path(&path, e))
            s = open_sqlite(path.data, mode, wait, e);
    } else if (starts_with(url, "sqlite:") && url[strlen("sqlite:")]) {
        s = open_sqlite(url + strlen("sqlite:"), mode, wait, e);
    } else if (starts_with(url, "mongodb://") || starts_with(url, "mongodb+srv://")) {
        s = open_mongo(url, e);
    } else {
        error_set(e, EX_CONFIG,
                  "bad store URL: use mongodb://..., mongodb+srv://... or sqlite:PATH");
    }
    buf_free(&path);
    if (s && !check_databases(e)) {
        s->driver->close(s);
        free(s->name);
        free(s);
        s = NULL;
    }
    if (s) {
        s->avalon = xstrdup(environment("AVALON_DB", "avalon"));
        s->openpype = xstrdup(environment("OPENPYPE_DATABASE_NAME", "openpype"));
    }
    return s;
}

void store_close(store *s)
{
    if (!s)
        return;
    s->driver->close(s);
    free(s->name);
    free(s->avalon);
    free(s->openpype);
    free(s);
}

void store_needs(const store *s, program_needs *n)
{
    s->driver->needs(s, n);
}

bool store_confine(const store *s, error *e)
{
    program_needs n = {0};
    store_needs(s, &n);
    return confine(&n, e);
}

const char *store_name(const store *s)
{
    return s->name;
}

const char *store_avalon(const store *s)
{
    return s->avalon;
}

const char *store_openpype(const store *s)
{
    return s->openpype;
}

/* ---- to the driver ------------------------------------------------------ */

static driver_sink with_fields(const store_sink *out, const char *const *fields)
{
    return (driver_sink){out->arena, out->fn, out->context, fields};
}

bool store_projects(store *s, const store_sink *out, error *e)
{
    static const char *const fields[] = {"type", "name", "data.zou_id", "data.active", NULL};
    driver_sink sink = with_fields(out, fields);
    return s->driver->projects(s, &sink, e);
}

bool store_project_documents(store *s, const store_sink *out, error *e)
{
    driver_sink sink = with_fields(out, NULL);
    return s->driver->projects(s, &sink, e);
}

bool store_documents(store *s, store_ns ns, store_what what, const char *const *fields,
                     const store_sink *out, error *e)
{
    driver_sink sink = with_fields(out, fields);
    return s->driver->documents(s, ns, what, &sink, e);
}

bool store_content_of(store *s, store_ns ns, store_content *content, error *e)
{
    return s->driver->content_of(s, ns, content, e);
}

bool store_published(store *s, store_ns ns, bool *published, error *e)
{
    store_content content = STORE_EMPTY;
    if (!store_content_of(s, ns, &content, e))
        return false;
    *published = content == STORE_PUBLISHED;
    return true;
}

typedef struct one {
    json *document;
    bool *found;
} one;

static bool take_one(void *context, store_ns ns, const json *document)
{
    (void)ns;
    one *o = context;
    *o->document = *document;
    *o->found = true;
    return false;
}

bool store_get(store *s, store_ns ns, const json *id, arena *a, json *document, bool *found,
               error *e)
{
    one o = {document, found};
    *found = false;
    return store_get_many(s, ns, (store_ids){&id, 1}, &(store_sink){a, take_one, &o}, e);
}

/* ---- many values --------------------------------------------------------- */

/* Values of one query. MongoDB's may take 16 MiB, some 300,000 ids; but a server that
 * compares each document with each of them has to answer before libmongoc gives up. */
#define QUERY_VALUES 500

/* A query, of which a part is asked at a time. All borrowed. */
typedef struct question {
    bool (*ask)(store *s, const struct question *q, size_t from, size_t n, const driver_sink *out,
                error *e);
    store_ns ns;
    size_t n;
    const json *const *ids;
    const char *const *texts;
    store_key key;
    const char *field;
} question;

static bool ask_get_many(store *s, const question *q, size_t from, size_t n, const driver_sink *out,
                         error *e)
{
    return s->driver->get_many(s, q->ns, (store_ids){q->ids + from, n}, out, e);
}

static bool ask_children(store *s, const question *q, size_t from, size_t n, const driver_sink *out,
                         error *e)
{
    return s->driver->children(s, q->ns, (store_ids){q->ids + from, n}, out, e);
}

static bool ask_linking(store *s, const question *q, size_t from, size_t n, const driver_sink *out,
                        error *e)
{
    return s->driver->linking(s, q->ns, (store_ids){q->ids + from, n}, out, e);
}

static bool ask_find(store *s, const question *q, size_t from, size_t n, const driver_sink *out,
                     error *e)
{
    return s->driver->find(s, q->ns, (store_query){q->key, q->texts + from, n}, out, e);
}

static bool ask_select(store *s, const question *q, size_t from, size_t n, const driver_sink *out,
                       error *e)
{
    return s->driver->select(s, q->ns, q->field, (store_texts){q->texts + from, n}, out, e);
}

/* Hands on documents until the reader has enough. */
typedef struct taking {
    const store_sink *out; /* borrowed */
    bool ended;
} taking;

static bool take(void *context, store_ns ns, const json *document)
{
    taking *t = context;
    t->ended = t->ended || !t->out->fn(t->out->context, ns, document);
    return !t->ended;
}

static bool ask(store *s, const question *q, const store_sink *out, error *e)
{
    taking t = {out, false};
    driver_sink sink = {out->arena, take, &t, NULL};
    bool ok = true;
    for (size_t from = 0; ok && !t.ended && from < q->n; from += QUERY_VALUES) {
        size_t left = q->n - from;
        ok = q->ask(s, q, from, left < QUERY_VALUES ? left : QUERY_VALUES, &sink, e);
    }
    return ok;
}

bool store_get_many(store *s, store_ns ns, store_ids ids, const store_sink *out, error *e)
{
    return ask(s, &(question){.ask = ask_get_many, .ns = ns, .n = ids.n, .ids = ids.items}, out, e);
}

bool store_children(store *s, store_ns ns, store_ids ids, const store_sink *out, error *e)
{
    return ask(s, &(question){.ask = ask_children, .ns = ns, .n = ids.n, .ids = ids.items}, out, e);
}

bool store_linking(store *s, store_ns ns, store_ids ids, const store_sink *out, error *e)
{
    return ask(s, &(question){.ask = ask_linking, .ns = ns, .n = ids.n, .ids = ids.items}, out, e);
}

bool store_find(store *s, store_ns ns, store_query q, const store_sink *out, error *e)
{
    question of = {.ask = ask_find, .ns = ns, .n = q.n, .texts = q.values, .key = q.key};
    return ask(s, &of, out, e);
}

bool store_select(store *s, store_ns ns, const char *field, store_texts values,
                  const store_sink *out, error *e)
{
    question of = {
        .ask = ask_select, .ns = ns, .n = values.n, .texts = values.items, .field = field};
    return ask(s, &of, out, e);
}

/* ---- to the driver ------------------------------------------------------ */

bool store_prune(store *s, store_ns ns, const store_age *age, error *e)
{
    return s->driver->prune(s, ns, age, e);
}

bool store_now(store *s, double *seconds, error *e)
{
    return s->driver->now(s, seconds, e);
}

bool store_begin(store *s, error *e)
{
    return s->driver->begin(s, e);
}

bool store_commit(store *s, error *e)
{
    return s->driver->commit(s, e);
}

void store_rollback(store *s)
{
    s->driver->rollback(s);
}

bool store_atomic(const store *s)
{
    return s->driver->atomic;
}

bool store_write_all(store *s, store_ns ns, store_write *writes, size_t n, arena *a, error *e)
{
    return n == 0 || s->driver->write_all(s, ns, writes, n, a, e);
}

bool store_drop(store *s, store_ns ns, bool anyway, store_content *content, error *e)
{
    return s->driver->drop(s, ns, anyway, content, e);
}

bool store_index(store *s, store_ns ns, store_texts fields, error *e)
{
    return s->driver->index(s, ns, fields, e);
}

bool store_put(store *s, store_ns ns, const json *document, arena *a, error *e)
{
    return s->driver->put(s, ns, document, a, e);
}
