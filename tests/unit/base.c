/* base/: buffers, arenas, sets of ids, look-ups, digests, times. */
#include "tap.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/idset.h"
#include "base/lookup.h"
#include "base/msg.h"

#include <math.h>

static void buffers(void)
{
    buf b = {0};
    buf_adds(&b, "");
    is_text(b.data, "", "nothing added, and yet a text");
    for (int i = 0; i < 1000; i++)
        buf_addf(&b, "%d,", i);
    ok(b.len == 3890 && strncmp(b.data, "0,1,2,", 6) == 0 && b.data[b.len] == '\0', "it grows");
    buf_clear(&b);
    buf_addc(&b, 'a');
    buf_add(&b, "b\0c", 3);
    ok(b.len == 4 && memcmp(b.data, "ab\0c", 5) == 0, "bytes of any kind, and a NUL behind them");
    buf_free(&b);
    ok(!b.data && b.len == 0, "freed, it is empty");
    buf_reserve(&b, 100);
    size_t cap = b.cap;
    for (int i = 0; i < 100; i++)
        buf_addc(&b, 'x');
    ok(b.cap == cap && cap >= 100, "what was reserved is there");
    buf_free(&b);
}

/* Whether `n` names are each kept once, and stay where they are. */
static bool are_kept_once(arena *a, int n)
{
    const char **names = malloc((size_t)n * sizeof *names);
    bool good = true;
    char text[16];
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < n; i++) {
            int len = snprintf(text, sizeof text, "%d", i);
            const char *name = arena_intern(a, text, (size_t)len);
            good = good && strcmp(name, text) == 0 && (round == 0 || name == names[i]);
            names[i] = name;
        }
    free(names);
    return good;
}

static void arenas(void)
{
    arena *a = arena_new();
    char *texts[500];
    for (int i = 0; i < 500; i++)
        texts[i] = arena_printf(a, "text %d %0*d", i, i, 0);
    bool good = true;
    for (int i = 0; i < 500; i++) {
        char wanted[16];
        snprintf(wanted, sizeof wanted, "text %d ", i);
        good = good && strncmp(texts[i], wanted, strlen(wanted)) == 0;
    }
    ok(good, "nothing lies on another");
    ok(arena_intern(a, "Comp", 4) == arena_intern(a, "Composite", 4), "equal names are kept once");
    ok(arena_intern(a, "Comp", 4) != arena_intern(a, "Comp", 3), "others are not");
    is_text(arena_intern(a, "Comp", 3), "Com", "a name ends where it is said to");
    good = true;
    for (size_t size = 1; size < 70000; size = size * 3 + 1)
        good = good && (uintptr_t)arena_alloc(a, size) % _Alignof(double) == 0;
    ok(good, "aligned for pointers, int64_t and double");
    arena *other = arena_new();
    const char *name = arena_intern(other, "Comp", 4);
    ok(arena_intern_again(a, name) == arena_intern(a, "Comp", 4) &&
           arena_intern_again(a, name) != name,
       "a name of another arena");
    is_text(arena_intern_again(a, arena_intern(other, "Layout", 6)), "Layout", "a new one");
    arena_free(other);
    arena_reset(a);
    is_text(arena_intern(a, "Comp", 4), "Comp", "names, after a reset");
    for (int n = 1; n < 20000; n *= 3) {
        ok(are_kept_once(a, n), "%d names", n);
        arena_reset(a);
    }
    arena_free(a);
    arena_free(NULL);
}

static const char *uuid(int number)
{
    static char text[37];
    snprintf(text, sizeof text, "%08x-0000-4000-8000-%012x", (unsigned)number,
             (unsigned)number * 7);
    return text;
}

static void idsets(void)
{
    idset *s = idset_new();
    bool good = true;
    for (int i = 0; i < 20000; i++)
        good = good && idset_add(s, uuid(i), 36);
    for (int i = 0; i < 20000; i++)
        good = good && !idset_add(s, uuid(i), 36) && idset_has(s, uuid(i), 36);
    ok(good, "20,000 ids, each new once");
    ok(!idset_has(s, uuid(20000), 36), "another one is not there");
    ok(idset_add(s, "a", 1) && idset_has(s, "a", 1) && !idset_has(s, "ab", 2), "what is no UUID");
    ok(idset_add(s, "", 0) && idset_has(s, "", 0), "an empty one");
    idset_clear(s);
    ok(!idset_has(s, uuid(1), 36) && idset_add(s, uuid(1), 36), "cleared");
    idset_free(s);
    idset_free(NULL);
}

