#ifndef MERIDIAN_GEO_TABLE_H
#define MERIDIAN_GEO_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "dns/base/diag.h"
#include "geo/spans.h"

/*
 * A partition frozen for look-up: a poptrie (Asai and Ohara, SIGCOMM 2015)
 * over 64-bit keys, a direct table for the first 16 bits and 6-bit steps
 * after it. A leaf holds {value, prefix length}: the length is that of the
 * largest aligned block around the key whose keys all have this value, so
 * blocks of different leaves never overlap.
 */
struct table;

struct table_leaf {
    uint32_t value;     /* below 2^24 */
    uint8_t prefix_len; /* bits, 0..64 */
};

enum { TABLE_VALUE_LIMIT = 1 << 24 };

/* STATUS_LIMIT when a value is too large or the spans are too many, STATUS_MEMORY. Thread: the loader. */
enum status table_build(const struct spans *spans, struct table **out)
    __attribute__((warn_unused_result));
void table_free(struct table *table);

/* Thread: any; never blocks, never allocates. */
struct table_leaf table_find(const struct table *table, uint64_t key);

size_t table_leaf_count(const struct table *table); /* blocks of the partition */
size_t table_footprint(const struct table *table);  /* octets */

#endif
