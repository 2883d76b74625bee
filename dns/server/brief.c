#include "dns/server/brief.h"

#include "dns/base/run.h"
#include "dns/proto/rrtype.h"
#include "dns/proto/writer.h"

enum {
    POINTER = 0xc000,
    POINTERS_END = 0x4000, /* RFC 1035 section 4.1.4: fourteen bits */
    RECORD_HEAD = 12       /* a pointer, TYPE, CLASS, TTL, RDLENGTH */
};

/* The one rrset that goes between the question and the OPT. */
struct subject {
    const struct rrset *rrset;   /* NULL: the choice's endpoints, or nothing at all */
    const struct choice *choice; /* NULL: the rrset */
    bool negative;               /* it goes to the authority section */
    uint8_t owner_len;           /* so much of the qname's end is its owner */
    uint16_t count;
    uint16_t type;
    uint32_t ttl;
};

static bool subject_is_rrset(struct subject *subject, const struct rrset *rrset, size_t owner_len,
                             uint32_t ttl)
{
    subject->rrset = rrset;
    subject->owner_len = (uint8_t)owner_len;
    subject->count = rrset->count;
    subject->type = rrset->type;
    subject->ttl = ttl;
    return rrset->form == RRSET_ALONE;
}

/* Addresses alone: other types may have names in them, or want company. */
static bool subject_is_choice(struct subject *subject, const struct choice *choice,
                              size_t owner_len)
{
    subject->choice = choice;
    subject->owner_len = (uint8_t)owner_len;
    subject->count = choice->count;
    subject->type = choice->type;
    subject->ttl = choice->ttl;
    return choice->type == RRTYPE_A || choice->type == RRTYPE_AAAA;
}

/* False when there is more to tell than one rrset. */
static bool subject_of(struct subject *subject, const struct message *query,
                       const struct answer *answer, bool minimal)
{
    const struct finding *finding = answer->finding;

    *subject = (struct subject){ .rrset = NULL };
    if (finding == NULL)
        return true;
    if (finding->hop_count == 0 &&
        (finding->outcome == OUTCOME_NXDOMAIN || finding->outcome == OUTCOME_NODATA)) {
        const struct zone *zone = finding->zone;
        subject->negative = true;
        return subject_is_rrset(subject, zone->soa, zone->top->owner_len, zone->negative_ttl);
    }
    if (finding->hop_count != 1 || finding->outcome != OUTCOME_ANSWER || !minimal)
        return false;
    const struct hop *hop = &finding->hops[0];
    if (hop->service != NULL && answer->choice->kind != CHOICE_ZONEFILE)
        return subject_is_choice(subject, answer->choice, query->qname_len);
    return subject_is_rrset(subject, hop->rrset, query->qname_len, hop->rrset->ttl);
}

/* At least the octets that its records take. */
static size_t subject_room(const struct subject *subject)
{
    if (subject->rrset != NULL)
        return subject->rrset->rdata_len + subject->count * (size_t)RECORD_HEAD;
    return subject->count * (size_t)(RECORD_HEAD + 16);
}

static uint8_t *put_u16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
    return at + 2;
}

static uint8_t *put_u32(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 24);
    at[1] = (uint8_t)(value >> 16);
    at[2] = (uint8_t)(value >> 8);
    at[3] = (uint8_t)value;
    return at + 4;
}

static uint8_t *put_octets(uint8_t *at, const uint8_t *octets, size_t len)
{
    run_copy(at, octets, len);
    return at + len;
}

/* Header and question as they came, with our flags and counts. */
static uint8_t *put_head(uint8_t *at, const struct message *query, unsigned flags,
                         const struct subject *subject)
{
    const size_t len = MESSAGE_HEADER_LEN + query->qname_len + 4u;

    run_copy(at, query->qname - MESSAGE_HEADER_LEN, len);
    put_u16(at + 2, flags);
    put_u16(at + 6, subject->negative ? 0 : subject->count);
    put_u32(at + 8, (subject->negative ? (uint32_t)subject->count << 16 : 0) | query->edns.present);
    return at + len;
}

/* Where the question's name ends. */
static unsigned name_end(const struct message *query)
{
    return MESSAGE_HEADER_LEN + query->qname_len;
}

