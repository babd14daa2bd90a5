#include "record/kind.h"

#include <stddef.h>
#include <string.h>

static const char *const names[KINDS] = {
    [KIND_ASSET_TYPE] = "AssetType", [KIND_EPISODE] = "Episode",
    [KIND_SEQUENCE] = "Sequence",    [KIND_SHOT] = "Shot",
    [KIND_ASSET] = "Asset",          [KIND_EDIT] = "Edit",
    [KIND_CONCEPT] = "Concept",      [KIND_TASK] = "Task",
    [KIND_TASK_TYPE] = "TaskType",   [KIND_TASK_STATUS] = "TaskStatus",
    [KIND_PERSON] = "Person",        [KIND_ENTITY_LINK] = "EntityLink",
};

static const char *const roots[ROOTS] = {"Assets", "Shots", "Edits", "Concepts"};

const char *kind_name(kind k)
{
    return names[k];
}

kind kind_of(const char *type)
{
    for (int k = 0; type && k < KINDS; k++)
        if (strcmp(names[k], type) == 0)
            return (kind)k;
    return KIND_NONE;
}

const char *root_name(root r)
{
    return roots[r];
}

root root_above(kind k)
{
    switch (k) {
    case KIND_ASSET_TYPE:
    case KIND_ASSET: return ROOT_ASSETS;
    case KIND_EDIT: return ROOT_EDITS;
    case KIND_CONCEPT: return ROOT_CONCEPTS;
    default: return ROOT_SHOTS;
    }
}
