/* store/mongo.h: which errors of a server say nothing of what was asked. */
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
    return done();
}
