#include "dns/server/answer.h"

#include "dns/proto/rrtype.h"
#include "dns/proto/writer.h"

enum { SECTION_ANSWER, SECTION_AUTHORITY, SECTION_ADDITIONAL, SECTIONS };
enum { ITEMS = FINDING_HOPS + 2 + 1024 }; /* no message holds more servers with addresses */
enum { SVCB_STEPS = 8 };                  /* how many further SVCB rrsets are followed */

/* One rrset to be written. */
struct item {
    const uint8_t *owner;
    const struct rrset *rrset; /* NULL: the choice's endpoints */
    const struct choice *choice;
    uint32_t ttl;
    uint16_t rrclass;
    uint8_t section;
    bool needed; /* when it does not fit, the answer is truncated */
};

/* What the message will hold, in order. */
struct draft {
    const struct snapshot *snapshot;
    unsigned count;
    bool overfull; /* something needed found no place in `items` */
    struct item items[ITEMS];
};

static void draft_put(struct draft *draft, const struct item *item)
{
    if (draft->count < ITEMS)
        draft->items[draft->count++] = *item;
    else if (item->needed)
        draft->overfull = true;
}

static bool draft_has(const struct draft *draft, const struct rrset *rrset)
{
    for (unsigned i = 0; i < draft->count; i++)
        if (draft->items[i].rrset == rrset)
            return true;
    return false;
}

static void put_rrset(struct draft *draft, uint8_t section, const uint8_t *owner,
                      const struct rrset *rrset, bool needed)
{
    if (rrset == NULL || draft_has(draft, rrset))
        return;
    draft_put(draft, &(struct item){ .owner = owner,
                                     .rrset = rrset,
                                     .ttl = rrset->ttl,
                                     .rrclass = RRCLASS_IN,
                                     .section = section,
                                     .needed = needed });
}

static void put_hops(struct draft *draft, const struct answer *answer)
{
    for (unsigned i = 0; i < answer->hop_count; i++) {
        const struct hop *hop = &answer->finding->hops[i];
        struct item item = { .owner = hop->owner,
                             .rrset = hop->rrset,
                             .rrclass = RRCLASS_IN,
                             .section = SECTION_ANSWER,
                             .needed = true };

        if (hop->service != NULL && answer->choice->kind != CHOICE_ZONEFILE) {
            item.rrset = NULL;
            item.choice = answer->choice;
            item.ttl = answer->choice->ttl;
        } else {
            item.ttl = hop->rrset->ttl;
        }
        draft_put(draft, &item);
    }
}

/* RFC 2308 section 3: the SOA of a negative answer lives as long as the answer may. */
static void put_negative_soa(struct draft *draft, const struct zone *zone)
{
    draft_put(draft, &(struct item){ .owner = zone->apex,
                                     .rrset = zone->soa,
                                     .ttl = zone->negative_ttl,
                                     .rrclass = RRCLASS_IN,
                                     .section = SECTION_AUTHORITY,
                                     .needed = true });
}

static void put_addresses(struct draft *draft, const struct node *node, bool needed)
{
    put_rrset(draft, SECTION_ADDITIONAL, node->owner, node_rrset(node, RRTYPE_A), needed);
    put_rrset(draft, SECTION_ADDITIONAL, node->owner, node_rrset(node, RRTYPE_AAAA), needed);
}

/*
 * A referral: the cut's NS and the glue. RFC 9471 section 3: addresses of
 * servers at or below the cut are needed, those of other names of the zone
 * are a help that may be left out.
 */
static void put_referral(struct draft *draft, const struct zone *zone, const struct node *cut)
{
    const struct rrset *ns = node_rrset(cut, RRTYPE_NS);
    const uint8_t *at = ns->rdata;

    put_rrset(draft, SECTION_AUTHORITY, cut->owner, ns, true);
    for (int pass = 0; pass < 2; pass++) {
        at = ns->rdata;
        for (unsigned i = 0; i < ns->count; i++) {
            uint16_t len;
            const uint8_t *server = rrset_next(&at, &len);
            const bool in_bailiwick = name_is_under(server, cut->owner);
            if (in_bailiwick != (pass == 0))
                continue;
            const struct node *node = lookup_additional(draft->snapshot->zones, server, zone);
            if (node != NULL)
                put_addresses(draft, node, in_bailiwick);
        }
    }
}

/* The last name of an rdata is the one whose addresses help (rrtype.h, `additional`). */
static const uint8_t *additional_name(uint16_t type, const uint8_t *rdata, uint16_t len)
{
    const uint8_t *name = NULL;
    size_t offset = 0;
    unsigned field = 0;
    bool compressible;

    while (rrtype_next_name(type, rdata, len, &offset, &field, &compressible))
        name = rdata + offset;
    return name;
}

