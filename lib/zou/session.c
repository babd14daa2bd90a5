#include "zou/session.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/msg.h"
#include "json/json.h"
#include "zou/session_file.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

/* Of the password's proof, which only has to tell another password from the
 * one that made the session. So short, it tells a thief of the file (who has a
 * token for a week already) next to nothing of the password: of any list of
 * candidates one in 65,536 fits. A slow hash instead would cost every start
 * 60 ms, a tenth of a synchronisation. */
#define PROOF_ROUNDS 5000
#define PROOF_SALT   16 /* bytes */
#define PROOF_HASH   2  /* bytes */

struct session {
    http *http;          /* borrowed */
    char *server, *name; /* owned */
    credentials who;
    tokens tokens;
    session_file *file; /* owned; NULL: in memory only */
    bool no_refresh;    /* it was refused: use up the access token */
};

/* ---- tokens ------------------------------------------------------------- */

static int base64url_digit(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const char *p = c ? strchr(digits, c) : NULL;
    return p ? (int)(p - digits) : -1;
}

/* Append the bytes that the text stands for, as far as it is base64url. */
static void base64url_decode(buf *b, const char *text)
{
    unsigned bits = 0;
    int have = 0;
    for (int digit; (digit = base64url_digit(*text)) >= 0; text++) {
        bits = bits << 6 | (unsigned)digit;
        have += 6;
        if (have >= 8) {
            have -= 8;
            buf_addc(b, (char)(bits >> have & 0xff));
        }
    }
}

/* How many seconds a token lives in all, from its own words; -1: for ever. */
static int64_t token_life(const char *token)
{
    const char *dot = strchr(token, '.');
    if (!dot)
        return -1;
    buf payload = {0};
    arena *a = arena_new();
    json v;
    int64_t iat = 0, exp = 0;
    base64url_decode(&payload, dot + 1);
    bool dated = json_parse(a, payload.data ? payload.data : "", payload.len, &v, NULL, NULL) &&
                 json_int64(json_get(&v, "iat"), &iat) && json_int64(json_get(&v, "exp"), &exp);
    arena_free(a);
    buf_free(&payload);
    return dated && exp > iat ? exp - iat : -1;
}

/* seconds; a token is not used for longer than that, whatever life the server
 * gives it. */
#define MAX_AGE (7 * 24 * 3600)

time_t session_token_end(const char *token, time_t at)
{
    int64_t life = token_life(token);
    return life < 0 ? -1 : at + (time_t)life;
}

/* Whether 1/`part` of the life of a token that was had `at` is over. A clock
 * that went backwards tells nothing, so then it is. */
static bool is_over(const char *token, time_t at, int part)
{
    int64_t life = token_life(token), age = (int64_t)(time(NULL) - at);
    return life >= 0 && (age < 0 || age >= life / part);
}

/* Whether it is time for another access token. */
static bool is_due(const tokens *t)
{
    bool old = token_life(t->access) >= 0 && time(NULL) - t->access_at >= MAX_AGE;
    return old || is_over(t->access, t->access_at, 2);
}

/* ---- the proof of the password ------------------------------------------ */

static void add_hex(buf *b, const unsigned char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        buf_addf(b, "%02x", bytes[i]);
}

/* `SALT:HASH`, in hex; the caller frees it. NULL without a password. */
static char *make_proof(const char *password, const unsigned char salt[PROOF_SALT])
{
    unsigned char hash[PROOF_HASH];
    if (!password || PKCS5_PBKDF2_HMAC(password, -1, salt, PROOF_SALT, PROOF_ROUNDS, EVP_sha256(),
                                       PROOF_HASH, hash) != 1)
        return NULL;
    buf b = {0};
    add_hex(&b, salt, PROOF_SALT);
    buf_addc(&b, ':');
    add_hex(&b, hash, PROOF_HASH);
    return b.data;
}

static char *new_proof(const char *password)
{
    unsigned char salt[PROOF_SALT];
    return RAND_bytes(salt, PROOF_SALT) == 1 ? make_proof(password, salt) : NULL;
}

