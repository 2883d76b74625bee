#ifndef MERIDIAN_GEO_DRAW_H
#define MERIDIAN_GEO_DRAW_H

#include <stdbool.h>
#include <stdint.h>

/* What a draw hashes. */
enum draw_per { DRAW_PER_CLIENT, DRAW_PER_QUERY, DRAW_PER_RESOLVER };

/* Who is being ranked for. */
struct asker {
    uint64_t key;          /* address_key() of the client's address, embedded IPv4 taken out */
    uint8_t family;        /* of `key` */
    bool anonymous;        /* source prefix 0: the same member for all, scope 0 */
    uint64_t resolver_key; /* hash of the source address, for DRAW_PER_RESOLVER */
    uint64_t random;       /* fresh for each query, for DRAW_PER_QUERY */
};

/*
 * Weighted rendezvous hashing: for each member its arrival,
 * an exponential variate of (ticket, key) divided by its weight; the earliest
 * comes first. That is the order of -weight / ln(u) from the highest, so a
 * member is first for weight / sum of weights of all clients, and removing one
 * leaves the order of the others as it was. Integers only: every machine
 * agrees to the last bit.
 *
 * The ticket is what the members compete for: who asks, as far as the draw
 * looks. `weight` is 1 or more; an arrival counts in 2^-58.
 */
uint64_t draw_ticket(const struct asker *asker, enum draw_per per, uint64_t salt, uint8_t v4_bits,
                     uint8_t v6_bits);
uint64_t draw_arrival(uint64_t ticket, uint64_t key, uint32_t weight);

/* How many bits of the asker's address a draw per client hashes. */
uint8_t draw_bits(const struct asker *asker, uint8_t v4_bits, uint8_t v6_bits);

#endif
