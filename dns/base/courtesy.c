#include "dns/base/courtesy.h"

#include <sched.h>
#include <unistd.h>

enum {
    NICENESS = 10,
    TURN_NS = 50 * 1000 /* less would be felt by the work, more by those who wait */
};

void courtesy_begin(void)
{
    /* In Linux a thread has a niceness of its own; where it has not, this must not be done. */
#ifdef __linux__
    const int now = nice(NICENESS);
    (void)now; /* to be nicer is always allowed */
#endif
}

void courtesy_spent(unsigned ns)
{
    static _Thread_local unsigned spent;
    spent += ns;
    if (spent < TURN_NS)
        return;
    spent = 0;
    sched_yield();
}
