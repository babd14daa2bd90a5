/* deleted.h - what Kitsu no longer has (opkitsu-records(5)): Deleted, of one object, and
 * AssetTypes, of all that a project no longer uses. */
#ifndef OPKITSU_RECORD_DELETED_H
#define OPKITSU_RECORD_DELETED_H

#include "json/json.h"
#include "record/kind.h"

/* Texts are borrowed. */
typedef struct deleted_record {
    bool project;   /* a whole project */
    kind kind;      /* else of what kind; KIND_NONE: not one of ours */
    const char *id; /* NULL: absent */
    const char *project_id;
} deleted_record;

json deleted_make(arena *a, const deleted_record *deleted);
void deleted_read(const json *record, deleted_record *deleted);

/* `ids`: an array of the asset types that the project uses now. */
json asset_types_make(arena *a, const char *project_id, json ids);
/* Its ids; NULL: it has no list of texts. */
const json *asset_types_read(const json *record);

#endif
