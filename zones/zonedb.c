#include "zones/zonedb.h"

#include <string.h>

/* At most half of the slots are taken, so a probe for an absent name is short and ends. */
static uint32_t slot_count_for(size_t count)
{
    uint32_t slots = 2;
    while (slots < count * 2)
        slots *= 2;
    return slots;
}

/* The slot of an apex, or the free one where it belongs. */
static size_t slot_of(const struct zonedb *db, const uint8_t *apex, uint32_t hash)
{
    size_t at = hash & db->mask;
    while (db->slots[at].zone != NULL &&
           (db->slots[at].hash != hash || !name_equal(db->slots[at].zone->apex, apex)))
        at = (at + 1) & db->mask;
    return at;
}

static enum status slots_fill(struct zonedb *db, struct zonedb_slot *slots)
{
    for (size_t i = 0; i < db->count; i++) {
        const struct zone *zone = db->zones[i];
        const uint32_t hash = name_hash(zone->apex);
        struct zonedb_slot *slot = &slots[slot_of(db, zone->apex, hash)];
        if (slot->zone != NULL)
            return STATUS_MEANING;
        *slot = (struct zonedb_slot){ .zone = zone,
                                      .position = (uint32_t)i,
                                      .hash = hash,
                                      .apex_len = (uint32_t)name_len(zone->apex) };

        const unsigned labels = name_labels(zone->apex);
        if (labels > db->most_labels)
            db->most_labels = (uint8_t)labels;
    }
    return STATUS_OK;
}

enum status zonedb_build(const struct zone *const *zones, size_t count, struct arena *arena,
                         struct zonedb **out)
{
    *out = NULL;
    /* A position is kept as a 32-bit number, in twice as many slots. */
    if (count > UINT32_MAX / 4)
        return STATUS_LIMIT;

    const uint32_t slot_count = slot_count_for(count);
    struct zonedb *db = ARENA_NEW(arena, struct zonedb);
    const struct zone **copy = ARENA_ARRAY(arena, const struct zone *, count);
    struct zonedb_slot *slots = ARENA_ARRAY(arena, struct zonedb_slot, slot_count);
    if (db == NULL || copy == NULL || slots == NULL)
        return STATUS_MEMORY;
    if (count > 0)
        memcpy(copy, zones, count * sizeof *copy);

    *db = (struct zonedb){ .zones = copy, .count = count, .slots = slots, .mask = slot_count - 1 };
    const enum status status = slots_fill(db, slots);
    if (status == STATUS_OK)
        *out = db;
    return status;
}

const struct zone *zonedb_find(const struct zonedb *zones, const struct name_key *key,
                               unsigned from, unsigned *suffix)
{
    /* Suffix i has key->labels - i labels; no apex is deeper than most_labels. */
    const unsigned deepest =
        key->labels > zones->most_labels ? key->labels - zones->most_labels : 0;

    for (unsigned i = from > deepest ? from : deepest; i <= key->labels; i++) {
        const uint32_t hash = key->hash[i];
        const struct zonedb_slot *slot = &zones->slots[hash & zones->mask];
        for (uint32_t at = hash; slot->zone != NULL; slot = &zones->slots[++at & zones->mask]) {
            if (slot->hash != hash || !name_key_is(key, i, slot->zone->apex, slot->apex_len))
                continue;
            *suffix = i;
            return slot->zone;
        }
    }
    return NULL;
}

size_t zonedb_position(const struct zonedb *zones, const uint8_t *apex)
{
    const struct zonedb_slot *slot = &zones->slots[slot_of(zones, apex, name_hash(apex))];
    return slot->zone != NULL ? slot->position : ZONEDB_NONE;
}

const struct zone *zonedb_get(const struct zonedb *zones, const uint8_t *apex)
{
    const size_t position = zonedb_position(zones, apex);
    return position != ZONEDB_NONE ? zones->zones[position] : NULL;
}
