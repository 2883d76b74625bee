#include "dns/base/throttle.h"

#include <stddef.h>

#include "dns/base/hash.h"

enum { WINDOW_MS = 1000 };

/* The site's place, or the free one; when all are taken, sites share a place. */
static struct throttle_site *throttle_place(struct throttle *throttle, const char *format)
{
    const size_t home = (size_t)hash_mix((uintptr_t)format) % THROTTLE_SITES;
    for (size_t i = 0; i < THROTTLE_SITES; i++) {
        struct throttle_site *site = &throttle->sites[(home + i) % THROTTLE_SITES];
        if (site->format == format || site->format == NULL)
            return site;
    }
    return &throttle->sites[home];
}

bool throttle_pass(struct throttle *throttle, const char *format, unsigned burst, uint64_t now_ms)
{
    struct throttle_site *site = throttle_place(throttle, format);
    if (site->format == NULL || now_ms - site->since_ms >= WINDOW_MS) {
        site->format = format;
        site->since_ms = now_ms;
        site->passed = 0;
    }
    if (site->passed >= burst) {
        site->held++;
        return false;
    }
    site->passed++;
    return true;
}

const char *throttle_collect(struct throttle *throttle, uint64_t now_ms, unsigned *held)
{
    for (size_t i = 0; i < THROTTLE_SITES; i++) {
        struct throttle_site *site = &throttle->sites[i];
        if (site->held == 0 || now_ms - site->since_ms < WINDOW_MS)
            continue;
        *held = site->held;
        site->held = 0;
        return site->format;
    }
    return NULL;
}
