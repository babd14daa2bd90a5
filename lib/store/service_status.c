#include "store/service_status.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/msg.h"
#include "store/state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_KEYS 24   /* of one service; a handful is what one has to tell */
#define MAX_KEY  24   /* bytes */
#define MAX_TEXT 1024 /* bytes; a message fits */
#define PAUSE    1.0  /* seconds between two writes, so that many lines are few */

typedef struct note {
    char key[MAX_KEY + 1], key_at[MAX_KEY + 4];
    char text[MAX_TEXT + 1];
    double at; /* by clock_now */
    bool fresh;
} note;

struct service_status {
    store *store; /* borrowed */
    lease *lease; /* borrowed */
    note list[MAX_KEYS];
    size_t n;
    bool fresh;    /* some are, or the document was never written */
    double tried;  /* by clock_now: the last write */
    int64_t since; /* by the store's; 0: never written */
    char line[MAX_KEY + 1 + MAX_TEXT + 1];
    size_t len;
    bool too_long;
};

service_status *service_status_new(store *s, lease *l)
{
    service_status *n = xmalloc(sizeof *n);
    *n = (service_status){.store = s, .lease = l, .fresh = true};
    return n;
}

void service_status_free(service_status *n)
{
    free(n);
}

/* ---- lines -------------------------------------------------------------- */

/* One that would hide what is not a note. */
static bool is_reserved(const char *key, size_t len)
{
    static const char *const reserved[] = {"type", "owner", "term", "host", "pid", "since"};
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
        if (strlen(reserved[i]) == len && memcmp(reserved[i], key, len) == 0)
            return true;
    return key[0] == '_' || (len > 3 && memcmp(key + len - 3, "_at", 3) == 0);
}

/* The note of this key, made if there is none. NULL: there are too many. */
static note *find_note(service_status *n, const char *key, size_t len)
{
    for (size_t i = 0; i < n->n; i++)
        if (strlen(n->list[i].key) == len && memcmp(n->list[i].key, key, len) == 0)
            return &n->list[i];
    if (n->n == MAX_KEYS)
        return NULL;
    note *new = &n->list[n->n++];
    memcpy(new->key, key, len);
    memcpy(new->key_at, key, len);
    memcpy(new->key_at + len, "_at", sizeof "_at");
    return new;
}

/* Stores take UTF-8 only: other bytes become `?`. */
static void set_text(note *t, const char *text)
{
    buf quoted = {0};
    arena *a = arena_new();
    json value = json_string(a, text);
    json_write(&quoted, &value);
    bool good = json_parse(a, quoted.data, quoted.len, &value, &(json_error){0}, NULL);
    snprintf(t->text, sizeof t->text, "%s", text);
    for (char *c = t->text; !good && *c; c++)
        if (*c & 0x80)
            *c = '?';
    arena_free(a);
    buf_free(&quoted);
}

static void take_line(service_status *n)
{
    size_t len = strspn(n->line, "abcdefghijklmnopqrstuvwxyz0123456789_");
    bool good = !n->too_long && len > 0 && len <= MAX_KEY && strlen(n->line) == n->len &&
                (n->line[len] == ' ' || n->line[len] == '\0') && !is_reserved(n->line, len);
    note *t = good ? find_note(n, n->line, len) : NULL;
    if (!t) {
        msg_warn("stdin: no note: \"%.60s\"", n->line);
        return;
    }
    set_text(t, n->line[len] ? n->line + len + 1 : "");
    t->at = clock_now();
    t->fresh = n->fresh = true;
}

void service_status_feed(service_status *n, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] == '\n') {
            n->line[n->len] = '\0';
            take_line(n);
            n->len = 0;
            n->too_long = false;
        } else if (n->len < sizeof n->line - 1) {
            n->line[n->len++] = bytes[i];
        } else {
            n->too_long = true;
        }
    }
}

/* ---- into the store ----------------------------------------------------- */

double service_status_due(const service_status *n)
{
    if (!n->fresh)
        return -1;
    double left = n->tried + PAUSE - clock_now();
    return left > 0 ? left : 0;
}

typedef struct draft {
    json document; /* as it should be */
    const char *paths[5 + 2 * MAX_KEYS];
    size_t n;
} draft;

static void set(arena *a, draft *d, const char *key, json value)
{
    json_set(a, &d->document, key, value);
    d->paths[d->n++] = key;
}

static void fill_in(const service_status *n, arena *a, draft *d, double now)
{
    char host[65] = "";
    gethostname(host, sizeof host - 1);
    set(a, d, "owner", json_string(a, lease_owner(n->lease)));
    set(a, d, "term", json_integer(a, lease_term(n->lease)));
    set(a, d, "host", json_string(a, host));
    set(a, d, "pid", json_integer(a, getpid()));
    set(a, d, "since", json_integer(a, n->since));
    for (size_t i = 0; i < n->n; i++) {
        const note *t = &n->list[i];
        if (!t->fresh)
            continue;
        set(a, d, t->key, json_string(a, t->text));
        set(a, d, t->key_at, json_integer(a, (int64_t)(now - (clock_now() - t->at))));
    }
}

/* In a batch, in which the lease is held. */
static bool write_notes(service_status *n, arena *a, error *e)
{
    json id = json_string(a, "service"), old;
    bool found;
    double now;
    draft d = {.document = json_object()};
    if (!store_get(n->store, state_ns(n->store), &id, a, &old, &found, e) ||
        !store_now(n->store, &now, e))
        return false;
    if (found)
        d.document = json_copy_shallow(a, &old);
    json_set(a, &d.document, "_id", id);
    json_set(a, &d.document, "type", json_string(a, "service"));
    if (n->since == 0)
        n->since = (int64_t)now;
    fill_in(n, a, &d, now);
    store_write w = {.op = found ? STORE_UPDATE : STORE_INSERT,
                     .id = &id,
                     .before = found ? &old : NULL,
                     .after = &d.document,
                     .paths = d.paths,
                     .n_paths = found ? d.n : 0};
    /* Missed: the next holder's are there already. */
    return store_write_all(n->store, state_ns(n->store), &w, 1, a, e);
}

bool service_status_store(service_status *n, error *e)
{
    n->tried = clock_now();
    if (!store_begin(n->store, e))
        return false;
    arena *a = arena_new();
    bool ok = lease_hold(n->lease, e) == LEASE_HELD && write_notes(n, a, e);
    arena_free(a);
    if (!ok)
        store_rollback(n->store);
    if (!ok || !store_commit(n->store, e))
        return false;
    for (size_t i = 0; i < n->n; i++)
        n->list[i].fresh = false;
    n->fresh = false;
    return true;
}
