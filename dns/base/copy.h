#ifndef MERIDIAN_BASE_COPY_H
#define MERIDIAN_BASE_COPY_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * memcpy() for runs that are mostly short: the names, addresses and questions
 * of a message, of which there are several in each answer. A call into the
 * library costs more than copying them. Words overlap at the end of the run,
 * so nothing beyond it is read or written.
 */
static inline void octets_copy(uint8_t *restrict to, const uint8_t *restrict from, size_t len)
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
    } else {
        for (size_t i = 0; i < len; i++)
            to[i] = from[i];
    }
}

#endif
