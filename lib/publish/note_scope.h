/* note_scope.h - which instances of a publish get a comment: reviews, and by opkitsu's own
 * settings others, too:
 *
 *     opkitsu.note: {without_review, families}
 *
 * OpenPype's plug-in knows reviews only. */
#ifndef OPKITSU_PUBLISH_NOTE_SCOPE_H
#define OPKITSU_PUBLISH_NOTE_SCOPE_H

#include "json/json.h"

#define SCOPE_SETTINGS "opkitsu.note"

typedef struct publish_scope {
    bool without_review;  /* others that are really published, */
    const json *families; /* of one of these; NULL or empty: of any. Borrowed */
    bool converts_names;  /* documents have Kitsu's names converted: model/names.h */
} publish_scope;

/* From merged settings (store/settings.h). What is of another type than it must be is as
 * if it were not there: rule_settings_read reports it. */
publish_scope publish_scope_of(const json *settings);

bool publish_scope_is_same(const publish_scope *s, const publish_scope *t);

/* Whether an instance gets a comment. False: `*why` (static; the pointer may be NULL). */
bool publish_is_noted(const publish_scope *s, const json *instance, const char **why);

#endif