/* Whether the tokens may be used by who has this password. Without one, by
 * whoever can read the file. */
static bool is_proven(const tokens *t, const char *password)
{
    if (!password)
        return true;
    unsigned char salt[PROOF_SALT];
    if (!t->proof || strlen(t->proof) != (size_t)2 * (PROOF_SALT + PROOF_HASH) + 1)
        return false;
    for (int i = 0; i < PROOF_SALT; i++) {
        char hex[3] = {t->proof[2 * i], t->proof[2 * i + 1]};
        salt[i] = (unsigned char)strtoul(hex, NULL, 16);
    }
    char *proof = make_proof(password, salt);
    bool same = proof && CRYPTO_memcmp(proof, t->proof, strlen(t->proof)) == 0;
    free(proof);
    return same;
}

/* ---- log-in ------------------------------------------------------------- */

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
    json_write(&b, &v);
    arena_free(a);
    return b.data;
}

static bool second_factor_missing(const session *s, const json *v, error *e)
{
    const char *preferred = json_text(json_get(v, "preferred_two_factor_authentication"));
    if (preferred && strcmp(preferred, "email_otp") == 0)
        return error_set(e, EX_NOPERM,
                         "%s needs a code sent by e-mail: ask for one with "
                         "%s/auth/email-otp?email=%s and give it in KITSU_EMAIL_OTP",
                         s->name, s->server, s->who.login);
    if (preferred && strcmp(preferred, "fido") == 0)
        return error_set(e, EX_NOPERM,
                         "%s logs in with a security key (fido), which only a browser can: "
                         "add an authenticator app (totp) in Kitsu and give its code in "
                         "KITSU_TOTP, or use a bot's KITSU_TOKEN",
                         s->name);
    return error_set(e, EX_NOPERM,
                     "%s needs a second factor (%s): give the code in KITSU_TOTP, "
                     "or use a bot's KITSU_TOKEN",
                     s->name, preferred ? preferred : "totp");
}

/* Zou's refusals (LoginResource), each in plain words. */
static bool refused(const session *s, const http_answer *answer, const json *v, error *e)
{
    const char *message = json_text(json_get(v, "message"));
    if (json_true(json_get(v, "default_password")))
        return error_set(e, EX_NOPERM,
                         "%s still has the default password: change it in Kitsu first", s->name);
    if (json_true(json_get(v, "missing_OTP")))
        return second_factor_missing(s, v, e);
    if (json_true(json_get(v, "wrong_OTP")))
        return error_set(e, EX_NOPERM, "%s: wrong code for the second factor", s->name);
    if (json_true(json_get(v, "too_many_failed_login_attemps")))
        return error_set(e, EX_TEMPFAIL, "%s: too many failed log-ins, try again in a minute",
                         s->name);
    if (json_true(json_get(v, "unactive")))
        return error_set(e, EX_NOPERM, "%s: the account is not active", s->name);
    if (message && strncmp(message, "Wrong email or password", 23) == 0)
        return error_set(e, EX_NOPERM, "%s: wrong email or password", s->name);
    if (!v || answer->status == 404)
        return error_set(e, EX_PROTOCOL,
                         "%s/auth/login: HTTP %d, and not Zou's answer: is this the "
                         "address of Kitsu's API?",
                         s->server, answer->status);
    return error_set(e, answer->status >= 500 ? EX_TEMPFAIL : EX_NOPERM, "%s: log-in refused: %s",
                     s->name, message ? message : "no reason given");
}

/* Take over new tokens, and store them. */
static void keep(session *s, const char *access, const char *refresh)
{
    time_t now = time(NULL);
    char *old = s->tokens.access;
    s->tokens.access = xstrdup(access);
    free(old);
    s->tokens.access_at = now;
    if (refresh) {
        free(s->tokens.refresh);
        s->tokens.refresh = xstrdup(refresh);
        s->tokens.refresh_at = now;
        free(s->tokens.proof);
        s->tokens.proof = new_proof(s->who.password);
    }
    s->no_refresh = false;
    session_file_write(s->file, &s->tokens);
}

