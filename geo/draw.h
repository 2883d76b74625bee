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
 * Weighted rendezvous hashing: for each member its arrival, an exponential
 * variate of (ticket, key) divided by its weight; the earliest comes first.
 * That is the order of -weight / ln(u) from the highest, so a member is first
 * for weight / sum of weights of all clients, and removing one leaves the
 * order of the others as it was. Integers only: every machine agrees to the
 * last bit, and whoever wants to compute it elsewhere finds all of it here.
 * (tests/oracle/draw.py does.)
 *
 * All numbers have 64 bits and wrap. mix() is hash_mix() of dns/base/hash.h.
 *
 *   draw     = mix("meridian" ^ salt), the eight octets read big-endian
 *   ticket   = per client:   mix(mix(draw + family) ^ block)
 *              per resolver: mix(draw ^ resolver_key)
 *              per query:    mix(draw ^ random)
 *              source prefix 0, unless per query: draw
 *   seed     = mix(ticket ^ key)
 *   arrival  = exponential(seed) / weight, rounded down
 *
 * family       1 for IPv4, 2 for IPv6; IPv4 inside IPv6 counts as IPv4
 * block        the first 64 bits of the client's address (an IPv4 address is
 *              the upper 32 of them), all after the hashed length zero
 * resolver_key mix(first 64 bits of the source address + family) ^ its last 64
 *              (none for IPv4)
 * salt         of a weighted route: how many weighted routes it stands in; of
 *              a draw among regions that are equally near: "tie", 0x746965
 * key          SipHash-2-4 under the key "meridian routing" of the member's
 *              name: its "name", else its region, else the canonical text of
 *              its route. Equal arrivals: the lower key comes first.
 * weight       1 or more. Members of weight 0 come behind all others, among
 *              themselves in the order of arrivals by weight 1.
 *
 * exponential(seed) counts in 2^-58. Uniform numbers come from SplitMix64:
 * seed += 0x9e3779b97f4a7c15, then mix(seed). Draw them for as long as each is
 * less than the one before; how many there are before the first that is not,
 * is the length of the fall. When it is odd, the result is whole << 58 plus the
 * first one >> 6; else whole, 0 at the beginning, grows by one and all is done
 * again with the numbers that follow. At whole = 63 the result is 2^64 - 1.
 */
uint64_t draw_ticket(const struct asker *asker, enum draw_per per, uint64_t salt, uint8_t v4_bits,
                     uint8_t v6_bits);
uint64_t draw_arrival(uint64_t ticket, uint64_t key, uint32_t weight);

/* How many bits of the asker's address a draw per client hashes. */
uint8_t draw_bits(const struct asker *asker, uint8_t v4_bits, uint8_t v6_bits);

#endif
