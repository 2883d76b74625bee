#include "zones/lookup.h"

#include "dns/proto/rrtype.h"

/* The search as it goes from alias to alias. */
struct search {
    const struct zonedb *zones;
    uint16_t qtype;
    const uint8_t *name; /* looked for now: the qname or an alias's target */
    const struct name_key *key; /* of that name */
    struct finding *finding;
};

/* Types that live beside a CNAME and are answered at its owner (RFC 4035 section 2.5). */
static bool type_ignores_cname(uint16_t type)
{
    return type == RRTYPE_CNAME || type == RRTYPE_ANY || type == RRTYPE_NSEC ||
           type == RRTYPE_RRSIG;
}

static bool hops_are_full(const struct finding *finding)
{
    return finding->hop_count == FINDING_HOPS;
}

static void add_hop(struct finding *finding, const uint8_t *owner, const struct rrset *rrset)
{
    finding->hops[finding->hop_count++] =
        (struct hop){ .owner = owner, .rrset = rrset, .type = rrset->type };
}

static bool already_has(const struct finding *finding, const struct rrset *rrset)
{
    for (unsigned i = 0; i < finding->hop_count; i++)
        if (finding->hops[i].rrset == rrset)
            return true;
    return false;
}

/* An alias that leads back to a name we came by: what is known is told, once. */
static bool is_loop(const struct finding *finding, const uint8_t *target)
{
    for (unsigned i = 0; i < finding->hop_count; i++)
        if (finding->hops[i].type == RRTYPE_CNAME && name_equal(finding->hops[i].owner, target))
            return true;
    return false;
}

/* True when the search goes on at the alias's target. */
static bool go_on_at(struct search *search, const uint8_t *target)
{
    if (is_loop(search->finding, target)) {
        search->finding->outcome = OUTCOME_ALIAS;
        return false;
    }
    name_key_init(&search->finding->key, target);
    search->key = &search->finding->key;
    search->name = target;
    return true;
}

static bool follow_cname(struct search *search, const struct rrset *cname)
{
    struct finding *finding = search->finding;

    if (hops_are_full(finding)) {
        finding->outcome = OUTCOME_ALIAS;
        return false;
    }
    add_hop(finding, search->name, cname);

    const uint8_t *at = cname->rdata;
    uint16_t len;
    return go_on_at(search, rrset_next(&at, &len));
}

/*
 * RFC 6672 section 3.2: the DNAME is told, and a CNAME made from it, with its
 * TTL (section 3.1). Telling one DNAME twice would double the record.
 */
static bool follow_dname(struct search *search, const struct node *node, const struct rrset *dname)
{
    struct finding *finding = search->finding;
    const uint8_t *at = dname->rdata;
    uint16_t len;
    const uint8_t *substitute = rrset_next(&at, &len);

    if (finding->hop_count + 2 > FINDING_HOPS ||
        finding->synthesis_count == FINDING_SYNTHESES) {
        finding->outcome = OUTCOME_ALIAS;
        return false;
    }
    if (!already_has(finding, dname))
        add_hop(finding, node->owner, dname);

    uint8_t *rdata = finding->target[finding->synthesis_count];
    uint8_t *target = rdata + 2;
    if (!name_rebase(search->name, node->owner, substitute, target)) {
        finding->outcome = OUTCOME_YXDOMAIN;
        return false;
    }
    const size_t target_len = name_len(target);
    rdata[0] = (uint8_t)(target_len & 0xff);
    rdata[1] = (uint8_t)(target_len >> 8);

    struct rrset *cname = &finding->synthesized[finding->synthesis_count++];
    *cname = (struct rrset){ .type = RRTYPE_CNAME,
                             .count = 1,
                             .ttl = dname->ttl,
                             .rdata_len = (uint32_t)target_len + 2,
                             .rdata = rdata };
    add_hop(finding, search->name, cname);
    if (type_ignores_cname(search->qtype)) {
        finding->node = node;
        finding->outcome = OUTCOME_ANSWER; /* the CNAME made is what was asked for */
        return false;
    }
    return go_on_at(search, target);
}

/* Puts a question to a service: the records depend on who asks. */
static void end_steered(struct search *search, const struct node *node, uint16_t type)
{
    struct finding *finding = search->finding;

    /* What a CNAME of a region points to is found by whoever follows it. */
    finding->outcome = type == RRTYPE_CNAME && search->qtype != RRTYPE_CNAME ? OUTCOME_ALIAS
                                                                             : OUTCOME_ANSWER;
    if (hops_are_full(finding)) {
        finding->outcome = OUTCOME_ALIAS;
        return;
    }
    finding->hops[finding->hop_count++] = (struct hop){
        .owner = search->name,
        .rrset = node_rrset(node, type),
        .service = node->service,
        .type = type,
    };
}

/* Which of a service's types answers the question; 0: none, the zone file does. */
static uint16_t steered_type(const struct service *service, uint16_t qtype)
{
    if (service == NULL)
        return 0;
    if (service_offers(service, qtype))
        return qtype;
    if (qtype == RRTYPE_ANY)
        return service->types[0];
    if (!type_ignores_cname(qtype) && service_offers(service, RRTYPE_CNAME))
        return RRTYPE_CNAME;
    return 0;
}

