/* json/path.h: dotted paths, as MongoDB's updates have them. */
#include "tap.h"

#include "json/path.h"

static void validity(void)
{
    static const struct {
        const char *path;
        bool valid;
    } rows[] = {{"a", true},      {"data.tasks.Comp", true},
                {"a.0", true},    {"", false},
                {".", false},     {"a.", false},
                {".a", false},    {"a..b", false},
                {"$a", false},    {"a.$b", false},
                {"a$", true},     {"_id", false},
                {"_id.a", false}, {"a._id", true},
                {"_idx", true}};
    for (size_t i = 0; i < ROWS(rows); i++)
        ok(path_valid(rows[i].path) == rows[i].valid, "\"%s\" is %s", rows[i].path,
           rows[i].valid ? "a path" : "none");
}

static void overlaps(void)
{
    static const struct {
        const char *one, *other;
        bool overlap;
    } rows[] = {{"a", "a", true},   {"a", "a.b", true},    {"a.b.c", "a.b", true},
                {"a", "ab", false}, {"a.b", "a.c", false}, {"a.b", "b", false},
                {"a-b", "a", false}};
    for (size_t i = 0; i < ROWS(rows); i++)
        ok(path_overlaps(rows[i].one, rows[i].other) == rows[i].overlap &&
               path_overlaps(rows[i].other, rows[i].one) == rows[i].overlap,
           "%s and %s", rows[i].one, rows[i].other);
}

static int compare(const void *one, const void *other)
{
    return path_compare(*(char *const *)one, *(char *const *)other);
}

/* What lies below a path follows it: a neighbour tells. A `-` is less than a `.`, so
 * that by bytes alone "a-b" would come between "a" and "a.b". */
static void order(void)
{
    const char *paths[] = {"a-b", "a.b", "ab", "a", "a.b.c", "a.b-c"};
    qsort(paths, ROWS(paths), sizeof *paths, compare);
    for (size_t i = 0; i < ROWS(paths); i++)
        for (size_t k = i + 1; k < ROWS(paths); k++)
            if (path_overlaps(paths[i], paths[k]))
                ok(path_overlaps(paths[i], paths[i + 1]), "%s and its neighbour, as %s is there",
                   paths[i], paths[k]);
}

static void values(arena *a)
{
    json v = parsed(
        a, "{\"data\":{\"tasks\":{\"Comp\":1},\"list\":[1],\"a.b\":2,\"none\":null},\"x\":1}");
    static const struct {
        const char *path, *value; /* NULL: nothing there */
        bool blocked;
    } rows[] = {
        {"data.tasks.Comp", "1", false}, {"x", "1", false},           {"data.none", "null", false},
        {"data.a.b", NULL, false},       {"data.list.0", NULL, true}, {"x.y", NULL, true},
        {"x.y.z", NULL, true},           {"data.new.y", NULL, false}, {"new", NULL, false},
        {"data.none.y", NULL, true}};
    for (size_t i = 0; i < ROWS(rows); i++) {
        const json *found = path_get(&v, rows[i].path);
        is_text(found ? json_written(a, found) : NULL, rows[i].value, rows[i].path);
        ok(path_blocked(&v, rows[i].path) == rows[i].blocked, "%s is %s", rows[i].path,
           rows[i].blocked ? "blocked" : "free");
    }
}

static void changes(arena *a)
{
    json v = parsed(a, "{\"data\":{\"x\":{\"y\":1}},\"k\":1}"), set;
    set = path_set(a, &v, "data.x.z", json_integer(a, 2));
    is_text(json_written(a, &set), "{\"data\":{\"x\":{\"y\":1,\"z\":2}},\"k\":1}", "a new key");
    set = path_set(a, &v, "new.way.down", json_bool(true));
    is_text(json_written(a, &set),
            "{\"data\":{\"x\":{\"y\":1}},\"k\":1,\"new\":{\"way\":{\"down\":true}}}",
            "objects on the way are made");
    json one = json_integer(a, 1), two = json_integer(a, 2);
    const path_change all[] = {{"data.none.y", NULL}, {"data.x.y", NULL}, {"data.x.z", &two},
                               {"k.y", NULL},         {"k2", &one},       {"new.b", &one},
                               {"new.c.d", &two},     {"none", NULL}};
    set = path_change_all(a, &v, all, ROWS(all));
    is_text(json_written(a, &set),
            "{\"data\":{\"x\":{\"z\":2}},\"k\":1,\"k2\":1,\"new\":{\"b\":1,\"c\":{\"d\":2}}}",
            "set and taken out, in their places, but for what is not there");
    set = path_change_all(a, &v, (path_change[]){{"k", NULL}}, 1);
    is_text(json_written(a, &set), "{\"data\":{\"x\":{\"y\":1}}}", "taken out");
    is_text(json_written(a, &v), "{\"data\":{\"x\":{\"y\":1}},\"k\":1}",
            "the document itself stays");
}

int main(void)
{
    arena *a = arena_new();
    validity();
    overlaps();
    order();
    values(a);
    changes(a);
    arena_free(a);
    return done();
}
