#ifndef MERIDIAN_GEO_ORDERING_H
#define MERIDIAN_GEO_ORDERING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/base/diag.h"

/*
 * A ranking of regions for everybody of one kind: a short program. Most are a
 * plain list; a DRAW is the one thing that cannot be decided before the
 * client's block is known (weighted routes; a tie between equally near
 * regions).
 *
 *   REGION r            r comes next
 *   DRAW n, salt, per   n members follow, each MEMBER weight, key, len and
 *                       then `len` words of its own program
 *
 * A region met again is skipped. Programs are interned: equal programs have
 * equal ids, so "same ordering" is one comparison.
 */
struct ordering_set;

struct ordering_set *ordering_set_new(void);
void ordering_set_free(struct ordering_set *set);
size_t ordering_count(const struct ordering_set *set);

/* Composes one program; `released` after use. */
struct ordering_draft {
    uint32_t *words;
    size_t len, cap;
    bool failed; /* memory ran out */
};
void ordering_draft_init(struct ordering_draft *draft);
void ordering_draft_release(struct ordering_draft *draft);
void ordering_draft_clear(struct ordering_draft *draft);
void ordering_put_region(struct ordering_draft *draft, uint16_t region);

/* How a DRAW's hash is keyed. */
enum draw_per { DRAW_PER_CLIENT, DRAW_PER_QUERY, DRAW_PER_RESOLVER };

/*
 * Begins a draw; the members follow, each between member_begin and member_end.
 * `salt` tells this draw from others around it; `key` is the member's own
 * stable hash (of its name), so that removing one moves only its clients.
 * `v4_bits`/`v6_bits`: how much of the client's address is hashed (at most the grain).
 */
size_t ordering_draw_begin(struct ordering_draft *draft, enum draw_per per, uint64_t salt,
                           uint8_t v4_bits, uint8_t v6_bits);
size_t ordering_member_begin(struct ordering_draft *draft, uint64_t key, uint32_t weight);
void ordering_member_end(struct ordering_draft *draft, size_t member);
void ordering_draw_end(struct ordering_draft *draft, size_t draw);

/* Interns the draft. STATUS_LIMIT at TABLE_VALUE_LIMIT programs. */
enum status ordering_intern(struct ordering_set *set, const struct ordering_draft *draft,
                            uint32_t *id);

/* Who is being ranked for. */
struct asker {
    uint64_t key;           /* address_key() of the client's address, embedded IPv4 taken out */
    uint8_t family;         /* of `key` */
    bool anonymous;         /* source prefix 0: the same member for all, scope 0 */
    uint64_t resolver_key;  /* hash of the source address, for DRAW_PER_RESOLVER */
    uint64_t random;        /* fresh for each query, for DRAW_PER_QUERY */
};

/*
 * Runs a program: region ids in order to `out` (room for `cap`), their count
 * back. *scope is raised to the bits of the client's address that a draw
 * looked at; *scope_is_zero is set when a draw looked at something else than
 * the address. Members of weight 0 come last. Thread: any; no allocation.
 */
size_t ordering_run(const struct ordering_set *set, uint32_t id, const struct asker *asker,
                    uint16_t *out, size_t cap, uint8_t *scope, bool *scope_is_zero);

#endif
