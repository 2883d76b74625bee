#ifndef MERIDIAN_HEALTH_TARGET_REPORT_H
#define MERIDIAN_HEALTH_TARGET_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "health/board.h"
#include "health/gate.h"
#include "health/judge.h"
#include "health/probe.h"
#include "health/probe_spec.h"

/* One gate of a target, as it is shown. */
struct target_gate {
    char metric[24];
    struct gate_finding finding;
    char words[GATE_WORDS];
};

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
    uint64_t silent_count; /* results that left the verdict as it was */
    bool last_silent;
    bool last_set_aside;         /* the last result waits or does not count: see health/guard.h */
    uint64_t ignored_count;      /* failures that did not count while the prober was cut off */
    uint32_t good_streak;        /* good results in a row, to this moment */
    unsigned damping;            /* what `rise` is multiplied by for flapping: 1 .. 16 */
    uint64_t certificate_ends_s; /* seconds since 1970; 0: none was seen */
    uint8_t gate_count;
    struct target_gate gates[PROBE_GATES];
};

/* The last result, and what the judge makes of it all. */
void target_report_last(struct target_report *report, const struct judge *judge,
                        const struct probe_result *result);
/* A result that counted, after target_report_last(); `changed` when health did by it. */
void target_report_count(struct target_report *report, const struct judge *judge,
                         const struct probe_result *result, bool changed);
/* Tells the log that health has changed. */
void target_report_log_change(const struct target_report *report, const struct judge *judge,
                              enum health before);

#endif
