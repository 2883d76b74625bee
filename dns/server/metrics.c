#include "dns/server/metrics.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "dns/base/clock.h"
#include "dns/server/exposition.h"
#include "dns/server/metrics_regions.h"
#include "dns/server/metrics_targets.h"
#include "dns/server/version.h"
#include "zones/service.h"

enum { LABEL = EXPOSITION_LABEL };

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

    exposition_head(out, "meridian_queries_total", "counter", "Queries that came, by transport.");
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
    exposition_head(out, "meridian_answers_total", "counter", "Answers that left, by rcode.");
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
        exposition_head(out, rows[i].name, "counter", rows[i].help);
        put_value(out, rows[i].name, overview_sum(overview, rows[i].offset));
    }
    exposition_head(out, "meridian_tcp_connections", "gauge", "TCP connections at this moment.");
    put_value(out, "meridian_tcp_connections", quota_count(overview->quota));
}

/* ---- of the zones ---- */

static void put_zones(const struct overview *overview, const struct snapshot *snapshot, FILE *out)
{
    char label[LABEL];
    exposition_head(out, "meridian_zone_queries_total", "counter",
                    "Queries for names of the zone.");
    for (size_t i = 0; i < snapshot->zones->count; i++) {
        const struct zone *zone = snapshot->zones->zones[i];
        fprintf(out, "meridian_zone_queries_total{zone=\"%s\"} %" PRIu64 "\n",
                exposition_label(zone->name, label, sizeof label),
                overview_sum_named(overview, zone->counter_id));
    }

    exposition_head(out, "meridian_zone_state", "gauge",
                    "0: as on disk, 1: old content answers because of mistakes, 2: SERVFAIL.");
    for (size_t i = 0; i < snapshot->zones->count; i++)
        fprintf(out, "meridian_zone_state{zone=\"%s\"} %d\n",
                exposition_label(snapshot->zones->zones[i]->name, label, sizeof label),
                (int)snapshot_zone_state(snapshot, i));

    exposition_head(out, "meridian_zone_serial", "gauge", "Serial of the zone that answers.");
    for (size_t i = 0; i < snapshot->zones->count; i++) {
        const struct zone *zone = snapshot->zones->zones[i];
        if (zone->loaded)
            fprintf(out, "meridian_zone_serial{zone=\"%s\"} %" PRIu32 "\n",
                    exposition_label(zone->name, label, sizeof label), zone->serial);
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
                zone, exposition_label(service->name, name, sizeof name),
                exposition_label(service->regions[r].name, region, sizeof region),
                overview_sum_named(overview, service->regions[r].counter_id));
}

static void put_services(const struct overview *overview, const struct snapshot *snapshot,
                         FILE *out)
{
    char zone[LABEL];
    exposition_head(out, "meridian_service_answers_total", "counter",
                    "Steered answers, by the first region in them.");
    for (size_t i = 0; i < snapshot->zones->count; i++) {
        size_t count;
        const struct service *const *services = snapshot_zone_services(snapshot, i, &count);
        exposition_label(snapshot->zones->zones[i]->name, zone, sizeof zone);
        for (size_t s = 0; s < count; s++)
            put_service(overview, zone, services[s], out);
    }
}

/* ---- of the prober ---- */

static void put_prober(const struct overview *overview, FILE *out)
{
    struct prober_freeze freeze;
    prober_freeze(overview->prober, &freeze);
    exposition_head(out, "meridian_prober_frozen", "gauge",
             "1: several regions failed together and nobody answers, so states stay as they are.");
    put_value(out, "meridian_prober_frozen", freeze.frozen);
    exposition_head(out, "meridian_prober_freezes_total", "counter", "How often that has happened.");
    put_value(out, "meridian_prober_freezes_total", freeze.freezes);
}

/* ---- of the loader ---- */

static void put_loads(const struct overview *overview, FILE *out)
{
    struct loader_outcome outcome;
    loader_outcome(overview->loader, &outcome, NULL);

    exposition_head(out, "meridian_reloads_total", "counter", "Reloads, by outcome.");
    fprintf(out,
            "meridian_reloads_total{outcome=\"good\"} %" PRIu64 "\n"
            "meridian_reloads_total{outcome=\"refused\"} %" PRIu64 "\n",
            outcome.good_count, outcome.refused_count);
    exposition_head(out, "meridian_files_good", "gauge", "1: every file on disk is in force.");
    put_value(out, "meridian_files_good", outcome.good);
    exposition_head(out, "meridian_generation", "gauge", "Number of the generation that answers.");
    put_value(out, "meridian_generation", outcome.generation);
    exposition_head(out, "meridian_start_time_seconds", "gauge", "When the server started.");
    fprintf(out, "meridian_start_time_seconds %.3f\n", (double)overview->started_wall_ms / 1000);
    exposition_head(out, "meridian_build_info", "gauge", "Always 1; the version is the label.");
    fprintf(out, "meridian_build_info{version=\"%s\"} 1\n", MERIDIAN_VERSION);
}

static void put_databases(const struct snapshot *snapshot, FILE *out)
{
    char file[LABEL], type[LABEL];
    const double now_s = (double)clock_wall_ms() / 1000;
    exposition_head(out, "meridian_database_age_seconds", "gauge", "Since the database was built.");
    for (size_t i = 0; i < atlas_database_count(snapshot->atlas); i++) {
        const struct database_info *info = atlas_database_info(snapshot->atlas, i);
        fprintf(out, "meridian_database_age_seconds{file=\"%s\",type=\"%s\"} %.0f\n",
                exposition_label(atlas_database_file(snapshot->atlas, i), file, sizeof file),
                exposition_label(info->type, type, sizeof type), now_s - (double)info->build_epoch);
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
    metrics_orders_put(overview, out);
    const struct snapshot *snapshot = snapshot_enter();
    if (snapshot != NULL) {
        put_databases(snapshot, out);
        put_zones(overview, snapshot, out);
        put_services(overview, snapshot, out);
        metrics_regions_put(overview, snapshot, out);
        done = metrics_targets_put(overview, snapshot, out);
    }
    snapshot_leave();

    done = !ferror(out) && done;
    if (fclose(out) != 0 || !done) {
        free(text);
        return NULL;
    }
    return text;
}