/* The name exists (or a wildcard stands for it): what does it hold? */
static bool answer_at(struct search *search, const struct node *node)
{
    struct finding *finding = search->finding;
    const uint16_t qtype = search->qtype;

    finding->node = node;
    const uint16_t steered = steered_type(node->service, qtype);
    if (steered != 0) {
        end_steered(search, node, steered);
        return false;
    }

    const struct rrset *rrset = NULL;
    if (qtype != RRTYPE_ANY)
        rrset = node_rrset(node, qtype);
    else if (node->rrset_count > 0)
        rrset = &node->rrsets[0]; /* RFC 8482 section 4.1: one of them is enough */

    if (rrset == NULL && !type_ignores_cname(qtype)) {
        const struct rrset *cname = node_rrset(node, RRTYPE_CNAME);
        if (cname != NULL)
            return follow_cname(search, cname);
    }
    if (rrset == NULL) {
        finding->outcome = OUTCOME_NODATA;
    } else if (hops_are_full(finding)) {
        finding->outcome = OUTCOME_ALIAS;
    } else {
        add_hop(finding, search->name, rrset);
        finding->outcome = OUTCOME_ANSWER;
    }
    return false;
}

/* The node that redirects everything below it: a DNAME at or above `encloser`, or NULL. */
static const struct node *redirection(const struct node *encloser, bool exact)
{
    if (encloser->dname != NULL)
        return encloser->dname;
    return !exact && node_rrset(encloser, RRTYPE_DNAME) != NULL ? encloser : NULL;
}

static bool is_cut_for(const struct node *node, bool exact, uint16_t qtype)
{
    /* RFC 4035 section 3.1.4.1: the DS of a child is the parent's to tell. */
    return node->cut != NULL && !(exact && node->cut == node && qtype == RRTYPE_DS);
}

/* One step inside a zone. True when an alias leads the search on. */
static bool search_zone(struct search *search, const struct zone *zone, unsigned apex_suffix)
{
    struct finding *finding = search->finding;
    const struct node *node = NULL;
    unsigned suffix = 0;

    /* The apex is always found, so this ends with the closest encloser. */
    while (suffix < apex_suffix && (node = zone_find(zone, search->key, suffix)) == NULL)
        suffix++;
    if (node == NULL)
        node = zone->top;
    const bool exact = suffix == 0;

    const struct node *dname = redirection(node, exact);
    if (is_cut_for(node, exact, search->qtype) &&
        (dname == NULL || name_is_under(dname->owner, node->cut->owner))) {
        finding->node = node->cut;
        finding->outcome = OUTCOME_DELEGATION;
        return false;
    }
    if (dname != NULL)
        return follow_dname(search, dname, node_rrset(dname, RRTYPE_DNAME));
    if (exact)
        return answer_at(search, node);
    /* RFC 4592 section 3.3.1: only the closest encloser's own "*" is a source of synthesis. */
    if (node->wildcard != NULL)
        return answer_at(search, node->wildcard);

    finding->outcome = OUTCOME_NXDOMAIN;
    return false;
}

static const struct zone *zone_for(const struct search *search, unsigned *suffix)
{
    const struct name_key *key = search->key;
    const struct zone *zone = zonedb_find(search->zones, key, 0, suffix);

    if (zone != NULL && *suffix == 0 && search->qtype == RRTYPE_DS && key->labels > 0) {
        unsigned above;
        const struct zone *parent = zonedb_find(search->zones, key, 1, &above);
        if (parent != NULL) {
            *suffix = above;
            return parent;
        }
    }
    return zone;
}

void lookup_find(const struct zonedb *zones, const struct name_key *qname, uint16_t qtype,
                 struct finding *finding)
{
    struct search search = {
        .zones = zones, .qtype = qtype, .name = qname->name, .key = qname, .finding = finding
    };

    finding->first_zone = NULL;
    finding->node = NULL;
    finding->hop_count = 0;
    finding->synthesis_count = 0;

    bool aliased = false;
    bool on = true;
    while (on) {
        unsigned suffix;
        const struct zone *zone = zone_for(&search, &suffix);

        if (zone == NULL || !zone->loaded) {
            /* An alias out of what we can tell is the asker's to follow. */
            finding->outcome = aliased ? OUTCOME_ALIAS
                               : zone == NULL ? OUTCOME_FOREIGN : OUTCOME_UNLOADED;
            if (!aliased)
                finding->zone = finding->first_zone = zone;
            return;
        }
        finding->zone = zone;
        if (!aliased)
            finding->first_zone = zone;
        on = search_zone(&search, zone, suffix);
        aliased = true;
    }
}

const struct node *lookup_additional(const struct zonedb *zones, const uint8_t *name,
                                     const struct zone *glue_zone)
{
    struct name_key key;
    unsigned suffix;

    name_key_init(&key, name);
    const struct zone *zone = zonedb_find(zones, &key, 0, &suffix);
    if (zone == NULL || !zone->loaded)
        return NULL;

    const struct node *node = zone_find(zone, &key, 0);
    if (node == NULL || node->dname != NULL || node->service != NULL)
        return NULL;
    return node->cut == NULL || zone == glue_zone ? node : NULL;
}
