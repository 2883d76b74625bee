#include "zones/zonemap_names.h"

#include <string.h>

#include "dns/proto/name.h"
#include "dns/proto/rrtype.h"

/* ---- from the text to an owner in the zone ---- */

static bool owner_read(const struct json_node *node, const uint8_t *apex,
                       uint8_t owner[NAME_MAX_LEN])
{
    const char *why;
    char zone[NAME_TEXT];

    if (strcmp(node->key, "@") == 0) {
        memcpy(owner, apex, name_len(apex));
        return true;
    }
    if (!name_from_text(node->key, strlen(node->key), apex, owner, &why)) {
        json_error(node, STATUS_SYNTAX, "'%s' is not a domain name: %s", node->key, why);
        return false;
    }
    if (name_is_under(owner, apex))
        return true;
    json_error(node, STATUS_MEANING, "is outside the zone %s", name_to_text(apex, zone));
    return false;
}

static struct service *service_find(const struct json_node *node,
                                    const struct zonemap_services *services)
{
    const char *name;
    struct json_node member;

    if (json_get_string(node, &name) != STATUS_OK)
        return NULL;
    if (services->node != NULL && json_member(services->node, name, &member)) {
        services->named[member.index] = true;
        return services->items[member.index];
    }
    const char *meant = json_suggest(name, services->names);
    if (meant != NULL)
        json_error(node, STATUS_MEANING, "unknown service '%s', did you mean '%s'?", name, meant);
    else
        json_error(node, STATUS_MEANING, "unknown service '%s'", name);
    return NULL;
}

/* ---- what the zone file has there ---- */

static bool has(const struct builder_node *node, uint16_t type)
{
    return builder_rrset(node, type) != NULL;
}

/* What DNSSEC puts beside any name, a CNAME's too (RFC 4034 sections 2, 3 and 4; RFC 2535 for KEY). */
static bool may_stand_beside_cname(uint16_t type)
{
    enum { RRTYPE_SIG = 24, RRTYPE_KEY = 25, RRTYPE_NXT = 30 };
    return type == RRTYPE_CNAME || type == RRTYPE_RRSIG || type == RRTYPE_NSEC ||
           type == RRTYPE_SIG || type == RRTYPE_KEY || type == RRTYPE_NXT;
}

/* RFC 1034 section 3.6.2 and 2181 section 10.1: nothing beside a CNAME, steered or not. */
static void cname_check(const struct json_node *at, const struct builder_node *node,
                        const struct service *service)
{
    char mnemonic[RRTYPE_TEXT];

    if (!service_offers(service, RRTYPE_CNAME)) {
        if (has(node, RRTYPE_CNAME))
            json_error(at, STATUS_MEANING,
                       "the zone file has a CNAME here, which resolvers would follow; "
                       "service '%s' would never be asked",
                       service->name);
        return;
    }
    if (node->parent == NULL) {
        json_error(at, STATUS_MEANING, "a CNAME cannot stand at the apex of a zone");
        return;
    }
    for (uint32_t i = 0; i < node->rrset_count; i++) {
        if (!may_stand_beside_cname(node->rrsets[i].type))
            json_error(at, STATUS_MEANING,
                       "service '%s' answers a CNAME, but the zone file has %s here", service->name,
                       rrtype_to_text(node->rrsets[i].type, mnemonic));
    }
}

/* Names at and below a cut are another zone's, names below a DNAME do not exist (RFC 6672 2.4). */
static void authority_check(const struct json_node *at, const struct builder_node *node)
{
    char name[NAME_TEXT];

    for (const struct builder_node *up = node; up->parent != NULL; up = up->parent) {
        if (has(up, RRTYPE_NS))
            json_error(at, STATUS_MEANING,
                       "%s is delegated to another zone, by NS in the zone file",
                       name_to_text(up->owner, name));
        if (has(up->parent, RRTYPE_DNAME))
            json_error(at, STATUS_MEANING, "lies below the DNAME of %s",
                       name_to_text(up->parent->owner, name));
    }
}

/* The last resort must exist: steering never changes what exists. */
static void last_resort_check(const struct json_node *at, const struct builder_node *node,
                              const struct service *service)
{
    char mnemonic[RRTYPE_TEXT];

    for (unsigned i = 0; service->all_down == ALL_DOWN_ZONEFILE && i < service->type_count; i++) {
        if (!has(node, service->types[i]))
            json_error(at, STATUS_MEANING,
                       "service '%s' falls back to the zone file, which has no %s here",
                       service->name, rrtype_to_text(service->types[i], mnemonic));
    }
}

/* ---- the whole ---- */

static void owner_steer(const struct json_node *node, const struct zonemap_services *services,
                        struct builder *builder, bool has_zone)
{
    uint8_t owner[NAME_MAX_LEN];
    const bool good = owner_read(node, builder_apex(builder), owner);
    const struct service *service = service_find(node, services);
    if (!good || service == NULL)
        return;

    const struct builder_node *before = builder_find(builder, owner);
    if (before != NULL && before->service != NULL) {
        char name[NAME_TEXT];
        json_error(node, STATUS_MEANING, "%s stands among the names twice",
                   name_to_text(owner, name));
        return;
    }
    const enum status status = builder_steer(builder, owner, service);
    if (status != STATUS_OK) {
        json_error(node, status, "out of memory");
        return;
    }
    const struct builder_node *steered = builder_find(builder, owner);
    if (!has_zone || steered == NULL)
        return;
    cname_check(node, steered, service);
    authority_check(node, steered);
    last_resort_check(node, steered, service);
}

void zonemap_names_read(const struct json_node *node, const struct zonemap_services *services,
                        struct builder *builder)
{
    if (json_kind(node) != JSON_KIND_OBJECT) {
        json_error(node, STATUS_SYNTAX, "expected an object of services by name");
        return;
    }
    const bool has_zone = builder_count(builder) > 1 || builder_at(builder, 0)->rrset_count > 0;
    struct json_node child;
    for (size_t i = 0; json_child(node, i, &child); i++)
        owner_steer(&child, services, builder, has_zone);
}
