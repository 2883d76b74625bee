#ifndef MERIDIAN_GEO_RECORD_H
#define MERIDIAN_GEO_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "geo/mmdb.h"

/* Octets of UTF-8 without a NUL, not terminated; len 0: unknown. */
struct record_text {
    const char *octets;
    uint32_t len;
};

enum { RECORD_SUBDIVISIONS = 3, RECORD_TEXT_LIMIT = 255 };

/*
 * What one data record of a database says about its networks, whichever layout
 * it has: nested (country.iso_code, location.latitude: GeoIP2, GeoLite2,
 * DB-IP) or flat (country_code, latitude). A field that the record lacks, or
 * whose value cannot be what its name says (a latitude of 200, a country code
 * of five letters), is unknown and not zero; flat coordinates 0,0 are unknown.
 * `country` counts, never `registered_country`. Texts point into the section.
 */
struct record {
    struct record_text continent;                        /* "EU" */
    struct record_text country;                          /* ISO 3166-1 alpha-2 */
    struct record_text subdivision[RECORD_SUBDIVISIONS]; /* coarse to fine */
    bool subdivision_is_code; /* the part of ISO 3166-2 behind the country, not an English name */
    struct record_text city;  /* English name */
    uint32_t asn;             /* 0: unknown */
    bool has_location;
    double latitude, longitude; /* degrees */
    uint16_t accuracy_km;       /* 0: not said */
};

/*
 * Decodes the record at `offset`. False when the section is damaged there; a
 * record that is no map is merely one of which nothing is known.
 */
bool record_decode(struct mmdb_section *section, size_t offset, struct record *out)
    __attribute__((warn_unused_result));

#endif
