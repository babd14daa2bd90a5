/* entities.h - makes the plan's entities and asset types in Kitsu, links their documents,
 * and writes changed fields. */
#ifndef OPKITSU_PUSH_ENTITIES_H
#define OPKITSU_PUSH_ENTITIES_H

#include "push/run.h"

/* Parents first; in a dry run only plan to. False: stopped. */
bool push_entities(push_run *r);

#endif
