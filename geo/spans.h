#ifndef MERIDIAN_GEO_SPANS_H
#define MERIDIAN_GEO_SPANS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/base/diag.h"

/*
 * A partition of one family's whole address space, in order: span i holds the
 * keys from start[i] up to the next start (the last one up to the end) and
 * carries one value. start[0] is 0; neighbours differ in value. Keys are
 * address_key(): the first 64 bits, IPv4 in the upper half.
 *
 *      0            start[1]      start[2]                 2^64
 *      |  value[0]  |  value[1]   |  value[2]              |
 */
struct spans {
    uint64_t *start;
    uint32_t *value;
    size_t count;
    size_t cap;
};

void spans_init(struct spans *spans);
void spans_release(struct spans *spans);

/*
 * Starts a new span at `start` (not below the last one), or goes on with the
 * last when the value is the same. A start equal to the last one replaces its
 * value. STATUS_MEMORY leaves everything as it was.
 */
enum status spans_append(struct spans *spans, uint64_t start, uint32_t value);

/* The index of the span that holds `key`: binary search. */
size_t spans_find(const struct spans *spans, uint64_t key);

/* Gives back the slack of growing. */
void spans_trim(struct spans *spans);

/*
 * The length in bits of the largest aligned block that contains `key` and lies
 * within its span; `most` when only a smaller block than that would.
 */
uint8_t spans_prefix_len(const struct spans *spans, uint64_t key, uint8_t most);

#endif
