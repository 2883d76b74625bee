#ifndef MERIDIAN_GEO_POLICY_H
#define MERIDIAN_GEO_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/base/diag.h"
#include "dns/base/json_writer.h"
#include "dns/base/prefix.h"
#include "geo/atlas.h"
#include "geo/ordering.h"
#include "geo/region.h"
#include "geo/route.h"
#include "geo/standing.h"
#include "geo/table.h"

/*
 * A route compiled over an atlas and a list of regions: the one thing that a
 * query asks geography. Frozen. Holds copies of what it needs; the atlas must
 * outlive it only for policy_build().
 */
struct policy;

/* Thread: the loader. Walks the atlas's spans once per family. */
enum status policy_build(const struct atlas *atlas, const struct route *route,
                         const struct region_list *regions, const struct diag *diag,
                         struct policy **out) __attribute__((warn_unused_result));
void policy_free(struct policy *policy);

/*
 * Text that two equal (route, regions) pairs share, so that services of many
 * zones share one policy. malloc'ed; NULL when memory is out.
 */
char *policy_fingerprint(const struct route *route, const struct region_list *regions);

struct ranking {
    uint16_t count;
    uint8_t scope; /* bits of the client's address (in its own family) this ranking is true for */
    uint8_t first_scope; /* the same for its first region alone: never longer */
    uint16_t regions[REGION_LIMIT]; /* only the first `count` are written */
};

/* Thread: any. No allocation, no lock, no system call. */
void policy_rank(const struct policy *policy, const struct policy_client *client,
                 struct ranking *out);

/*
 * The first region of that ranking alone, by a single look-up, and its
 * `first_scope`; REGION_NONE when a draw decides who comes first, or nobody
 * does: then policy_rank() is to be asked. Thread: any, as policy_rank().
 */
uint16_t policy_first(const struct policy *policy, const struct policy_client *client,
                      uint8_t *scope);

/*
 * Tells why: one line for the client, its place, and each step of the route.
 * `route` and `regions` are those the policy was built from, over `atlas`.
 * Thread: any. No allocation.
 */
void policy_explain(const struct policy *policy, const struct route *route,
                    const struct region_list *regions, const struct atlas *atlas,
                    const struct policy_client *client, const struct route_sink *sink);

/*
 * The same for programs, without the place: `located_as`, `net`, `ranked_alike`
 * and `decision` as members of the object that is open in `writer`.
 */
void policy_put(const struct policy *policy, const struct route *route,
                const struct region_list *regions, const struct atlas *atlas,
                const struct policy_client *client, struct json_writer *writer);

/* What it is made of, for views: the orderings, and per family the table that gives their ids. */
const struct ordering_set *policy_orderings(const struct policy *policy);
const struct table *policy_table(const struct policy *policy, unsigned family);

/* Blocks of one family, for figures: by whole orderings, and by first regions. */
size_t policy_block_count(const struct policy *policy, unsigned family);
size_t policy_first_count(const struct policy *policy, unsigned family);
size_t policy_footprint(const struct policy *policy); /* octets */

#endif
