#include "model/person.h"

static bool is_blank(const json *v)
{
    return !json_text(v) || v->len == 0;
}

static json full_name(arena *a, const json *record)
{
    const json *full = json_get(record, "full_name");
    const char *first = json_text(json_get(record, "first_name"));
    const char *last = json_text(json_get(record, "last_name"));
    if (!is_blank(full))
        return *full;
    first = first ? first : "";
    last = last ? last : "";
    return json_string(a, arena_printf(a, "%s%s%s", first, *first && *last ? " " : "", last));
}

json person_assignee(arena *a, const json *record)
{
    const json *id = json_get(record, "id"), *login = json_get(record, "desktop_login");
    json name = full_name(a, record), assignee = json_object();
    json_add(a, &assignee, "id", json_text(id) ? *id : json_string(a, ""));
    json_add(a, &assignee, "username", is_blank(login) ? name : *login);
    json_add(a, &assignee, "fullname", name);
    return assignee;
}

bool person_tells_login(const json *record)
{
    return json_get(record, "desktop_login") != NULL;
}
