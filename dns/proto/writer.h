#ifndef MERIDIAN_PROTO_WRITER_H
#define MERIDIAN_PROTO_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Composes one message in a buffer of the caller's, bounded, with name
 * compression (RFC 1035 section 4.1.4). A write that does not fit writes
 * nothing and the writer stays failed until it is rolled back to a mark taken
 * before; so a record is written field by field and asked about once.
 */
enum {
    WRITER_NAMES = 64,      /* names remembered as compression targets */
    WRITER_TARGETS = 0x4000 /* a pointer has fourteen bits: offsets below this one */
};

struct writer {
    uint8_t *octets;
    size_t len;
    size_t cap;  /* how far writing may go at present */
    size_t size; /* how large the buffer is */
    bool failed;
    uint16_t name_count;
    uint16_t names[WRITER_NAMES]; /* offsets of the names written so far */
};

struct writer_mark {
    size_t len;
    uint16_t name_count;
};

void writer_init(struct writer *writer, uint8_t *octets, size_t cap);
static inline bool writer_ok(const struct writer *writer)
{
    return !writer->failed;
}

/* The place of the next `len` octets, to be filled by the caller; NULL when they do not fit. */
static inline uint8_t *writer_claim(struct writer *writer, size_t len)
{
    if (writer->failed || writer->len + len > writer->cap) {
        writer->failed = true;
        return NULL;
    }
    uint8_t *octets = writer->octets + writer->len;
    writer->len += len;
    return octets;
}

static inline void writer_u8(struct writer *writer, uint8_t value)
{
    uint8_t *octets = writer_claim(writer, 1);
    if (octets != NULL)
        octets[0] = value;
}

static inline void writer_u16(struct writer *writer, uint16_t value)
{
    uint8_t *octets = writer_claim(writer, 2);
    if (octets == NULL)
        return;
    octets[0] = (uint8_t)(value >> 8);
    octets[1] = (uint8_t)value;
}

static inline void writer_u32(struct writer *writer, uint32_t value)
{
    uint8_t *octets = writer_claim(writer, 4);
    if (octets == NULL)
        return;
    octets[0] = (uint8_t)(value >> 24);
    octets[1] = (uint8_t)(value >> 16);
    octets[2] = (uint8_t)(value >> 8);
    octets[3] = (uint8_t)value;
}

void writer_octets(struct writer *writer, const void *octets, size_t len);

/*
 * A name as a pointer to, or ending in a pointer to, one written before. Names
 * match in any case of letters (RFC 1035 section 4.1.4 with RFC 4343), so the
 * case shown may be that of the earlier name: write the question's name first,
 * and owners come back in the case that was asked. Each name is remembered as
 * a target while there is room for it.
 */
void writer_name(struct writer *writer, const uint8_t *name);
/* A name written out in full, never a pointer, but remembered as a target. */
void writer_name_plain(struct writer *writer, const uint8_t *name);

/* Overwrites two octets written earlier. */
void writer_patch_u16(struct writer *writer, size_t at, uint16_t value);

/*
 * Limits (or widens again, up to the buffer) how far writing may go: room kept
 * for OPT, TSIG. A limit below what is written already admits nothing more.
 */
void writer_limit(struct writer *writer, size_t cap);

/* Where we are; and back to there: what came after is forgotten, failure too. */
struct writer_mark writer_mark(const struct writer *writer);
void writer_rollback(struct writer *writer, struct writer_mark mark);

#endif
