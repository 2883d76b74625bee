#ifndef MERIDIAN_BASE_THROTTLE_H
#define MERIDIAN_BASE_THROTTLE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Keeps one noisy place from drowning the log: each site may pass `burst`
 * times within a second of its first pass; the rest is counted, to be told
 * later. A site is the format string of the call, by its address. All zeros
 * is a fresh one. Thread: one at a time.
 */
enum { THROTTLE_SITES = 128 };

struct throttle {
    struct throttle_site {
        const char *format; /* NULL: free */
        uint64_t since_ms;
        unsigned passed;
        unsigned held;
    } sites[THROTTLE_SITES];
};

bool throttle_pass(struct throttle *throttle, const char *format, unsigned burst, uint64_t now_ms);

/*
 * A site whose second is over with something held back: its format string,
 * and how much in *held, which starts again at zero. NULL when there is none.
 */
const char *throttle_collect(struct throttle *throttle, uint64_t now_ms, unsigned *held);

#endif
