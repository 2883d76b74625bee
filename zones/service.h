#ifndef MERIDIAN_ZONES_SERVICE_H
#define MERIDIAN_ZONES_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "geo/atlas.h"
#include "geo/policy.h"
#include "geo/region.h"
#include "health/target.h"

/*
 * What a steered name answers: for each region its endpoints by record type.
 * Frozen, in the arena of its zone.
 */
struct endpoint {
    const uint8_t *rdata; /* wire form */
    uint16_t rdata_len;
    uint16_t weight;      /* 1..65535, decides who is among the first `answers` */
    uint32_t target;      /* id on the board; TARGET_NONE: always up */
};

/* The endpoints of one region and type. */
struct pool {
    uint16_t type;
    uint16_t count;
    uint16_t needed;      /* min_up for this pool, as a count, at least 1 */
    uint32_t id;          /* its word on the pool board: the same for this zone, service, region
                             and type in every generation */
    const struct endpoint *endpoints;
    const uint32_t *weight_up_to; /* of the endpoints up to each; NULL: all weigh the same */
};

struct service_region {
    const char *name;
    const char *const *tags; /* of the region, for who drains by tag */
    uint16_t tag_count;
    uint64_t salt;       /* of the draw who is taken back first after a recovery */
    uint32_t counter_id; /* the same for this zone, service and region in every generation; 0: none */
    const struct pool *pools; /* sorted by type */
    uint16_t pool_count;
};

enum all_down { ALL_DOWN_SERVE_ALL, ALL_DOWN_ZONEFILE, ALL_DOWN_LIST };

enum { SERVICE_ANSWERS_LIMIT = 64 };

struct service {
    const char *name;
    uint16_t index;           /* among the services of its zone, for counters */
    uint32_t ttl;             /* seconds, while all is quiet */
    uint32_t ttl_min;         /* while health that the answer rests on may change; at most `ttl` */
    uint16_t max_down;        /* most regions that probes alone may withdraw, for each type */
    uint32_t ramp_ms;         /* a region that came back takes its clients back over this time, */
    struct atlas_grain grain; /* block by block of this length */
    uint16_t answers;         /* most records in one answer, 1..SERVICE_ANSWERS_LIMIT */
    uint16_t spread;          /* how many of the first healthy regions answer, at least 1 */
    bool ecs;                 /* false: the source address alone counts, scope 0 */
    bool partial_types;
    enum all_down all_down;
    const uint16_t *all_down_list; /* regions, ALL_DOWN_LIST only */
    uint16_t all_down_count;
    const uint16_t *types;    /* every type that some region offers, sorted */
    uint16_t type_count;
    const struct service_region *regions; /* in the order of `endpoints` */
    uint16_t region_count;
    struct region_list places;      /* the same regions as the route sees them */
    const struct policy *policy;
    const struct route *route;      /* for explain */
    const char *route_text;         /* the route as written, one line of JSON, for explain */
};

static inline bool service_offers(const struct service *service, uint16_t type)
{
    for (unsigned i = 0; i < service->type_count && service->types[i] <= type; i++) {
        if (service->types[i] == type)
            return true;
    }
    return false;
}

/*
 * The pool of a region for a type; NULL when it has none. A region offers two
 * or three types: a walk is shorter than a search.
 */
static inline const struct pool *service_pool(const struct service *service, uint16_t region,
                                              uint16_t type)
{
    if (region >= service->region_count)
        return NULL;
    const struct service_region *at = &service->regions[region];
    const struct pool *pool = at->pools;
    for (unsigned left = at->pool_count; left > 0 && pool->type <= type; left--, pool++) {
        if (pool->type == type)
            return pool;
    }
    return NULL;
}

#endif
