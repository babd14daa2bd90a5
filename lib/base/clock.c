#include "base/clock.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#define LONGEST_SETTING 1e6 /* seconds; more is a mistake */
#define MAX_TIME_DIGITS 6   /* of an interval; 999999 days are enough */

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

/* The seconds that a letter stands for; 0: none. */
static double seconds_of(char letter)
{
    switch (letter) {
    case 's': return 1;
    case 'm': return 60;
    case 'h': return 3600;
    case 'd': return 86400;
    default: return 0;
    }
}

bool clock_parse_interval(const char *text, double *seconds)
{
    if (strcmp(text, "off") == 0) {
        *seconds = 0;
        return true;
    }
    const char *number = text + strspn(text, "0");
    size_t digits = strspn(number, "0123456789");
    double unit = seconds_of(number[digits]);
    if (digits < 1 || digits > MAX_TIME_DIGITS || unit == 0 || number[digits + 1])
        return false;
    *seconds = (double)strtol(number, NULL, 10) * unit;
    return true;
}

void clock_sleep(double seconds)
{
    struct timespec left = {.tv_sec = (time_t)seconds};
    left.tv_nsec = (long)((seconds - (double)left.tv_sec) * 1e9);
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        ;
}
