#include "json/casefold.h"

#include "base/mem.h"

#include <ctype.h>
#include <errno.h>
#include <locale.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

/* The locale that knows the case of all letters of UTF-8; 0 on a system without
 * it, where only ASCII's are known. */
static locale_t letters(void)
{
    static locale_t l;
    static bool tried;
    if (tried)
        return l;
    l = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    if (!l && errno == ENOMEM)
        mem_exhausted(sizeof l);
    tried = true;
    return l;
}

/* Append the text in lower case; to compare it, by way of upper case, which some
 * letters of lower case share (both sigmas). */
static void fold(buf *b, const json *text, bool to_compare)
{
    locale_t known = letters();
    locale_t before = known ? uselocale(known) : (locale_t)0;
    mbstate_t in = {0}, out = {0};
    for (uint32_t i = 0; i < text->len;) {
        wchar_t c;
        char bytes[16]; /* at least MB_CUR_MAX, which is 6 */
        size_t n = known ? mbrtowc(&c, text->text + i, text->len - i, &in) : (size_t)-1;
        if (n == 0 || n > text->len - i) { /* a NUL, or no character */
            in = (mbstate_t){0};
            buf_addc(b, (char)tolower((unsigned char)text->text[i++]));
            continue;
        }
        wint_t w = (wint_t)c;
        size_t made = wcrtomb(bytes, (wchar_t)towlower(to_compare ? towupper(w) : w), &out);
        i += (uint32_t)n;
        if (made != (size_t)-1)
            buf_add(b, bytes, made);
    }
    if (known)
        uselocale(before);
}

/* A letter beyond ASCII: what reads UTF-8 is loaded with the first, too. */
void casefold_prepare(void)
{
    json letter = {.type = JSON_STRING, .text = "\xc3\x89", .len = 2};
    casefold_equal(&letter, &letter);
}

bool casefold_equal(const json *one, const json *other)
{
    buf x = {0}, y = {0};
    fold(&x, one, true);
    fold(&y, other, true);
    bool equal = x.len == y.len && (!x.len || memcmp(x.data, y.data, x.len) == 0);
    buf_free(&x);
    buf_free(&y);
    return equal;
}

json casefold_lower(arena *a, const json *text)
{
    buf b = {0};
    fold(&b, text, false);
    json lower = json_stringn(a, b.data ? b.data : "", b.len);
    buf_free(&b);
    return lower;
}
