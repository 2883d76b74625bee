#include "zones/zonemap_reading.h"

#include <string.h>

#include "dns/proto/name.h"
#include "zones/pool_board.h"

static bool targets_reserve(struct zonemap_reading *reading)
{
    if (reading->target_count < reading->target_cap)
        return true;
    const size_t cap = reading->target_cap == 0 ? 64 : reading->target_cap * 2;
    uint32_t *targets = ARENA_ARRAY(reading->scratch, uint32_t, cap);
    if (targets == NULL)
        return false;
    if (reading->target_count > 0)
        memcpy(targets, reading->targets, reading->target_count * sizeof *targets);
    reading->targets = targets;
    reading->target_cap = cap;
    return true;
}

void zonemap_watch(struct zonemap_reading *reading, const struct json_node *where,
                   const struct probe_spec *spec, const struct address *address, uint16_t port,
                   const char *host, uint32_t *id)
{
    if (spec->type == PROBE_NONE)
        return;
    if (probe_spec_needs_port(spec) && probe_spec_port(spec, port) == 0) {
        json_error(where, STATUS_MEANING,
                   "no port: neither the probe '%s' nor the endpoint has one", spec->name);
        return;
    }

    struct probe_spec asked = *spec;
    if (probe_spec_uses_region(spec))
        asked.region = reading->region;
    const struct target *target;
    enum status status = STATUS_MEMORY;
    if (targets_reserve(reading))
        status = target_acquire(reading->registry, &asked, address, port, host, &target);
    if (status == STATUS_LIMIT) {
        json_error(where, status, "more targets than the health board holds");
    } else if (status != STATUS_OK) {
        json_error(where, status, "out of memory");
    } else {
        reading->targets[reading->target_count++] = target->id;
        *id = target->id;
    }
}

/*
 * The id, from 1, of a region of the service, or of a type of it; 0: no memory.
 * A wire name tells its own end, and no key of JSON holds a NUL: the parts
 * cannot run together.
 */
static uint32_t id_of(const struct zonemap_reading *reading, struct intern *ids,
                      const char *region, uint16_t type)
{
    const size_t apex_len = name_len(reading->apex);
    const size_t service_len = strlen(reading->service) + 1, region_len = strlen(region) + 1;
    const size_t len = apex_len + service_len + region_len + sizeof type;

    uint8_t *key = ARENA_ARRAY(reading->scratch, uint8_t, len);
    if (key == NULL)
        return 0;
    name_lower(reading->apex, key);
    memcpy(key + apex_len, reading->service, service_len);
    memcpy(key + apex_len + service_len, region, region_len);
    memcpy(key + len - sizeof type, &type, sizeof type);
    const uint32_t id = intern_add(ids, key, len);
    return id != INTERN_NONE ? id + 1 : 0;
}

uint32_t zonemap_counter(const struct zonemap_reading *reading, const char *region)
{
    return reading->counters != NULL ? id_of(reading, reading->counters, region, 0) : 0;
}

void zonemap_pool_id(struct zonemap_reading *reading, const struct json_node *where, uint16_t type,
                     uint32_t *id)
{
    if (reading->pools == NULL)
        return;
    const uint32_t found = id_of(reading, reading->pools, reading->region, type);
    if (found == 0)
        json_error(where, STATUS_MEMORY, "out of memory");
    else if (found >= POOL_BOARD_CAPACITY)
        json_error(where, STATUS_LIMIT, "more regions of services than the pool board holds");
    else
        *id = found;
}

void zonemap_unwatch(struct zonemap_reading *reading)
{
    for (size_t i = 0; i < reading->target_count; i++)
        target_release(reading->registry, reading->targets[i]);
    reading->target_count = 0;
}
