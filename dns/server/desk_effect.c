#include "dns/server/desk_effect.h"

#include <stdio.h>

#include "dns/proto/rrtype.h"
#include "dns/server/order_json.h"
#include "dns/server/overview.h"

static enum order_kind order_at(struct orders *orders, const struct service *service,
                                uint16_t region, struct order *out)
{
    const struct service_region *at = &service->regions[region];
    return orders_find(orders, at->name, at->tags, at->tag_count, service->name, out);
}

/* ---- what is touched ---- */

struct touching {
    const struct snapshot *snapshot;
    struct orders *orders;
    struct json_writer *writer;
};

static void put_touched(void *context, const char *zone, const struct service *service,
                        uint16_t index)
{
    const struct touching *touching = context;
    const struct service_region *region = &service->regions[index];
    struct json_writer *writer = touching->writer;
    struct order order;

    json_put_object(writer, NULL);
    json_put_string(writer, "zone", zone);
    json_put_string(writer, "service", service->name);
    json_put_string(writer, "region", region->name);
    if (region->pool_count > 0)
        json_put_string(writer, "state",
                        overview_pool_text(pool_board_get(touching->snapshot->pools,
                                                          region->pools[0].id)));
    if (order_at(touching->orders, service, index, &order) != ORDER_NONE)
        order_json_put(writer, "order", &order);
    json_end(writer);
}

void desk_effect_put_touched(const struct snapshot *snapshot, struct orders *orders,
                             const struct order_subject *subject, struct json_writer *writer)
{
    struct touching touching = { .snapshot = snapshot, .orders = orders, .writer = writer };
    json_put_array(writer, "touched");
    desk_names_each(snapshot, subject, put_touched, &touching);
    json_end(writer);
}

/* ---- services that are left without any region ---- */

static bool is_all_down(const struct snapshot *snapshot, const struct service *service,
                        uint16_t type)
{
    for (uint16_t i = 0; i < service->region_count; i++) {
        const struct pool *pool = service_pool(service, i, type);
        if (pool != NULL && pool_board_get(snapshot->pools, pool->id).health != HEALTH_DOWN)
            return false;
    }
    return true;
}

/* "A, AAAA"; false when there is none. */
static bool types_down(const struct snapshot *snapshot, const struct service *service, char *out,
                       size_t cap)
{
    size_t len = 0;
    out[0] = '\0';
    for (uint16_t i = 0; i < service->type_count; i++) {
        char type[RRTYPE_TEXT];
        if (len < cap && is_all_down(snapshot, service, service->types[i]))
            len += (size_t)snprintf(out + len, cap - len, "%s%s", len > 0 ? ", " : "",
                                    rrtype_to_text(service->types[i], type));
    }
    return len > 0;
}

static const char *what_then(const struct service *service)
{
    switch (service->all_down) {
    case ALL_DOWN_SERVE_ALL:
        return "all are answered as if they were up (when_all_down)";
    case ALL_DOWN_ZONEFILE:
        return "the zone file answers (when_all_down)";
    case ALL_DOWN_LIST:
        break;
    }
    return "the list in when_all_down answers";
}

struct warning {
    const struct snapshot *snapshot;
    struct json_writer *writer;
    const struct service *last; /* regions of one service come one after the other */
    size_t count;
};

static void warn_all_down(void *context, const char *zone, const struct service *service,
                          uint16_t region)
{
    struct warning *warning = context;
    char types[128], text[3 * ORDER_NAME + 256];
    (void)region;
    if (service == warning->last)
        return;
    warning->last = service;
    if (!types_down(warning->snapshot, service, types, sizeof types))
        return;
    if (warning->count++ >= DESK_TOLD)
        return;
    snprintf(text, sizeof text, "%s: service '%s' has no region left (%s): %s", zone, service->name,
             types, what_then(service));
    json_put_string(warning->writer, NULL, text);
}

void desk_effect_put_all_down(const struct snapshot *snapshot, const struct order_subject *subject,
                              struct json_writer *writer)
{
    struct warning warning = { .snapshot = snapshot, .writer = writer };
    desk_names_each(snapshot, subject, warn_all_down, &warning);
    if (warning.count > DESK_TOLD) {
        char text[64];
        snprintf(text, sizeof text, "and %zu services more without a region",
                 warning.count - DESK_TOLD);
        json_put_string(writer, NULL, text);
    }
}

/* ---- orders that count more, or remain ---- */

struct others {
    struct orders *orders;
    const struct order_subject *subject;
    struct order *list;
    size_t count, cap;
};

static void gather_other(void *context, const char *zone, const struct service *service,
                         uint16_t region)
{
    struct others *others = context;
    struct order order;
    (void)zone;
    if (others->count == others->cap ||
        order_at(others->orders, service, region, &order) == ORDER_NONE ||
        order_subject_equal(&order.subject, others->subject))
        return;
    for (size_t i = 0; i < others->count; i++) {
        if (order_subject_equal(&others->list[i].subject, &order.subject))
            return;
    }
    others->list[others->count++] = order;
}

size_t desk_effect_others(const struct snapshot *snapshot, struct orders *orders,
                          const struct order_subject *subject, struct order *out, size_t cap)
{
    struct others others = { .orders = orders, .subject = subject, .list = out, .cap = cap };
    desk_names_each(snapshot, subject, gather_other, &others);
    return others.count;
}
