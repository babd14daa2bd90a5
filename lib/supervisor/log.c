#include "supervisor/log.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/msg.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MAX_QUEUE 65536            /* bytes: what a pipe holds, too */
#define MAX_KEPT  (16 * MAX_QUEUE) /* bytes; while nobody reads for months more is dropped */
#define MAX_LINE  2048             /* bytes of a message of our own */

static buf queue;

void log_add(const char *bytes, size_t len)
{
    if (queue.len < MAX_KEPT)
        buf_add(&queue, bytes, len);
    log_write();
}

__attribute__((format(printf, 1, 0))) static void say(const char *format, va_list args)
{
    char text[MAX_LINE], line[MAX_LINE + 64];
    vsnprintf(text, sizeof text, format, args);
    /* A program of the pipeline may have drawn its progress here. */
    snprintf(line, sizeof line, "%s%s: %s\n", msg_progress_wanted() ? "\r\033[K" : "",
             msg_program(), text);
    log_add(line, strlen(line));
}

void log_say(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(format, args);
    va_end(args);
}

void log_info(const char *format, ...)
{
    if (msg_level() < 1)
        return;
    va_list args;
    va_start(args, format);
    say(format, args);
    va_end(args);
}

bool log_is_waiting(void)
{
    return queue.len > 0;
}

bool log_is_full(void)
{
    return queue.len >= MAX_QUEUE;
}

/* Whether stderr takes PIPE_BUF bytes within so many milliseconds. */
static bool has_room(int milliseconds)
{
    struct pollfd p = {.fd = STDERR_FILENO, .events = POLLOUT};
    return poll(&p, 1, milliseconds) == 1;
}

void log_write(void)
{
    size_t done = 0;
    while (done < queue.len && has_room(0)) {
        size_t len = queue.len - done;
        ssize_t n = write(STDERR_FILENO, queue.data + done, len < PIPE_BUF ? len : PIPE_BUF);
        if (n < 0 && errno == EAGAIN)
            break;
        if (n < 0 && errno != EINTR)
            n = (ssize_t)len;
        done += n > 0 ? (size_t)n : 0;
    }
    memmove(queue.data, queue.data + done, queue.len - done);
    queue.len -= done;
}

void log_finish(double seconds)
{
    double end = clock_now() + seconds;
    for (double left = seconds; queue.len && left > 0; left = end - clock_now()) {
        has_room((int)(left * 1000) + 1);
        log_write();
    }
    buf_free(&queue);
}
