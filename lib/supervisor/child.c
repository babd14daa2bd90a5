#include "supervisor/child.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

const char *child_name(char *const argv[])
{
    const char *slash = strrchr(argv[0], '/');
    return slash ? slash + 1 : argv[0];
}

/* What to log in with (zou/credentials.h). */
static void drop_secrets(void)
{
    static const char *const names[] = {"KITSU_PWD", "KITSU_TOKEN", "KITSU_TOTP",
                                        "KITSU_EMAIL_OTP"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unsetenv(names[i]);
}

/* SIGPIPE ends a filter whose reader has gone, even under systemd, which ignores it. */
static void reset_signals(const child_setup *setup)
{
    sigset_t none;
    signal(SIGPIPE, SIG_DFL);
    signal(SIGCHLD, SIG_DFL);
    if (setup->heeds_hup)
        signal(SIGHUP, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Its three streams. */
static bool redirect(const child_setup *setup)
{
    const int from[] = {setup->in, setup->out, setup->err};
    for (int fd = 0; fd < 3; fd++)
        if (from[fd] >= 0 && dup2(from[fd], fd) != fd)
            return false;
    return true;
}

/* In the child. */
_Noreturn static void become(char *const argv[], const child_setup *setup, pid_t parent)
{
    if (setup->stands_apart)
        setpgid(0, 0);
    /* We may have ended before the child asked to be told. */
    if (setup->ends_with_us && (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || getppid() != parent))
        _exit(EX_TEMPFAIL);
    if (!setup->logs_in)
        drop_secrets();
    if (!redirect(setup))
        _exit(EX_OSERR);
    reset_signals(setup);
    execvp(argv[0], argv);
    fprintf(stderr, "%s: cannot run %s: %s\n", child_name(argv), argv[0], strerror(errno));
    _exit(EX_UNAVAILABLE);
}

pid_t child_start(char *const argv[], const child_setup *setup)
{
    pid_t parent = getpid(), pid = fork();
    if (pid == 0)
        become(argv, setup, parent);
    return pid;
}

bool child_has_ended(pid_t pid, int *status)
{
    int s;
    if (waitpid(pid, &s, WNOHANG) != pid)
        return false;
    *status = WIFSIGNALED(s) ? 128 + WTERMSIG(s) : WEXITSTATUS(s);
    return true;
}
