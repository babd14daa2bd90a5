#include "store/posted.h"

#include <string.h>
#include <sysexits.h>

#define COLLECTION "opkitsu_comments"

static store_ns posted_ns(const store *s)
{
    return (store_ns){store_openpype(s), COLLECTION};
}

static json id_of(arena *a, posted_key key)
{
    return json_string(a,
                       arena_printf(a, "comment:%s:%lld", key.publish_id, (long long)key.instance));
}

/* ---- the document ------------------------------------------------------- */

/* As it is stored. */
typedef struct entry {
    json id, document; /* null: it is new */
    bool found;
    const char *owner; /* NULL: nobody has claimed it */
    double expires;
} entry;

static bool read_entry(store *s, posted_key key, arena *a, entry *x, error *e)
{
    *x = (entry){.id = id_of(a, key), .document = json_null()};
    if (!store_get(s, posted_ns(s), &x->id, a, &x->document, &x->found, e))
        return false;
    if (!x->found)
        x->document = json_null();
    x->owner = json_text(json_get(&x->document, "owner"));
    json_double(json_get(&x->document, "expires"), &x->expires);
    return true;
}

/* Without what belongs to the store and to the claim. */
static json bare(arena *a, const json *document)
{
    static const char *const own[] = {"_id", "type", "owner", "expires"};
    json out = json_object();
    for (uint32_t i = 0; document->type == JSON_OBJECT && i < document->len; i++) {
        const json_member *m = &document->members[i];
        bool is_own = false;
        for (size_t k = 0; k < sizeof own / sizeof *own; k++)
            is_own |= strcmp(m->key, own[k]) == 0;
        if (!is_own)
            json_add(a, &out, m->key, m->value);
    }
    return out;
}

/* `owner` NULL: not claimed. */
static json whole(arena *a, const json *id, const json *content, const char *owner, double expires)
{
    json out = json_object();
    json_add(a, &out, "_id", *id);
    json_add(a, &out, "type", json_string(a, "comment"));
    if (owner) {
        json_add(a, &out, "owner", json_string(a, owner));
        json_add(a, &out, "expires", json_real(a, expires));
    }
    for (uint32_t i = 0; i < content->len; i++)
        json_add(a, &out, content->members[i].key, content->members[i].value);
    return out;
}

/* Add the keys of a document but for its `_id` and those that are there. */
static void add_paths(const char **paths, size_t *n, const json *document)
{
    for (uint32_t i = 0; i < document->len; i++) {
        const char *key = document->members[i].key;
        bool there = strcmp(key, "_id") == 0;
        for (size_t k = 0; k < *n; k++)
            there |= strcmp(paths[k], key) == 0;
        if (!there)
            paths[(*n)++] = key;
    }
}

/* Write what `after` says in place of `x`; NULL: delete it. It is done only if `x` is what
 * is still there. */
static bool write_entry(store *s, const entry *x, const json *after, arena *a, bool *done, error *e)
{
    store_write w = {.op = !after     ? STORE_DELETE
                           : x->found ? STORE_UPDATE
                                      : STORE_INSERT,
                     .id = &x->id,
                     .before = x->found ? &x->document : NULL,
                     .after = after};
    if (w.op == STORE_UPDATE) {
        w.paths = arena_alloc(a, (x->document.len + after->len) * sizeof *w.paths);
        add_paths(w.paths, &w.n_paths, &x->document);
        add_paths(w.paths, &w.n_paths, after);
    }
    if (!store_write_all(s, posted_ns(s), &w, 1, a, e))
        return false;
    *done = w.outcome == STORE_DONE;
    return w.outcome != STORE_REFUSED ||
           error_set(e, EX_IOERR, "%s: refused the suite's own state: %s", store_name(s), w.what);
}

/* ---- claims ------------------------------------------------------------- */

static posted_outcome is_others(const char *owner, error *e)
{
    error_set(e, EX_TEMPFAIL, "%.128s is posting this publish's comment",
              owner ? owner : "another program");
    return POSTED_OTHERS;
}

/* What to do with a claim. */
typedef struct order {
    posted_key key;
    const char *owner;
    bool taking;         /* whoever had it, if it is free; else it must be ours */
    double seconds;      /* to claim it for; 0: it is given back */
    const json *content; /* to remember; NULL: what is remembered stays */
    json *document;      /* what was remembered; or NULL */
} order;

/* A claim that ends further ahead than any honest program writes (a clock was wrong for a
 * while) gets the usual time. Its owner, if there still is one, claims it anew before that. */
