/* entity.h - which entity of Kitsu's a published asset of OpenPype's is, where
 * the store does not say which task it was. */
#ifndef OPKITSU_PUBLISH_ENTITY_H
#define OPKITSU_PUBLISH_ENTITY_H

#include "publish/task.h"

typedef struct publish_entity {
    const char *id;
    const char *text; /* `Shot "SH010"`, for messages */
} publish_entity;

/* By `data.zou.id` of the asset's document (null: none); else by the place's project
 * and asset: the entity whose document would be called so (`SQ01_SH010`), else the
 * only one whose own name it is (`SH010`). The result is in `a`. */
publish_found publish_entity_find(zou *z, store *s, const publish_place *place,
                                  const json *document, arena *a, publish_entity *out, error *e);

#endif
