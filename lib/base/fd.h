/* fd.h - what can be asked of a file descriptor, and done with it. */
#ifndef OPKITSU_BASE_FD_H
#define OPKITSU_BASE_FD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

/* Whether no process reads any longer what is written to this pipe or socket. */
bool fd_hung_up(int fd);
/* Open a file that a user named, to read it. What may have its end much later, a pipe or a
 * terminal, is told of with -v. -1: errno says why. */
int fd_open_named(const char *path);
/* Open a file that nobody named: this one waits for nothing. `*odd`: it is neither a file nor
 * a folder (which no read(2) reads). -1: errno says why. */
int fd_open_found(const char *path, bool *odd);
/* Warn of a regular file that everybody on this machine may write or read; `name`: as people
 * call it. */
void fd_warn_of_others(const struct stat *st, const char *name);
/* read(2), but again if a signal interrupts it. */
ssize_t fd_read(int fd, void *to, size_t size);

#endif
