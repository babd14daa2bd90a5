/* template.h - the text of a comment, made from a template and an instance:
 * kitsu.publish.IntegrateKitsuNote.custom_comment_template (note-rule(1)).
 *
 * `{KEY}` stands for the instance's value of that key, `{KEY:SPEC}` for the same with
 * SPEC, [[FILL]ALIGN][0][WIDTH][d|s], as in Python's str.format; `{{` and `}}` are
 * braces. OpenPype's plug-in knows only `{KEY}`, where KEY is anything but `}`, copies
 * the rest, and writes values as Python's str() does. */
#ifndef OPKITSU_PUBLISH_TEMPLATE_H
#define OPKITSU_PUBLISH_TEMPLATE_H

#include "json/json.h"

typedef struct comment_template comment_template;

/* `text` is a JSON_STRING, borrowed; the result lives in `a`. NULL (never with
 * `openpype`): `*why`, in `a`, says what is wrong and where. */
comment_template *comment_template_new(arena *a, const json *text, bool openpype, const char **why);

/* Gets each key that the instance lacks: its placeholder becomes empty. */
typedef void template_missing_fn(void *context, const char *key);

/* A JSON_STRING in `a`. A key whose value is null counts as missing, but not with
 * `openpype`. */
json comment_template_fill(const comment_template *t, const json *instance, arena *a,
                           template_missing_fn *missing, void *context);

#endif
