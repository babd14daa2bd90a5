/* production.h - what Kitsu has of one project: the records of a stream from
 * its `Project` to its `End`, linked up.
 *
 * A stream is either all of it, or, of scope `events`, what some events touched;
 * the rest is then recalled, as far as it is needed, from what the store has of
 * it (diff/closure.h).
 *
 * Knows the records (opkitsu-records(5), "From Kitsu"), neither HTTP nor a
 * database nor OpenPype's documents. Everything lives in the arena that the
 * records were parsed into. */
#ifndef OPKITSU_MODEL_PRODUCTION_H
#define OPKITSU_MODEL_PRODUCTION_H

#include "base/hash.h"
#include "model/casting.h"
#include "record/end.h"
#include "record/kind.h"

typedef struct entity entity;
typedef struct task task;
struct asset; /* model/collection.h */

typedef enum entity_state {
    ENTITY_LIVE,
    ENTITY_GONE,   /* canceled or `lost`, or below something that is */
    ENTITY_SKIPPED /* `skip_code` and `skip_reason` say why; its document stays */
} entity_state;

struct entity {
    kind kind;
    const char *id, *name, *created_at; /* never NULL */
    json record;                        /* cleaned; JSON_NULL when only a Skipped came */
    const char *parent_id;              /* Kitsu's: an asset's is its type; NULL: none */
    entity *parent;                     /* that entity, or NULL */
    entity *first_child, *next_sibling; /* the other way round */
    entity
        *doc_parent; /* whose document is the parent of its own; NULL: the root (model/naming.h) */
    task *tasks;     /* the first by `created_at`, id */

    entity_state state, given; /* `given`: by its own record, without what it is linked to */
    bool passed_on;            /* its Skipped came in the stream, or none is to be written */
    bool lost;                 /* Kitsu no longer has it */
    bool recalled;             /* not in the stream: as the store has it */
    bool substitute;           /* a sequence of which only the substitute's record is known */
    const char *skip_code, *skip_reason; /* static or in the arena */
    const char *taken_by; /* whose document has the name for want of which it is skipped; or NULL */
    bool no_document;     /* a substitute sequence */
    json link; /* scratch of model/input_links.c: one of ours to its document; null: none yet */

    struct asset *asset;      /* its document in OpenPype; NULL: none yet */
    const char *own_name;     /* its name as a document can have it; NULL: it has none */
    const char *doc_name;     /* the name that its document should have */
    const char *doc_id;       /* hex of its document's ObjectId, kept or new */
    bool made_again;          /* `asset` was an entity's that Kitsu has lost (model/naming.h) */
    const char *rivals;       /* the documents that it could have been; NULL: there was one */
    const struct asset *twin; /* an archived document of the name that its own is to get */
    UT_hash_handle hh;        /* by id */
};

struct task {
    const char *id, *name, *created_at;
    struct task_type *type; /* NULL: not known */
    entity *entity;
    json record;
    task *next; /* of the same entity */
    /* Scratch of model/task_entries.c: the entity's first record of this id, as a list may have
     * a task twice; and what became of it in its entity's document, where both may hold. */
    struct task *same;
    bool placed, skipped;
};

typedef struct task_type {
    const char *id, *name, *created_at;
    json short_name; /* as Kitsu has it: null or empty for none */
    bool in_project;
    bool used;                      /* scratch of model/task_types.c */
    struct task_type *next_of_name; /* likewise */
    UT_hash_handle hh;              /* by id */
} task_type;

typedef struct person {
    const char *id;
    json assignee;     /* as in model/person.h */
    bool tells_login;  /* likewise */
    UT_hash_handle hh; /* by id */
} person;

typedef struct task_status {
    const char *id;
    json short_name;   /* a text */
    UT_hash_handle hh; /* by id */
} task_status;

/* A record that kitsu-fetch or the mapping could not use. */
typedef struct skipped_id {
    const char *id;
    UT_hash_handle hh;
} skipped_id;

typedef struct production {
    arena *arena; /* borrowed */
    json project; /* the Project record, cleaned */
    const char *id, *name;
    bool closed;         /* project_status_name is Closed */
    bool events;         /* scope is `events`: what is not here may still exist */
    bool whole;          /* every document is to be judged again */
    json asset_types;    /* ids of all that it uses, where they came; else null */
    bool partial;        /* the login sees only part of it */
    bool keeps_all;      /* nothing is deleted or archived: more would be than is allowed */
    bool converts_names; /* model/names.h */
    entity *by_id;       /* hash */
    entity **entities;   /* by kind, created_at, id, once production_end is done */
    size_t n, cap;
    task_type *types;
    task **tasks;
    size_t n_tasks, cap_tasks;
    skipped_id *skipped_tasks;
    person *people;        /* hash */
    task_status *statuses; /* hash; those with a short name */
    casting casting;       /* owned, but for the arena's memory */
    json cast;             /* of End: of whom all of that came (record/end.h) */
    idset *cast_ids;       /* owned: the ids in it; NULL: it is no array */
    unsigned long counts[KINDS];
    bool read[KINDS]; /* kinds that the End names */
    bool any_type_listed;
} production;

/* Start with a Project record; the production is in `a`, whose memory must
 * hold until it is done with. NULL, with `*why`, when the record has no id. */
production *production_new(arena *a, const json *project, const char **why);
/* Free the hash tables' own memory; the rest goes with the arena. */
void production_free(production *p); /* takes NULL */

/* Take in an AssetType … Task, TaskType, TaskStatus, Person, EntityLink, Skipped, Deleted or
 * AssetTypes record of this project. `why` (static): what is wrong with it;
 * false then. Of an EntityLink nothing of the record is kept. */
bool production_add(production *p, const json *record, const char **why);

/* The End record: production_link. False, with `*why` in the arena: counts
 * differ, or a kind is not there. `need` says which kinds must have been read in
 * scope `full`. */
bool production_end(production *p, const end_record *end, const bool need[KINDS], const char **why);

/* Take in an entity from what the store has of it: `record` is a document's
 * `data.zou`, `tasks` its `data.tasks` or NULL. NULL: it is no entity, or one
 * that is known already. */
entity *production_recall(production *p, const json *record, const json *tasks);
/* Of a recalled entity: it was skipped when it was read last (`record`: its Skipped), so that
 * its document is as it was before, and stays. */
void production_recall_skipped(entity *e, const json *record);
/* Take in that Kitsu no longer has it. */
void production_delete(production *p, kind k, const char *id);
/* Link parents, children and tasks, mark what is deleted. May be called again
 * after more was taken in: all that followed from the last time is forgotten. */
void production_link(production *p);

entity *production_find(const production *p, const char *id);
/* NULL: there is none, or the id is NULL. */
const person *production_person(const production *p, const char *id);
const task_status *production_status(const production *p, const char *id);
/* Whether all that is cast in an entity is in `casting`: else it is not known. */
bool production_knows_casting(const production *p, const entity *e);

/* Where an entity is, as people say it: the names in Kitsu from the top down to its own,
 * an asset's below its type, as an array and as a text, `E02/SQ01/SH 020`. In `a`. */
json production_path(arena *a, const entity *e);
const char *production_place(arena *a, const entity *e);

/* Skip an entity, and with it everything below a Sequence or Episode (code
 * `parent`). Does nothing to one that is deleted or skipped already. */
void production_skip(production *p, entity *e, const char *code, const char *reason);

#endif
