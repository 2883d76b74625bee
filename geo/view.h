#ifndef MERIDIAN_GEO_VIEW_H
#define MERIDIAN_GEO_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/base/diag.h"
#include "geo/standing.h"
#include "geo/table.h"

/*
 * A policy's partition drawn wider: blocks are cut where what comes of the
 * orderings differs, not where the orderings do. What comes of an ordering is
 * a number that the caller gives it, such as "region 2 answers" while the
 * others are down. Frozen; holds nothing of what it was made from.
 */
struct view;

/*
 * `values` gives each ordering of the policy its number, below
 * TABLE_VALUE_LIMIT; `v4` and `v6` are the policy's tables, whose values are
 * the orderings. STATUS_MEMORY and STATUS_LIMIT leave *out NULL. Thread: any but a worker.
 */
enum status view_build(const struct table *v4, const struct table *v6, const uint32_t *values,
                       struct view **out) __attribute__((warn_unused_result));
void view_free(struct view *view);

/*
 * The number that holds for the client, and in *scope for how many bits of its
 * own address: 0 when it holds for everybody. Thread: any; no allocation.
 */
uint32_t view_find(const struct view *view, const struct standing *at, uint8_t *scope);

size_t view_block_count(const struct view *view, unsigned family);
size_t view_footprint(const struct view *view); /* octets */

#endif
