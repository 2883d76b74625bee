#ifndef MERIDIAN_TOOLS_OFFLINE_H
#define MERIDIAN_TOOLS_OFFLINE_H

#include "dns/base/diag.h"
#include "dns/server/load.h"
#include "health/board.h"
#include "zones/snapshot.h"

/*
 * A generation of our own, loaded through the daemon's load_run(), with a board
 * on which every target is up. Nothing is bound, probed or published.
 */
struct offline {
    struct board *board;
    struct snapshot_builder *builder;
    struct load load; /* load.snapshot is NULL when the files make none */
};

/*
 * Loads `config_file` and all it names; tells every mistake to `report`. The
 * status is STATUS_OK only without any. Must be released in every case.
 */
enum status offline_load(const char *config_file, struct report *report, struct offline *out)
    __attribute__((warn_unused_result));
void offline_release(struct offline *offline);

/* Who answers, by what the board says: after whoever wrote to it. */
void offline_count_pools(const struct offline *offline);

/* How much was loaded: zones that answer, and what is in them. */
struct offline_count {
    size_t zones, records, services, targets, databases;
};
struct offline_count offline_count(const struct offline *offline);

#endif
