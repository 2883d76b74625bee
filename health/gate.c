#include "health/gate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/base/duration.h"
#include "health/sketch.h"

struct slice {
    uint64_t number; /* of the slice of time it stands for; 0: nothing yet */
    uint32_t good, bad;
};

struct gate {
    struct gate_rules rules;
    uint64_t slice_ms;
    uint64_t last_ms; /* of the last result */
    uint64_t proving_since_ms;
    struct gate_finding finding;
    struct slice slices[GATE_SLICES];
    struct sketch sketches[]; /* beside each slice, where latency is measured */
};

struct gate *gate_new(const struct gate_rules *rules)
{
    const size_t sketches = rules->metric == GATE_LATENCY ? GATE_SLICES : 0;
    struct gate *gate = calloc(1, sizeof *gate + sketches * sizeof(struct sketch));
    if (gate == NULL)
        return NULL;
    gate->rules = *rules;
    gate->slice_ms = ((uint64_t)rules->window_ms + GATE_SLICES - 1) / GATE_SLICES;
    if (gate->slice_ms == 0)
        gate->slice_ms = 1;
    gate->finding = (struct gate_finding){
        .open = true,
        .too_few = true,
        .unit_is_us = rules->metric == GATE_LATENCY,
    };
    return gate;
}

void gate_free(struct gate *gate)
{
    free(gate);
}

/* ---- the window ---- */

/* Slices are numbered from 1, so that a zeroed one is older than any. */
static uint64_t slice_number(const struct gate *gate, uint64_t now_ms)
{
    return now_ms / gate->slice_ms + 1;
}

static void window_slide(struct gate *gate, uint64_t number)
{
    for (size_t i = 0; i < GATE_SLICES; i++) {
        struct slice *slice = &gate->slices[i];
        if (slice->number == 0 || slice->number + GATE_SLICES > number)
            continue;
        *slice = (struct slice){ 0 };
        if (gate->rules.metric == GATE_LATENCY)
            sketch_clear(&gate->sketches[i]);
    }
}

static void window_add(struct gate *gate, bool good, uint32_t took_us, uint64_t number)
{
    const size_t at = number % GATE_SLICES;
    struct slice *slice = &gate->slices[at];
    slice->number = number;
    *(good ? &slice->good : &slice->bad) += 1;
    if (good && gate->rules.metric == GATE_LATENCY)
        sketch_add(&gate->sketches[at], took_us);
}

/* With so many failures beside those in the window. */
static void window_measure(const struct gate *gate, uint32_t more_bad, struct gate_finding *finding)
{
    const struct gate_rules *rules = &gate->rules;
    uint32_t good = 0, bad = more_bad;
    for (size_t i = 0; i < GATE_SLICES; i++) {
        good += gate->slices[i].good;
        bad += gate->slices[i].bad;
    }
    const uint32_t all = good + bad;
    switch (rules->metric) {
    case GATE_ERROR_RATE:
        finding->samples = all;
        finding->value = all > 0 ? (double)bad / all : 0;
        break;
    case GATE_AVAILABILITY:
        finding->samples = all;
        finding->value = all > 0 ? (double)good / all : 0;
        break;
    case GATE_LATENCY:
        finding->samples = good;
        finding->value = sketch_quantile(gate->sketches, GATE_SLICES, rules->permille);
        break;
    }
    finding->too_few = finding->samples < rules->min_samples || finding->samples == 0;
}

/* ---- the verdict ---- */

static bool is_worse_than_down(const struct gate_rules *rules, double value)
{
    return rules->metric == GATE_AVAILABILITY ? value < rules->down : value > rules->down;
}

static bool is_at_up(const struct gate_rules *rules, double value)
{
    return rules->metric == GATE_AVAILABILITY ? value >= rules->up : value <= rules->up;
}

static bool is_shutting(const struct gate_rules *rules, const struct gate_finding *finding)
{
    return finding->open && !finding->too_few && is_worse_than_down(rules, finding->value);
}

static bool gate_judge(struct gate *gate, uint64_t now_ms)
{
    const struct gate_rules *rules = &gate->rules;
    struct gate_finding *finding = &gate->finding;

    if (finding->open) {
        finding->open = !is_shutting(rules, finding);
        return !finding->open;
    }
    if (finding->too_few || !is_at_up(rules, finding->value)) {
        finding->proving = false;
        return false;
    }
    if (!finding->proving) {
        finding->proving = true;
        gate->proving_since_ms = now_ms;
    }
    if (now_ms - gate->proving_since_ms < rules->up_for_ms)
        return false;
    finding->proving = false;
    finding->open = true;
    return true;
}

