#include "fetch/castings.h"

#include "base/msg.h"
#include "record/end.h"
#include "record/ndjson.h"

#include <stdio.h>
#include <string.h>

void castings_write_link(castings *c, const entity_link *l)
{
    arena *a = arena_new();
    json v = json_object();
    json_add(a, &v, "type", json_string(a, kind_name(KIND_ENTITY_LINK)));
    json_add(a, &v, "project_id", json_string(a, c->project->id));
    if (l->id)
        json_add(a, &v, "id", json_message(a, l->id));
    json_add(a, &v, "entity_in_id", json_string(a, l->entity_in_id));
    json_add(a, &v, "entity_out_id", json_string(a, l->entity_out_id));
    json_add(a, &v, "nb_occurences", l->nb_occurences ? *l->nb_occurences : json_null());
    json_add(a, &v, "label", l->label ? *l->label : json_null());
    ndjson_write(&v);
    c->written++;
    arena_free(a);
}

static bool write_link(void *context, const entity_link *l)
{
    castings_write_link(context, l);
    return ferror(stdout) == 0;
}

void castings_note(castings *c, const json_element *shot)
{
    if (!c->cast_in && entity_links_counted(shot))
        c->cast_in = arena_text(c->project->arena, shot->id, strlen(shot->id));
}

void castings_give_up(castings *c, const char *why)
{
    msg_error("%s: %s: data.inputLinks stay as they are", c->project->name, why);
    c->given_up = true;
}

zou_result castings_believe_none(castings *c, bool *believed, error *e)
{
    *believed = true;
    if (!c->cast_in)
        return ZOU_OK;
    zou_result result = entity_links_check_none(c->project, c->cast_in, e);
    *believed = result == ZOU_OK || result == ZOU_MISSING; /* the shot is gone, or the route */
    if (result == ZOU_LOST || *believed)
        return *believed ? ZOU_OK : result;
    castings_give_up(c, e->what);
    return ZOU_OK;
}

/* Whether what was read is all. */
static zou_result check(castings *c, const entity_links *l, bool *whole, error *e)
{
    *whole = false;
    if (l->view == LINKS_NONE)
        msg_warn("%s: a %s may not read its castings: data.inputLinks stay as they are",
                 c->project->name, c->project->role);
    else if (l->spoilt)
        castings_give_up(c, "a casting cannot be read");
    else if (l->n == 0)
        return castings_believe_none(c, whole, e);
    else
        *whole = true;
    return ZOU_OK;
}

zou_result castings_write(castings *c, error *e)
{
    c->read = false;
    if (c->project->partial) /* which is reported with the rest */
        return ZOU_OK;
    entity_links l = {.fn = write_link, .context = c};
    zou_result result = entity_links_read(&l, c->project, e);
    if (result == ZOU_OK)
        result = check(c, &l, &c->read, e);
    if (l.view == LINKS_SHOTS)
        c->cast = json_string(c->project->arena, END_CAST_SHOTS);
    return result;
}
