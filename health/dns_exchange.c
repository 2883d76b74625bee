#include "health/dns_exchange.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "dns/base/prefix.h"
#include "dns/proto/edns.h"
#include "dns/proto/message.h"
#include "dns/proto/name.h"
#include "dns/proto/rrtype.h"
#include "dns/proto/writer.h"

enum { RCODE_MASK = 0x000f };

/* ---- the question ---- */

static bool question_name(const struct probe_spec *spec, uint8_t out[NAME_MAX_LEN])
{
    static const uint8_t root[] = { 0 };
    return name_from_text(spec->qname, strlen(spec->qname), root, out, NULL);
}

size_t dns_question_write(const struct probe_spec *spec, uint16_t id, uint8_t *out)
{
    /* RFC 6891 section 6.2.5: what passes everywhere without fragments. */
    static const struct edns_reply opt = { .udp_size = 1232 };
    struct writer writer;
    uint8_t name[NAME_MAX_LEN];
    if (!question_name(spec, name))
        return 0;
    writer_init(&writer, out, DNS_QUESTION_MOST);
    writer_u16(&writer, id);
    writer_u16(&writer, spec->recursion ? FLAG_RD : 0);
    writer_u16(&writer, 1); /* a question */
    writer_u16(&writer, 0);
    writer_u16(&writer, 0);
    writer_u16(&writer, 1); /* OPT */
    writer_name(&writer, name);
    writer_u16(&writer, spec->qtype);
    writer_u16(&writer, RRCLASS_IN);
    edns_write(&writer, &opt);
    return writer_ok(&writer) ? writer.len : 0;
}

/* ---- whose reply it is ---- */

struct reply_head {
    uint16_t id, flags, questions, answers;
};

static struct reply_head head_read(struct reader *reader)
{
    struct reply_head head;
    head.id = reader_u16(reader);
    head.flags = reader_u16(reader);
    head.questions = reader_u16(reader);
    head.answers = reader_u16(reader);
    reader_u16(reader);
    reader_u16(reader);
    return head;
}

bool dns_reply_is_ours(const struct probe_spec *spec, uint16_t id, const uint8_t *octets,
                       size_t len)
{
    struct reader reader = reader_over(octets, len);
    uint8_t asked[NAME_MAX_LEN];
    const struct reply_head head = head_read(&reader);
    if (!reader_ok(&reader) || head.id != id || (head.flags & FLAG_QR) == 0)
        return false;

    /* RFC 1035 section 4.1.1: whoever could not read a question may give none back. */
    const unsigned rcode = head.flags & RCODE_MASK;
    if (head.questions == 0)
        return rcode == RCODE_FORMERR || rcode == RCODE_NOTIMP;
    const uint8_t *name = name_read(&reader);
    const uint16_t type = reader_u16(&reader);
    const uint16_t class = reader_u16(&reader);
    return reader_ok(&reader) && head.questions == 1 && type == spec->qtype &&
           class == RRCLASS_IN && question_name(spec, asked) && name_equal(name, asked);
}

/* ---- rdata ---- */

static bool type_is_one_name(uint16_t type)
{
    return type == RRTYPE_CNAME || type == RRTYPE_NS || type == RRTYPE_PTR || type == RRTYPE_DNAME;
}

static size_t address_rdata(uint16_t type, const char *text, uint8_t *out)
{
    struct address address;
    const unsigned family = type == RRTYPE_AAAA ? FAMILY_V6 : FAMILY_V4;
    if (!address_parse(text, &address) || address.family != family)
        return 0;
    const size_t len = family_bits(family) / 8;
    memcpy(out, address.octets, len);
    return len;
}

static size_t name_rdata(const char *text, uint8_t out[DNS_RDATA_MOST])
{
    static const uint8_t root[] = { 0 };
    uint8_t name[NAME_MAX_LEN];
    if (!name_from_text(text, strlen(text), root, name, NULL))
        return 0;
    memcpy(out, name, name_len(name));
    return name_len(name);
}

/* RFC 1035 section 3.3.14: a length, and that many octets. */
static size_t text_rdata(const char *text, uint8_t out[DNS_RDATA_MOST])
{
    const size_t len = strlen(text);
    if (len > UINT8_MAX)
        return 0;
    out[0] = (uint8_t)len;
    memcpy(out + 1, text, len);
    return len + 1;
}

