/* mapping.h - how a Kitsu record becomes an OpenPype document, field by field
 * (opkitsu(7), "Mapping"). Knows neither HTTP nor a database:
 * records and documents in, drafts of changes out. */
#ifndef OPKITSU_MODEL_MAPPING_H
#define OPKITSU_MODEL_MAPPING_H

#include "model/change_builder.h"
#include "model/naming.h"

typedef struct mapping {
    arena *arena; /* borrowed, as all of these */
    production *production;
    collection *collection;
    const json *anatomy;     /* settings_anatomy() */
    bool chosen[KINDS];      /* the kinds that are synchronised */
    root_place roots[ROOTS]; /* from naming_resolve */
    json project;            /* the project document as this plan leaves it */
    json project_id;         /* its `_id` */
    json skipped;            /* array of Skipped records that the tasks gave */
} mapping;

/* The project document. Sets m->project and m->project_id; call it first.
 * Inserts when the collection has none. */
change_builder mapping_project(mapping *m);
/* A root document. */
change_builder mapping_root(mapping *m, root r);
/* The document of a live entity, names settled. May add to m->skipped. */
change_builder mapping_entity(mapping *m, entity *e);

/* A project's `data.code`: Kitsu's, else its name in lower case, `_` for blanks. */
json mapping_code(arena *a, const json *project, const char *name);
/* What the project document is made of, as a push compares it with both sides later: an
 * object of Kitsu's `fps` and `resolution` and the document's `code`. */
json mapping_project_base(arena *a, const production *p);
/* The `_id` of the project document, also of one that is not there yet. */
json mapping_project_id(arena *a, const production *p, const collection *c);
/* Set what an entity's document has of its record: the custom fields, without those that the
 * record in `data.zou` had and this one has not; frames, resolution and other numbers. */
void mapping_set_custom(change_builder *d, const json *record);
void mapping_set_computed(change_builder *d, arena *a, const json *project, const json *record);
/* Bring an object of named things, `OUTER.tasks`, to `wanted`: one path a key, or
 * the object whole where a key can't be part of a path. `there`: as it is. */
void mapping_set_named(change_builder *d, const json *there, const json *wanted, const char *outer);

#endif
