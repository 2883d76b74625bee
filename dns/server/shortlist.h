#ifndef MERIDIAN_SERVER_SHORTLIST_H
#define MERIDIAN_SERVER_SHORTLIST_H

#include <stdbool.h>
#include <stdint.h>

#include "geo/standing.h"
#include "zones/pool_board.h"
#include "zones/service.h"

/* Why an answer is what it is. */
enum choice_kind {
    CHOICE_HEALTHY,  /* the first healthy regions of the ordering */
    CHOICE_ALL_DOWN, /* none was healthy: when_all_down gave these */
    CHOICE_ZONEFILE, /* none was healthy: the zone file's records answer */
    CHOICE_NOT_READY /* a target has not been probed yet: no steered answer may leave */
};

/* What is known of a region at a moment, for one family or type. */
enum region_health { REGION_UP, REGION_DOWN, REGION_UNPROBED, REGION_LACKS_TYPE };

enum region_health region_health_now(const struct service *service, uint16_t region, uint16_t type,
                                     const struct pool_board *pools);

/* A question to a service, and the health that it is answered by. */
struct inquiry {
    const struct service *service;
    uint16_t type;
    const struct pool_board *pools; /* as they are whenever we look */
    const uint64_t *up;             /* or, unless NULL: a bit for each region that was up */
    const struct policy_client *who; /* whom a returning region may take back; NULL only with `up` */
};

enum { INQUIRY_UP_WORDS = REGION_LIMIT / 64 };

/* The regions that answer, in the order in which they are to be heard. */
struct shortlist {
    enum choice_kind kind;
    bool serve_all; /* health is not looked at: none was left */
    bool unsure;    /* health on the way to these regions may be about to change */
    bool drawn;     /* a region on the way takes its clients back one by one */
    uint16_t count;
    uint16_t regions[SERVICE_ANSWERS_LIMIT]; /* only the first `count` are written */
};

/*
 * Walks an ordering of `len` regions. What comes out depends on the ordering
 * and on health alone, so it is the same for all who have them in common.
 * Thread: any; no allocation.
 */
void shortlist_make(const struct inquiry *inquiry, const uint16_t *order, uint16_t len,
                    struct shortlist *out);

/*
 * The same for an ordering of which only the first region is known, if that one
 * is up and answers alone; false otherwise, or when it is REGION_NONE.
 */
bool shortlist_first(const struct inquiry *inquiry, uint16_t first, struct shortlist *out);

/*
 * True when a region that came back, and is up, does not take this client back
 * yet: it is passed over while another one is up. Thread: any; no allocation.
 */
bool region_is_withheld(const struct inquiry *inquiry, uint16_t region);

/* How many regions answer together when all are up. */
uint16_t shortlist_most(const struct service *service);

/* True when both answer with the same records, as long as health does not change. */
bool shortlist_equal(const struct shortlist *a, const struct shortlist *b);

/*
 * Notes which regions are up. False when one of them is not probed yet: such a
 * state is about to end.
 */
bool inquiry_photograph(const struct inquiry *inquiry, uint64_t up[INQUIRY_UP_WORDS]);

/* True when health is at this moment as `up` says, region by region. */
bool inquiry_is_as(const struct inquiry *inquiry, const uint64_t *up);

#endif
