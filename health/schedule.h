#ifndef MERIDIAN_HEALTH_SCHEDULE_H
#define MERIDIAN_HEALTH_SCHEDULE_H

#include <stdint.h>

/*
 * When the regular probes of one target start. Time is cut into intervals that
 * begin at a phase of the target's own, the same in every process on the same
 * clock: thousands of targets spread over the interval by themselves, and a
 * reload moves nobody. Each start is late by a random part of `jitter`, so that
 * several servers do not ask in step; lateness does not add up.
 */
struct schedule {
    uint32_t interval_ms;
    uint32_t jitter_ms;
    uint32_t phase_ms;
    uint64_t slot_ms; /* of the last start, without its jitter; 0: none yet */
};

/* `seed` is stable for the target; `jitter` is percent of the interval. */
void schedule_init(struct schedule *schedule, uint64_t seed, uint32_t interval_ms, uint8_t jitter);

/*
 * The next start at or after `now_ms`: one slot after the last, or the first
 * slot that is not past when some were missed. `random` may be any 64 bits.
 */
uint64_t schedule_next(struct schedule *schedule, uint64_t now_ms, uint64_t random);

#endif
