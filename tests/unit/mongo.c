/* store/mongo.h: which errors of a server say nothing of what was asked, and how many writes
 * a bulk has. */
#include "tap.h"

#include "store/mongo.h"

int main(void)
{
    static const int passing[] = {6,     7,     24,    46,    50,    64,   89,   91,
                                  112,   133,   134,   189,   202,   262,  9001, 10058,
                                  10107, 11600, 11601, 11602, 13435, 13436},
                     lasting[] = {0,  -1, 2,   9,     13,    18,    20,   26,
                                  59, 66, 121, 10334, 11000, 14031, 17280};
    for (size_t i = 0; i < ROWS(passing); i++)
        ok(mongo_is_passing(passing[i]), "%d passes", passing[i]);
    for (size_t i = 0; i < ROWS(lasting); i++)
        ok(!mongo_is_passing(lasting[i]), "%d does not", lasting[i]);
    static const struct {
        size_t bulk;
        double seconds;
        size_t next;
    } bulks[] = {{64, 0.1, 128},  {64, 1, 64}, {64, 5, 64}, {64, 5.1, 32},
                 {512, 0.1, 512}, {8, 60, 8},  {16, 60, 8}, {8, 0.5, 16}};
    for (size_t i = 0; i < ROWS(bulks); i++)
        is_number((double)mongo_next_bulk(bulks[i].bulk, bulks[i].seconds, 5),
                  (double)bulks[i].next, "the next bulk");
    return done();
}
