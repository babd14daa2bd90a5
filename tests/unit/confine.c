/* base/confine: what is refused, and what stays. Each row confines a process of its own. */
#include "tap.h"

#include "base/confine.h"
#include "base/msg.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

static char top[] = "/tmp/opkitsu-confine-XXXXXX";
static int opened; /* before confine: /etc/passwd */

static const char *below(const char *name)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", top, name);
    return path;
}

/* ---- what is tried: 0, or errno ------------------------------------------- */

static int try_open(const char *name, int flags)
{
    int fd = open(name[0] == '/' ? name : below(name), flags, 0600);
    return fd < 0 ? errno : 0;
}

static int read_own(void)
{
    return try_open("own/file", O_RDONLY);
}
static int list_own(void)
{
    return try_open("own", O_RDONLY | O_DIRECTORY);
}
static int write_own(void)
{
    return try_open("own/file", O_WRONLY | O_TRUNC);
}
static int open_own(void)
{
    return try_open("own/file", O_WRONLY);
}
static int make_own(void)
{
    return try_open("own/new", O_WRONLY | O_CREAT | O_EXCL);
}
static int remove_own(void)
{
    return unlink(below("own/file")) < 0 ? errno : 0;
}
static int read_other(void)
{
    return try_open("other/file", O_RDONLY);
}
static int make_other(void)
{
    return try_open("other/new", O_WRONLY | O_CREAT);
}
static int cut_other(void)
{
    return truncate(below("other/file"), 0) < 0 ? errno : 0;
}
static int remove_other(void)
{
    return unlink(below("other/file")) < 0 ? errno : 0;
}
static int read_etc(void)
{
    return try_open("/etc/passwd", O_RDONLY);
}
static int look_at_other(void)
{
    struct stat st;
    return stat(below("other/file"), &st) < 0 ? errno : 0;
}

static int move_away(void)
{
    char from[256];
    snprintf(from, sizeof from, "%s", below("own/file"));
    return rename(from, below("other/moved")) < 0 ? errno : 0;
}

static int make_folder(void)
{
    return mkdir(below("other/folder"), 0700) < 0 ? errno : 0;
}
static int remove_folder(void)
{
    return rmdir(below("own/folder")) < 0 ? errno : 0;
}
static int make_link(void)
{
    return symlink("file", below("own/link")) < 0 ? errno : 0;
}
static int make_pipe(void)
{
    return mkfifo(below("own/pipe"), 0600) < 0 ? errno : 0;
}
static int make_device(void)
{
    return mknod(below("own/device"), S_IFCHR | 0600, 0) < 0 ? errno : 0;
}
static int make_disk(void)
{
    return mknod(below("own/disk"), S_IFBLK | 0600, 0) < 0 ? errno : 0;
}
static int make_socket(void)
{
    return mknod(below("own/socket"), S_IFSOCK | 0600, 0) < 0 ? errno : 0;
}

static int make_later(void)
{
    return mkdir(below("own/later"), 0700) < 0 ? errno
                                               : try_open("own/later/new", O_RDWR | O_CREAT);
}

static int read_opened(void)
{
    char c;
    return read(opened, &c, 1) < 0 ? errno : 0;
}

/* Another file takes the place of the one that was there when we were confined. */
static int read_replaced(void)
{
    char from[256];
    snprintf(from, sizeof from, "%s", below("own/fresh"));
    return rename(from, below("own/file")) < 0 ? errno : read_own();
}

