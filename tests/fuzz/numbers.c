/* json/numbers.h, base/clock.h: numbers that people type. */
#include "fuzz.h"

#include "base/clock.h"
#include "json/numbers.h"

#include <math.h>

static void check_text(arena *a, double x)
{
    double again = 0;
    json text = number_text(a, x);
    require(number_real(a, &text, &again) && again == x, "a number is read as written");
}

static void check(arena *a, const json *v)
{
    double real = 0, ratio = 0;
    int32_t whole, width, height;
    bool is_real = number_real(a, v, &real);
    bool is_ratio = number_ratio(a, v, &ratio);
    require(!is_real || isfinite(real), "a number is finite");
    require(!is_ratio || isfinite(ratio), "a ratio is finite");
    require(!is_real || (is_ratio && ratio == real), "a number is a ratio");
    if (is_ratio)
        check_text(a, ratio);
    if (number_int32(a, v, &whole))
        require(is_real && real == whole, "a whole number is a number");
    if (number_resolution(a, v, &width, &height))
        require(width > 0 && height > 0 && !is_real, "a resolution is no number");
    int64_t n;
    if (json_int64(v, &n)) {
        json same = json_integer(a, n);
        require(json_equal(v, &same, NULL), "an integer is equal to itself");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    arena *a = arena_new();
    const char *text = arena_text(a, (const char *)data, size);
    json v = json_message(a, text), token;
    double seconds;
    check(a, &v);
    if (json_parse(a, text, strlen(text), &token, NULL, NULL))
        check(a, &token);
    if (clock_parse_interval(text, &seconds))
        require(seconds >= 0 && isfinite(seconds), "an interval is a time");
    arena_free(a);
    return 0;
}
