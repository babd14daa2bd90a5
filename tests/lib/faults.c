/* faults.c - preloaded into a program under test: its nth allocation or system call fails, is
 * short, is interrupted, or is the last thing that the program does.
 *
 *     LD_PRELOAD=build/tests/lib/faults.so FAULTS='op-apply write,sync kill-before 7' op-apply
 *
 * FAULTS is PROGRAM CALLS DEED AT. Only a program of that name is meddled with, from the
 * beginning of its main() on: neither the shell that starts it, nor what loads it.
 *
 *   CALLS  kinds of calls, counted together: memory, or one or more of read, write, sync, file
 *          (open, rename, unlink, truncate …) and net (socket, connect)
 *   DEED   ENOMEM, EIO …  the call fails so, once; with a + behind it, each from there on, too
 *          short          a read or write does one byte
 *          kill-before kill-after  SIGKILL before, or after, the call is carried out
 *   AT     which call, from 1 on; 0: none, they are only counted
 *
 * FAULTS_COUNT names a file that gets the number of calls, also of a program that is killed.
 *
 * With FAULTS_SERVE the program is loaded once and runs as often as it is told to: each line
 * "CALLS DEED AT" on stdin starts a child, whose stdin, stdout and stderr are the files in,
 * out and err of the working directory, and is answered by "STATUS CALLS", the first as of
 * wait(2). Loading takes ten times as long as most of what is tested.
 *
 * Messages may always be written: what is written to stderr does not count.
 *
 * System calls are seen by the kernel's help: a seccomp filter turns each into a SIGSYS, unless
 * it comes from raw_call. So those count, too, that the C library makes by itself, in fflush or
 * getline. Programs that start others can't be tested so: the filter stays after execve. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <malloc.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

enum { MEMORY = 1, READ = 2, WRITE = 4, SYNC = 8, FILES = 16, NET = 32 };

typedef enum deed { FAIL, SHORT, KILL_BEFORE, KILL_AFTER } deed;

static struct {
    unsigned kinds;
    deed deed;
    int number; /* errno */
    bool on;    /* from there on */
    long at;
} plan;

static bool active;
static long *count; /* shared with whoever wants to know */

/* Whether this call is the one. */
static bool is_due(void)
{
    long n = __atomic_add_fetch(count, 1, __ATOMIC_SEQ_CST);
    return plan.at > 0 && (n == plan.at || (plan.on && n > plan.at));
}

/* ---- memory --------------------------------------------------------------- */

#ifndef SANITIZED /* whose own allocator has to come first */

/* Where the code of libseccomp 2.5 lies. It crashes when it has no memory, or never returns,
 * and takes none of ours; confine.c ensures that there is some. */
#define SPARED "/libseccomp."

static struct {
    uintptr_t start, end;
} spared;

static int find_spared(struct dl_phdr_info *library, size_t size, void *context)
{
    (void)size, (void)context;
    for (int i = 0; strstr(library->dlpi_name, SPARED) && i < library->dlpi_phnum; i++)
        if (library->dlpi_phdr[i].p_type == PT_LOAD && (library->dlpi_phdr[i].p_flags & PF_X)) {
            spared.start = library->dlpi_addr + library->dlpi_phdr[i].p_vaddr;
            spared.end = spared.start + library->dlpi_phdr[i].p_memsz;
        }
    return 0;
}

/* NOLINTBEGIN(bugprone-reserved-identifier): the C library reserves them, and has them */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *old, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
/* NOLINTEND(bugprone-reserved-identifier) */

/* `caller`: where the call returns to. */
static bool is_out(const void *caller)
{
    uintptr_t from = (uintptr_t)caller;
    if (!active || !(plan.kinds & MEMORY) || (from >= spared.start && from < spared.end))
        return false;
    if (!is_due())
        return false;
    errno = ENOMEM;
    return true;
}

void *malloc(size_t size)
{
    return is_out(__builtin_return_address(0)) ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    return is_out(__builtin_return_address(0)) ? NULL : __libc_calloc(n, size);
}

void *realloc(void *old, size_t size)
{
    return is_out(__builtin_return_address(0)) ? NULL : __libc_realloc(old, size);
}

void *reallocarray(void *old, size_t n, size_t size)
{
    size_t whole;
    if (__builtin_mul_overflow(n, size, &whole)) {
        errno = ENOMEM;
        return NULL;
    }
    return realloc(old, whole);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return is_out(__builtin_return_address(0)) ? NULL : __libc_memalign(alignment, size);
}

