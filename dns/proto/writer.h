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
enum { WRITER_NAMES = 64 }; /* names remembered as compression targets */

struct writer {
    uint8_t *octets;
    size_t len;
    size_t cap;
    bool failed;
    uint16_t name_count;
    uint16_t names[WRITER_NAMES]; /* offsets of names (suffixes too), below 16384 */
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

void writer_u8(struct writer *writer, uint8_t value);
void writer_u16(struct writer *writer, uint16_t value);
void writer_u32(struct writer *writer, uint32_t value);
void writer_octets(struct writer *writer, const void *octets, size_t len);

/* A name as a pointer to, or ending in a pointer to, one written before; remembers its suffixes. */
void writer_name(struct writer *writer, const uint8_t *name);
/* A name written out in full, never a pointer, but remembered as a target. */
void writer_name_plain(struct writer *writer, const uint8_t *name);

/* Overwrites two octets written earlier. */
void writer_patch_u16(struct writer *writer, size_t at, uint16_t value);

/* Limits (or widens again, up to the buffer) how far writing may go: room kept for OPT, TSIG. */
void writer_limit(struct writer *writer, size_t cap);

/* Where we are; and back to there: what came after is forgotten, failure too. */
struct writer_mark writer_mark(const struct writer *writer);
void writer_rollback(struct writer *writer, struct writer_mark mark);

#endif
