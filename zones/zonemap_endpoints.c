#include "zones/zonemap_endpoints.h"

#include <string.h>

#include "dns/base/hash.h"
#include "dns/base/intern.h"
#include "dns/proto/rrtype.h"

/* ---- types ---- */

/* Types that tie a zone together or are made for it: no region may have its own. */
static bool type_is_steerable(uint16_t type)
{
    switch (type) {
    case RRTYPE_NS:
    case RRTYPE_SOA:
    case RRTYPE_DNAME:
    case RRTYPE_DS:
    case RRTYPE_DNSKEY:
    case RRTYPE_RRSIG:
    case RRTYPE_NSEC:
    case RRTYPE_NSEC3:
    case RRTYPE_NSEC3PARAM:
        return false;
    default:
        return !rrtype_is_meta(type);
    }
}

static bool type_read(const struct json_node *node, uint16_t *type)
{
    if (!rrtype_from_text(node->key, strlen(node->key), type)) {
        json_error(node, STATUS_MEANING, "'%s' is not a record type", node->key);
        return false;
    }
    if (type_is_steerable(*type))
        return true;
    json_error(node, STATUS_MEANING, "%s cannot be steered", node->key);
    return false;
}

/* Adds to a sorted list of types that has room; nothing when it is there. */
static void types_add(uint16_t *types, uint16_t *count, uint16_t type)
{
    uint16_t at = 0;
    while (at < *count && types[at] < type)
        at++;
    if (at < *count && types[at] == type)
        return;
    memmove(&types[at + 1], &types[at], (size_t)(*count - at) * sizeof *types);
    types[at] = type;
    (*count)++;
}

/* ---- one region ---- */

static bool region_has(const struct service_region *region, uint16_t type)
{
    for (unsigned i = 0; i < region->pool_count; i++) {
        if (region->pools[i].type == type)
            return true;
    }
    return false;
}

static void pools_insert(struct pool *pools, uint16_t *count, const struct pool *pool)
{
    uint16_t at = *count;
    for (; at > 0 && pools[at - 1].type > pool->type; at--)
        pools[at] = pools[at - 1];
    pools[at] = *pool;
    (*count)++;
}

static void region_read(struct zonemap_reading *reading, const struct json_node *node,
                        const struct zonemap_pool_rules *rules, struct service_region *out)
{
    if (json_kind(node) != JSON_KIND_OBJECT) {
        json_error(node, STATUS_SYNTAX, "expected an object of lists by record type");
        return;
    }
    if (json_count(node) == 0 || json_count(node) > UINT16_MAX) {
        json_error(node, STATUS_MEANING, "this region has no endpoints");
        return;
    }
    struct pool *pools = ARENA_ARRAY(reading->arena, struct pool, json_count(node));
    if (pools == NULL) {
        json_error(node, STATUS_MEMORY, "out of memory");
        return;
    }
    out->pools = pools;

    struct json_node child;
    for (size_t i = 0; json_child(node, i, &child); i++) {
        struct pool pool;
        uint16_t type;
        if (!type_read(&child, &type))
            continue;
        if (region_has(out, type)) {
            json_error(&child, STATUS_MEANING, "this type stands here twice");
            continue;
        }
        zonemap_pool_read(reading, &child, type, rules, &pool);
        pools_insert(pools, &out->pool_count, &pool);
    }
}

/* ---- all regions ---- */

/* The catalog goes when the map is read; what a drain asks for stays with the service. */
static bool tags_keep(const struct zonemap_reading *reading, const struct zonemap_region *known,
                      struct service_region *out)
{
    if (known->tag_count == 0)
        return true;
    const char **tags = ARENA_ARRAY(reading->arena, const char *, known->tag_count);
    for (uint16_t i = 0; tags != NULL && i < known->tag_count; i++) {
        tags[i] = arena_string(reading->arena, known->tags[i]);
        if (tags[i] == NULL)
            return false;
    }
    out->tags = tags;
    out->tag_count = tags != NULL ? known->tag_count : 0;
    return tags != NULL;
}

/* The names of the regions, with places and bias, for the route. */
static bool place_fill(struct zonemap_reading *reading, const struct json_node *node,
                       struct region *place, struct service_region *region)
{
    struct zonemap_region *known = zonemap_catalog_region(&reading->catalog, node, node->key);

    /* An unknown one passes for placed: the route need not complain of it again. */
    place->placed = true;
    if (known != NULL) {
        known->used = true;
        *place = known->region;
        if (!tags_keep(reading, known, region))
            return false;
    }
    place->name = region->name = arena_string(reading->arena, node->key);
    region->salt = hash_stable(node->key, strlen(node->key));
    region->counter_id = zonemap_counter(reading, node->key);
    return place->name != NULL;
}

static bool places_fill(struct zonemap_reading *reading, const struct json_node *node,
                        struct service *service, struct service_region *regions)
{
    struct region *places = ARENA_ARRAY(reading->arena, struct region, json_count(node));
    struct json_node child;
    bool filled = places != NULL;

    for (size_t i = 0; filled && json_child(node, i, &child); i++)
        filled = place_fill(reading, &child, &places[i], &regions[i]);
    if (!filled) {
        json_error(node, STATUS_MEMORY, "out of memory");
        return false;
    }
    service->places = (struct region_list){ places, (uint16_t)json_count(node) };
    return true;
}

