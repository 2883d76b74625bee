#ifndef MERIDIAN_HEALTH_GATE_H
#define MERIDIAN_HEALTH_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Judges a target by measure instead of by counting: one figure over a sliding
 * window, with a way in (`down`), a way out (`up`) and a time to prove itself.
 *
 *            worse than `down`
 *     open ---------------------> shut
 *       ^                          | at `up` or better
 *       |    for all of `up_for`   v
 *       +---------------------- proving --- worse again, or too few: back to shut
 *
 * With fewer than `min_samples` results in the window it keeps its last
 * verdict; a new gate is open. The window slides by slices of a twelfth, the
 * running one counted: nothing older than the window has a say.
 *
 * A pure function of rules, results and time: no clock, no socket. Memory is
 * taken once, when the gate is made (9 KiB where latency is measured, else
 * 300 octets).
 */
enum gate_metric {
    GATE_ERROR_RATE,   /* failures as a share of all */
    GATE_LATENCY,      /* a quantile of the good results; failures have no latency */
    GATE_AVAILABILITY, /* good results as a share of all */
};

enum { GATE_SLICES = 12, GATE_WORDS = 160 };

struct gate_rules {
    enum gate_metric metric;
    uint16_t permille; /* GATE_LATENCY: 950 is p95 */
    double down, up;   /* a share of 0..1; microseconds for GATE_LATENCY */
    uint32_t window_ms, up_for_ms;
    uint32_t min_samples;
};

/* What a gate says, and of what. A value. */
struct gate_finding {
    bool open;
    bool proving;     /* shut, but well since a while */
    bool too_few;     /* results: the last verdict is kept */
    bool unit_is_us;  /* `value` is microseconds, not a share */
    double value;     /* in the unit of `down`; 0 without results */
    uint32_t samples; /* in the window; good ones only for GATE_LATENCY */
};

struct gate;

/* NULL when memory is out. The rules are copied. */
struct gate *gate_new(const struct gate_rules *rules);
void gate_free(struct gate *gate);

/*
 * Takes one result in; time must not go backwards. True when the gate opened
 * or shut by it. `took_us` counts only when the result was good.
 */
bool gate_feed(struct gate *gate, bool good, uint32_t took_us, uint64_t now_ms);

/* A failure at this time would shut it. Moves the window on, and changes no verdict. */
bool gate_would_shut(struct gate *gate, uint64_t now_ms);

/* Forgets all results; open stays open and shut stays shut, which now has to prove itself anew. */
void gate_afresh(struct gate *gate);

/* After the last result. */
const struct gate_finding *gate_now(const struct gate *gate);

/* "error_rate", "latency_p95", "availability"; and back, false when it is none of them. */
char *gate_metric_print(const struct gate_rules *rules, char *out, size_t cap);
bool gate_metric_parse(const char *text, enum gate_metric *metric, uint16_t *permille);

/* For people: "latency_p95 2.3s, over 2s (30 results in 1m)". Returns `out`. */
char *gate_print(const struct gate_rules *rules, const struct gate_finding *finding,
                 char out[GATE_WORDS]);

#endif
