#include "zou/session.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/msg.h"
#include "json/json.h"
#include "zou/login.h"
#include "zou/proof.h"
#include "zou/session_file.h"
#include "zou/token.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

struct session {
    http *http;          /* borrowed */
    char *server, *name; /* owned */
    credentials who;
    tokens tokens;
    session_file *file; /* owned; NULL: in memory only */
    bool no_refresh;    /* Zou refused to: the access token is used until it expires */
};

/* ---- new tokens ----------------------------------------------------------- */

/* Replace the access token; takes it over. */
static void set_access(session *s, char *access)
{
    free_secret(s->tokens.access);
    s->tokens.access = access;
    s->tokens.access_at = time(NULL);
    s->no_refresh = false;
}

static bool log_in(session *s, error *e)
{
    login l = {s->http, s->server, s->name, &s->who};
    char *access, *renewing;
    if (!login_send(&l, &access, &renewing, e))
        return false;
    set_access(s, access);
    free_secret(s->tokens.refresh);
    s->tokens.refresh = renewing;
    s->tokens.refresh_at = s->tokens.access_at;
    free(s->tokens.proof);
    s->tokens.proof = proof_new(s->who.password);
    session_file_write(s->file, &s->tokens);
    return true;
}

typedef enum refreshing { REFRESHED, NOT_REFRESHED, NO_CONNECTION } refreshing;

/* NOT_REFRESHED: Zou no longer accepts the refresh token. NO_CONNECTION: `*e`. */
static refreshing refresh(session *s, error *e)
{
    const tokens *t = &s->tokens;
    if (s->no_refresh || !t->refresh || token_has_expired(t->refresh, t->refresh_at))
        return NOT_REFRESHED;
    buf url = {0};
    buf_addf(&url, "%s/auth/refresh-token", s->server);
    http_request r = {.method = "GET", .url = url.data, .token = t->refresh};
    http_answer answer;
    refreshing result = http_send(s->http, &r, &answer, e) ? NOT_REFRESHED : NO_CONNECTION;
    if (result == NOT_REFRESHED && answer.status == 200) {
        json v;
        arena *a = arena_new();
        bool parsed = json_parse_answer(a, answer.body, answer.len, &v, NULL);
        const char *access = parsed ? json_text(json_get(&v, "access_token")) : NULL;
        if (access) {
            set_access(s, xstrdup(access));
            session_file_write(s->file, &s->tokens);
            msg_info("%s: session refreshed", s->name);
            result = REFRESHED;
        }
        arena_free_secret(a);
        http_forget(s->http);
    }
    buf_free(&url);
    return result;
}

/* ---- which way ------------------------------------------------------------ */

/* Take the tokens that another program has stored since. */
static bool take_stored(session *s)
{
    tokens stored;
    bool is_news = session_file_read(s->file, &stored) &&
                   proof_holds(stored.proof, s->who.password) &&
                   (!s->tokens.access || strcmp(stored.access, s->tokens.access) != 0);
    if (is_news)
        tokens_move(&s->tokens, &stored);
    tokens_clear(&stored);
    return is_news;
}

typedef enum fallback {
    LOG_IN,
    USE_UP, /* the access token, until it expires */
    EXPIRED,
    NO_PASSWORD
} fallback;

/* How to get a token: by refreshing it, and, if Zou refuses that, or the token itself
 * was refused and a password is at hand, in another way. */
static const struct plan {
    bool refresh;
    fallback otherwise;
} plans[2][2][2] = {
    /* [there is an access token][Zou refused it][there is a password] */
    [false][false][false] = {false, NO_PASSWORD}, /* a first start */
    [false][false][true] = {false, LOG_IN},
    [false][true][false] = {false, NO_PASSWORD},
    [false][true][true] = {false, LOG_IN},
    [true][false][false] = {true, USE_UP}, /* half its life is over */
    [true][false][true] = {true, LOG_IN},
    [true][true][false] = {true, EXPIRED}, /* a 401 or 422 */
    [true][true][true] = {false, LOG_IN},
};

static bool fall_back(session *s, fallback to, error *e)
{
    if (to == LOG_IN)
        return log_in(s, e);
    if (to == USE_UP && !token_has_expired(s->tokens.access, s->tokens.access_at)) {
        s->no_refresh = true;
        return true;
    }
    if (to == NO_PASSWORD)
        return error_set(e, EX_CONFIG,
                         "%s: no password: use KITSU_PWD, --password-file or --password-command",
                         s->name);
    return error_set(e, EX_NOPERM,
                     "%s: the stored log-in has expired: use KITSU_PWD, --password-file or "
                     "--password-command",
                     s->name);
}

/* With the lock held: valid tokens. `refused`: the server does not accept the present
 * access token. */
static bool renew(session *s, bool refused, error *e)
{
    if (take_stored(s)) {
        if (!token_is_due(s->tokens.access, s->tokens.access_at))
            return true;
        refused = false;
    }
    const struct plan *plan = &plans[s->tokens.access != NULL][refused][s->who.password != NULL];
    refreshing refreshed = plan->refresh ? refresh(s, e) : NOT_REFRESHED;
    if (refreshed == NOT_REFRESHED)
        return fall_back(s, plan->otherwise, e);
    return refreshed == REFRESHED;
}

static bool renew_locked(session *s, bool refused, error *e)
{
    session_file_lock(s->file);
    bool ok = renew(s, refused, e);
    session_file_unlock(s->file);
    return ok;
}

/* ---- the session -------------------------------------------------------- */

session *session_open(http *h, const char *server, const credentials_options *o, error *e)
{
    credentials who;
    if (!credentials_load(&who, o, e)) {
        credentials_clear(&who);
        return NULL;
    }
    buf name = {0};
    buf_addf(&name, "%s at %s", who.token ? "KITSU_TOKEN" : who.login, server);
    session *s = xmalloc(sizeof *s);
    *s = (session){.http = h, .server = xstrdup(server), .name = name.data, .who = who};
    if (!who.token)
        s->file = session_file_open(server, who.login);
    return s;
}

void session_close(session *s)
{
    if (!s)
        return;
    credentials_clear(&s->who);
    tokens_clear(&s->tokens);
    session_file_close(s->file);
    free(s->server);
    free(s->name);
    free(s);
}

void session_needs(const session *s, program_needs *n)
{
    session_file_needs(s->file, n);
}

const char *session_token(session *s, error *e)
{
    if (s->who.token)
        return s->who.token;
    const tokens *t = &s->tokens;
    bool due = !t->access || (!s->no_refresh && token_is_due(t->access, t->access_at));
    return due && !renew_locked(s, false, e) ? NULL : s->tokens.access;
}

bool session_renew(session *s, error *e)
{
    if (s->who.token) {
        error why = *e;
        return error_set(e, EX_NOPERM, "%s was refused: %.300s", s->name, why.what);
    }
    return renew_locked(s, true, e);
}
