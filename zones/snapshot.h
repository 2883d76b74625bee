#ifndef MERIDIAN_ZONES_SNAPSHOT_H
#define MERIDIAN_ZONES_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/base/diag.h"
#include "geo/atlas.h"
#include "health/board.h"
#include "health/target.h"
#include "zones/pool_board.h"
#include "zones/serving.h"
#include "zones/service.h"
#include "zones/sources.h"
#include "zones/zone.h"
#include "zones/zonedb.h"

/* What became of one zone's files at the last build. */
enum zone_state {
    ZONE_GOOD,
    ZONE_STALE, /* refused, the old content answers */
    ZONE_BROKEN /* refused, and there is no old content: SERVFAIL */
};

/*
 * Where the server keeps how far answers reach at present (dns/server/outlook.h).
 * It follows health, so it stands beside the generations as the board does; a
 * generation only knows where. NULL: nothing is known.
 */
struct outlook;
struct outlook_slot {
    _Atomic(const struct outlook *) now;
};

/*
 * Everything a query may look at, frozen: the zones with their maps, the
 * compiled geo tables and the health board they index. A generation is a
 * table of parts; it is replaced, never edited, and shares the parts that did
 * not change with the generation before.
 */
struct snapshot {
    uint64_t generation;         /* 1 is the first */
    struct serving serving;
    const struct zonedb *zones;
    const struct atlas *atlas;
    const struct board *board;      /* what probes found */
    const struct pool_board *pools; /* what comes of it: who answers */
    struct outlook_slot *outlook; /* the builder's; NULL: none */
    uint64_t built_wall_ms;
    struct snapshot_parts *parts; /* private to snapshot.c */
};

/*
 * What every build works with and what gives out ids: of targets on the board,
 * of counters (the same name has the same one in every generation). Outlives
 * all snapshots. Thread: the loader alone.
 */
struct snapshot_builder;
struct zone_world;
struct snapshot_builder *snapshot_builder_new(const struct board *board); /* NULL: no memory */
void snapshot_builder_free(struct snapshot_builder *builder); /* after the last snapshot */
struct target_registry *snapshot_builder_targets(struct snapshot_builder *builder);
const struct board *snapshot_builder_board(const struct snapshot_builder *builder);
/* The words of all pools, which the builder owns; one may write them (zones/pool_board.h). */
struct pool_board *snapshot_builder_pools(const struct snapshot_builder *builder);
struct outlook_slot *snapshot_builder_outlook(struct snapshot_builder *builder);
const struct zone_world *snapshot_builder_world(const struct snapshot_builder *builder);

/*
 * Builds the next generation without touching the one before (`previous`, may
 * be NULL), from which unchanged parts are shared. Mistakes go to `report`.
 * A zone that cannot be loaded keeps its old part, or answers SERVFAIL when it
 * has none; a database that cannot be used leaves the old atlas in force. So
 * *out is NULL only when memory is out, or when a database is refused and no
 * older atlas exists. The status is STATUS_OK only when there was no mistake
 * at all. What was refused before and has not changed on disk since is not read
 * again, but told again. Two sources with the same apex: the first one counts,
 * the other is a mistake, as is a name that is none. Thread: the loader.
 */
enum status snapshot_build(struct snapshot_builder *builder, const struct sources *sources,
                           const struct snapshot *previous, struct report *report,
                           struct snapshot **out) __attribute__((warn_unused_result));

/* Frees a generation that was never published, or any after its last reader. */
void snapshot_free(struct snapshot *snapshot, struct snapshot_builder *builder);

/* True when a file that the generation was built from (or failed on) changed on disk. */
bool snapshot_files_changed(const struct snapshot *snapshot);

/* Every file it was built from, refused ones too: 0 .. count-1, for watching. */
size_t snapshot_file_count(const struct snapshot *snapshot);
const char *snapshot_file(const struct snapshot *snapshot, size_t index);

/* Per zone, in the order of snapshot->zones->zones. The mistakes of the last build, or NULL. */
enum zone_state snapshot_zone_state(const struct snapshot *snapshot, size_t zone);
const struct report *snapshot_zone_report(const struct snapshot *snapshot, size_t zone);
/* The services of a zone: NULL and 0 when it has no map. */
const struct service *const *snapshot_zone_services(const struct snapshot *snapshot, size_t zone,
                                                    size_t *count);

/* ---- the one pointer (liburcu) ---- */

/* A thread that enters must join first and quit before it ends. */
void snapshot_join(void);
void snapshot_quit(void);

/*
 * Opens a reading section and borrows the generation in force; NULL before the
 * first publish. Valid until snapshot_leave(); nothing borrowed from it may be
 * kept longer. Thread: one that joined. Never blocks, never allocates.
 */
const struct snapshot *snapshot_enter(void);
void snapshot_leave(void);

/*
 * Puts `next` in force (NULL: none) and gives back the one before, which no
 * reader can see any more. Thread: the loader. Blocks for as long as the
 * slowest batch in flight.
 */
struct snapshot *snapshot_publish(struct snapshot *next);

/*
 * Returns once every reading section that was open when it was called has been
 * left. Thread: any that is in none. Blocks as snapshot_publish() does.
 */
void snapshot_await_readers(void);

#endif
