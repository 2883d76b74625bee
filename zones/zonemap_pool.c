#include "zones/zonemap_pool.h"

#include <stdlib.h>
#include <string.h>

#include "dns/proto/name.h"
#include "dns/proto/rrtype.h"
#include "zones/rdata.h"

static bool type_is_address(uint16_t type)
{
    return type == RRTYPE_A || type == RRTYPE_AAAA;
}

/* ---- rdata from its text ---- */

static enum status address_rdata(const struct json_node *node, uint16_t type, const char *text,
                                 struct address *address, uint8_t *out, uint16_t *len)
{
    const bool v6 = type == RRTYPE_AAAA;
    const char *kind = v6 ? "IPv6" : "IPv4";

    if (!address_parse(text, address))
        return json_error(node, STATUS_SYNTAX, "'%s' is not an %s address", text, kind);
    if (address->family != (v6 ? FAMILY_V6 : FAMILY_V4))
        return json_error(node, STATUS_MEANING, "%s is an %s address, an %s record holds %s", text,
                          v6 ? "IPv4" : "IPv6", v6 ? "AAAA" : "A", kind);
    *len = v6 ? 16 : 4;
    memcpy(out, address->octets, *len);
    return STATUS_OK;
}

static enum status name_rdata(const struct zonemap_reading *reading, const struct json_node *node,
                              const char *text, uint8_t *out, uint16_t *len)
{
    const char *why;
    uint8_t name[NAME_MAX_LEN];

    if (strcmp(text, "@") == 0)
        memcpy(name, reading->apex, name_len(reading->apex));
    else if (!name_from_text(text, strlen(text), reading->apex, name, &why))
        return json_error(node, STATUS_SYNTAX, "'%s' is not a domain name: %s", text, why);
    *len = (uint16_t)name_len(name);
    memcpy(out, name, *len);
    return STATUS_OK;
}

static enum status other_rdata(const struct zonemap_reading *reading, const struct json_node *node,
                               uint16_t type, const char *text, uint8_t *out, uint16_t *len)
{
    char *path = json_path(node);
    if (path == NULL)
        return json_error(node, STATUS_MEMORY, "out of memory");
    struct diag here = *node->diag;
    here.path = path;
    const enum status status = rdata_from_text(&here, type, text, reading->apex, out, len);
    free(path);
    return status;
}

/* ---- one endpoint ---- */

/* An endpoint as written, string or object, before anything is looked up. */
struct endpoint_text {
    struct json_node value_node; /* where the rdata stands, for its mistakes */
    const char *value;
    int64_t weight;
    int64_t port;     /* 0: not given */
    const char *host; /* NULL: not given */
    const struct probe_spec *probe;
    bool has_probe; /* its own, perhaps one with mistakes */
    bool has_address;
    struct json_node address_node;
};

/* The object form of an endpoint, by type: which key holds the rdata, and what else there may be. */
struct endpoint_form {
    const char *value_key;
    const char *keys[7];
};

static const struct endpoint_form *endpoint_form(uint16_t type)
{
    static const struct endpoint_form address = {
        "address", { "address", "weight", "probe", "port", "host", NULL }
    };
    static const struct endpoint_form cname = {
        "name", { "name", "probe", "address", "port", "host", NULL }
    };
    static const struct endpoint_form other = {
        "rdata", { "rdata", "weight", "probe", "address", "port", "host", NULL }
    };
    if (type_is_address(type))
        return &address;
    return type == RRTYPE_CNAME ? &cname : &other;
}

/* False when there is no rdata to go on with; all mistakes are told. */
static bool endpoint_object_read(const struct zonemap_reading *reading,
                                 const struct json_node *node, uint16_t type,
                                 struct endpoint_text *out)
{
    const struct endpoint_form *form = endpoint_form(type);
    struct json_node member;

