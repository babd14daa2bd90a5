/* anatomy.h - OpenPype's project anatomy as a project document has it.
 *
 * The settings have `attributes` beside what a document keeps in `config`;
 * `attributes.applications` are names there, and objects in `config.apps`
 * (_save_project_anatomy_data in OpenPype's settings/handlers.py). */
#ifndef OPKITSU_STORE_ANATOMY_H
#define OPKITSU_STORE_ANATOMY_H

#include "json/json.h"

/* The studio's anatomy as {"attributes":{…},"config":{…}}, to be merged over that of
 * share/anatomy.json. What the schemas project-3.0 and config-2.0 do not allow is left
 * out. */
json anatomy_from_settings(arena *a, const json *settings);

#endif
