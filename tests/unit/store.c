/* store/: what MongoDB would make of a document, and whose turn it is to write. */
#include "tap.h"

#include "base/clock.h"
#include "store/bson.h"
#include "store/lease.h"
#include "store/store.h"

#include <sys/wait.h>
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

/* Put one document again and again, or delete it; the status is what became of it. */
static int hammer(const char *url, bool deleting)
{
    arena *a = arena_new();
    error e = {0};
    store *s = store_open(url, STORE_WRITE, 60, &e);
    srand((unsigned)getpid());
    json document = parsed(a, "{\"_id\":\"one\",\"type\":\"test\"}");
    bool good = s;
    for (int i = 0; good && i < 500; i++) {
        store_write w = {.op = STORE_DELETE, .id = json_get(&document, "_id")};
        store_ns ns = {store_openpype(s), "opkitsu_test"};
        usleep((useconds_t)(rand() % 200)); /* or one does all of its own at once */
        good = deleting ? store_write_all(s, ns, &w, 1, a, &e) : store_put(s, ns, &document, a, &e);
    }
    if (!good)
        printf("# %s\n", e.what);
    store_close(s);
    arena_free(a);
    return !good;
}

/* Outside of a transaction anything may happen between two statements. */
static void put_beside_others(void)
{
    const char *tmp = getenv("TMPDIR");
    char folder[256], path[300], url[320];
    snprintf(folder, sizeof folder, "%.200s/opkitsu-unit.XXXXXX", tmp ? tmp : "/tmp");
    if (!ok(mkdtemp(folder) != NULL, "a folder"))
        return;
    snprintf(path, sizeof path, "%s/op.db", folder);
    snprintf(url, sizeof url, "sqlite:%s", path);
    fflush(stdout);
    for (int i = 0; i < 4; i++)
        if (fork() == 0)
            exit(hammer(url, i == 0));
    int failed = 0, status;
    while (wait(&status) > 0)
        failed += status != 0;
    ok(failed == 0, "one document is put and deleted by four at once");
    unlink(path);
    rmdir(folder);
}

int main(void)
{
    arena *a = arena_new();
    bson(a);
    proportions();
    arena_free(a);
    put_beside_others();
    return done();
}
