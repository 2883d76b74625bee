#ifndef MERIDIAN_PROTO_TSIG_H
#define MERIDIAN_PROTO_TSIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/proto/name.h"
#include "dns/proto/reader.h"
#include "dns/proto/writer.h"

/*
 * A signed query (RFC 8945). We hold no keys, so no signature can be right, and
 * what is answered is that the key is unknown. Pointers lead into the request.
 */
struct tsig {
    const uint8_t *message; /* the request: the key's name may be compressed */
    size_t message_len;
    size_t owner_at;          /* offset of the key's name in it */
    const uint8_t *algorithm; /* uncompressed (RFC 8945 section 4.2) */
    const uint8_t *time;      /* Time Signed and Fudge, 8 octets */
    const uint8_t *original_id;
};

/*
 * Reads the record after its owner and type: CLASS, TTL, RDLENGTH, rdata. False
 * when it is not laid out as a TSIG (FORMERR); the reader has then stepped over
 * it, if it was whole. *out is written only on success.
 */
bool tsig_parse(struct reader *reader, size_t owner_at, struct tsig *out);

/*
 * RFC 8945 section 5.2.1: the unsigned TSIG that says BADKEY, to go with rcode
 * NOTAUTH as the last record. When it does not fit, the writer has failed.
 */
void tsig_write_badkey(struct writer *writer, const struct tsig *tsig);

#endif
