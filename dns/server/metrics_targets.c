#include "dns/server/metrics_targets.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "dns/server/exposition.h"

enum { LABEL = EXPOSITION_LABEL };

/* Collects each target of a generation once. */
struct gathering {
    uint8_t *seen; /* a bit for each id there can be */
    uint32_t *ids;
    size_t count, cap;
    bool failed;
};

static void gather(void *context, const struct overview_endpoint *at)
{
    struct gathering *all = context;
    const uint32_t id = at->endpoint->target;
    const uint8_t bit = (uint8_t)(1u << id % 8);
    if (all->failed || id >= BOARD_CAPACITY || (all->seen[id / 8] & bit) != 0)
        return;
    if (all->count == all->cap) {
        const size_t cap = all->cap == 0 ? 64 : all->cap * 2;
        uint32_t *more = reallocarray(all->ids, cap, sizeof *more);
        if (more == NULL) {
            all->failed = true;
            return;
        }
        all->ids = more;
        all->cap = cap;
    }
    all->seen[id / 8] |= bit;
    all->ids[all->count++] = id;
}

static int compare_labels(const void *a, const void *b)
{
    const struct target_report *const *left = a, *const *right = b;
    return strcmp((*left)->label, (*right)->label);
}

static void label_number(struct target_report *target)
{
    char number[16];
    const int len = snprintf(number, sizeof number, " #%" PRIu32, target->id);
    const size_t most = sizeof target->label - 1 - (size_t)len, is = strlen(target->label);
    memcpy(target->label + (is < most ? is : most), number, (size_t)len + 1);
}

/*
 * Two probes of one address may read alike for people (another interval,
 * another header). A metric whose labels came twice would be refused with all
 * the others, so these get a number. False when memory is out.
 */
