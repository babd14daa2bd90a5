/* stream.h - the documents of op-dump's stream, collected project by project. Each is
 * pushed at its End; one whose stream was cut is not pushed at all. */
#ifndef OPKITSU_PUSH_STREAM_H
#define OPKITSU_PUSH_STREAM_H

#include "push/push.h"
#include "record/end.h"
#include "record/ndjson.h"

typedef struct push_stream push_stream;

/* `in` is where the records come from, for messages. Both are borrowed. The caller owns the
 * result. */
push_stream *push_stream_new(push_context *x, ndjson *in);
void push_stream_free(push_stream *s); /* takes NULL */

/* Take in a Document record, which is copied. An invalid one is reported. */
void push_stream_document(push_stream *s, const json *record);
/* Take in an End of documents: push the project, if it is complete. False: nothing more
 * will work, `*e`. */
bool push_stream_end(push_stream *s, const end_record *end, error *e);
/* The end of the input. Whether all projects were pushed without trouble. */
bool push_stream_finish(push_stream *s);

#endif
