#ifndef MERIDIAN_ZONES_ZONEDB_H
#define MERIDIAN_ZONES_ZONEDB_H

#include <stddef.h>
#include <stdint.h>

#include "dns/base/arena.h"
#include "dns/base/diag.h"
#include "dns/proto/name.h"
#include "zones/zone.h"

/* Hash and length tell almost all other names apart before a zone is looked at. */
struct zonedb_slot {
    const struct zone *zone; /* NULL: free */
    uint32_t position;       /* in `zones` below */
    uint32_t hash;           /* of the apex */
    uint32_t apex_len;       /* octets */
};

/* All zones of a generation by apex: an open-addressed table over name hashes. Frozen. */
struct zonedb {
    const struct zone *const *zones; /* in the order given */
    size_t count;
    const struct zonedb_slot *slots;
    uint32_t mask;
    uint8_t most_labels;    /* of any apex: deeper suffixes need no look-up */
};

/*
 * Zones must outlive the table, which lives in `arena`. STATUS_MEANING when two
 * have the same apex, STATUS_MEMORY; nothing is told.
 */
enum status zonedb_build(const struct zone *const *zones, size_t count, struct arena *arena,
                         struct zonedb **out) __attribute__((warn_unused_result));

/*
 * The zone with the longest apex that is suffix `from` of `key` or an ancestor
 * of it; *suffix says which suffix its apex is. NULL: none of our zones.
 * `from` 0 takes the whole name; 1 looks above it (DS at an apex, RFC 3658 2.2.1.1).
 */
const struct zone *zonedb_find(const struct zonedb *zones, const struct name_key *key,
                               unsigned from, unsigned *suffix);

/* Where in zones->zones the zone with exactly this apex is; ZONEDB_NONE when there is none. */
#define ZONEDB_NONE SIZE_MAX
size_t zonedb_position(const struct zonedb *zones, const uint8_t *apex);

/* The zone with exactly this apex, or NULL. */
const struct zone *zonedb_get(const struct zonedb *zones, const uint8_t *apex);

#endif
