#ifndef MERIDIAN_ZONES_ZONEMAP_POOL_H
#define MERIDIAN_ZONES_ZONEMAP_POOL_H

#include <stdbool.h>
#include <stdint.h>

#include "dns/base/json.h"
#include "health/probe_spec.h"
#include "zones/service.h"
#include "zones/zonemap_reading.h"

/* What a service says about all of its endpoints. */
struct zonemap_pool_rules {
    const struct probe_spec *probe; /* of endpoints that name none; NULL: nobody asks them */
    bool min_up_is_percent;
    uint32_t min_up;
};

enum { ZONEMAP_POOL_LIMIT = 4096 }; /* endpoints of one region and type */

/*
 * Reads the endpoints of one region and type: a list, or for CNAME a single
 * one. A pool with mistakes, which are told, comes out with what could be read.
 */
void zonemap_pool_read(struct zonemap_reading *reading, const struct json_node *node, uint16_t type,
                       const struct zonemap_pool_rules *rules, struct pool *out);

#endif
