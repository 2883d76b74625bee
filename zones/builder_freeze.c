#include "zones/builder.h"

#include <string.h>

#include "dns/base/courtesy.h"
#include "dns/proto/rrtype.h"

/*
 * From the mutable zone to the frozen one: what builder.h shows is copied and
 * tied together. The room is reckoned first, so that the arena has no slack,
 * and the builder's nodes go as they are copied, so that a large zone is never
 * in memory twice.
 */

/* What there is to freeze. */
struct extent {
    size_t nodes, rrsets, records;
    size_t octets; /* of owners, and of rdata with its lengths and cuts */
};

static struct extent extent_of(const struct builder *builder)
{
    struct extent extent = { .nodes = builder_count(builder) };
    for (size_t i = 0; i < extent.nodes; i++) {
        const struct builder_node *node = builder_at(builder, i);
        courtesy_spent(50);
        extent.octets += name_len(node->owner);
        extent.rrsets += node->rrset_count;
        for (uint32_t j = 0; j < node->rrset_count; j++) {
            const struct builder_rrset *rrset = &node->rrsets[j];
            extent.records += rrset->count;
            extent.octets += rrset_cuts_len(rrset->type, rrset->count);
            for (uint32_t k = 0; k < rrset->count; k++)
                extent.octets += 2u + rrset->records[k].rdata_len;
        }
    }
    return extent;
}

static size_t slot_count_for(size_t nodes)
{
    size_t count = 2;
    while (count < nodes * 2)
        count *= 2;
    return count;
}

/* The arena's need for all of it, a little more for what alignment takes. */
static size_t room_for(const struct extent *extent, const char *name)
{
    enum { ALIGNMENTS = 64 };
    return sizeof(struct zone) + strlen(name) + 1 + extent->nodes * sizeof(struct node) +
           extent->rrsets * sizeof(struct rrset) +
           slot_count_for(extent->nodes) * sizeof(uint32_t) + extent->octets + ALIGNMENTS;
}

static bool rrset_freeze(struct arena *arena, const uint8_t *owner,
                         const struct builder_rrset *from, struct rrset *to)
{
    size_t len = 0;
    for (uint32_t i = 0; i < from->count; i++)
        len += 2u + from->records[i].rdata_len;
    uint8_t *at = arena_alloc(arena, len + rrset_cuts_len(from->type, from->count), 1);
    if (at == NULL)
        return false;

    to->type = from->type;
    to->count = (uint16_t)from->count;
    to->ttl = from->records[0].ttl;
    to->rdata_len = (uint32_t)len;
    to->rdata = at;
    for (uint32_t i = 0; i < from->count; i++) {
        const struct builder_record *record = &from->records[i];
        at[0] = (uint8_t)record->rdata_len;
        at[1] = (uint8_t)(record->rdata_len >> 8);
        memcpy(at + 2, record->rdata, record->rdata_len);
        at += 2 + record->rdata_len;
    }
    rrset_prepare(to, owner, (struct rrset_cut *)at);
    return true;
}

static bool node_freeze(struct arena *arena, const struct builder_node *from, struct node *to,
                        struct rrset **rrsets)
{
    to->owner_len = (uint8_t)name_len(from->owner);
    to->owner = arena_copy(arena, from->owner, to->owner_len, 1);
    if (to->owner == NULL)
        return false;
    to->hash = from->hash;
    to->service = from->service;
    to->rrsets = *rrsets;
    for (uint32_t i = 0; i < from->rrset_count; i++) {
        if (!rrset_freeze(arena, to->owner, &from->rrsets[i], *rrsets))
            return false;
        (*rrsets)++;
    }
    to->rrset_count = (uint16_t)from->rrset_count;
    return true;
}

