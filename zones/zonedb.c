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

static enum status slots_fill(struct zonedb *db, uint32_t *slots)
{
    for (size_t i = 0; i < db->count; i++) {
        const struct zone *zone = db->zones[i];
        uint32_t at = name_hash(zone->apex) & db->mask;
        for (; slots[at] != 0; at = (at + 1) & db->mask) {
            if (name_equal(db->zones[slots[at] - 1]->apex, zone->apex))
                return STATUS_MEANING;
        }
        slots[at] = (uint32_t)(i + 1);

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
    /* An index is kept as a 32-bit number plus one, in twice as many slots. */
    if (count > UINT32_MAX / 4)
        return STATUS_LIMIT;

    const uint32_t slot_count = slot_count_for(count);
    struct zonedb *db = ARENA_NEW(arena, struct zonedb);
    const struct zone **copy = ARENA_ARRAY(arena, const struct zone *, count);
    uint32_t *slots = ARENA_ARRAY(arena, uint32_t, slot_count);
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
        uint32_t at = key->hash[i] & zones->mask;
        for (; zones->slots[at] != 0; at = (at + 1) & zones->mask) {
            const struct zone *zone = zones->zones[zones->slots[at] - 1];
            if (!name_key_is(key, i, zone->apex))
                continue;
            *suffix = i;
            return zone;
        }
    }
    return NULL;
}

size_t zonedb_position(const struct zonedb *zones, const uint8_t *apex)
{
    uint32_t at = name_hash(apex) & zones->mask;
    for (; zones->slots[at] != 0; at = (at + 1) & zones->mask) {
        const uint32_t position = zones->slots[at] - 1;
        if (name_equal(zones->zones[position]->apex, apex))
            return position;
    }
    return ZONEDB_NONE;
}

const struct zone *zonedb_get(const struct zonedb *zones, const uint8_t *apex)
{
    const size_t position = zonedb_position(zones, apex);
    return position != ZONEDB_NONE ? zones->zones[position] : NULL;
}
