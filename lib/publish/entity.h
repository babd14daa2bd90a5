/* entity.h - the entity in Kitsu that a published asset of OpenPype is, for a task
 * that the store does not link.
 *
 * Zou's routes: /data/projects/all, /data/entities?project_id=P&name=N,
 * /data/entities/E. */
#ifndef OPKITSU_PUBLISH_ENTITY_H
#define OPKITSU_PUBLISH_ENTITY_H

#include "publish/found.h"
#include "publish/publish.h"

typedef struct publish_entity {
    const char *id;
    const char *text; /* `Shot "SH010"`, for messages */
} publish_entity;

/* By `data.zou.id` of the asset's document (null: there is none); else by the place's
 * project and asset: the entity whose document would have that name (`SQ01_SH010`),
 * else the only one with that name of its own (`SH010`). Where documents have converted
 * names, and none has that name as it is, both are compared converted. The result is in `a`. */
publish_found publish_entity_find(zou *z, store *s, const publish_place *place,
                                  const json *document, arena *a, publish_entity *out, error *e);

/* The name of the document of an entity: as it is or, if names are converted, as that makes
 * it. `*name`, in `a`; NULL: the request failed, or the entity has no name. */
zou_result publish_entity_name(zou *z, const char *id, bool converted, arena *a, const char **name,
                               error *e);

#endif
