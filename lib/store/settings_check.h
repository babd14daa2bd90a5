/* settings_check.h - mistakes in the section `opkitsu` of a layer of settings (store/settings.h):
 * keys that nothing reads, and values that count as if they were not there.
 *
 * The members of `opkitsu.note` are note-rule's to check (publish/rule_settings.h). OpenPype's
 * own marks begin with two underscores, and are no keys. */
#ifndef OPKITSU_STORE_SETTINGS_CHECK_H
#define OPKITSU_STORE_SETTINGS_CHECK_H

#include "json/json.h"

/* `path` is dotted, `what` a sentence without its full stop; both last until it returns. */
typedef void settings_mistake_fn(void *context, const char *path, const char *what);

/* Report each. `layer`: an object in the shape of share/settings.json. */
void settings_check(arena *a, const json *layer, settings_mistake_fn *mistake, void *context);

#endif
