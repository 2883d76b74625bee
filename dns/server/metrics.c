#include "dns/server/metrics.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "dns/base/clock.h"
#include "dns/server/version.h"
#include "zones/service.h"

enum { LABEL = 2100 }; /* a name of 1024 octets with every one escaped, and its NUL */

char *metrics_label(const char *text, char *out, size_t cap)
{
    size_t len = 0;
    for (; *text != '\0' && len + 3 <= cap; text++) {
        if (*text == '\\' || *text == '"' || *text == '\n')
            out[len++] = '\\';
        out[len++] = *text == '\n' ? 'n' : *text;
    }
    if (cap > 0)
        out[len] = '\0';
    return out;
}

static void put_head(FILE *out, const char *name, const char *type, const char *help)
{
    fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void put_value(FILE *out, const char *name, uint64_t value)
{
    fprintf(out, "%s %" PRIu64 "\n", name, value);
}

/* ---- of the workers ---- */

static void put_transports(const struct overview *overview, FILE *out)
{
    static const struct {
        const char *transport, *family;
    } rows[TRANSPORTS] = {
        { "udp", "ipv4" }, { "udp", "ipv6" }, { "tcp", "ipv4" }, { "tcp", "ipv6" }
    };

    put_head(out, "meridian_queries_total", "counter", "Queries that came, by transport.");
    for (size_t i = 0; i < TRANSPORTS; i++) {
        const size_t offset = offsetof(struct tally, queries) + i * sizeof(struct counter);
        fprintf(out, "meridian_queries_total{transport=\"%s\",family=\"%s\"} %" PRIu64 "\n",
                rows[i].transport, rows[i].family, overview_sum(overview, offset));
    }
}

static void put_rcodes(const struct overview *overview, FILE *out)
{
    static const char *const names[TALLY_RCODES] = {
        "NOERROR",          "FORMERR",
        "SERVFAIL",         "NXDOMAIN",
        "NOTIMP",           "REFUSED",
        "YXDOMAIN",         "YXRRSET",
        "NXRRSET",          "NOTAUTH",
        "NOTZONE",          [16] = "BADVERS",
        [23] = "BADCOOKIE", [TALLY_RCODES - 1] = "OTHER",
    };
    put_head(out, "meridian_answers_total", "counter", "Answers that left, by rcode.");
    for (size_t i = 0; i < TALLY_RCODES; i++) {
        const size_t offset = offsetof(struct tally, rcodes) + i * sizeof(struct counter);
        const uint64_t value = overview_sum(overview, offset);
        if (names[i] != NULL)
            fprintf(out, "meridian_answers_total{rcode=\"%s\"} %" PRIu64 "\n", names[i], value);
        else if (value > 0)
            fprintf(out, "meridian_answers_total{rcode=\"RCODE%zu\"} %" PRIu64 "\n", i, value);
    }
}

static void put_plain(const struct overview *overview, FILE *out)
{
    static const struct {
        const char *name, *help;
        size_t offset;
    } rows[] = {
        { "meridian_malformed_total", "Packets that were no proper query.",
          offsetof(struct tally, malformed) },
        { "meridian_truncated_total", "Answers sent with TC.", offsetof(struct tally, truncated) },
        { "meridian_dropped_total", "Answers that the system would not take.",
          offsetof(struct tally, dropped) },
        { "meridian_rate_limited_total", "Answers kept back by rate limiting.",
          offsetof(struct tally, limited) },
        { "meridian_rate_slipped_total", "Answers cut to TC by rate limiting.",
          offsetof(struct tally, slipped) },
        { "meridian_tcp_accepted_total", "TCP connections accepted.",
          offsetof(struct tally, tcp_accepted) },
        { "meridian_tcp_refused_total", "TCP connections over a limit.",
          offsetof(struct tally, tcp_refused) },
        { "meridian_tcp_timeouts_total", "TCP connections closed for being idle or slow.",
          offsetof(struct tally, tcp_timeouts) },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        put_head(out, rows[i].name, "counter", rows[i].help);
        put_value(out, rows[i].name, overview_sum(overview, rows[i].offset));
    }
    put_head(out, "meridian_tcp_connections", "gauge", "TCP connections at this moment.");
    put_value(out, "meridian_tcp_connections", quota_count(overview->quota));
}

/* ---- of the zones ---- */

static void put_zones(const struct overview *overview, const struct snapshot *snapshot, FILE *out)
{
    char label[LABEL];
    put_head(out, "meridian_zone_queries_total", "counter", "Queries for names of the zone.");
    for (size_t i = 0; i < snapshot->zones->count; i++) {
        const struct zone *zone = snapshot->zones->zones[i];
        fprintf(out, "meridian_zone_queries_total{zone=\"%s\"} %" PRIu64 "\n",
                metrics_label(zone->name, label, sizeof label),
                overview_sum_named(overview, zone->counter_id));
    }

    put_head(out, "meridian_zone_state", "gauge",
             "0: as on disk, 1: old content answers because of mistakes, 2: SERVFAIL.");
    for (size_t i = 0; i < snapshot->zones->count; i++)
        fprintf(out, "meridian_zone_state{zone=\"%s\"} %d\n",
                metrics_label(snapshot->zones->zones[i]->name, label, sizeof label),
                (int)snapshot_zone_state(snapshot, i));

    put_head(out, "meridian_zone_serial", "gauge", "Serial of the zone that answers.");
    for (size_t i = 0; i < snapshot->zones->count; i++) {
        const struct zone *zone = snapshot->zones->zones[i];
        if (zone->loaded)
            fprintf(out, "meridian_zone_serial{zone=\"%s\"} %" PRIu32 "\n",
                    metrics_label(zone->name, label, sizeof label), zone->serial);
    }
}

static void put_service(const struct overview *overview, const char *zone,
                        const struct service *service, FILE *out)
{
    char name[LABEL], region[LABEL];
    for (uint16_t r = 0; r < service->region_count; r++)
        fprintf(out,
                "meridian_service_answers_total{zone=\"%s\",service=\"%s\",region=\"%s\"} %" PRIu64
                "\n",
                zone, metrics_label(service->name, name, sizeof name),
                metrics_label(service->regions[r].name, region, sizeof region),
                overview_sum_named(overview, service->regions[r].counter_id));
}

static void put_services(const struct overview *overview, const struct snapshot *snapshot,
                         FILE *out)
{
    char zone[LABEL];
    put_head(out, "meridian_service_answers_total", "counter",
             "Steered answers, by the first region in them.");
    for (size_t i = 0; i < snapshot->zones->count; i++) {
        size_t count;
        const struct service *const *services = snapshot_zone_services(snapshot, i, &count);
        metrics_label(snapshot->zones->zones[i]->name, zone, sizeof zone);
        for (size_t s = 0; s < count; s++)
            put_service(overview, zone, services[s], out);
    }
}

/* ---- of the targets ---- */

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

/* One family of metrics per figure: the format wants the lines of each together. */
static void put_targets(const struct target_report *targets, size_t count, FILE *out)
{
    char label[LABEL];
    put_head(out, "meridian_target_up", "gauge", "1: up, 0: down, -1: not yet probed.");
    for (size_t i = 0; i < count; i++) {
        const enum health health = targets[i].health;
        fprintf(out, "meridian_target_up{target=\"%s\"} %d\n",
                metrics_label(targets[i].label, label, sizeof label),
                health == HEALTH_UP     ? 1
                : health == HEALTH_DOWN ? 0
                                        : -1);
    }
    put_head(out, "meridian_probe_duration_seconds", "gauge", "How long the last probe took.");
    for (size_t i = 0; i < count; i++) {
        if (targets[i].last_wall_ms != 0)
            fprintf(out, "meridian_probe_duration_seconds{target=\"%s\"} %.6f\n",
                    metrics_label(targets[i].label, label, sizeof label),
                    targets[i].last_took_us / 1e6);
    }
    put_head(out, "meridian_probes_total", "counter", "Probes, by result.");
    for (size_t i = 0; i < count; i++) {
        metrics_label(targets[i].label, label, sizeof label);
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
    put_head(out, "meridian_target_certificate_expiry_seconds", "gauge",
             "When the first certificate that the target showed expires, in seconds since 1970.");
    for (size_t i = 0; i < count; i++) {
        if (targets[i].certificate_ends_s != 0)
            fprintf(out, "meridian_target_certificate_expiry_seconds{target=\"%s\"} %" PRIu64 "\n",
                    metrics_label(targets[i].label, label, sizeof label),
                    targets[i].certificate_ends_s);
    }
    put_head(out, "meridian_target_gate_open", "gauge", "1: the gate lets pass, 0: it is shut.");
    for (size_t i = 0; i < count; i++) {
        metrics_label(targets[i].label, label, sizeof label);
        for (size_t g = 0; g < targets[i].gate_count; g++)
            fprintf(out, "meridian_target_gate_open{target=\"%s\",gate=\"%zu\",metric=\"%s\"} %d\n",
                    label, g, targets[i].gates[g].metric, targets[i].gates[g].finding.open);
    }
}

static void put_prober(const struct overview *overview, FILE *out)
{
    struct prober_freeze freeze;
    prober_freeze(overview->prober, &freeze);
    put_head(out, "meridian_prober_frozen", "gauge",
             "1: several regions failed together and nobody answers, so states stay as they are.");
    put_value(out, "meridian_prober_frozen", freeze.frozen);
    put_head(out, "meridian_prober_freezes_total", "counter", "How often that has happened.");
    put_value(out, "meridian_prober_freezes_total", freeze.freezes);
}

static bool put_health(const struct overview *overview, const struct snapshot *snapshot, FILE *out)
{
    struct gathering all = { .seen = calloc(BOARD_CAPACITY / 8, 1) };
    if (all.seen == NULL)
        return false;
    overview_each_endpoint(snapshot, gather, &all);
    struct target_report *targets = calloc(all.count + 1, sizeof *targets);
    const bool done = targets != NULL && !all.failed;
    size_t count = 0;
    for (size_t i = 0; done && i < all.count; i++)
        count += prober_report(overview->prober, all.ids[i], &targets[count]);
    if (done)
        put_targets(targets, count, out);
    if (done)
        put_target_extras(targets, count, out);
    free(targets);
    free(all.ids);
    free(all.seen);
    return done;
}

/* ---- of the loader ---- */

static void put_loads(const struct overview *overview, FILE *out)
{
    struct loader_outcome outcome;
    loader_outcome(overview->loader, &outcome, NULL);

    put_head(out, "meridian_reloads_total", "counter", "Reloads, by outcome.");
    fprintf(out,
            "meridian_reloads_total{outcome=\"good\"} %" PRIu64 "\n"
            "meridian_reloads_total{outcome=\"refused\"} %" PRIu64 "\n",
            outcome.good_count, outcome.refused_count);
    put_head(out, "meridian_files_good", "gauge", "1: every file on disk is in force.");
    put_value(out, "meridian_files_good", outcome.good);
    put_head(out, "meridian_generation", "gauge", "Number of the generation that answers.");
    put_value(out, "meridian_generation", outcome.generation);
    put_head(out, "meridian_start_time_seconds", "gauge", "When the server started.");
    fprintf(out, "meridian_start_time_seconds %.3f\n", (double)overview->started_wall_ms / 1000);
    put_head(out, "meridian_build_info", "gauge", "Always 1; the version is the label.");
    fprintf(out, "meridian_build_info{version=\"%s\"} 1\n", MERIDIAN_VERSION);
}

static void put_databases(const struct snapshot *snapshot, FILE *out)
{
    char file[LABEL], type[LABEL];
    const double now_s = (double)clock_wall_ms() / 1000;
    put_head(out, "meridian_database_age_seconds", "gauge", "Since the database was built.");
    for (size_t i = 0; i < atlas_database_count(snapshot->atlas); i++) {
        const struct database_info *info = atlas_database_info(snapshot->atlas, i);
        fprintf(out, "meridian_database_age_seconds{file=\"%s\",type=\"%s\"} %.0f\n",
                metrics_label(atlas_database_file(snapshot->atlas, i), file, sizeof file),
                metrics_label(info->type, type, sizeof type), now_s - (double)info->build_epoch);
    }
}

char *metrics_text(const struct overview *overview, size_t *len)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, len);
    if (out == NULL)
        return NULL;
    bool done = true;

    put_loads(overview, out);
    put_transports(overview, out);
    put_rcodes(overview, out);
    put_plain(overview, out);
    put_prober(overview, out);
    const struct snapshot *snapshot = snapshot_enter();
    if (snapshot != NULL) {
        put_databases(snapshot, out);
        put_zones(overview, snapshot, out);
        put_services(overview, snapshot, out);
        done = put_health(overview, snapshot, out);
    }
    snapshot_leave();

    done = !ferror(out) && done;
    if (fclose(out) != 0 || !done) {
        free(text);
        return NULL;
    }
    return text;
}
