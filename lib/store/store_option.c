#include "store/store_option.h"

#include <stdlib.h>

option_def store_option(const char **url)
{
    return (option_def){.name = "store",
                        .letter = 'd',
                        .value = "STORE",
                        .bytes = true,
                        .help = "OpenPype's database: mongodb://..., mongodb+srv://... or\n"
                                "sqlite:PATH (default: $OP_STORE, $OPENPYPE_MONGO, else\n"
                                "~/.local/share/opkitsu/op.db)",
                        .text = url};
}

static void set_version(void *context, const char *value)
{
    (void)context;
    setenv("OPENPYPE_VERSION", value, 1);
}

option_def openpype_version_option(void)
{
    return (option_def){.name = "openpype-version",
                        .value = "VERSION",
                        .help =
                            "the version of OpenPype whose settings are read\n"
                            "(default: $OPENPYPE_VERSION, else the studio's production version)",
                        .call = set_version};
}
