#ifndef MERIDIAN_PROTO_RRTYPE_H
#define MERIDIAN_PROTO_RRTYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The types and classes that the code names; the table knows the whole registry. */
/* clang-format off */
enum rrtype {
    RRTYPE_A = 1, RRTYPE_NS = 2, RRTYPE_CNAME = 5, RRTYPE_SOA = 6, RRTYPE_PTR = 12, RRTYPE_MX = 15,
    RRTYPE_TXT = 16, RRTYPE_AAAA = 28, RRTYPE_SRV = 33, RRTYPE_NAPTR = 35, RRTYPE_DNAME = 39,
    RRTYPE_OPT = 41, RRTYPE_DS = 43, RRTYPE_RRSIG = 46, RRTYPE_NSEC = 47, RRTYPE_DNSKEY = 48,
    RRTYPE_NSEC3 = 50, RRTYPE_NSEC3PARAM = 51, RRTYPE_SVCB = 64, RRTYPE_HTTPS = 65,
    RRTYPE_TSIG = 250, RRTYPE_IXFR = 251, RRTYPE_AXFR = 252, RRTYPE_MAILB = 253, RRTYPE_MAILA = 254,
    RRTYPE_ANY = 255
};
/* clang-format on */

enum rrclass { RRCLASS_IN = 1, RRCLASS_CH = 3, RRCLASS_NONE = 254, RRCLASS_ANY = 255 };

/*
 * How the rdata of a type is laid out, for whoever must find the names in it:
 * a string of field letters, read in order until the first unknown length.
 *   'c' a name that may be compressed on the wire (RFC 1035 types only; RFC 3597 section 4)
 *   'n' a name that may not
 *   '1' '2' '4' '6'  that many octets ('6' is 16 octets)
 *   's' a character-string
 *   '*' the rest, opaque
 * A name in `additional` asks for its addresses in the additional section.
 */
struct rrtype_row {
    uint16_t type;
    const char *mnemonic;
    const char *layout;
    bool additional; /* RFC 1035 3.3, 2782, 9460: the last name's A and AAAA help the asker */
    bool meta;       /* a question or a transport matter, never data in a zone */
};

/* The row of a type; NULL for a type the table does not know (opaque rdata, RFC 3597). */
const struct rrtype_row *rrtype_find(uint16_t type);

/* "A", "TYPE65280", any case. False when the text names no type. */
bool rrtype_from_text(const char *text, size_t len, uint16_t *type);
enum { RRTYPE_TEXT = 16 };
char *rrtype_to_text(uint16_t type, char out[RRTYPE_TEXT]);

/* Types that may not stand in a zone file: OPT, TSIG, ANY, type 0 and the other meta types. */
bool rrtype_is_meta(uint16_t type);

/*
 * Walks the names inside rdata, which stand there uncompressed:
 *
 *     size_t offset = 0;
 *     unsigned field = 0;
 *     while (rrtype_next_name(type, rdata, len, &offset, &field, &compressible))
 *         use(rdata + offset);
 *
 * Each call gives the offset of one name and whether it may be compressed; the
 * next call steps over it by itself. False when there is none left, or when the
 * rdata is shorter than its layout says: whatever was given is a whole name.
 */
bool rrtype_next_name(uint16_t type, const uint8_t *rdata, size_t len, size_t *offset,
                      unsigned *field, bool *compressible);

#endif
