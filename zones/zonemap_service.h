#ifndef MERIDIAN_ZONES_ZONEMAP_SERVICE_H
#define MERIDIAN_ZONES_ZONEMAP_SERVICE_H

#include <stddef.h>

#include "dns/base/json.h"
#include "zones/policy_cache.h"
#include "zones/service.h"
#include "zones/zonemap_reading.h"

/*
 * Reads one member of `services` into the arena: everything but the policy,
 * which is compiled once the whole map is known to be good. Tells every
 * mistake; NULL only when memory is out (told, too).
 */
struct service *zonemap_service_read(struct zonemap_reading *reading, const struct json_node *node,
                                     uint16_t index);

/* Compiles the route of a service without mistakes, or finds it compiled. */
enum status zonemap_service_compile(struct service *service, const struct json_node *node,
                                    struct policy_cache *policies)
    __attribute__((warn_unused_result));

#endif
