#include "base/program.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/msg.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sysexits.h>
#include <unistd.h>

#ifndef OPKITSU_SHARE
#define OPKITSU_SHARE "/usr/local/share/opkitsu"
#endif

void program_start(const char *name)
{
    msg_init(name);
    mem_init(name);
    /* No secret gets into a core file, or to a debugger: who runs a program by hand may have
     * one in the environment that only another needs. */
    prctl(PR_SET_DUMPABLE, 0);
    /* Opened the wrong way round, a descriptor that was closed fails on use,
     * as it would have when closed. */
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd)
            exit(EX_OSERR);
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an error of writing */
    static char stdout_buffer[64 * 1024];
    setvbuf(stdout, stdout_buffer, _IOFBF, sizeof stdout_buffer);
}

void program_usage_error(const char *what, ...)
{
    buf text = {0};
    va_list args;
    va_start(args, what);
    buf_addv(&text, what, args); /* whole: in one that is cut no password is found */
    va_end(args);
    msg_hide_password(text.data);
    msg_error("%s", text.data);
    buf_free(&text);
    msg_error("try '%s --help'", msg_program());
    exit(EX_USAGE);
}

const char *program_share(const char *file)
{
    static char path[PATH_MAX + 64];
    ssize_t len = readlink("/proc/self/exe", path, PATH_MAX);
    if (len > 0) {
        path[len] = '\0';
        for (int up = 0; up < 2; up++) { /* PREFIX/bin/program */
            char *slash = strrchr(path, '/');
            if (!slash)
                break;
            *slash = '\0';
        }
        size_t used = strlen(path);
        snprintf(path + used, sizeof path - used, "/share/opkitsu/%s", file);
        if (access(path, R_OK) == 0)
            return path;
    }
    snprintf(path, sizeof path, "%s/%s", OPKITSU_SHARE, file);
    return path;
}
