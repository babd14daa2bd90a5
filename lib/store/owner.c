#include "store/owner.h"

#include <ctype.h>
#include <stdio.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

bool owner_has(char c)
{
    return isalnum((unsigned char)c) || c == '.' || c == '-' || c == '_';
}

void owner_name(char *name, size_t size)
{
    char host[64] = "";
    unsigned noise = 0;
    gethostname(host, sizeof host - 1);
    for (char *c = host; *c; c++)
        if (!owner_has(*c))
            *c = '_';
    if (getrandom(&noise, sizeof noise, 0) != sizeof noise)
        noise = (unsigned)time(NULL);
    snprintf(name, size, "%s-%ld-%08x", host, (long)getpid(), noise);
}
