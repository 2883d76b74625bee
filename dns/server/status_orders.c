#include "dns/server/status_orders.h"

#include <stdlib.h>

#include "dns/base/clock.h"
#include "dns/proto/rrtype.h"
#include "dns/server/desk.h"
#include "dns/server/order_json.h"

static void put_journal(const struct overview *overview, struct json_writer *writer)
{
    if (overview->journal == NULL)
        return;
    const struct journal_counts counts = journal_counts(overview->journal);
    json_put_object(writer, "journal");
    json_put_integer(writer, "written", (int64_t)counts.written);
    json_put_integer(writer, "lost", (int64_t)counts.lost);
    json_put_bool(writer, "failing", counts.failing);
    json_end(writer);
}

void status_orders_put(const struct overview *overview, struct json_writer *writer)
{
    size_t count;
    struct order *list = orders_copy(overview->orders, &count);
    const char *unkept = overview->desk != NULL ? desk_unkept(overview->desk) : NULL;
    json_put_array(writer, "orders");
    for (size_t i = 0; list != NULL && i < count; i++)
        order_json_put(writer, NULL, &list[i]);
    json_end(writer);
    free(list);
    if (unkept != NULL)
        json_put_string(writer, "orders_unkept", unkept);
    put_journal(overview, writer);
}

static void put_state(const struct steward_report *report, const char *type,
                      struct json_writer *writer)
{
    char since[CLOCK_TEXT];
    json_put_object(writer, type);
    json_put_string(writer, "state", overview_pool_text(report->state));
    if (report->since_wall_ms != 0)
        json_put_string(writer, "since", clock_print(report->since_wall_ms, since));
    json_put_string(writer, "probes", overview_health_text(report->counted));
    json_put_bool(writer, "unsure", report->state.unsure);
    if (report->state.withheld > 0)
        json_put_real(writer, "withheld", (double)report->state.withheld / POOL_SHARE);
    json_end(writer);
}

void status_orders_put_region(const struct overview *overview, const struct service *service,
                              uint16_t index, struct json_writer *writer)
{
    const struct service_region *region = &service->regions[index];
    char type[RRTYPE_TEXT];
    struct order order;
    json_put_object(writer, "states");
    for (uint16_t i = 0; i < region->pool_count; i++) {
        struct steward_report report;
        if (steward_report(overview->steward, region->pools[i].id, &report))
            put_state(&report, rrtype_to_text(region->pools[i].type, type), writer);
    }
    json_end(writer);
    if (orders_find(overview->orders, region->name, region->tags, region->tag_count, service->name,
                    &order) != ORDER_NONE)
        order_json_put(writer, "order", &order);
}
