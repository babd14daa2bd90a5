/* supervisor/schedule.h: when the supervisor tries again; intervals of time. */
#include "tap.h"

#include "base/clock.h"
#include "supervisor/schedule.h"

#include <math.h>

static const struct {
    const char *text;
    double seconds; /* -1: no time */
} times[] = {
    {"1s", 1},
    {"90s", 90},
    {"30m", 1800},
    {"24h", 86400},
    {"7d", 604800},
    {"007d", 604800},
    {"999999d", 999999.0 * 86400},
    {"off", 0},
    {"1000000d", -1},
    {"0s", -1},
    {"000h", -1},
    {"-1s", -1},
    {"+1s", -1},
    {" 1s", -1},
    {"1 s", -1},
    {"1.5h", -1},
    {"1", -1},
    {"s", -1},
    {"1y", -1},
    {"1S", -1},
    {"1s ", -1},
    {"1h30m", -1},
    {"off1", -1},
    {"OFF", -1},
    {"", -1},
};

static void test_times(void)
{
    for (size_t i = 0; i < ROWS(times); i++) {
        double seconds = -1;
        bool good = clock_parse_interval(times[i].text, &seconds);
        ok(good == (times[i].seconds >= 0) && seconds == times[i].seconds, "\"%s\" is %g s",
           times[i].text, times[i].seconds);
    }
}

/* Of the same failure: the shortest, the middle and the longest pause. */
static const struct {
    double low, usual, high;
} pauses[] = {
    {0.75, 1, 1.25}, {1.5, 2, 2.5},    {3, 4, 5},        {6, 8, 10},
    {12, 16, 20},    {22.5, 30, 37.5}, {22.5, 30, 37.5}, {22.5, 30, 37.5},
};

static void test_pauses(void)
{
    schedule low, usual, high, small;
    schedule_init(&low, 1, 0, 0);
    schedule_init(&small, 0.5, 0, 0);
    usual = high = low;
    for (size_t i = 0; i < ROWS(pauses); i++) {
        char name[64];
        snprintf(name, sizeof name, "pause %zu", i + 1);
        is_number(schedule_pause(&usual, 0.5), pauses[i].usual, name);
        is_number(schedule_pause(&low, 0), pauses[i].low, name);
        is_number(schedule_pause(&high, 1), pauses[i].high, name);
        is_number(schedule_pause(&small, 0.5), pauses[i].usual / 2, name);
    }
    for (int i = 0; i < 100; i++)
        schedule_pause(&usual, 0.5);
    is_number(schedule_pause(&usual, 0.5), 30, "the hundredth is no longer");
    schedule_recover(&usual);
    is_number(schedule_pause(&usual, 0.5), 1, "short again after health");
    is_number(schedule_longest(&small), 15, "the longest");
    is_number(schedule_healthy(&small), 30, "the time to health");
}

static void test_full(void)
{
    schedule s;
    schedule_init(&s, 1, 1000, 50);
    is_number(s.due, 1050, "the first is due after the interval");
    is_number(schedule_full_wait(&s, 60), 0, "one that is needed is made at once");
    schedule_full_done(&s, 2000);
    is_number(s.due, 3000, "the next one after it again");
    double wait = 60, now = 3000;
    for (int i = 0; i < 8; i++, now = s.due) {
        is_number(schedule_full_failed(&s, now), fmin(wait, 3600), "failed: the wait");
        is_number(s.due, now + fmin(wait, 3600), "failed: due");
        is_number(schedule_full_wait(&s, now + 20), fmin(wait, 3600) - 20,
                  "one that is needed waits as long");
        wait *= 2;
    }
    is_number(schedule_full_wait(&s, now), 0, "when it is due there is no wait");
    is_number(schedule_full_wait(&s, now + 5), 0, "nor later");
    schedule_full_failed(&s, now);
    schedule_full_now(&s);
    is_number(schedule_full_wait(&s, now), 0, "who wants one now does not wait");
    is_number(schedule_full_failed(&s, now), 3600, "which does not shorten the next wait");
    schedule_full_done(&s, now);
    is_number(schedule_full_wait(&s, now), 0, "done: no wait");
    is_number(schedule_full_failed(&s, now), 60, "done: the first wait is short again");
}

static void test_no_interval(void)
{
    schedule s;
    schedule_init(&s, 0.5, 0, 50);
    is_number(s.due, (double)INFINITY, "without an interval none is due");
    is_number(schedule_full_failed(&s, 100), 30, "but one that failed is,");
    is_number(s.due, 130, "after its wait");
    schedule_full_done(&s, 130);
    is_number(s.due, (double)INFINITY, "and then none");
}

int main(void)
{
    test_times();
    test_pauses();
    test_full();
    test_no_interval();
    return done();
}
