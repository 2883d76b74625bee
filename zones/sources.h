#ifndef MERIDIAN_ZONES_SOURCES_H
#define MERIDIAN_ZONES_SOURCES_H

#include <stddef.h>

#include "geo/atlas.h"
#include "zones/serving.h"

/* The files of one zone. */
struct zone_source {
    const char *name; /* "app.example", "." for the root: presentation form */
    const char *file;
    const char *map; /* NULL: no map. A path that does not exist is a mistake of the zone */
};

/* What a generation is made from. Borrowed during the build only; strings are copied. */
struct sources {
    const struct zone_source *zones;
    size_t zone_count;
    const char *const *databases;
    size_t database_count;
    struct atlas_grain grain;
    struct serving serving;
};

#endif
