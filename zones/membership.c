#include "zones/membership.h"

#include <stdlib.h>

#include "zones/service.h"

static bool member_add(struct membership *membership, uint32_t target, uint32_t region)
{
    if (membership->count == membership->cap) {
        const size_t cap = membership->cap == 0 ? 64 : membership->cap * 2;
        struct guard_member *more = realloc(membership->members, cap * sizeof *more);
        if (more == NULL)
            return false;
        membership->members = more;
        membership->cap = cap;
    }
    membership->members[membership->count++] = (struct guard_member){ target, region };
    return true;
}

static bool region_add(struct membership *membership, const struct service_region *region,
                       uint32_t number)
{
    for (uint16_t p = 0; p < region->pool_count; p++) {
        const struct pool *pool = &region->pools[p];
        for (uint16_t e = 0; e < pool->count; e++) {
            const uint32_t target = pool->endpoints[e].target;
            if (target != TARGET_NONE && !member_add(membership, target, number))
                return false;
        }
    }
    return true;
}

static bool service_add(struct membership *membership, const struct service *service,
                        struct intern *names)
{
    for (uint16_t r = 0; r < service->region_count; r++) {
        const uint32_t number = intern_add_text(names, service->regions[r].name);
        if (number == INTERN_NONE || !region_add(membership, &service->regions[r], number))
            return false;
    }
    return true;
}

bool membership_add(struct membership *membership, const struct snapshot *snapshot,
                    struct intern *names)
{
    for (size_t zone = 0; zone < snapshot->zones->count; zone++) {
        size_t count;
        const struct service *const *services = snapshot_zone_services(snapshot, zone, &count);
        for (size_t s = 0; s < count; s++) {
            if (!service_add(membership, services[s], names))
                return false;
        }
    }
    return true;
}

void membership_release(struct membership *membership)
{
    free(membership->members);
    *membership = (struct membership){ 0 };
}
