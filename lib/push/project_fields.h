/* project_fields.h - the fields that Kitsu's project takes from OpenPype's: code, fps and
 * resolution, compared three ways, and the studio's own keys of its data.
 *
 * The base is what both sides last had (store/state.h, `project:`). A field is written where
 * OpenPype changed it and Kitsu did not. Where both did, or no base is known, Kitsu wins, and
 * a Skipped record says so. */
#ifndef OPKITSU_PUSH_PROJECT_FIELDS_H
#define OPKITSU_PUSH_PROJECT_FIELDS_H

#include "push/items.h"

/* Set the plan's project_fields, and next_base without these. Adds to the plan's skipped. */
void push_project_fields_plan(push_plan *p);
/* Kitsu has the project_fields now: take them into next_base. */
void push_project_fields_done(push_plan *p);
/* Whether both sides have one `fps` or `resolution` after this push. */
bool push_project_agrees(const push_plan *p, const char *key);
/* The project document with the `fps` and `resolution`, as Kitsu writes them, of `values`. */
json push_project_over(const push_plan *p, const json *values);

#endif
