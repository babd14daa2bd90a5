/* pipeline.h - programs that are joined by pipes: their start, their end, and what
 * came of it. It waits for nothing. */
#ifndef OPKITSU_SUPERVISOR_PIPELINE_H
#define OPKITSU_SUPERVISOR_PIPELINE_H

#include "supervisor/relay.h"

#include <poll.h>
#include <stdbool.h>
#include <sys/types.h>

typedef struct stage {
    char **argv;      /* borrowed, ended by NULL */
    const char *name; /* of the program; borrowed */
    pid_t pid;        /* 0: it does not run */
    int status;       /* of one that has ended, as a shell has it */
    bool terminated;  /* we have sent it SIGTERM, */
    bool killed;      /* or SIGKILL */
    relay said;
} stage;

/* A zeroed one has no stages. */
typedef struct pipeline {
    stage *stages; /* owned */
    size_t n;
    size_t running;    /* how many stages run */
    bool is_ending;    /* we have asked for its end */
    bool is_relayed;   /* the stages' stderr comes to us; else they have our own */
    int projects;      /* borrowed: a descriptor that programs get which log in to Kitsu */
    bool is_service;   /* its stages heed SIGHUP, whatever we were started with */
    bool has_new_ends; /* a stage has ended: the caller's to reset */
} pipeline;

/* Make one of `n` words, the stages separated by `|`. These words become NULL, and
 * words[n] must be a word that may, or the NULL behind the last one. `words` is
 * borrowed for good. False: a stage is empty. */
bool pipeline_parse(pipeline *p, char **words, size_t n);
void pipeline_free(pipeline *p);

/* Start it, from our stdin to our stdout. False: `errno` says why not; what runs
 * already comes to the end of its input, and is to be waited for. */
bool pipeline_start(pipeline *p);
/* Look which stages have ended. */
void pipeline_reap(pipeline *p);
/* Ask the stages that begin something to end, so that the others finish what they
 * have: the first, and those that write to Kitsu. */
void pipeline_end(pipeline *p);
/* Signal all. */
void pipeline_kill(pipeline *p, int number);
/* Forget those that not even SIGKILL ended: they hang in the kernel. */
void pipeline_abandon(pipeline *p);
/* Whether the first stage runs. */
bool pipeline_head_runs(const pipeline *p);

/* Add what to wait for to `fds`, which has room for `n` more entries; returns how
 * many were added. */
size_t pipeline_poll(const pipeline *p, struct pollfd *fds);
/* Pass on what the stages say. */
void pipeline_relay(pipeline *p);

typedef struct outcome {
    int status;           /* exit status: 0, 1, or 64 and more */
    const stage *culprit; /* of such a status: whose it is; borrowed, or NULL */
    int signal;           /* what ended the culprit; 0: none */
} outcome;

/* What came of it, once no stage runs: the first fatal status, which is not that
 * of a stage whose reader, another stage, went away, else 1 if a stage has any other,
 * else 0. */
outcome pipeline_outcome(const pipeline *p);

#endif
