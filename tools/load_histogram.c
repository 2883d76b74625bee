#include "tools/load_histogram.h"

#include <math.h>
#include <stddef.h>

enum { STEP_BITS = 6 };
_Static_assert(1 << STEP_BITS == HISTOGRAM_STEPS, "a doubling has a power of two steps");

static size_t bucket_of(uint64_t ns)
{
    if (ns < HISTOGRAM_STEPS)
        return (size_t)ns;
    const unsigned doubling = 63U - (unsigned)__builtin_clzll(ns) - STEP_BITS;
    if (doubling >= HISTOGRAM_DOUBLINGS)
        return HISTOGRAM_BUCKETS - 1;
    return (size_t)doubling * HISTOGRAM_STEPS + (size_t)(ns >> doubling);
}

/* The longest duration that falls into the bucket. */
static uint64_t bucket_end(size_t bucket)
{
    if (bucket < HISTOGRAM_STEPS)
        return bucket;
    const unsigned doubling = (unsigned)(bucket / HISTOGRAM_STEPS) - 1;
    const uint64_t steps = HISTOGRAM_STEPS + bucket % HISTOGRAM_STEPS;
    return ((steps + 1) << doubling) - 1;
}

void histogram_add(struct histogram *histogram, uint64_t ns)
{
    histogram->total++;
    histogram->buckets[bucket_of(ns)]++;
    if (ns > histogram->most)
        histogram->most = ns;
}

uint64_t histogram_quantile(const struct histogram *histogram, double share)
{
    const uint64_t wanted = (uint64_t)ceil(share * (double)histogram->total);
    uint64_t seen = 0;

    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        seen += histogram->buckets[i];
        if (seen > 0 && seen >= wanted)
            return bucket_end(i) < histogram->most ? bucket_end(i) : histogram->most;
    }
    return 0;
}
