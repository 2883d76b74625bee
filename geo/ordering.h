#ifndef MERIDIAN_GEO_ORDERING_H
#define MERIDIAN_GEO_ORDERING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/base/diag.h"
#include "geo/draw.h"
#include "geo/region.h"

/*
 * A ranking of regions for everybody of one kind: a short program. Most are a
 * plain list; a DRAW is the one thing that cannot be decided before the
 * client's block is known (weighted routes; a tie between equally near
 * regions).
 *
 *   LIST n                    n region ids follow, two in a word: they come next
 *   DRAW per, bits, n, salt   n members follow, each MEMBER weight, key, len and
 *                             then `len` words of its own program; all members
 *                             come, in the order drawn
 *
 * A region met again is skipped. Programs are interned: equal programs have
 * equal ids, so "same ordering" is one comparison.
 */
struct ordering_set;

enum {
    ORDERING_DEPTH_LIMIT = 24, /* draws within draws */
    /* Members that one path through nested draws can hold: what a run sorts on its stack. */
    ORDERING_MEMBERS_LIMIT = 4096
};

struct ordering_set *ordering_set_new(void);
void ordering_set_free(struct ordering_set *set);
size_t ordering_count(const struct ordering_set *set);
size_t ordering_footprint(const struct ordering_set *set); /* octets */

/* Gives back what only interning needs; after it the set can be run, not extended. */
void ordering_set_freeze(struct ordering_set *set);

/* Composes one program; released after use. The fields are private to ordering.c. */
struct ordering_draft {
    uint32_t *words;
    size_t len, cap;
    size_t list;    /* 1 + the position of the LIST that still grows; 0: none */
    unsigned depth; /* draws that are open */
    bool failed;    /* memory ran out */
    bool excessive; /* over ORDERING_DEPTH_LIMIT or ORDERING_MEMBERS_LIMIT */
    uint32_t members[ORDERING_DEPTH_LIMIT + 1]; /* most on any path below each depth */
    uint64_t listed[REGION_LIMIT / 64];         /* regions put outside any draw */
};
void ordering_draft_init(struct ordering_draft *draft);
void ordering_draft_release(struct ordering_draft *draft);
void ordering_draft_clear(struct ordering_draft *draft);
void ordering_put_region(struct ordering_draft *draft, uint16_t region);

/*
 * Begins a draw; the members follow, each between member_begin and member_end.
 * `salt` tells this draw from others around it; `key` is the member's own
 * stable hash (of its name), so that removing one moves only its clients.
 * `v4_bits`/`v6_bits`: how much of the client's address is hashed (at most the
 * grain). A weight is at least 1: who comes last belongs behind the draw.
 */
size_t ordering_draw_begin(struct ordering_draft *draft, enum draw_per per, uint64_t salt,
                           uint8_t v4_bits, uint8_t v6_bits);
size_t ordering_member_begin(struct ordering_draft *draft, uint64_t key, uint32_t weight);
void ordering_member_end(struct ordering_draft *draft, size_t member);
void ordering_draw_end(struct ordering_draft *draft, size_t draw);

/*
 * Interns the draft. STATUS_LIMIT when it nests too much or ids reach
 * TABLE_VALUE_LIMIT (geo/table.h), STATUS_MEMORY; nothing is told.
 */
enum status ordering_intern(struct ordering_set *set, const struct ordering_draft *draft,
                            uint32_t *id) __attribute__((warn_unused_result));

/*
 * The region that comes first whoever asks; REGION_NONE when a draw decides
 * it, or when the program is empty. Thread: any.
 */
uint16_t ordering_first(const struct ordering_set *set, uint32_t id);

/*
 * The regions that come first whoever asks, at most `cap` of them to `out`;
 * their count back. *whole tells that nothing but these is in the program:
 * otherwise a draw follows, or the room has run out. Thread: any.
 */
size_t ordering_head(const struct ordering_set *set, uint32_t id, uint16_t *out, size_t cap,
                     bool *whole);

/*
 * Runs a program: region ids in order to `out` (room for `cap`), their count
 * back. *scope is raised to the bits of the client's address that a draw
 * looked at; draws per query or resolver look at none. What lies behind the
 * `cap`th region is not looked at.
 * Thread: any; no allocation.
 */
size_t ordering_run(const struct ordering_set *set, uint32_t id, const struct asker *asker,
                    uint16_t *out, size_t cap, uint8_t *scope);

#endif
