#ifndef MERIDIAN_BASE_HASH_H
#define MERIDIAN_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* SipHash-2-4 with a 64-bit result (Aumasson and Bernstein, 2012; RFC 9018 uses it for cookies). */
uint64_t hash_siphash24(const uint8_t key[16], const void *octets, size_t len);

/*
 * A hash that is the same on every machine, in every process and after every
 * upgrade: routing decisions rest on it (SipHash-2-4 under a fixed key).
 */
uint64_t hash_stable(const void *octets, size_t len);

/* A good finalizer of 64 bits (Stafford's Mix13): neighbouring inputs give unrelated outputs. */
static inline uint64_t hash_mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

#endif
