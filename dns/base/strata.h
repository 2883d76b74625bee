#ifndef MERIDIAN_BASE_STRATA_H
#define MERIDIAN_BASE_STRATA_H

#include <stdint.h>

#include "dns/base/arena.h"

/*
 * Memory in layers, for what is gathered in one order and used up in the same:
 * members are numbered, each layer holds pieces of members that came about the
 * same time, and a layer goes as soon as the last member with a piece in it is
 * done. So a thing can be turned into another without both being there whole.
 *
 *     layer   | 0 0 1 2 2 3 | 3 4 5 1 | 5 6 7 ...      members, by piece
 *     until          3           5        7
 *
 * Thread: one at a time.
 */
struct strata;

struct strata *strata_new(void); /* NULL when memory is out */
void strata_free(struct strata *strata);

/* Where to allocate a piece for a member, and only that; NULL when memory is out. */
struct arena *strata_arena(struct strata *strata, uint32_t member);

/* Members 0 to `member` are done. Frees oldest layers first, so one with a late piece keeps others. */
void strata_done(struct strata *strata, uint32_t member);

#endif
