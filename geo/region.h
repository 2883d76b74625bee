#ifndef MERIDIAN_GEO_REGION_H
#define MERIDIAN_GEO_REGION_H

#include <stdbool.h>
#include <stdint.h>

/* A place of ours, as a route sees it. */
struct region {
    const char *name;
    bool placed;     /* has a location */
    double latitude; /* degrees */
    double longitude;
    int bias; /* -99..99 */
};

enum { REGION_LIMIT = 1024, REGION_NONE = UINT16_MAX };

/* The regions of one service in the order of its `endpoints`: ids are positions here. */
struct region_list {
    const struct region *items;
    uint16_t count;
};

/* REGION_NONE when there is none of that name. */
uint16_t region_find(const struct region_list *regions, const char *name);

/*
 * The distance that a `nearest` route compares, in kilometres: b > 0 multiplies
 * by 1 - b/100, b < 0 divides by 1 + b/100 (contract section 2, as Route 53's
 * geoproximity).
 */
double region_biased_km(const struct region *region, double latitude, double longitude);

#endif
