#include "dns/server/status.h"

#include <stddef.h>

#include "dns/base/clock.h"
#include "dns/proto/rrtype.h"
#include "dns/server/choice.h"
#include "dns/server/status_orders.h"
#include "dns/server/version.h"
#include "health/prober.h"
#include "zones/rdata.h"

static void put_time(struct json_writer *writer, const char *key, uint64_t wall_ms)
{
    char text[CLOCK_TEXT];
    json_put_string(writer, key, clock_print(wall_ms, text));
}

void status_put_messages(struct json_writer *writer, const char *key, const struct report *report,
                         enum severity severity)
{
    json_put_array(writer, key);
    for (size_t i = 0; report != NULL && i < report_count(report); i++) {
        if (report_severity(report, i) == severity)
            json_put_string(writer, NULL, report_text(report, i));
    }
    json_end(writer);
}

/* ---- reloads ---- */

static void put_reloads(const struct overview *overview, struct json_writer *writer)
{
    struct loader_outcome outcome;
    struct report *report = report_new();
    loader_outcome(overview->loader, &outcome, report);

    json_put_string(writer, "state", loader_outcome_text(&outcome));
    json_put_object(writer, "reloads");
    json_put_integer(writer, "good", (int64_t)outcome.good_count);
    json_put_integer(writer, "refused", (int64_t)outcome.refused_count);
    json_put_object(writer, "last");
    put_time(writer, "at", outcome.at_wall_ms);
    json_put_integer(writer, "took_ms", (int64_t)outcome.took_ms);
    status_put_messages(writer, "mistakes", report, SEVERITY_MISTAKE);
    status_put_messages(writer, "warnings", report, SEVERITY_WARNING);
    json_end(writer);
    json_end(writer);
    report_free(report);
}

/* ---- databases ---- */

static void put_databases(const struct snapshot *snapshot, struct json_writer *writer)
{
    json_put_array(writer, "databases");
    for (size_t i = 0; i < atlas_database_count(snapshot->atlas); i++) {
        const struct database_info *info = atlas_database_info(snapshot->atlas, i);
        json_put_object(writer, NULL);
        json_put_string(writer, "file", atlas_database_file(snapshot->atlas, i));
        json_put_string(writer, "type", info->type);
        /* A file may claim any number; one beyond the year 9999 says nothing. */
        if (info->build_epoch < 253402300800u)
            put_time(writer, "built", info->build_epoch * 1000);
        json_put_integer(writer, "nodes", info->node_count);
        json_end(writer);
    }
    json_end(writer);
}

/* ---- zones, services, regions ---- */

static void put_gates(const struct target_report *target, struct json_writer *writer)
{
    json_put_array(writer, "gates");
    for (size_t i = 0; i < target->gate_count; i++) {
        const struct gate_finding *finding = &target->gates[i].finding;
        const bool is_latency = finding->unit_is_us;
        json_put_object(writer, NULL);
        json_put_string(writer, "metric", target->gates[i].metric);
        json_put_bool(writer, "open", finding->open);
        json_put_bool(writer, "proving", finding->proving);
        json_put_bool(writer, "too_few_samples", finding->too_few);
        json_put_integer(writer, "samples", finding->samples);
        if (finding->samples > 0)
            json_put_real(writer, is_latency ? "value_ms" : "value",
                          is_latency ? finding->value / 1000 : finding->value);
        json_put_string(writer, "text", target->gates[i].words);
        json_end(writer);
    }
    json_end(writer);
}

static void put_target(const struct overview *overview, uint32_t id, struct json_writer *writer)
{
    struct target_report target;
    if (!prober_report(overview->prober, id, &target)) {
        json_put_string(writer, "health", overview_health_text(HEALTH_UNKNOWN));
        return;
    }
    json_put_string(writer, "health", overview_health_text(target.health));
    json_put_string(writer, "target", target.label);
    put_time(writer, "since", target.since_wall_ms);
    json_put_bool(writer, "unsure", target.unsure);
    if (target.last_wall_ms == 0)
        return;
    json_put_object(writer, "last");
    put_time(writer, "at", target.last_wall_ms);
    json_put_bool(writer, "good", target.last_good);
    json_put_real(writer, "took_ms", target.last_took_us / 1000.0);
    if (target.last_silent)
        json_put_bool(writer, "verdict_kept", true);
    if (target.last_set_aside)
        json_put_bool(writer, "set_aside", true);
    if (target.last_reason[0] != '\0')
        json_put_string(writer, "reason", target.last_reason);
    json_end(writer);
    if (target.certificate_ends_s != 0)
        put_time(writer, "certificate_expires", target.certificate_ends_s * 1000);
    if (target.damping > 1)
        json_put_integer(writer, "damping", target.damping);
    if (target.gate_count > 0)
        put_gates(&target, writer);
}

