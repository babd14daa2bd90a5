/* clock.h - time for waiting. */
#ifndef OPKITSU_BASE_CLOCK_H
#define OPKITSU_BASE_CLOCK_H

#include <stdbool.h>

/* Seconds since an arbitrary moment. It never goes back, and counts suspended time. */
double clock_now(void);
/* Between half of `seconds` and all of it: clients that lost their connections
 * together should not reconnect together. */
double clock_jitter(double seconds);
/* The seconds to wait before the next of several tries: `*wait`, which then doubles, to at
 * most `longest`. */
double clock_backoff(double *wait, double longest);
/* A time in seconds that the environment may set, for tests and odd networks:
 * `usual` when the variable is unset, no number, or not between 0 and 1,000,000. */
double clock_setting(const char *variable, double usual);
/* The same of a wait between two tries, which 0 would make a busy loop: `usual`. */
double clock_wait_setting(const char *variable, double usual);
/* Read a time such as `90s`, `30m`, `24h`, `7d`, or `off`, which is 0. False: the
 * text is none of these. */
bool clock_parse_interval(const char *text, double *seconds);
/* Sleep. Signals do not cut it short. */
void clock_sleep(double seconds);

#endif
