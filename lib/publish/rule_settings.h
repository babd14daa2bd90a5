/* rule_settings.h - OpenPype's settings of Integrate Kitsu Note, checked:
 *
 *     kitsu.publish.IntegrateKitsuNote:
 *       {set_status_note, note_status_shortname,
 *        status_change_conditions:{status_conditions:[{condition,short_name}],
 *                                  family_requirements:[{condition,family}]},
 *        custom_comment_template:{enabled,comment_template}}
 *
 * with the keys and types of the schema of OpenPype's project settings; and opkitsu's own
 * (publish/note_scope.h). */
#ifndef OPKITSU_PUBLISH_RULE_SETTINGS_H
#define OPKITSU_PUBLISH_RULE_SETTINGS_H

#include "publish/note_scope.h"
#include "publish/template.h"

#define RULE_SETTINGS "kitsu.publish.IntegrateKitsuNote"

typedef struct rule_condition {
    bool equal;     /* else not_equal */
    const json *is; /* the short name, or family: a JSON_STRING */
} rule_condition;

typedef struct rule_conditions {
    rule_condition *list;
    uint32_t n;
} rule_conditions;

/* All borrowed from the settings, or in the arena. */
typedef struct rule_settings {
    bool openpype; /* decide as OpenPype's plug-in does, not as its documentation says */
    bool set_status_note;
    const json *short_name; /* a JSON_STRING */
    rule_conditions statuses, families;
    publish_scope scope;
    const comment_template *template; /* NULL: the publish's comment is the text */
} rule_settings;

/* Gets each mistake in the settings: its `path` (dotted, places in lists as [0]) and what
 * is allowed there. Not `fatal`: an unknown key. */
typedef void rule_mistake_fn(void *context, bool fatal, const char *path, const char *what);

/* Read them from merged settings (store/settings.h). Every mistake is reported. False: one
 * was fatal. */
bool rule_settings_read(arena *a, const json *settings, bool openpype, rule_settings *out,
                        rule_mistake_fn *mistake, void *context);

#endif
