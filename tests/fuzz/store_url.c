/* store/store.h: the address of a store, without connecting; the password stays out of
 * messages, and out of the argument list. Lines: what stands before a password, the
 * password, what stands behind it. */
#include "fuzz.h"

#include "base/options.h"
#include "store/driver.h"
#include "store/store.h"
#include "store/store_option.h"

/* In place of the drivers. */
static char *given;

static store *refuse(const char *url, const char *name, error *e)
{
    free(given);
    given = strdup(name);
    error_set(e, 69, "%s: unreachable", name);
    (void)url;
    return NULL;
}

store *store_sqlite_open(const char *path, char *name, store_mode mode, unsigned wait, error *e)
{
    (void)mode, (void)wait;
    return refuse(path, name, e);
}

store *store_mongo_open(const char *url, char *name, error *e)
{
    return refuse(url, name, e);
}

/* Of an address as it should be the password is neither in the store's name nor in a message. */
static void check_secret(const char *url, const char *password)
{
    error e = {0};
    free(given); /* of another address */
    given = NULL;
    require(!store_open(url, STORE_READ, 0, &e) && e.what[0] && e.status, "it has a reason");
    require(!strstr(e.what, password), "no password is in a message");
    require(!given || !strstr(given, password), "no password is in a name");
}

/* It is not in the argument list, and arrives whole. */
static void check_option(const char *url, const char *password)
{
    static const program_help help = {.usage = "x", .about = "x"};
    const char *store = NULL;
    const option_def defs[] = {store_option(&store), {0}};
    char program[] = "x", option[] = "-d", *address = strdup(url);
    char *argv[] = {program, option, address, NULL};
    extern int optind;
    optind = 0;
    options_read(&help, defs, 3, argv);
    require_same(store, url, "the address is what was given");
    require(!strstr(address, password), "no password is in the argument list");
    free(address);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    arena *a = arena_new();
    error e = {0};
    size_t whole = size;
    const char *before = next_text(a, &data, &size), *password = next_text(a, &data, &size);
    const char *behind = next_text(a, &data, &size);
    free(given);
    given = NULL;
    store_open(arena_printf(a, "%s%s%s", before, password, behind), STORE_READ, 0, &e);
    store_open(before, STORE_READ, 0, &e);
    require(e.what[0] && e.status, "it has a reason");
    /* Unlike anything else in it. */
    const char *secret = arena_printf(a, "(%s)", password);
    const char *url = arena_printf(a, "mongodb://user:%s@%s", secret, behind);
    if (!strstr(behind, secret)) {
        check_secret(url, secret);
        if (whole % 8 == 0) /* now and then: the copy that it makes lives as long as the program */
            check_option(url, secret);
    }
    arena_free(a);
    return 0;
}
