/* store_option.h - the options that name the store, and whose settings are read from it. */
#ifndef OPKITSU_STORE_STORE_OPTION_H
#define OPKITSU_STORE_STORE_OPTION_H

#include "base/options.h"

/* -d, --store STORE, for store_open. */
option_def store_option(const char **url);
/* --openpype-version VERSION, for settings_load: it becomes OPENPYPE_VERSION. */
option_def openpype_version_option(void);

#endif
