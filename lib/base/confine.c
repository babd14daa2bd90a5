#include "base/confine.h"

#include "base/mem.h"
#include "base/msg.h"
#include "base/system_files.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sysexits.h>
#include <unistd.h>

#include <linux/seccomp.h>
#if __has_include(<linux/landlock.h>)
#include <linux/landlock.h>
#endif

/* AddressSanitizer's search for leaks reads /proc and stops our threads by ptrace(2). */
#if defined __SANITIZE_ADDRESS__
#define SANITIZED true
#elif defined __has_feature
#if __has_feature(address_sanitizer)
#define SANITIZED true
#endif
#endif
#ifndef SANITIZED
#define SANITIZED false
#endif

/* Whether the answer to "what have you got" is that there is nothing. The kernel never answers
 * EPERM to that; a container does whose rules do not know the call. */
static bool is_lacking(int why)
{
    return why == ENOSYS || why == EOPNOTSUPP || why == EPERM;
}

/* ---- files ---------------------------------------------------------------- */

#ifdef LANDLOCK_CREATE_RULESET_VERSION

#ifndef LANDLOCK_ACCESS_FS_TRUNCATE /* since version 3, Linux 6.2 */
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif

#define READ_FILES   LANDLOCK_ACCESS_FS_READ_FILE
#define READ_FOLDERS (READ_FILES | LANDLOCK_ACCESS_FS_READ_DIR)
#define WRITE_FILES  (LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE)
#define CHANGE_FOLDERS                                                                             \
    (LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE)

/* Of these nothing is allowed but by a rule. Moving a file to another folder never is. */
#define ALL_OF_VERSION_1                                                                           \
    (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | READ_FOLDERS | CHANGE_FOLDERS |  \
     LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_SOCK | \
     LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM)

/* A descriptor of the path, or of the nearest folder above it that exists. */
static int open_nearest(const char *path)
{
    char *nearest = xstrdup(path);
    int fd;
    while ((fd = open(nearest, O_PATH | O_CLOEXEC)) < 0 && (errno == ENOENT || errno == ENOTDIR)) {
        char *slash = strrchr(nearest, '/');
        if (!slash || !slash[1]) /* neither a folder above, nor "/" */
            strcpy(nearest, *nearest == '/' ? "/" : ".");
        else
            slash[slash == nearest] = '\0';
    }
    int why = errno;
    free(nearest);
    errno = why;
    return fd;
}

/* Whether a path cannot be opened as the user cannot reach it anyway; any other reason may pass,
 * and what is not allowed now is refused later. */
static bool is_out_of_reach(int why)
{
    return why == ENOENT || why == ENOTDIR || why == EACCES || why == EPERM || why == ELOOP ||
           why == ENAMETOOLONG;
}

/* Takes the descriptor over; a negative one: errno says why. */
static bool allow(int ruleset, int fd, uint64_t rights)
{
    struct stat st;
    if (fd < 0)
        return is_out_of_reach(errno);
    if (fstat(fd, &st) == 0 && !S_ISDIR(st.st_mode))
        rights &= READ_FILES | WRITE_FILES;
    struct landlock_path_beneath_attr rule = {.allowed_access = rights, .parent_fd = fd};
    bool ok = syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
    int why = errno;
    close(fd);
    errno = why;
    return ok;
}

static bool allow_all(const program_needs *n, int ruleset, uint64_t handled)
{
    bool ok = true;
    if (n->any_file || SANITIZED)
        ok = allow(ruleset, open("/", O_PATH | O_CLOEXEC), READ_FOLDERS);
    for (size_t i = 0; ok && i < n->n; i++) {
        const char *path = n->paths[i].path;
        if (n->paths[i].write)
            ok = allow(ruleset, open_nearest(path),
                       (READ_FOLDERS | WRITE_FILES | CHANGE_FOLDERS) & handled);
        else
            ok = allow(ruleset, open(path, O_PATH | O_CLOEXEC), READ_FOLDERS);
    }
    return ok;
}