/* All of a record in front of the length of its rdata. */
static uint8_t *put_record_head(uint8_t *at, const struct message *query,
                                const struct subject *subject)
{
    /* A pointer to the root would be longer than the root. */
    if (subject->owner_len == 1 && query->qname_len != 1)
        *at++ = 0;
    else
        at = put_u16(at, POINTER | (name_end(query) - subject->owner_len));
    at = put_u32(at, (uint32_t)subject->type << 16 | RRCLASS_IN);
    return put_u32(at, subject->ttl);
}

static uint8_t *put_endpoints(uint8_t *at, const struct message *query,
                              const struct subject *subject)
{
    for (unsigned i = 0; i < subject->count; i++) {
        const struct endpoint *endpoint = subject->choice->endpoints[i];
        at = put_record_head(at, query, subject);
        at = put_u16(at, endpoint->rdata_len);
        at = put_octets(at, endpoint->rdata, endpoint->rdata_len);
    }
    return at;
}

/* The names of one rdata, as far as their cuts say; `*rdata` goes on to what follows them. */
static uint8_t *put_names(uint8_t *at, const uint8_t **rdata, unsigned names,
                          const struct rrset_cut *cut, unsigned question_end, unsigned first_at)
{
    for (unsigned n = 0; n < names; n++, cut++) {
        at = put_octets(at, *rdata, cut->kept);
        if (cut->kept < cut->len)
            at = put_u16(at, POINTER | (cut->base == RRSET_BASE_OWNER ? question_end - cut->distance
                                                                      : first_at + cut->distance));
        *rdata += cut->len;
    }
    return at;
}

static uint8_t *put_records(uint8_t *response, uint8_t *at, const struct message *query,
                            const struct subject *subject)
{
    const struct rrset *rrset = subject->rrset;
    const struct rrset_cut *cut = rrset_cuts(rrset);
    const uint8_t *record = rrset->rdata;
    unsigned first_at = 0;

    for (unsigned i = 0; i < rrset->count; i++, cut += rrset->names) {
        uint16_t len;
        const uint8_t *rdata = rrset_next(&record, &len);
        at = put_record_head(at, query, subject);
        uint8_t *length_at = at;
        at = put_octets(at + 2, rdata, rrset->lead);
        rdata += rrset->lead;
        if (i == 0)
            first_at = (unsigned)(at - response);
        at = put_names(at, &rdata, rrset->names, cut, name_end(query), first_at);
        at = put_octets(at, rdata, (size_t)(record - rdata));
        put_u16(length_at, (unsigned)(at - length_at - 2));
    }
    return at;
}

/* The OPT; returns where it ends. */
static uint8_t *put_opt(uint8_t *response, uint8_t *at, size_t limit,
                        const struct edns_reply *reply)
{
    if (edns_is_brief(reply))
        return edns_put_brief(at, reply);

    struct writer writer;
    writer_init(&writer, response, limit);
    writer.len = (size_t)(at - response);
    edns_write(&writer, reply);
    return response + writer.len;
}

size_t brief_write(const struct message *query, const struct answer *answer,
                   const struct snapshot *snapshot, uint8_t *response, size_t limit,
                   struct written *written)
{
    struct subject subject;

    if (!query->has_question || answer->extra != NULL || answer->badkey ||
        (answer->finding != NULL && answer->hop_count != answer->finding->hop_count) ||
        !subject_of(&subject, query, answer, snapshot->serving.minimal_responses))
        return 0;
    const size_t opt_len = query->edns.present ? edns_reply_len(&answer->edns) : 0;
    const size_t room = name_end(query) + 4 + subject_room(&subject) + opt_len;
    if (room > limit || room > POINTERS_END)
        return 0;

    uint8_t *at = put_head(response, query, answer_flags(query, answer), &subject);
    if (subject.rrset != NULL)
        at = put_records(response, at, query, &subject);
    else if (subject.choice != NULL)
        at = put_endpoints(at, query, &subject);
    uint8_t *opt = at;
    if (query->edns.present)
        at = put_opt(response, at, limit, &answer->edns);

    written->truncated = false;
    written->opt_len = (uint16_t)(at - opt);
    return (size_t)(at - response);
}
