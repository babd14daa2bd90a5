#include "record/document.h"

#include "record/record.h"

json document_make(arena *a, const document_record *document)
{
    json out = record_new(a, RECORD_DOCUMENT);
    json_add(a, &out, "ns", record_ns(a, document->db, document->coll));
    json_add(a, &out, "document", *document->document);
    return out;
}

bool document_read(const json *record, document_record *document)
{
    *document = (document_record){.db = json_text(json_at(record, "ns", "db", NULL)),
                                  .coll = record_collection(record),
                                  .document = json_get(record, "document")};
    return document->db && document->coll && json_is(document->document, JSON_OBJECT) &&
           json_get(document->document, "_id");
}
