/* fd.h - what can be asked of a file descriptor, and done with it. */
#ifndef OPKITSU_BASE_FD_H
#define OPKITSU_BASE_FD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Whether no process reads any longer what is written to this pipe or socket. */
bool fd_hung_up(int fd);
/* read(2), but again if a signal interrupts it. */
ssize_t fd_read(int fd, void *to, size_t size);

#endif