    (void)json_expect_keys(node, form->keys);
    if (json_member(node, "weight", &member))
        (void)json_get_integer(&member, 1, UINT16_MAX, &out->weight);
    if (json_member(node, "port", &member))
        (void)json_get_integer(&member, 1, UINT16_MAX, &out->port);
    if (json_member(node, "host", &member) && json_get_string(&member, &out->host) == STATUS_OK &&
        !probe_host_is_valid(out->host))
        json_error(&member, STATUS_SYNTAX, "'%s' is not the name of a host", out->host);
    if (json_member(node, "probe", &member)) {
        out->has_probe = true;
        out->probe = zonemap_catalog_probe(&reading->catalog, &member);
    }
    if (!type_is_address(type))
        out->has_address = json_member(node, "address", &out->address_node);

    if (!json_member(node, form->value_key, &out->value_node)) {
        json_error(node, STATUS_SYNTAX, "\"%s\" is missing", form->value_key);
        return false;
    }
    return json_get_string(&out->value_node, &out->value) == STATUS_OK;
}

static bool endpoint_text_read(const struct zonemap_reading *reading, const struct json_node *node,
                               uint16_t type, struct endpoint_text *out)
{
    *out = (struct endpoint_text){ .weight = 1 };
    switch (json_kind(node)) {
    case JSON_KIND_STRING:
        out->value_node = *node;
        return json_get_string(node, &out->value) == STATUS_OK;
    case JSON_KIND_OBJECT:
        return endpoint_object_read(reading, node, type, out);
    default:
        json_error(node, STATUS_SYNTAX, "expected a string, or an object with \"%s\"",
                   endpoint_form(type)->value_key);
        return false;
    }
}

/*
 * What is not an address is up unless it says whom to ask: by an address, or by
 * the name of a host, which is resolved for every probe (FAMILY_NONE here).
 */
static bool probe_address_read(const struct json_node *node, const struct endpoint_text *text,
                               const struct probe_spec *probe, struct address *address)
{
    const char *word;
    const char *host = text->host;

    if (text->has_address) {
        if (json_get_string(&text->address_node, &word) != STATUS_OK)
            return false;
        if (address_parse(word, address))
            return true;
        json_error(&text->address_node, STATUS_SYNTAX, "'%s' is not an IP address", word);
        return false;
    }
    *address = (struct address){ .family = FAMILY_NONE };
    if (host == NULL && text->has_probe && probe != NULL)
        host = probe->host;
    if (host != NULL && (probe == NULL || probe->type != PROBE_FILE))
        return true;
    if (text->has_probe && (probe == NULL || probe->type != PROBE_NONE))
        json_error(node, STATUS_MEANING,
                   "a probe here needs \"host\", the name of a host to ask, or \"address\"");
    return false;
}

static bool endpoint_read(struct zonemap_reading *reading, const struct json_node *node,
                          uint16_t type, const struct zonemap_pool_rules *rules,
                          struct endpoint *out)
{
    struct endpoint_text text;
    struct address address;
    uint16_t len = 0;
    enum status status;

    if (!endpoint_text_read(reading, node, type, &text))
        return false;
    if (type_is_address(type))
        status = address_rdata(&text.value_node, type, text.value, &address, reading->rdata, &len);
    else if (type == RRTYPE_CNAME)
        status = name_rdata(reading, &text.value_node, text.value, reading->rdata, &len);
    else
        status = other_rdata(reading, &text.value_node, type, text.value, reading->rdata, &len);

    const struct probe_spec *probe = text.has_probe ? text.probe : rules->probe;
    const bool asked = type_is_address(type) ? status == STATUS_OK
                                             : probe_address_read(node, &text, probe, &address);
    if (status != STATUS_OK)
        return false;

    *out = (struct endpoint){
        .rdata = arena_copy(reading->arena, reading->rdata, len, 1),
        .rdata_len = len,
        .weight = (uint16_t)text.weight,
        .target = TARGET_NONE,
    };
    if (out->rdata == NULL) {
        json_error(node, STATUS_MEMORY, "out of memory");
        return false;
    }
    if (asked && probe != NULL)
        zonemap_watch(reading, node, probe, &address, (uint16_t)text.port, text.host, &out->target);
    return true;
}

/* ---- the pool ---- */

