#ifndef MERIDIAN_HEALTH_BOARD_H
#define MERIDIAN_HEALTH_BOARD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * One atomic word per target: what the prober found, for everybody to read.
 * A change is seen by the next packet. Ids are given by target_registry.
 * Thread: the prober writes, any reads.
 */
enum { BOARD_CAPACITY = 1 << 20 };

enum health { HEALTH_UNKNOWN = 0, HEALTH_UP = 1, HEALTH_DOWN = 2 };

struct board {
    _Atomic uint32_t word[BOARD_CAPACITY]; /* bits 0-1 enum health; bit 2 unsure */
};

/* Memory that the kernel gives page by page as it is used; NULL when it has none. */
struct board *board_new(void);
void board_free(struct board *board);

/*
 * `unsure` is set while the next results may turn the verdict (failing or
 * recovering): answers that rest on the target may want a short TTL.
 */
static inline void board_set(struct board *board, uint32_t id, enum health health, bool unsure)
{
    const uint32_t word = (uint32_t)health | (unsure ? 4u : 0u);
    atomic_store_explicit(&board->word[id], word, memory_order_release);
}

static inline enum health board_health(const struct board *board, uint32_t id)
{
    return (enum health)(atomic_load_explicit(&board->word[id], memory_order_acquire) & 3u);
}

static inline bool board_unsure(const struct board *board, uint32_t id)
{
    return (atomic_load_explicit(&board->word[id], memory_order_acquire) & 4u) != 0;
}

#endif
