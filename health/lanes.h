#ifndef MERIDIAN_HEALTH_LANES_H
#define MERIDIAN_HEALTH_LANES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

struct ev_loop;

/*
 * Who waits to be asked, a lane for each kind of probe: kinds take turns, and
 * one whose places are all taken keeps no other waiting. Places are bounded
 * in each lane and in all of them.
 *
 * Who may go is let go one by one, when what has arrived is dealt with (an
 * idle watcher of the lowest priority). Let go all at once, probes would time
 * out for want of our own time and not for the targets'. But nobody waits
 * longer than LANES_LATEST_MS for that: whoever has always something to say
 * must not keep others from being asked. Thread: the prober's.
 */
struct lanes;

enum { LANES_MOST = 8, LANES_LATEST_MS = 20 };

/* One who may wait; held by whoever it stands for. */
struct lane_seat {
    uint8_t lane;
    bool waits;
    TAILQ_ENTRY(lane_seat) beside;
};

/* Lets one go, who does not wait any more; it calls lanes_take() when it takes a place. */
typedef void lanes_start(struct lane_seat *seat);

/* No places at first, in any lane. NULL: no memory. */
struct lanes *lanes_new(struct ev_loop *loop, lanes_start *start);
void lanes_free(struct lanes *lanes);

/* Bounds of one lane, and of all together. */
void lanes_bound(struct lanes *lanes, uint8_t lane, unsigned most);
void lanes_bound_all(struct lanes *lanes, unsigned most);

/* To the end of the line; nothing for whoever waits already. May let somebody go at once. */
void lanes_join(struct lanes *lanes, struct lane_seat *seat);
void lanes_leave(struct lanes *lanes, struct lane_seat *seat);

/* A place is taken, or free again: lanes_serve() then lets the next one have it. */
void lanes_take(struct lanes *lanes, uint8_t lane);
void lanes_give(struct lanes *lanes, uint8_t lane);
void lanes_serve(struct lanes *lanes);

#endif
