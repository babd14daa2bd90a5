/* settings_documents.h - OpenPype's settings as the store has them: of each type, for the
 * studio and for each project, the one document that the running version of OpenPype
 * reads (store/settings_version.h). The versions are never mixed: a key that the document
 * lacks has its default. */
#ifndef OPKITSU_STORE_SETTINGS_DOCUMENTS_H
#define OPKITSU_STORE_SETTINGS_DOCUMENTS_H

#include "store/store.h"

typedef struct settings_document {
    const char *type;    /* without `_versioned` */
    const char *project; /* NULL: of the studio */
    const char *version; /* NULL: the legacy one */
    json id, data;       /* `data` is an object */
    size_t rank;         /* how near its version is to the running one */
    struct settings_document *next;
} settings_document;

/* Read the `settings` collection. `*out` is a list in `a`; `*running` the version whose
 * settings they are, or NULL. False: the store failed. */
bool settings_documents_read(store *s, arena *a, settings_document **out, const char **running,
                             error *e);

/* The document of this type, of the project or with NULL of the studio; NULL: none. */
const settings_document *settings_documents_find(const settings_document *list, const char *type,
                                                 const char *project);

#endif
