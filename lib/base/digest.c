#include "base/digest.h"

#include "base/mem.h"

#include <openssl/evp.h>

void digest_hex(const char *text, size_t len, size_t bytes, char *hex)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char digest[EVP_MAX_MD_SIZE];
    if (EVP_Digest(text, len, digest, NULL, EVP_sha256(), NULL) != 1)
        mem_exhausted(len); /* nothing else can be the reason */
    for (size_t i = 0; i < bytes; i++) {
        *hex++ = digits[digest[i] >> 4];
        *hex++ = digits[digest[i] & 15];
    }
    *hex = '\0';
}
