#include "supervisor/lease_keeper.h"

#include "supervisor/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_TERM 1024 /* bytes of OWNER:TERM: more than an owner has */
#define MAX_NOTE 1000 /* bytes: a line of less than PIPE_BUF goes whole or not at all */

static const char *const keys[NOTE_KEYS] = {"process", "error", "full", "gap", "state"};

void lease_keeper_init(lease_keeper *k, char **argv)
{
    *k = (lease_keeper){.argv = argv, .stdin_fd = -1, .stdout_fd = -1, .said.fd = -1};
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

void lease_keeper_free(lease_keeper *k)
{
    close_fd(&k->stdin_fd);
    close_fd(&k->stdout_fd);
    relay_free(&k->said);
    buf_free(&k->term);
    for (int i = 0; i < NOTE_KEYS; i++)
        buf_free(&k->notes[i]);
}

/* ---- start and end -------------------------------------------------------- */

bool lease_keeper_start(lease_keeper *k, bool is_service)
{
    int in[2] = {-1, -1}, out[2] = {-1, -1};
    child_setup setup = {
        .err = -1, .stands_apart = true, .heeds_hup = is_service, .has_access = SECRET_STORE};
    relay_forget(&k->said);
    buf_clear(&k->term);
    for (int i = 0; i < NOTE_KEYS; i++)
        buf_clear(&k->notes[i]);
    bool ok = pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0 &&
              relay_open(&k->said, child_name(k->argv), &setup.err);
    if (ok) {
        setup.in = in[0];
        setup.out = out[1];
        k->pid = child_start(k->argv, &setup);
        ok = k->pid > 0;
    }
    int error = errno;
    close_fd(&in[0]);
    close_fd(&out[1]);
    close_fd(&setup.err);
    k->stdin_fd = in[1];
    k->stdout_fd = out[0];
    if (ok) {
        fcntl(k->stdin_fd, F_SETFL, O_NONBLOCK);
        fcntl(k->stdout_fd, F_SETFL, O_NONBLOCK);
    } else {
        k->pid = 0;
        relay_close(&k->said);
        lease_keeper_close(k);
        close_fd(&k->stdout_fd);
    }
    errno = error;
    return ok;
}

bool lease_keeper_reap(lease_keeper *k)
{
    if (!k->pid || !child_has_ended(k->pid, &k->status))
        return false;
    relay_finish(&k->said);
    k->pid = 0;
    unsetenv("OP_LEASE");
    buf_clear(&k->term);
    close_fd(&k->stdin_fd);
    close_fd(&k->stdout_fd);
    return true;
}

void lease_keeper_close(lease_keeper *k)
{
    close_fd(&k->stdin_fd);
}

void lease_keeper_kill(const lease_keeper *k, int number)
{
    if (k->pid)
        kill(k->pid, number);
}

/* ---- the lease ------------------------------------------------------------ */

bool lease_keeper_holds(const lease_keeper *k)
{
    return k->pid && k->term.len && k->stdout_fd < 0;
}

/* True: the line is whole. */
static bool read_term(lease_keeper *k)
{
    char bytes[256];
    ssize_t n = read(k->stdout_fd, bytes, sizeof bytes);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    char *newline = n > 0 ? memchr(bytes, '\n', (size_t)n) : NULL;
    if (n > 0 && k->term.len < MAX_TERM)
        buf_add(&k->term, bytes, newline ? (size_t)(newline - bytes) : (size_t)n);
    if (n > 0 && !newline)
        return false;
    close_fd(&k->stdout_fd);
    if (!newline)
        buf_clear(&k->term); /* it is about to end */
    return newline && k->term.len;
}

bool lease_keeper_read(lease_keeper *k)
{
    if (k->stdout_fd < 0 || !read_term(k))
        return false;
    setenv("OP_LEASE", k->term.data, 1);
    return true;
}

/* ---- notes ---------------------------------------------------------------- */

/* How many bytes of `text` are noted: no character is cut. */
static size_t note_length(const char *text)
{
    size_t len = strnlen(text, MAX_NOTE);
    while (len && text[len] && ((unsigned char)text[len] & 0xc0) == 0x80)
        len--;
    return len;
}

void lease_keeper_note(lease_keeper *k, note_key key, const char *text)
{
    buf *note = &k->notes[key];
    if (!lease_keeper_holds(k))
        return;
    buf_clear(note);
    buf_addf(note, "%s %.*s\n", keys[key], (int)note_length(text), text);
    lease_keeper_write(k);
}

void lease_keeper_write(lease_keeper *k)
{
    for (int i = 0; i < NOTE_KEYS && k->stdin_fd >= 0; i++) {
        buf *note = &k->notes[i];
        ssize_t n = note->len ? write(k->stdin_fd, note->data, note->len) : 0;
        if (n < 0 && errno == EAGAIN)
            return;
        buf_clear(note); /* written, or op-lease is about to end */
    }
}

size_t lease_keeper_poll(const lease_keeper *k, bool relayed, struct pollfd *fds)
{
    size_t n = 0;
    bool has_notes = false;
    for (int i = 0; i < NOTE_KEYS; i++)
        has_notes = has_notes || k->notes[i].len;
    if (k->stdout_fd >= 0)
        fds[n++] = (struct pollfd){.fd = k->stdout_fd, .events = POLLIN};
    if (k->stdin_fd >= 0 && has_notes)
        fds[n++] = (struct pollfd){.fd = k->stdin_fd, .events = POLLOUT};
    if (relayed && k->said.fd >= 0)
        fds[n++] = (struct pollfd){.fd = k->said.fd, .events = POLLIN};
    return n;
}