/* Time does not go backwards here, whatever the clock does. */
static uint64_t gate_advance(struct gate *gate, uint64_t now_ms)
{
    if (now_ms > gate->last_ms)
        gate->last_ms = now_ms;
    window_slide(gate, slice_number(gate, gate->last_ms));
    return gate->last_ms;
}

bool gate_feed(struct gate *gate, bool good, uint32_t took_us, uint64_t now_ms)
{
    now_ms = gate_advance(gate, now_ms);
    window_add(gate, good, took_us, slice_number(gate, now_ms));
    window_measure(gate, 0, &gate->finding);
    return gate_judge(gate, now_ms);
}

bool gate_would_shut(struct gate *gate, uint64_t now_ms)
{
    struct gate_finding finding = gate->finding;
    gate_advance(gate, now_ms);
    window_measure(gate, 1, &finding);
    return is_shutting(&gate->rules, &finding);
}

void gate_afresh(struct gate *gate)
{
    window_slide(gate, UINT64_MAX);
    gate->finding.proving = false;
    window_measure(gate, 0, &gate->finding);
}

const struct gate_finding *gate_now(const struct gate *gate)
{
    return &gate->finding;
}

/* ---- words ---- */

char *gate_metric_print(const struct gate_rules *rules, char *out, size_t cap)
{
    switch (rules->metric) {
    case GATE_ERROR_RATE:
        snprintf(out, cap, "error_rate");
        break;
    case GATE_AVAILABILITY:
        snprintf(out, cap, "availability");
        break;
    case GATE_LATENCY:
        if (rules->permille % 10 == 0)
            snprintf(out, cap, "latency_p%u", rules->permille / 10u);
        else
            snprintf(out, cap, "latency_p%u", (unsigned)rules->permille);
        break;
    }
    return out;
}

/* "5" and "95" are percent, "995" and "999" thousandths. 0 when it is neither. */
static uint16_t quantile_parse(const char *digits)
{
    const size_t len = strlen(digits);
    if (len == 0 || len > 3 || strspn(digits, "0123456789") != len || digits[0] == '0' ||
        (len == 3 && digits[0] != '9'))
        return 0;
    const int number = atoi(digits);
    return (uint16_t)(len == 3 ? number : number * 10);
}

bool gate_metric_parse(const char *text, enum gate_metric *metric, uint16_t *permille)
{
    static const char latency[] = "latency_p";
    if (strcmp(text, "error_rate") == 0) {
        *metric = GATE_ERROR_RATE;
    } else if (strcmp(text, "availability") == 0) {
        *metric = GATE_AVAILABILITY;
    } else if (strncmp(text, latency, sizeof latency - 1) == 0) {
        const uint16_t quantile = quantile_parse(text + sizeof latency - 1);
        if (quantile == 0)
            return false;
        *metric = GATE_LATENCY;
        *permille = quantile;
    } else {
        return false;
    }
    return true;
}

static char *level_print(const struct gate_rules *rules, double value, char *out, size_t cap)
{
    if (rules->metric != GATE_LATENCY)
        snprintf(out, cap, "%.4g", value);
    else if (value < 1000)
        snprintf(out, cap, "%.0fus", value);
    else
        duration_print((uint64_t)(value / 1000 + 0.5), out, cap);
    return out;
}

/* How the value stands to the level that matters now, and which that is. */
static const char *relation(const struct gate_rules *rules, const struct gate_finding *finding,
                            double *level)
{
    const bool low_is_bad = rules->metric == GATE_AVAILABILITY;
    const bool bad = is_worse_than_down(rules, finding->value);
    *level = finding->open || bad ? rules->down : rules->up;
    if (finding->open)
        return low_is_bad ? "not below" : "not over";
    if (bad)
        return low_is_bad ? "below" : "over";
    if (finding->proving)
        return low_is_bad ? "proving itself over" : "proving itself under";
    return low_is_bad ? "not yet up to" : "not yet down to";
}

char *gate_print(const struct gate_rules *rules, const struct gate_finding *finding,
                 char out[GATE_WORDS])
{
    char metric[24], value[24], level[24], window[24];
    double bound;
    const char *words = relation(rules, finding, &bound);
    gate_metric_print(rules, metric, sizeof metric);
    level_print(rules, finding->value, value, sizeof value);
    level_print(rules, bound, level, sizeof level);
    duration_print(rules->window_ms, window, sizeof window);
    if (finding->too_few)
        snprintf(out, GATE_WORDS, "%s stays %s: %u of %u results in %s", metric,
                 finding->open ? "open" : "shut", finding->samples, rules->min_samples, window);
    else
        snprintf(out, GATE_WORDS, "%s %s, %s %s (%u results in %s)", metric, value, words, level,
                 finding->samples, window);
    return out;
}
