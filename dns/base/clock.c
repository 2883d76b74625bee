#include "dns/base/clock.h"

#include <stdio.h>
#include <time.h>

static uint64_t clock_read_ns(clockid_t id)
{
    struct timespec now = { 0 };
    clock_gettime(id, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t clock_monotonic_ms(void)
{
    return clock_read_ns(CLOCK_MONOTONIC) / 1000000u;
}

uint64_t clock_monotonic_ns(void)
{
    return clock_read_ns(CLOCK_MONOTONIC);
}

uint64_t clock_wall_ms(void)
{
    return clock_read_ns(CLOCK_REALTIME) / 1000000u;
}

char *clock_print(uint64_t wall_ms, char out[CLOCK_TEXT])
{
    const time_t seconds = (time_t)(wall_ms / 1000);
    struct tm parts = { 0 };
    char date[CLOCK_TEXT - 5];
    /* Neither fails: even 2^64 ms end in the year 584556019, which fits in both. */
    gmtime_r(&seconds, &parts);
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(out, CLOCK_TEXT, "%s.%03uZ", date, (unsigned)(wall_ms % 1000));
    return out;
}
