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

bool delete_limit_allows(const delete_limit *g, size_t going, size_t there)
{
    size_t limit = (size_t)g->limit;
    if (!g->given)
        return going <= 10 || going * 2 <= there;
    return g->percent ? going * 100 <= limit * there : going <= limit;
}
