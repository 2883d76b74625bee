#ifndef MERIDIAN_ZONES_ZONE_H
#define MERIDIAN_ZONES_ZONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/base/arena.h"
#include "dns/proto/name.h"
#include "zones/rrset.h"

struct service;

/*
 * One name of a zone. Names between an owner and the apex exist too, without
 * records (ENT, RFC 4592 section 2.2.2).
 */
struct node {
    const uint8_t *owner;          /* wire name, case as first written */
    const struct node *parent;     /* NULL at the apex */
    const struct node *wildcard;   /* the child "*", or NULL */
    const struct node *cut;        /* topmost delegation at or above this name (below the apex), or NULL */
    const struct node *dname;      /* topmost proper ancestor with a DNAME, or NULL */
    const struct rrset *rrsets;    /* sorted by type */
    const struct service *service; /* what answers here by region, or NULL */
    uint32_t hash;                 /* name_hash(owner) */
    uint16_t rrset_count;
    uint8_t owner_len;             /* octets */
};

/*
 * A zone frozen for answering: an open-addressed table from names to nodes.
 *
 *   slots   [ - | n7 | n2 | - | n0 | ... ]   linear probing from hash & mask
 *   nodes   n0 apex, then in the order of building
 */
struct zone {
    const uint8_t *apex;
    const char *name;            /* for people and metrics, without the final dot */
    uint32_t counter_id;         /* the same for this name in every generation; 0: none */
    bool loaded;                 /* false: it could not be loaded, answer SERVFAIL */
    const struct node *top;      /* the apex's node; NULL when not loaded */
    const struct node *nodes;
    uint32_t node_count;
    const uint32_t *slots;       /* index + 1 into nodes, 0 = free */
    uint32_t mask;               /* slots - 1, a power of two minus one */
    uint8_t apex_labels;
    const struct rrset *soa;
    const struct rrset *ns;
    uint32_t serial;
    uint32_t negative_ttl;       /* min(SOA TTL, SOA MINIMUM), RFC 2308 section 5 */
    size_t record_count;
};

/* The node of suffix `index` of `key`, or NULL. */
const struct node *zone_find(const struct zone *zone, const struct name_key *key, unsigned index);
/* The same for a whole wire name. */
const struct node *zone_node(const struct zone *zone, const uint8_t *owner);

/* The rrset of a type at a node, or NULL. A name has few types, so walking them beats halving. */
static inline const struct rrset *node_rrset(const struct node *node, uint16_t type)
{
    const struct rrset *rrset = node->rrsets;
    for (unsigned left = node->rrset_count; left > 0 && rrset->type <= type; left--, rrset++) {
        if (rrset->type == type)
            return rrset;
    }
    return NULL;
}

#endif
