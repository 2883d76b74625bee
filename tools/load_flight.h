#ifndef MERIDIAN_TOOLS_LOAD_FLIGHT_H
#define MERIDIAN_TOOLS_LOAD_FLIGHT_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The queries that are on their way, by DNS id. An id that came back rests as
 * long as possible before it is given out again, so that a late answer is not
 * taken for the answer to another query. Thread: one.
 */
enum { FLIGHT_IDS = 16384, FLIGHT_NONE = FLIGHT_IDS };

struct flight_slot {
    uint64_t due_ns;  /* when the query should have left: its latency counts from here */
    uint64_t sent_ns; /* when it left */
    uint32_t query;   /* index into the workload */
    uint16_t older;   /* neighbours in the order of departure; FLIGHT_NONE at the ends */
    uint16_t newer;
    bool away;
};

struct flight {
    uint32_t away; /* queries on their way */
    uint16_t oldest, newest;
    uint32_t next_free; /* place in `free` of the id that has rested longest */
    uint16_t free[FLIGHT_IDS];
    struct flight_slot slots[FLIGHT_IDS];
};

void flight_init(struct flight *flight);

/* Gives the query an id. At most FLIGHT_IDS / 2 may be away; the caller keeps to it. */
uint16_t flight_depart(struct flight *flight, uint32_t query, uint64_t due_ns, uint64_t sent_ns);

/* What departed under this id, for a look; NULL when nothing did or it is back. */
const struct flight_slot *flight_find(const struct flight *flight, unsigned id);

/* The query with this id, which is away, came back or is given up. */
void flight_land(struct flight *flight, uint16_t id);

/* Gives up all that left before the given time; how many. They leave in order of time. */
uint32_t flight_expire(struct flight *flight, uint64_t before_ns);

#endif
