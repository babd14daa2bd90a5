#include "store/lease.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/mem.h"
#include "store/owner.h"
#include "store/state.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#define LEASE_SECONDS 20.0

#define WRITER "lease" /* the `_id` of the lease of writers to the store */

struct lease {
    store *store;   /* borrowed */
    const char *id; /* borrowed */
    char owner[MAX_OWNER];
    char text[160];
    int64_t term; /* 0: never held */
    bool handed_down;
    bool ours;        /* it is, or was at the last look */
    bool wanted;      /* by another, at the last renewal */
    bool disbelieved; /* another's, at the last look, whose end no honest program wrote */
    double renewed;   /* by clock_now, when that was begun */
};

double lease_seconds(void)
{
    double seconds = clock_setting("OPKITSU_LEASE_SECONDS", LEASE_SECONDS);
    return seconds > 0 && seconds <= 3600 ? seconds : LEASE_SECONDS;
}

double lease_renewal(void)
{
    return lease_seconds() / 4;
}

double lease_retry(void)
{
    return lease_seconds() / 10;
}

double lease_margin(void)
{
    return lease_seconds() / 4;
}

/* How long a wish for it lasts: five tries. */
static double wish_seconds(void)
{
    return lease_seconds() / 2;
}

/* Twice what anybody writes is left for clocks that differ a little. */
bool lease_is_valid(double expires, double now)
{
    return expires > now && expires <= now + 2 * lease_seconds();
}

double lease_deadline(const lease *l)
{
    return l->renewed + lease_seconds() - lease_margin();
}

/* ---- who ---------------------------------------------------------------- */

lease *lease_new(store *s)
{
    return lease_new_named(s, WRITER);
}

lease *lease_new_named(store *s, const char *id)
{
    lease *l = xmalloc(sizeof *l);
    *l = (lease){.store = s, .id = id};
    owner_name(l->owner, sizeof l->owner);
    return l;
}

lease *lease_handed_down(store *s, const char *text)
{
    const char *colon = strrchr(text, ':');
    size_t len = colon ? (size_t)(colon - text) : 0;
    lease l = {.store = s, .id = WRITER, .handed_down = true, .ours = true};
    if (len == 0 || len >= sizeof l.owner || !isdigit((unsigned char)colon[1]))
        return NULL;
    for (size_t i = 0; i < len; i++)
        if (!owner_has(text[i]))
            return NULL;
    char *end;
    errno = 0;
    l.term = strtoll(colon + 1, &end, 10);
    if (errno || *end || l.term < 1)
        return NULL;
    memcpy(l.owner, text, len);
    lease *out = xmalloc(sizeof *out);
    *out = l;
    snprintf(out->text, sizeof out->text, "%s:%lld", out->owner, (long long)out->term);
    return out;
}

void lease_free(lease *l)
{
    free(l);
}

const char *lease_text(const lease *l)
{
    return l->text;
}

const char *lease_owner(const lease *l)
{
    return l->owner;
}

bool lease_is_taken(const lease *l)
{
    return l->term > 0 && !l->handed_down;
}

int64_t lease_term(const lease *l)
{
    return l->term;
}

/* ---- the document ------------------------------------------------------- */

typedef struct record {
    json document;
    bool found;
    const char *owner; /* NULL: none */
    int64_t term;
    double expires;
    const char *wanted; /* who wants it; NULL: nobody */
    double until;       /* when that wish expires */
} record;

static bool read_document(store *s, const char *name, arena *a, record *r, error *e)
{
    json id = json_string(a, name);
    *r = (record){.term = 0};
    if (!store_get(s, state_ns(s), &id, a, &r->document, &r->found, e))
        return false;
    if (!r->found)
        return true;
    r->owner = json_text(json_get(&r->document, "owner"));
    json_int64(json_get(&r->document, "term"), &r->term);
    json_double(json_get(&r->document, "expires"), &r->expires);
    r->wanted = json_text(json_at(&r->document, "wanted", "owner", NULL));
    json_double(json_at(&r->document, "wanted", "until", NULL), &r->until);
    return true;
}

static bool read_record(lease *l, arena *a, record *r, error *e)
{
    return read_document(l->store, l->id, a, r, e);
}

static bool is_ours(const lease *l, const record *r)
{
    return r->owner && strcmp(r->owner, l->owner) == 0 && r->term == l->term;
}

static bool is_wanted_by_another(const lease *l, const record *r, double now)
{
    return r->wanted && lease_is_valid(r->until, now) && strcmp(r->wanted, l->owner) != 0;
}

