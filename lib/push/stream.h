/* stream.h - the documents of op-dump's stream, project by project, each
 * pushed at its End: one that was cut pushes nothing. */
#ifndef OPKITSU_PUSH_STREAM_H
#define OPKITSU_PUSH_STREAM_H

#include "push/push.h"
#include "record/ndjson.h"

typedef struct push_stream push_stream;

/* Both are borrowed. The caller owns the result. */
push_stream *push_stream_new(push *p, ndjson *in);
void push_stream_free(push_stream *s); /* takes NULL */
/* Where to read the next record into. */
arena *push_stream_arena(push_stream *s);

/* Whether it is an End of op-dump's, not another program's. */
bool push_stream_is_end(const json *record);

/* A Document, and such an End. What is wrong with a record is said
 * of its line. False: nothing more will work, `*e`. */
bool push_stream_document(push_stream *s, const json *record);
bool push_stream_end(push_stream *s, const json *record, error *e);
/* The end of the input. Whether all went well. */
bool push_stream_finish(push_stream *s);

#endif
