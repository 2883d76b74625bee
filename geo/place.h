#ifndef MERIDIAN_GEO_PLACE_H
#define MERIDIAN_GEO_PLACE_H

#include <stdbool.h>
#include <stdint.h>

/* How a place came by its coordinates. */
enum place_fix {
    PLACE_NOWHERE, /* no coordinates and no country whose centre is known */
    PLACE_COUNTRY, /* the centre of the country's networks (geo/centres.h): no more is known */
    PLACE_EXACT    /* the database gave coordinates */
};

enum { PLACE_SUBDIVISIONS = 3 };

/*
 * What the databases say about a network, merged field by field. Strings are
 * never NULL (empty when unknown), interned in the atlas that holds the place
 * and valid as long as it. Angles are degrees.
 */
struct place {
    const char *continent;                       /* "EU" */
    const char *country;                         /* "DE", ISO 3166-1 */
    const char *subdivision[PLACE_SUBDIVISIONS]; /* "US-CA", or "US-California"; coarse to fine */
    const char *city;                            /* English name */
    uint32_t asn;                                /* 0: unknown */
    enum place_fix fix;
    double latitude;
    double longitude;
    uint16_t accuracy_km; /* radius the database claims for its own coordinates; 0: not said */
};

/* Mean Earth radius (IUGG), so that a great circle reads in kilometres. */
#define PLACE_EARTH_RADIUS_KM 6371.0088

/* Great-circle distance on a sphere by the haversine formula, in kilometres. */
double place_distance_km(double latitude_a, double longitude_a, double latitude_b,
                         double longitude_b);

#endif
