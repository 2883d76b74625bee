#ifndef MERIDIAN_ZONES_RRSET_H
#define MERIDIAN_ZONES_RRSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RDATA_MAX_LEN = 65535 };

/*
 * What was found out at load, so that an answer need not. Only frozen zones
 * know it; rrsets made for one answer are of unknown form.
 */
enum rrset_form {
    RRSET_UNKNOWN, /* look for names in its rdata, and for what goes with it */
    RRSET_ALONE,   /* the cuts are known, and nothing goes with it in a minimal answer */
    RRSET_HELPED   /* the cuts are known; addresses and the like may go with it */
};

/*
 * The records of one owner and type, frozen: `count` times a 16-bit length
 * (low octet first, on every machine) followed by that many octets of rdata in
 * wire form, names uncompressed with their case as written. TTL in seconds
 * (RFC 2181 section 5.2: one for all; that of an RRSIG set means nothing, a
 * signature goes out with the TTL of what it covers, RFC 4034 section 3).
 *
 * Behind the records of a known form stand its cuts, `names` for each record.
 */
struct rrset {
    uint16_t type;
    uint16_t count;
    uint32_t ttl;
    uint32_t rdata_len; /* octets of the records at `rdata`, lengths included */
    uint8_t form;       /* enum rrset_form */
    uint8_t lead;       /* octets of each rdata in front of its first name */
    uint8_t names;      /* names that may be compressed, one behind the other, in each rdata */
    const uint8_t *rdata;
};

enum rrset_base { RRSET_BASE_OWNER, RRSET_BASE_FIRST };

/*
 * How far a name in rdata is written, and what a pointer then leads to (RFC
 * 1035 section 4.1.4), in a message whose question ends like the owner:
 *   RRSET_BASE_OWNER  so many octets before the end of the question's name
 *   RRSET_BASE_FIRST  so many octets behind the start of the rrset's first name
 * Below a wildcard the label "*" is never pointed to: the question has another.
 */
struct rrset_cut {
    uint8_t len;  /* octets of the whole name */
    uint8_t kept; /* octets of it that are written; `len`: all, and no pointer */
    uint8_t base; /* enum rrset_base */
    uint8_t distance;
};

/* Steps through the records: *at starts as rrset->rdata. Gives the rdata and its length. */
static inline const uint8_t *rrset_next(const uint8_t **at, uint16_t *len)
{
    const uint8_t *record = *at;
    *len = (uint16_t)(record[0] | (unsigned)record[1] << 8);
    *at = record + 2 + *len;
    return record + 2;
}

/* The cuts of a known form. */
static inline const struct rrset_cut *rrset_cuts(const struct rrset *rrset)
{
    return (const struct rrset_cut *)(rrset->rdata + rrset->rdata_len);
}

/* Octets that the cuts of `count` records of a type take. */
size_t rrset_cuts_len(uint16_t type, size_t count);

/*
 * Finds the form of a complete rrset and writes its cuts behind the records,
 * where there is room for them. `owner` is the name it stands at.
 */
void rrset_prepare(struct rrset *rrset, const uint8_t *owner, struct rrset_cut *cuts);

#endif