static bool log_in(session *s, error *e)
{
    buf url = {0};
    arena *a = arena_new();
    char *body = login_body(&s->who);
    json parsed;
    http_answer answer;
    buf_addf(&url, "%s/auth/login", s->server);
    http_request r = {.method = "POST", .url = url.data, .body = body, .repeatable = true};
    bool ok = http_send(s->http, &r, &answer, e);
    if (ok) {
        const json *v =
            json_parse(a, answer.body, answer.len, &parsed, NULL, NULL) ? &parsed : NULL;
        const char *access = json_text(json_get(v, "access_token"));
        const char *refresh = json_text(json_get(v, "refresh_token"));
        if (json_true(json_get(v, "two_factor_authentication_required")))
            ok = error_set(e, EX_NOPERM, "%s must set up two-factor authentication in Kitsu first",
                           s->name);
        else if (answer.status / 100 == 2 && access && refresh)
            keep(s, access, refresh);
        else
            ok = refused(s, &answer, v, e);
    }
    if (ok)
        msg_info("%s: logged in", s->name);
    OPENSSL_cleanse(body, strlen(body));
    free(body);
    buf_free(&url);
    arena_free(a);
    return ok;
}

/* ---- refresh ------------------------------------------------------------ */

/* False with `*no` set: Zou does not want this refresh token any more. */
static bool refresh(session *s, bool *no, error *e)
{
    *no = true;
    if (s->no_refresh || !s->tokens.refresh || is_over(s->tokens.refresh, s->tokens.refresh_at, 1))
        return false;
    buf url = {0};
    arena *a = arena_new();
    json v;
    http_answer answer;
    buf_addf(&url, "%s/auth/refresh-token", s->server);
    http_request r = {.method = "GET", .url = url.data, .token = s->tokens.refresh};
    bool ok = http_send(s->http, &r, &answer, e);
    if (!ok)
        *no = false;
    const char *access =
        ok && answer.status == 200 && json_parse(a, answer.body, answer.len, &v, NULL, NULL)
            ? json_text(json_get(&v, "access_token"))
            : NULL;
    if (access) {
        keep(s, access, NULL);
        msg_info("%s: session refreshed", s->name);
    }
    buf_free(&url);
    arena_free(a);
    return access != NULL;
}

/* With the lock held: tokens that are good, from whoever got them last.
 * `refused`: the server does not take the present ones. */
static bool renew(session *s, bool was_refused, error *e)
{
    tokens stored;
    bool no;
    if (session_file_read(s->file, &stored) && is_proven(&stored, s->who.password)) {
        bool is_news = !s->tokens.access || strcmp(stored.access, s->tokens.access) != 0;
        if (is_news) {
            tokens_move(&s->tokens, &stored);
            if (!is_due(&s->tokens))
                return true;
            was_refused = false;
        }
    }
    tokens_clear(&stored);
    bool by_refresh = s->tokens.access && (!was_refused || !s->who.password);
    if (by_refresh && refresh(s, &no, e))
        return true;
    if (by_refresh && !no)
        return false;
    if (s->who.password)
        return log_in(s, e);
    if (s->tokens.access && !was_refused && !is_over(s->tokens.access, s->tokens.access_at, 1)) {
        s->no_refresh = true;
        return true;
    }
    return error_set(e, s->tokens.access ? EX_NOPERM : EX_CONFIG,
                     "%s: %s: give KITSU_PWD, --password-file or --password-command", s->name,
                     s->tokens.access ? "the stored log-in is over" : "no password");
}

static bool renew_locked(session *s, bool was_refused, error *e)
{
    session_file_lock(s->file);
    bool ok = renew(s, was_refused, e);
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

const char *session_token(session *s, error *e)
{
    if (s->who.token)
        return s->who.token;
    bool due = !s->tokens.access || (!s->no_refresh && is_due(&s->tokens));
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
