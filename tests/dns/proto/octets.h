#ifndef MERIDIAN_TESTS_PROTO_OCTETS_H
#define MERIDIAN_TESTS_PROTO_OCTETS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dns/proto/name.h"

/* What the twins of dns/proto share: exact copies, names from text, random ones from a seed. */

#define COUNT(table) (sizeof(table) / sizeof *(table))

/* An exact-size copy, to be freed: the sanitizer sees one octet of overrun. */
static inline uint8_t *octets_copy(const void *octets, size_t len)
{
    uint8_t *copy = malloc(len);
    assert_true(copy != NULL || len == 0);
    if (len > 0)
        memcpy(copy, octets, len);
    return copy;
}

/* A wire name in one of eight buffers that take turns. */
static inline const uint8_t *wire(const char *text)
{
    static uint8_t names[8][NAME_MAX_LEN];
    static unsigned turn;
    uint8_t *name = names[turn++ % 8];
    const char *why = NULL;
    if (!name_from_text(text, strlen(text), NULL, name, &why))
        fail_msg("%s: %s", text, why);
    return name;
}

/* xorshift64: the same numbers in every run. */
static inline uint64_t random_next(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static inline unsigned random_below(uint64_t *seed, unsigned limit)
{
    return (unsigned)((random_next(seed) >> 16) % limit);
}

/* A valid name of up to `limit` octets; labels of any octet when `alphabet` is NULL. */
static inline void random_name(uint64_t *seed, size_t limit, unsigned label_limit,
                               const char *alphabet, uint8_t out[NAME_MAX_LEN])
{
    size_t at = 0;
    while (random_below(seed, 6) != 0) {
        const size_t len = 1 + random_below(seed, label_limit);
        if (at + 1 + len + 1 > limit)
            break;
        out[at++] = (uint8_t)len;
        for (size_t i = 0; i < len; i++) {
            const unsigned pick = random_below(seed, alphabet ? (unsigned)strlen(alphabet) : 256);
            out[at++] = (uint8_t)(alphabet ? alphabet[pick] : (int)pick);
        }
    }
    out[at] = 0;
}

#endif
