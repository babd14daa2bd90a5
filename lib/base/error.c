#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <sysexits.h>

int error_status(int number, int usual)
{
    switch (number) {
    case ENOMEM:
    case EMFILE:
    case ENFILE: return EX_OSERR;
    case EIO:
    case ENOSPC:
    case EDQUOT: return EX_IOERR;
    default: return usual;
    }
}

bool error_set(error *e, int status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(e->what, sizeof e->what, format, args);
    va_end(args);
    e->status = status;
    return false;
}
