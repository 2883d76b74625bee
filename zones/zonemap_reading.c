#include "zones/zonemap_reading.h"

#include <string.h>

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
    if (probe_spec_port(spec, port) == 0) {
        json_error(where, STATUS_MEANING,
                   "no port: neither the probe '%s' nor the endpoint has one", spec->name);
        return;
    }

    const struct target *target;
    enum status status = STATUS_MEMORY;
    if (targets_reserve(reading))
        status = target_acquire(reading->registry, spec, address, port, host, &target);
    if (status == STATUS_LIMIT) {
        json_error(where, status, "more targets than the health board holds");
    } else if (status != STATUS_OK) {
        json_error(where, status, "out of memory");
    } else {
        reading->targets[reading->target_count++] = target->id;
        *id = target->id;
    }
}

void zonemap_unwatch(struct zonemap_reading *reading)
{
    for (size_t i = 0; i < reading->target_count; i++)
        target_release(reading->registry, reading->targets[i]);
    reading->target_count = 0;
}
