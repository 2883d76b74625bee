#include "health/gate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dns/base/hash.h"
#include "health/sketch.h"

/* ---- tables ---- */

/*
 * A result each second, '+' good and '-' bad, and after each what the gate
 * says: O open, S shut, P proving itself; small letters: kept for want of
 * results. A '.' is a second without a result. The window has slices of a second.
 */
static const struct {
    const char *what;
    struct gate_rules rules;
    const char *results, *verdicts;
} counted[] = {
    { "too few results say nothing",
      { .metric = GATE_ERROR_RATE, .window_ms = 12000, .min_samples = 4, .down = 0.5, .up = 0.1 },
      "---",
      "ooo" },
    { "worse than down shuts it",
      { .metric = GATE_ERROR_RATE, .window_ms = 12000, .min_samples = 4, .down = 0.5, .up = 0.1 },
      "++---",
      "oooOS" },
    { "exactly down does not",
      { .metric = GATE_ERROR_RATE, .window_ms = 12000, .min_samples = 4, .down = 0.5, .up = 0.1 },
      "++--",
      "oooO" },
    { "between up and down it stays as it is",
      { .metric = GATE_ERROR_RATE, .window_ms = 12000, .min_samples = 2, .down = 0.5, .up = 0.25 },
      "--++++",
      "oSSSSS" },
    { "it opens at up",
      { .metric = GATE_ERROR_RATE, .window_ms = 12000, .min_samples = 2, .down = 0.5, .up = 0.25 },
      "--+++++++",
      "oSSSSSSOO" },
    { "and with a time to prove itself after that",
      { .metric = GATE_ERROR_RATE,
        .window_ms = 12000,
        .min_samples = 2,
        .down = 0.5,
        .up = 0.25,
        .up_for_ms = 2000 },
      "--++++++++",
      "oSSSSSSPPO" },
    { "a setback starts the time again",
      { .metric = GATE_ERROR_RATE,
        .window_ms = 12000,
        .min_samples = 2,
        .down = 0.5,
        .up = 0.25,
        .up_for_ms = 2000 },
      "--++++++-++++",
      "oSSSSSSPSSSPP" },
    { "what is older than the window is forgotten",
      { .metric = GATE_ERROR_RATE, .window_ms = 12000, .min_samples = 2, .down = 0.3, .up = 0 },
      "----+++++++++++++",
      "oSSSSSSSSSSSSSSOO" },
    { "a silence leaves too few, and the verdict stands",
      { .metric = GATE_ERROR_RATE, .window_ms = 12000, .min_samples = 2, .down = 0.5, .up = 0.1 },
      "--............++",
      "oS            sO" },
    { "too few results are no proof",
      { .metric = GATE_ERROR_RATE,
        .window_ms = 12000,
        .min_samples = 3,
        .down = 0.5,
        .up = 0.1,
        .up_for_ms = 1000 },
      "---............+++............+++",
      "ooS            ssP            ssP" },
    { "availability is the other way round",
      { .metric = GATE_AVAILABILITY,
        .window_ms = 12000,
        .min_samples = 4,
        .down = 0.75,
        .up = 0.8 },
      "+++--+++++",
      "oooOSSSSSO" },
    { "exactly down is available enough",
      { .metric = GATE_AVAILABILITY,
        .window_ms = 12000,
        .min_samples = 4,
        .down = 0.75,
        .up = 0.8 },
      "+++-",
      "oooO" },
    { "a window of one millisecond a slice",
      { .metric = GATE_ERROR_RATE, .window_ms = 1, .min_samples = 1, .down = 0.5, .up = 0.5 },
      "-+-+",
      "SOSO" },
};

static char verdict_letter(const struct gate_finding *finding)
{
    const char letter = finding->open ? 'O' : finding->proving ? 'P' : 'S';
    return (char)(finding->too_few ? letter | 0x20 : letter);
}

static void judges_shares(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof counted / sizeof *counted; i++) {
        struct gate *gate = gate_new(&counted[i].rules);
        assert_non_null(gate);
        assert_true(gate_now(gate)->open);
        for (size_t k = 0; counted[i].results[k] != '\0'; k++) {
            if (counted[i].results[k] == '.')
                continue;
            const bool before = gate_now(gate)->open;
            const bool changed = gate_feed(gate, counted[i].results[k] == '+', 1000, k * 1000);
            const char letter = verdict_letter(gate_now(gate));
            if (letter != counted[i].verdicts[k])
                fail_msg("%s: %c after result %zu, not %c", counted[i].what, letter, k + 1,
                         counted[i].verdicts[k]);
            assert_int_equal(changed, before != gate_now(gate)->open);
        }
        gate_free(gate);
    }
}

