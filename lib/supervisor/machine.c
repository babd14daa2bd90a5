#include "supervisor/machine.h"

#include <math.h>
#include <sys/timerfd.h>

/* ---- time ----------------------------------------------------------------- */

void machine_set_timer(supervisor *s, double seconds)
{
    struct itimerspec t = {0};
    if (isfinite(seconds)) {
        double wait = fmax(seconds, 1e-6);
        t.it_value.tv_sec = (time_t)wait;
        t.it_value.tv_nsec = (long)((wait - floor(wait)) * 1e9);
    }
    timerfd_settime(s->timer, 0, &t, NULL);
}

void machine_set_limit(supervisor *s, double seconds)
{
    machine_set_timer(s, seconds * s->what->scale);
}

/* ---- what it tells -------------------------------------------------------- */

void machine_note(supervisor *s, note_key key, const char *text)
{
    if (!s->what->once)
        lease_keeper_note(&s->keeper, key, text);
}

void machine_set_error(supervisor *s, const char *text)
{
    buf_clear(&s->error);
    buf_adds(&s->error, text);
    machine_note(s, NOTE_ERROR, text);
}
