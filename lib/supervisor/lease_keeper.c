#include "supervisor/lease_keeper.h"

#include "store/lease.h"
#include "supervisor/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_LINE 1024 /* bytes of OWNER:TERM: more than an owner has */
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
    buf_free(&k->line);
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
    buf_clear(&k->line);
    k->holds = false;
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
    int reason = errno;
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
    errno = reason;
    return ok;
}

bool lease_keeper_reap(lease_keeper *k)
{
    if (!k->pid || !child_has_ended(k->pid, &k->status))
        return false;
    relay_finish(&k->said);
    k->pid = 0;
    unsetenv("OP_LEASE");
    k->holds = false;
    close_fd(&k->stdin_fd);
    close_fd(&k->stdout_fd);
    return true;
}

void lease_keeper_close(lease_keeper *k)
{
    close_fd(&k->stdin_fd);
}

void lease_keeper_hand_over(lease_keeper *k)
{
    setenv(LEASE_AGAIN, "1", 1);
    lease_keeper_close(k);
}

void lease_keeper_kill(const lease_keeper *k, int number)
{
    if (k->pid)
        kill(k->pid, number);
}

/* ---- the lease ------------------------------------------------------------ */

bool lease_keeper_holds(const lease_keeper *k)
{
    return k->pid && k->holds;
}

/* A byte at a time, as two lines may have come at once. True: a line is whole. */
static bool read_line(lease_keeper *k)
{
    char c;
    ssize_t n;
    while (k->stdout_fd >= 0 && (n = read(k->stdout_fd, &c, 1)) != 0) {
        if (n < 0)
            return false;
        if (c == '\n')
            return true;
        if (k->line.len < MAX_LINE)
            buf_addc(&k->line, c);
    }
    close_fd(&k->stdout_fd); /* it is about to end */
    return false;
}

lease_keeper_news lease_keeper_read(lease_keeper *k)
{
    if (!read_line(k) || !k->line.len)
        return KEEPER_SILENT;
    lease_keeper_news news = k->holds ? KEEPER_WANTED : KEEPER_HOLDS;
    if (!k->holds) {
        setenv("OP_LEASE", k->line.data, 1);
        unsetenv(LEASE_AGAIN);
    }
    k->holds = true;
    buf_clear(&k->line);
    return news;
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
