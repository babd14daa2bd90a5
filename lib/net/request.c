#include "net/request.h"

#include <string.h>

bool http_repeatable(const http_request *r)
{
    return r->repeatable || strcmp(r->method, "POST") != 0;
}

bool http_is_busy(int status)
{
    return status == 408 || status == 429 || status == 502 || status == 503 || status == 504;
}
