#ifndef MERIDIAN_GEO_STANDING_H
#define MERIDIAN_GEO_STANDING_H

#include <stdbool.h>
#include <stdint.h>

#include "dns/base/prefix.h"
#include "geo/draw.h"

/* For whom: the client's prefix by ECS or its source address. */
struct policy_client {
    struct address address;  /* padded with zeros after source_len */
    uint8_t source_len;      /* bits known; 0: do not steer by address */
    struct address resolver; /* who sent the packet */
    uint64_t random;         /* fresh for each query */
};

/*
 * Where a client stands in the tables of its family: an IPv4 address worn as an
 * IPv6 one (v4-mapped, NAT64, 6to4, Teredo) stands in those of IPv4.
 */
struct standing {
    struct asker asker;
    uint8_t offset;     /* bits of its own address in front of asker.key */
    uint8_t plain_bits; /* the fewest that tell it from worn addresses; 0: it is one, or IPv4 */
};

struct standing standing_of(const struct policy_client *client);

/* Bits of a block of the table as bits of the client's own address. */
uint8_t standing_scope(const struct standing *at, uint8_t block_len);

#endif
