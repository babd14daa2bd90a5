/* zou/session_file.h, zou/token.h: a stored log-in, which anyone may have written. */
#include "fuzz.h"

#include "base/digest.h"
#include "zou/session_file.h"
#include "zou/token.h"

#include <fcntl.h>
#include <sys/stat.h>

static char folder[200], path[320];

/* Where the log-in of this server and user is. */
static session_file *open_file(void)
{
    static const char text[] = "https://kitsu/api\nme";
    if (!*folder) {
        char hex[DIGEST_BYTES * 2 + 1];
        snprintf(folder, sizeof folder, "%s/fuzz-session.XXXXXX",
                 getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
        if (!mkdtemp(folder))
            abort();
        setenv("XDG_RUNTIME_DIR", folder, 1);
        digest_hex(text, sizeof text - 1, DIGEST_BYTES, hex);
        snprintf(path, sizeof path, "%s/opkitsu/%s", folder, hex);
    }
    session_file *f = session_file_open("https://kitsu/api", "me");
    require(f != NULL, "there is a folder for it");
    return f;
}

static void put(const uint8_t *data, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
    close(fd);
}

static void check_token(const char *token, time_t at)
{
    time_t until = token_expiry(token, at);
    require(!token_has_expired(token, at) || token_is_due(token, at), "an expired token is due");
    require(until >= at || until == -1, "a token has a life");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    session_file *f = open_file();
    tokens t, again;
    arena *a = arena_new();
    check_token(arena_text(a, (const char *)data, size), 1795396654);
    put(data, size);
    if (session_file_read(f, &t)) {
        require(t.access != NULL, "a log-in has a token");
        check_token(t.access, t.access_at);
        session_file_write(f, &t);
        require(session_file_read(f, &again), "what was written is read");
        require_same(again.access, t.access, "the same token");
        require_same(again.refresh, t.refresh, "the same refresh token");
        require_same(again.proof, t.proof, "the same proof");
        require(again.access_at == t.access_at && again.refresh_at == t.refresh_at,
                "the same times");
        tokens_clear(&again);
    }
    tokens_clear(&t);
    unlink(path);
    session_file_close(f);
    arena_free(a);
    return 0;
}
