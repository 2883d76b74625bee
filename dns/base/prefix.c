#include "dns/base/prefix.h"

#include <arpa/inet.h>
#include <endian.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

bool address_parse(const char *text, struct address *out)
{
    struct address address = { 0 };
    if (inet_pton(AF_INET, text, address.octets) == 1)
        address.family = FAMILY_V4;
    else if (inet_pton(AF_INET6, text, address.octets) == 1)
        address.family = FAMILY_V6;
    else
        return false;
    *out = address;
    return true;
}

char *address_print(const struct address *address, char out[ADDRESS_TEXT])
{
    const int family = address->family == FAMILY_V4 ? AF_INET : AF_INET6;
    if (family_bits(address->family) == 0 ||
        inet_ntop(family, address->octets, out, ADDRESS_TEXT) == NULL)
        memcpy(out, "no address", sizeof "no address");
    return out;
}

bool address_equal(const struct address *a, const struct address *b)
{
    return a->family == b->family && memcmp(a->octets, b->octets, sizeof a->octets) == 0;
}

bool address_from_sockaddr(const struct sockaddr *from, struct address *out)
{
    struct address address = { 0 };
    if (from->sa_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, from, sizeof v4);
        address.family = FAMILY_V4;
        memcpy(address.octets, &v4.sin_addr, 4);
    } else if (from->sa_family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, from, sizeof v6);
        address.family = FAMILY_V6;
        memcpy(address.octets, &v6.sin6_addr, 16);
    } else {
        return false;
    }
    *out = address;
    return true;
}

/* "0" .. "128": one to three digits and no sign, at most `most`. */
static bool prefix_len_scan(const char *text, uint8_t most, uint8_t *out)
{
    const size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 3 || text[digits] != '\0')
        return false;
    unsigned len = 0;
    for (size_t i = 0; i < digits; i++)
        len = len * 10 + (unsigned)(text[i] - '0');
    if (len > most)
        return false;
    *out = (uint8_t)len;
    return true;
}

bool prefix_parse_loose(const char *text, struct prefix *out)
{
    char host[ADDRESS_TEXT];
    const char *slash = strchr(text, '/');
    const size_t host_len = slash != NULL ? (size_t)(slash - text) : strlen(text);
    if (host_len >= sizeof host)
        return false;
    memcpy(host, text, host_len);
    host[host_len] = '\0';

    struct prefix prefix;
    if (!address_parse(host, &prefix.address))
        return false;
    prefix.len = family_bits(prefix.address.family);
    if (slash != NULL && !prefix_len_scan(slash + 1, prefix.len, &prefix.len))
        return false;
    address_mask(&prefix.address, prefix.len);
    *out = prefix;
    return true;
}

bool prefix_parse(const char *text, struct prefix *out)
{
    struct prefix prefix, whole;
    char host[PREFIX_TEXT];
    if (!prefix_parse_loose(text, &prefix))
        return false;

    /* The text before the slash, unmasked, must be what is left after masking. */
    const size_t host_len = strcspn(text, "/");
    memcpy(host, text, host_len);
    host[host_len] = '\0';
    if (!prefix_parse_loose(host, &whole) || !address_equal(&whole.address, &prefix.address))
        return false;
    *out = prefix;
    return true;
}

char *prefix_print(const struct prefix *prefix, char out[PREFIX_TEXT])
{
    address_print(&prefix->address, out);
    char *at = out + strlen(out);
    *at++ = '/';
    if (prefix->len >= 100)
        *at++ = (char)('0' + prefix->len / 100);
    if (prefix->len >= 10)
        *at++ = (char)('0' + prefix->len / 10 % 10);
    *at++ = (char)('0' + prefix->len % 10);
    *at = '\0';
    return out;
}

bool prefix_contains(const struct prefix *prefix, const struct address *address)
{
    if (prefix->address.family != address->family)
        return false;
    const size_t whole = prefix->len / 8;
    if (memcmp(prefix->address.octets, address->octets, whole) != 0)
        return false;
    const unsigned bits = prefix->len % 8u;
    return bits == 0 || ((prefix->address.octets[whole] ^ address->octets[whole]) &
                         (0xff00u >> bits) & 0xffu) == 0;
}

void address_mask(struct address *address, uint8_t len)
{
    size_t whole = len / 8;
    if (whole >= sizeof address->octets)
        return;
    if (len % 8 != 0) {
        address->octets[whole] &= (uint8_t)(0xff00u >> len % 8);
        whole++;
    }
    memset(address->octets + whole, 0, sizeof address->octets - whole);
}

uint64_t address_key(const struct address *address)
{
    /* The octets beyond an IPv4 address are zero, so this serves both families. */
    uint64_t key;
    memcpy(&key, address->octets, sizeof key);
    return be64toh(key);
}

void address_from_key(unsigned family, uint64_t key, struct address *out)
{
    *out = (struct address){ .family = (uint8_t)family };
    const size_t octets = family == FAMILY_V4 ? 4 : 8;
    for (size_t i = 0; i < octets; i++)
        out->octets[i] = (uint8_t)(key >> (56 - 8 * i));
}

bool address_embedded_v4(const struct address *v6, struct address *v4, uint8_t *offset)
{
    static const struct {
        uint8_t octets[12];
        uint8_t len;    /* octets that must match */
        uint8_t offset; /* bits in front of the IPv4 address */
        uint8_t flip;   /* how its octets are stored */
    } forms[] = {
        { { [10] = 0xff, [11] = 0xff }, 12, 96, 0 }, /* v4-mapped */
        { { 0x00, 0x64, 0xff, 0x9b }, 12, 96, 0 },   /* NAT64, RFC 6052 */
        { { 0x20, 0x02 }, 2, 16, 0 },                /* 6to4, RFC 3056 */
        { { 0x20, 0x01, 0x00, 0x00 }, 4, 96, 0xff }, /* Teredo, RFC 4380 */
    };

    if (v6->family != FAMILY_V6)
        return false;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if (memcmp(v6->octets, forms[i].octets, forms[i].len) != 0)
            continue;
        *v4 = (struct address){ .family = FAMILY_V4 };
        for (size_t octet = 0; octet < 4; octet++)
            v4->octets[octet] = v6->octets[forms[i].offset / 8 + octet] ^ forms[i].flip;
        *offset = forms[i].offset;
        return true;
    }
    return false;
}