void *memalign(size_t alignment, size_t size)
{
    return aligned_alloc(alignment, size);
}

int posix_memalign(void **p, size_t alignment, size_t size)
{
    void *got = aligned_alloc(alignment, size);
    if (!got)
        return ENOMEM;
    *p = got;
    return 0;
}

#endif

/* ---- system calls ----------------------------------------------------------- */

/* raw_call(number, six arguments): the kernel's answer. What comes from raw_call_end, the
 * instruction behind its call, the filter lets pass. */
long raw_call(long number, const long *arguments);
extern const char raw_call_end[];

#if defined __x86_64__
#define ARCHITECTURE AUDIT_ARCH_X86_64
__asm__(".globl raw_call\n.hidden raw_call\n.hidden raw_call_end\n.type raw_call, @function\n"
        "raw_call:\n"
        "mov %rdi, %rax\n"
        "mov %rsi, %r11\n"
        "mov (%r11), %rdi\n"
        "mov 8(%r11), %rsi\n"
        "mov 16(%r11), %rdx\n"
        "mov 24(%r11), %r10\n"
        "mov 32(%r11), %r8\n"
        "mov 40(%r11), %r9\n"
        "syscall\n"
        ".globl raw_call_end\n"
        "raw_call_end:\n"
        "ret\n");
#define ANSWER(c)      ((c)->uc_mcontext.gregs[REG_RAX])
#define ARGUMENT(c, i) ((c)->uc_mcontext.gregs[argument_registers[i]])
static const int argument_registers[] = {REG_RDI, REG_RSI, REG_RDX, REG_R10, REG_R8, REG_R9};
#elif defined __aarch64__
#define ARCHITECTURE   AUDIT_ARCH_AARCH64
__asm__(".globl raw_call\n.hidden raw_call\n.hidden raw_call_end\n.type raw_call, %function\n"
        "raw_call:\n"
        "mov x8, x0\n"
        "mov x9, x1\n"
        "ldp x0, x1, [x9]\n"
        "ldp x2, x3, [x9, #16]\n"
        "ldp x4, x5, [x9, #32]\n"
        "svc #0\n"
        ".globl raw_call_end\n"
        "raw_call_end:\n"
        "ret\n");
#define ANSWER(c)      ((c)->uc_mcontext.regs[0])
#define ARGUMENT(c, i) ((c)->uc_mcontext.regs[i])
#else
#error "faults.c does not know this processor"
#endif

typedef struct known_call {
    int number;
    unsigned kind;
} known_call;

static const known_call known[] = {
    {SYS_read, READ},       {SYS_readv, READ},      {SYS_pread64, READ},  {SYS_preadv, READ},
    {SYS_recvfrom, READ},   {SYS_recvmsg, READ},    {SYS_write, WRITE},   {SYS_writev, WRITE},
    {SYS_pwrite64, WRITE},  {SYS_pwritev, WRITE},   {SYS_sendto, WRITE},  {SYS_sendmsg, WRITE},
    {SYS_fsync, SYNC},      {SYS_fdatasync, SYNC},  {SYS_openat, FILES},  {SYS_renameat, FILES},
    {SYS_renameat2, FILES}, {SYS_unlinkat, FILES},  {SYS_mkdirat, FILES}, {SYS_linkat, FILES},
    {SYS_ftruncate, FILES}, {SYS_fallocate, FILES},
#ifdef SYS_open
    {SYS_open, FILES},      {SYS_rename, FILES},    {SYS_unlink, FILES},  {SYS_mkdir, FILES},
    {SYS_link, FILES},
#endif
    {SYS_socket, NET},      {SYS_connect, NET},
};

#define KNOWN (sizeof known / sizeof *known)

/* By the call that a confined program may use on itself. */
static void die(void)
{
    long nothing[6] = {0};
    long arguments[6] = {raw_call(SYS_getpid, nothing), raw_call(SYS_gettid, nothing), SIGKILL};
    raw_call(SYS_tgkill, arguments);
}

