#include "health/target_report.h"

#include <string.h>

#include "dns/base/clock.h"
#include "dns/base/log.h"

void target_report_last(struct target_report *report, const struct judge *judge,
                        const struct probe_result *result)
{
    report->health = judge->health;
    report->unsure = judge_unsure(judge);
    report->last_wall_ms = clock_wall_ms();
    report->last_good = result->good;
    report->last_silent = result->silent;
    report->last_set_aside = false;
    report->last_took_us = result->took_us;
    if (result->certificate_ends_s != 0)
        report->certificate_ends_s = result->certificate_ends_s;
    memcpy(report->last_reason, result->reason, sizeof report->last_reason);
    report->damping = verdict_damping(&judge->counting, &judge->rules, clock_monotonic_ms());
}

static void report_gates(struct target_report *report, const struct judge *judge)
{
    const struct probe_spec *spec = judge->spec;
    report->gate_count = spec->gate_count;
    for (size_t i = 0; i < spec->gate_count; i++) {
        struct target_gate *gate = &report->gates[i];
        gate->finding = *gate_now(judge->gates[i]);
        gate_metric_print(&spec->gates[i], gate->metric, sizeof gate->metric);
        gate_print(&spec->gates[i], &gate->finding, gate->words);
    }
}

void target_report_count(struct target_report *report, const struct judge *judge,
                         const struct probe_result *result, bool changed)
{
    report_gates(report, judge);
    if (changed)
        report->since_wall_ms = report->last_wall_ms;
    report->good_streak = result->good ? report->good_streak + 1 : 0;
    *(result->good ? &report->good_count : &report->bad_count) += 1;
}

void target_report_log_change(const struct target_report *report, const struct judge *judge,
                              enum health before)
{
    const int shut = judge_shut_gate(judge);

    if (before == HEALTH_UNKNOWN && report->health == HEALTH_UP)
        log_debug("target %s: up at its first probe", report->label);
    else if (before == HEALTH_UNKNOWN)
        log_warning("target %s: down at its first probe: %s", report->label, report->last_reason);
    else if (report->health == HEALTH_UP)
        log_info("target %s: up after %u good probes", report->label, report->good_streak);
    else if (judge->counting.health == HEALTH_UP && shut >= 0)
        log_warning("target %s: down by its gate: %s", report->label, report->gates[shut].words);
    else
        log_warning("target %s: down after %u failures: %s", report->label, judge->spec->fall,
                    report->last_reason);
}
