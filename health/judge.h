#ifndef MERIDIAN_HEALTH_JUDGE_H
#define MERIDIAN_HEALTH_JUDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "health/board.h"
#include "health/gate.h"
#include "health/probe_spec.h"
#include "health/verdict.h"

/*
 * The judge of one target: up when counting says so and every gate is open.
 * A pure function of the probe, the results and the time: no clock, no socket;
 * memory is taken when it is made.
 */
struct judge {
    const struct probe_spec *spec; /* must outlive the judge */
    struct verdict_rules rules;
    struct verdict counting;
    struct gate *gates[PROBE_GATES];
    enum health health;
    uint64_t since_ms; /* when `health` was last changed */
};

/* False when memory is out; nothing is to be released then. */
bool judge_init(struct judge *judge, const struct probe_spec *spec, uint64_t now_ms);
void judge_release(struct judge *judge);

/* Takes one result in; true when `health` changed. `took_us` is of a good result. */
bool judge_feed(struct judge *judge, bool good, uint32_t took_us, uint64_t now_ms);

/* A failure at this time would take the target down. */
bool judge_would_fall(struct judge *judge, uint64_t now_ms);

/* Health stays as it is; what spoke against it is forgotten, and what the gates have measured. */
void judge_afresh(struct judge *judge);

/* The next results may turn the verdict: failing, recovering, or proving itself to a gate. */
bool judge_unsure(const struct judge *judge);

/* The first gate that is shut, as an index of the probe's gates; -1: all are open. */
int judge_shut_gate(const struct judge *judge);

#endif
