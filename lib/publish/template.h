/* template.h - the text of a comment, made of a template and an instance:
 * kitsu.publish.IntegrateKitsuNote.custom_comment_template (note-rule(1)).
 *
 * `{KEY}` is the instance's value of that key, `{KEY:SPEC}` the same in the
 * manner of Python's str.format, of which SPEC may have
 * [[FILL]ALIGN][0][WIDTH][d|s]; `{{` and `}}` are braces. OpenPype's plug-in
 * knows `{KEY}` alone, where KEY is anything but `}`, and takes all else as it
 * is; values are as Python's str() writes them. */
#ifndef OPKITSU_PUBLISH_TEMPLATE_H
#define OPKITSU_PUBLISH_TEMPLATE_H

#include "json/json.h"

typedef struct comment_template comment_template;

/* `text` is a JSON_STRING, borrowed; the result lives in `a`. NULL: `*why`, in
 * `a`, says what is wrong and where; never with `openpype`. */
comment_template *comment_template_new(arena *a, const json *text, bool openpype, const char **why);

/* Gets each key that the instance lacks, whose place stays empty. */
typedef void template_missing_fn(void *context, const char *key);

/* A JSON_STRING in `a`. A key whose value is null is one that is missing, except
 * in OpenPype's manner. */
json comment_template_fill(const comment_template *t, const json *instance, arena *a,
                           template_missing_fn *missing, void *context);

#endif