static bool shorten(store *s, const entry *x, const order *o, double now, arena *a, error *e)
{
    bool done;
    if (!o->taking || !x->owner || x->expires <= now + 2 * o->seconds)
        return true;
    json content = bare(a, &x->document);
    json after = whole(a, &x->id, &content, x->owner, now + o->seconds);
    return write_entry(s, x, &after, a, &done, e);
}

static posted_outcome carry_out(store *s, const order *o, arena *a, error *e)
{
    entry x;
    double now;
    bool done;
    if (!read_entry(s, o->key, a, &x, e) || !store_now(s, &now, e))
        return POSTED_FAILED;
    bool ours = x.owner && strcmp(x.owner, o->owner) == 0, is_free = !x.owner || x.expires <= now;
    if (!ours && !(o->taking && is_free))
        return shorten(s, &x, o, now, a, e) ? is_others(x.owner, e) : POSTED_FAILED;
    json old = bare(a, &x.document), content = o->content ? *o->content : old;
    json after = whole(a, &x.id, &content, o->seconds > 0 ? o->owner : NULL, now + o->seconds);
    bool empty = !json_get(&content, "comment_id") && !json_get(&content, "text");
    if (o->document)
        *o->document = x.found ? old : json_null();
    if (!write_entry(s, &x, o->seconds <= 0 && empty ? NULL : &after, a, &done, e))
        return POSTED_FAILED;
    return done ? POSTED_OURS : is_others(NULL, e);
}

/* As a batch of its own. */
static posted_outcome carry_out_alone(store *s, const order *o, arena *a, error *e)
{
    if (!store_begin(s, e))
        return POSTED_FAILED;
    posted_outcome got = carry_out(s, o, a, e);
    if (got == POSTED_FAILED)
        store_rollback(s);
    else if (!store_commit(s, e))
        got = POSTED_FAILED;
    return got;
}

posted_outcome posted_claim(store *s, posted_key key, const char *owner, double seconds, arena *a,
                            json *document, error *e)
{
    order o = {key, owner, .taking = true, .seconds = seconds, .document = document};
    return carry_out_alone(s, &o, a, e);
}

posted_outcome posted_put(store *s, posted_key key, const char *owner, double seconds,
                          const json *document, arena *a, error *e)
{
    order o = {key, owner, .seconds = seconds, .content = document};
    return carry_out_alone(s, &o, a, e);
}

bool posted_release(store *s, posted_key key, const char *owner, arena *a, error *e)
{
    order o = {key, owner, .seconds = 0};
    return carry_out_alone(s, &o, a, e) != POSTED_FAILED;
}

bool posted_get(store *s, posted_key key, arena *a, json *document, error *e)
{
    entry x;
    if (!read_entry(s, key, a, &x, e))
        return false;
    *document = x.found ? bare(a, &x.document) : json_null();
    return true;
}

/* ---- of a task ---------------------------------------------------------- */

typedef struct search {
    arena *arena; /* borrowed */
    json *ids;    /* borrowed */
} search;

static bool take_comment(void *context, store_ns ns, const json *document)
{
    search *f = context;
    (void)ns;
    const char *id = json_text(json_get(document, "comment_id"));
    if (id)
        json_push(f->arena, f->ids, json_string(f->arena, id));
    return true;
}

bool posted_of_task(store *s, const char *task_id, arena *a, json *ids, error *e)
{
    search f = {a, ids};
    *ids = json_array();
    return store_select(s, posted_ns(s), "task_id", (store_texts){&task_id, 1},
                        &(store_sink){a, take_comment, &f}, e);
}

/* ---- forgetting --------------------------------------------------------- */

#define KEPT_SECONDS 15552000.0 /* 180 days: nobody repeats a publish after that */
#define TIDY_SECONDS 86400.0    /* between two times */

bool posted_tidy(store *s, arena *a, error *e)
{
    static const char *const task_id = "task_id";
    json id = json_string(a, "tidied"), old = json_null(), document = json_object();
    bool found;
    double now, at = 0;
    if (!store_get(s, posted_ns(s), &id, a, &old, &found, e) || !store_now(s, &now, e))
        return false;
    json_double(json_get(&old, "tidied_at"), &at);
    if (found && at <= now && now - at < TIDY_SECONDS)
        return true;
    double before = now - KEPT_SECONDS;
    json_add(a, &document, "_id", id);
    json_add(a, &document, "type", json_string(a, "tidied"));
    json_add(a, &document, "tidied_at", json_real(a, now));
    return store_put(s, posted_ns(s), &document, a, e) &&
           store_index(s, posted_ns(s), (store_texts){&task_id, 1}, e) &&
           store_prune(s, posted_ns(s), &(store_age){"at", before, "expires", now}, e) &&
           store_prune(s, posted_ns(s), &(store_age){"expires", before, "at", before}, e);
}
