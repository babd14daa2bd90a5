/* lib/supervisor: what no test of the whole program can bring about at will. */
#include "tap.h"

#include "supervisor/lease_keeper.h"
#include "supervisor/log.h"
#include "supervisor/supervisor.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

/* In place of the C library's: there is no room for one more process. */
pid_t fork(void)
{
    errno = EAGAIN;
    return -1;
}

static int open_descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    int n = 0;
    while (folder && readdir(folder))
        n++;
    if (folder)
        closedir(folder);
    return n;
}

/* ---- no process ------------------------------------------------------------ */

static void test_no_process(void)
{
    char one[] = "one", bar[] = "|", two[] = "two", lease[] = "op-lease";
    char *words[] = {one, bar, two, NULL}, *lease_words[] = {lease, NULL};
    int before = open_descriptors();
    pipeline p;
    ok(pipeline_parse(&p, words, 3), "two stages");
    p.is_relayed = true;
    for (int i = 0; i < 3; i++)
        ok(!pipeline_start(&p) && errno == EAGAIN && p.running == 0, "no stage can be started");
    is_number(open_descriptors(), before, "which leaves no descriptor open");
    lease_keeper k;
    lease_keeper_init(&k, lease_words);
    for (int i = 0; i < 3; i++)
        ok(!lease_keeper_start(&k, true) && errno == EAGAIN, "no op-lease can be started");
    is_number(open_descriptors(), before, "which leaves none open either");
    lease_keeper_free(&k);
    pipeline_free(&p);
}

/* What op-lease said the last time is no reason of its next failure. */
static void test_last_words(void)
{
    static const char words[] = "op-lease: of old\n";
    char lease[] = "op-lease";
    char *lease_words[] = {lease, NULL};
    struct rlimit usual, none;
    int writer;
    lease_keeper k;
    lease_keeper_init(&k, lease_words);
    ok(relay_open(&k.said, "op-lease", &writer) &&
           write(writer, words, sizeof words - 1) == sizeof words - 1 && close(writer) == 0,
       "op-lease said something");
    relay_finish(&k.said);
    is_text(relay_last(&k.said), "op-lease: of old", "its last words");
    getrlimit(RLIMIT_NOFILE, &usual);
    none = usual;
    none.rlim_cur = 3;
    setrlimit(RLIMIT_NOFILE, &none);
    bool started = lease_keeper_start(&k, true);
    int error = errno;
    setrlimit(RLIMIT_NOFILE, &usual);
    ok(!started && error == EMFILE, "no pipe can be made");
    is_text(relay_last(&k.said), NULL, "no last words of old");
    lease_keeper_free(&k);
}

/* ---- the log --------------------------------------------------------------- */

#define LINES 5000 /* of 64 bytes: more than a pipe, a socket and a terminal take */

static bool make_pipe(int ends[2])
{
    return pipe(ends) == 0;
}

static bool make_socket(int ends[2])
{
    return socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0;
}

static bool make_terminal(int ends[2])
{
    struct termios t;
    ends[0] = posix_openpt(O_RDWR | O_NOCTTY);
    if (ends[0] < 0 || grantpt(ends[0]) != 0 || unlockpt(ends[0]) != 0)
        return false;
    ends[1] = open(ptsname(ends[0]), O_RDWR | O_NOCTTY);
    if (ends[1] < 0 || tcgetattr(ends[1], &t) != 0)
        return false;
    cfmakeraw(&t);
    return tcsetattr(ends[1], TCSANOW, &t) == 0;
}

static void write_lines(void)
{
    char line[80];
    for (int i = 0; i < LINES; i++) {
        snprintf(line, sizeof line, "%063d\n", i);
        log_add(line, 64);
    }
}

/* How many of these lines come, in order, and whole. */
static int read_lines(int fd)
{
    char bytes[64], line[80];
    size_t len = 0;
    int lines = 0, idle = 0;
    fcntl(fd, F_SETFL, O_NONBLOCK);
    while (lines < LINES && idle < 1000) {
        ssize_t n = read(fd, bytes + len, sizeof bytes - len);
        if (n <= 0) {
            idle++;
            log_write();
            usleep(1000);
            continue;
        }
        idle = 0;
        len += (size_t)n;
        if (len < sizeof bytes)
            continue;
        snprintf(line, sizeof line, "%063d\n", lines);
        if (memcmp(bytes, line, sizeof bytes) != 0)
            break;
        lines++;
        len = 0;
    }
    return lines;
}

static const struct {
    const char *name;
    bool (*make)(int ends[2]);
} outputs[] = {{"a pipe", make_pipe}, {"a socket", make_socket}, {"a terminal", make_terminal}};

static void test_log(size_t i)
{
    const char *name = outputs[i].name;
    int ends[2] = {-1, -1}, before, usual = dup(STDERR_FILENO);
    if (!ok(outputs[i].make(ends), "%s is made", name))
        return;
    dup2(ends[1], STDERR_FILENO);
    close(ends[1]);
    before = open_descriptors();
    log_open();
    alarm(30); /* a write that waits */
    write_lines();
    alarm(0);
    ok(log_is_full(), "%s that is full does not hold the log up", name);
    ok(!(fcntl(STDERR_FILENO, F_GETFL) & O_NONBLOCK), "%s is for others as it was", name);
    int lines = read_lines(ends[0]);
    is_number(lines, LINES, name);
    log_finish(1);
    is_number(open_descriptors(), before, "what was opened is closed");
    dup2(usual, STDERR_FILENO);
    close(usual);
    close(ends[0]);
}

/* ---- signals --------------------------------------------------------------- */

/* A script starts a service with SIGHUP ignored, so that it lives on until here. */
static void test_early_hup(void)
{
    sigset_t pending;
    signal(SIGHUP, SIG_IGN);
    supervisor_block_signals();
    raise(SIGHUP);
    sigpending(&pending);
    ok(sigismember(&pending, SIGHUP) == 1, "SIGHUP that comes before the loop is not lost");
}

int main(void)
{
    int quiet = open("/dev/null", O_WRONLY), usual = dup(STDERR_FILENO);
    test_no_process();
    dup2(quiet, STDERR_FILENO);
    test_last_words();
    dup2(usual, STDERR_FILENO);
    for (size_t i = 0; i < ROWS(outputs); i++)
        test_log(i);
    test_early_hup();
    return done();
}
