#ifndef MERIDIAN_HEALTH_SENTINEL_H
#define MERIDIAN_HEALTH_SENTINEL_H

#include <stdbool.h>
#include <stdint.h>

#include "health/target.h"

struct ev_loop;

/*
 * An idle TCP connection to a target that is up. When the process at its other
 * end dies, the kernel there closes it at once, long before the next probe is
 * due. That is a hint and no verdict: it only asks for a probe now.
 *
 * It must not do harm. A server that closes idle connections in good health is
 * stood by again at its next good result, but after a rest that doubles, from a
 * second to five minutes, when it closed within ten seconds. A target that
 * becomes slow while the sentinel stands may be one that serves a connection at
 * a time: the sentinel leaves, and when that has helped, rests for ten seconds,
 * and twice as long each time until it is an hour.
 *
 * Thread: the prober's.
 */
struct sentinel;

/* Descriptors for all sentinels of one loop. */
struct sentinel_places {
    unsigned count, most;
};

/* The target has closed the connection, or refused it. */
typedef void sentinel_alarm(void *context);

/*
 * Does not stand yet. `target`, `places` and the loop must outlive it. NULL when
 * memory is out. Times are milliseconds of one clock that never goes back.
 */
struct sentinel *sentinel_new(struct ev_loop *loop, struct sentinel_places *places,
                              const struct target *target, sentinel_alarm *alarm, void *context);
void sentinel_free(struct sentinel *sentinel);

/* The target is up and has just answered well: it stands from now on, unless it rests. */
void sentinel_good(struct sentinel *sentinel, uint64_t now_ms);
/* The target does not answer in its time. */
void sentinel_slow(struct sentinel *sentinel);
/* The target is down: nothing to stand by. */
void sentinel_down(struct sentinel *sentinel);

bool sentinel_stands(const struct sentinel *sentinel);

#endif
