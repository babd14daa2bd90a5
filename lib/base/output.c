#include "base/output.h"

#include "base/msg.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

void output_write(const char *bytes, size_t len)
{
    if (len) /* of nothing there may be no address */
        fwrite(bytes, 1, len, stdout);
}

/* errno of the first flush that failed. */
static int flush_error;

void output_flush(void)
{
    if (fflush(stdout) != 0 && !flush_error)
        flush_error = errno;
}

int output_close(int status)
{
    /* fwrite's errno is lost by now. Flushing again finds the reason, for /dev/full and
     * a closed descriptor too. */
    bool failed = ferror(stdout) != 0;
    int number = flush_error;
    if (fflush(stdout) != 0 && !number)
        number = errno;
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
