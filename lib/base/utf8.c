#include "base/utf8.h"

#include <stdint.h>
#include <string.h>

/* How many bytes follow the first one of a character. 0: it is the first of none. */
static size_t followers(unsigned char c)
{
    return c >= 0xc2 && c <= 0xdf ? 1 : (c & 0xf0) == 0xe0 ? 2 : c >= 0xf0 && c <= 0xf4 ? 3 : 0;
}

/* Whether the second byte is in the range that depends on the first one. */
static bool follows(unsigned char first, unsigned char second)
{
    unsigned char low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    unsigned char high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    return second >= low && second <= high;
}

size_t utf8_bad(const char *text, size_t len)
{
    const unsigned char *s = (const unsigned char *)text;
    for (size_t i = 0; i < len;) {
        uint64_t eight = 0x80; /* nearly all of it is ASCII */
        if (len - i >= sizeof eight)
            memcpy(&eight, s + i, sizeof eight);
        if ((eight & 0x8080808080808080) == 0) {
            i += sizeof eight;
            continue;
        }
        unsigned char c = s[i];
        if (c < 0x80) {
            i++;
            continue;
        }
        size_t more = followers(c);
        if (more == 0 || len - i <= more || !follows(c, s[i + 1]))
            return i;
        for (size_t k = 2; k <= more; k++)
            if ((s[i + k] & 0xc0) != 0x80)
                return i;
        i += more + 1;
    }
    return len;
}

bool utf8_is_whole(const char *text)
{
    size_t len = strlen(text);
    return utf8_bad(text, len) == len;
}

size_t utf8_characters(const char *text, size_t len)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++)
        n += ((unsigned char)text[i] & 0xc0) != 0x80;
    return n;
}

bool utf8_is_cut(const char *rest, size_t len)
{
    const unsigned char *s = (const unsigned char *)rest;
    if (len == 0 || len > followers(s[0]) || (len > 1 && !follows(s[0], s[1])))
        return false;
    return len < 3 || (s[2] & 0xc0) == 0x80;
}
