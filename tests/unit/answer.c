/* zou/answer.h: whether a body that cannot be read was cut, so that it is asked for again. */
#include "tap.h"

#include "zou/answer.h"

int main(void)
{
    static const char body[] =
        "{\"name\":\"\\u00c9t\xc3\xa9 \xf0\x9f\x8e\xac\",\"n\":[1.5e3,true]}";
    arena *a = arena_new();
    json v;
    json_error e;
    bool cut, all = true;
    for (size_t len = 1; len < sizeof body - 1; len++)
        all = !answer_parse(a, body, len, &v, &e, &cut) && cut && all;
    ok(all, "cut anywhere, it is cut");
    ok(answer_parse(a, body, sizeof body - 1, &v, &e, &cut) && !cut, "whole, it is read");
    ok(answer_parse(a, body, 0, &v, &e, &cut) && json_is_null(&v), "no body is null");
    ok(!answer_parse(a, "{\"a\":\"\xc3(\"}", 10, &v, &e, &cut) && !cut,
       "what is no UTF-8 is not cut");
    ok(!answer_parse(a, "<html>", 6, &v, &e, &cut) && !cut, "what is no JSON is not cut");
    arena_free(a);
    return done();
}