static bool labels_tell_apart(struct target_report *targets, size_t count)
{
    struct target_report **sorted = calloc(count + 1, sizeof *sorted);
    if (sorted == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        sorted[i] = &targets[i];
    qsort(sorted, count, sizeof *sorted, compare_labels);
    for (size_t i = 0, end; i < count; i = end) {
        for (end = i + 1; end < count && compare_labels(&sorted[i], &sorted[end]) == 0;)
            end++;
        for (size_t k = i; end - i > 1 && k < end; k++)
            label_number(sorted[k]);
    }
    free(sorted);
    return true;
}

/* One family of metrics per figure: the format wants the lines of each together. */
static void put_targets(const struct target_report *targets, size_t count, FILE *out)
{
    char label[LABEL];
    exposition_head(out, "meridian_target_up", "gauge", "1: up, 0: down, -1: not yet probed.");
    for (size_t i = 0; i < count; i++) {
        const enum health health = targets[i].health;
        fprintf(out, "meridian_target_up{target=\"%s\"} %d\n",
                exposition_label(targets[i].label, label, sizeof label),
                health == HEALTH_UP     ? 1
                : health == HEALTH_DOWN ? 0
                                        : -1);
    }
    exposition_head(out, "meridian_target_last_change_timestamp_seconds", "gauge",
                    "Since when the target is up or down, in seconds since 1970.");
    for (size_t i = 0; i < count; i++)
        fprintf(out, "meridian_target_last_change_timestamp_seconds{target=\"%s\"} %.3f\n",
                exposition_label(targets[i].label, label, sizeof label),
                (double)targets[i].since_wall_ms / 1000);
    exposition_head(out, "meridian_probe_duration_seconds", "gauge",
                    "How long the last probe took.");
    for (size_t i = 0; i < count; i++) {
        if (targets[i].last_wall_ms != 0)
            fprintf(out, "meridian_probe_duration_seconds{target=\"%s\"} %.6f\n",
                    exposition_label(targets[i].label, label, sizeof label),
                    targets[i].last_took_us / 1e6);
    }
    exposition_head(out, "meridian_probes_total", "counter", "Probes, by result.");
    for (size_t i = 0; i < count; i++) {
        exposition_label(targets[i].label, label, sizeof label);
        fprintf(out,
                "meridian_probes_total{target=\"%s\",result=\"good\"} %" PRIu64 "\n"
                "meridian_probes_total{target=\"%s\",result=\"bad\"} %" PRIu64 "\n"
                "meridian_probes_total{target=\"%s\",result=\"silent\"} %" PRIu64 "\n"
                "meridian_probes_total{target=\"%s\",result=\"ignored\"} %" PRIu64 "\n",
                label, targets[i].good_count, label, targets[i].bad_count, label,
                targets[i].silent_count, label, targets[i].ignored_count);
    }
}

/* What only some targets have. */
static void put_target_extras(const struct target_report *targets, size_t count, FILE *out)
{
    char label[LABEL];
    exposition_head(
        out, "meridian_target_certificate_expiry_timestamp_seconds", "gauge",
        "When the first certificate that the target showed expires, in seconds since 1970.");
    for (size_t i = 0; i < count; i++) {
        if (targets[i].certificate_ends_s != 0)
            fprintf(out,
                    "meridian_target_certificate_expiry_timestamp_seconds{target=\"%s\"} %" PRIu64
                    "\n",
                    exposition_label(targets[i].label, label, sizeof label),
                    targets[i].certificate_ends_s);
    }
    exposition_head(out, "meridian_target_damping_factor", "gauge",
                    "Of targets that flap: by what their way back is lengthened.");
    for (size_t i = 0; i < count; i++) {
        if (targets[i].damping > 1)
            fprintf(out, "meridian_target_damping_factor{target=\"%s\"} %u\n",
                    exposition_label(targets[i].label, label, sizeof label), targets[i].damping);
    }
}

/* ---- of their gates ---- */

static void put_gate_open(const struct gate_finding *finding, const char *name, const char *labels,
                          FILE *out)
{
    fprintf(out, "%s{%s} %d\n", name, labels, finding->open);
}

static void put_gate_samples(const struct gate_finding *finding, const char *name,
                             const char *labels, FILE *out)
{
    fprintf(out, "%s{%s} %" PRIu32 "\n", name, labels, finding->samples);
}

static void put_gate_share(const struct gate_finding *finding, const char *name, const char *labels,
                           FILE *out)
{
    if (!finding->unit_is_us && finding->samples > 0)
        fprintf(out, "%s{%s} %.9g\n", name, labels, finding->value);
}

static void put_gate_latency(const struct gate_finding *finding, const char *name,
                             const char *labels, FILE *out)
{
    if (finding->unit_is_us && finding->samples > 0)
        fprintf(out, "%s{%s} %.6f\n", name, labels, finding->value / 1e6);
}

static void put_gates(const struct target_report *targets, size_t count, FILE *out)
{
    static const struct {
        const char *name, *help;
        void (*put)(const struct gate_finding *finding, const char *name, const char *labels,
                    FILE *out);
    } rows[] = {
        { "meridian_target_gate_open", "1: the gate lets pass, 0: it is shut.", put_gate_open },
        { "meridian_target_gate_samples", "Results in the window of the gate.", put_gate_samples },
        { "meridian_target_gate_ratio", "What an error_rate or availability gate measures, 0 to 1.",
          put_gate_share },
        { "meridian_target_gate_latency_seconds", "What a latency gate measures.",
          put_gate_latency },
    };
    enum { MORE = 64 };
    char label[LABEL], labels[LABEL + MORE];
    for (size_t row = 0; row < sizeof rows / sizeof *rows; row++) {
        exposition_head(out, rows[row].name, "gauge", rows[row].help);
        for (size_t i = 0; i < count; i++) {
            exposition_label(targets[i].label, label, sizeof label);
            for (size_t g = 0; g < targets[i].gate_count; g++) {
                snprintf(labels, sizeof labels, "target=\"%s\",gate=\"%zu\",metric=\"%s\"", label,
                         g, targets[i].gates[g].metric);
                rows[row].put(&targets[i].gates[g].finding, rows[row].name, labels, out);
            }
        }
    }
}

bool metrics_targets_put(const struct overview *overview, const struct snapshot *snapshot,
                         FILE *out)
{
    struct gathering all = { .seen = calloc(BOARD_CAPACITY / 8, 1) };
    if (all.seen == NULL)
        return false;
    overview_each_endpoint(snapshot, gather, &all);
    struct target_report *targets = calloc(all.count + 1, sizeof *targets);
    bool done = targets != NULL && !all.failed;
    size_t count = 0;
    for (size_t i = 0; done && i < all.count; i++)
        count += prober_report(overview->prober, all.ids[i], &targets[count]);
    done = done && labels_tell_apart(targets, count);
    if (done) {
        put_targets(targets, count, out);
        put_target_extras(targets, count, out);
        put_gates(targets, count, out);
    }
    free(targets);
    free(all.ids);
    free(all.seen);
    return done;
}
