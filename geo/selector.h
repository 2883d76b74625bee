#ifndef MERIDIAN_GEO_SELECTOR_H
#define MERIDIAN_GEO_SELECTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/base/arena.h"
#include "dns/base/json.h"
#include "dns/base/prefix.h"
#include "geo/atlas.h"
#include "geo/place.h"

/* What a `geo` rule can say about clients, the most specific kind first. */
enum selector_kind {
    SELECTOR_NET,         /* net:192.0.2.0/24 */
    SELECTOR_ASN,         /* asn:64500 */
    SELECTOR_CITY,        /* city:GB/London */
    SELECTOR_SUBDIVISION, /* subdivision:US-CA, in flat files subdivision:US-California */
    SELECTOR_COUNTRY,     /* country:DE */
    SELECTOR_CONTINENT    /* continent:EU */
};

/* Letters compare without case. Fields that a kind does not use are zero or empty. */
struct selector {
    enum selector_kind kind;
    uint32_t asn;
    char country[3];  /* SELECTOR_CITY: where the city is */
    const char *text; /* never NULL */
    struct prefix net;
};

/*
 * Reads a selector from a string of the map. A `net:` longer than the grain is
 * a mistake, for the world is not cut finer. `text` is copied to the arena.
 */
enum status selector_parse(const struct json_node *node, struct atlas_grain grain,
                           struct arena *arena, struct selector *out)
    __attribute__((warn_unused_result));

/* By kind, then by value; 0: they select the same clients. */
int selector_compare(const struct selector *a, const struct selector *b);

enum { SELECTOR_TEXT = 128 };
/* "country:DE"; cut at SELECTOR_TEXT. Returns `out`. */
char *selector_print(const struct selector *selector, char out[SELECTOR_TEXT]);

/*
 * Everything that could select a place, the most specific first: its ASN,
 * city, subdivisions from the finest, country, continent. `net:` is not
 * among them. Texts are borrowed from the place. Gives their count.
 */
enum { SELECTOR_PLACE_MOST = 7 };
size_t selector_of_place(const struct place *place, struct selector out[SELECTOR_PLACE_MOST]);

#endif