/* The call, but for one byte only. Of several pieces that is the first that has any. */
static long do_short(long number, long *a)
{
    struct iovec one;
    struct msghdr message;
    bool pieces = number == SYS_readv || number == SYS_writev || number == SYS_preadv ||
                  number == SYS_pwritev;
    bool messages = number == SYS_sendmsg || number == SYS_recvmsg;
    if (!pieces && !messages) {
        a[2] = a[2] > 1 ? 1 : a[2];
        return raw_call(number, a);
    }
    if (messages)
        message = *(struct msghdr *)a[1];
    struct iovec *all = messages ? message.msg_iov : (struct iovec *)a[1];
    size_t n = messages ? message.msg_iovlen : (size_t)a[2];
    while (n > 1 && all->iov_len == 0)
        all++, n--;
    if (n == 0)
        return raw_call(number, a);
    one = (struct iovec){all->iov_base, all->iov_len > 1 ? 1 : all->iov_len};
    message.msg_iov = &one;
    message.msg_iovlen = 1;
    a[1] = messages ? (long)&message : (long)&one;
    a[2] = messages ? a[2] : 1;
    return raw_call(number, a);
}

static long carry_out(long number, unsigned kind, long *a)
{
    if (kind == WRITE && a[0] == STDERR_FILENO)
        return raw_call(number, a);
    if (!(plan.kinds & kind) || !is_due())
        return raw_call(number, a);
    if (plan.deed == FAIL)
        return -plan.number;
    if (plan.deed == SHORT)
        return kind == READ || kind == WRITE ? do_short(number, a) : raw_call(number, a);
    if (plan.deed == KILL_BEFORE)
        die();
    long answer = raw_call(number, a);
    die();
    return answer;
}

static void on_call(int signal, siginfo_t *info, void *context)
{
    ucontext_t *c = context;
    long arguments[6];
    unsigned kind = 0;
    (void)signal;
    for (size_t i = 0; i < KNOWN; i++)
        if (known[i].number == info->si_syscall)
            kind = known[i].kind;
    for (int i = 0; i < 6; i++)
        arguments[i] = (long)ARGUMENT(c, i);
    ANSWER(c) = carry_out(info->si_syscall, kind, arguments);
}

#define LOAD(member)                                                                               \
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offsetof(struct seccomp_data, member))
#define ALLOW BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define TRAP  BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP)
#define EQUALS(value, then, otherwise)                                                             \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(value), then, otherwise)

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the halves of the address are the other way round"
#endif

/* The filter: those calls of these kinds that do not come from raw_call are trapped. */
static void trap_calls(void)
{
    struct sock_filter code[KNOWN + 9];
    unsigned short n = 0;
    uint8_t wanted = 0;
    uint64_t here = (uintptr_t)raw_call_end;
    for (size_t i = 0; i < KNOWN; i++)
        if (known[i].kind & plan.kinds)
            wanted++;
    code[n++] = (struct sock_filter)LOAD(arch);
    code[n++] = (struct sock_filter)EQUALS(ARCHITECTURE, 0, (uint8_t)(wanted + 1));
    code[n++] = (struct sock_filter)LOAD(nr);
    for (size_t i = 0; i < KNOWN; i++)
        if (known[i].kind & plan.kinds) {
            code[n++] = (struct sock_filter)EQUALS(known[i].number, wanted, 0);
            wanted--; /* it jumps over the others, and what allows them */
        }
    code[n++] = (struct sock_filter)ALLOW;
    code[n++] = (struct sock_filter)LOAD(instruction_pointer);
    code[n++] = (struct sock_filter)EQUALS(here, 0, 3);
    code[n++] = (struct sock_filter)BPF_STMT(
        BPF_LD | BPF_W | BPF_ABS, (uint32_t)offsetof(struct seccomp_data, instruction_pointer) + 4);
    code[n++] = (struct sock_filter)EQUALS(here >> 32, 0, 1);
    code[n++] = (struct sock_filter)ALLOW;
    code[n++] = (struct sock_filter)TRAP;
    struct sock_fprog program = {.len = n, .filter = code};
    struct sigaction action = {.sa_sigaction = on_call, .sa_flags = SA_SIGINFO | SA_NODEFER};
    if (sigaction(SIGSYS, &action, NULL) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) != 0) {
        perror("faults: seccomp");
        _exit(125);
    }
}

/* ---- the plan ------------------------------------------------------------------ */

static _Noreturn void give_up(const char *what)
{
    fprintf(stderr, "faults: %s\n", what);
    _exit(125);
}

static unsigned read_kinds(char *text)
{
    static const char *const names[] = {"memory", "read", "write", "sync", "file", "net"};
    unsigned kinds = 0;
    for (char *rest = NULL, *word = strtok_r(text, ",", &rest); word;
         word = strtok_r(NULL, ",", &rest)) {
        unsigned kind = 0;
        for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
            if (strcmp(word, names[i]) == 0)
                kind = 1U << i;
        if (!kind)
            give_up("no such kind of calls");
        kinds |= kind;
    }
    return kinds;
}

