/* lease_keeper.h - op-lease(1), which holds the lease of the store for us: the
 * database's library may wait for long, and we must not.
 *
 * It holds the lease for as long as we have its stdin open, and brings what we write
 * there into the store, for sync-status(1). */
#ifndef OPKITSU_SUPERVISOR_LEASE_KEEPER_H
#define OPKITSU_SUPERVISOR_LEASE_KEEPER_H

#include "supervisor/relay.h"

#include <poll.h>
#include <stdbool.h>
#include <sys/types.h>

/* What a service tells of itself (store/service_status.h). */
typedef enum note_key {
    NOTE_PROCESS,
    NOTE_ERROR,
    NOTE_FULL, /* full synchronisation */
    NOTE_GAP,
    NOTE_STATE,
    NOTE_KEYS
} note_key;

typedef struct lease_keeper {
    char **argv;          /* op-lease and its options; borrowed. NULL: there is none */
    pid_t pid;            /* 0: it does not run */
    int status;           /* of one that has ended */
    int stdin_fd;         /* -1: closed */
    int stdout_fd;        /* -1: closed */
    buf line;             /* of its stdout, as far as it has come */
    bool holds;           /* the lease: the first line has come */
    buf notes[NOTE_KEYS]; /* lines that are not written yet; empty: none */
    relay said;
} lease_keeper;

#define LEASE_KEEPER_FDS 3 /* that lease_keeper_poll adds at most */

void lease_keeper_init(lease_keeper *k, char **argv);
void lease_keeper_free(lease_keeper *k);

/* False: errno says why not. `is_service`: see child_setup. */
bool lease_keeper_start(lease_keeper *k, bool is_service);
typedef enum lease_keeper_news {
    KEEPER_SILENT,
    KEEPER_HOLDS, /* now it has the lease, which OP_LEASE in our environment tells the stages */
    KEEPER_WANTED /* another program waits for it */
} lease_keeper_news;

/* Read its stdout. */
lease_keeper_news lease_keeper_read(lease_keeper *k);
/* Whether the lease is held, as far as we know. */
bool lease_keeper_holds(const lease_keeper *k);
/* Whether it has ended since the last call; from now on nothing is held. */
bool lease_keeper_reap(lease_keeper *k);
/* Note `text` under `key`, if the lease is held: the last one of a key counts. */
void lease_keeper_note(lease_keeper *k, note_key key, const char *text);
/* Write the notes that can be written now. */
void lease_keeper_write(lease_keeper *k);
/* Let it give back the lease, and end. */
void lease_keeper_close(lease_keeper *k);
/* The same, and the next one will go before others that wait. */
void lease_keeper_hand_over(lease_keeper *k);
void lease_keeper_kill(const lease_keeper *k, int number);

/* Add what to wait for; returns how many were added. What it says only if it can be
 * `relayed` now. */
size_t lease_keeper_poll(const lease_keeper *k, bool relayed, struct pollfd *fds);

#endif
