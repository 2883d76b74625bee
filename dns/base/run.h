#ifndef MERIDIAN_BASE_RUN_H
#define MERIDIAN_BASE_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * memcpy() and memcmp() for runs of octets that are mostly short: the names,
 * addresses and questions of a message, of which there are several in each
 * answer. A call into the library costs more than walking over them. Words
 * overlap at the end of a run, so nothing beyond it is read or written.
 */
static inline void run_copy(uint8_t *restrict to, const uint8_t *restrict from, size_t len)
{
    if (len >= 16) {
        size_t at = 0;
        for (; at + 16 < len; at += 16)
            memcpy(to + at, from + at, 16);
        memcpy(to + len - 16, from + len - 16, 16);
    } else if (len >= 8) {
        memcpy(to, from, 8);
        memcpy(to + len - 8, from + len - 8, 8);
    } else if (len >= 4) {
        memcpy(to, from, 4);
        memcpy(to + len - 4, from + len - 4, 4);
    } else if (len >= 2) {
        memcpy(to, from, 2);
        memcpy(to + len - 2, from + len - 2, 2);
    } else if (len == 1) {
        to[0] = from[0];
    }
}

static inline uint64_t run_word(const uint8_t *octets)
{
    uint64_t word;
    memcpy(&word, octets, sizeof word);
    return word;
}

/* True when both hold the same octets. */
static inline bool run_same(const uint8_t *a, const uint8_t *b, size_t len)
{
    if (len < 8) {
        for (size_t i = 0; i < len; i++) {
            if (a[i] != b[i])
                return false;
        }
        return true;
    }
    uint64_t difference = run_word(a + len - 8) ^ run_word(b + len - 8);
    for (size_t at = 0; at + 8 < len; at += 8)
        difference |= run_word(a + at) ^ run_word(b + at);
    return difference == 0;
}

#endif