static void a_latency_is_that_of_good_results(void **state)
{
    (void)state;
    const struct gate_rules rules = { .metric = GATE_LATENCY,
                                      .permille = 500,
                                      .window_ms = 12000,
                                      .min_samples = 3,
                                      .down = 2e6,
                                      .up = 5e5 };
    struct gate *gate = gate_new(&rules);
    assert_non_null(gate);
    /* Failures are quick or slow for reasons of their own. */
    for (uint64_t i = 0; i < 6; i++)
        gate_feed(gate, false, 5000000, i);
    assert_true(gate_now(gate)->open && gate_now(gate)->too_few);
    gate_feed(gate, true, 3000000, 10);
    gate_feed(gate, true, 100, 11);
    assert_false(gate_feed(gate, true, 1900000, 12));
    assert_int_equal(gate_now(gate)->samples, 3);
    assert_in_range((uint64_t)gate_now(gate)->value, 1824000, 1976000);

    gate_feed(gate, true, 3000000, 13);
    assert_true(gate_feed(gate, true, 3000000, 14));
    assert_false(gate_now(gate)->open);
    for (uint64_t i = 0; i < 4; i++)
        gate_feed(gate, true, 100, 15 + i);
    assert_true(gate_now(gate)->open);
    gate_free(gate);
}

static void time_that_goes_backwards_stands_still(void **state)
{
    (void)state;
    const struct gate_rules rules = { .metric = GATE_ERROR_RATE,
                                      .window_ms = 12000,
                                      .min_samples = 1,
                                      .down = 0.4,
                                      .up = 0.4,
                                      .up_for_ms = 1 };
    struct gate *gate = gate_new(&rules);
    assert_non_null(gate);
    gate_feed(gate, false, 0, 100000);
    gate_feed(gate, true, 0, 5);
    gate_feed(gate, true, 0, 5);
    assert_int_equal(gate_now(gate)->samples, 3);
    assert_true(gate_now(gate)->proving);
    gate_feed(gate, true, 0, 100001);
    assert_true(gate_now(gate)->open);
    gate_free(gate);
}

/* ---- words ---- */

static const struct {
    const char *text;
    bool valid;
    enum gate_metric metric;
    unsigned permille;
} metrics[] = {
    { "error_rate", true, GATE_ERROR_RATE, 0 }, { "availability", true, GATE_AVAILABILITY, 0 },
    { "latency_p50", true, GATE_LATENCY, 500 }, { "latency_p5", true, GATE_LATENCY, 50 },
    { "latency_p95", true, GATE_LATENCY, 950 }, { "latency_p999", true, GATE_LATENCY, 999 },
    { "latency_p", false, GATE_LATENCY, 0 },    { "latency_p0", false, GATE_LATENCY, 0 },
    { "latency_p100", false, GATE_LATENCY, 0 }, { "latency_p9999", false, GATE_LATENCY, 0 },
    { "latency_p9x", false, GATE_LATENCY, 0 },  { "latency_p-9", false, GATE_LATENCY, 0 },
    { "latency", false, GATE_LATENCY, 0 },      { "", false, GATE_LATENCY, 0 },
};

static void metrics_have_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof metrics / sizeof *metrics; i++) {
        struct gate_rules rules = { .permille = 0 };
        char text[32];
        if (gate_metric_parse(metrics[i].text, &rules.metric, &rules.permille) != metrics[i].valid)
            fail_msg("'%s': expected %s", metrics[i].text, metrics[i].valid ? "read" : "refused");
        if (!metrics[i].valid)
            continue;
        assert_int_equal(rules.metric, metrics[i].metric);
        assert_int_equal(rules.permille, metrics[i].permille);
        assert_string_equal(gate_metric_print(&rules, text, sizeof text), metrics[i].text);
    }
}

