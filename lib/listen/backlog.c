#include "listen/backlog.h"

#include "base/clock.h"
#include "base/mem.h"
#include "listen/scope.h"
#include "store/state.h"

#include <stdlib.h>
#include <string.h>

#define STORE_SECONDS 30  /* to wait for a program that writes to the store */
#define MARKS_SECONDS 2   /* after which the marks count without the position */
#define LOOK_SECONDS  10  /* between two looks at what op-apply wants */
#define FIRST_PAUSE   60  /* seconds before a full read is requested again, */
#define LONGEST_PAUSE 600 /* doubled each time, of a project that was not read; see backlog_retry */

/* A project that wants a full read. */
typedef struct want {
    char *id; /* owned */
    double due, pause;
    bool refused;   /* it was read, and not all of the plan was carried out */
    bool confirmed; /* at the last look */
} want;

/* Numbers of `synced:SERVER` that change with every batch that arrives. */
typedef struct marks {
    int64_t events, read_at;
} marks;

struct backlog {
    store *store; /* owned; NULL: it failed */
    const char *url, *server;
    const json *projects; /* borrowed */
    backlog_retry retry;
    double first_pause;

    want *wants; /* owned */
    size_t n_wants, wants_cap;
    double wants_read_at; /* when the wants were read */
    bool changed;         /* a batch has arrived since the last look */

    arena *arena; /* owned: of `position` */
    bool in_flight, by_marks;
    event_position position; /* of the last batch */
    marks before;            /* what changes when it arrives */
    double sent_at;
};

backlog *backlog_new(store *s, const char *url, const char *server, const json *projects,
                     backlog_retry retry)
{
    backlog *p = xmalloc(sizeof *p);
    *p = (backlog){.store = s,
                   .url = url,
                   .server = server,
                   .projects = projects,
                   .retry = retry,
                   .first_pause = clock_wait_setting("OPKITSU_FULL_READ_SECONDS", FIRST_PAUSE),
                   .arena = arena_new(),
                   .changed = true};
    return p;
}

void backlog_free(backlog *p)
{
    if (!p)
        return;
    for (size_t i = 0; i < p->n_wants; i++)
        free(p->wants[i].id);
    free(p->wants);
    arena_free(p->arena);
    store_close(p->store);
    free(p);
}

static bool need_store(backlog *p, error *e)
{
    if (!p->store)
        p->store = store_open(p->url, STORE_READ, STORE_SECONDS, e);
    return p->store != NULL;
}

/* After a failure: the next use opens it again. Returns false. */
static bool close_store(backlog *p)
{
    store_close(p->store);
    p->store = NULL;
    return false;
}

/* ---- which projects want a full read ---------------------------------------------- */

static want *find_want(backlog *p, const char *id)
{
    for (size_t i = 0; i < p->n_wants; i++)
        if (strcmp(p->wants[i].id, id) == 0)
            return &p->wants[i];
    return NULL;
}

/* It is due after the pause, which then doubles. */
static void postpone(const backlog *p, want *w)
{
    w->due = clock_now() + clock_backoff(&w->pause, w->refused ? p->retry.longest : LONGEST_PAUSE);
}

/* `refused`: it was read. `later`: the same would come of it now. */
static void add_want(backlog *p, const char *id, bool refused, bool later)
{
    want *w = find_want(p, id);
    bool is_new = !w;
    if (is_new) {
        p->wants = xgrow(p->wants, p->n_wants, &p->wants_cap, sizeof *p->wants);
        w = &p->wants[p->n_wants++];
        *w = (want){.id = xstrdup(id), .pause = p->first_pause};
    }
    w->refused = refused;
    w->confirmed = true;
    if (is_new && later)
        postpone(p, w);
}

static void drop_unconfirmed(backlog *p)
{
    size_t kept = 0;
    for (size_t i = 0; i < p->n_wants; i++)
        if (p->wants[i].confirmed)
            p->wants[kept++] = p->wants[i];
        else
            free(p->wants[i].id);
    p->n_wants = kept;
}

static bool read_wants(backlog *p, arena *a, error *e)
{
    state_checkpoint *list;
    size_t n;
    if (!need_store(p, e))
        return false;
    if (!state_checkpoints(p->store, p->server, a, &list, &n, e))
        return close_store(p);
    for (size_t i = 0; i < p->n_wants; i++)
        p->wants[i].confirmed = false;
    for (size_t i = 0; i < n; i++)
        if (list[i].project_id && list[i].full_sync && scope_has(p->projects, list[i].project_id))
            add_want(p, list[i].project_id, list[i].why, list[i].why && !list[i].conflicts);
    drop_unconfirmed(p);
    p->wants_read_at = clock_now();
    p->changed = false;
    return true;
}

bool backlog_wants(backlog *p, arena *a, json *ids, error *e)
{
    double now = clock_now();
    *ids = json_array();
    if (p->changed && now - p->wants_read_at >= LOOK_SECONDS && !read_wants(p, a, e))
        return false;
    for (size_t i = 0; i < p->n_wants; i++)
        if (p->wants[i].due <= now)
            json_push(a, ids, json_string(a, p->wants[i].id));
    return true;
}

void backlog_want(backlog *p, const char *id)
{
    add_want(p, id, false, false);
}

void backlog_asked(backlog *p, const json *ids)
{
    for (uint32_t i = 0; i < ids->len; i++) {
        want *w = find_want(p, ids->items[i].text);
        if (w)
            postpone(p, w);
    }
}

double backlog_wants_in(const backlog *p)
{
    double now = clock_now(), next = p->changed ? p->wants_read_at + LOOK_SECONDS : -1;
    for (size_t i = 0; i < p->n_wants; i++)
        if (next < 0 || p->wants[i].due < next)
            next = p->wants[i].due;
    return next < 0 ? -1 : next > now ? next - now : 0;
}

