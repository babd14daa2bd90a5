#include "store/store_option.h"

option_def store_option(const char **url)
{
    return (option_def){.name = "store",
                        .letter = 'd',
                        .value = "STORE",
                        .help = "OpenPype's database: mongodb://..., mongodb+srv://... or\n"
                                "sqlite:PATH (OP_STORE, OPENPYPE_MONGO, else the embedded store)",
                        .text = url};
}
