#include "json/utf8.h"

#include <stdint.h>
#include <string.h>

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
        size_t more = c >= 0xc2 && c <= 0xdf   ? 1
                      : (c & 0xf0) == 0xe0     ? 2
                      : c >= 0xf0 && c <= 0xf4 ? 3
                                               : 0;
        if (more == 0 || len - i <= more)
            return i;
        /* The second byte's range depends on the first one. */
        unsigned char low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
        unsigned char high = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
        if (s[i + 1] < low || s[i + 1] > high)
            return i;
        for (size_t k = 2; k <= more; k++)
            if ((s[i + k] & 0xc0) != 0x80)
                return i;
        i += more + 1;
    }
    return len;
}
