#include "zou/token.h"

#include "base/buf.h"
#include "base/limits.h"
#include "json/json.h"

#include <string.h>

/* seconds; a token is not used for longer than that, whatever life the server
 * gives it. */
#define MAX_AGE ((time_t)7 * 24 * 3600)

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

/* How many seconds a token lives in all, by its claims; -1: forever. */
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
    bool dated = json_parse_answer(a, payload.data ? payload.data : "", payload.len, &v, NULL) &&
                 json_int64(json_get(&v, "iat"), &iat) && json_int64(json_get(&v, "exp"), &exp);
    arena_free(a);
    buf_free(&payload);
    return dated && iat >= 0 && exp > iat && exp <= MAX_TIME ? exp - iat : -1;
}

time_t token_expiry(const char *token, time_t at)
{
    int64_t life = token_life(token);
    return life < 0 ? -1 : at + (time_t)life;
}

/* Whether 1/`part` of the token's life is over. */
static bool is_over(const char *token, time_t at, int part)
{
    int64_t life = token_life(token), age = (int64_t)(time(NULL) - at);
    return life >= 0 && (age < 0 || age >= life / part);
}

bool token_has_expired(const char *token, time_t at)
{
    return is_over(token, at, 1);
}

bool token_is_due(const char *token, time_t at)
{
    bool old = token_life(token) >= 0 && time(NULL) - at >= MAX_AGE;
    return old || is_over(token, at, 2);
}
