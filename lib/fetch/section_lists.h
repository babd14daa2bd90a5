/* section_lists.h - what a section reads beside its entities. */
#ifndef OPKITSU_FETCH_SECTION_LISTS_H
#define OPKITSU_FETCH_SECTION_LISTS_H

#include "fetch/section_run.h"

/* The project's asset types, where they may have changed, and the assets of those
 * that are new in it. */
bool section_lists_read_asset_types(section_run *r);
/* The concepts as the project's list has them: only there they have their key
 * `entity_concept_links`. */
bool section_lists_read_concepts(section_run *r);
/* All tasks of the entities. */
bool section_lists_read_tasks(section_run *r);
/* The server's task types, once more if the kept list lacks one that the project
 * or a task refers to. */
bool section_lists_read_task_types(section_run *r);
/* The task statuses and people of the tasks, or all if the project is judged as a whole, once
 * more if the kept list lacks one of them. People that the user may not see stay unread. */
bool section_lists_read_task_statuses(section_run *r);
bool section_lists_read_people(section_run *r);

#endif
