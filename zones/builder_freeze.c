#include "zones/builder.h"

#include <string.h>

#include "dns/proto/rrtype.h"

/* From the mutable zone to the frozen one: what builder.h shows is copied and tied together. */

static bool rrset_freeze(struct arena *arena, const struct builder_rrset *from, struct rrset *to)
{
    size_t len = 0;
    for (uint32_t i = 0; i < from->count; i++)
        len += 2u + from->records[i].rdata_len;
    uint8_t *at = arena_alloc(arena, len, 1);
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
    return true;
}

static bool node_freeze(struct arena *arena, const struct builder_node *from, struct node *to,
                        struct rrset **rrsets)
{
    to->owner = arena_copy(arena, from->owner, name_len(from->owner), 1);
    if (to->owner == NULL)
        return false;
    to->hash = from->hash;
    to->service = from->service;
    to->rrsets = *rrsets;
    for (uint32_t i = 0; i < from->rrset_count; i++) {
        if (!rrset_freeze(arena, &from->rrsets[i], *rrsets))
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
    size_t size = 2;
    while (size < (size_t)zone->node_count * 2)
        size *= 2;
    uint32_t *slots = ARENA_ARRAY(arena, uint32_t, size);
    if (slots == NULL)
        return false;
    zone->mask = (uint32_t)(size - 1);
    for (uint32_t i = 0; i < zone->node_count; i++)
        slots_put(slots, zone->mask, zone->nodes[i].hash, i + 1);
    zone->slots = slots;
    return true;
}

/* Nodes keep their order, and parents stand before their children: one pass ties them. */
static bool nodes_freeze(const struct builder *builder, struct zone *zone, size_t rrset_count)
{
    struct arena *arena = builder_arena(builder);
    const size_t count = builder_count(builder);
    struct node *nodes = ARENA_ARRAY(arena, struct node, count);
    struct rrset *rrsets = ARENA_ARRAY(arena, struct rrset, rrset_count);
    if (nodes == NULL || rrsets == NULL)
        return false;

    for (size_t i = 0; i < count; i++) {
        const struct builder_node *from = builder_at(builder, i);
        if (!node_freeze(arena, from, &nodes[i], &rrsets))
            return false;
        if (from->parent != NULL)
            node_link(&nodes[i], &nodes[from->parent->index]);
    }
    zone->nodes = nodes;
    zone->node_count = (uint32_t)count;
    zone->top = nodes;
    return slots_freeze(arena, zone);
}

/* Counts the records of the zone on the way; returns how many rrsets there are. */
static size_t rrsets_count(const struct builder *builder, size_t *record_count)
{
    size_t rrset_count = 0;
    *record_count = 0;
    for (size_t i = 0; i < builder_count(builder); i++) {
        const struct builder_node *node = builder_at(builder, i);
        rrset_count += node->rrset_count;
        for (uint32_t j = 0; j < node->rrset_count; j++)
            *record_count += node->rrsets[j].count;
    }
    return rrset_count;
}

enum status builder_freeze(struct builder *builder, const char *name, struct zone **out)
{
    *out = NULL;
    struct zone *zone = ARENA_NEW(builder_arena(builder), struct zone);
    if (zone == NULL || !nodes_freeze(builder, zone, rrsets_count(builder, &zone->record_count)))
        return STATUS_MEMORY;
    zone->name = arena_string(builder_arena(builder), name);
    if (zone->name == NULL)
        return STATUS_MEMORY;
    zone->apex = zone->top->owner;
    zone->apex_labels = (uint8_t)name_labels(zone->apex);
    zone->loaded = true;
    apex_freeze(zone);
    *out = zone;
    return STATUS_OK;
}
