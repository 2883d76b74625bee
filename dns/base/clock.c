#include "dns/base/clock.h"

#include <stdio.h>
#include <string.h>
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
    struct tm parts;
    char date[CLOCK_TEXT - 5];
    if (gmtime_r(&seconds, &parts) == NULL ||
        strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &parts) == 0)
        strcpy(date, "a time beyond the calendar");
    snprintf(out, CLOCK_TEXT, "%s.%03uZ", date, (unsigned)(wall_ms % 1000));
    return out;
}
