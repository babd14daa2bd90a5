#include "base/msg.h"

#include "base/idset.h"
#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *program = "opkitsu";
static int level;
static idset *warned; /* warnings that were shown, by their text; NULL: not recorded */
static size_t n_warned;

#define MAX_WARNED 100000 /* warnings, 16 bytes each, in the months that a service runs */

void msg_init(const char *name)
{
    program = name;
}

const char *msg_program(void)
{
    return program;
}

void msg_louder(void)
{
    level++;
}

void msg_quieter(void)
{
    level--;
}

int msg_level(void)
{
    return level;
}

/* All programs of a pipeline draw on one line, so each of them wipes it. */
static void wipe_progress(void)
{
    if (msg_progress_wanted())
        fputs("\r\033[K", stderr);
}

/* Of a character that UTF-8 writes as several bytes. */
static bool is_unsafe(const unsigned char *c)
{
    if (c[0] == 0xc2)
        return c[1] <= 0x9f;
    if (c[0] == 0xd8)
        return c[1] == 0x9c;
    if (c[0] == 0xe2 && c[1] == 0x80)
        return c[2] == 0x8e || c[2] == 0x8f || (c[2] >= 0xa8 && c[2] <= 0xae);
    return c[0] == 0xe2 && c[1] == 0x81 && c[2] >= 0xa6 && c[2] <= 0xa9;
}

size_t msg_character(const char *text, bool *unsafe)
{
    unsigned char c = (unsigned char)*text;
    if (c < 0x80) {
        *unsafe = c < 0x20 || c == 0x7f;
        return 1;
    }
    size_t len = c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    bool whole = strnlen(text, len) == len && utf8_bad(text, len) == len;
    *unsafe = !whole || is_unsafe((const unsigned char *)text);
    return whole ? len : 1;
}

void msg_tame(char *text)
{
    char *to = text;
    while (*text) {
        if (*text >= ' ' && *text <= '~') { /* nearly all of it */
            *to++ = *text++;
            continue;
        }
        bool unsafe;
        size_t len = msg_character(text, &unsafe);
        *to++ = unsafe ? '?' : *text;
        for (const char *end = text + len; ++text < end;)
            if (!unsafe)
                *to++ = *text;
    }
    *to = '\0';
}

/* The one between a name and a host. A colon before a blank is a sentence's. */
static char *password_in(char *text)
{
    char *address = strstr(text, "://"), *at = strrchr(text, '@');
    char *colon = strchr(address ? address + 3 : text, ':');
    while (colon && !address && colon[1] == ' ')
        colon = strchr(colon + 1, ':');
    return colon && at && colon < at ? colon + 1 : NULL;
}

void msg_hide_password(char *text)
{
    char *password = password_in(text);
    if (password)
        memset(password, 'x', (size_t)(strrchr(text, '@') - password));
}

/* One write per line, so that the lines of a pipeline's programs, which share
 * a terminal, do not mix. */
__attribute__((format(printf, 1, 0))) static void say(const char *format, va_list args)
{
    char line[2048];
    int used = snprintf(line, sizeof line, "%s: ", program);
    if (used < 0)
        return;
    size_t start = (size_t)used < sizeof line ? (size_t)used : sizeof line - 1;
    int more = vsnprintf(line + start, sizeof line - start, format, args);
    if (more < 0)
        return;
    size_t len = strlen(line);
    if (len > sizeof line - 2)
        for (len = sizeof line - 2; len > start && ((unsigned char)line[len] & 0xc0) == 0x80;)
            len--; /* not within a character */
    line[len] = '\0';
    msg_tame(line);
    len = strlen(line);
    line[len] = '\n';
    line[len + 1] = '\0';
    wipe_progress();
    fputs(line, stderr);
    fflush(stderr);
}

void msg_error(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(format, args);
    va_end(args);
}

void msg_warn_once(void)
{
    if (!warned)
        warned = idset_new();
}

__attribute__((format(printf, 1, 0))) static bool was_shown(const char *format, va_list args)
{
    char text[2048];
    int len = vsnprintf(text, sizeof text, format, args);
    if (!warned || len < 0)
        return false;
    if (n_warned == MAX_WARNED) {
        idset_clear(warned);
        n_warned = 0;
    }
    bool is_new =
        idset_add(warned, text, (size_t)len < sizeof text ? (size_t)len : sizeof text - 1);
    n_warned += is_new;
    return !is_new;
}

void msg_warn(const char *format, ...)
{
    if (level < 0)
        return;
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    if (!was_shown(format, again))
        say(format, args);
    va_end(again);
    va_end(args);
}

void msg_info(const char *format, ...)
{
    if (level < 1)
        return;
    va_list args;
    va_start(args, format);
    say(format, args);
    va_end(args);
}

bool msg_progress_wanted(void)
{
    return level >= 0 && isatty(STDERR_FILENO);
}

void msg_progress(const char *format, ...)
{
    if (!msg_progress_wanted())
        return;
    wipe_progress();
    if (format) {
        char line[512];
        va_list args;
        va_start(args, format);
        vsnprintf(line, sizeof line, format, args);
        va_end(args);
        msg_tame(line);
        fputs(line, stderr);
    }
    fflush(stderr);
}
