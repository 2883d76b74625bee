#include "geo/standing.h"

#include <stddef.h>

#include "dns/base/hash.h"

/*
 * The IPv6 networks whose clients are located by the IPv4 address in them, see
 * address_embedded_v4(): ::ffff:0:0/96, 64:ff9b::/96, 2002::/16, 2001::/32.
 */
static const struct {
    uint64_t upper, lower;
} embedding[] = {
    { 0, 0x0000ffff00000000u },
    { 0x0064ff9b00000000u, 0 },
    { 0x2002000000000000u, 0 },
    { 0x2001000000000000u, 0 },
};

static uint64_t lower_half(const struct address *address)
{
    uint64_t half = 0;
    for (size_t i = 8; i < 16; i++)
        half = half << 8 | address->octets[i];
    return half;
}

/*
 * How long a prefix of a plain IPv6 address must be to hold no address of
 * those networks, which are answered by another table: one bit more than it
 * shares with the nearest of them.
 */
static uint8_t plain_len(const struct address *address)
{
    const uint64_t upper = address_key(address), lower = lower_half(address);
    int longest = 0;

    for (size_t i = 0; i < sizeof embedding / sizeof *embedding; i++) {
        const uint64_t differ = upper ^ embedding[i].upper;
        const int len = differ != 0 ? __builtin_clzll(differ) + 1
                                    : 65 + __builtin_clzll(lower ^ embedding[i].lower);
        longest = len > longest ? len : longest;
    }
    return (uint8_t)longest;
}

static uint64_t whole_key(const struct address *address)
{
    return hash_mix(address_key(address) + address->family) ^ lower_half(address);
}

struct standing standing_of(const struct policy_client *client)
{
    struct standing at = { .offset = 0 };
    struct address address = client->address, embedded;

    if (address_embedded_v4(&address, &embedded, &at.offset))
        address = embedded;
    else if (address.family == FAMILY_V6)
        at.plain_bits = plain_len(&address);
    at.asker = (struct asker){
        .key = address_key(&address),
        .family = address.family,
        .anonymous = client->source_len == 0 || address.family == FAMILY_NONE,
        .resolver_key = whole_key(&client->resolver),
        .random = client->random,
    };
    return at;
}

uint8_t standing_scope(const struct standing *at, uint8_t block_len)
{
    const uint8_t len = (uint8_t)(at->offset + block_len);
    return len > at->plain_bits ? len : at->plain_bits;
}