static void types_collect(struct zonemap_reading *reading, const struct json_node *node,
                          struct service *service)
{
    size_t most = 0;
    for (unsigned i = 0; i < service->region_count; i++)
        most += service->regions[i].pool_count;
    uint16_t *types = ARENA_ARRAY(reading->arena, uint16_t, most + 1);
    if (types == NULL) {
        json_error(node, STATUS_MEMORY, "out of memory");
        return;
    }
    service->types = types;
    for (unsigned i = 0; i < service->region_count; i++) {
        const struct service_region *region = &service->regions[i];
        for (unsigned j = 0; j < region->pool_count; j++)
            types_add(types, &service->type_count, region->pools[j].type);
    }
}

/* The first region that has the type. There is one for every type of the service. */
static const char *type_holder(const struct service *service, uint16_t type)
{
    unsigned i = 0;
    while (i + 1u < service->region_count && !region_has(&service->regions[i], type))
        i++;
    return service->regions[i].name;
}

/* Steering never changes what exists (contract section 3). */
static void types_compare(const struct json_node *node, const struct service *service)
{
    for (uint16_t i = 0; i < service->region_count; i++) {
        struct json_node child;
        if (service->regions[i].pool_count == 0 || !json_child(node, i, &child))
            continue; /* nothing here could be read: that was told */
        for (unsigned j = 0; j < service->type_count; j++) {
            char mnemonic[RRTYPE_TEXT];
            if (region_has(&service->regions[i], service->types[j]))
                continue;
            json_error(&child, STATUS_MEANING,
                       "has no %s, but '%s' has; all regions offer the same types unless the "
                       "service says \"partial_types\": true",
                       rrtype_to_text(service->types[j], mnemonic),
                       type_holder(service, service->types[j]));
        }
    }
}

/* RFC 1034 section 3.6.2, for every client and every state of health. */
static void cname_check(const struct json_node *node, const struct service *service)
{
    bool has_cname = false;
    for (unsigned i = 0; i < service->type_count; i++)
        has_cname = has_cname || service->types[i] == RRTYPE_CNAME;
    if (has_cname && service->type_count > 1)
        json_error(node, STATUS_MEANING,
                   "CNAME beside another type: a name with a CNAME has nothing else");
}

/* An earlier region that has the address too, or NULL. */
static const char *address_holder(const struct service *service, uint16_t before, uint16_t type,
                                  const struct endpoint *endpoint)
{
    for (uint16_t i = 0; i < before; i++) {
        const struct pool *pool = service_pool(service, i, type);
        for (unsigned j = 0; pool != NULL && j < pool->count; j++) {
            if (memcmp(pool->endpoints[j].rdata, endpoint->rdata, endpoint->rdata_len) == 0)
                return service->regions[i].name;
        }
    }
    return NULL;
}

static void addresses_of_pool_compare(const struct json_node *node, const struct service *service,
                                      uint16_t region, const struct pool *pool, struct intern *seen)
{
    for (unsigned i = 0; i < pool->count; i++) {
        const struct endpoint *endpoint = &pool->endpoints[i];
        const uint32_t known = intern_count(seen);
        const uint32_t id = intern_add(seen, endpoint->rdata, endpoint->rdata_len);
        if (id >= known)
            continue; /* seen for the first time; or no memory to tell */
        const char *other = address_holder(service, region, pool->type, endpoint);
        struct address address = { .family = pool->type == RRTYPE_A ? FAMILY_V4 : FAMILY_V6 };
        char text[ADDRESS_TEXT];
        memcpy(address.octets, endpoint->rdata, endpoint->rdata_len);
        if (other != NULL)
            json_warning(node, "%s is an address of '%s' too", address_print(&address, text),
                         other);
    }
}

/* One address in two regions is possible (anycast), but more often a slip of the pen. */
static void addresses_compare(const struct json_node *node, const struct service *service)
{
    static const uint16_t families[] = { RRTYPE_A, RRTYPE_AAAA };
    struct intern *seen = intern_new();
    struct json_node child;

    for (uint16_t i = 0; seen != NULL && json_child(node, i, &child); i++) {
        for (unsigned f = 0; f < sizeof families / sizeof *families; f++) {
            const struct pool *pool = service_pool(service, i, families[f]);
            if (pool != NULL)
                addresses_of_pool_compare(&child, service, i, pool, seen);
        }
    }
    intern_free(seen);
}

void zonemap_endpoints_read(struct zonemap_reading *reading, const struct json_node *node,
                            const struct zonemap_pool_rules *rules, struct service *service)
{
    if (json_kind(node) != JSON_KIND_OBJECT) {
        json_error(node, STATUS_SYNTAX, "expected an object of endpoints by region");
        return;
    }
    const size_t count = json_count(node);
    if (count == 0 || count > REGION_LIMIT) {
        json_error(node, STATUS_LIMIT, "%zu regions, expected 1..%d", count, REGION_LIMIT);
        return;
    }
    struct service_region *regions = ARENA_ARRAY(reading->arena, struct service_region, count);
    if (regions == NULL) {
        json_error(node, STATUS_MEMORY, "out of memory");
        return;
    }
    if (!places_fill(reading, node, service, regions))
        return;
    service->regions = regions;
    service->region_count = (uint16_t)count;

    struct json_node child;
    for (size_t i = 0; json_child(node, i, &child); i++) {
        reading->region = child.key;
        region_read(reading, &child, rules, &regions[i]);
    }
    reading->region = NULL;
    types_collect(reading, node, service);
    if (!service->partial_types)
        types_compare(node, service);
    cname_check(node, service);
    addresses_compare(node, service);
}
