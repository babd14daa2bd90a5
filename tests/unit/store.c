/* store/: what MongoDB would make of a document, and whose turn it is to write. */
#include "tap.h"

#include "base/clock.h"
#include "store/bson.h"
#include "store/lease.h"

#include <sysexits.h>
#include <unistd.h>

static const struct {
    const char *document, *stored; /* NULL: it is refused */
} documents[] = {
    {"{\"a\":1,\"_id\":2}", "{\"_id\":2,\"a\":1}"},
    {"{\"a\":2147483648}", "{\"a\":2147483648}"},
    {"{\"a\":25.0}", "{\"a\":25.0}"},
    {"{\"a\":2.50}", "{\"a\":2.5}"},
    {"{\"a\":-0}", "{\"a\":0}"},
    {"{\"a\":{\"$oid\":\"0123456789abcdef01234567\"}}",
     "{\"a\":{\"$oid\":\"0123456789abcdef01234567\"}}"},
    {"{\"a\":{\"$oid\":\"0123456789ABCDEF01234567\"}}",
     "{\"a\":{\"$oid\":\"0123456789abcdef01234567\"}}"},
    {"{\"a\":[null,true,\"x\",{}]}", "{\"a\":[null,true,\"x\",{}]}"},
    {"{\"\":1}", "{\"\":1}"},
    {"{\"a\":9223372036854775808}", NULL},
    {"{\"a\":1e999}", NULL},
    {"{\"a\":{\"$oid\":\"xyz\"}}", NULL},
    {"{\"a\":{\"$oid\":\"0123456789abcdef01234567\",\"b\":1}}", NULL},
    {"{\"a\":{\"$numberLong\":\"5\"},\"b\":{\"$where\":\"x\"}}", NULL},
    {"{\"$a\":1}", NULL},
};

static void bson(arena *a)
{
    for (size_t i = 0; i < ROWS(documents); i++) {
        json v = parsed(a, documents[i].document), out;
        error e = {0};
        if (bsonjson_canonical(a, &v, &out, &e))
            is_text(json_written(a, &out), documents[i].stored, documents[i].document);
        else
            ok(!documents[i].stored && *e.what, "refused: %s: %s", documents[i].document, e.what);
    }
}

static void proportions(void)
{
    unsetenv("OPKITSU_LEASE_SECONDS");
    ok(lease_seconds() == 20 && lease_renewal() == 5 && lease_retry() == 2 && lease_margin() == 5,
       "20 s, and its parts");
    static const struct {
        const char *text;
        double seconds;
    } rows[] = {{"4", 4},  {"0.5", 0.5}, {"0", 20},      {"-1", 20},
                {"x", 20}, {"4x", 20},   {"3600", 3600}, {"3601", 20}};
    for (size_t i = 0; i < ROWS(rows); i++) {
        setenv("OPKITSU_LEASE_SECONDS", rows[i].text, 1);
        is_number(lease_seconds(), rows[i].seconds, rows[i].text);
    }
    setenv("OPKITSU_LEASE_SECONDS", "8", 1);
    ok(lease_renewal() == 2 && lease_retry() == 0.8 && lease_margin() == 2, "in proportion");
}

int main(void)
{
    arena *a = arena_new();
    bson(a);
    proportions();
    arena_free(a);
    return done();
}