/* Ties a node to its parent, which is tied already. */
static void node_link(struct node *node, struct node *parent)
{
    node->parent = parent;
    node->cut = parent->cut;
    /* RFC 1034 section 4.2.1: NS below the apex make a cut; the topmost hides what is below. */
    if (node->cut == NULL && node_rrset(node, RRTYPE_NS) != NULL)
        node->cut = node;
    node->dname = parent->dname;
    if (node->dname == NULL && node_rrset(parent, RRTYPE_DNAME) != NULL)
        node->dname = parent;
    if (name_is_wildcard(node->owner))
        parent->wildcard = node;
}

static uint32_t octets_u32(const uint8_t *octets)
{
    return (uint32_t)octets[0] << 24 | (uint32_t)octets[1] << 16 | (uint32_t)octets[2] << 8 |
           octets[3];
}

static void apex_freeze(struct zone *zone)
{
    zone->ns = node_rrset(zone->top, RRTYPE_NS);
    zone->soa = node_rrset(zone->top, RRTYPE_SOA);
    if (zone->soa == NULL)
        return;

    const uint8_t *at = zone->soa->rdata;
    uint16_t len;
    const uint8_t *soa = rrset_next(&at, &len);
    if (len < 20)
        return;
    zone->serial = octets_u32(soa + len - 20);
    const uint32_t minimum = octets_u32(soa + len - 4);
    zone->negative_ttl = minimum < zone->soa->ttl ? minimum : zone->soa->ttl;
}

static void slots_put(uint32_t *slots, uint32_t mask, uint32_t hash, uint32_t value)
{
    uint32_t slot = hash & mask;
    while (slots[slot] != 0)
        slot = (slot + 1) & mask;
    slots[slot] = value;
}

static bool slots_freeze(struct arena *arena, struct zone *zone)
{
    const size_t size = slot_count_for(zone->node_count);
    uint32_t *slots = ARENA_ARRAY(arena, uint32_t, size);
    if (slots == NULL)
        return false;
    zone->mask = (uint32_t)(size - 1);
    for (uint32_t i = 0; i < zone->node_count; i++) {
        courtesy_spent(20);
        slots_put(slots, zone->mask, zone->nodes[i].hash, i + 1);
    }
    zone->slots = slots;
    return true;
}

/* Nodes keep their order, and parents stand before their children: one pass ties them. */
static bool nodes_freeze(struct builder *builder, struct zone *zone, const struct extent *extent)
{
    struct arena *arena = builder_arena(builder);
    struct node *nodes = ARENA_ARRAY(arena, struct node, extent->nodes);
    struct rrset *rrsets = ARENA_ARRAY(arena, struct rrset, extent->rrsets);
    if (nodes == NULL || rrsets == NULL)
        return false;

    for (size_t i = 0; i < extent->nodes; i++) {
        const struct builder_node *from = builder_at(builder, i);
        if (!node_freeze(arena, from, &nodes[i], &rrsets))
            return false;
        /* Its parent in the builder may be gone by now. */
        if (from->parent != NULL)
            node_link(&nodes[i], &nodes[from->parent_index]);
        builder_forget_nodes(builder, i);
        courtesy_spent(200);
    }
    zone->nodes = nodes;
    zone->node_count = (uint32_t)extent->nodes;
    zone->top = nodes;
    return slots_freeze(arena, zone);
}

enum status builder_freeze(struct builder *builder, const char *name, struct zone **out)
{
    *out = NULL;
    const struct extent extent = extent_of(builder);
    struct arena *arena = builder_arena(builder);
    builder_forget_names(builder);
    if (!arena_reserve(arena, room_for(&extent, name)))
        return STATUS_MEMORY;
    struct zone *zone = ARENA_NEW(arena, struct zone);
    const char *copy = arena_string(arena, name);
    if (zone == NULL || copy == NULL || !nodes_freeze(builder, zone, &extent))
        return STATUS_MEMORY;
    zone->name = copy;
    zone->record_count = extent.records;
    zone->apex = zone->top->owner;
    zone->apex_labels = (uint8_t)name_labels(zone->apex);
    zone->loaded = true;
    apex_freeze(zone);
    arena_settle(arena);
    *out = zone;
    return STATUS_OK;
}