/* Write these members of the document, if they are still as they were read. */
static bool write_members(lease *l, arena *a, const record *r, const json *after,
                          const char **paths, size_t n_paths, bool *done, error *e)
{
    json id = json_string(a, l->id);
    store_write w = {.op = r->found ? STORE_UPDATE : STORE_INSERT,
                     .id = &id,
                     .before = r->found ? &r->document : NULL,
                     .after = after,
                     .paths = paths,
                     .n_paths = r->found ? n_paths : 0};
    if (!store_write_all(l->store, state_ns(l->store), &w, 1, a, e))
        return false;
    *done = w.outcome == STORE_DONE;
    if (w.outcome != STORE_REFUSED)
        return true;
    return error_set(e, EX_IOERR, "%s: refused the suite's own state: %s", store_name(l->store),
                     w.what);
}

/* Write who has it. With a new term the wish of who has it now is fulfilled. */
static bool write_record(lease *l, arena *a, const record *r, const char *owner, int64_t term,
                         double expires, bool *done, error *e)
{
    const char *paths[] = {"expires", "owner", "term", "wanted"};
    json after = json_object();
    const json *wish = json_get(&r->document, "wanted");
    bool fulfilled = term != r->term && wish;
    json_add(a, &after, "_id", json_string(a, l->id));
    json_add(a, &after, "type", json_string(a, "lease"));
    json_add(a, &after, "owner", owner ? json_string(a, owner) : json_null());
    json_add(a, &after, "term", json_integer(a, term));
    json_add(a, &after, "expires", json_real(a, expires));
    if (wish)
        json_add(a, &after, "wanted", fulfilled ? json_null() : *wish);
    return write_members(l, a, r, &after, paths, fulfilled ? 4 : 3, done, e);
}

/* ---- waiting for it -------------------------------------------------------- */

static bool write_wish(lease *l, arena *a, const record *r, double now, bool service, error *e)
{
    const char *path = "wanted";
    bool done;
    json wish = json_object(), after = json_copy_shallow(a, &r->document);
    json_add(a, &wish, "owner", json_string(a, l->owner));
    json_add(a, &wish, "until", json_real(a, now + wish_seconds()));
    json_add(a, &wish, "service", json_bool(service));
    json_set(a, &after, path, wish);
    return write_members(l, a, r, &after, &path, 1, &done, e); /* else the next try does */
}

bool lease_want(lease *l, bool service, error *e)
{
    record r;
    double now;
    if (!store_begin(l->store, e))
        return false;
    arena *a = arena_new();
    bool ok = read_record(l, a, &r, e) && store_now(l->store, &now, e);
    if (ok && r.owner && !is_ours(l, &r) && !is_wanted_by_another(l, &r, now))
        ok = write_wish(l, a, &r, now, service, e);
    arena_free(a);
    if (ok)
        return store_commit(l->store, e);
    store_rollback(l->store);
    return false;
}

bool lease_is_wanted(const lease *l)
{
    return l->wanted;
}

/* As a batch of its own. */
static bool shorten(lease *l, error *e)
{
    record r;
    double now;
    bool done;
    if (!store_begin(l->store, e))
        return false;
    arena *a = arena_new();
    bool ok = read_record(l, a, &r, e) && store_now(l->store, &now, e);
    if (ok && r.owner && !is_ours(l, &r) && r.expires > now && !lease_is_valid(r.expires, now))
        ok = write_record(l, a, &r, r.owner, r.term, now + lease_seconds(), &done, e);
    arena_free(a);
    if (ok)
        return store_commit(l->store, e);
    store_rollback(l->store);
    return false;
}

bool lease_correct(lease *l, error *e)
{
    if (!l->disbelieved)
        return true;
    l->disbelieved = false;
    return shorten(l, e);
}

/* ---- holding ------------------------------------------------------------ */

static lease_outcome lease_set_lost(lease *l, const record *r, error *e)
{
    l->ours = false;
    if (r->owner)
        error_set(e, EX_TEMPFAIL, "%s: lease lost: %.128s holds it now", store_name(l->store),
                  r->owner);
    else
        error_set(e, EX_TEMPFAIL, "%s: lease lost: it was released", store_name(l->store));
    return LEASE_LOST;
}

static lease_outcome lease_set_others(lease *l, const record *r, error *e)
{
    const char *owner = r->owner ? r->owner : "one that is as fast";
    if (strcmp(l->id, WRITER) == 0)
        error_set(e, EX_TEMPFAIL,
                  "%s: another program writes to it: %.128s has the lease (see sync-status)",
                  store_name(l->store), owner);
    else
        error_set(e, EX_TEMPFAIL, "%s: another %.32s is at work: %.128s has its lease",
                  store_name(l->store), l->id, owner);
    return LEASE_OTHERS;
}

static lease_outcome lease_look(lease *l, arena *a, error *e)
{
    record r;
    double now;
    if (!read_record(l, a, &r, e) || !store_now(l->store, &now, e))
        return LEASE_FAILED;
    if (!is_ours(l, &r))
        return lease_set_lost(l, &r, e);
    if (r.expires - now >= lease_margin())
        return LEASE_HELD;
    l->ours = false;
    error_set(e, EX_TEMPFAIL, "%s: lease lost: its holder no longer renews it",
              store_name(l->store));
    return LEASE_LOST;
}

