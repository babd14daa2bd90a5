#include "zou/credentials.h"

#include "base/buf.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/msg.h"
#include "base/utf8.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#define MAX_PASSWORD 4096 /* bytes; a longer line is some other file */
#define MAX_REST     65536 /* bytes that a password command may print after it: notes, as pass(1)'s */

static char *from_environment(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? xstrdup(value) : NULL;
}

/* It is a copy, or not used. */
static void wipe_environment(const char *name)
{
    char *value = getenv(name);
    if (value)
        explicit_bzero(value, strlen(value));
    unsetenv(name);
}

/* The first line of a stream, without its end. NULL: empty or too long, or reading failed,
 * with this number: a part of a password is none. */
static char *first_line(int fd, int *number)
{
    char line[MAX_PASSWORD + 2];
    char *password = NULL;
    size_t len = 0;
    ssize_t got = 1;
    /* Byte by byte: what follows it may be for someone else. */
    while (len < sizeof line - 1 && (got = fd_read(fd, line + len, 1)) == 1 && line[len] != '\n')
        len++;
    *number = got < 0 ? errno : 0;
    line[len] = '\0';
    len = strcspn(line, "\r\n");
    if (got >= 0 && len > 0 && len <= MAX_PASSWORD) {
        line[len] = '\0';
        password = xstrdup(line);
    }
    explicit_bzero(line, sizeof line);
    return password;
}

/* A name that is no file's is not shown: it may be the password itself. */
static bool read_file(credentials *c, const char *path, error *e)
{
    struct stat st;
    int fd = fd_open_named(path), number = errno;
    if (fd < 0)
        return error_set(e, error_status(number, EX_CONFIG), "cannot open the password file: %s",
                         strerror(number));
    if (fstat(fd, &st) == 0)
        fd_warn_of_others(&st, path);
    c->password = first_line(fd, &number); /* not by stdio: no second copy of a secret */
    close(fd);
    if (number)
        return error_set(e, error_status(number, EX_CONFIG), "cannot read %s: %s", path,
                         strerror(number));
    return c->password || error_set(e, EX_CONFIG, "%s: no password in its first line", path);
}

/* Read what follows the first line, or SIGPIPE would be the command's status. False: there is
 * too much of it. */
static bool read_rest(int fd)
{
    char bytes[4096];
    ssize_t got = 1;
    for (size_t left = MAX_REST; left && got > 0; left -= got > 0 ? (size_t)got : 0)
        got = fd_read(fd, bytes, left < sizeof bytes ? left : sizeof bytes);
    explicit_bzero(bytes, sizeof bytes);
    return got <= 0;
}

static bool run_command(credentials *c, const char *command, error *e)
{
    /* It is to say a password, not to see others: a store's address may hold one, too. */
    buf text = {0};
    buf_addf(&text,
             "unset OP_STORE OP_SETTINGS OPENPYPE_MONGO KITSU_PWD KITSU_TOKEN KITSU_TOTP "
             "KITSU_EMAIL_OTP; %s",
             command);
    fflush(NULL);
    FILE *f = popen(text.data, "re");
    buf_free(&text);
    if (!f)
        return error_set(e, EX_OSERR, "cannot run the password command: %s", strerror(errno));
    int number;
    c->password = first_line(fileno(f), &number);
    bool ends = number || read_rest(fileno(f));
    int status = pclose(f);
    if (!ends) /* so it got SIGPIPE */
        return error_set(e, EX_NOPERM, "the password command prints more than a password");
    if (status != 0)
        return error_set(e, EX_NOPERM, "the password command failed with status %d",
                         WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    if (number)
        return error_set(e, EX_IOERR, "cannot read what the password command prints: %s",
                         strerror(number));
    return c->password || error_set(e, EX_NOPERM, "the password command printed no password");
}

static bool load(credentials *c, const credentials_options *o, error *e)
{
    *c = (credentials){.totp = getenv("KITSU_TOTP"), .email_otp = getenv("KITSU_EMAIL_OTP")};
    if (!o->login && !o->password_file && !o->password_command &&
        (c->token = from_environment("KITSU_TOKEN")))
        return !strpbrk(c->token, " \t\r\n") ||
               error_set(e, EX_CONFIG, "KITSU_TOKEN contains blanks or line ends");
    c->login = o->login ? xstrdup(o->login) : from_environment("KITSU_LOGIN");
    if (!c->login || !*c->login)
        return error_set(e, EX_CONFIG,
                         "no Kitsu login: use --login or KITSU_LOGIN, or a bot's KITSU_TOKEN");
    if (o->password_file)
        return read_file(c, o->password_file, e);
    if (o->password_command)
        return run_command(c, o->password_command, e);
    c->password = from_environment("KITSU_PWD");
    return true;
}

static bool is_utf8(const char *text)
{
    return !text || utf8_is_whole(text);
}

/* Kitsu gets them in JSON. */
static bool check_encoding(const credentials *c, error *e)
{
    if (!is_utf8(c->login))
        return error_set(e, EX_CONFIG, "the login \"%s\" is not UTF-8", c->login);
    if (!is_utf8(c->password))
        return error_set(e, EX_CONFIG,
                         "the password is not UTF-8: is it in the encoding of another system?");
    if (!is_utf8(c->totp) || !is_utf8(c->email_otp))
        return error_set(e, EX_CONFIG, "KITSU_TOTP or KITSU_EMAIL_OTP is not UTF-8");
    return true;
}

bool credentials_load(credentials *c, const credentials_options *o, error *e)
{
    bool ok = load(c, o, e) && check_encoding(c, e);
    wipe_environment("KITSU_TOKEN");
    wipe_environment("KITSU_PWD");
    return ok;
}

void credentials_clear(credentials *c)
{
    free_secret(c->token);
    free_secret(c->password);
    free(c->login);
    *c = (credentials){0};
}