static void keep_position(backlog *p, const event_position *position)
{
    arena_reset(p->arena);
    p->position = (event_position){json_copy(p->arena, &position->created_at),
                                   json_copy(p->arena, &position->ids)};
}

/* ---- where to start ------------------------------------------------------ */

typedef struct links {
    json ids;
    arena *arena; /* borrowed */
} links;

static bool add_link(void *context, store_ns ns, const json *document)
{
    links *l = context;
    const char *id = json_text(json_at(document, "data", "zou_id", NULL));
    (void)ns;
    if (id && *id)
        json_push(l->arena, &l->ids, json_string(l->arena, id));
    return true;
}

static const state_checkpoint *find_checkpoint(const state_checkpoint *list, size_t n,
                                               const char *project_id)
{
    for (size_t i = 0; i < n; i++)
        if (json_text(&list[i].created_at) &&
            (project_id ? list[i].project_id && strcmp(list[i].project_id, project_id) == 0
                        : !list[i].project_id))
            return &list[i];
    return NULL;
}

/* Whether `a` is the earlier one; within one second, the one with fewer ids. */
static bool is_earlier(const state_checkpoint *a, const state_checkpoint *b)
{
    int order = strcmp(a->created_at.text, b->created_at.text);
    return order < 0 || (order == 0 && a->ids.len < b->ids.len);
}

/* What a project needs: the later one of its own and the one of all. */
static const state_checkpoint *needed_position(const state_checkpoint *own,
                                               const state_checkpoint *all)
{
    if (!own || !all)
        return own ? own : all;
    return is_earlier(own, all) ? all : own;
}

bool backlog_start(backlog *p, arena *a, event_position *start, bool *found, error *e)
{
    links l = {.ids = json_array(), .arena = a};
    state_checkpoint *list;
    size_t n;
    if (!need_store(p, e))
        return false;
    if (!store_projects(p->store, &(store_sink){a, add_link, &l}, e) ||
        !state_checkpoints(p->store, p->server, a, &list, &n, e))
        return close_store(p);
    bool named = p->projects->type == JSON_ARRAY;
    const json *ids = named ? p->projects : &l.ids;
    const state_checkpoint *all = find_checkpoint(list, n, NULL);
    /* The one of all is needed for projects that the store does not have yet. */
    const state_checkpoint *oldest = named ? NULL : all;
    for (uint32_t i = 0; i < ids->len; i++) {
        const state_checkpoint *own = find_checkpoint(list, n, ids->items[i].text);
        const state_checkpoint *its = needed_position(own, all);
        if (!its || (own && own->full_sync))
            add_want(p, ids->items[i].text, own && own->why, own && own->why && !p->retry.at_once);
        if (its && (!oldest || is_earlier(its, oldest)))
            oldest = its;
    }
    p->wants_read_at = clock_now();
    *found = oldest != NULL;
    if (oldest) {
        *start = (event_position){oldest->created_at, oldest->ids};
        keep_position(p, start);
    }
    return true;
}

/* ---- one batch in flight ------------------------------------------------- */

static bool read_marks(backlog *p, arena *a, marks *m, error *e)
{
    json synced;
    bool found;
    *m = (marks){-1, -1};
    if (!state_synced(p->store, p->server, a, &synced, &found, e))
        return close_store(p);
    if (found) {
        json_int64(json_get(&synced, "events"), &m->events);
        json_int64(json_get(&synced, "read_at"), &m->read_at);
    }
    return true;
}

static bool same_position(const event_position *a, const event_position *b)
{
    return json_equal(&a->created_at, &b->created_at, NULL) && json_equal(&a->ids, &b->ids, NULL);
}

bool backlog_prepare(backlog *p, bool silent, bool *silent_ok, error *e)
{
    double now = 0;
    if (!need_store(p, e))
        return false;
    arena *a = arena_new();
    bool ok = read_marks(p, a, &p->before, e) &&
              (!silent || store_now(p->store, &now, e) || close_store(p));
    *silent_ok = ok && (!silent || (int64_t)now > p->before.read_at);
    arena_free(a);
    return ok;
}

void backlog_sent(backlog *p, const event_position *position)
{
    p->by_marks = json_is_null(&position->created_at) || same_position(position, &p->position);
    keep_position(p, position);
    p->in_flight = true;
    p->sent_at = clock_now();
}

/* The store has the batch's position, or, where that stays the same, the marks have
 * changed. The marks also count when a full sync by another program has written its
 * own position over ours. */
bool backlog_arrived(backlog *p, bool *arrived, error *e)
{
    *arrived = !p->in_flight;
    if (*arrived)
        return true;
    if (!need_store(p, e))
        return false;
    arena *a = arena_new();
    bool ok = true;
    if (!p->by_marks) {
        state_checkpoint c;
        const char *who = p->projects->len > 0 ? p->projects->items[0].text : NULL;
        bool found;
        ok = state_checkpoint_of(p->store, p->server, who, a, &c, &found, e) || close_store(p);
        if (ok && found)
            *arrived = same_position(&(event_position){c.created_at, c.ids}, &p->position);
    }
    if (ok && !*arrived && (p->by_marks || clock_now() - p->sent_at > MARKS_SECONDS)) {
        marks m;
        ok = read_marks(p, a, &m, e);
        *arrived = ok && (m.events != p->before.events || m.read_at != p->before.read_at);
    }
    arena_free(a);
    if (*arrived) {
        p->in_flight = false;
        p->changed = true;
    }
    return ok;
}
