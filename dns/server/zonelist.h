#ifndef MERIDIAN_SERVER_ZONELIST_H
#define MERIDIAN_SERVER_ZONELIST_H

#include <stdbool.h>
#include <stddef.h>

#include "dns/base/arena.h"
#include "dns/base/diag.h"
#include "dns/server/config.h"
#include "zones/snapshot.h"

/*
 * Which zones there are at this moment: the ones named in the configuration,
 * or the files of its folder, sorted by name. Borrows strings from the
 * configuration.
 */
struct zonelist {
    struct arena *arena; /* NULL when the list is the configuration's own */
    const struct zone_source *zones;
    size_t count;
};

/*
 * Reads the folder: NAME.zone is the zone NAME ("root.zone" the root), with
 * NAME.map.json beside it as its map. A map without its zone file is told and
 * listed all the same, so that the zone keeps what it had; a name that is none
 * is told and left out. Hidden files and other endings are nobody's business.
 * Mistakes in single files are told to `report` only: the status is STATUS_IO
 * or STATUS_MEMORY when there is no list at all.
 */
enum status zonelist_read(const struct config *config, struct report *report, struct zonelist *out)
    __attribute__((warn_unused_result));
void zonelist_release(struct zonelist *list);

/* The same zones with the same files. */
bool zonelist_equal(const struct zonelist *a, const struct zonelist *b);

#endif