static int hex_digit(char c)
{
    return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

/* RFC 3597 section 5: "\# 4 c0000201" */
static size_t generic_rdata(const char *text, uint8_t out[DNS_RDATA_MOST])
{
    if (strncmp(text, "\\# ", 3) != 0 || !isdigit((unsigned char)text[3]))
        return 0;
    char *hex;
    const unsigned long len = strtoul(text + 3, &hex, 10);
    if (len == 0 || len > DNS_RDATA_MOST || *hex++ != ' ')
        return 0;
    if (strlen(hex) != 2 * len || strspn(hex, "0123456789abcdefABCDEF") != 2 * len)
        return 0;
    for (size_t i = 0; i < len; i++)
        out[i] = (uint8_t)(hex_digit(hex[2 * i]) << 4 | hex_digit(hex[2 * i + 1]));
    return len;
}

size_t dns_rdata_read(uint16_t type, const char *text, uint8_t out[DNS_RDATA_MOST])
{
    if (text[0] == '\\')
        return generic_rdata(text, out);
    if (type == RRTYPE_A || type == RRTYPE_AAAA)
        return address_rdata(type, text, out);
    if (type_is_one_name(type))
        return name_rdata(text, out);
    return type == RRTYPE_TXT ? text_rdata(text, out) : 0;
}

/* ---- the answer ---- */

struct record {
    uint16_t type, class;
    uint16_t rdata_len;
    const uint8_t *rdata;
};

static struct record record_read(struct reader *reader)
{
    struct record record;
    name_skip(reader);
    record.type = reader_u16(reader);
    record.class = reader_u16(reader);
    reader_u32(reader);
    record.rdata_len = reader_u16(reader);
    record.rdata = reader_take(reader, record.rdata_len);
    return record;
}

static bool record_is(const struct reader *reader, const struct record *record,
                      const uint8_t *wanted, size_t wanted_len)
{
    uint8_t name[NAME_MAX_LEN];
    if (!type_is_one_name(record->type))
        return record->rdata_len == wanted_len && memcmp(record->rdata, wanted, wanted_len) == 0;
    /* Expanded over the whole message, which ends where its reader does. */
    const size_t len = (size_t)(reader->end - reader->start);
    return name_expand(reader->start, len, (size_t)(record->rdata - reader->start), name) &&
           name_equal(name, wanted);
}

static void answers_judge(const struct probe_spec *spec, struct reader *reader,
                          const struct reply_head *head, struct probe_result *result)
{
    uint8_t wanted[DNS_RDATA_MOST];
    char type[RRTYPE_TEXT];
    const size_t wanted_len =
        spec->answer != NULL ? dns_rdata_read(spec->qtype, spec->answer, wanted) : 0;
    unsigned seen = 0;

    for (unsigned i = 0; i < head->answers; i++) {
        const struct record record = record_read(reader);
        if (!reader_ok(reader)) {
            probe_fail(result, "the answer is broken");
            return;
        }
        if (record.type != spec->qtype || record.class != RRCLASS_IN)
            continue;
        seen++;
        if (spec->answer == NULL || record_is(reader, &record, wanted, wanted_len)) {
            result->good = true;
            return;
        }
    }
    rrtype_to_text(spec->qtype, type);
    if (head->flags & FLAG_TC)
        probe_fail(result, "the answer is truncated");
    else if (seen == 0)
        probe_fail(result, "no %s record in the answer", type);
    else
        probe_fail(result, "%u %s record%s, but not '%s'", seen, type, seen == 1 ? "" : "s",
                   spec->answer);
}

static void tell_rcode(unsigned rcode, struct probe_result *result)
{
    static const char *const names[] = { "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN",
                                         "NOTIMP",  "REFUSED", "YXDOMAIN", "YXRRSET",
                                         "NXRRSET", "NOTAUTH", "NOTZONE" };
    if (rcode < sizeof names / sizeof *names)
        probe_fail(result, "%s", names[rcode]);
    else
        probe_fail(result, "RCODE %u", rcode);
}

void dns_reply_judge(const struct probe_spec *spec, const uint8_t *octets, size_t len,
                     struct probe_result *result)
{
    struct reader reader = reader_over(octets, len);
    const struct reply_head head = head_read(&reader);
    const unsigned rcode = head.flags & RCODE_MASK;

    if ((spec->rcodes & 1u << rcode) == 0) {
        tell_rcode(rcode, result);
        return;
    }
    if (!spec->has_answer) {
        result->good = true;
        return;
    }
    for (unsigned i = 0; i < head.questions; i++) {
        name_skip(&reader);
        reader_u32(&reader);
    }
    answers_judge(spec, &reader, &head, result);
}
