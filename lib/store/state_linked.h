/* state_linked.h - the ids of Kitsu's entities that a project's documents are linked to, as
 * the store remembers them: collection `opkitsu_linked` of OPENPYPE_DATABASE_NAME. What is
 * remembered, and no document has any more, was deleted by people (zou-push --delete).
 *
 *     {_id:":COLLECTION", type:"linked", project_id, document}
 *                          the project has a memory; `document`: its document's `_id`
 *     {_id:"HH:COLLECTION", type:"linked", project_id, ids}
 *                          ids whose SHA-256 begins with these hex digits
 *
 * The End of a full read makes the memory, anew each time, as other programs may have linked
 * documents, or one of ours was killed; between two it is kept up in the batch that links or
 * deletes documents. Without one nothing is remembered, and nothing deleted. */
#ifndef OPKITSU_STORE_STATE_LINKED_H
#define OPKITSU_STORE_STATE_LINKED_H

#include "base/idset.h"
#include "store/store.h"

/* What is remembered of a project. */
typedef struct state_linked {
    bool found;    /* there is a memory */
    json document; /* the `_id` of the project document then, in the arena of the call */
    idset *ids;    /* owned by the caller, not NULL */
} state_linked;

/* `out->ids` is to be freed whatever the outcome. */
bool state_linked_read(store *s, const char *coll, arena *a, state_linked *out, error *e);
/* Whether there is a memory, and of this project of Kitsu's: it was read in full, and the
 * collection brought to it. */
bool state_linked_has_project(store *s, const char *coll, const char *project_id, arena *a,
                              bool *has, error *e);
/* Call these between store_begin and store_commit. */

/* Make the memory of a project from all of its documents, in place of what there is. Writes
 * only what is not so already. */
bool state_linked_make(store *s, const char *coll, const char *project_id, const json *document,
                       arena *a, error *e);
/* Remember and forget ids; nothing where there is no memory. */
bool state_linked_change(store *s, const char *coll, store_texts linked, store_texts unlinked,
                         arena *a, error *e);
/* There is no memory any more: the project was dropped. */
bool state_linked_forget(store *s, const char *coll, arena *a, error *e);

#endif