static int use_socket(void)
{
    return socket(AF_INET, SOCK_STREAM, 0) < 0 ? errno : 0;
}
static int use_local_socket(void)
{
    return socket(AF_UNIX, SOCK_STREAM, 0) < 0 ? errno : 0;
}
static int be_server(void)
{
    return listen(socket(AF_INET, SOCK_STREAM, 0), 1) < 0 ? errno : 0;
}
static int execute(void)
{
    return execl("/bin/true", "true", (char *)NULL), errno;
}
static int execute_open(void)
{
    char *none[] = {NULL};
    return syscall(SYS_execveat, opened, "", none, none, 0x1000 /* AT_EMPTY_PATH */), errno;
}
static int debug(void)
{
    return ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0 ? errno : 0;
}
static int type(void)
{
    return ioctl(opened, TIOCSTI, "x") < 0 ? errno : 0;
}
static int command_console(void)
{
    return ioctl(opened, TIOCLINUX, "") < 0 ? errno : 0;
}
static int type_widely(void)
{
    return syscall(SYS_ioctl, opened, TIOCSTI | 1UL << 32, "x") < 0 ? errno : 0;
}
static int ask_size(void)
{
    return ioctl(opened, TIOCGWINSZ, &(struct winsize){0}) < 0 ? errno : 0;
}
static int use_ring(void)
{
    return syscall(SYS_io_uring_setup, 1, NULL) < 0 ? errno : 0;
}
static int use_keyring(void)
{
    return syscall(SYS_keyctl, -1, 0, 0, 0, 0) < 0 ? errno : 0;
}
/* Each call that changes a file's rights, owner, times or attributes by its path: the first that
 * is not refused is told by its number. */
static int change_by_path(void)
{
    const char *path = below("own/file");
    struct timespec now[2] = {{.tv_nsec = UTIME_NOW}, {.tv_nsec = UTIME_NOW}};
    const long tries[][6] = {
#ifdef SYS_chmod
        {SYS_chmod, (long)path, 0777},
        {SYS_chown, (long)path, -1, -1},
        {SYS_lchown, (long)path, -1, -1},
        {SYS_utime, (long)path, 0},
        {SYS_utimes, (long)path, 0},
        {SYS_futimesat, AT_FDCWD, (long)path, 0},
#endif
        {SYS_fchmodat, AT_FDCWD, (long)path, 0777},
        {452 /* fchmodat2 */, AT_FDCWD, (long)path, 0777, 0},
        {SYS_fchownat, AT_FDCWD, (long)path, -1, -1, 0},
        {SYS_setxattr, (long)path, (long)"user.x", (long)"y", 1, 0},
        {SYS_lsetxattr, (long)path, (long)"user.x", (long)"y", 1, 0},
        {463 /* setxattrat */, AT_FDCWD, (long)path, 0, (long)"user.x", 0},
        {SYS_removexattr, (long)path, (long)"user.x"},
        {SYS_lremovexattr, (long)path, (long)"user.x"},
        {466 /* removexattrat */, AT_FDCWD, (long)path, 0, (long)"user.x"},
        {469 /* file_setattr */, AT_FDCWD, (long)path, 0, 0, 0},
        {SYS_utimensat, AT_FDCWD, (long)path, (long)now, 0},
    };
    for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
        const long *c = tries[i];
        if (syscall(c[0], c[1], c[2], c[3], c[4], c[5]) == 0 || errno != EPERM)
            return (int)c[0];
    }
    return EPERM;
}
static int change_open(void)
{
    int fd = open(below("own/file"), O_RDWR);
    return fchmod(fd, 0600) < 0 || futimens(fd, NULL) < 0 ? errno : 0;
}
/* The same of calls that send a signal to the process that started us; signal 0 does no harm. */
static int send_signal(void)
{
    siginfo_t info = {.si_code = SI_QUEUE};
    const long parent = getppid();
    int fd = (int)syscall(SYS_pidfd_open, parent, 0);
    const long tries[][5] = {
        {SYS_kill, parent, 0},
        {SYS_tkill, parent, 0},
        {SYS_tgkill, parent, parent, 0},
        {SYS_rt_sigqueueinfo, parent, 0, (long)&info},
        {SYS_rt_tgsigqueueinfo, parent, parent, 0, (long)&info},
        {SYS_pidfd_send_signal, fd, 0, 0, 0},
    };
    for (size_t i = 0; i < sizeof tries / sizeof *tries; i++)
        if (syscall(tries[i][0], tries[i][1], tries[i][2], tries[i][3], tries[i][4]) == 0 ||
            errno != EPERM)
            return 0;
    return EPERM;
}
static int raise_own(void)
{
    return raise(0) != 0 ? errno : 0;
}
static int start_process(void)
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    return pid < 0 || waitpid(pid, NULL, 0) < 0 ? errno : 0;
}
static int is_marked(void)
{
    return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? 0 : ENODATA;
}
static int confine_more(void)
{
    error e;
    return confine_wholly(&e) ? use_socket() : e.status;
}
static int confine_on_and_on(void)
{
    error e;
    for (int i = 0; i < 20; i++) /* Landlock has room for 16 */
        if (!confine_wholly(&e))
            return e.status == EX_OSERR &&
                           strcmp(e.what, "cannot give up access to files (Landlock): "
                                          "Argument list too long") == 0
                       ? 0
                       : EPROTO;
    return ENODATA;
}

