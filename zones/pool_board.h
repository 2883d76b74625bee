#ifndef MERIDIAN_ZONES_POOL_BOARD_H
#define MERIDIAN_ZONES_POOL_BOARD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "health/board.h"
#include "zones/service.h"

/*
 * One atomic word per pool: whether a region answers with it at present. The
 * health board tells what probes found of targets; here stands what that comes
 * to for a region of a service, after operators, limits and slow starts had
 * their say. Queries read this and no more, whatever a pool holds. Ids are
 * `pool.id`; a change is seen by the next packet.
 *
 *     bits 0-1   enum health
 *     bit  2     unsure: the next results may change the answer
 *     bits 3-4   enum pool_cause
 *     bits 8-24  how many of POOL_SHARE clients are still withheld: a region
 *                that came back takes its clients back one by one
 *
 * Thread: one writer at a time (the steward, under its lock), any reads.
 */
enum { POOL_BOARD_CAPACITY = 1 << 22, POOL_SHARE = 1 << 16 };

struct pool_board {
    _Atomic uint32_t word[POOL_BOARD_CAPACITY];
};

/* Whose word it is that a pool is up or down. */
enum pool_cause {
    POOL_BY_PROBES,
    POOL_BY_DRAIN, /* an operator's */
    POOL_BY_FORCE,
    POOL_BY_LIMIT /* up, because `max_down` others are down already */
};

struct pool_state {
    enum health health;
    bool unsure;
    enum pool_cause cause;
    uint32_t withheld; /* 0..POOL_SHARE */
};

/* Memory that the kernel gives page by page as it is used; NULL when it has none. */
struct pool_board *pool_board_new(void);
void pool_board_free(struct pool_board *board);

static inline void pool_board_set(struct pool_board *board, uint32_t id, struct pool_state state)
{
    const uint32_t word = (uint32_t)state.health | (state.unsure ? 4u : 0u) |
                          (uint32_t)state.cause << 3 | state.withheld << 8;
    atomic_store_explicit(&board->word[id], word, memory_order_release);
}

static inline struct pool_state pool_board_get(const struct pool_board *board, uint32_t id)
{
    const uint32_t word = atomic_load_explicit(&board->word[id], memory_order_acquire);
    return (struct pool_state){ .health = (enum health)(word & 3u),
                                .unsure = (word & 4u) != 0,
                                .cause = (enum pool_cause)(word >> 3 & 3u),
                                .withheld = word >> 8 };
}

/*
 * What the targets alone say of a region's pool. At least `needed` endpoints
 * that are up make it up; while those not probed yet could do so, it is unknown.
 * A type without an address of its own whose endpoints nobody probes is up
 * when any family of the region is (contract section 8).
 */
struct pool_state pool_count(const struct service *service, uint16_t region,
                             const struct pool *pool, const struct board *targets);

/*
 * Writes the words of all pools of a service from that alone: for programs
 * without operators, limits and slow starts.
 */
void pool_board_count(struct pool_board *board, const struct service *service,
                      const struct board *targets);

/* True when an answer may hold the endpoint. */
static inline bool endpoint_is_up(const struct endpoint *endpoint, const struct board *targets)
{
    return endpoint->target == TARGET_NONE || board_health(targets, endpoint->target) == HEALTH_UP;
}

#endif
