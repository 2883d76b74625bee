#ifndef MERIDIAN_SERVER_DEBOUNCE_H
#define MERIDIAN_SERVER_DEBOUNCE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Waits for quiet. A change starts a wait for DEBOUNCE_QUIET_MS without another
 * one, so that files renamed one after the other are read together;
 * DEBOUNCE_NOISE_MS bounds it, because somebody may write without end. All
 * zeros is one that waits for nothing. Time is any clock in milliseconds.
 */
struct debounce {
    bool active;
    uint64_t quiet_ms, noise_ms; /* when each of the two is over */
};

enum { DEBOUNCE_QUIET_MS = 100, DEBOUNCE_NOISE_MS = 800 };

static inline void debounce_feed(struct debounce *debounce, uint64_t now_ms)
{
    if (!debounce->active)
        debounce->noise_ms = now_ms + DEBOUNCE_NOISE_MS;
    debounce->active = true;
    debounce->quiet_ms = now_ms + DEBOUNCE_QUIET_MS;
}

/* Milliseconds until it is over, 0 when it is; of one that waits for nothing, -1. */
static inline int debounce_left(const struct debounce *debounce, uint64_t now_ms)
{
    if (!debounce->active)
        return -1;
    const uint64_t end =
        debounce->quiet_ms < debounce->noise_ms ? debounce->quiet_ms : debounce->noise_ms;
    return end > now_ms ? (int)(end - now_ms) : 0;
}

#endif
