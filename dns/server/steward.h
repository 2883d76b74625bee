#ifndef MERIDIAN_SERVER_STEWARD_H
#define MERIDIAN_SERVER_STEWARD_H

#include <stdbool.h>
#include <stdint.h>

#include "dns/base/diag.h"
#include "health/board.h"
#include "zones/pool_board.h"
#include "zones/snapshot.h"

/*
 * Keeps the pool board true. What probes found of targets comes to "this region
 * of this service is up" in four steps:
 *
 *   targets   enough endpoints are up (pool_count())
 *   max_down  probes alone withdraw no more than so many regions of a service;
 *             those that fail after them are held up, the first to fail stay out
 *   orders    what an operator has drained or forced is as the operator says
 *   ramp      a region that comes back is given its clients over a time
 *
 * Each pool is judged by itself, families apart. Words are written at once, by
 * whoever brings the news: the next packet after steward_touch() sees them.
 * States outlive generations: a pool is the same while its zone, service,
 * region and type have the same names.
 */
struct steward;
struct orders;

/* The board and the pools must outlive it. `orders` may be NULL. NULL when memory is out. */
struct steward *steward_new(const struct board *targets, struct pool_board *pools,
                            struct orders *orders);
void steward_free(struct steward *steward);

/*
 * From now on these are the services that are looked after; their words are
 * true when it returns. To be called before the generation is published, and
 * with NULL before the last one is freed. On STATUS_MEMORY nothing has changed.
 * `now_ms` is monotonic, here and below. Thread: the loader.
 */
enum status steward_take(struct steward *steward, const struct snapshot *next, uint64_t now_ms)
    __attribute__((warn_unused_result));

/* The word of a target has changed, or may have. Thread: the prober's; takes the lock. */
void steward_touch(struct steward *steward, uint32_t target, uint64_t now_ms);

/* Orders have changed: in force when it returns. Thread: any. */
void steward_obey(struct steward *steward, uint64_t now_ms);

/*
 * Gives regions that come back their next share of clients. In how many
 * milliseconds that is to be done again; 0: none comes back. Thread: any.
 */
uint64_t steward_tick(struct steward *steward, uint64_t now_ms);

/* What became of one pool. Strings are valid during the call. */
struct steward_change {
    const char *zone, *service, *region;
    const char *const *tags; /* of the region */
    uint16_t tag_count;
    uint16_t type;
    struct pool_state from, to;
    uint64_t wall_ms;
};

/*
 * Called after every change of health or cause, when the pool board already
 * says so. Set before the first steward_take(). Thread: that of whoever brought
 * the news, under the lock of the steward: it must not call the steward.
 */
typedef void steward_changed(void *context, const struct steward_change *change);
void steward_on_change(struct steward *steward, steward_changed *changed, void *context);

/* How a pool stands, for reports. */
struct steward_report {
    struct pool_state state;
    enum health counted;    /* what its targets alone would make it */
    uint64_t since_wall_ms; /* when health or cause last changed; 0: never */
};

/* False when it is not looked after. Thread: any; takes the lock. */
bool steward_report(struct steward *steward, uint32_t pool_id, struct steward_report *out);

#endif
