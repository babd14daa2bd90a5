/* plan.h - what of an OpenPype project Kitsu lacks (opkitsu(7), "What
 * push-to-zou does"). Knows neither HTTP nor a database: documents and what Kitsu
 * has in, a plan out. Everything lives in the plan's arena. */
#ifndef OPKITSU_PUSH_PLAN_H
#define OPKITSU_PUSH_PLAN_H

#include "base/idset.h"
#include "model/naming.h"
#include "push/kitsu.h"

typedef struct push_item push_item;
typedef struct push_task push_task;

/* Something in Kitsu, there or to be made: a document's, or one that the push
 * itself needs (an asset type without a document, a substitute sequence). */
struct push_item {
    kind kind;
    asset *document;                 /* NULL: none */
    const char *name;                /* in Kitsu */
    push_item *above;                /* its asset type, episode, sequence in Kitsu; NULL: none */
    const char *id;                  /* Kitsu's; NULL: it is to be made */
    json record;                     /* as Kitsu has it; null until it is known */
    bool link;                       /* the document is not linked to it yet */
    bool made;                       /* by this push */
    bool left;                       /* canceled in Kitsu, or not to be judged: nothing is done */
    bool substitute;                 /* a sequence that stands in for a parent that is none */
    const char *stands_for;          /* of a substitute: its parent's `_id`, or "" for none */
    json fields;                     /* object: what is to be written beside its name */
    push_task *tasks;                /* those that are missing or not linked */
    const char *skip_code;           /* NULL: it is not skipped */
    const char *failed;              /* why Kitsu does not have it; NULL: it does, or may */
    bool has_children;               /* documents lie below its own */
    bool resolved, resolving, waits; /* scratch */
    UT_hash_handle hh;               /* by the document's key */
    UT_hash_handle hh_place;         /* by kind, `above` and name */
    UT_hash_handle hh_id;            /* by id; scratch */
    const char *place;
};

/* A task type, there or to be made. */
typedef struct push_type {
    const char *id, *name;
    kind for_entity;
    json short_name;
    const char *failed; /* why it can't be had */
} push_type;

/* A task that is missing in Kitsu, or is there and not linked. */
struct push_task {
    push_item *item;
    const char *entry; /* its key in data.tasks */
    const char *name;  /* in Kitsu */
    push_type *type;
    const char *id; /* Kitsu's; NULL: it is to be made */
    json record;
    const char *failed;
    push_task *next;
};

typedef struct push_options {
    const char *episode, *sequence, *shot; /* patterns, borrowed */
    const json *attributes;                /* of the anatomy: no data of the project's own */
} push_options;

typedef struct push_there push_there;

typedef struct push_plan {
    arena *arena; /* borrowed, as all of these */
    const collection *c;
    push_kitsu *kitsu;
    const push_options *options;
    push_item **items; /* owned; parents first: by kind, then by name */
    size_t n, cap;
    push_item *by_document, *by_place; /* hashes */
    push_there *there;                 /* a hash: Kitsu's entities by place */
    idset *held;                       /* scratch */
    push_type **types;                 /* owned */
    size_t n_types, cap_types;
    json project_fields; /* object: what is to be written to Kitsu's project */
    json skipped;        /* array of Skipped records */
} push_plan;

/* Make the plan. `kitsu` has been read. */
void push_plan_make(push_plan *p, arena *a, const collection *c, push_kitsu *kitsu,
                    const push_options *options);
void push_plan_free(push_plan *p);

/* The live entities of Kitsu that OpenPype no longer has, children first: an array
 * in the arena of `*n`. `seen_until`: those made from that time on (as Zou writes
 * it) have not been seen by a synchronisation yet, and stay; NULL: there was none, and
 * nothing stays for that.
 * `*live`: how many live entities there are. */
entity **push_plan_leaving(push_plan *p, const char *seen_until, size_t *n, size_t *live);

/* Kitsu's names above it, outermost first: an array. */
json push_plan_below(const push_plan *p, const push_item *i);
/* Add a Skipped about a document; with push_plan_skip nothing is done for it. `code`
 * is static, `why` in the arena or static. */
void push_plan_note(push_plan *p, const push_item *i, const char *code, const char *why);
void push_plan_skip(push_plan *p, push_item *i, const char *code, const char *why);

#endif
