#ifndef MERIDIAN_HEALTH_VERDICT_H
#define MERIDIAN_HEALTH_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

#include "health/board.h"

/*
 * Judges one target by counting: a pure function of its rules, the results and
 * the time. No clock, no socket, no allocation.
 *
 * A target that goes down again and again must prove itself for longer. With
 * `flap_window_ms`, falls within that time lengthen the way back: from the
 * third on, `rise` counts double for each, VERDICT_DAMPING_MOST times at most.
 * The way down is never longer, and time forgets: as falls leave the window
 * the way back shortens, also of a target that is down. The first result after
 * a start is no fall.
 */
struct verdict_rules {
    uint8_t fall;            /* failures in a row that take an up target down */
    uint8_t rise;            /* successes in a row that bring a down target back */
    uint32_t flap_window_ms; /* 0: no damping */
};

enum { VERDICT_FALLS = 6, VERDICT_DAMPING_MOST = 16 };

struct verdict {
    enum health health;
    uint16_t streak;                 /* results in a row that speak against `health` */
    uint64_t since_ms;               /* when `health` was last changed */
    uint64_t fell_ms[VERDICT_FALLS]; /* the last falls, a ring */
    uint32_t falls;                  /* ever */
};

void verdict_init(struct verdict *verdict, uint64_t now_ms);

/*
 * Takes one result in. The very first decides alone (contract section 8); after
 * that `fall` failures or `rise` successes in a row. True when `health` changed.
 */
bool verdict_feed(struct verdict *verdict, const struct verdict_rules *rules, bool good,
                  uint64_t now_ms);

/* One more failure would take it down. */
bool verdict_would_fall(const struct verdict *verdict, const struct verdict_rules *rules);

/* The results so far no longer speak against the health that stands. */
void verdict_afresh(struct verdict *verdict);

/* The last result spoke against the health that still stands. */
bool verdict_unsure(const struct verdict *verdict);

/* What `rise` is multiplied by at this time: 1, 2, 4, 8 or 16. */
unsigned verdict_damping(const struct verdict *verdict, const struct verdict_rules *rules,
                         uint64_t now_ms);

#endif