static void read_deed(char *text)
{
    static const struct {
        const char *name;
        deed deed;
    } names[] = {{"short", SHORT}, {"kill-before", KILL_BEFORE}, {"kill-after", KILL_AFTER}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(text, names[i].name) == 0) {
            plan.deed = names[i].deed;
            return;
        }
    size_t len = strlen(text);
    plan.deed = FAIL;
    plan.on = len > 0 && text[len - 1] == '+';
    if (plan.on)
        text[len - 1] = '\0';
    for (plan.number = 1; plan.number < 134; plan.number++) {
        const char *name = strerrorname_np(plan.number);
        if (name && strcmp(name, text) == 0)
            return;
    }
    give_up("no such deed");
}

static void read_plan(const char *text)
{
    char kinds[64], deed_name[32];
    memset(&plan, 0, sizeof plan);
    if (sscanf(text, "%63s %31s %ld", kinds, deed_name, &plan.at) != 3)
        give_up("a plan is: CALLS DEED AT");
    plan.kinds = read_kinds(kinds);
    read_deed(deed_name);
}

static void begin(void)
{
    if (plan.kinds & ~(unsigned)MEMORY)
        trap_calls();
    active = true;
}

/* ---- the program's main() --------------------------------------------------------- */

typedef int main_function(int argc, char **argv, char **envp);

static main_function *true_main;

/* The number, in a file or, without one, for those who share the memory. */
static void share_count(void)
{
    const char *path = getenv("FAULTS_COUNT");
    int fd = path ? open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;
    if (path && (fd < 0 || ftruncate(fd, sizeof *count) != 0))
        give_up("the file of FAULTS_COUNT cannot be made");
    count = mmap(NULL, sizeof *count, PROT_READ | PROT_WRITE,
                 path ? MAP_SHARED : MAP_SHARED | MAP_ANONYMOUS, fd, 0);
    if (count == MAP_FAILED)
        give_up("no memory to count in");
    if (fd >= 0)
        close(fd);
}

static void reopen(int fd, const char *path, int flags)
{
    int opened = open(path, flags, 0600);
    if (opened < 0 || dup2(opened, fd) < 0)
        give_up("in, out and err cannot be opened");
    close(opened);
}

static int serve(int argc, char **argv, char **envp)
{
    char line[128];
    while (fgets(line, sizeof line, stdin)) {
        *count = 0;
        pid_t child = fork();
        if (child == 0) {
            reopen(STDIN_FILENO, "in", O_RDONLY);
            reopen(STDOUT_FILENO, "out", O_WRONLY | O_CREAT | O_TRUNC);
            reopen(STDERR_FILENO, "err", O_WRONLY | O_CREAT | O_TRUNC | O_APPEND);
            __fpurge(stdin);
            read_plan(line);
            begin();
            return true_main(argc, argv, envp);
        }
        int status;
        if (child < 0 || waitpid(child, &status, 0) != child)
            give_up("no child");
        printf("%d %ld\n", status, *count);
        fflush(stdout);
    }
    return 0;
}

static int faulty_main(int argc, char **argv, char **envp)
{
    const char *text = getenv("FAULTS");
    size_t len = strlen(program_invocation_short_name);
    if (!text || strncmp(text, program_invocation_short_name, len) != 0 || text[len] != ' ')
        return true_main(argc, argv, envp);
    unsetenv("LD_PRELOAD");
#ifndef SANITIZED
    dl_iterate_phdr(find_spared, NULL);
#endif
    share_count();
    if (getenv("FAULTS_SERVE"))
        return serve(argc, argv, envp);
    read_plan(text + len);
    begin();
    return true_main(argc, argv, envp);
}

typedef int start_function(main_function *, int, char **, void (*)(void), void (*)(void),
                           void (*)(void), void *);

/* NOLINTNEXTLINE(bugprone-reserved-identifier): likewise */
int __libc_start_main(main_function *program, int argc, char **argv, void (*init)(void),
                      void (*fini)(void), void (*rtld_fini)(void), void *stack_end);

int __libc_start_main(main_function *program, int argc, char **argv, void (*init)(void),
                      void (*fini)(void), void (*rtld_fini)(void), void *stack_end)
{
    union {
        void *object;
        start_function *function;
    } next = {dlsym(RTLD_NEXT, "__libc_start_main")};
    true_main = program;
    return next.function(faulty_main, argc, argv, init, fini, rtld_fini, stack_end);
}
