#ifndef MERIDIAN_ZONES_ZONEMAP_H
#define MERIDIAN_ZONES_ZONEMAP_H

#include "dns/base/arena.h"
#include "dns/base/diag.h"
#include "geo/atlas.h"
#include "health/target.h"
#include "zones/builder.h"
#include "zones/service.h"
#include "zones/zonefile.h"

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

/* Policies by fingerprint, shared by all maps of a generation and with the one before. */
struct policy_cache;

/* What reading needs of the world around the zone. */
struct zonemap_world {
    const struct atlas *atlas;
    struct policy_cache *policies;
    struct target_registry *targets;
};

/*
 * Reads `path` and every file it names (regions, probes). Tells every mistake
 * as "file: path: message"; on any, the status is not OK, and what was
 * acquired has been released.
 */
enum status zonemap_read(const char *path, const struct zonemap_world *world,
                         struct builder *builder, struct arena *arena, struct report *report,
                         struct file_list *files, struct zonemap *out)
    __attribute__((warn_unused_result));
void zonemap_release(struct zonemap *map, const struct zonemap_world *world);

/*
 * The cache counts users: acquire gives the policy of an equal (route,
 * regions) pair or builds it over the atlas; release lets go of one use.
 * A new atlas needs a new cache.
 */
struct policy_cache *policy_cache_new(void);
void policy_cache_free(struct policy_cache *cache);

#endif
