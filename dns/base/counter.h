#ifndef MERIDIAN_BASE_COUNTER_H
#define MERIDIAN_BASE_COUNTER_H

#include <stdatomic.h>
#include <stdint.h>

/*
 * A number that one thread raises and any thread reads. Plain loads and
 * stores, no locked instruction: that is what "single writer" buys.
 */
struct counter {
    _Atomic uint64_t value;
};

static inline void counter_add(struct counter *counter, uint64_t amount)
{
    const uint64_t now = atomic_load_explicit(&counter->value, memory_order_relaxed);
    atomic_store_explicit(&counter->value, now + amount, memory_order_relaxed);
}

static inline uint64_t counter_read(const struct counter *counter)
{
    return atomic_load_explicit(&counter->value, memory_order_relaxed);
}

#endif
