#ifndef MERIDIAN_TOOLS_LOAD_HISTOGRAM_H
#define MERIDIAN_TOOLS_LOAD_HISTOGRAM_H

#include <stdint.h>

/*
 * Counts durations in log-linear buckets: HISTOGRAM_STEPS equal ones for each
 * doubling, so that a quantile is off by less than 1 part in HISTOGRAM_STEPS
 * whatever its size. Durations in nanoseconds; what is over 18 minutes counts
 * as 18 minutes.
 */
enum {
    HISTOGRAM_STEPS = 64,
    HISTOGRAM_DOUBLINGS = 35, /* beyond the first HISTOGRAM_STEPS nanoseconds */
    HISTOGRAM_BUCKETS = HISTOGRAM_STEPS * (HISTOGRAM_DOUBLINGS + 1)
};

struct histogram {
    uint64_t total;
    uint64_t most; /* the longest, exactly */
    uint64_t buckets[HISTOGRAM_BUCKETS];
};

void histogram_add(struct histogram *histogram, uint64_t ns);

/*
 * The shortest duration that at least `share` (0..1) of all do not exceed, as
 * the upper end of its bucket; 0 when nothing was counted.
 */
uint64_t histogram_quantile(const struct histogram *histogram, double share);

#endif
