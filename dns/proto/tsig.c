#include "dns/proto/tsig.h"

#include "dns/proto/rrtype.h"

enum { TIME_LEN = 8, BADKEY = 17 };

bool tsig_parse(struct reader *reader, size_t owner_at, struct tsig *out)
{
    reader_take(reader, 6); /* CLASS, TTL */
    const uint16_t len = reader_u16(reader);
    const uint8_t *rdata = reader_take(reader, len);
    if (rdata == NULL)
        return false;

    uint8_t owner[NAME_MAX_LEN];
    struct reader fields = reader_over(rdata, len);
    struct tsig tsig = { .message = reader->start,
                         .message_len = (size_t)(reader->end - reader->start),
                         .owner_at = owner_at };
    if (!name_expand(tsig.message, tsig.message_len, owner_at, owner))
        return false;
    tsig.algorithm = name_read(&fields);
    tsig.time = reader_take(&fields, TIME_LEN);
    reader_take(&fields, reader_u16(&fields)); /* the MAC */
    tsig.original_id = reader_take(&fields, 2);
    reader_u16(&fields); /* error */
    reader_take(&fields, reader_u16(&fields));
    if (!reader_ok(&fields) || reader_left(&fields) != 0)
        return false;
    *out = tsig;
    return true;
}

void tsig_write_badkey(struct writer *writer, const struct tsig *tsig)
{
    uint8_t owner[NAME_MAX_LEN];
    if (!name_expand(tsig->message, tsig->message_len, tsig->owner_at, owner))
        return; /* tsig_parse() has seen that it can be */

    /* RFC 8945 section 4.2: names of a TSIG stand uncompressed. */
    writer_octets(writer, owner, name_len(owner));
    writer_u16(writer, RRTYPE_TSIG);
    writer_u16(writer, RRCLASS_ANY);
    writer_u32(writer, 0);
    writer_u16(writer, (uint16_t)(name_len(tsig->algorithm) + TIME_LEN + 8));
    writer_octets(writer, tsig->algorithm, name_len(tsig->algorithm));
    writer_octets(writer, tsig->time, TIME_LEN);
    writer_u16(writer, 0); /* no MAC */
    writer_octets(writer, tsig->original_id, 2);
    writer_u16(writer, BADKEY);
    writer_u16(writer, 0); /* no other data */
}
