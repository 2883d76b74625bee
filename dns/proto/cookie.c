#include "dns/proto/cookie.h"

#include <string.h>

#include "dns/base/hash.h"

/*
 *   client cookie (8) | version 1, reserved (4) | timestamp (4) | hash (8)
 */
enum { VERSION_AT = 8, TIME_AT = 12, HASH_AT = 16, COOKIE_VERSION = 1 };

static void put_u32(uint8_t *out, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        out[i] = (uint8_t)(value >> (24 - 8 * i));
}

static uint32_t get_u32(const uint8_t *octets)
{
    return (uint32_t)octets[0] << 24 | (uint32_t)octets[1] << 16 | (uint32_t)octets[2] << 8 |
           octets[3];
}

/* SipHash's result is written least significant octet first, as its paper does. */
static void put_hash(uint8_t *out, uint64_t hash)
{
    for (int i = 0; i < 8; i++)
        out[i] = (uint8_t)(hash >> (8 * i));
}

/* The secret of one period, derived from the master: nothing is stored, nothing turns. */
static void derive(const struct cookie_secrets *secrets, uint32_t period,
                   uint8_t out[COOKIE_SECRET_LEN])
{
    uint8_t input[5] = { 0 };

    put_u32(input, period);
    put_hash(out, hash_siphash24(secrets->secret[0], input, sizeof input));
    input[4] = 1;
    put_hash(out + 8, hash_siphash24(secrets->secret[0], input, sizeof input));
}

/* How many secrets are in force, and the one of rank `index`; 0 makes new cookies. */
static unsigned secret_count(const struct cookie_secrets *secrets)
{
    return secrets->rotating ? 2 : secrets->count;
}

static void secret_get(const struct cookie_secrets *secrets, unsigned index, uint32_t now,
                       uint8_t out[COOKIE_SECRET_LEN])
{
    if (secrets->rotating)
        derive(secrets, now / COOKIE_ROTATION_S - index, out);
    else
        memcpy(out, secrets->secret[index], COOKIE_SECRET_LEN);
}

/* RFC 9018 section 4.4: Hash = SipHash-2-4(Client Cookie | Version | Reserved | Timestamp | Client-IP). */
static uint64_t cookie_hash(const uint8_t secret[COOKIE_SECRET_LEN], const uint8_t *cookie,
                            const struct address *source)
{
    uint8_t input[HASH_AT + 16];
    const size_t address_len = family_bits(source->family) / 8u;

    memcpy(input, cookie, HASH_AT);
    memcpy(input + HASH_AT, source->octets, address_len);
    return hash_siphash24(secret, input, HASH_AT + address_len);
}

/* Serial number arithmetic (RFC 1982), as RFC 9018 section 4.3 asks. */
static bool time_is_right(uint32_t then, uint32_t now)
{
    const int32_t age = (int32_t)(now - then);

    return age <= COOKIE_PAST_S && age >= -COOKIE_FUTURE_S;
}

/* Takes as long whether and wherever they differ. */
static bool same_octets(const uint8_t *a, const uint8_t *b, size_t len)
{
    unsigned difference = 0;

    for (size_t i = 0; i < len; i++)
        difference |= (unsigned)(a[i] ^ b[i]);
    return difference == 0;
}

enum cookie_verdict cookie_judge(const struct cookie_secrets *secrets, const uint8_t *option,
                                 size_t len, const struct address *source, uint32_t now)
{
    if (len == COOKIE_CLIENT_LEN)
        return COOKIE_ABSENT;
    if (len != COOKIE_LEN || option[VERSION_AT] != COOKIE_VERSION ||
        !time_is_right(get_u32(option + TIME_AT), now))
        return COOKIE_BAD;

    for (unsigned i = 0; i < secret_count(secrets); i++) {
        uint8_t secret[COOKIE_SECRET_LEN];
        uint8_t hash[8];

        secret_get(secrets, i, now, secret);
        put_hash(hash, cookie_hash(secret, option, source));
        if (same_octets(hash, option + HASH_AT, sizeof hash))
            return COOKIE_GOOD;
    }
    return COOKIE_BAD;
}

void cookie_make(const struct cookie_secrets *secrets, const uint8_t *option, size_t len,
                 enum cookie_verdict verdict, const struct address *source, uint32_t now,
                 uint8_t out[COOKIE_LEN])
{
    if (verdict == COOKIE_GOOD && len == COOKIE_LEN &&
        (int32_t)(now - get_u32(option + TIME_AT)) < COOKIE_RENEW_S) {
        memcpy(out, option, COOKIE_LEN);
        return;
    }

    uint8_t secret[COOKIE_SECRET_LEN];
    secret_get(secrets, 0, now, secret);
    memcpy(out, option, COOKIE_CLIENT_LEN);
    put_u32(out + VERSION_AT, (uint32_t)COOKIE_VERSION << 24);
    put_u32(out + TIME_AT, now);
    put_hash(out + HASH_AT, cookie_hash(secret, out, source));
}
