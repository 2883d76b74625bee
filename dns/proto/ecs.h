#ifndef MERIDIAN_PROTO_ECS_H
#define MERIDIAN_PROTO_ECS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/base/prefix.h"

enum { ECS_MAX_LEN = 20 }; /* octets: a header of four and a whole IPv6 address */

/*
 * EDNS client subnet, RFC 7871. The address is as sent, zero-padded; the
 * source prefix may be 0 ("do not steer by me"). Family 0 is allowed by some
 * senders with source prefix 0 only and is echoed as sent.
 */
struct ecs {
    uint16_t family;
    uint8_t source_prefix; /* bits */
    uint8_t scope_prefix;  /* bits; zero in a query */
    uint8_t address[16];
};

/* Section 6 and 7.1.2: true exactly when a query may carry this option. Writes *out only then. */
bool ecs_parse(const uint8_t *option, size_t len, struct ecs *out);

/* Octets of the option's data. */
static inline size_t ecs_len(const struct ecs *ecs)
{
    return 4 + (ecs->source_prefix + 7u) / 8;
}

/* Writes the option's data (ecs_len() octets). */
size_t ecs_write(const struct ecs *ecs, uint8_t out[ECS_MAX_LEN]);

/* The client's address as a prefix of ours. False for source prefix 0 or family 0. */
bool ecs_prefix(const struct ecs *ecs, struct prefix *out);

#endif
