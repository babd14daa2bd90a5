/* downstream.h - stdout of a program that runs until something ends it: it is never
 * ended within a line, and it ends when the program that reads its output has. */
#ifndef OPKITSU_LISTEN_DOWNSTREAM_H
#define OPKITSU_LISTEN_DOWNSTREAM_H

/* From now on SIGHUP, SIGINT and SIGTERM (but those that are ignored) end the program
 * at once, except between downstream_begin and downstream_end: then at the latter. */
void downstream_catch_signals(void);

/* Around all records that belong together. downstream_end flushes; it returns EX_OK, or
 * EX_IOERR if anything written was lost. */
void downstream_begin(void);
int downstream_end(void);

/* End the program, as SIGPIPE would, if the reader of stdout has exited. */
void downstream_check(void);
/* Sleep until `seconds` are over or the reader exits, and check. */
void downstream_pause(double seconds);

#endif
