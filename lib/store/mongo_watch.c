#include "store/mongo_watch.h"

#include "base/mem.h"
#include "base/msg.h"

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#define NAMED_SECONDS 10 /* without an answer */

struct mongo_watch {
    const char *name; /* borrowed */
    int seconds;
    timer_t timer;
    bool armed; /* there is a timer */
};

/* In a thread of its own, while libmongoc waits in the program's. */
static void tell(union sigval value)
{
    const mongo_watch *w = value.sival_ptr;
    msg_warn("%s: no answer for %d s; giving up after %d s", w->name, NAMED_SECONDS, w->seconds);
}

/* 0: never. */
static void tell_in(const mongo_watch *w, time_t seconds)
{
    struct itimerspec when = {.it_value.tv_sec = seconds};
    if (w->armed)
        timer_settime(w->timer, 0, &when, NULL);
}

static void on_started(const mongoc_apm_command_started_t *event)
{
    tell_in(mongoc_apm_command_started_get_context(event), NAMED_SECONDS);
}

static void on_succeeded(const mongoc_apm_command_succeeded_t *event)
{
    tell_in(mongoc_apm_command_succeeded_get_context(event), 0);
}

static void on_failed(const mongoc_apm_command_failed_t *event)
{
    tell_in(mongoc_apm_command_failed_get_context(event), 0);
}

mongo_watch *mongo_watch_new(mongoc_client_t *client, const char *name, int seconds)
{
    mongo_watch *w = xmalloc(sizeof *w);
    *w = (mongo_watch){.name = name, .seconds = seconds};
    struct sigevent event = {
        .sigev_notify = SIGEV_THREAD, .sigev_value.sival_ptr = w, .sigev_notify_function = tell};
    w->armed = timer_create(CLOCK_MONOTONIC, &event, &w->timer) == 0;
    mongoc_apm_callbacks_t *callbacks = mongoc_apm_callbacks_new();
    mongoc_apm_set_command_started_cb(callbacks, on_started);
    mongoc_apm_set_command_succeeded_cb(callbacks, on_succeeded);
    mongoc_apm_set_command_failed_cb(callbacks, on_failed);
    mongoc_client_set_apm_callbacks(client, callbacks, w);
    mongoc_apm_callbacks_destroy(callbacks);
    return w;
}

void mongo_watch_free(mongo_watch *w)
{
    if (!w)
        return;
    if (w->armed)
        timer_delete(w->timer);
    free(w);
}
