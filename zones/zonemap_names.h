#ifndef MERIDIAN_ZONES_ZONEMAP_NAMES_H
#define MERIDIAN_ZONES_ZONEMAP_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "dns/base/json.h"
#include "zones/builder.h"
#include "zones/service.h"

/* The services of a map by name: `node` is the object, `items` its members in order. */
struct zonemap_services {
    const struct json_node *node;
    struct service **items; /* NULL where memory ran out */
    bool *named;            /* set for each service that a name leads to */
    const char **names;     /* NULL-terminated */
    size_t count;
};

/*
 * Reads `names`: puts each service at its owners in the builder, and checks
 * that steering goes together with what the zone file has there. Tells every
 * mistake. Without a zone (its file could not be read) only the map is judged.
 */
void zonemap_names_read(const struct json_node *node, const struct zonemap_services *services,
                        struct builder *builder);

#endif
