#include "listen/unlogged.h"

#include "base/clock.h"
#include "base/mem.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#define WAIT_SECONDS 2.0   /* a row is committed within milliseconds, on a bad day */
#define FIRST_DELAY  0.005 /* seconds; half of what a change takes Zou */

#define DEAF_SECONDS 60.0 /* until silence is taken for silence again */

/* kinds; a server that makes up names must not fill the memory */
#define MAX_KINDS 10000
/* messages; of that many within two seconds none is waited for on its own */
#define MAX_WAITING 10000

/* How many of one message came by the socket and not yet by the log, or, below
 * zero, the other way round. */
typedef struct message {
    uint64_t hash, kind;
    int balance;
    double at; /* when the last came */
    UT_hash_handle hh;
} message;

typedef struct kind_seen {
    uint64_t hash;
    bool came, missed;
    UT_hash_handle hh;
} kind_seen;

struct unlogged {
    message *messages; /* owned hash, as the other */
    kind_seen *kinds;
    unsigned tries;
    double read_at;   /* the last time */
    double unrung_at; /* when an event came without a message; 0: a message came since */
};

/* ---- hashes -------------------------------------------------------------- */

static uint64_t mix(uint64_t h)
{
    h = (h ^ (h >> 30)) * 0xbf58476d1ce4e5b9u;
    h = (h ^ (h >> 27)) * 0x94d049bb133111ebu;
    return h ^ (h >> 31);
}

static uint64_t hash_text(const char *text, size_t len)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < len; i++)
        h = (h ^ (unsigned char)text[i]) * 0x100000001b3u;
    return mix(h);
}

/* The same for equal values: PostgreSQL changes the order of keys. */
static uint64_t hash_value(const json *v)
{
    uint64_t h = v->type;
    double number = 0;
    switch (v->type) {
    case JSON_STRING: return mix(hash_text(v->text, v->len) + h);
    case JSON_NUMBER:
        if (!json_double(v, &number))
            return mix(hash_text(v->text, v->len) + h);
        return mix((uint64_t)(int64_t)fmax(fmin(number * 1000, 9e18), -9e18) + h);
    case JSON_ARRAY:
        for (uint32_t i = 0; i < v->len; i++)
            h = mix(h + hash_value(&v->items[i]));
        return mix(h);
    case JSON_OBJECT:
        for (uint32_t i = 0; i < v->len; i++) {
            const json_member *m = &v->members[i];
            h += mix(hash_text(m->key, strlen(m->key)) + hash_value(&m->value));
        }
        return mix(h);
    default: return mix(h);
    }
}

static uint64_t hash_kind(const char *name, const json *data)
{
    const json *project_id = json_get(data, "project_id");
    return mix(hash_text(name, strlen(name)) + (project_id ? hash_value(project_id) : 0));
}

static uint64_t hash_message(const char *name, const json *data)
{
    return mix(hash_text(name, strlen(name)) + (data ? hash_value(data) : 0));
}

/* ---- the books ----------------------------------------------------------- */

unlogged *unlogged_new(void)
{
    unlogged *r = xmalloc(sizeof *r);
    *r = (unlogged){0};
    return r;
}

static void forget_message(unlogged *r, message *m)
{
    HASH_DEL(r->messages, m);
    free(m);
}

void unlogged_forget(unlogged *r)
{
    message *m, *next;
    HASH_ITER(hh, r->messages, m, next)
    forget_message(r, m);
}

static void forget_kinds(unlogged *r)
{
    kind_seen *k, *next;
    HASH_ITER(hh, r->kinds, k, next)
    {
        HASH_DEL(r->kinds, k);
        free(k);
    }
}

void unlogged_free(unlogged *r)
{
    if (!r)
        return;
    unlogged_forget(r);
    forget_kinds(r);
    free(r);
}

static kind_seen *kind_of_hash(unlogged *r, uint64_t hash)
{
    kind_seen *k;
    HASH_FIND(hh, r->kinds, &hash, sizeof hash, k);
    if (k)
        return k;
    if (HASH_COUNT(r->kinds) >= MAX_KINDS)
        forget_kinds(r);
    k = xmalloc(sizeof *k);
    *k = (kind_seen){.hash = hash};
    HASH_ADD(hh, r->kinds, hash, sizeof k->hash, k);
    return k;
}

/* Returns the balance. */
static int count(unlogged *r, const char *name, const json *data, int change)
{
    uint64_t hash = hash_message(name, data);
    message *m;
    HASH_FIND(hh, r->messages, &hash, sizeof hash, m);
    if (!m) {
        if (HASH_COUNT(r->messages) >= MAX_WAITING)
            unlogged_forget(r);
        m = xmalloc(sizeof *m);
        *m = (message){.hash = hash, .kind = hash_kind(name, data)};
        HASH_ADD(hh, r->messages, hash, sizeof m->hash, m);
    }
    int balance = m->balance += change;
    m->at = clock_now();
    if (balance == 0)
        forget_message(r, m);
    return balance;
}

bool unlogged_add(unlogged *r, const char *name, const json *data)
{
    kind_seen *k = kind_of_hash(r, hash_kind(name, data));
    r->unrung_at = 0;
    if (k->missed && !k->came)
        return false;
    count(r, name, data, 1);
    r->tries = 0;
    return true;
}

void unlogged_remove(unlogged *r, const char *name, const json *data)
{
    kind_of_hash(r, hash_kind(name, data))->came = true;
    if (count(r, name, data, -1) < 0)
        r->unrung_at = clock_now();
}

bool unlogged_socket_is_silent(const unlogged *r)
{
    return r->unrung_at > 0 && clock_now() - r->unrung_at < DEAF_SECONDS;
}

/* Forget what has been waited for long enough. An event that came first is kept
 * as long: its message would else be waited for. */
static void forget_old(unlogged *r, double now)
{
    message *m, *next;
    HASH_ITER(hh, r->messages, m, next)
    {
        if (now - m->at < WAIT_SECONDS)
            continue;
        if (m->balance > 0)
            kind_of_hash(r, m->kind)->missed = true;
        forget_message(r, m);
    }
}

double unlogged_due_in(unlogged *r)
{
    double now = clock_now();
    bool waiting = false;
    for (const message *m = r->messages; m && !waiting; m = m->hh.next)
        waiting = m->balance > 0;
    if (!waiting)
        return -1;
    double delay = FIRST_DELAY * (1 << (r->tries < 9 ? r->tries : 9));
    double left = r->read_at + delay - now;
    return left > 0 ? left : 0;
}

void unlogged_log_was_read(unlogged *r)
{
    double now = clock_now();
    forget_old(r, now);
    r->tries++;
    r->read_at = now;
}
