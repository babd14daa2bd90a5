/* child.h - one process that the supervisor starts. */
#ifndef OPKITSU_SUPERVISOR_CHILD_H
#define OPKITSU_SUPERVISOR_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

/* What of our environment may hold a secret, and only those get that need it. */
typedef enum child_secret {
    SECRET_LOGIN = 1,   /* what logs in to Kitsu: KITSU_PWD and the like */
    SECRET_STORE = 2,   /* OP_STORE, OPENPYPE_MONGO */
    SECRET_SETTINGS = 4 /* OP_SETTINGS */
} child_secret;

typedef struct child_setup {
    int in, out, err;    /* borrowed; -1: it has ours */
    int keeps;           /* borrowed: one that it has, too, by its number; 0: none */
    bool ends_with_us;   /* it gets SIGTERM when we end, whatever ends us */
    bool stands_apart;   /* a signal to our process group does not reach it */
    bool ignores_keys;   /* Ctrl-C and Ctrl-\ at the terminal do not end it */
    bool heeds_hup;      /* even if we were started with SIGHUP ignored */
    unsigned has_access; /* child_secret: what it needs */
} child_setup;

/* Start the program `argv[0]`, found in PATH, with an empty signal mask and no
 * descriptors but its 0, 1 and 2, what it `keeps` and those that we were started with.
 * Returns its process id, or -1: errno says why. A program that cannot be run says so on
 * its stderr, and ends with 69 (EX_UNAVAILABLE). */
pid_t child_start(char *const argv[], const child_setup *setup);
/* Whether it has ended; then `*status` is its exit status, or 128 and the signal's
 * number, as a shell has it. Ask once only of a process that has ended. */
bool child_has_ended(pid_t pid, int *status);
/* The last part of the path of a program. Borrowed. */
const char *child_name(char *const argv[]);

#endif
