/* log.h - lines on stderr for a program that must not wait.
 *
 * Whoever reads our stderr may be slow, or stopped (Ctrl-S): lines are queued here, and
 * written when there is room. The queue belongs to the process, as stderr does. */
#ifndef OPKITSU_SUPERVISOR_LOG_H
#define OPKITSU_SUPERVISOR_LOG_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

/* Open stderr once more, for us alone, where that works: a terminal may have less room
 * than poll(2) says, and O_NONBLOCK on the description of stderr would be everybody's.
 * Else, and without this, lines are written to stderr as it is. */
void log_open(void);

/* Queue `len` bytes, lines with their newlines, and write what can be written. */
void log_add(const char *bytes, size_t len);
/* A message of our own, `program: text`. */
void log_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same, with -v only. */
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* If something is queued, add what to wait for: `fds` has room for one. Returns how
 * many were added; `*milliseconds` is how long to wait at most, as poll(2) has it. */
size_t log_poll(struct pollfd *fds, int *milliseconds);
/* Whether the queue is long enough: read nothing more that would get into it. */
bool log_is_full(void);
/* Write what can be written now. Lines that stderr refuses are dropped. */
void log_write(void);
/* The end: write the rest, in so many seconds at most, free the queue, and close. */
void log_finish(double seconds);

#endif