static lease_outcome lease_take(lease *l, arena *a, error *e)
{
    record r;
    double now, begun = clock_now();
    bool done;
    if (!read_record(l, a, &r, e) || !store_now(l->store, &now, e))
        return LEASE_FAILED;
    /* One of our own is from a try whose answer did not come. */
    if (r.owner && r.expires > now && strcmp(r.owner, l->owner) != 0) {
        l->disbelieved = !lease_is_valid(r.expires, now);
        return lease_set_others(l, &r, e);
    }
    if (is_wanted_by_another(l, &r, now)) {
        error_set(e, EX_TEMPFAIL, "%s: another program has waited longer for its lease: %.128s",
                  store_name(l->store), r.wanted);
        return LEASE_OTHERS;
    }
    if (!write_record(l, a, &r, l->owner, r.term + 1, now + lease_seconds(), &done, e))
        return LEASE_FAILED;
    if (!done)
        return lease_set_others(l, &(record){0}, e);
    l->term = r.term + 1;
    l->ours = true;
    l->renewed = begun;
    snprintf(l->text, sizeof l->text, "%s:%lld", l->owner, (long long)l->term);
    return LEASE_HELD;
}

/* Also after it has expired, as long as no other program has taken it. */
static lease_outcome lease_keep(lease *l, bool renew, arena *a, error *e)
{
    record r;
    double now, begun = clock_now();
    bool done;
    if (!read_record(l, a, &r, e))
        return LEASE_FAILED;
    if (!is_ours(l, &r))
        return lease_set_lost(l, &r, e);
    if (!renew)
        return LEASE_HELD;
    if (!store_now(l->store, &now, e) ||
        !write_record(l, a, &r, l->owner, l->term, now + lease_seconds(), &done, e))
        return LEASE_FAILED;
    if (!done) {
        if (!read_record(l, a, &r, e))
            return LEASE_FAILED;
        if (!is_ours(l, &r))
            return lease_set_lost(l, &r, e);
        error_set(e, EX_TEMPFAIL, "%s: its lease was changed while it was renewed",
                  store_name(l->store));
        return LEASE_FAILED;
    }
    l->renewed = begun;
    l->wanted = is_wanted_by_another(l, &r, now);
    return LEASE_HELD;
}

lease_outcome lease_hold(lease *l, error *e)
{
    arena *a = arena_new();
    lease_outcome outcome = l->handed_down ? lease_look(l, a, e)
                            : l->term == 0
                                ? lease_take(l, a, e)
                                : lease_keep(l, clock_now() - l->renewed >= lease_renewal(), a, e);
    arena_free(a);
    return outcome;
}

bool lease_held_by_service(store *s, char *owner, size_t size, bool *held, error *e)
{
    arena *a = arena_new();
    record r, service;
    double now;
    bool ok = read_document(s, WRITER, a, &r, e) && read_document(s, "service", a, &service, e) &&
              store_now(s, &now, e);
    if (ok) {
        const char *who = r.owner && lease_is_valid(r.expires, now) ? r.owner : "";
        *held = *who && service.owner && strcmp(service.owner, who) == 0;
        snprintf(owner, size, "%s", who);
    }
    arena_free(a);
    return ok;
}

lease_outcome lease_hold_alone(lease *l, error *e)
{
    if (!store_begin(l->store, e))
        return LEASE_FAILED;
    int64_t term = l->term;
    lease_outcome outcome = lease_hold(l, e);
    if (outcome != LEASE_HELD)
        store_rollback(l->store);
    else if (!store_commit(l->store, e))
        outcome = LEASE_FAILED;
    if (outcome == LEASE_OTHERS && !lease_correct(l, e))
        outcome = LEASE_FAILED;
    if (outcome == LEASE_FAILED)
        l->term = term;
    return outcome;
}

bool lease_extend(lease *l, double begun, error *e)
{
    if (clock_now() - begun < lease_renewal())
        return true;
    arena *a = arena_new();
    bool ok = lease_keep(l, true, a, e) == LEASE_HELD;
    arena_free(a);
    return ok;
}

bool lease_give_back(lease *l, error *e)
{
    if (l->handed_down || l->term == 0 || !l->ours)
        return true;
    l->ours = false;
    if (!store_begin(l->store, e))
        return false;
    arena *a = arena_new();
    record r;
    bool done, ok = read_record(l, a, &r, e);
    if (ok && is_ours(l, &r))
        ok = write_record(l, a, &r, NULL, l->term, 0, &done, e);
    arena_free(a);
    if (ok)
        return store_commit(l->store, e);
    store_rollback(l->store);
    return false;
}
