/* buf.h - a growing run of bytes.
 *
 * A zeroed struct is an empty buffer. Running out of memory ends the program,
 * as in base/mem.h. */
#ifndef OPKITSU_BASE_BUF_H
#define OPKITSU_BASE_BUF_H

#include <stdarg.h>
#include <stddef.h>

typedef struct buf {
    char *data; /* owned; always followed by a NUL once anything was added */
    size_t len; /* bytes, without that NUL */
    size_t cap; /* bytes */
} buf;

/* Make room for `more` bytes behind the present ones. */
void buf_reserve(buf *b, size_t more);
void buf_add(buf *b, const void *bytes, size_t len);
void buf_adds(buf *b, const char *text);
void buf_addc(buf *b, char c);
void buf_addf(buf *b, const char *format, ...) __attribute__((format(printf, 2, 3), nonnull(2)));
void buf_addv(buf *b, const char *format, va_list args)
    __attribute__((format(printf, 2, 0), nonnull(2)));
/* Empty it, but keep the memory. */
void buf_clear(buf *b);
/* Free the memory; the buffer is empty and usable afterwards. */
void buf_free(buf *b);
/* The same, of a buffer that held a secret. What it left where it grew out of is not wiped:
 * buf_reserve at the beginning spares that. */
void buf_free_secret(buf *b);

#endif
