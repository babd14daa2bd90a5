#include "zou/id.h"

#include "base/limits.h"

#include <string.h>

bool zou_is_id(const char *text)
{
    return text && strlen(text) == 36 && strspn(text, "0123456789abcdefABCDEF-") == 36;
}

bool zou_id_fits(const char *id)
{
    return id && strlen(id) <= MAX_ID;
}
