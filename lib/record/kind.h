/* kind.h - the kinds of Kitsu records, by Zou's names, in the suite's order:
 * parents before children. */
#ifndef OPKITSU_RECORD_KIND_H
#define OPKITSU_RECORD_KIND_H

typedef enum kind {
    KIND_ASSET_TYPE,
    KIND_EPISODE,
    KIND_SEQUENCE,
    KIND_SHOT,
    KIND_ASSET,
    KIND_EDIT,
    KIND_CONCEPT,
    KIND_ENTITIES, /* how many kinds have documents of their own */
    KIND_TASK = KIND_ENTITIES,
    KIND_TASK_TYPE,
    KIND_TASK_STATUS,
    KIND_PERSON,
    KIND_ENTITY_LINK,
    KINDS,
    KIND_NONE = -1
} kind;

/* `Shot`, …; what Zou puts into a record's `type`. */
const char *kind_name(kind k);
/* KIND_NONE for any other text and NULL. */
kind kind_of(const char *type);

/* The documents at the top of a project's tree: `data.root_of`. */
typedef enum root { ROOT_ASSETS, ROOT_SHOTS, ROOT_EDITS, ROOT_CONCEPTS, ROOTS } root;
const char *root_name(root r);
/* The root above entities of this kind. */
root root_above(kind k);

#endif
