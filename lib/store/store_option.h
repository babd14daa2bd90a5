/* store_option.h - the option that names the store. */
#ifndef OPKITSU_STORE_STORE_OPTION_H
#define OPKITSU_STORE_STORE_OPTION_H

#include "base/options.h"

/* -d, --store STORE, for store_open. */
option_def store_option(const char **url);

#endif
