#include "dns/server/metrics_regions.h"

#include <inttypes.h>
#include <stdlib.h>

#include "dns/proto/rrtype.h"
#include "dns/server/desk.h"
#include "dns/server/desk_names.h"
#include "dns/server/exposition.h"

enum { LABEL = EXPOSITION_LABEL, LABELS = 3 * LABEL + 64 };

/* One metric, over every region of every service. */
struct metric {
    const struct overview *overview;
    const struct snapshot *snapshot;
    FILE *out;
};

/* zone="...",service="...",region="..." */
static const char *labels(const char *zone, const struct service *service, uint16_t region,
                          char out[LABELS])
{
    char zones[LABEL], services[LABEL], regions[LABEL];
    snprintf(out, LABELS, "zone=\"%s\",service=\"%s\",region=\"%s\"",
             exposition_label(zone, zones, sizeof zones),
             exposition_label(service->name, services, sizeof services),
             exposition_label(service->regions[region].name, regions, sizeof regions));
    return out;
}

static int up_value(enum health health)
{
    switch (health) {
    case HEALTH_UP:
        return 1;
    case HEALTH_DOWN:
        return 0;
    case HEALTH_UNKNOWN:
        break;
    }
    return -1;
}

static void put_up(void *context, const char *zone, const struct service *service, uint16_t region)
{
    const struct metric *metric = context;
    const struct service_region *at = &service->regions[region];
    char text[LABELS], type[RRTYPE_TEXT];
    labels(zone, service, region, text);
    for (uint16_t i = 0; i < at->pool_count; i++)
        fprintf(metric->out, "meridian_region_up{%s,type=\"%s\"} %d\n", text,
                rrtype_to_text(at->pools[i].type, type),
                up_value(pool_board_get(metric->snapshot->pools, at->pools[i].id).health));
}

static void put_withheld(void *context, const char *zone, const struct service *service,
                         uint16_t region)
{
    const struct metric *metric = context;
    const struct service_region *at = &service->regions[region];
    char text[LABELS], type[RRTYPE_TEXT];
    for (uint16_t i = 0; i < at->pool_count; i++) {
        const struct pool_state state = pool_board_get(metric->snapshot->pools, at->pools[i].id);
        if (state.withheld > 0)
            fprintf(metric->out, "meridian_region_withheld_ratio{%s,type=\"%s\"} %.4f\n",
                    labels(zone, service, region, text), rrtype_to_text(at->pools[i].type, type),
                    (double)state.withheld / POOL_SHARE);
    }
}

static void put_held(void *context, const char *zone, const struct service *service,
                     uint16_t region)
{
    const struct metric *metric = context;
    const struct service_region *at = &service->regions[region];
    char text[LABELS], type[RRTYPE_TEXT];
    for (uint16_t i = 0; i < at->pool_count; i++) {
        if (pool_board_get(metric->snapshot->pools, at->pools[i].id).cause == POOL_BY_LIMIT)
            fprintf(metric->out, "meridian_region_held_up{%s,type=\"%s\"} 1\n",
                    labels(zone, service, region, text), rrtype_to_text(at->pools[i].type, type));
    }
}

static void put_order(void *context, const char *zone, const struct service *service,
                      uint16_t region)
{
    const struct metric *metric = context;
    const struct service_region *at = &service->regions[region];
    char text[LABELS];
    const enum order_kind kind = orders_find(metric->overview->orders, at->name, at->tags,
                                             at->tag_count, service->name, NULL);
    if (kind != ORDER_NONE)
        fprintf(metric->out, "meridian_region_order{%s,order=\"%s\"} 1\n",
                labels(zone, service, region, text), order_kind_text(kind));
}

void metrics_regions_put(const struct overview *overview, const struct snapshot *snapshot,
                         FILE *out)
{
    struct metric metric = { .overview = overview, .snapshot = snapshot, .out = out };
    exposition_head(out, "meridian_region_up", "gauge",
                    "What answers go by. 1: up, 0: down, -1: not yet probed.");
    desk_names_each(snapshot, NULL, put_up, &metric);
    exposition_head(out, "meridian_region_withheld_ratio", "gauge",
                    "The part of its clients that a region which came back has yet to get.");
    desk_names_each(snapshot, NULL, put_withheld, &metric);
    exposition_head(out, "meridian_region_held_up", "gauge",
                    "1: its probes fail, and max_down keeps it in the answers.");
    desk_names_each(snapshot, NULL, put_held, &metric);
    exposition_head(out, "meridian_region_order", "gauge",
                    "1: an operator's order (drain, up, down) counts here.");
    desk_names_each(snapshot, NULL, put_order, &metric);
}

void metrics_orders_put(const struct overview *overview, FILE *out)
{
    const struct journal_counts counts = journal_counts(overview->journal);
    const bool kept = overview->desk == NULL || desk_unkept(overview->desk) == NULL;
    size_t count = 0;
    free(orders_copy(overview->orders, &count));

    exposition_head(out, "meridian_orders", "gauge", "Orders of operators that are in force.");
    fprintf(out, "meridian_orders %zu\n", count);
    exposition_head(out, "meridian_orders_kept", "gauge", "1: they would survive a restart.");
    fprintf(out, "meridian_orders_kept %d\n", kept);
    exposition_head(out, "meridian_journal_lines_total", "counter", "Lines written to the journal.");
    fprintf(out, "meridian_journal_lines_total %" PRIu64 "\n", counts.written);
    exposition_head(out, "meridian_journal_lost_total", "counter",
                    "Events that found no room while the journal could not be written.");
    fprintf(out, "meridian_journal_lost_total %" PRIu64 "\n", counts.lost);
    exposition_head(out, "meridian_journal_failing", "gauge",
                    "1: the journal cannot be written at present.");
    fprintf(out, "meridian_journal_failing %d\n", counts.failing);
}
