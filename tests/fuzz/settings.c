/* store/settings_merge.h, settings_check.h, settings_version.h, settings_documents.h. The
 * lines are documents of OpenPype's collection `settings`; their `data` are merged, too. */
#include "mutate.h"

#include "store/anatomy.h"
#include "store/settings_check.h"
#include "store/settings_documents.h"
#include "store/settings_merge.h"
#include "store/settings_version.h"

enum { MAX_LINES = 20 };
static json lines[MAX_LINES];
static size_t n_lines;

/* ---- in place of store/store.c -------------------------------------------------- */

const char *store_openpype(const store *s)
{
    (void)s;
    return "openpype";
}

bool store_documents(store *s, store_ns ns, store_what what, const char *const *fields,
                     const store_sink *out, error *e)
{
    (void)s, (void)what, (void)fields, (void)e;
    for (size_t i = 0; i < n_lines; i++)
        if (json_get(&lines[i], "_id") && !out->fn(out->context, ns, &lines[i]))
            break;
    return true;
}

bool store_get_many(store *s, store_ns ns, store_ids ids, const store_sink *out, error *e)
{
    (void)ids;
    return store_documents(s, ns, STORE_ALL, NULL, out, e);
}

/* ---- layers ----------------------------------------------------------------------- */

static bool has_notes(const json *v)
{
    for (uint32_t i = 0; (v->type == JSON_ARRAY || v->type == JSON_OBJECT) && i < v->len; i++) {
        bool object = v->type == JSON_OBJECT;
        if (object && (strcmp(v->members[i].key, SETTINGS_OVERRIDDEN) == 0 ||
                       strcmp(v->members[i].key, "__dynamic_keys_labels__") == 0))
            return true;
        if (has_notes(object ? &v->members[i].value : &v->items[i]))
            return true;
    }
    return false;
}

static void mistake(void *context, const char *path, const char *what)
{
    (void)context;
    require(*path && *what, "a mistake has a place and a reason");
}

static void check_merge(arena *a, const json *one, const json *other)
{
    json nothing = json_object(), null = json_null();
    json under = settings_merge(a, &null, one); /* without notes */
    json merged = settings_merge(a, &under, other);
    require(!has_notes(&merged), "notes are no settings");
    json again = settings_merge(a, &merged, other);
    require(json_equal(&again, &merged, NULL), "merged twice, it is the same");
    if (under.type == JSON_OBJECT) {
        again = settings_merge(a, &under, &nothing);
        require(json_equal(&again, &under, NULL), "nothing changes nothing");
    }
    for (uint32_t i = 0; json_is(other, JSON_OBJECT) && i < other->len; i++) {
        const char *key = other->members[i].key;
        if (!strchr(key, '.') && *key && !json_is(&other->members[i].value, JSON_OBJECT))
            require(settings_decides(other, key), "a layer decides what it has");
    }
    if (json_is(other, JSON_OBJECT)) {
        settings_check(a, other, mistake, NULL);
        anatomy_from_settings(a, other);
    }
}

/* ---- versions --------------------------------------------------------------------- */

static int sign(int order)
{
    return (order > 0) - (order < 0);
}

static void check_order(const char *x, const char *y, const char *z)
{
    int xy = sign(settings_version_compare(x, y)), yz = sign(settings_version_compare(y, z));
    require(sign(settings_version_compare(y, x)) == -xy, "the other way round");
    require(settings_version_compare(x, x) == 0, "a version is itself");
    if (xy == yz || yz == 0)
        require(sign(settings_version_compare(x, z)) == xy, "versions are in one order");
}

static void check_versions(arena *a)
{
    const char *texts[3] = {"3.18.0", "3.18.0-nightly.1", "x"};
    for (size_t i = 0; i < 3 && i < n_lines; i++) {
        const char *version = json_text(json_get(&lines[i], "version"));
        texts[i] = version ? version : texts[i];
    }
    check_order(texts[0], texts[1], texts[2]);
    check_order(texts[2], texts[0], texts[1]);
    settings_order o = settings_order_make(a, texts, 2, texts[2]);
    for (size_t i = 0; i < 3; i++)
        require(settings_order_rank(&o, texts[2]) >= settings_order_rank(&o, texts[i]),
                "the running one is the nearest");
}

/* ---- documents -------------------------------------------------------------------- */

static void check_documents(arena *a)
{
    settings_document *list;
    const char *running;
    error e = {0};
    require(settings_documents_read(NULL, a, &list, &running, &e), "no store fails");
    for (settings_document *d = list; d; d = d->next) {
        require(settings_documents_find(list, d->type, d->project) == d, "there is one of each");
        require(d->data.type == JSON_OBJECT, "its settings are an object");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    arena *a = arena_new();
    for (n_lines = 0; n_lines < MAX_LINES && size;)
        n_lines += next_json(a, &data, &size, &lines[n_lines]);
    for (size_t i = 0; i + 1 < n_lines; i++) {
        const json *one = json_get(&lines[i], "data"), *other = json_get(&lines[i + 1], "data");
        if (one && other)
            check_merge(a, one, other);
    }
    check_versions(a);
    check_documents(a);
    arena_free(a);
    return 0;
}
