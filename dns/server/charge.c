#include "dns/server/charge.h"

#include <stdlib.h>
#include <string.h>

#include "dns/proto/rrtype.h"

const struct pool *crowd_pool(const struct crowd *crowd, uint16_t region)
{
    return service_pool(crowd->service, region, crowd->type);
}

void charge_release(struct charge *charge)
{
    free(charge->crowds);
    free(charge->first);
    free(charge->users);
    *charge = (struct charge){ 0 };
}

/* Calls `each` for every target that has a say in the crowd; one may come more than once. */
static void crowd_each_target(const struct crowd *crowd, struct charge *charge, uint32_t index,
                              void (*each)(struct charge *charge, uint32_t target, uint32_t index))
{
    const bool is_family = crowd->type == RRTYPE_A || crowd->type == RRTYPE_AAAA;

    for (uint16_t r = 0; r < crowd->service->region_count; r++) {
        const struct service_region *region = &crowd->service->regions[r];
        for (uint16_t p = 0; p < region->pool_count; p++) {
            const struct pool *pool = &region->pools[p];
            /* What has no address of its own may follow the families (pool_count()). */
            const bool has_say =
                pool->type == crowd->type ||
                (!is_family && (pool->type == RRTYPE_A || pool->type == RRTYPE_AAAA));
            for (uint16_t e = 0; has_say && e < pool->count; e++)
                if (pool->endpoints[e].target != TARGET_NONE)
                    each(charge, pool->endpoints[e].target, index);
        }
    }
}

static void note_target(struct charge *charge, uint32_t target, uint32_t index)
{
    (void)index;
    if (target >= charge->target_cap)
        charge->target_cap = (size_t)target + 1;
}

static void count_user(struct charge *charge, uint32_t target, uint32_t index)
{
    (void)index;
    charge->first[target + 1]++;
}

/* Fills from the front of each target's places: first[t] runs up to where first[t + 1] began. */
static void put_user(struct charge *charge, uint32_t target, uint32_t index)
{
    charge->users[charge->first[target]++] = index;
}

static void each_target(struct charge *charge,
                        void (*each)(struct charge *charge, uint32_t target, uint32_t index))
{
    for (size_t i = 0; i < charge->crowd_count; i++)
        crowd_each_target(&charge->crowds[i], charge, (uint32_t)i, each);
}

/* By counting sort: who uses which target. */
static bool charge_index(struct charge *charge)
{
    each_target(charge, note_target);
    charge->first = calloc(charge->target_cap + 2, sizeof *charge->first);
    if (charge->first == NULL)
        return false;
    each_target(charge, count_user);
    for (size_t t = 0; t < charge->target_cap; t++)
        charge->first[t + 1] += charge->first[t];
    charge->users = calloc(charge->first[charge->target_cap] + 1u, sizeof *charge->users);
    if (charge->users == NULL)
        return false;
    each_target(charge, put_user);
    memmove(charge->first + 1, charge->first, charge->target_cap * sizeof *charge->first);
    charge->first[0] = 0;
    return true;
}

static void charge_add(struct charge *charge, const char *zone, const struct service *service)
{
    for (uint16_t i = 0; i < service->type_count; i++)
        charge->crowds[charge->crowd_count++] =
            (struct crowd){ .zone = zone, .service = service, .type = service->types[i] };
    for (uint16_t r = 0; r < service->region_count; r++)
        for (uint16_t p = 0; p < service->regions[r].pool_count; p++)
            if (service->regions[r].pools[p].id >= charge->pool_cap)
                charge->pool_cap = service->regions[r].pools[p].id + 1;
}

static size_t count_crowds(const struct snapshot *snapshot)
{
    size_t total = 0;
    for (size_t zone = 0; zone < snapshot->zones->count; zone++) {
        size_t count;
        const struct service *const *services = snapshot_zone_services(snapshot, zone, &count);
        for (size_t i = 0; i < count; i++)
            total += services[i]->type_count;
    }
    return total;
}

bool charge_build(const struct snapshot *snapshot, struct charge *out)
{
    *out = (struct charge){ 0 };
    if (snapshot == NULL)
        return true;
    out->crowds = calloc(count_crowds(snapshot) + 1, sizeof *out->crowds);
    if (out->crowds == NULL)
        return false;
    for (size_t zone = 0; zone < snapshot->zones->count; zone++) {
        size_t count;
        const struct service *const *services = snapshot_zone_services(snapshot, zone, &count);
        for (size_t i = 0; i < count; i++)
            charge_add(out, snapshot->zones->zones[zone]->name, services[i]);
    }
    if (charge_index(out))
        return true;
    charge_release(out);
    return false;
}
