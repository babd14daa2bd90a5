#include "base/digest.h"

#include <openssl/evp.h>
#include <stdio.h>

void digest_hex(const char *text, size_t len, size_t bytes, char *hex)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    EVP_Digest(text, len, digest, NULL, EVP_sha256(), NULL);
    for (size_t i = 0; i < bytes; i++)
        snprintf(hex + i * 2, 3, "%02x", digest[i]);
}
