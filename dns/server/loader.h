#ifndef MERIDIAN_SERVER_LOADER_H
#define MERIDIAN_SERVER_LOADER_H

#include <stdbool.h>
#include <stdint.h>

#include "dns/base/diag.h"
#include "dns/server/config.h"
#include "dns/server/steward.h"
#include "health/board.h"
#include "health/prober.h"

/*
 * Makes the generations: the first one at the start, then one for each request
 * and for each change on disk, in a thread of its own. It owns what builds
 * them, and it alone publishes. A reload that is refused leaves everything as
 * it was. Thread: main calls; the loader's thread does the work.
 */
struct loader;

/* NULL when memory is out. `board` must outlive it, `file` too. */
struct loader *loader_new(const char *file, const struct board *board);

/*
 * Loads the first generation and tells every mistake. True when there is
 * something to serve: a configuration without mistakes and a generation, even
 * if some zones in it could not be loaded.
 */
bool loader_first(struct loader *loader, struct report *report);

/* The configuration of the start: what only a restart changes. Lives as long as the loader. */
const struct config *loader_config(const struct loader *loader);

/* The pool board of all generations: the steward's to write. Lives as long as the loader. */
struct pool_board *loader_pools(const struct loader *loader);

/*
 * Puts the first generation in force and starts the thread. `done(context)` is
 * called from that thread after each reload. The prober and the steward, who
 * are told of every generation, must outlive the loader.
 */
enum status loader_start(struct loader *loader, struct prober *prober, struct steward *steward,
                         void (*done)(void *context), void *context)
    __attribute__((warn_unused_result));

/* Ends the thread, takes the generation out of force and frees it: no reader may be left. */
void loader_close(struct loader *loader);

/*
 * Asks for a reload, whatever the disk looks like, and gives back a ticket:
 * it is served once loader_served() has reached it. Thread: any.
 */
uint64_t loader_request(struct loader *loader);
uint64_t loader_served(struct loader *loader);

/* How the last load went. */
struct loader_outcome {
    bool good;     /* every file on disk is in force */
    bool in_force; /* the generation it made answers; false: all was refused */
    uint64_t generation;
    uint64_t at_wall_ms;
    uint64_t took_ms;
    uint64_t good_count, refused_count; /* reloads since the start, the start not counted */
};

/* "good", "mistakes" (in force, but some file is refused) or "refused" (nothing changed). */
const char *loader_outcome_text(const struct loader_outcome *outcome);

/* Copies it, and its mistakes and warnings to `report` (unless NULL). Thread: any. */
void loader_outcome(struct loader *loader, struct loader_outcome *out, struct report *report);

#endif
