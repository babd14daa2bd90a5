#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>

bool error_set(error *e, int status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(e->what, sizeof e->what, format, args);
    va_end(args);
    e->status = status;
    return false;
}