static void digests(void)
{
    char hex[2 * DIGEST_BYTES + 1];
    digest_hex("abc", 3, DIGEST_BYTES, hex);
    is_text(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            "FIPS 180's own example");
    digest_hex("", 0, 4, hex);
    is_text(hex, "e3b0c442", "of nothing, the first bytes");
}

static void lookups(void)
{
    static const int sizes[] = {0, 1, 15, 16, 17, 1000};
    arena *a = arena_new();
    for (size_t s = 0; s < ROWS(sizes); s++) {
        lookup l = {0};
        int n = sizes[s], wrong = 0, *things = arena_alloc(a, ((size_t)n + 1) * sizeof *things);
        for (int i = 0; i < n; i++)
            wrong += lookup_add(&l, arena_printf(a, "k%d", i), &things[i]) != &things[i];
        for (int i = 0; i < n; i++)
            wrong += lookup_add(&l, arena_printf(a, "k%d", i), &things[n]) != &things[i];
        for (int i = 0; i < n; i++)
            wrong += lookup_find(&l, arena_printf(a, "k%d", i)) != &things[i];
        ok(!wrong && l.n == (size_t)n, "the first of each name is found, of %d", n);
        ok(!lookup_find(&l, "none") && !lookup_find(&l, NULL), "nothing else");
        lookup_free(&l);
        ok(!lookup_find(&l, "k0"), "nor anything afterwards");
    }
    arena_free(a);
}

static void times(void)
{
    static const struct {
        const char *text;
        double seconds;
    } rows[] = {{NULL, 7}, {"", 7},  {"3", 3},   {"0.25", 0.25}, {"0", 0},         {"-1", 7},
                {"1s", 7}, {"x", 7}, {"nan", 7}, {"inf", 7},     {"1000000", 1e6}, {"1000001", 7}};
    for (size_t i = 0; i < ROWS(rows); i++) {
        if (rows[i].text)
            setenv("OPKITSU_TEST_SECONDS", rows[i].text, 1);
        else
            unsetenv("OPKITSU_TEST_SECONDS");
        is_number(clock_setting("OPKITSU_TEST_SECONDS", 7), rows[i].seconds,
                  rows[i].text ? rows[i].text : "unset");
    }
    double least = 1, most = 0;
    for (int i = 0; i < 1000; i++) {
        double t = clock_jitter(1);
        least = fmin(least, t);
        most = fmax(most, t);
    }
    ok(least >= 0.5 && most <= 1 && least < 0.6 && most > 0.9,
       "between half and the whole: %.3f to %.3f", least, most);
    static const double waits[] = {1, 2, 4, 5, 5};
    double wait = 1;
    for (size_t i = 0; i < ROWS(waits); i++)
        is_number(clock_backoff(&wait, 5), waits[i], "doubled, to at most 5");
    double began = clock_now();
    clock_sleep(0.01);
    ok(clock_now() - began >= 0.01, "a sleep is as long as it shall be");
}

static void passwords(void)
{
    static const char *const rows[][2] = {
        {"mongodb://me:secret@host:1/x", "mongodb://me:xxxxxx@host:1/x"},
        {"mongodb://me:se:c@ret@host", "mongodb://me:xxxxxxxx@host"},
        {"http://host:8080/", "http://host:8080/"},
        {"http://me@host:8080/", "http://me@host:8080/"},
        {"http://:secret@host", "http://:xxxxxx@host"},
        {"me:secret@host", "me:xxxxxx@host"},
        {"me@host", "me@host"},
        {"--wait: got \"me:a b@host\"", "--wait: got \"me:xxx@host\""},
        {"--wait: got \"x://me: b@host\"", "--wait: got \"x://me:xx@host\""},
        {"unexpected: a word: me@host", "unexpected: a word: me@host"},
        {"me:@host", "me:@host"},
        {"://", "://"},
        {":@", ":@"},
        {"@:", "@:"},
        {"", ""}};
    for (size_t i = 0; i < ROWS(rows); i++) {
        char text[64];
        snprintf(text, sizeof text, "%s", rows[i][0]);
        msg_hide_password(text);
        is_text(text, rows[i][1], rows[i][0]);
    }
}

int main(void)
{
    passwords();
    buffers();
    arenas();
    idsets();
    lookups();
    digests();
    times();
    return done();
}
