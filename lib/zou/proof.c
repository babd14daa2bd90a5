#include "zou/proof.h"

#include "base/buf.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

/* The proof only has to tell one password from another. As it is so short, a thief of
 * the file (who has a token for a week already) learns next to nothing of the password:
 * of any list of candidates one in 65,536 fits. A slow hash instead would cost every
 * start 60 ms, a tenth of a synchronisation. */
#define PROOF_ROUNDS 5000
#define PROOF_SALT   16 /* bytes */
#define PROOF_HASH   2  /* bytes */

static void add_hex(buf *b, const unsigned char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        buf_addf(b, "%02x", bytes[i]);
}

static char *make_proof(const char *password, const unsigned char salt[PROOF_SALT])
{
    unsigned char hash[PROOF_HASH];
    if (!password || PKCS5_PBKDF2_HMAC(password, -1, salt, PROOF_SALT, PROOF_ROUNDS, EVP_sha256(),
                                       PROOF_HASH, hash) != 1)
        return NULL;
    buf b = {0};
    add_hex(&b, salt, PROOF_SALT);
    buf_addc(&b, ':');
    add_hex(&b, hash, PROOF_HASH);
    return b.data;
}

char *proof_new(const char *password)
{
    unsigned char salt[PROOF_SALT];
    return RAND_bytes(salt, PROOF_SALT) == 1 ? make_proof(password, salt) : NULL;
}

bool proof_holds(const char *proof, const char *password)
{
    if (!password)
        return true;
    unsigned char salt[PROOF_SALT];
    if (!proof || strlen(proof) != (size_t)2 * (PROOF_SALT + PROOF_HASH) + 1)
        return false;
    for (size_t i = 0; i < PROOF_SALT; i++) {
        char hex[3] = {proof[2 * i], proof[2 * i + 1]};
        salt[i] = (unsigned char)strtoul(hex, NULL, 16);
    }
    char *own = make_proof(password, salt);
    bool same = own && CRYPTO_memcmp(own, proof, strlen(proof)) == 0;
    free(own);
    return same;
}
