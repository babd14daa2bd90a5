#include "fetch/castings.h"

#include "base/msg.h"
#include "record/ndjson.h"

#include <stdio.h>
#include <string.h>

void castings_write_link(fetch_records *r, const entity_link *l)
{
    arena *a = arena_new();
    json v = json_object();
    json_add(a, &v, "type", json_string(a, kind_name(KIND_ENTITY_LINK)));
    json_add(a, &v, "project_id", json_string(a, r->project.id));
    if (l->id)
        json_add(a, &v, "id", json_message(a, l->id));
    json_add(a, &v, "entity_in_id", json_string(a, l->entity_in_id));
    json_add(a, &v, "entity_out_id", json_string(a, l->entity_out_id));
    json_add(a, &v, "nb_occurences", l->nb_occurences ? *l->nb_occurences : json_null());
    json_add(a, &v, "label", l->label ? *l->label : json_null());
    ndjson_write(&v);
    r->counts[KIND_ENTITY_LINK]++;
    arena_free(a);
}

static bool write_link(void *context, const entity_link *l)
{
    castings_write_link(context, l);
    return ferror(stdout) == 0;
}

void castings_note(fetch_records *r, const json_element *shot)
{
    if (!r->cast_in && entity_links_counted(shot))
        r->cast_in = arena_text(r->project.arena, shot->id, strlen(shot->id));
}

void castings_give_up(fetch_records *r, const char *why)
{
    msg_error("%s: %s: data.inputLinks stay as they are", r->project.name, why);
    r->disputed = true;
}

zou_result castings_believe_none(fetch_records *r, bool *believed, error *e)
{
    *believed = true;
    if (!r->cast_in)
        return ZOU_OK;
    zou_result result = entity_links_check_none(&r->project, r->cast_in, e);
    *believed = result == ZOU_OK || result == ZOU_MISSING; /* the shot is gone, or the route */
    if (result == ZOU_LOST || *believed)
        return *believed ? ZOU_OK : result;
    castings_give_up(r, e->what);
    return ZOU_OK;
}

/* Whether what was read is all. */
static zou_result check(fetch_records *r, const entity_links *l, bool *whole, error *e)
{
    *whole = false;
    if (l->view == LINKS_NONE)
        msg_warn("%s: a %s may not read its castings: data.inputLinks stay as they are",
                 r->project.name, r->project.role);
    else if (l->spoilt)
        castings_give_up(r, "a casting cannot be read");
    else if (l->n == 0)
        return castings_believe_none(r, whole, e);
    else
        *whole = true;
    return ZOU_OK;
}

zou_result castings_write(fetch_records *r, error *e)
{
    r->read[KIND_ENTITY_LINK] = false;
    if (r->project.partial) /* which is reported with the rest */
        return ZOU_OK;
    entity_links l = {.fn = write_link, .context = r};
    zou_result result = entity_links_read(&l, &r->project, e);
    if (result == ZOU_OK)
        result = check(r, &l, &r->read[KIND_ENTITY_LINK], e);
    if (l.view == LINKS_SHOTS)
        r->cast = json_string(r->project.arena, END_CAST_SHOTS);
    return result;
}
