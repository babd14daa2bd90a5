/* await_deletion.h - assets that Zou is about to delete.
 *
 * Zou logs `asset:delete` some commits before it deletes the asset
 * (blueprints/assets/resources.py, services/assets_service.py remove_asset), and
 * no event comes after it. Read in between, the asset would seem to stay. */
#ifndef OPKITSU_FETCH_AWAIT_DELETION_H
#define OPKITSU_FETCH_AWAIT_DELETION_H

#include "fetch/affected.h"
#include "zou/zou.h"

/* Wait, 10 s at most, until Kitsu has none of the assets that a batch's events
 * say were deleted, or has them as canceled, as they stay then. False if Kitsu
 * is lost; what it refuses is left to the reading. */
bool fetch_await_deletion(zou *z, const affected *t, error *e);

#endif
