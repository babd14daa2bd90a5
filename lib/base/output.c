#include "base/output.h"

#include "base/msg.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <string.h>
#include <sysexits.h>

/* errno of the first write that failed. */
static int first_error;

/* Nothing may follow what is lost: a stream that lacks its middle would be taken for whole. */
static void give_up(void)
{
    if (!first_error)
        first_error = errno;
    __fpurge(stdout);
}

void output_write(const char *bytes, size_t len)
{
    if (!len || ferror(stdout)) /* of nothing there may be no address */
        return;
    if (fwrite(bytes, 1, len, stdout) < len)
        give_up();
}

void output_printf(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (!ferror(stdout) && vprintf(format, args) < 0)
        give_up();
    va_end(args);
}

void output_flush(void)
{
    if (fflush(stdout) != 0)
        give_up();
}

int output_close(int status)
{
    output_flush();
    bool failed = ferror(stdout) != 0;
    int number = first_error;
    if (fclose(stdout) != 0 && !number)
        number = errno;
    if (!failed && !number)
        return status;
    if (number)
        msg_error("stdout: %s", strerror(number));
    else
        msg_error("stdout: output was lost");
    return EX_IOERR;
}
