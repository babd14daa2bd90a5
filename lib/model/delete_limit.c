#include "model/delete_limit.h"

#include "base/program.h"

#include <errno.h>
#include <stdlib.h>

static void read_limit(void *limit, const char *text)
{
    delete_limit *g = limit;
    char *end;
    errno = 0;
    g->limit = strtol(text, &end, 10);
    g->percent = *end == '%';
    if (end == text || errno || g->limit < 0 || end[g->percent] || (g->percent && g->limit > 100))
        program_usage_error("--max-delete: expected a number or a percentage, got \"%s\"", text);
    g->given = true;
}

option_def delete_limit_option(delete_limit *g, const char *help)
{
    return (option_def){
        .name = "max-delete", .value = "N|N%", .help = help, .call = read_limit, .context = g};
}

bool delete_limit_allows(const delete_limit *g, size_t n_deletions, size_t n_live)
{
    size_t limit = (size_t)g->limit;
    if (!g->given)
        return n_deletions <= 10 || n_deletions * 2 <= n_live;
    return g->percent ? n_deletions * 100 <= limit * n_live : n_deletions <= limit;
}
