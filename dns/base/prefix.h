#ifndef MERIDIAN_BASE_PREFIX_H
#define MERIDIAN_BASE_PREFIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sockaddr;

/* The IANA address family numbers, as RFC 7871 puts them on the wire. */
enum family { FAMILY_NONE = 0, FAMILY_V4 = 1, FAMILY_V6 = 2 };

/* An IP address of either family; octets beyond the family's are zero. */
struct address {
    uint8_t family; /* enum family */
    uint8_t octets[16];
};

/* The addresses that share the first `len` bits with `address`. */
struct prefix {
    struct address address;
    uint8_t len; /* bits */
};

enum { ADDRESS_TEXT = 46, PREFIX_TEXT = 50 }; /* room for the text and its NUL */

/* 32 or 128; 0 for another family. */
static inline uint8_t family_bits(unsigned family)
{
    return family == FAMILY_V4 ? 32 : family == FAMILY_V6 ? 128 : 0;
}

bool address_parse(const char *text, struct address *out);
char *address_print(const struct address *address, char out[ADDRESS_TEXT]);
bool address_equal(const struct address *a, const struct address *b);
bool address_from_sockaddr(const struct sockaddr *from, struct address *out);

/* "192.0.2.0/24"; without a length the whole address. Bits beyond the length are refused. */
bool prefix_parse(const char *text, struct prefix *out);
/* The same, but bits beyond the length are cleared instead. */
bool prefix_parse_loose(const char *text, struct prefix *out);
char *prefix_print(const struct prefix *prefix, char out[PREFIX_TEXT]);
bool prefix_contains(const struct prefix *prefix, const struct address *address);

/* Clears every bit after the first `len`. */
void address_mask(struct address *address, uint8_t len);

/*
 * The first 64 bits as a number, most significant first; an IPv4 address fills
 * the upper half. Prefixes of either family sort and compare as such keys.
 */
uint64_t address_key(const struct address *address);
void address_from_key(unsigned family, uint64_t key, struct address *out);

/*
 * The IPv4 address that an IPv6 address stands for: v4-mapped ::ffff:0:0/96,
 * NAT64 64:ff9b::/96 (RFC 6052), 6to4 2002::/16 (RFC 3056) and Teredo
 * 2001::/32 (RFC 4380, stored inverted). *offset is the count of bits in front
 * of it, so a scope of s bits there is offset + s here. False when it is plain.
 */
bool address_embedded_v4(const struct address *v6, struct address *v4, uint8_t *offset);

#endif
