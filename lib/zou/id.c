#include "zou/id.h"

#include <string.h>

bool zou_is_id(const char *text)
{
    return text && strlen(text) == 36 && strspn(text, "0123456789abcdefABCDEF-") == 36;
}
