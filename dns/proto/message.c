#include "dns/proto/message.h"

#include "dns/proto/name.h"
#include "dns/proto/reader.h"
#include "dns/proto/rrtype.h"

enum { OPCODE_SHIFT = 11, OPCODE_MASK = 0x0f };

struct counts {
    uint16_t questions;
    uint16_t answers;
    uint16_t authorities;
    uint16_t additionals;
};

static bool question_parse(struct reader *reader, struct message *out)
{
    const size_t name_octets = name_key_read(&out->key, reader->next, reader_left(reader));
    const uint8_t *qname = reader_take(reader, name_octets);
    const uint8_t *type_and_class = reader_take(reader, 4);
    if (name_octets == 0 || type_and_class == NULL)
        return false;

    out->has_question = true;
    out->qname = qname;
    out->qname_len = (uint16_t)name_octets;
    out->qtype = octets_u16(type_and_class);
    out->qclass = octets_u16(type_and_class + 2);
    return true;
}

/* Several questions cannot be answered or echoed, but stand before an OPT that can. */
static bool questions_skip(struct reader *reader, unsigned count)
{
    for (unsigned i = 0; i < count && reader_ok(reader); i++) {
        name_read(reader);
        reader_take(reader, 4);
    }
    return reader_ok(reader);
}

/* CLASS, TTL and rdata, after owner and type. */
static void record_skip_rest(struct reader *reader)
{
    reader_take(reader, 6);
    reader_take(reader, reader_u16(reader));
}

/*
 * Records in front of the additional section are of no use to us, but a NOTIFY
 * carries an SOA (RFC 1996 section 3.7) and an IXFR its serial (RFC 1995). OPT
 * and TSIG have no place there (RFC 6891 section 6.1.1, RFC 8945 section 5.1).
 * A count that promises more than there is ends with the octets.
 */
static bool records_skip(struct reader *reader, unsigned count)
{
    bool sound = true;
    for (unsigned i = 0; i < count && reader_ok(reader); i++) {
        name_skip(reader);
        const uint16_t type = reader_u16(reader);
        if (type == RRTYPE_OPT || type == RRTYPE_TSIG)
            sound = false;
        record_skip_rest(reader);
    }
    return reader_ok(reader) && sound;
}

/*
 * RFC 6891 section 6.1.1: one OPT at most, owned by the root. RFC 8945 section
 * 5.1: one TSIG at most, the last of all.
 */
static bool additionals_parse(struct reader *reader, unsigned count, struct message *out)
{
    bool sound = true;
    for (unsigned i = 0; i < count && reader_ok(reader); i++) {
        const bool root = reader_left(reader) > 0 && *reader->next == 0;
        const size_t owner_at = reader_position(reader);
        if (root)
            reader_take(reader, 1);
        else
            name_skip(reader);
        const uint16_t type = reader_u16(reader);
        if (!reader_ok(reader))
            break;

        if (out->has_tsig)
            sound = false;
        if (type == RRTYPE_TSIG) {
            out->has_tsig = true;
            sound &= tsig_parse(reader, owner_at, &out->tsig);
            continue;
        }

        if (type == RRTYPE_OPT && root && !out->edns.present) {
            edns_parse(reader, &out->edns);
            continue;
        }
        if (type == RRTYPE_OPT)
            sound = false;
        record_skip_rest(reader);
    }
    return reader_ok(reader) && sound;
}

/*
 * RFC 9619: one question for QUERY; RFC 1996 section 3.5: for NOTIFY as well.
 * RFC 7873 section 5.4: none for a QUERY that only wants to learn a cookie, and
 * then there is nothing that the other sections could be about.
 */
static bool counts_are_right(const struct counts *counts, const struct message *message)
{
    if (counts->questions != 0)
        return counts->questions == 1;
    return message->opcode == OPCODE_QUERY && message->edns.has_cookie && counts->answers == 0 &&
           counts->authorities == 0;
}

/*
 * What follows the header. All of it is walked even when something is wrong
 * early on, as far as its parts can be told: an answer with FORMERR must carry
 * an OPT when the query had one (RFC 6891 section 7).
 */
static bool body_parse(struct reader *reader, const struct counts *counts, struct message *out)
{
    if (counts->questions == 1 ? !question_parse(reader, out)
                               : !questions_skip(reader, counts->questions))
        return false;

    const unsigned useless = (unsigned)counts->answers + counts->authorities;
    bool sound = useless == 0 || records_skip(reader, useless);
    sound &= counts->additionals == 0 || additionals_parse(reader, counts->additionals, out);
    sound &= counts_are_right(counts, out);
    return sound && reader_ok(reader) && reader_left(reader) == 0;
}

/*
 * An opcode we do not speak is told apart from a broken message first (RFC 8906
 * section 3.1.4): its body may follow other rules than ours.
 */
static enum rcode verdict(const struct message *message, bool sound)
{
    if (message->opcode != OPCODE_QUERY && message->opcode != OPCODE_NOTIFY)
        return RCODE_NOTIMP;
    if (!sound || message->edns.malformed)
        return RCODE_FORMERR;
    if (message->edns.version > EDNS_VERSION)
        return RCODE_BADVERS;
    return RCODE_NOERROR;
}

bool message_parse(const uint8_t *request, size_t len, struct message *out)
{
    if (len < MESSAGE_HEADER_LEN)
        return false;

    struct reader reader = reader_over(request, len);
    const uint8_t *header = reader_take(&reader, MESSAGE_HEADER_LEN);
    const uint16_t flags = octets_u16(header + 2);
    /* Two servers that answer each other's responses never stop. */
    if (flags & FLAG_QR)
        return false;

    out->id = octets_u16(header);
    out->opcode = flags >> OPCODE_SHIFT & OPCODE_MASK;
    out->recursion_desired = (flags & FLAG_RD) != 0;
    out->has_question = false;
    out->edns = (struct edns){ .present = false };
    out->has_tsig = false;
    const struct counts counts = {
        .questions = octets_u16(header + 4),
        .answers = octets_u16(header + 6),
        .authorities = octets_u16(header + 8),
        .additionals = octets_u16(header + 10),
    };

    const bool sound = body_parse(&reader, &counts, out);
    out->rcode = verdict(out, sound);
    return true;
}
