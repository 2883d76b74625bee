#include "zones/zonecheck.h"

#include <stdarg.h>

#include "dns/base/courtesy.h"
#include "dns/proto/name.h"
#include "dns/proto/rrtype.h"
#include "zones/rrset_room.h"

/* What a run has: the zone, where mistakes go, and how it ends. */
struct check {
    const struct builder *builder;
    const struct diag *diag;
    enum status status;
};

static struct diag diag_at(const struct check *check, const struct origin_mark *mark)
{
    struct diag here = *check->diag;
    here.file = mark->file;
    here.line = mark->line;
    here.path = NULL;
    return here;
}

/* A mistake at the place of a record. */
static void complain(struct check *check, const struct origin_mark *mark, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void complain(struct check *check, const struct origin_mark *mark, const char *format, ...)
{
    const struct diag here = diag_at(check, mark);
    va_list arguments;
    va_start(arguments, format);
    check->status = diag_verror(&here, STATUS_MEANING, format, arguments);
    va_end(arguments);
}

static void warn(const struct check *check, const struct origin_mark *mark, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void warn(const struct check *check, const struct origin_mark *mark, const char *format, ...)
{
    const struct diag here = diag_at(check, mark);
    va_list arguments;
    va_start(arguments, format);
    diag_vwarning(&here, format, arguments);
    va_end(arguments);
}

static const struct builder_record *first_record(const struct builder_rrset *rrset)
{
    return &rrset->records[0];
}

static bool has(const struct builder_node *node, uint16_t type)
{
    return builder_rrset(node, type) != NULL;
}

/* No such record was written, which is not certain where one could not be read. */
static bool lacks(const struct check *check, const struct builder_node *node, uint16_t type)
{
    return !has(node, type) && !builder_may_lack(check->builder, node->owner, type);
}

static bool is_apex(const struct builder_node *node)
{
    return node->parent == NULL;
}

static bool is_cut(const struct builder_node *node)
{
    return !is_apex(node) && has(node, RRTYPE_NS);
}

/* ---- where a name stands ---- */

/* The topmost delegation at or above a name; NULL when the zone answers for it. */
static const struct builder_node *cut_of(const struct builder_node *node)
{
    const struct builder_node *cut = NULL;
    for (; node != NULL; node = node->parent) {
        if (is_cut(node))
            cut = node;
    }
    return cut;
}

/* False when an address of the name is among what could not be read. */
static bool address_is_known(const struct check *check, const uint8_t *name)
{
    return !builder_may_lack(check->builder, name, RRTYPE_A) &&
           !builder_may_lack(check->builder, name, RRTYPE_AAAA);
}

/* A DNAME above the name, not at it. */
static const struct builder_node *dname_above(const struct builder_node *node)
{
    for (node = node->parent; node != NULL; node = node->parent) {
        if (has(node, RRTYPE_DNAME))
            return node;
    }
    return NULL;
}

/* ---- rrsets ---- */

static bool is_dnssec(uint16_t type)
{
    return type == RRTYPE_RRSIG || type == RRTYPE_NSEC || type == RRTYPE_NSEC3;
}

/* RFC 2181 section 5.2. Signatures follow the TTL of what they cover (RFC 4034 section 3). */
static void check_ttl(struct check *check, const struct builder_node *node,
                      const struct builder_rrset *rrset)
{
    char name[NAME_TEXT];
    char type[RRTYPE_TEXT];
    const struct builder_record *first = first_record(rrset);
    if (rrset->type == RRTYPE_RRSIG)
        return;
    for (uint32_t i = 1; i < rrset->count; i++) {
        const struct builder_record *record = &rrset->records[i];
        if (record->ttl != first->ttl)
            complain(
                check, &record->mark,
                "TTL %u of the %s record of %s differs from %u at %s:%u (RFC 2181 section 5.2)",
                record->ttl, rrtype_to_text(rrset->type, type), name_to_text(node->owner, name),
                first->ttl, first->mark.file, first->mark.line);
    }
}

/* All of an rrset goes into an answer or nothing (RFC 2181 section 9). */
static void check_room(const struct check *check, const struct builder_node *node,
                       const struct builder_rrset *rrset)
{
    enum { MESSAGE_MOST = 65535 };
    char name[NAME_TEXT];
    char type[RRTYPE_TEXT];
    const size_t room = rrset_room(node, rrset);
    if (room > MESSAGE_MOST)
        warn(check, &first_record(rrset)->mark,
             "the %u %s records of %s take at least %zu octets, and no message has more than %d: "
             "they are never answered",
             rrset->count, rrtype_to_text(rrset->type, type), name_to_text(node->owner, name), room,
             MESSAGE_MOST);
}

/* CNAME and DNAME: one record each (RFC 2181 section 10.1, RFC 6672 section 2.4). */
static void check_single(struct check *check, const struct builder_node *node,
                         const struct builder_rrset *rrset)
{
    char name[NAME_TEXT];
    char type[RRTYPE_TEXT];
    for (uint32_t i = 1; i < rrset->count; i++)
        complain(check, &rrset->records[i].mark, "a second %s at %s, the first is at %s:%u",
                 rrtype_to_text(rrset->type, type), name_to_text(node->owner, name),
                 first_record(rrset)->mark.file, first_record(rrset)->mark.line);
}

/* RFC 1034 section 3.6.2; RFC 4034 section 3 and 4 let DNSSEC's own stand beside it. */
static void check_alone(struct check *check, const struct builder_node *node,
                        const struct builder_rrset *cname)
{
    char name[NAME_TEXT];
    char type[RRTYPE_TEXT];
    for (uint32_t i = 0; i < node->rrset_count; i++) {
        const struct builder_rrset *other = &node->rrsets[i];
        if (other != cname && !is_dnssec(other->type))
            complain(check, &first_record(other)->mark,
                     "%s has %s beside the CNAME at %s:%u (RFC 1034 section 3.6.2)",
                     name_to_text(node->owner, name), rrtype_to_text(other->type, type),
                     first_record(cname)->mark.file, first_record(cname)->mark.line);
    }
}

/* ---- delegations ---- */

static bool is_glue(uint16_t type)
{
    return type == RRTYPE_A || type == RRTYPE_AAAA;
}

/* What stands below or beside a delegation and is no glue is never answered. */
static void check_occluded(const struct check *check, const struct builder_node *node,
                           const struct builder_rrset *rrset, const struct builder_node *cut)
{
    char name[NAME_TEXT];
    char above[NAME_TEXT];
    char type[RRTYPE_TEXT];
    if (is_glue(rrset->type) || is_dnssec(rrset->type) ||
        (node == cut && (rrset->type == RRTYPE_NS || rrset->type == RRTYPE_DS)))
        return;
    warn(check, &first_record(rrset)->mark,
         "the %s record of %s is never answered: %s is delegated",
         rrtype_to_text(rrset->type, type), name_to_text(node->owner, name),
         name_to_text(cut->owner, above));
}

/* RFC 4035 section 2.4: DS stands at a delegation and nowhere else. */
static void check_ds(struct check *check, const struct builder_node *node,
                     const struct builder_rrset *ds)
{
    char name[NAME_TEXT];
    if (is_apex(node))
        complain(check, &first_record(ds)->mark,
                 "DS at the apex: it belongs into the zone above (RFC 4035 section 2.4)");
    else if (lacks(check, node, RRTYPE_NS))
        complain(check, &first_record(ds)->mark,
                 "%s has DS but no NS: it is no delegation (RFC 4035 section 2.4)",
                 name_to_text(node->owner, name));
}

/* RFC 6672 section 2.4: DNAME and NS meet at an apex only. */
static void check_dname(struct check *check, const struct builder_node *node,
                        const struct builder_rrset *dname)
{
    char name[NAME_TEXT];
    if (is_cut(node))
        complain(check, &first_record(dname)->mark,
                 "%s has DNAME and NS, which is for an apex only (RFC 6672 section 2.3)",
                 name_to_text(node->owner, name));
}

/* ---- names that records point to ---- */

/* What answers for a name of the zone: its node, or that of a wildcard; NULL: nothing. */
static const struct builder_node *target_node(const struct builder *builder, const uint8_t *name)
{
    const struct builder_node *node = builder_find(builder, name);
    if (node != NULL)
        return node;

    const uint8_t *encloser = name;
    do
        encloser = name_parent(encloser);
    while (builder_find(builder, encloser) == NULL);
    uint8_t wildcard[NAME_MAX_LEN];
    return name_wildcard(encloser, wildcard) ? builder_find(builder, wildcard) : NULL;
}

static bool has_address(const struct builder_node *node)
{
    return has(node, RRTYPE_A) || has(node, RRTYPE_AAAA) || node->service != NULL;
}

/* True below a DNAME, which leads elsewhere. */
static bool is_redirected(const struct builder *builder, const uint8_t *name)
{
    const uint8_t *apex = builder_apex(builder);
    while (!name_equal(name, apex)) {
        name = name_parent(name);
        const struct builder_node *node = builder_find(builder, name);
        if (node != NULL && has(node, RRTYPE_DNAME))
            return true;
    }
    return false;
}

/* The delegation that a name of the zone lies at or below, though it may have no node itself. */
static const struct builder_node *cut_of_name(const struct builder *builder, const uint8_t *name)
{
    const struct builder_node *node;
    while ((node = builder_find(builder, name)) == NULL)
        name = name_parent(name);
    return cut_of(node);
}

/*
 * A name server in the zone must have an address here: at the apex because we
 * answer for it, at a delegation because nobody could reach it otherwise. One
 * below another delegation is that zone's to say.
 */
static void check_server(struct check *check, const struct builder_node *node,
                         const struct builder_record *record)
{
    char owner[NAME_TEXT];
    char name[NAME_TEXT];
    const uint8_t *server = record->rdata;
    if (!name_is_under(server, builder_apex(check->builder)))
        return;

    const struct builder_node *cut = cut_of_name(check->builder, server);
    const struct builder_node *target =
        cut != NULL ? builder_find(check->builder, server) : target_node(check->builder, server);
    name_to_text(node->owner, owner);
    name_to_text(server, name);
    const bool theirs = cut != NULL && cut != cut_of(node);
    if (!theirs && target != NULL && has(target, RRTYPE_CNAME)) {
        complain(check, &record->mark, "name server %s of %s is a CNAME (RFC 2181 section 10.3)",
                 name, owner);
    } else if (!address_is_known(check, server)) {
        return;
    } else if (theirs) {
        /* A sibling's glue is welcome (RFC 9471 section 2.2), but nobody has to give it. */
        if (target == NULL || !has_address(target))
            warn(check, &record->mark, "name server %s of %s has no address here", name, owner);
    } else if (target == NULL ? !is_redirected(check->builder, server) : !has_address(target)) {
        complain(check, &record->mark, "name server %s of %s has no address%s", name, owner,
                 cut != NULL ? " (glue)" : "");
    } else if (target == NULL) {
        complain(check, &record->mark, "name server %s of %s lies below a DNAME", name, owner);
    }
}

static void check_servers(struct check *check, const struct builder_node *node,
                          const struct builder_rrset *ns)
{
    char name[NAME_TEXT];
    if (name_is_wildcard(node->owner))
        warn(check, &first_record(ns)->mark,
             "%s delegates by a wildcard, which is undefined (RFC 4592 section 4.2)",
             name_to_text(node->owner, name));
    for (uint32_t i = 0; i < ns->count; i++)
        check_server(check, node, &ns->records[i]);
}

/* The name that an MX or SRV record leads to. */
static const uint8_t *target_of(uint16_t type, const struct builder_record *record)
{
    return record->rdata + (type == RRTYPE_MX ? 2 : 6);
}

/* Mail exchangers and servers should exist, have addresses, and be no CNAME (RFC 2181 10.3). */
static void check_targets(const struct check *check, const struct builder_rrset *rrset)
{
    char name[NAME_TEXT];
    char type[RRTYPE_TEXT];
    rrtype_to_text(rrset->type, type);
    for (uint32_t i = 0; i < rrset->count; i++) {
        const struct builder_record *record = &rrset->records[i];
        const uint8_t *target = target_of(rrset->type, record);
        /* "." says that there is no such service (RFC 7505, RFC 2782). */
        if (name_is_root(target) || !name_is_under(target, builder_apex(check->builder)) ||
            cut_of_name(check->builder, target) != NULL || is_redirected(check->builder, target))
            continue;
        const struct builder_node *node = target_node(check->builder, target);
        name_to_text(target, name);
        if (node != NULL && has(node, RRTYPE_CNAME))
            warn(check, &record->mark, "%s leads to %s, which is a CNAME", type, name);
        else if (!address_is_known(check, target))
            continue;
        else if (node == NULL)
            warn(check, &record->mark, "%s leads to %s, which does not exist", type, name);
        else if (!has_address(node))
            warn(check, &record->mark, "%s leads to %s, which has no address", type, name);
    }
}

/* ---- nodes ---- */

static void check_soa_place(struct check *check, const struct builder_node *node,
                            const struct builder_rrset *soa)
{
    char name[NAME_TEXT];
    char apex[NAME_TEXT];
    for (uint32_t i = is_apex(node) ? 1 : 0; i < soa->count; i++) {
        if (is_apex(node))
            complain(check, &soa->records[i].mark,
                     "a second SOA, the first is at %s:%u (RFC 1035 section 5.2)",
                     soa->records[0].mark.file, soa->records[0].mark.line);
        else
            complain(check, &soa->records[i].mark, "SOA at %s, but the apex is %s",
                     name_to_text(node->owner, name),
                     name_to_text(builder_apex(check->builder), apex));
    }
}

static void check_rrset(struct check *check, const struct builder_node *node,
                        const struct builder_rrset *rrset, const struct builder_node *cut)
{
    check_ttl(check, node, rrset);
    check_room(check, node, rrset);
    switch (rrset->type) {
    case RRTYPE_SOA:
        check_soa_place(check, node, rrset);
        break;
    case RRTYPE_NS:
        /* Below a delegation everything is the other zone's. */
        if (cut == NULL || cut == node)
            check_servers(check, node, rrset);
        break;
    case RRTYPE_CNAME:
        check_single(check, node, rrset);
        check_alone(check, node, rrset);
        break;
    case RRTYPE_DNAME:
        check_single(check, node, rrset);
        check_dname(check, node, rrset);
        break;
    case RRTYPE_DS:
        check_ds(check, node, rrset);
        break;
    case RRTYPE_MX:
    case RRTYPE_SRV:
        if (cut == NULL)
            check_targets(check, rrset);
        break;
    }
    if (cut != NULL)
        check_occluded(check, node, rrset, cut);
}

static void check_node(struct check *check, const struct builder_node *node)
{
    char name[NAME_TEXT];
    char above[NAME_TEXT];
    if (node->rrset_count == 0)
        return;
    const struct builder_node *cut = cut_of(node);
    const struct builder_node *dname = dname_above(node);
    if (dname != NULL && cut_of(dname) == NULL)
        complain(check, &first_record(&node->rrsets[0])->mark,
                 "%s lies below the DNAME of %s (RFC 6672 section 2.4)",
                 name_to_text(node->owner, name), name_to_text(dname->owner, above));
    for (uint32_t i = 0; i < node->rrset_count; i++)
        check_rrset(check, node, &node->rrsets[i], cut);
}

/* What every zone has: one SOA (counted above) and its name servers. */
static void check_apex(struct check *check)
{
    char apex[NAME_TEXT];
    const struct builder_node *top = builder_at(check->builder, 0);
    name_to_text(top->owner, apex);
    if (lacks(check, top, RRTYPE_SOA))
        check->status =
            diag_error(check->diag, STATUS_MEANING, "the zone has no SOA at its apex %s", apex);
    if (lacks(check, top, RRTYPE_NS))
        check->status =
            diag_error(check->diag, STATUS_MEANING, "the zone has no NS at its apex %s", apex);
}

enum status zonecheck_run(const struct builder *builder, const struct diag *diag)
{
    struct check check = { .builder = builder, .diag = diag, .status = STATUS_OK };
    check_apex(&check);
    for (size_t i = 0; i < builder_count(builder); i++) {
        courtesy_spent(100);
        check_node(&check, builder_at(builder, i));
    }
    return check.status;
}
