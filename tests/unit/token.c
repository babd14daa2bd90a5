/* zou/token.h: how long a token lives, whatever its claims are. */
#include "tap.h"

#include "base/limits.h"
#include "zou/token.h"

#define AT 1000000000 /* seconds; when it was obtained, long ago */

/* HEADER.CLAIMS.SIGNATURE; the claims in base64url, as coreutils' basenc writes it. */
static const struct {
    const char *token;
    time_t expiry; /* -1: never */
} rows[] = {
    /* {"iat":1000000000,"exp":1000003600} */
    {"h.eyJpYXQiOjEwMDAwMDAwMDAsImV4cCI6MTAwMDAwMzYwMH0.s", AT + 3600},
    /* {"iat":1000000000} */
    {"h.eyJpYXQiOjEwMDAwMDAwMDB9.s", -1},
    /* {"iat":5,"exp":5} */
    {"h.eyJpYXQiOjUsImV4cCI6NX0.s", -1},
    /* {"iat":-9223372036854775807,"exp":9223372036854775807} */
    {"h.eyJpYXQiOi05MjIzMzcyMDM2ODU0Nzc1ODA3LCJleHAiOjkyMjMzNzIwMzY4NTQ3NzU4MDd9.s", -1},
    /* {"iat":1,"exp":9223372036854775807} */
    {"h.eyJpYXQiOjEsImV4cCI6OTIyMzM3MjAzNjg1NDc3NTgwN30.s", -1},
    /* {"iat":0,"exp":253402300799} */
    {"h.eyJpYXQiOjAsImV4cCI6MjUzNDAyMzAwNzk5fQ.s", AT + MAX_TIME},
    {"h.!.s", -1},
    {"bot", -1},
    {"", -1},
};

int main(void)
{
    for (size_t i = 0; i < ROWS(rows); i++) {
        time_t expiry = token_expiry(rows[i].token, AT);
        ok(expiry == rows[i].expiry, "row %zu: until %lld", i, (long long)expiry);
        bool is_over = rows[i].expiry >= 0 && rows[i].expiry < time(NULL);
        ok(token_has_expired(rows[i].token, AT) == is_over, "row %zu: whether it has expired", i);
    }
    return done();
}