static void a_finding_is_told_in_words(void **state)
{
    (void)state;
    static const struct {
        struct gate_rules rules;
        struct gate_finding finding;
        const char *words;
    } cases[] = {
        { { .metric = GATE_ERROR_RATE, .window_ms = 60000, .down = 0.05, .up = 0.01 },
          { .value = 0.2, .samples = 30 },
          "error_rate 0.2, over 0.05 (30 results in 1m)" },
        { { .metric = GATE_ERROR_RATE, .window_ms = 60000, .down = 0.05, .up = 0.01 },
          { .value = 0.02, .samples = 30 },
          "error_rate 0.02, not yet down to 0.01 (30 results in 1m)" },
        { { .metric = GATE_ERROR_RATE, .window_ms = 60000, .down = 0.05, .up = 0.01 },
          { .open = true, .value = 0.02, .samples = 30 },
          "error_rate 0.02, not over 0.05 (30 results in 1m)" },
        { { .metric = GATE_ERROR_RATE, .window_ms = 60000, .down = 0.05, .up = 0.01 },
          { .proving = true, .value = 0, .samples = 30 },
          "error_rate 0, proving itself under 0.01 (30 results in 1m)" },
        { { .metric = GATE_LATENCY, .permille = 950, .window_ms = 60000, .down = 2e6, .up = 5e5 },
          { .value = 2300000, .samples = 12 },
          "latency_p95 2s300ms, over 2s (12 results in 1m)" },
        { { .metric = GATE_LATENCY,
            .permille = 950,
            .min_samples = 20,
            .window_ms = 60000,
            .down = 2e6,
            .up = 5e5 },
          { .open = true, .too_few = true, .value = 300, .samples = 2 },
          "latency_p95 stays open: 2 of 20 results in 1m" },
        { { .metric = GATE_AVAILABILITY, .window_ms = 600000, .down = 0.99, .up = 0.999 },
          { .value = 0.9955, .samples = 300 },
          "availability 0.9955, not yet up to 0.999 (300 results in 10m)" },
        { { .metric = GATE_AVAILABILITY, .window_ms = 600000, .down = 0.99, .up = 0.999 },
          { .value = 0.95, .samples = 300 },
          "availability 0.95, below 0.99 (300 results in 10m)" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char words[GATE_WORDS];
        assert_string_equal(gate_print(&cases[i].rules, &cases[i].finding, words), cases[i].words);
    }
}

/* ---- a day against a model ---- */

struct sample {
    uint64_t at_ms;
    bool good;
    uint32_t took_us;
};

/* A day as it was recorded: calm, an incident of rising errors, slow hours, flapping, a silence. */
static size_t trace_make(struct sample *trace, size_t cap, uint64_t seed)
{
    enum { HOUR_MS = 3600000 };
    size_t count = 0;
    uint64_t now_ms = seed % 100000;
    while (count < cap && now_ms < 24 * (uint64_t)HOUR_MS) {
        const uint64_t random = hash_mix(seed + count * 0x9e3779b97f4a7c15u);
        const unsigned hour = (unsigned)(now_ms / HOUR_MS);
        unsigned bad_permille = 2;
        uint32_t usual_us = 20000;
        if (hour % 6 == 2)
            bad_permille = (unsigned)(now_ms % HOUR_MS / (HOUR_MS / 200));
        if (hour % 6 == 4)
            usual_us = 20000u << (now_ms % HOUR_MS / (HOUR_MS / 8));
        if (hour % 6 == 5)
            bad_permille = now_ms / 120000 % 2 == 0 ? 900 : 0;
        trace[count++] = (struct sample){
            .at_ms = now_ms,
            .good = random % 1000 >= bad_permille,
            .took_us = usual_us / 2 + (uint32_t)((random >> 20) % usual_us),
        };
        now_ms += 1900 + (random >> 50) % 200;
        if (hour == 13 && now_ms % HOUR_MS < 3000)
            now_ms += HOUR_MS / 2;
    }
    return count;
}

/* The gate as one would write it without caring for memory: every sample kept, sorted each time. */
struct model {
    const struct gate_rules *rules;
    const struct sample *trace;
    size_t first; /* the oldest that may still count */
    bool open;
    bool proving;
    uint64_t since_ms;
};

static int compare_times(const void *a, const void *b)
{
    const uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return left < right ? -1 : left > right;
}

static double model_measure(struct model *model, size_t last, uint32_t *samples)
{
    static uint32_t times[100000];
    const struct gate_rules *rules = model->rules;
    const uint64_t slice_ms = (rules->window_ms + 11) / 12;
    const uint64_t now = model->trace[last].at_ms / slice_ms;
    uint32_t good = 0, all = 0;
    while (model->trace[model->first].at_ms / slice_ms + 12 <= now)
        model->first++;
    for (size_t i = model->first; i <= last; i++) {
        all++;
        if (model->trace[i].good)
            times[good++] = model->trace[i].took_us;
    }
    *samples = rules->metric == GATE_LATENCY ? good : all;
    if (*samples == 0)
        return 0;
    if (rules->metric == GATE_ERROR_RATE)
        return (double)(all - good) / all;
    if (rules->metric == GATE_AVAILABILITY)
        return (double)good / all;
    qsort(times, good, sizeof *times, compare_times);
    return sketch_middle(sketch_bucket(times[((uint64_t)good * rules->permille + 999) / 1000 - 1]));
}

static void model_feed(struct model *model, size_t last)
{
    const struct gate_rules *rules = model->rules;
    const uint64_t now_ms = model->trace[last].at_ms;
    uint32_t samples;
    const double value = model_measure(model, last, &samples);
    const bool enough = samples >= rules->min_samples;
    const double sign = rules->metric == GATE_AVAILABILITY ? -1 : 1;
    if (model->open) {
        if (enough && sign * value > sign * rules->down)
            model->open = model->proving = false;
        return;
    }
    const bool well = enough && sign * value <= sign * rules->up;
    if (well && !model->proving)
        model->since_ms = now_ms;
    model->proving = well;
    if (well && now_ms - model->since_ms >= rules->up_for_ms)
        model->open = true;
}

static const struct gate_rules day_rules[] = {
    { .metric = GATE_ERROR_RATE,
      .window_ms = 60000,
      .down = 0.05,
      .up = 0.01,
      .up_for_ms = 300000,
      .min_samples = 20 },
    { .metric = GATE_ERROR_RATE, .window_ms = 61234, .down = 0.3, .up = 0.3, .min_samples = 1 },
    { .metric = GATE_LATENCY,
      .permille = 950,
      .window_ms = 60000,
      .down = 2e5,
      .up = 5e4,
      .up_for_ms = 300000,
      .min_samples = 20 },
    { .metric = GATE_LATENCY,
      .permille = 500,
      .window_ms = 900000,
      .down = 1e5,
      .up = 1e5,
      .up_for_ms = 1000,
      .min_samples = 200 },
    { .metric = GATE_AVAILABILITY,
      .window_ms = 600000,
      .down = 0.99,
      .up = 0.999,
      .up_for_ms = 600000,
      .min_samples = 100 },
    { .metric = GATE_AVAILABILITY, .window_ms = 1000, .down = 1, .up = 1, .min_samples = 1 },
};

static void a_day_is_judged_as_by_the_model(void **state)
{
    (void)state;
    enum { CAP = 60000 };
    struct sample *trace = calloc(CAP, sizeof *trace);
    assert_non_null(trace);
    for (uint64_t seed = 1; seed <= 3; seed++) {
        const size_t count = trace_make(trace, CAP, seed * 7919);
        for (size_t r = 0; r < sizeof day_rules / sizeof *day_rules; r++) {
            struct gate *gate = gate_new(&day_rules[r]);
            struct model model = { .rules = &day_rules[r], .trace = trace, .open = true };
            unsigned turns = 0;
            assert_non_null(gate);
            for (size_t i = 0; i < count; i++) {
                turns += gate_feed(gate, trace[i].good, trace[i].took_us, trace[i].at_ms);
                model_feed(&model, i);
                if (gate_now(gate)->open != model.open)
                    fail_msg("seed %u, rule %zu, sample %zu: the model says %s", (unsigned)seed, r,
                             i, model.open ? "open" : "shut");
            }
            /* A day on which nothing happens would prove nothing. */
            if (turns < 2)
                fail_msg("rule %zu turned %u times", r, turns);
            gate_free(gate);
        }
    }
    free(trace);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judges_shares),
        cmocka_unit_test(a_latency_is_that_of_good_results),
        cmocka_unit_test(time_that_goes_backwards_stands_still),
        cmocka_unit_test(metrics_have_names),
        cmocka_unit_test(a_finding_is_told_in_words),
        cmocka_unit_test(a_day_is_judged_as_by_the_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
