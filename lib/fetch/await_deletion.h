/* await_deletion.h - assets that Zou is about to delete.
 *
 * Zou logs `asset:delete` some commits before it deletes the asset
 * (blueprints/assets/resources.py, services/assets_service.py remove_asset), and
 * logs nothing afterwards. An asset that is read in between seems to stay. */
#ifndef OPKITSU_FETCH_AWAIT_DELETION_H
#define OPKITSU_FETCH_AWAIT_DELETION_H

#include "fetch/affected.h"
#include "zou/zou.h"

/* Wait, for at most 10 s, until Kitsu has deleted or canceled all assets that the
 * batch's events call deleted. False: Kitsu is lost, `*e`. When Kitsu refuses the
 * question, it does not wait: the reading that follows reports it. */
bool fetch_await_deletion(zou *z, const affected *a, error *e);

#endif
