/* record/ndjson.h: each line is a record or is counted as bad, however its bytes arrive. */
#include "mutate.h"

#include "record/ndjson.h"

/* Puts the next piece into the pipe before each read. */
typedef struct source {
    const uint8_t *data;
    size_t size, piece;
    int fd; /* -1: all has come */
} source;

static bool pour(void *context)
{
    source *s = context;
    size_t n = s->size < s->piece ? s->size : s->piece;
    if (s->fd < 0)
        return true;
    if (n && write(s->fd, s->data, n) != (ssize_t)n)
        abort();
    s->data += n;
    s->size -= n;
    if (s->size == 0) {
        close(s->fd);
        s->fd = -1;
    }
    return true;
}

/* All good lines, in `out`; how many were bad. */
static unsigned long read_all(const uint8_t *data, size_t size, size_t piece, buf *out)
{
    int ends[2];
    if (pipe(ends) != 0)
        abort();
    source s = {data, size, piece, ends[1]};
    arena *a = arena_new();
    ndjson *n = ndjson_new(ends[0], "input");
    ndjson_set_idle(n, 1, pour, &s);
    json v;
    size_t len;
    unsigned long good = 0, lines = 0;
    for (; ndjson_next(n, a, &v) == 1; good++) {
        const char *line = ndjson_line(n, &len);
        require(json_text(json_get(&v, "type")) != NULL, "a record has a type");
        buf_addf(out, "%lu %s ", ndjson_line_number(n), json_written(a, &v));
        buf_add(out, line, len);
    }
    for (size_t i = 0; i < size; i++)
        lines += data[i] == '\n' || i == size - 1;
    require(ndjson_bad(n) + good == lines, "each line is a record or bad");
    unsigned long bad = ndjson_bad(n);
    ndjson_free(n);
    arena_free(a);
    close(ends[0]);
    return bad;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    buf whole = {0}, other = {0};
    unsigned long bad = read_all(data, size, 4096, &whole);
    for (size_t piece = SMALLEST_PIECE; piece <= LARGEST_PIECE; piece += 5) {
        buf_clear(&other);
        require(read_all(data, size, piece, &other) == bad, "as many bad lines in pieces");
        require(other.len == whole.len &&
                    (!whole.len || memcmp(other.data, whole.data, whole.len) == 0),
                "the same records in pieces");
    }
    buf_free(&whole);
    buf_free(&other);
    return 0;
}
