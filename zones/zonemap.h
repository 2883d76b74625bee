#ifndef MERIDIAN_ZONES_ZONEMAP_H
#define MERIDIAN_ZONES_ZONEMAP_H

#include <stddef.h>
#include <stdint.h>

#include "dns/base/arena.h"
#include "dns/base/diag.h"
#include "dns/base/intern.h"
#include "health/target.h"
#include "zones/builder.h"
#include "zones/policy_cache.h"
#include "zones/service.h"
#include "zones/file_list.h"

/*
 * A zone's map (contract section 2): which names are steered, and how. Reading
 * fills services in the arena and puts them at their names in the builder.
 */
struct zonemap {
    const struct service *const *services; /* in the order of the map */
    size_t service_count;
    const uint32_t *targets; /* acquired from the registry, one use each; zonemap_release() lets go */
    size_t target_count;
};

/* What reading needs of the world around the zone. The cache knows the atlas. */
struct zonemap_world {
    struct policy_cache *policies;
    struct target_registry *targets;
    struct intern *counters; /* gives the regions of services their counter_id; NULL: none */
    struct intern *pools;    /* gives pools their words on the pool board; NULL: all have 0 */
};

/*
 * Reads `path` and every file it names (regions, probes), after the zone file
 * has been read into the builder: names are checked against what is there.
 * Tells every mistake as "file: path: message"; on any, the status is not OK,
 * and what was acquired has been released. Thread: the loader.
 */
enum status zonemap_read(const char *path, const struct zonemap_world *world,
                         struct builder *builder, struct arena *arena, struct report *report,
                         struct file_list *files, struct zonemap *out)
    __attribute__((warn_unused_result));

/* Lets go of targets and policies; the services themselves go with their arena. */
void zonemap_release(struct zonemap *map, const struct zonemap_world *world);

#endif
