/* names.h - which names OpenPype can use, and Kitsu's others converted to such: `opkitsu.names`
 * of the settings, "skip" or "convert" (opkitsu(7), "What is skipped").
 *
 * A valid name is untouched. What becomes of another: compatibility decomposition (NFKD) without its
 * marks; `ss` for ß, `ae` æ, `oe` œ, `o` ø, `l` ł, `d` đ, `th` þ, likewise capitals; one `_`
 * for each run of other characters, but none at the ends. The locale does not matter. */
#ifndef OPKITSU_MODEL_NAMES_H
#define OPKITSU_MODEL_NAMES_H

#include "json/json.h"

/* Whether a name is one that OpenPype can use: ^[a-zA-Z0-9_.]+$, for a project without the dot,
 * and no longer than a collection's name may be; "." and ".." would lead to other folders than
 * their own. NULL, or the reason in `a`. */
const char *name_fault(arena *a, const char *name, bool of_project);

/* Whether merged settings say "convert". Any other value means "skip"; it is warned about by
 * store/settings_check.h. */
bool names_are_converted(const json *settings);

/* The name converted, in `a`; a project's has no dots. NULL: no letter or digit is
 * left, or too much for a project's. */
const char *name_converted(arena *a, const char *name, bool of_project);

/* The name that a document has of Kitsu's: itself if valid, else with `convert` the
 * converted one. NULL: none. */
const char *name_usable(arena *a, const char *name, bool of_project, bool convert);

/* Why a name is not used: name_fault, and how the setting could change that, or that it could
 * not, as no letter or digit is left of it. */
const char *name_reason(arena *a, const char *name, bool of_project);

/* `data.label` as it should be, for a document's name that comes from `name`, converted or
 * not; `is_ours`: the label that is there is one of these. NULL: it stays as it is; null: it
 * is removed. */
const json *name_label(arena *a, const char *name, bool converted, const json *label, bool is_ours);

#endif
