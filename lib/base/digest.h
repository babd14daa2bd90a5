/* digest.h - names derived from what they stand for. */
#ifndef OPKITSU_BASE_DIGEST_H
#define OPKITSU_BASE_DIGEST_H

#include <stddef.h>

#define DIGEST_BYTES 32 /* SHA-256 */

/* The first `bytes` of the SHA-256 of a text, in hex: `hex` has room for twice as
 * many characters, and a NUL. */
void digest_hex(const char *text, size_t len, size_t bytes, char *hex);

#endif
