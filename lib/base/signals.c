#include "base/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

static volatile sig_atomic_t caught;
static int nothing = -1; /* /dev/null */

static void end_input(int number)
{
    int error = errno;
    caught = number;
    dup2(nothing, STDIN_FILENO);
    errno = error;
}

void signals_end_input(void)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    struct sigaction action = {.sa_handler = end_input, .sa_flags = (int)SA_RESETHAND | SA_RESTART};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct sigaction old;
        sigaction(numbers[i], NULL, &old);
        if (old.sa_handler != SIG_IGN)
            sigaction(numbers[i], &action, NULL);
    }
    signal(SIGPIPE, SIG_IGN);
}

int signals_caught(void)
{
    return caught;
}

bool signals_none(void)
{
    return caught == 0;
}
