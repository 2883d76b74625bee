#ifndef MERIDIAN_HEALTH_VERDICT_H
#define MERIDIAN_HEALTH_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

#include "health/board.h"

/*
 * The judge of one target: a pure function of its rules, the results and the
 * time. No clock, no socket, no allocation.
 */
struct verdict_rules {
    uint8_t fall; /* failures in a row that take an up target down */
    uint8_t rise; /* successes in a row that bring a down target back */
};

struct verdict {
    enum health health;
    uint8_t streak;    /* results in a row that speak against `health` */
    uint64_t since_ms; /* when `health` was last changed */
};

void verdict_init(struct verdict *verdict, uint64_t now_ms);

/*
 * Takes one result in. The very first decides alone (contract section 8); after
 * that `fall` failures or `rise` successes in a row. True when `health` changed.
 */
bool verdict_feed(struct verdict *verdict, const struct verdict_rules *rules, bool good,
                  uint64_t now_ms);

/* The last result spoke against the health that still stands. */
bool verdict_unsure(const struct verdict *verdict);

#endif
