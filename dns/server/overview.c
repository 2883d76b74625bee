#include "dns/server/overview.h"

uint64_t overview_sum(const struct overview *overview, size_t offset)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < overview->tally_count; i++)
        sum += counter_read((const void *)((const char *)overview->tallies[i] + offset));
    return sum;
}

uint64_t overview_sum_named(const struct overview *overview, uint32_t counter_id)
{
    uint64_t sum = 0;
    if (counter_id >= TALLY_NAMED)
        return 0;
    for (size_t i = 0; i < overview->tally_count; i++)
        sum += counter_read(&overview->tallies[i]->named[counter_id]);
    return sum;
}

const char *overview_health_text(enum health health)
{
    switch (health) {
    case HEALTH_UP:
        return "up";
    case HEALTH_DOWN:
        return "down";
    case HEALTH_UNKNOWN:
        break;
    }
    return "unknown";
}

const char *overview_pool_text(struct pool_state state)
{
    switch (state.cause) {
    case POOL_BY_DRAIN:
        return "drained";
    case POOL_BY_FORCE:
        return state.health == HEALTH_UP ? "forced up" : "forced down";
    case POOL_BY_LIMIT:
        return "held up";
    case POOL_BY_PROBES:
        break;
    }
    return overview_health_text(state.health);
}

static void each_of_region(struct overview_endpoint at,
                           void (*visit)(void *context, const struct overview_endpoint *at),
                           void *context)
{
    const struct service_region *region = &at.service->regions[at.region];
    for (uint16_t p = 0; p < region->pool_count; p++) {
        at.pool = &region->pools[p];
        for (uint16_t e = 0; e < at.pool->count; e++) {
            at.endpoint = &at.pool->endpoints[e];
            if (at.endpoint->target != TARGET_NONE)
                visit(context, &at);
        }
    }
}

void overview_each_endpoint(const struct snapshot *snapshot,
                            void (*visit)(void *context, const struct overview_endpoint *at),
                            void *context)
{
    struct overview_endpoint at = { 0 };
    for (at.zone = 0; at.zone < snapshot->zones->count; at.zone++) {
        size_t count;
        const struct service *const *services = snapshot_zone_services(snapshot, at.zone, &count);
        for (size_t s = 0; s < count; s++) {
            at.service = services[s];
            for (at.region = 0; at.region < at.service->region_count; at.region++)
                each_of_region(at, visit, context);
        }
    }
}
