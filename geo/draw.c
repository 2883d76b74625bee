#include "geo/draw.h"

#include "dns/base/hash.h"
#include "dns/base/prefix.h"

/* The octets "meridian": changing this number, or anything below, moves the clients of every draw. */
#define DRAW_VERSION UINT64_C(0x6d6572696469616e)

uint8_t draw_bits(const struct asker *asker, uint8_t v4_bits, uint8_t v6_bits)
{
    return asker->family == FAMILY_V4 ? v4_bits : v6_bits;
}

uint64_t draw_ticket(const struct asker *asker, enum draw_per per, uint64_t salt, uint8_t v4_bits,
                     uint8_t v6_bits)
{
    const uint8_t bits = draw_bits(asker, v4_bits, v6_bits);
    const uint64_t mask = bits == 0 ? 0 : UINT64_MAX << (64 - bits);
    const uint64_t draw = hash_mix(DRAW_VERSION ^ salt);

    switch (per) {
    case DRAW_PER_QUERY:
        return hash_mix(draw ^ asker->random);
    case DRAW_PER_RESOLVER:
        return asker->anonymous ? draw : hash_mix(draw ^ asker->resolver_key);
    case DRAW_PER_CLIENT:
        break;
    }
    if (asker->anonymous)
        return draw;
    return hash_mix(hash_mix(draw + asker->family) ^ (asker->key & mask));
}

/* SplitMix64 (Steele, Lea and Flood, 2014): uniform over 64 bits. */
static uint64_t next_uniform(uint64_t *state)
{
    *state += 0x9e3779b97f4a7c15u;
    return hash_mix(*state);
}

/*
 * An exponential variate with 58 bits of fraction by von Neumann's comparisons
 * (1951): draw uniform numbers for as long as they fall; when the fall has odd
 * length, the first of them is the fraction, else the whole part grows by one
 * and all begins anew. There is no logarithm in it, hence nothing that two
 * math libraries could round differently. A little over four uniforms on average.
 */
static uint64_t exponential(uint64_t seed)
{
    enum { FRACTION = 58, WHOLE_MOST = (1 << (64 - FRACTION)) - 1 };

    for (uint64_t whole = 0; whole < WHOLE_MOST; whole++) {
        const uint64_t first = next_uniform(&seed);
        uint64_t last = first, next;
        unsigned fall = 1;

        while ((next = next_uniform(&seed)) < last) {
            last = next;
            fall++;
        }
        if (fall % 2 == 1)
            return whole << FRACTION | first >> (64 - FRACTION);
    }
    return UINT64_MAX; /* once in e^63 */
}

uint64_t draw_arrival(uint64_t ticket, uint64_t key, uint32_t weight)
{
    return exponential(hash_mix(ticket ^ key)) / weight;
}
