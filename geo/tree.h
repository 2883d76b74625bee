#ifndef MERIDIAN_GEO_TREE_H
#define MERIDIAN_GEO_TREE_H

#include <stdint.h>

#include "dns/base/diag.h"
#include "geo/spans.h"

/*
 * The search tree of an MMDB file: nodes of two records each. A record below
 * node_count is a node, node_count says "nothing", and from node_count + 16 on
 * it is an offset into the data section. Octets from outside: whoever sets the
 * fields vouches for `node_count * node_len` octets and nothing else.
 */
struct tree {
    const uint8_t *octets; /* borrowed */
    unsigned node_len;     /* octets: 6, 7 or 8 */
    uint32_t node_count;   /* at least 1 */
    uint16_t ip_version;   /* 4 or 6 */
    uint64_t data_len;     /* octets of the data section */
};

enum { TREE_SEPARATOR_LEN = 16 };

/*
 * The walk of database_walk(), see there. *offsets is malloc'ed: where in the
 * data section each of the *count distinct records begins, in ascending order;
 * the spans hold 0 or 1 + an index into it. Written on success only.
 */
enum status tree_walk(const struct tree *tree, const struct diag *diag, uint8_t v4_bits,
                      uint8_t v6_bits, struct spans *v4, struct spans *v6, uint32_t **offsets,
                      uint32_t *count) __attribute__((warn_unused_result));

#endif
