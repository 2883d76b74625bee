#ifndef MERIDIAN_ZONES_ZONEMAP_ENDPOINTS_H
#define MERIDIAN_ZONES_ZONEMAP_ENDPOINTS_H

#include "dns/base/json.h"
#include "zones/service.h"
#include "zones/zonemap_pool.h"
#include "zones/zonemap_reading.h"

/*
 * Reads `endpoints` of a service, region by region: fills its regions, places
 * and types, and checks that the regions offer the same (unless the service,
 * whose `partial_types` is already set, says that they need not). Tells every
 * mistake; a region without a place in the map is in the lists all the same,
 * so that the route is judged by what was meant.
 */
void zonemap_endpoints_read(struct zonemap_reading *reading, const struct json_node *node,
                            const struct zonemap_pool_rules *rules, struct service *service);

#endif
