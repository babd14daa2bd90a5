#include "zou/session_file.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/fd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/msg.h"
#include "json/json.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_SESSION_FILE 65536 /* bytes; two tokens are under 2,000 */

/* seconds; to wait for a program that logs in, which tries for half a minute itself; after
 * which that is said; between two looks */
#define LOCK_SECONDS 60.0
#define TELL_SECONDS 2.0
#define LOCK_PAUSE   0.05

struct session_file {
    char *path, *lock_path; /* owned */
    int lock;               /* descriptor while locked, or -1 */
};

void tokens_clear(tokens *t)
{
    free_secret(t->access);
    free_secret(t->refresh);
    free_secret(t->proof);
    *t = (tokens){0};
}

void tokens_move(tokens *to, tokens *from)
{
    tokens_clear(to);
    *to = *from;
    *from = (tokens){0};
}

/* ---- the folder --------------------------------------------------------- */

static bool is_private_folder(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid() &&
           (st.st_mode & 077) == 0;
}

/* mkdir -p, with 0700 for whatever it makes. */
static void make_folders(char *path)
{
    for (char *slash = path + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
    mkdir(path, 0700);
}

/* NULL: unknown. The C library's look at the list of users aborts the program when memory is
 * out, so it is not looked at without need. */
static const char *find_home(void)
{
    const char *home = getenv("HOME");
    if (home && *home)
        return home;
    const struct passwd *user = getpwuid(geteuid());
    return user ? user->pw_dir : NULL;
}

/* The first of the places that works, or NULL; the caller frees it. XDG_RUNTIME_DIR
 * may be another user's, after su(1). */
static char *find_folder(void)
{
    const char *bases[] = {getenv("XDG_RUNTIME_DIR"), getenv("XDG_STATE_HOME"), find_home()};
    const char *folders[] = {"opkitsu", "opkitsu", ".local/state/opkitsu"};
    buf path = {0};
    for (int i = 0; i < 3; i++) {
        if (!bases[i] || bases[i][0] != '/')
            continue;
        buf_clear(&path);
        buf_addf(&path, "%s/%s", bases[i], folders[i]);
        if (i == 0) /* the system's to make, and to remove at log-out */
            mkdir(path.data, 0700);
        else
            make_folders(path.data);
        if (is_private_folder(path.data))
            return path.data;
    }
    if (path.data)
        msg_warn("%s is not a folder that only you can read: the log-in will not be remembered",
                 path.data);
    buf_free(&path);
    return NULL;
}

static void add_name(buf *b, const char *server, const char *login)
{
    char hex[DIGEST_BYTES * 2 + 1];
    buf text = {0};
    buf_addf(&text, "%s\n%s", server, login);
    digest_hex(text.data, text.len, DIGEST_BYTES, hex);
    buf_free(&text);
    buf_adds(b, hex);
}

session_file *session_file_open(const char *server, const char *login)
{
    char *folder = find_folder();
    if (!folder)
        return NULL;
    buf path = {0};
    buf_addf(&path, "%s/", folder);
    add_name(&path, server, login);
    free(folder);
    session_file *f = xmalloc(sizeof *f);
    *f = (session_file){.path = xstrdup(path.data), .lock = -1};
    buf_adds(&path, ".lock");
    f->lock_path = path.data;
    return f;
}

void session_file_close(session_file *f)
{
    if (!f)
        return;
    session_file_unlock(f);
    free(f->path);
    free(f->lock_path);
    free(f);
}

void session_file_needs(const session_file *f, program_needs *n)
{
    if (!f)
        return;
    char *folder = xstrdup(f->path);
    *strrchr(folder, '/') = '\0';
    needs_write(n, folder);
    free(folder);
}

/* ---- the lock ----------------------------------------------------------- */

/* Without it at worst two programs log in. */
static void wait_for_lock(session_file *f)
{
    double begun = clock_now(), most = clock_setting("OPKITSU_LOCK_SECONDS", LOCK_SECONDS);
    bool told = false;
    while (flock(f->lock, LOCK_EX | LOCK_NB) < 0) {
        double waited = clock_now() - begun;
        if (errno != EWOULDBLOCK && errno != EINTR) {
            msg_warn("%s: %s", f->lock_path, strerror(errno));
            return;
        }
        if (waited >= most) {
            msg_warn("%s: another program has held it for %.0f s: going on without", f->lock_path,
                     waited);
            return;
        }
        if (!told && waited >= TELL_SECONDS)
            msg_warn("%s: waiting for another program, which is logging in", f->lock_path);
        told |= waited >= TELL_SECONDS;
        clock_sleep(LOCK_PAUSE);
    }
}

void session_file_lock(session_file *f)
{
    if (!f || f->lock >= 0)
        return;
    f->lock = open(f->lock_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (f->lock < 0) /* at worst two programs log in */
        msg_warn("%s: %s", f->lock_path, strerror(errno));
    else
        wait_for_lock(f);
}

void session_file_unlock(session_file *f)
{
    if (!f || f->lock < 0)
        return;
    close(f->lock); /* which releases the lock */
    f->lock = -1;
}

/* ---- the file ----------------------------------------------------------- */

static char *copy_text(const json *v)
{
    return json_text(v) ? xstrdup(json_text(v)) : NULL;
}

static bool read_time(const json *v, time_t *t)
{
    int64_t seconds;
    if (!json_int64(v, &seconds) || seconds < 0 || seconds > MAX_TIME)
        return false;
    *t = (time_t)seconds;
    return true;
}

static bool parse(const char *text, size_t len, tokens *t)
{
    arena *a = arena_new();
    json v;
    time_t access_at = 0, refresh_at = 0;
    *t = (tokens){0};
    bool ok = json_parse(a, text, len, &v, NULL, NULL) && json_text(json_get(&v, "access_token")) &&
              read_time(json_get(&v, "access_at"), &access_at) &&
              read_time(json_get(&v, "refresh_at"), &refresh_at);
    if (ok)
        *t = (tokens){.access = copy_text(json_get(&v, "access_token")),
                      .refresh = copy_text(json_get(&v, "refresh_token")),
                      .access_at = access_at,
                      .refresh_at = refresh_at,
                      .proof = copy_text(json_get(&v, "password"))};
    arena_free_secret(a);
    return ok;
}

/* The whole file, or a reason against it. */
static const char *slurp(int fd, char *text, size_t size, size_t *len)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return strerror(errno);
    if (!S_ISREG(st.st_mode))
        return "not a file";
    if (st.st_uid != geteuid())
        return "it belongs to another user";
    if (st.st_mode & 077)
        return "others may read or write it";
    ssize_t got;
    for (*len = 0; (got = fd_read(fd, text + *len, size - *len)) > 0; *len += (size_t)got)
        ;
    return got < 0 ? strerror(errno) : *len == size ? "too long" : NULL;
}

bool session_file_read(const session_file *f, tokens *t)
{
    *t = (tokens){0};
    if (!f)
        return false;
    static char text[MAX_SESSION_FILE];
    size_t len = 0;
    int fd = open(f->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 && errno == ENOENT)
        return false;
    const char *why = fd < 0 ? strerror(errno) : slurp(fd, text, sizeof text, &len);
    if (fd >= 0)
        close(fd);
    if (!why && !parse(text, len, t))
        why = "not a stored log-in";
    explicit_bzero(text, sizeof text);
    if (why)
        msg_warn("%s is ignored: %s", f->path, why);
    return !why;
}

static void print(buf *b, const tokens *t)
{
    arena *a = arena_new();
    json v = json_object();
    json_set(a, &v, "access_token", json_string(a, t->access));
    json_set(a, &v, "access_at", json_integer(a, t->access_at));
    json_set(a, &v, "refresh_token", t->refresh ? json_string(a, t->refresh) : json_null());
    json_set(a, &v, "refresh_at", json_integer(a, t->refresh_at));
    json_set(a, &v, "password", t->proof ? json_string(a, t->proof) : json_null());
    json_write(b, &v);
    buf_addc(b, '\n');
    arena_free_secret(a);
}

static bool write_whole(int fd, const buf *b)
{
    for (size_t done = 0; done < b->len;) {
        ssize_t n = write(fd, b->data + done, b->len - done);
        if (n < 0 && errno != EINTR)
            return false;
        done += n > 0 ? (size_t)n : 0;
    }
    return true;
}

void session_file_write(const session_file *f, const tokens *t)
{
    if (!f)
        return;
    buf text = {0}, path = {0};
    buf_addf(&path, "%s.new", f->path);
    buf_reserve(&text, MAX_SESSION_FILE);
    print(&text, t);
    unlink(path.data); /* of one that was killed here */
    int fd = open(path.data, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && write_whole(fd, &text);
    if (fd >= 0)
        ok = close(fd) == 0 && ok;
    ok = ok && rename(path.data, f->path) == 0;
    if (!ok) {
        msg_warn("%s: %s: the log-in will not be remembered", f->path, strerror(errno));
        if (fd >= 0)
            unlink(path.data);
    }
    buf_free_secret(&text);
    buf_free(&path);
}
