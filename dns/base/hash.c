#include "dns/base/hash.h"

struct sip {
    uint64_t v0, v1, v2, v3;
};

static inline uint64_t rotate_left(uint64_t x, unsigned bits)
{
    return x << bits | x >> (64 - bits);
}

static inline void sip_round(struct sip *s)
{
    s->v0 += s->v1;
    s->v2 += s->v3;
    s->v1 = rotate_left(s->v1, 13) ^ s->v0;
    s->v3 = rotate_left(s->v3, 16) ^ s->v2;
    s->v0 = rotate_left(s->v0, 32);
    s->v2 += s->v1;
    s->v0 += s->v3;
    s->v1 = rotate_left(s->v1, 17) ^ s->v2;
    s->v3 = rotate_left(s->v3, 21) ^ s->v0;
    s->v2 = rotate_left(s->v2, 32);
}

static inline void sip_word(struct sip *s, uint64_t word)
{
    s->v3 ^= word;
    sip_round(s);
    sip_round(s);
    s->v0 ^= word;
}

/* `len` octets, at most 8, the first one least significant. */
static inline uint64_t little_endian(const uint8_t *octets, size_t len)
{
    uint64_t word = 0;
    for (size_t i = 0; i < len; i++)
        word |= (uint64_t)octets[i] << (8 * i);
    return word;
}

uint64_t hash_siphash24(const uint8_t key[16], const void *octets, size_t len)
{
    const uint64_t k0 = little_endian(key, 8);
    const uint64_t k1 = little_endian(key + 8, 8);
    struct sip s = { k0 ^ 0x736f6d6570736575u, k1 ^ 0x646f72616e646f6du, k0 ^ 0x6c7967656e657261u,
                     k1 ^ 0x7465646279746573u };

    const uint8_t *at = octets;
    const size_t rest = len % 8;
    for (size_t words = len / 8; words > 0; words--, at += 8)
        sip_word(&s, little_endian(at, 8));
    sip_word(&s, (uint64_t)len << 56 | little_endian(at, rest));

    s.v2 ^= 0xff;
    for (int i = 0; i < 4; i++)
        sip_round(&s);
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

uint64_t hash_stable(const void *octets, size_t len)
{
    /* Changing one octet of this key moves clients to other regions everywhere. */
    static const uint8_t key[16] = { 'm', 'e', 'r', 'i', 'd', 'i', 'a', 'n',
                                     ' ', 'r', 'o', 'u', 't', 'i', 'n', 'g' };
    return hash_siphash24(key, octets, len);
}
