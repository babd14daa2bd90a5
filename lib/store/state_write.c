#include "store/state_write.h"

#include <sysexits.h>

bool state_write_all(store *s, store_ns ns, store_write *writes, size_t n, arena *a, bool *missed,
                     error *e)
{
    *missed = false;
    if (n > 0 && !store_write_all(s, ns, writes, n, a, e))
        return false;
    for (size_t i = 0; i < n; i++) {
        if (writes[i].outcome == STORE_REFUSED)
            return error_set(e, EX_IOERR, "%s: refused the suite's own state: %s", store_name(s),
                             writes[i].what);
        *missed |= writes[i].outcome == STORE_MISSED;
    }
    return true;
}

bool state_missed(store *s, error *e)
{
    return error_set(e, EX_TEMPFAIL, "%s: another program writes the suite's own state",
                     store_name(s));
}