/* ---- the rows ------------------------------------------------------------- */

enum { AS_BEFORE = -1 /* wanted: what it gives without confine */ };
enum {
    NOTHING,
    READS = 1,
    WRITES = 2,
    LATER = 4,
    ANY_FILE = 8,
    NETWORK = 16,
    KEYRING = 32,
    READS_LATER = 64
};

#if defined __SANITIZE_ADDRESS__
#define UNLESS_SANITIZED(wanted) 0
#elif defined __has_feature
#if __has_feature(address_sanitizer)
#define UNLESS_SANITIZED(wanted) 0
#endif
#endif
#ifndef UNLESS_SANITIZED
#define UNLESS_SANITIZED(wanted) wanted
#endif

typedef struct row {
    const char *name;
    int needs;
    int (*try)(void);
    int wanted;
} row;

static const row files[] = {
    {"a file: refused", NOTHING, read_etc, UNLESS_SANITIZED(EACCES)},
    {"what is open", NOTHING, read_opened, 0},
    {"what there is may be known", NOTHING, look_at_other, 0},
    {"a folder to read", READS, read_own, 0},
    {"it can be listed", READS, list_own, 0},
    {"not written", READS, write_own, EACCES},
    {"nor opened for it", READS, open_own, EACCES},
    {"nor gets it files", READS, make_own, EACCES},
    {"nor loses them", READS, remove_own, EACCES},
    {"another one: not read", READS | WRITES, read_other, UNLESS_SANITIZED(EACCES)},
    {"a folder to write", WRITES, write_own, 0},
    {"it gets files", WRITES, make_own, 0},
    {"and loses them", WRITES, remove_own, 0},
    {"another one: no new file", WRITES, make_other, EACCES},
    {"another one: no file is cut", WRITES, cut_other, EACCES},
    {"another one: no file goes", WRITES, remove_other, EACCES},
    {"nor a folder", WRITES, make_folder, EACCES},
    {"not even its own gets a link", WRITES, make_link, EACCES},
    {"nor a named pipe", WRITES, make_pipe, EACCES},
    {"nor a socket", WRITES, make_socket, EACCES},
    {"nor a device", WRITES, make_device, EACCES},
    {"nor a disk", WRITES, make_disk, EACCES},
    {"nor loses a folder", WRITES, remove_folder, EACCES},
    {"no file is moved there", WRITES, move_away, EACCES},
    {"a file that is replaced in it", WRITES, read_replaced, 0},
    {"a folder that is still to be made", LATER, make_later, 0},
    {"and only there", LATER, make_other, EACCES},
    {"to read what is still to be made", READS_LATER, read_own, UNLESS_SANITIZED(EACCES)},
    {"any file is read", ANY_FILE, read_other, 0},
    {"but not written", ANY_FILE, cut_other, EACCES},
    {"nor made", ANY_FILE, make_other, EACCES},
    {"with a network, the system's", NETWORK, read_etc, 0},
    {"and no others", NETWORK, read_other, UNLESS_SANITIZED(EACCES)},
    {"supported, and yet refused", NOTHING, confine_on_and_on, 0},
};

