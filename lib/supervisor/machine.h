/* machine.h - the supervisor from within: what it knows, what state it is in, and what
 * its parts call of each other. Only they include it. */
#ifndef OPKITSU_SUPERVISOR_MACHINE_H
#define OPKITSU_SUPERVISOR_MACHINE_H

#include "supervisor/lease_keeper.h"
#include "supervisor/schedule.h"
#include "supervisor/supervision.h"

typedef enum state {
    LEASE,    /* waits for the lease */
    RUN,      /* a full synchronisation, or what else comes to its end, runs */
    LISTEN,   /* the listening pipeline runs */
    END,      /* the pipeline is being ended, to go on */
    PAUSE,    /* waits a while after a failure */
    HANDOVER, /* the lease is given back, to be acquired again */
    STOP,     /* a signal ends us: the pipeline is being ended */
    RELEASE,  /* the lease is given back */
    DONE,
    STATES
} state;

typedef enum event {
    LEASE_HELD,   /* op-lease has the lease */
    LEASE_WANTED, /* another program waits for it */
    LEASE_ENDED,  /* op-lease has ended */
    STAGE_ENDED,  /* a stage has, others go on */
    ALL_ENDED,    /* the last stage has */
    TIMER,        /* the time that was set is over */
    HUP,          /* SIGHUP to a service */
    SIGNAL,       /* SIGINT, SIGTERM, or the terminal is gone */
    AGAIN,        /* another one, from somebody who is impatient */
    EVENTS
} event;

typedef struct supervisor {
    supervision *what; /* borrowed */
    state state;
    schedule schedule;
    lease_keeper keeper;
    pipeline *current;   /* the one that runs, or ran last; NULL at first */
    struct pollfd *fds;  /* owned: room for all that is waited for */
    int signals, timer;  /* signalfd, timerfd */
    int projects;        /* memfd: what the programs' -P options name */
    const char *full;    /* why a full synchronisation is wanted; NULL: it is not */
    const char *why;     /* of the one that runs */
    const char *due_why; /* of the one that is due next */
    double began;        /* of the pipeline that runs, by clock_now */
    int step;            /* of ending: how often the time was over */
    int start_error;     /* errno, if the pipeline could not be started; else 0 */
    bool hup;            /* SIGHUP came, and is not heeded yet */
    bool had_to_end;     /* the listening pipeline was ended for something else */
    bool from_now;       /* the next listener begins at the log's present end */
    bool missed;         /* events were, once */
    bool lost;           /* the lease was, which has been said */
    bool is_wanted;      /* by another program, to which it is handed over */
    bool well;           /* something went well before */
    bool has_terminal;   /* our stderr is one */
    buf error;           /* the last trouble; empty: none */
    int stopped_by;      /* the signal that ends us, or ended our output; 0: none */
    double stopped_at;   /* when it came, by clock_now */
    int status;          /* our exit status */
} supervisor;

/* ---- states.c: what is done in which state --------------------------------- */

/* Something has happened: do what the table has for it. */
void machine_fire(supervisor *s, event e);
/* End the pipeline, to go on with something else. */
void machine_end(supervisor *s);
/* Give back the lease, and end with the present status. */
void machine_release(supervisor *s);
/* Give back the lease, to get it again afterwards. */
void machine_hand_over(supervisor *s);

/* ---- work.c: the lease, and what runs when ------------------------------------- */

/* Nothing runs: do what is to be done next. */
void work_proceed(supervisor *s);
/* All stages of the pipeline have ended. */
void work_finish(supervisor *s);
/* op-lease has the lease; or it has ended without; or it has ended later. */
void work_lease_acquired(supervisor *s);
void work_lease_refused(supervisor *s);
void work_say_lease_lost(supervisor *s);
/* Nothing runs: give the lease to who wants it, and get it back afterwards. */
void work_hand_over(supervisor *s);
void work_take_back(supervisor *s);

/* ---- machine.c ------------------------------------------------------------- */

/* TIMER after so many seconds; INFINITY: never. */
void machine_set_timer(supervisor *s, double seconds);
/* The same for something that has so much time to end; tests shorten it. */
void machine_set_limit(supervisor *s, double seconds);
/* Of a service: what sync-status(1) tells of it. */
void machine_note(supervisor *s, note_key key, const char *text);
/* The last trouble, noted, too. */
void machine_set_error(supervisor *s, const char *text);

#endif
