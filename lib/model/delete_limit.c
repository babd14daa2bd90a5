#include "model/delete_limit.h"

#include "base/program.h"

#include <errno.h>
#include <stdlib.h>

void delete_limit_option(delete_limit *g, const char *text)
{
    char *end;
    errno = 0;
    g->limit = strtol(text, &end, 10);
    g->percent = *end == '%';
    if (end == text || errno || g->limit < 0 || end[g->percent] || (g->percent && g->limit > 100))
        program_usage_error("--max-delete wants a number, or a percentage up to 100%%: \"%s\"",
                            text);
    g->given = true;
}

bool delete_limit_allows(const delete_limit *g, size_t going, size_t there)
{
    size_t limit = (size_t)g->limit;
    if (!g->given)
        return going <= 10 || going * 2 <= there;
    return g->percent ? going * 100 <= limit * there : going <= limit;
}
