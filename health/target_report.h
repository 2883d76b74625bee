#ifndef MERIDIAN_HEALTH_TARGET_REPORT_H
#define MERIDIAN_HEALTH_TARGET_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "health/board.h"
#include "health/probe.h"

/* What is known of one target, for status and metrics. A value: it holds no pointers. */
struct target_report {
    uint32_t id;
    char label[160];
    enum health health;
    bool unsure;
    uint64_t since_wall_ms; /* of the present health */
    uint64_t last_wall_ms;  /* of the last result; 0: none yet */
    bool last_good;
    uint32_t last_took_us;
    char last_reason[PROBE_REASON]; /* empty when it was good */
    uint64_t good_count, bad_count;
};

#endif
