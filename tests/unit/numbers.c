/* json/numbers.h: numbers out of what people type. */
#include "tap.h"

#include "json/numbers.h"

static const struct {
    const char *value;
    bool is_real, is_int;
    double real;
    int32_t whole;
} numbers[] = {
    {"25", true, true, 25, 25},
    {"\"25\"", true, true, 25, 25},
    {"\" 25 \"", true, true, 25, 25},
    {"25.0", true, true, 25, 25},
    {"2.5e1", true, true, 25, 25},
    {"\"2.5e1\"", false, false, 0, 0},
    {"\"23,976\"", true, false, 23.976, 0},
    {"\"25,0\"", true, true, 25, 25},
    {"\"0001\"", true, true, 1, 1},
    {"\"00\"", true, true, 0, 0},
    {"\"-007.50\"", true, false, -7.5, 0},
    {"\"+1001\"", true, true, 1001, 1001},
    {"\"+ 5\"", false, false, 0, 0},
    {"\"+-5\"", false, false, 0, 0},
    {"\"5.\"", false, false, 0, 0},
    {"\".5\"", false, false, 0, 0},
    {"\"1.000,5\"", false, false, 0, 0},
    {"\"1 001\"", false, false, 0, 0},
    {"\"1001 1\"", false, false, 0, 0},
    {"\"24000/1001\"", false, false, 0, 0},
    {"\"-\"", false, false, 0, 0},
    {"\"\u0661\"", false, false, 0, 0},
    {"23.976", true, false, 23.976, 0},
    {"2147483647", true, true, 2147483647, 2147483647},
    {"2147483648", true, false, 2147483648, 0},
    {"-2147483648", true, true, -2147483648.0, -2147483647 - 1},
    {"\"-7\"", true, true, -7, -7},
    {"1e400", false, false, 0, 0},
    {"\"\"", false, false, 0, 0},
    {"\"  \"", false, false, 0, 0},
    {"\"abc\"", false, false, 0, 0},
    {"\"25 fps\"", false, false, 0, 0},
    {"\"0x10\"", false, false, 0, 0},
    {"\"+5\"", true, true, 5, 5},
    {"\"05\"", true, true, 5, 5},
    {"\"inf\"", false, false, 0, 0},
    {"\"5\\u00000\"", false, false, 0, 0},
    {"true", false, false, 0, 0},
    {"null", false, false, 0, 0},
    {"[1]", false, false, 0, 0},
    {"{}", false, false, 0, 0},
};

static const struct {
    const char *value;
    int32_t width, height; /* 0: none */
} resolutions[] = {
    {"\"1920x1080\"", 1920, 1080},
    {"\" 2048 x 858 \"", 2048, 858},
    {"\"1920x\"", 0, 0},
    {"\"x1080\"", 0, 0},
    {"\"0x5\"", 0, 0},
    {"\"-1x5\"", 0, 0},
    {"\"1x1x1\"", 0, 0},
    {"\"1920X1080\"", 1920, 1080},
    {"\"1920*1080\"", 1920, 1080},
    {"\"1920 \u00d7 1080\"", 1920, 1080},
    {"\"1920x1080 px\"", 1920, 1080},
    {"\"2048x858p\"", 2048, 858},
    {"\"1920x1080i\"", 1920, 1080},
    {"\"01920x01080\"", 1920, 1080},
    {"\"1920x1080pp\"", 0, 0},
    {"\"1920x1080p 2\"", 0, 0},
    {"\"1920px1080\"", 0, 0},
    {"\"1920.0x1080\"", 0, 0},
    {"\"+1920x1080\"", 0, 0},
    {"\"1920xX1080\"", 0, 0},
    {"\"1920 1080\"", 0, 0},
    {"\"1920x1080\\u0000\"", 0, 0},
    {"\"99999999999x1\"", 0, 0},
    {"1920", 0, 0},
    {"null", 0, 0},
};

static const struct {
    const char *value;
    bool is_ratio;
    double ratio;
} ratios[] = {
    {"\"24000/1001\"", true, 24000.0 / 1001},
    {"\" 30000 / 1001 \"", true, 30000.0 / 1001},
    {"\"29,97\"", true, 29.97},
    {"25", true, 25},
    {"\"2/1\"", true, 2},
    {"\"2/0\"", false, 0},
    {"\"2/00\"", false, 0},
    {"\"-2/1\"", false, 0},
    {"\"2/1/1\"", false, 0},
    {"\"2.5/1\"", false, 0},
    {"\"/1\"", false, 0},
    {"\"1/\"", false, 0},
    {"\"25 fps\"", false, 0},
    {"null", false, 0},
};

static const struct {
    double value;
    const char *text;
} written[] = {
    {25, "25"},
    {23.976, "23.976"},
    {-0.5, "-0.5"},
    {123456789012, "123456789012.0"},
    {1e20, "100000000000000000000"},
    {1.5e-7, "0.00000015"},
};

/* As text: Kitsu's people read it, and number_real does. */
static void texts(arena *a)
{
    for (size_t i = 0; i < ROWS(written); i++) {
        double again = 0;
        json text = number_text(a, written[i].value);
        is_text(json_text(&text), written[i].text, "a number as text");
        ok(number_real(a, &text, &again) && again == written[i].value, "which reads back");
    }
}

int main(void)
{
    arena *a = arena_new();
    texts(a);
    for (size_t i = 0; i < ROWS(numbers); i++) {
        json v = parsed(a, numbers[i].value);
        double real = 0;
        int32_t whole = 0;
        ok(number_real(a, &v, &real) == numbers[i].is_real && real == numbers[i].real,
           "%s as a real", numbers[i].value);
        ok(number_int32(a, &v, &whole) == numbers[i].is_int && whole == numbers[i].whole,
           "%s as an integer", numbers[i].value);
    }
    for (size_t i = 0; i < ROWS(ratios); i++) {
        json v = parsed(a, ratios[i].value);
        double ratio = 0;
        ok(number_ratio(a, &v, &ratio) == ratios[i].is_ratio && ratio == ratios[i].ratio,
           "%s as a ratio", ratios[i].value);
    }
    double real;
    ok(!number_real(a, NULL, &real), "nothing is no number");
    for (size_t i = 0; i < ROWS(resolutions); i++) {
        json v = parsed(a, resolutions[i].value);
        int32_t width = 0, height = 0;
        bool found = number_resolution(a, &v, &width, &height);
        ok(found == (resolutions[i].width > 0) &&
               (!found || (width == resolutions[i].width && height == resolutions[i].height)),
           "%s as a resolution", resolutions[i].value);
    }
    arena_free(a);
    return done();
}