static bool confine_files(program_needs *n, error *e)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (version < 0 && is_lacking(errno)) {
        msg_info("no Landlock: what this program may do with files is not confined");
        return true;
    }
    struct landlock_ruleset_attr all = {.handled_access_fs = ALL_OF_VERSION_1};
    if (version >= 3)
        all.handled_access_fs |= LANDLOCK_ACCESS_FS_TRUNCATE;
    if (n->network)
        system_files_needs(n);
    int ruleset = -1;
    if (version >= 0)
        ruleset = (int)syscall(SYS_landlock_create_ruleset, &all, sizeof all, 0);
    bool ok = ruleset >= 0 && allow_all(n, ruleset, all.handled_access_fs) &&
              syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
    if (!ok)
        error_set(e, error_status(errno, EX_OSERR), "cannot give up access to files (Landlock): %s",
                  strerror(errno));
    if (ruleset >= 0)
        close(ruleset);
    return ok;
}

#else

static bool confine_files(program_needs *n, error *e)
{
    (void)n, (void)e;
    msg_info("built without Landlock: what this program may do with files is not confined");
    return true;
}

#endif

/* ---- system calls --------------------------------------------------------- */

/* Later than the kernel's headers, or libseccomp, of some distributions; all processors have
 * the same numbers. */
#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif
#ifndef SYS_setxattrat
#define SYS_setxattrat 463
#endif
#ifndef SYS_removexattrat
#define SYS_removexattrat 466
#endif
#ifndef SYS_file_setattr
#define SYS_file_setattr 469
#endif

/* What no program of the suite does once it is at work. */
static const int refused[] = {
    /* run another program */
    SCMP_SYS(execve), SCMP_SYS(execveat),
    /* look into other processes, and take their files */
    SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev), SCMP_SYS(pidfd_getfd), SCMP_SYS(kcmp),
    /* be a server */
    SCMP_SYS(listen), SCMP_SYS(accept), SCMP_SYS(accept4),
    /* what the kernel does in their stead escapes this list */
    SCMP_SYS(io_uring_setup), SCMP_SYS(io_uring_enter), SCMP_SYS(io_uring_register),
    /* reach files by another way than their path, or another tree of them */
    SCMP_SYS(open_by_handle_at), SCMP_SYS(mount), SCMP_SYS(umount2), SCMP_SYS(pivot_root),
    SCMP_SYS(chroot), SCMP_SYS(open_tree), SCMP_SYS(move_mount), SCMP_SYS(fsopen),
    SCMP_SYS(fsconfig), SCMP_SYS(fsmount), SCMP_SYS(fspick), SCMP_SYS(setns), SCMP_SYS(unshare),
    /* change whose a file is, who may read it and when it was written: by its path, on which
       Landlock has no say */
    SCMP_SYS(chmod), SCMP_SYS(fchmodat), SCMP_SYS(chown), SCMP_SYS(lchown), SCMP_SYS(fchownat),
    SCMP_SYS(setxattr), SCMP_SYS(lsetxattr), SCMP_SYS(removexattr), SCMP_SYS(lremovexattr),
    SCMP_SYS(utime), SCMP_SYS(utimes), SCMP_SYS(futimesat), SYS_fchmodat2, SYS_setxattrat,
    SYS_removexattrat, SYS_file_setattr,
    /* parts of the kernel that attacks of it like, and nothing here uses */
    SCMP_SYS(bpf), SCMP_SYS(perf_event_open), SCMP_SYS(userfaultfd),
    /* run the machine, which only matters if root runs us */
    SCMP_SYS(kexec_load), SCMP_SYS(kexec_file_load), SCMP_SYS(init_module), SCMP_SYS(finit_module),
    SCMP_SYS(delete_module), SCMP_SYS(reboot), SCMP_SYS(swapon), SCMP_SYS(swapoff), SCMP_SYS(acct),
    SCMP_SYS(iopl), SCMP_SYS(ioperm), SCMP_SYS(settimeofday), SCMP_SYS(clock_settime),
    SCMP_SYS(sethostname), SCMP_SYS(setdomainname)};

/* Debug and end other processes. AddressSanitizer does it to itself. */
static const int refused_unless_sanitized[] = {SCMP_SYS(ptrace),
                                               SCMP_SYS(kill),
                                               SCMP_SYS(tkill),
                                               SCMP_SYS(rt_sigqueueinfo),
                                               SCMP_SYS(rt_tgsigqueueinfo),
                                               SCMP_SYS(pidfd_send_signal)};
#define UNLESS_SANITIZED (sizeof refused_unless_sanitized / sizeof *refused_unless_sanitized)

