#include "listen/downstream.h"

#include "base/fd.h"
#include "base/output.h"

#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

static volatile sig_atomic_t writing, caught;

static void end_by(int number)
{
    signal(number, SIG_DFL);
    raise(number);
}

static void on_signal(int number)
{
    caught = number;
    if (!writing)
        end_by(number);
}

void downstream_catch_signals(void)
{
    static const int numbers[] = {SIGHUP, SIGINT, SIGTERM};
    /* Without SA_RESTART: a write that blocks is abandoned. */
    struct sigaction action = {.sa_handler = on_signal};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct sigaction old;
        sigaction(numbers[i], NULL, &old);
        if (old.sa_handler != SIG_IGN)
            sigaction(numbers[i], &action, NULL);
    }
}

void downstream_begin(void)
{
    writing = 1;
    if (caught)
        end_by(caught);
}

int downstream_end(void)
{
    output_flush();
    writing = 0;
    if (caught)
        end_by(caught);
    return ferror(stdout) ? EX_IOERR : EX_OK;
}

void downstream_check(void)
{
    if (!fd_hung_up(STDOUT_FILENO))
        return;
    end_by(SIGPIPE);
    _exit(EX_IOERR); /* SIGPIPE is blocked, say */
}

void downstream_pause(double seconds)
{
    struct pollfd p = {.fd = STDOUT_FILENO};
    poll(&p, 1, (int)(seconds * 1000));
    downstream_check();
}
