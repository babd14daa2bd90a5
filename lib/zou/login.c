#include "zou/login.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/msg.h"
#include "json/json.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#define MAX_LOGIN ((size_t)8 * 1024) /* bytes; a longer one works, and leaves a copy in memory */

static char *login_body(const credentials *c)
{
    arena *a = arena_new();
    json v = json_object();
    json_set(a, &v, "email", json_string(a, c->login));
    json_set(a, &v, "password", json_string(a, c->password));
    if (c->totp && *c->totp)
        json_set(a, &v, "totp", json_string(a, c->totp));
    if (c->email_otp && *c->email_otp)
        json_set(a, &v, "email_otp", json_string(a, c->email_otp));
    buf b = {0};
    buf_reserve(&b, MAX_LOGIN);
    json_write(&b, &v);
    arena_free_secret(a);
    return b.data;
}

static bool second_factor_missing(const login *l, const json *v, error *e)
{
    const char *preferred = json_text(json_get(v, "preferred_two_factor_authentication"));
    if (preferred && strcmp(preferred, "email_otp") == 0)
        return error_set(e, EX_NOPERM,
                         "%s needs a code sent by e-mail: request one at "
                         "%s/auth/email-otp?email=%s and set KITSU_EMAIL_OTP",
                         l->name, l->server, l->who->login);
    if (preferred && strcmp(preferred, "fido") == 0)
        return error_set(e, EX_NOPERM,
                         "%s logs in with a security key (fido), which needs a browser: "
                         "add an authenticator app (totp) in Kitsu and set KITSU_TOTP, "
                         "or use a bot's KITSU_TOKEN",
                         l->name);
    return error_set(e, EX_NOPERM,
                     "%s needs a second factor (%s): set KITSU_TOTP, "
                     "or use a bot's KITSU_TOKEN",
                     l->name, preferred ? preferred : "totp");
}

/* Zou's refusals (LoginResource), each in plain words. */
static bool refuse(const login *l, const http_answer *answer, const json *v, error *e)
{
    const char *message = json_text(json_get(v, "message"));
    if (json_true(json_get(v, "default_password")))
        return error_set(e, EX_NOPERM, "%s still has the default password: change it in Kitsu",
                         l->name);
    if (json_true(json_get(v, "missing_OTP")))
        return second_factor_missing(l, v, e);
    if (json_true(json_get(v, "wrong_OTP")))
        return error_set(e, EX_NOPERM, "%s: wrong code for the second factor", l->name);
    if (json_true(json_get(v, "too_many_failed_login_attemps")))
        return error_set(e, EX_TEMPFAIL, "%s: too many failed log-ins: retry in a minute", l->name);
    if (json_true(json_get(v, "unactive")))
        return error_set(e, EX_NOPERM, "%s: the account is not active", l->name);
    if (message && strncmp(message, "Wrong email or password", 23) == 0)
        return error_set(e, EX_NOPERM, "%s: wrong email or password", l->name);
    if (!v || answer->status == 404)
        return error_set(e, EX_PROTOCOL,
                         "%s/auth/login: unexpected reply (HTTP %d): is this the address "
                         "of Kitsu's API?",
                         l->server, answer->status);
    return error_set(e, answer->status >= 500 ? EX_TEMPFAIL : EX_NOPERM, "%s: log-in refused: %s",
                     l->name, message ? message : "no reason given");
}

/* What Zou answered; `v`: its body, or NULL. */
static bool take_answer(const login *l, const http_answer *answer, const json *v, char **access,
                        char **refresh, error *e)
{
    const char *new_access = json_text(json_get(v, "access_token"));
    const char *new_refresh = json_text(json_get(v, "refresh_token"));
    if (json_true(json_get(v, "two_factor_authentication_required")))
        return error_set(e, EX_NOPERM, "%s must set up two-factor authentication in Kitsu first",
                         l->name);
    if (answer->status / 100 != 2 || !new_access || !new_refresh)
        return refuse(l, answer, v, e);
    *access = xstrdup(new_access);
    *refresh = xstrdup(new_refresh);
    msg_info("%s: logged in", l->name);
    return true;
}

bool login_send(const login *l, char **access, char **refresh, error *e)
{
    buf url = {0};
    arena *a = arena_new();
    char *body = login_body(l->who);
    json v;
    http_answer answer;
    buf_addf(&url, "%s/auth/login", l->server);
    http_request r = {.method = "POST", .url = url.data, .body = body, .repeatable = true};
    bool ok = http_send(l->http, &r, &answer, e);
    if (ok) {
        bool parsed = json_parse_answer(a, answer.body, answer.len, &v, NULL);
        ok = take_answer(l, &answer, parsed ? &v : NULL, access, refresh, e);
    }
    free_secret(body);
    http_forget(l->http);
    buf_free(&url);
    arena_free_secret(a);
    return ok;
}
