#include "base/idset.h"

#include "base/mem.h"

#include <openssl/evp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_SLOTS 1024 /* a power of two, as every later number of them */

typedef struct id {
    uint64_t high, low;
} id;

struct idset {
    id *slots; /* owned; open addressing; all zero: free */
    size_t size, used;
};

idset *idset_new(void)
{
    idset *s = xmalloc(sizeof *s);
    *s = (idset){0};
    return s;
}

void idset_free(idset *s)
{
    if (!s)
        return;
    free(s->slots);
    free(s);
}

void idset_clear(idset *s)
{
    if (s->slots)
        memset(s->slots, 0, s->size * sizeof *s->slots);
    s->used = 0;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool parse_uuid(const char *text, size_t len, id *out)
{
    uint64_t half[2] = {0};
    int digits = 0;
    if (len != 36)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (i == 8 || i == 13 || i == 18 || i == 23) {
            if (text[i] != '-')
                return false;
            continue;
        }
        int digit = hex_digit(text[i]);
        if (digit < 0)
            return false;
        half[digits / 16] = half[digits / 16] << 4 | (uint64_t)digit;
        digits++;
    }
    *out = (id){half[0], half[1]};
    return true;
}

static id id_of(const char *text, size_t len)
{
    id value = {0};
    if (!parse_uuid(text, len, &value)) {
        unsigned char digest[EVP_MAX_MD_SIZE];
        if (EVP_Digest(text, len, digest, NULL, EVP_sha256(), NULL) != 1)
            mem_exhausted(len); /* nothing else can be the reason */
        memcpy(&value, digest, sizeof value);
    }
    if (!value.high && !value.low) /* which means a free slot: an id that nobody has */
        value = (id){0x8f1bbcdc5a827999, 0x6ed9eba1ca62c1d6};
    return value;
}

/* The slot that holds the id, or the free one where it belongs. */
static id *slot_of(const idset *s, id value)
{
    size_t i = (size_t)(value.high ^ value.low) & (s->size - 1);
    while ((s->slots[i].high || s->slots[i].low) &&
           (s->slots[i].high != value.high || s->slots[i].low != value.low))
        i = (i + 1) & (s->size - 1);
    return &s->slots[i];
}

static void grow(idset *s)
{
    idset old = *s;
    s->size = old.size ? old.size * 2 : FIRST_SLOTS;
    s->slots = xmalloc(s->size * sizeof *s->slots);
    memset(s->slots, 0, s->size * sizeof *s->slots);
    for (size_t i = 0; i < old.size; i++)
        if (old.slots[i].high || old.slots[i].low)
            *slot_of(s, old.slots[i]) = old.slots[i];
    free(old.slots);
}

bool idset_add(idset *s, const char *text, size_t len)
{
    if (s->used >= s->size / 4 * 3)
        grow(s);
    id value = id_of(text, len);
    id *slot = slot_of(s, value);
    if (slot->high || slot->low)
        return false;
    *slot = value;
    s->used++;
    return true;
}

size_t idset_len(const idset *s)
{
    return s->used;
}

bool idset_has(const idset *s, const char *text, size_t len)
{
    if (!s->size)
        return false;
    const id *slot = slot_of(s, id_of(text, len));
    return slot->high || slot->low;
}

bool idset_add_text(idset *s, const char *text)
{
    return text && idset_add(s, text, strlen(text));
}

bool idset_has_text(const idset *s, const char *text)
{
    return text && idset_has(s, text, strlen(text));
}
