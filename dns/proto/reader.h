#ifndef MERIDIAN_PROTO_READER_H
#define MERIDIAN_PROTO_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Reads octets from the network in order. Every read is checked; past the end
 * it gives zero (or NULL) and the reader stays failed, so a parser reads its
 * fields and asks once. `start` is kept so that positions can be named.
 */
struct reader {
    const uint8_t *start;
    const uint8_t *next;
    const uint8_t *end;
    bool failed;
};

static inline struct reader reader_over(const uint8_t *octets, size_t len)
{
    return (struct reader){ .start = octets, .next = octets, .end = octets + len };
}

static inline bool reader_ok(const struct reader *reader)
{
    return !reader->failed;
}

/* Octets not yet read; none once the reader has failed. */
static inline size_t reader_left(const struct reader *reader)
{
    return (size_t)(reader->end - reader->next);
}

/* Octets consumed so far. */
static inline size_t reader_position(const struct reader *reader)
{
    return (size_t)(reader->next - reader->start);
}

/* Nothing more can be read: what was sound so far turned out to be wrong. */
static inline void reader_fail(struct reader *reader)
{
    reader->failed = true;
    reader->end = reader->next;
}

/* The next `len` octets, borrowed from the input; NULL past the end. */
static inline const uint8_t *reader_take(struct reader *reader, size_t len)
{
    if (len > reader_left(reader)) {
        reader_fail(reader);
        return NULL;
    }
    const uint8_t *octets = reader->next;
    reader->next += len;
    return octets;
}

/* Two octets of the network's order, wherever they are known to stand. */
static inline uint16_t octets_u16(const uint8_t *octets)
{
    return (uint16_t)(octets[0] << 8 | octets[1]);
}

static inline uint8_t reader_u8(struct reader *reader)
{
    const uint8_t *octets = reader_take(reader, 1);
    return octets != NULL ? octets[0] : 0;
}

static inline uint16_t reader_u16(struct reader *reader)
{
    const uint8_t *octets = reader_take(reader, 2);
    if (octets == NULL)
        return 0;
    return octets_u16(octets);
}

static inline uint32_t reader_u32(struct reader *reader)
{
    const uint8_t *octets = reader_take(reader, 4);
    if (octets == NULL)
        return 0;
    return (uint32_t)octets[0] << 24 | (uint32_t)octets[1] << 16 | (uint32_t)octets[2] << 8 |
           octets[3];
}

#endif
