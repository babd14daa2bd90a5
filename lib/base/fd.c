#include "base/fd.h"

#include "base/msg.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

bool fd_hung_up(int fd)
{
    struct pollfd p = {.fd = fd};
    return poll(&p, 1, 0) == 1 && (p.revents & (POLLERR | POLLHUP)) != 0;
}

static bool is_odd(const struct stat *st)
{
    return !S_ISREG(st->st_mode) && !S_ISDIR(st->st_mode);
}

int fd_open_named(const char *path)
{
    struct stat st;
    if (stat(path, &st) == 0 && is_odd(&st))
        msg_info("%s is no regular file: waiting for what comes from it", path);
    return open(path, O_RDONLY | O_CLOEXEC);
}

int fd_open_found(const char *path, bool *odd)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    *odd = fd >= 0 && fstat(fd, &st) == 0 && is_odd(&st);
    return fd;
}

void fd_warn_of_others(const struct stat *st, const char *name)
{
    if (!S_ISREG(st->st_mode))
        return;
    if (st->st_mode & S_IWOTH)
        msg_warn("%s: everybody on this machine may write it: chmod o-w would mend that", name);
    else if (st->st_mode & S_IROTH)
        msg_warn("%s: everybody on this machine may read it: chmod o-r would mend that", name);
}

ssize_t fd_read(int fd, void *to, size_t size)
{
    ssize_t got;
    do
        got = read(fd, to, size);
    while (got < 0 && errno == EINTR);
    return got;
}
