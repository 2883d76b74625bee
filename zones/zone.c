#include "zones/zone.h"

const struct node *zone_find(const struct zone *zone, const struct name_key *key, unsigned index)
{
    if (zone->slots == NULL)
        return NULL;

    /* At most half of the slots are in use, so a free one always ends the walk. */
    const uint32_t hash = key->hash[index];
    for (uint32_t slot = hash & zone->mask; zone->slots[slot] != 0;
         slot = (slot + 1) & zone->mask) {
        const struct node *node = &zone->nodes[zone->slots[slot] - 1];
        if (node->hash == hash && name_key_is(key, index, node->owner, node->owner_len))
            return node;
    }
    return NULL;
}

const struct node *zone_node(const struct zone *zone, const uint8_t *owner)
{
    struct name_key key;
    name_key_init(&key, owner);
    return zone_find(zone, &key, 0);
}
