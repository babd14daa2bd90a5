#include "supervisor/child.h"

#include "base/msg.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

const char *child_name(char *const argv[])
{
    const char *slash = strrchr(argv[0], '/');
    return slash && slash[1] ? slash + 1 : argv[0];
}

/* See zou/credentials.h and store/store.h; note-rule(1) has OP_SETTINGS. */
static void drop_secrets(unsigned needed)
{
    static const struct {
        child_secret kind;
        const char *name;
    } secrets[] = {{SECRET_LOGIN, "KITSU_PWD"},     {SECRET_LOGIN, "KITSU_TOKEN"},
                   {SECRET_LOGIN, "KITSU_TOTP"},    {SECRET_LOGIN, "KITSU_EMAIL_OTP"},
                   {SECRET_STORE, "OP_STORE"},      {SECRET_STORE, "OPENPYPE_MONGO"},
                   {SECRET_SETTINGS, "OP_SETTINGS"}};
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++)
        if (!(needed & secrets[i].kind))
            unsetenv(secrets[i].name);
}

/* SIGPIPE ends a filter whose reader has gone, even under systemd, which ignores it. */
static void reset_signals(const child_setup *setup)
{
    sigset_t none;
    signal(SIGPIPE, SIG_DFL);
    signal(SIGXFSZ, SIG_DFL);
    signal(SIGCHLD, SIG_DFL);
    if (setup->heeds_hup)
        signal(SIGHUP, SIG_DFL);
    if (setup->ignores_keys) {
        signal(SIGINT, SIG_IGN);
        signal(SIGQUIT, SIG_IGN);
    }
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
    drop_secrets(setup->has_access);
    if (!redirect(setup) || (setup->keeps && fcntl(setup->keeps, F_SETFD, 0) != 0))
        _exit(EX_OSERR);
    reset_signals(setup);
    execvp(argv[0], argv);
    int number = errno;
    msg_hide_password(argv[0]); /* in this copy of our memory only */
    msg_init(child_name(argv));
    msg_error("cannot run %s: %s", argv[0], strerror(number));
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
