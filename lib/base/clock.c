#include "base/clock.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#define LONGEST_SETTING 1e6 /* seconds; more is a mistake */

double clock_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_BOOTTIME, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

double clock_jitter(double seconds)
{
    uint16_t dice = 0;
    if (getrandom(&dice, sizeof dice, GRND_NONBLOCK) != sizeof dice)
        dice = 0;
    return seconds * (0.5 + dice / 2.0 / UINT16_MAX);
}

double clock_backoff(double *wait, double longest)
{
    double seconds = *wait;
    *wait = fmin(seconds * 2, longest);
    return seconds;
}

double clock_wait_setting(const char *variable, double usual)
{
    double seconds = clock_setting(variable, usual);
    return seconds > 0 ? seconds : usual;
}

double clock_setting(const char *variable, double usual)
{
    const char *text = getenv(variable);
    if (!text || !*text)
        return usual;
    char *end;
    double seconds = strtod(text, &end);
    return *end == '\0' && seconds >= 0 && seconds <= LONGEST_SETTING ? seconds : usual;
}

void clock_sleep(double seconds)
{
    struct timespec left = {.tv_sec = (time_t)seconds};
    left.tv_nsec = (long)((seconds - (double)left.tv_sec) * 1e9);
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        ;
}
