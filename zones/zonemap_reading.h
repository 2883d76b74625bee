#ifndef MERIDIAN_ZONES_ZONEMAP_READING_H
#define MERIDIAN_ZONES_ZONEMAP_READING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/base/arena.h"
#include "dns/base/intern.h"
#include "dns/base/json.h"
#include "dns/base/prefix.h"
#include "geo/atlas.h"
#include "health/target.h"
#include "zones/zonemap_catalog.h"

/*
 * What the parts of zonemap share while one map is read. Mistakes are told
 * where they are found and counted by the report: the functions go on after
 * one, and whoever began the reading asks the report how it ended.
 */
struct zonemap_reading {
    struct arena *arena;   /* of the zone: what stays */
    struct arena *scratch; /* gone when the map is read */
    const uint8_t *apex;
    struct atlas_grain grain;
    struct zonemap_catalog catalog;
    uint8_t *rdata;          /* RDATA_MAX_LEN octets, for one record at a time */
    struct intern *counters; /* may be NULL */
    struct intern *pools;    /* may be NULL */
    const char *service;     /* which is being read, or was last; NULL before the first */
    const char *region;      /* whose endpoints are being read; NULL outside of them */
    struct target_registry *registry;
    uint32_t *targets; /* acquired so far */
    size_t target_count, target_cap;
};

/*
 * Acquires what watches `address` by `spec` and remembers it; *id is its word
 * on the board. `port` 0 and `host` NULL leave what the probe says. What is
 * wrong is told at `where`, and *id is left alone.
 */
void zonemap_watch(struct zonemap_reading *reading, const struct json_node *where,
                   const struct probe_spec *spec, const struct address *address, uint16_t port,
                   const char *host, uint32_t *id);

/* The counter_id of a region of the service: the same for the same names. 0: none. */
uint32_t zonemap_counter(const struct zonemap_reading *reading, const char *region);

/*
 * The word on the pool board of a type of the region that is being read: the
 * same for the same names. What is wrong is told at `where`, and *id left alone.
 */
void zonemap_pool_id(struct zonemap_reading *reading, const struct json_node *where, uint16_t type,
                     uint32_t *id);

/* Gives back everything acquired: the map is refused. */
void zonemap_unwatch(struct zonemap_reading *reading);

#endif
