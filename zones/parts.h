#ifndef MERIDIAN_ZONES_PARTS_H
#define MERIDIAN_ZONES_PARTS_H

#include <stddef.h>
#include <stdint.h>

#include "dns/base/arena.h"
#include "dns/base/diag.h"
#include "dns/base/intern.h"
#include "geo/atlas.h"
#include "health/target.h"
#include "zones/file_list.h"
#include "zones/policy_cache.h"
#include "zones/sources.h"
#include "zones/zone.h"
#include "zones/zonemap.h"

/*
 * What generations are put together from. A part is frozen when it is made,
 * held by every generation (or part) that uses it, and freed with its last
 * holder; so a generation costs what changed.
 *
 *     generation 7 --- atlas --- policies ----.
 *          |   `------ zone a (with its map) -+--- files, targets
 *          |   `------ zone b'                |
 *     generation 6 --- zone b                 |
 *              `------ (all the others are shared)
 *
 * Thread: the loader holds and drops; readers never count.
 */

/* The databases, merged. */
struct atlas_part {
    size_t holders;
    struct atlas *atlas;
    struct file_list *files;
    char *identity; /* see below */
};

/* What maps have compiled over one atlas. The cache is asked for new ones only while the atlas is in use. */
struct policies_part {
    size_t holders;
    struct policy_cache *cache;
};

/* One zone with its map: they are good together or not at all. */
struct zone_part {
    size_t holders;
    struct arena *arena;
    const struct zone *zone;
    struct zonemap map;
    struct policies_part *policies; /* of the map; NULL without one */
    struct target_registry *targets;
    struct file_list *files; /* empty when the zone could not be loaded */
    char *identity;
};

/* Files that were read and found wanting: they are not read again until they change. */
struct refusal {
    size_t holders;
    struct report *report; /* why */
    struct file_list *files;
    char *identity;
};

/* One zone of a generation: what answers, and what is wrong with its files at present. */
struct zone_slot {
    struct zone_part *part;
    struct refusal *refusal; /* NULL: nothing */
};

/* All of a generation. */
struct snapshot_parts {
    struct arena *arena; /* the generation's own: this, the table of zones, `serving` */
    struct atlas_part *atlas;
    struct policies_part *policies;
    struct refusal *atlas_refusal; /* NULL: the atlas is from the files as they are */
    struct zone_slot *slots;
    size_t slot_count;
    struct intern *files;
};

/* The files that decide whether the zone, or the atlas, is to be read again. */
const struct file_list *zone_slot_files(const struct zone_slot *slot);
const struct file_list *snapshot_parts_atlas_files(const struct snapshot_parts *parts);

/*
 * A text that two sources share exactly when they name the same files in the
 * same way. malloc'ed; NULL when memory is out.
 */
char *zone_identity(const struct zone_source *source);
char *atlas_identity(const struct sources *sources);

/* What outlives every generation and gives out ids. */
struct zone_world {
    struct target_registry *targets;
    struct intern *counters;
    struct intern *pools;
};

/*
 * Reads databases, or a zone and its map, anew. What is found is appended to
 * `report`. On STATUS_OK *out is held once by the caller; on STATUS_MEMORY
 * both are NULL; on any other status *refused is held once by the caller.
 */
enum status atlas_part_load(const struct sources *sources, struct report *report,
                            struct atlas_part **out, struct refusal **refused)
    __attribute__((warn_unused_result));
enum status zone_part_load(const struct zone_source *source, const uint8_t *apex,
                           struct policies_part *policies, const struct zone_world *world,
                           struct report *report, struct zone_part **out, struct refusal **refused)
    __attribute__((warn_unused_result));

/* A zone of which we only know that it is ours; NULL when memory is out. */
struct zone_part *zone_part_unloaded(const uint8_t *apex, const struct zone_world *world);

/* Over the atlas, which must be in use as long as maps are read; NULL when memory is out. */
struct policies_part *policies_part_new(const struct atlas *atlas);

/* One more holder; the argument is returned. */
struct atlas_part *atlas_part_hold(struct atlas_part *part);
struct policies_part *policies_part_hold(struct policies_part *part);
struct zone_part *zone_part_hold(struct zone_part *part);
struct refusal *refusal_hold(struct refusal *refusal);

/* One holder less; the last one frees. NULL is fine. */
void atlas_part_drop(struct atlas_part *part);
void policies_part_drop(struct policies_part *part);
void zone_part_drop(struct zone_part *part);
void refusal_drop(struct refusal *refusal);

#endif