/* Any address family: also those of the machine's own services. What is open stays usable:
 * stdin may be a socket. */
static const int refused_without_network[] = {SCMP_SYS(socket), SCMP_SYS(connect), SCMP_SYS(bind)};

static const int refused_without_keyring[] = {SCMP_SYS(add_key), SCMP_SYS(request_key),
                                              SCMP_SYS(keyctl)};

#define REFUSAL SCMP_ACT_ERRNO(EPERM)

/* 0, or what failed. */
static int refuse(scmp_filter_ctx filter, const int *calls, size_t n)
{
    int failed = 0;
    for (size_t i = 0; i < n && !failed; i++)
        failed = seccomp_rule_add(filter, REFUSAL, calls[i], 0);
    return failed;
}

/* Type into the terminal that we were started from. */
static int refuse_typing(scmp_filter_ctx filter)
{
    const unsigned long requests[] = {TIOCSTI, TIOCLINUX};
    int failed = 0;
    for (size_t i = 0; i < 2 && !failed; i++)
        failed = seccomp_rule_add(filter, REFUSAL, SCMP_SYS(ioctl), 1,
                                  SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffffUL, requests[i]));
    return failed;
}

/* Touch other files than those that are open; utimensat without a path is futimens. */
static int refuse_touching(scmp_filter_ctx filter)
{
    return seccomp_rule_add(filter, REFUSAL, SCMP_SYS(utimensat), 1, SCMP_A1(SCMP_CMP_NE, 0, 0));
}

/* End another process; raise and abort end their own. */
static int refuse_killing(scmp_filter_ctx filter)
{
    return seccomp_rule_add(filter, REFUSAL, SCMP_SYS(tgkill), 1,
                            SCMP_A0(SCMP_CMP_NE, (scmp_datum_t)getpid(), 0));
}

static int fill(scmp_filter_ctx filter, const program_needs *n)
{
    int failed = seccomp_attr_set(filter, SCMP_FLTATR_API_SYSRAWRC, 1); /* say the true reason */
    if (!failed)
        failed = refuse(filter, refused, sizeof refused / sizeof *refused);
    if (!failed)
        failed = refuse_touching(filter);
    if (!failed && !SANITIZED)
        failed = refuse(filter, refused_unless_sanitized, UNLESS_SANITIZED);
    if (!failed && !SANITIZED)
        failed = refuse_killing(filter);
    if (!failed && !n->network)
        failed = refuse(filter, refused_without_network, 3);
    if (!failed && !n->keyring)
        failed = refuse(filter, refused_without_keyring, 3);
    return failed ? failed : refuse_typing(filter);
}

/* bytes; all that libseccomp takes for the filter with the most rules is 104 KiB, and it gives
 * back some of that in between. Less than the 128 KiB from which on the C library makes a
 * mapping of its own, and undoes it when it is freed. */
#define FILTER_MEMORY ((size_t)120 * 1024)

/* libseccomp 2.5 crashes when memory is out, or never returns. So there has to be enough of
 * it, which stays with the C library when it is freed. */
static void ensure_memory(void)
{
    void *volatile p = xmalloc(FILTER_MEMORY);
    free(p);
}

static bool confine_calls(const program_needs *n, error *e)
{
    ensure_memory();
    uint32_t action = SECCOMP_RET_ERRNO;
    int failed = syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0 ? 0 : -errno;
    if (failed == -EINVAL /* Linux before 4.14 */ || is_lacking(-failed)) {
        msg_info("no seccomp: what this program may ask of the system is not confined");
        return true;
    }
    if (!failed) {
        scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
        if (!filter)
            mem_exhausted(sizeof filter);
        failed = fill(filter, n);
        if (!failed)
            failed = seccomp_load(filter);
        seccomp_release(filter);
    }
    return !failed ||
           error_set(e, EX_OSERR, "cannot give up system calls (seccomp): %s", strerror(-failed));
}

/* ---- both ----------------------------------------------------------------- */

bool confine(program_needs *n, error *e)
{
    bool ok = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ||
              error_set(e, EX_OSERR, "cannot give up new privileges: %s", strerror(errno));
    ok = ok && confine_files(n, e) && confine_calls(n, e);
    needs_free(n);
    return ok;
}

bool confine_wholly(error *e)
{
    return confine(&(program_needs){0}, e);
}
