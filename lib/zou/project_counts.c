#include "zou/project_counts.h"

#include "base/limits.h"
#include "zou/bulk.h"

#include <inttypes.h>
#include <string.h>
#include <sysexits.h>

/* The types of entities of the kinds that were listed empty. */
typedef struct types {
    const bool *empty;
    bool of_assets; /* the list is that of asset types */
    element_list found;
} types;

static bool take_type(void *context, const json_element *e)
{
    types *t = context;
    kind k = t->of_assets ? KIND_ASSET : kind_of(e->name);
    bool matters = k != KIND_NONE && k < KIND_ENTITIES && k != KIND_ASSET_TYPE && t->empty[k];
    return !matters || !e->id || element_list_keep(&t->found, e);
}

/* The total of a page, added to `*n`; `*what`: the kind of the first that it has. */
static zou_result add_total(zou_project *p, const char *path, int64_t *n, const char **what,
                            error *e)
{
    json page;
    int64_t total = 0;
    arena *scratch = arena_new();
    zou_result result = zou_get(p->lists->zou, path, JSON_OBJECT, scratch, &page, e);
    if (result == ZOU_OK && json_int64(json_get(&page, "total"), &total) && total > 0) {
        const json *data = json_get(&page, "data");
        kind k = json_is(data, JSON_ARRAY) && data->len
                     ? kind_of(json_text(json_get(&data->items[0], "type")))
                     : KIND_NONE;
        if (k != KIND_NONE)
            *what = kind_name(k);
        if (*n < MAX_COUNT) /* more is not needed, and would overflow */
            *n += total < MAX_COUNT ? total : MAX_COUNT;
    }
    arena_free(scratch);
    return result;
}

static zou_result add_totals(zou_project *p, const bulk_query *query, int64_t *n, const char **what,
                             error *e)
{
    buf path = {0};
    zou_result result = ZOU_OK;
    for (size_t next = 0; result == ZOU_OK && zou_bulk_path(query, &next, &path);)
        result = add_total(p, path.data, n, what, e);
    buf_free(&path);
    return result;
}

static zou_result count_entities(zou_project *p, const types *t, int64_t *n, const char **what,
                                 error *e)
{
    const char **ids = arena_alloc(p->arena, (t->found.len + 1) * sizeof *ids);
    for (size_t i = 0; i < t->found.len; i++)
        ids[i] = t->found.items[i].id;
    bulk_query query = {.path = arena_printf(p->arena,
                                             "/data/entities?project_id=%s&page=1&limit=1"
                                             "&entity_type_id=",
                                             p->id),
                        .ids = ids,
                        .n = t->found.len};
    return add_totals(p, &query, n, what, e);
}

static zou_result dispute(int64_t n, const char *what, error *e)
{
    error_set(e, EX_PROTOCOL,
              "Kitsu gives an empty list, but counts %" PRId64 " of this kind (%.40s): the list is "
              "not believed",
              n, what);
    return ZOU_DISPUTED;
}

static zou_result check_entities(zou_project *p, const bool empty[KINDS], int64_t *n,
                                 const char **what, error *e)
{
    types t = {.empty = empty};
    zou_result result = ZOU_OK;
    bool any = false;
    for (int k = 0; k < KIND_ENTITIES; k++)
        any |= empty[k] && k != KIND_ASSET_TYPE;
    if (any)
        result = zou_list(p->lists->zou, "/data/entity-types", take_type, &t, e);
    t.of_assets = true;
    if (result == ZOU_OK && empty[KIND_ASSET])
        result = zou_list(p->lists->zou, "/data/asset-types", take_type, &t, e);
    if (result == ZOU_STOPPED) {
        error_set(e, EX_PROTOCOL, "Kitsu has too many types of entities to count");
        result = ZOU_FAILED;
    }
    if (result == ZOU_OK)
        result = count_entities(p, &t, n, what, e);
    element_list_clear(&t.found);
    return result;
}

zou_result zou_project_check_empty(zou_project *p, const bool empty[KINDS], error *e)
{
    int64_t n = 0;
    const char *what = "entity";
    zou_result result = check_entities(p, empty, &n, &what, e);
    if (result == ZOU_OK && n == 0 && empty[KIND_TASK]) {
        what = "Task";
        result =
            add_total(p, arena_printf(p->arena, "/data/tasks?project_id=%s&page=1&limit=1", p->id),
                      &n, &what, e);
    }
    return result != ZOU_OK || n == 0 ? result : dispute(n, what, e);
}

zou_result zou_project_check_no_tasks(zou_project *p, const char *const *entity_ids, size_t n,
                                      error *e)
{
    int64_t counted = 0;
    const char *what = "Task";
    bulk_query query = {.path = "/data/tasks?page=1&limit=1&entity_id=", .ids = entity_ids, .n = n};
    zou_result result = add_totals(p, &query, &counted, &what, e);
    return result != ZOU_OK || counted == 0 ? result : dispute(counted, what, e);
}