static const row calls[] = {
    {"no new privileges", NOTHING, is_marked, 0},
    {"a socket: refused", NOTHING, use_socket, EPERM},
    {"one of this machine: refused", ANY_FILE, use_local_socket, EPERM},
    {"with a network: a socket", NETWORK, use_socket, 0},
    {"but no server", NETWORK, be_server, EPERM},
    {"a program: not run", NETWORK | ANY_FILE, execute, EPERM},
    {"nor an open one", NETWORK | ANY_FILE, execute_open, EPERM},
    {"no debugging", NETWORK, debug, UNLESS_SANITIZED(EPERM)},
    {"nothing is typed", NOTHING, type, EPERM},
    {"nor pasted", NOTHING, command_console, EPERM},
    {"whatever the upper half says", NOTHING, type_widely, EPERM},
    {"another ioctl is the device's matter", NOTHING, ask_size, ENOTTY},
    {"no ring of requests", NETWORK, use_ring, EPERM},
    {"no keyring", NETWORK, use_keyring, EPERM},
    {"but for Kerberos", KEYRING, use_keyring, AS_BEFORE},
    {"rights, owners and times of files: not by their paths", WRITES, change_by_path, EPERM},
    {"but of what is open", WRITES, change_open, 0},
    {"no other process is sent a signal", NETWORK, send_signal, UNLESS_SANITIZED(EPERM)},
    {"but itself", NETWORK, raise_own, 0},
    {"processes of our own", NOTHING, start_process, 0},
    {"confined once more", NETWORK, confine_more, EPERM},
};

static void make_files(void)
{
    const char *const names[] = {"own", "other"};
    mkdir(below("own"), 0700);
    mkdir(below("own/folder"), 0700);
    for (int i = 0; i < 2; i++) {
        mkdir(below(names[i]), 0700);
        char file[32];
        snprintf(file, sizeof file, "%s/file", names[i]);
        close(open(below(file), O_WRONLY | O_CREAT, 0600));
        snprintf(file, sizeof file, "%s/fresh", names[i]);
        close(open(below(file), O_WRONLY | O_CREAT, 0600));
        snprintf(file, sizeof file, "%s/new", names[i]);
        unlink(below(file));
    }
}

static int child(const row *r)
{
    error e = {0};
    program_needs n = {.any_file = r->needs & ANY_FILE,
                       .network = r->needs & NETWORK,
                       .keyring = r->needs & KEYRING};
    if (r->needs & READS)
        needs_read(&n, below("own"));
    if (r->needs & WRITES)
        needs_write(&n, below("own"));
    if (r->needs & READS_LATER)
        needs_read(&n, below("own/later/and/later"));
    if (r->needs & LATER)
        needs_write(&n, below("own/later/and/later"));
    if (!confine(&n, &e)) {
        printf("# %s\n", e.what);
        return EX_OSERR;
    }
    return r->try();
}

static void try_all(const row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int status = 0, wanted = rows[i].wanted == AS_BEFORE ? rows[i].try() : rows[i].wanted;
        make_files();
        fflush(stdout);
        pid_t pid = fork();
        if (pid == 0)
            _exit(child(&rows[i]));
        waitpid(pid, &status, 0);
        int got = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
        if (!ok(got == wanted, "%s", rows[i].name))
            printf("# wanted: %s\n#    got: %s\n", strerror(wanted), strerror(got));
    }
}

/* ---- all calls ------------------------------------------------------------ */

/* As in confine.c: what goes there has to go here. */
#define CALL(name)                                                                                 \
    {                                                                                              \
#name, SCMP_SYS(name)                                                                      \
    }