static bool is_svcb(uint16_t type)
{
    return type == RRTYPE_SVCB || type == RRTYPE_HTTPS;
}

/*
 * RFC 9460 section 2.5: "." is the owner itself, but in AliasMode (priority 0)
 * it says that there is no such service.
 */
static const uint8_t *service_target(const struct item *item, const uint8_t *rdata,
                                     const uint8_t *name)
{
    if (!name_is_root(name))
        return name;
    return octets_u16(rdata) == 0 ? NULL : item->owner;
}

/* RFC 9460 section 4.1: at a TargetName stand addresses, and records to go on with. */
static void put_additional_of(struct draft *draft, const struct item *item)
{
    const struct rrset *rrset = item->rrset;
    const uint8_t *at = rrset->rdata;

    for (unsigned i = 0; i < rrset->count; i++) {
        uint16_t len;
        const uint8_t *rdata = rrset_next(&at, &len);
        const uint8_t *name = additional_name(rrset->type, rdata, len);
        if (name != NULL && is_svcb(rrset->type))
            name = service_target(item, rdata, name);
        if (name == NULL)
            continue;
        const struct node *node = lookup_additional(draft->snapshot->zones, name, NULL);
        if (node == NULL)
            continue;
        put_addresses(draft, node, false);
        if (is_svcb(rrset->type))
            put_rrset(draft, SECTION_ADDITIONAL, node->owner, node_rrset(node, rrset->type), false);
    }
}

static bool wants_additional(const struct item *item, bool minimal)
{
    if (item->rrset == NULL)
        return false;
    if (is_svcb(item->rrset->type))
        return true;
    if (item->section == SECTION_ADDITIONAL)
        return false;
    const struct rrtype_row *row = rrtype_find(item->rrset->type);
    return row != NULL && row->additional && (!minimal || row->type == RRTYPE_NS);
}

/*
 * What helps the asker on. SVCB records spare it a round trip (RFC 9460: SHOULD),
 * and who asks for servers wants to know where they are (RFC 9609: the root's);
 * all the others are left out where answers are minimal. The list grows while
 * it is walked: an SVCB in the additional section has targets of its own.
 */
static void put_additionals(struct draft *draft, bool minimal)
{
    unsigned steps = SVCB_STEPS;

    for (unsigned i = 0; i < draft->count && steps > 0; i++) {
        if (!wants_additional(&draft->items[i], minimal))
            continue;
        if (draft->items[i].section == SECTION_ADDITIONAL)
            steps--;
        put_additional_of(draft, &draft->items[i]);
    }
}

static void put_courtesies(struct draft *draft, const struct finding *finding)
{
    const bool minimal = draft->snapshot->serving.minimal_responses;
    const struct zone *zone = finding->zone;

    if (!minimal && finding->outcome == OUTCOME_ANSWER)
        put_rrset(draft, SECTION_AUTHORITY, zone->apex, zone->ns, false);

    put_additionals(draft, minimal);
}

static void compose(struct draft *draft, const struct answer *answer)
{
    const struct finding *finding = answer->finding;

    put_hops(draft, answer);
    if (answer->hop_count < finding->hop_count)
        return; /* a chain cut short: what follows it is not told */

    switch (finding->outcome) {
    case OUTCOME_NODATA:
    case OUTCOME_NXDOMAIN:
        put_negative_soa(draft, finding->zone);
        break;
    case OUTCOME_DELEGATION:
        put_referral(draft, finding->zone, finding->node);
        break;
    case OUTCOME_ANSWER:
        put_courtesies(draft, finding);
        break;
    case OUTCOME_ALIAS:
    case OUTCOME_FOREIGN:
    case OUTCOME_UNLOADED:
    case OUTCOME_YXDOMAIN:
        break;
    }
}

static void write_rdata(struct writer *writer, uint16_t type, const uint8_t *rdata, size_t len)
{
    size_t offset = 0;
    size_t done = 0;
    unsigned field = 0;
    bool compressible;

    while (rrtype_next_name(type, rdata, len, &offset, &field, &compressible)) {
        const uint8_t *name = rdata + offset;
        writer_octets(writer, rdata + done, offset - done);
        if (compressible)
            writer_name(writer, name);
        else
            writer_name_plain(writer, name);
        done = offset + name_len(name);
    }
    writer_octets(writer, rdata + done, len - done);
}

