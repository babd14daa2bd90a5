#include "listen/unlogged.h"

#include "base/hash.h"
#include "base/clock.h"
#include "base/mem.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define WAIT_SECONDS 2.0   /* a row is committed within milliseconds, even on a bad day */
#define FIRST_DELAY  0.005 /* seconds; half of the time that Zou needs for a change */

#define SILENT_SECONDS 60.0 /* how long one missing message makes the socket silent */

/* kinds; a server that makes up names must not fill the memory */
#define MAX_KINDS 10000
/* messages; if more arrive within two seconds, all are forgotten */
#define MAX_WAITING 10000

/* `balance`: how many of one message the socket has brought and the log has not; below
 * zero, the other way round. */
typedef struct message {
    uint64_t hash, kind;
    int balance;
    double at; /* when the last came */
    UT_hash_handle hh;
} message;

typedef struct kind_seen {
    uint64_t hash;
    bool logged, missed; /* the log has had one; one was waited for in vain */
    UT_hash_handle hh;
} kind_seen;

struct unlogged {
    message *messages; /* owned hash, as the other */
    kind_seen *kinds;
    unsigned tries;
    double read_at;        /* the last time */
    double unannounced_at; /* when an event had no message; 0: a message came since */
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

/* ---- counting ----------------------------------------------------------- */

unlogged *unlogged_new(void)
{
    unlogged *u = xmalloc(sizeof *u);
    *u = (unlogged){0};
    return u;
}

static void forget_message(unlogged *u, message *m)
{
    /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the one before is no longer in the list */
    HASH_DEL(u->messages, m);
    free(m);
}

void unlogged_forget(unlogged *u)
{
    message *all = u->messages;
    HASH_CLEAR(hh, u->messages);
    for (message *m = all, *next; m; m = next) {
        next = m->hh.next;
        free(m);
    }
}

static void forget_kinds(unlogged *u)
{
    kind_seen *all = u->kinds;
    HASH_CLEAR(hh, u->kinds);
    for (kind_seen *k = all, *next; k; k = next) {
        next = k->hh.next;
        free(k);
    }
}

void unlogged_free(unlogged *u)
{
    if (!u)
        return;
    unlogged_forget(u);
    forget_kinds(u);
    free(u);
}

static kind_seen *kind_of_hash(unlogged *u, uint64_t hash)
{
    kind_seen *k;
    HASH_FIND(hh, u->kinds, &hash, sizeof hash, k);
    if (k)
        return k;
    if (HASH_COUNT(u->kinds) >= MAX_KINDS)
        forget_kinds(u);
    k = xmalloc(sizeof *k);
    *k = (kind_seen){.hash = hash};
    HASH_ADD(hh, u->kinds, hash, sizeof k->hash, k);
    return k;
}

/* Returns the balance. */
static int add_to_balance(unlogged *u, const char *name, const json *data, int change)
{
    uint64_t hash = hash_message(name, data);
    message *m;
    HASH_FIND(hh, u->messages, &hash, sizeof hash, m);
    if (!m) {
        if (HASH_COUNT(u->messages) >= MAX_WAITING)
            unlogged_forget(u);
        m = xmalloc(sizeof *m);
        *m = (message){.hash = hash, .kind = hash_kind(name, data)};
        HASH_ADD(hh, u->messages, hash, sizeof m->hash, m);
    }
    int balance = m->balance += change;
    m->at = clock_now();
    if (balance == 0)
        forget_message(u, m);
    return balance;
}

bool unlogged_add(unlogged *u, const char *name, const json *data)
{
    kind_seen *k = kind_of_hash(u, hash_kind(name, data));
    u->unannounced_at = 0;
    if (k->missed && !k->logged)
        return false;
    add_to_balance(u, name, data, 1);
    u->tries = 0;
    return true;
}

void unlogged_remove(unlogged *u, const char *name, const json *data)
{
    kind_of_hash(u, hash_kind(name, data))->logged = true;
    if (add_to_balance(u, name, data, -1) < 0)
        u->unannounced_at = clock_now();
}

bool unlogged_socket_is_silent(const unlogged *u)
{
    return u->unannounced_at > 0 && clock_now() - u->unannounced_at < SILENT_SECONDS;
}

/* Forget messages that were waited for long enough. An event that came first is kept
 * as long, for else its message would be waited for. */
static void forget_old(unlogged *u, double now)
{
    message *m, *next;
    HASH_ITER(hh, u->messages, m, next)
    {
        if (now - m->at < WAIT_SECONDS)
            continue;
        if (m->balance > 0)
            kind_of_hash(u, m->kind)->missed = true;
        forget_message(u, m);
    }
}

double unlogged_due_in(unlogged *u)
{
    double now = clock_now();
    bool waiting = false;
    for (const message *m = u->messages; m && !waiting; m = m->hh.next)
        waiting = m->balance > 0;
    if (!waiting)
        return -1;
    double delay = FIRST_DELAY * (1 << (u->tries < 9 ? u->tries : 9));
    return fmax(u->read_at + delay - now, 0);
}

void unlogged_log_was_read(unlogged *u)
{
    double now = clock_now();
    forget_old(u, now);
    u->tries++;
    u->read_at = now;
}
