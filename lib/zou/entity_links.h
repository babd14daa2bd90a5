/* entity_links.h - who is cast in whom in a project, from the route that the user may ask:
 *
 *   /data/projects/ID/entity-links           all links; for managers and administrators
 *   /data/projects/ID/sequences/all/casting  those of shots that lie in a sequence, but for
 *                                            cancelled assets; for all but vendors */
#ifndef OPKITSU_ZOU_ENTITY_LINKS_H
#define OPKITSU_ZOU_ENTITY_LINKS_H

#include "zou/bulk.h"
#include "zou/project.h"

typedef enum links_view {
    LINKS_NONE,  /* the user may read none, or this Kitsu has no such route */
    LINKS_SHOTS, /* of shots in sequences */
    LINKS_ALL
} links_view;

/* One link; all borrowed. */
typedef struct entity_link {
    const char *id; /* NULL: not told */
    const char *entity_in_id, *entity_out_id;
    const json *nb_occurences, *label; /* a number and a text, or NULL */
} entity_link;

/* False: no more. */
typedef bool entity_link_fn(void *context, const entity_link *link);

typedef struct entity_links {
    entity_link_fn *fn;
    void *context;
    links_view view; /* out: what was read */
    unsigned long n; /* out: links that were handed out */
    bool spoilt;     /* out: there was one that cannot be read, so that they are not all */
} entity_links;

/* Read them all, as zou_list. That the user may not is no failure. */
zou_result entity_links_read(entity_links *l, zou_project *p, error *e);
/* Those of one entity or the other side of them, by administrators: as `query` asks
 * (zou/bulk.h). ZOU_FORBIDDEN: for others. */
zou_result entity_links_query(entity_links *l, zou *z, const bulk_query *query, error *e);

/* Whether an entity's record counts what is cast in it (`nb_entities_out`), and Kitsu keeps
 * that number up: it does of live shots in sequences only (zou: refresh_shot_casting_stats). */
bool entity_links_counted(const json_element *e);
/* Whether Kitsu gives nothing where it is asked for this entity alone: else ZOU_DISPUTED. */
zou_result entity_links_check_none(zou_project *p, const char *entity_id, error *e);

#endif