static void write_record(struct writer *writer, const struct item *item, uint16_t type,
                         const uint8_t *rdata, size_t len)
{
    writer_name(writer, item->owner);
    writer_u16(writer, type);
    writer_u16(writer, item->rrclass);
    writer_u32(writer, item->ttl);

    const size_t length_at = writer->len;
    writer_u16(writer, 0);
    write_rdata(writer, type, rdata, len);
    if (writer_ok(writer))
        writer_patch_u16(writer, length_at, (uint16_t)(writer->len - length_at - 2));
}

/*
 * The records begin at another one from answer to answer only where the
 * service says so; plain data keeps the order of the zone file.
 */
static uint16_t write_item(struct writer *writer, const struct item *item)
{
    if (item->rrset == NULL) {
        const struct choice *choice = item->choice;
        for (unsigned i = 0; i < choice->count; i++)
            write_record(writer, item, choice->type, choice->endpoints[i]->rdata,
                         choice->endpoints[i]->rdata_len);
        return choice->count;
    }

    const uint8_t *at = item->rrset->rdata;
    for (unsigned i = 0; i < item->rrset->count && writer_ok(writer); i++) {
        uint16_t len;
        const uint8_t *rdata = rrset_next(&at, &len);
        write_record(writer, item, item->rrset->type, rdata, len);
    }
    return item->rrset->count;
}

/* True when everything that is needed found room. */
static bool write_items(struct writer *writer, const struct draft *draft, uint16_t counts[SECTIONS])
{
    for (unsigned section = 0; section < SECTIONS; section++) {
        for (unsigned i = 0; i < draft->count; i++) {
            const struct item *item = &draft->items[i];
            if (item->section != section)
                continue;
            const struct writer_mark mark = writer_mark(writer);
            const uint16_t count = write_item(writer, item);
            if (writer_ok(writer)) {
                counts[section] = (uint16_t)(counts[section] + count);
                continue;
            }
            writer_rollback(writer, mark);
            if (item->needed)
                return false;
        }
    }
    return !draft->overfull;
}

static void write_head(struct writer *writer, const struct message *query,
                       const struct answer *answer)
{
    writer_u16(writer, query->id);
    writer_u16(writer, answer_flags(query, answer));
    writer_u16(writer, query->has_question ? 1 : 0);
    writer_u16(writer, 0);
    writer_u16(writer, 0);
    writer_u16(writer, 0);
    if (!query->has_question)
        return;
    writer_name(writer, query->qname);
    writer_u16(writer, query->qtype);
    writer_u16(writer, query->qclass);
}

/* False when it does not fit: a key's name may be absurdly long. */
static bool write_badkey(struct writer *writer, const struct tsig *tsig)
{
    const struct writer_mark mark = writer_mark(writer);

    tsig_write_badkey(writer, tsig);
    if (writer_ok(writer))
        return true;
    writer_rollback(writer, mark);
    return false;
}

size_t answer_write(const struct message *query, const struct answer *answer,
                    const struct snapshot *snapshot, uint8_t *response, size_t limit,
                    struct written *written)
{
    struct writer writer;
    struct draft draft; /* its items are written as they come: clearing them all would cost */
    uint16_t counts[SECTIONS] = { 0 };
    const bool has_edns = query->edns.present;
    const size_t opt_len = has_edns ? edns_reply_len(&answer->edns) : 0;

    draft.snapshot = snapshot;
    draft.count = 0;
    draft.overfull = false;
    *written = (struct written){ 0 };
    writer_init(&writer, response, limit);
    write_head(&writer, query, answer);
    if (!writer_ok(&writer) || writer.len + opt_len > limit)
        return 0;

    writer_limit(&writer, limit - opt_len);
    if (answer->extra != NULL)
        draft_put(&draft, &(struct item){ .owner = query->qname,
                                          .rrset = answer->extra,
                                          .ttl = answer->extra->ttl,
                                          .rrclass = answer->extra_class,
                                          .needed = true });
    if (answer->finding != NULL)
        compose(&draft, answer);
    written->truncated = !write_items(&writer, &draft, counts);
    writer_limit(&writer, limit);

    const size_t opt_at = writer.len;
    if (has_edns) {
        edns_write(&writer, &answer->edns);
        counts[SECTION_ADDITIONAL]++;
    }
    written->opt_len = (uint16_t)(writer.len - opt_at);
    if (answer->badkey && write_badkey(&writer, &query->tsig)) {
        counts[SECTION_ADDITIONAL]++;
        written->opt_len = 0;
    }
    if (written->truncated)
        writer_patch_u16(&writer, 2, (uint16_t)(answer_flags(query, answer) | FLAG_TC));
    for (unsigned section = 0; section < SECTIONS; section++)
        writer_patch_u16(&writer, 6 + 2 * section, counts[section]);
    return writer.len;
}
