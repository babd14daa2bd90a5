#include "store/settings_version.h"

#include <stdlib.h>
#include <string.h>

/* ---- comparing ------------------------------------------------------------ */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Numbers of any length, without leading zeros. */
static int compare_digits(const char *one, size_t m, const char *other, size_t n)
{
    while (m > 1 && *one == '0')
        one++, m--;
    while (n > 1 && *other == '0')
        other++, n--;
    if (m != n)
        return m < n ? -1 : 1;
    return strncmp(one, other, m);
}

/* Whether a text is MAJOR.MINOR.PATCH, perhaps with something behind it; `parts` are
 * where the three begin, and where they end. */
static bool is_version(const char *text, const char *parts[4])
{
    for (int i = 0; i < 3; i++) {
        parts[i] = text;
        while (is_digit(*text))
            text++;
        if (text == parts[i] || (i < 2 && *text++ != '.'))
            return false;
    }
    parts[3] = text;
    return *text == '\0' || *text == '-' || *text == '+';
}

/* One identifier of a prerelease, of `m` and `n` bytes: numbers come before words. */
static int compare_identifiers(const char *one, size_t m, const char *other, size_t n)
{
    bool number = strspn(one, "0123456789") >= m && m, also = strspn(other, "0123456789") >= n && n;
    if (number && also)
        return compare_digits(one, m, other, n);
    if (number != also)
        return number ? -1 : 1;
    int order = strncmp(one, other, m < n ? m : n);
    return order ? order : m < n ? -1 : m > n;
}

/* Prereleases, each from its `-`, or from where it would be. */
static int compare_prereleases(const char *one, const char *other)
{
    if (*one != '-' || *other != '-')
        return (*other == '-') - (*one == '-');
    while (*one == '-' || *one == '.') {
        if (*other != '-' && *other != '.')
            return 1;
        size_t m = strcspn(++one, ".+"), n = strcspn(++other, ".+");
        int order = compare_identifiers(one, m, other, n);
        if (order)
            return order;
        one += m;
        other += n;
    }
    return *other == '.' ? -1 : 0;
}

int settings_version_compare(const char *one, const char *other)
{
    const char *x[4], *y[4];
    bool is_one = is_version(one, x), is_other = is_version(other, y);
    if (is_one != is_other)
        return is_one ? 1 : -1;
    if (!is_one)
        return strcmp(one, other);
    for (int i = 0; i < 3; i++) {
        size_t m = strspn(x[i], "0123456789"), n = strspn(y[i], "0123456789");
        int order = compare_digits(x[i], m, y[i], n);
        if (order)
            return order;
    }
    return compare_prereleases(x[3], y[3]);
}

static int older_first(const void *x, const void *y)
{
    return settings_version_compare(*(const char *const *)x, *(const char *const *)y);
}

/* ---- the running one ------------------------------------------------------- */

static bool is_latest(const char *version)
{
    return !version || !*version || strcmp(version, "latest") == 0;
}

const char *settings_version_wanted(const char *given, const json *global, bool staging)
{
    const char *key = staging ? "staging_version" : "production_version";
    const char *version = given && *given ? given : json_text(json_at(global, "data", key, NULL));
    return is_latest(version) ? NULL : version;
}

/* ---- the order of all ------------------------------------------------------- */

static size_t place_of(const settings_order *o, const char *version)
{
    size_t i = 0;
    while (i < o->n && strcmp(o->list[i], version) != 0)
        i++;
    return i;
}

settings_order settings_order_make(arena *a, const char *const *listed, size_t n,
                                   const char *running)
{
    settings_order o = {.list = arena_alloc(a, (n + 1) * sizeof *o.list), .n = n};
    if (n)
        memcpy(o.list, listed, n * sizeof *o.list);
    if (!running) {
        o.running = n ? n - 1 : 0;
        return o;
    }
    if (place_of(&o, running) == n) {
        o.list[o.n++] = running;
        qsort(o.list, o.n, sizeof *o.list, older_first);
    }
    o.running = place_of(&o, running);
    return o;
}

size_t settings_order_rank(const settings_order *o, const char *version)
{
    size_t lower = o->n + 1; /* the legacy one's; above it all lower ones, the newest last */
    if (!version)
        return lower;
    size_t place = place_of(o, version);
    if (place == o->n)
        return 0;
    if (place == o->running)
        return 2 * o->n + 2;
    return place < o->running ? lower + 1 + place : o->n - place;
}