static void put_pool(const struct overview *overview, const struct pool *pool,
                     struct json_writer *writer)
{
    char type[RRTYPE_TEXT], data[RDATA_TEXT];
    for (uint16_t i = 0; i < pool->count; i++) {
        const struct endpoint *endpoint = &pool->endpoints[i];
        json_put_object(writer, NULL);
        json_put_string(writer, "type", rrtype_to_text(pool->type, type));
        json_put_string(
            writer, "data",
            rdata_to_text(pool->type, endpoint->rdata, endpoint->rdata_len, data, sizeof data));
        json_put_integer(writer, "weight", endpoint->weight);
        if (endpoint->target != TARGET_NONE)
            put_target(overview, endpoint->target, writer);
        else
            json_put_string(writer, "health", overview_health_text(HEALTH_UP));
        json_end(writer);
    }
}

static const char *region_health_text(enum region_health health)
{
    switch (health) {
    case REGION_UP:
        return "up";
    case REGION_DOWN:
        return "down";
    case REGION_UNPROBED:
        return "unknown";
    case REGION_LACKS_TYPE:
        break;
    }
    return NULL;
}

static void put_region(const struct overview *overview, const struct snapshot *snapshot,
                       const struct service *service, uint16_t index, struct json_writer *writer)
{
    const struct service_region *region = &service->regions[index];
    char type[RRTYPE_TEXT];

    json_put_object(writer, NULL);
    json_put_string(writer, "name", region->name);
    json_put_object(writer, "health");
    for (uint16_t i = 0; i < region->pool_count; i++) {
        const char *text = region_health_text(
            region_health_now(service, index, region->pools[i].type, snapshot->pools));
        if (text != NULL)
            json_put_string(writer, rrtype_to_text(region->pools[i].type, type), text);
    }
    json_end(writer);
    status_orders_put_region(overview, service, index, writer);
    json_put_array(writer, "endpoints");
    for (uint16_t i = 0; i < region->pool_count; i++)
        put_pool(overview, &region->pools[i], writer);
    json_end(writer);
    json_end(writer);
}

static void put_service(const struct overview *overview, const struct snapshot *snapshot,
                        const struct service *service, struct json_writer *writer)
{
    json_put_object(writer, NULL);
    json_put_string(writer, "name", service->name);
    json_put_integer(writer, "ttl", service->ttl);
    json_put_string(writer, "route", service->route_text);
    json_put_array(writer, "regions");
    for (uint16_t i = 0; i < service->region_count; i++)
        put_region(overview, snapshot, service, i, writer);
    json_end(writer);
    json_end(writer);
}

static const char *zone_state_text(enum zone_state state)
{
    switch (state) {
    case ZONE_GOOD:
        return "good";
    case ZONE_STALE:
        return "stale";
    case ZONE_BROKEN:
        break;
    }
    return "broken";
}

static void put_zone(const struct overview *overview, const struct snapshot *snapshot, size_t index,
                     struct json_writer *writer)
{
    const struct zone *zone = snapshot->zones->zones[index];
    size_t count;
    const struct service *const *services = snapshot_zone_services(snapshot, index, &count);

    json_put_object(writer, NULL);
    json_put_string(writer, "name", zone->name);
    json_put_string(writer, "state", zone_state_text(snapshot_zone_state(snapshot, index)));
    if (zone->loaded) {
        json_put_integer(writer, "serial", zone->serial);
        json_put_integer(writer, "records", (int64_t)zone->record_count);
    }
    status_put_messages(writer, "mistakes", snapshot_zone_report(snapshot, index),
                        SEVERITY_MISTAKE);
    json_put_array(writer, "services");
    for (size_t i = 0; i < count; i++)
        put_service(overview, snapshot, services[i], writer);
    json_end(writer);
    json_end(writer);
}

static void put_queries(const struct overview *overview, struct json_writer *writer)
{
    static const char *const names[TRANSPORTS] = { "udp4", "udp6", "tcp4", "tcp6" };
    json_put_object(writer, "queries");
    for (size_t i = 0; i < TRANSPORTS; i++)
        json_put_integer(writer, names[i],
                         (int64_t)overview_sum(overview, offsetof(struct tally, queries) +
                                                             i * sizeof(struct counter)));
    json_end(writer);
}

static void put_prober(const struct overview *overview, struct json_writer *writer)
{
    struct prober_freeze freeze;
    prober_freeze(overview->prober, &freeze);
    json_put_object(writer, "prober");
    json_put_bool(writer, "frozen", freeze.frozen);
    if (freeze.since_wall_ms != 0)
        put_time(writer, "since", freeze.since_wall_ms);
    json_put_integer(writer, "freezes", (int64_t)freeze.freezes);
    json_put_integer(writer, "ignored", (int64_t)freeze.ignored);
    json_end(writer);
}

void status_write(const struct overview *overview, struct json_writer *writer)
{
    json_put_string(writer, "version", MERIDIAN_VERSION);
    put_time(writer, "started", overview->started_wall_ms);
    put_reloads(overview, writer);
    put_queries(overview, writer);
    put_prober(overview, writer);
    status_orders_put(overview, writer);

    const struct snapshot *snapshot = snapshot_enter();
    if (snapshot != NULL) {
        json_put_integer(writer, "generation", (int64_t)snapshot->generation);
        put_time(writer, "since", snapshot->built_wall_ms);
        put_databases(snapshot, writer);
        json_put_array(writer, "zones");
        for (size_t i = 0; i < snapshot->zones->count; i++)
            put_zone(overview, snapshot, i, writer);
        json_end(writer);
    }
    snapshot_leave();
}
