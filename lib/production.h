/* production.h - what Kitsu has of one project: the records of a stream from
 * its `Project` to its `End`, linked up.
 *
 * Knows the records (opkitsu-records(5), "From Kitsu"), neither HTTP nor a
 * database nor OpenPype's documents. Everything lives in the arena that the
 * records were parsed into. */
#ifndef OPKITSU_PRODUCTION_H
#define OPKITSU_PRODUCTION_H

#include "json.h"
#include "kind.h"

#include <uthash.h>

typedef struct entity entity;
typedef struct task task;
struct asset; /* collection.h */

typedef enum entity_state {
    ENTITY_LIVE,
    ENTITY_GONE,   /* canceled, or below something that is */
    ENTITY_SKIPPED /* `skip_code` and `skip_reason` say why; its document stays */
} entity_state;

struct entity {
    kind kind;
    const char *id, *name, *created_at; /* never NULL */
    json record;                        /* cleaned; JSON_NULL when only a Skipped came */
    const char *parent_id;              /* Kitsu's: an asset's is its type; NULL: none */
    entity *parent;                     /* that entity, or NULL */
    entity *first_child, *next_sibling; /* the other way round */
    entity *under; /* whose document its own lies under; NULL: the root (naming.h) */
    task *tasks;   /* the first by `created_at`, id */

    entity_state state;
    bool passed_on;                      /* its Skipped came in the stream */
    const char *skip_code, *skip_reason; /* static or in the arena */
    bool no_document;                    /* a substitute sequence */

    struct asset *asset;  /* its document in OpenPype; NULL: none yet */
    const char *doc_name; /* the name that its document shall have */
    const char *doc_id;   /* hex of its document's ObjectId, kept or new */
    UT_hash_handle hh;    /* by id */
};

struct task {
    const char *id, *name, *created_at;
    const char *type_name; /* NULL: its type is not known */
    entity *entity;
    json record;
    task *next; /* of the same entity */
};

typedef struct task_type {
    const char *id, *name, *created_at;
    json short_name;
    bool in_project, used;
    UT_hash_handle hh; /* by id */
} task_type;

/* A record that kitsu-fetch or the mapping could not use. */
typedef struct skipped_id {
    const char *id;
    UT_hash_handle hh;
} skipped_id;

typedef struct production {
    arena *arena; /* borrowed */
    json project; /* the Project record, cleaned */
    const char *id, *name;
    bool closed;       /* project_status_name is Closed */
    bool partial;      /* the login sees only part of it */
    entity *by_id;     /* hash */
    entity **entities; /* by kind, created_at, id, once production_end is done */
    size_t n, cap;
    task_type *types;
    task **tasks;
    size_t n_tasks, cap_tasks;
    skipped_id *skipped_tasks;
    unsigned long counts[KINDS];
    bool read[KINDS]; /* kinds that the End names */
    bool any_type_listed;
} production;

/* Start with a Project record; the production is in `a`, whose memory must
 * hold until it is done with. NULL, with `*why`, when the record has no id. */
production *production_new(arena *a, const json *project, const char **why);
/* Free the hash tables' own memory; the rest goes with the arena. */
void production_free(production *p); /* takes NULL */

/* Take in an AssetType … Task, TaskType, TaskStatus or Skipped record of this
 * project. `why` (static): what is wrong with it; false then. */
bool production_add(production *p, const json *record, const char **why);

/* The End record: link parents, children and tasks, mark what is gone. False,
 * with `*why` in the arena: counts differ, or a kind is not there. `need`
 * says which kinds must have been read. */
bool production_end(production *p, const json *end, const bool need[KINDS], const char **why);

entity *production_find(const production *p, const char *id);

/* Skip an entity, and with it everything below a Sequence or Episode (code
 * `parent`). Does nothing to one that is gone or skipped already. */
void production_skip(production *p, entity *e, const char *code, const char *reason);

#endif