static const struct {
    const char *name;
    int number;
} never[] = {CALL(execve), CALL(execveat), CALL(process_vm_readv), CALL(process_vm_writev),
             CALL(pidfd_getfd), CALL(kcmp), CALL(listen), CALL(accept), CALL(accept4),
             CALL(io_uring_setup), CALL(io_uring_enter), CALL(io_uring_register),
             CALL(open_by_handle_at), CALL(mount), CALL(umount2), CALL(pivot_root), CALL(chroot),
             CALL(open_tree), CALL(move_mount), CALL(fsopen), CALL(fsconfig), CALL(fsmount),
             CALL(fspick), CALL(setns), CALL(unshare), CALL(bpf), CALL(perf_event_open),
             CALL(userfaultfd), CALL(kexec_load), CALL(kexec_file_load), CALL(init_module),
             CALL(finit_module), CALL(delete_module), CALL(reboot), CALL(swapon), CALL(swapoff),
             CALL(acct), CALL(iopl), CALL(ioperm), CALL(settimeofday), CALL(clock_settime),
             CALL(sethostname), CALL(setdomainname),
             /* without a network */
             CALL(socket), CALL(connect), CALL(bind),
             /* without Kerberos */
             CALL(add_key), CALL(request_key), CALL(keyctl)};

/* With arguments that the kernel would refuse as well, but otherwise: EFAULT, EBADF, EINVAL.
 * For some a user that is not root would get EPERM anyway. */
static void try_calls(void)
{
    fflush(stdout);
    int status = -1;
    pid_t pid = fork();
    if (pid == 0) {
        error e;
        int allowed = confine_wholly(&e) ? 0 : 1;
        for (size_t i = 0; i < sizeof never / sizeof *never; i++) {
            if (never[i].number < 0) /* not of this architecture */
                continue;
            errno = 0;
            if (syscall(never[i].number, -1L, -1L, -1L, -1L, -1L, -1L) < 0 && errno == EPERM)
                continue;
            printf("# %s: %s\n", never[i].name, strerror(errno));
            allowed = 1;
        }
        fflush(stdout);
        _exit(allowed);
    }
    waitpid(pid, &status, 0);
    ok(status == 0, "every call of the list is refused");
}

/* ---- a kernel without them ------------------------------------------------ */

/* This process sees one where these calls are unknown. */
static void hide(int call, int other)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), call, 0);
    if (other)
        seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), other, 0);
    seccomp_load(filter);
    seccomp_release(filter);
}

static void old_kernel(bool verbose, const char *wanted)
{
    int ends[2], status = -1;
    char said[1024] = "";
    if (pipe(ends) != 0)
        return;
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        error e;
        dup2(ends[1], STDERR_FILENO);
        msg_init("test");
        if (verbose)
            msg_louder();
        hide(SCMP_SYS(landlock_create_ruleset), SCMP_SYS(seccomp));
        _exit(confine_wholly(&e) && use_socket() == 0 && read_etc() == 0 ? 0 : 1);
    }
    close(ends[1]);
    for (size_t len = 0; len < sizeof said - 1;) {
        ssize_t got = read(ends[0], said + len, sizeof said - 1 - len);
        if (got <= 0)
            break;
        len += (size_t)got;
    }
    close(ends[0]);
    waitpid(pid, &status, 0);
    ok(status == 0, "an old kernel: it goes on%s", verbose ? ", and says so with -v" : "");
    is_text(said, wanted, verbose ? "what -v says" : "else nothing is said");
}

int main(void)
{
    opened = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
    if (!mkdtemp(top) || opened < 0)
        return 1;
    make_files();
    if (syscall(SYS_landlock_create_ruleset, NULL, 0, 1) > 0)
        try_all(files, sizeof files / sizeof *files);
    try_all(calls, sizeof calls / sizeof *calls);
    try_calls();
    old_kernel(false, "");
    old_kernel(true, "test: no Landlock: what this program may do with files is not confined\n"
                     "test: no seccomp: what this program may ask of the system is not confined\n");
    char command[64];
    snprintf(command, sizeof command, "rm -r %s", top);
    return system(command) != 0 || done();
}
