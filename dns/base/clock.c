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
    struct tm parts = { 0 };
    char date[CLOCK_TEXT - 5];
    /* Neither fails: even 2^64 ms end in the year 584556019, which fits in both. */
    gmtime_r(&seconds, &parts);
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(out, CLOCK_TEXT, "%s.%03uZ", date, (unsigned)(wall_ms % 1000));
    return out;
}

/* ".123Z" and nothing behind it. */
static bool scan_ms(const char *text, unsigned *ms)
{
    *ms = 0;
    if (strlen(text) != 5 || text[0] != '.' || text[4] != 'Z')
        return false;
    for (size_t i = 1; i < 4; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        *ms = *ms * 10 + (unsigned)(text[i] - '0');
    }
    return true;
}

bool clock_scan(const char *text, uint64_t *wall_ms)
{
    struct tm parts = { 0 };
    unsigned ms;
    const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &parts);
    if (rest == NULL || !scan_ms(rest, &ms))
        return false;
    const time_t seconds = timegm(&parts);
    if (seconds < 0)
        return false;
    *wall_ms = (uint64_t)seconds * 1000 + ms;
    return true;
}
