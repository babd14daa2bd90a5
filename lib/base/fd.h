/* fd.h - what can be asked of a file descriptor. */
#ifndef OPKITSU_BASE_FD_H
#define OPKITSU_BASE_FD_H

#include <stdbool.h>

/* Whether no process reads any longer what is written to this pipe or socket. */
bool fd_hung_up(int fd);

#endif
