#ifndef MERIDIAN_ZONES_RRSET_H
#define MERIDIAN_ZONES_RRSET_H

#include <stdint.h>

enum { RDATA_MAX_LEN = 65535 };

/*
 * The records of one owner and type, frozen: `count` times a 16-bit length
 * (low octet first, on every machine) followed by that many octets of rdata in
 * wire form, names uncompressed with their case as written. TTL in seconds
 * (RFC 2181 section 5.2: one for all; that of an RRSIG set means nothing, a
 * signature goes out with the TTL of what it covers, RFC 4034 section 3).
 */
struct rrset {
    uint16_t type;
    uint16_t count;
    uint32_t ttl;
    uint32_t rdata_len; /* octets of `rdata`, lengths included */
    const uint8_t *rdata;
};

/* Steps through the records: *at starts as rrset->rdata. Gives the rdata and its length. */
static inline const uint8_t *rrset_next(const uint8_t **at, uint16_t *len)
{
    const uint8_t *record = *at;
    *len = (uint16_t)(record[0] | (unsigned)record[1] << 8);
    *at = record + 2 + *len;
    return record + 2;
}

#endif
