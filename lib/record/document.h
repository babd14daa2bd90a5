/* document.h - a document of OpenPype's, as op-dump writes it (opkitsu-records(5),
 * "Documents"). */
#ifndef OPKITSU_RECORD_DOCUMENT_H
#define OPKITSU_RECORD_DOCUMENT_H

#include "json/json.h"

/* All borrowed. */
typedef struct document_record {
    const char *db, *coll;
    const json *document; /* an object with an `_id` */
} document_record;

json document_make(arena *a, const document_record *document);
/* False: the namespace, the document or its `_id` is missing. */
bool document_read(const json *record, document_record *document);

#endif
