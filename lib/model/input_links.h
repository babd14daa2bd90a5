/* input_links.h - `data.inputLinks` of a document, as OpenPype's builders of workfiles and
 * templates read it (client/mongo/entity_links.py): what is cast in a shot or an asset.
 *
 * Ours are `{"id": the asset's document, "linkedBy": "kitsu", "type": "breakdown"}`, as its
 * ftrack module writes them with its own name. Whatever else is in the list is others', and
 * stays where it is; ours come behind it, by id. */
#ifndef OPKITSU_MODEL_INPUT_LINKS_H
#define OPKITSU_MODEL_INPUT_LINKS_H

#include "model/naming.h"

/* Whether the document of a live shot or asset is to have another list than `there`, which may
 * be absent: `*wanted`, in p->arena. Names are settled. What the stream does not tell of the
 * entity stays, but for links of ours to what the plan archives or deletes. */
bool input_links_differ(const production *p, const collection *c, const bool chosen[KINDS],
                        const entity *e, const json *there, json *wanted);

/* Whether documents that link to this one may have to lose their links: the plan archives or
 * deletes it, or it was another entity's. */
bool input_links_end(const production *p, const asset *d, const bool chosen[KINDS]);

#endif
