#include "health/schedule.h"

#include "dns/base/hash.h"

void schedule_init(struct schedule *schedule, uint64_t seed, uint32_t interval_ms, uint8_t jitter)
{
    *schedule = (struct schedule){
        .interval_ms = interval_ms,
        .jitter_ms = (uint32_t)((uint64_t)interval_ms * jitter / 100),
        .phase_ms = (uint32_t)(hash_mix(seed) % interval_ms),
    };
}

/* The first slot that is not before `now_ms`. */
static uint64_t slot_from(const struct schedule *schedule, uint64_t now_ms)
{
    if (now_ms <= schedule->phase_ms)
        return schedule->phase_ms;
    const uint64_t past = now_ms - schedule->phase_ms + schedule->interval_ms - 1;
    return schedule->phase_ms + past / schedule->interval_ms * schedule->interval_ms;
}

uint64_t schedule_next(struct schedule *schedule, uint64_t now_ms, uint64_t random)
{
    uint64_t slot = schedule->slot_ms + schedule->interval_ms;
    if (schedule->slot_ms == 0 || slot < now_ms)
        slot = slot_from(schedule, now_ms);
    schedule->slot_ms = slot;
    return slot + (schedule->jitter_ms != 0 ? random % schedule->jitter_ms : 0);
}