static bool pool_has(const struct pool *pool, const struct endpoint *endpoint)
{
    for (unsigned i = 0; i < pool->count; i++) {
        const struct endpoint *other = &pool->endpoints[i];
        if (other->rdata_len == endpoint->rdata_len &&
            memcmp(other->rdata, endpoint->rdata, endpoint->rdata_len) == 0)
            return true;
    }
    return false;
}

/*
 * Contract section 8: a percentage is rounded up, and each address family is
 * judged by itself. A count over what a pool has means all of it: otherwise a
 * region with fewer addresses than the others, or fewer of one family, would
 * be down for ever.
 */
static void pool_need(const struct json_node *node, const struct zonemap_pool_rules *rules,
                      size_t count, struct pool *pool)
{
    size_t needed = rules->min_up;
    if (rules->min_up_is_percent)
        needed = (count * rules->min_up + 99) / 100;
    if (needed > count && type_is_address(pool->type))
        json_warning(node, "min_up is %zu, but here %s only %zu: all must be up", needed,
                     count == 1 ? "is" : "are", count);
    if (needed > count)
        needed = count;
    pool->needed = (uint16_t)(needed > 0 ? needed : 1);
}

/* For drawing by weight, where weights differ. */
static void pool_weigh(struct zonemap_reading *reading, const struct json_node *node,
                       struct pool *pool)
{
    _Static_assert((uint64_t)ZONEMAP_POOL_LIMIT * UINT16_MAX <= UINT32_MAX, "a sum of weights");
    bool differ = false;
    for (unsigned i = 1; i < pool->count; i++)
        differ = differ || pool->endpoints[i].weight != pool->endpoints[0].weight;
    if (!differ)
        return;
    uint32_t *up_to = ARENA_ARRAY(reading->arena, uint32_t, pool->count);
    uint32_t sum = 0;
    for (unsigned i = 0; up_to != NULL && i < pool->count; i++)
        up_to[i] = sum += pool->endpoints[i].weight;
    pool->weight_up_to = up_to;
    if (up_to == NULL)
        json_error(node, STATUS_MEMORY, "out of memory");
}

static void pool_fill(struct zonemap_reading *reading, const struct json_node *node,
                      const struct zonemap_pool_rules *rules, size_t count, struct pool *out)
{
    const bool single = json_kind(node) != JSON_KIND_ARRAY;
    struct endpoint *endpoints = ARENA_ARRAY(reading->arena, struct endpoint, count);
    if (endpoints == NULL) {
        json_error(node, STATUS_MEMORY, "out of memory");
        return;
    }
    out->endpoints = endpoints;
    for (size_t i = 0; i < count; i++) {
        struct json_node item = *node;
        if (!single && !json_child(node, i, &item))
            continue;
        struct endpoint *endpoint = &endpoints[out->count];
        if (!endpoint_read(reading, &item, out->type, rules, endpoint))
            continue;
        if (pool_has(out, endpoint))
            json_error(&item, STATUS_MEANING, "stands in this list twice");
        else
            out->count++;
    }
    pool_need(node, rules, count, out);
    pool_weigh(reading, node, out);
}

void zonemap_pool_read(struct zonemap_reading *reading, const struct json_node *node, uint16_t type,
                       const struct zonemap_pool_rules *rules, struct pool *out)
{
    const enum json_kind kind = json_kind(node);
    size_t count = json_count(node);

    *out = (struct pool){ .type = type, .needed = 1 };
    zonemap_pool_id(reading, node, type, &out->id);
    if (type == RRTYPE_CNAME && (kind == JSON_KIND_STRING || kind == JSON_KIND_OBJECT)) {
        count = 1;
    } else if (kind != JSON_KIND_ARRAY) {
        json_error(node, STATUS_SYNTAX, "expected a list");
        return;
    }
    if (count == 0)
        json_error(node, STATUS_MEANING, "the list is empty; leave the type out if there is none");
    else if (count > 1 && type == RRTYPE_CNAME)
        json_error(node, STATUS_MEANING, "CNAME takes one name");
    else if (count > ZONEMAP_POOL_LIMIT)
        json_error(node, STATUS_LIMIT, "%zu endpoints, more than %d", count, ZONEMAP_POOL_LIMIT);
    else
        pool_fill(reading, node, rules, count, out);
}
