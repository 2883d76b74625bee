#ifndef MERIDIAN_SERVER_LOAD_H
#define MERIDIAN_SERVER_LOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "dns/base/diag.h"
#include "dns/server/config.h"
#include "dns/server/zonelist.h"
#include "zones/snapshot.h"

/*
 * The one way from meridian.json to a generation: the daemon at its start and
 * at a reload, `meridiand -t`, the checker and the tests all load through here.
 */
struct load {
    struct config *config; /* NULL when the file cannot be read at all */
    bool config_good;      /* no mistake in it; a daemon takes no other */
    bool listed;           /* `zones` could be listed */
    struct zonelist zones;
    struct snapshot *snapshot; /* NULL: see snapshot_build() */
};

/* What a process makes up for itself once and keeps over reloads. */
struct load_secrets {
    uint8_t cookie_master[COOKIE_SECRET_LEN];
};
/* Fills it with randomness. */
enum status load_secrets_init(struct load_secrets *secrets) __attribute__((warn_unused_result));

/*
 * Loads everything and tells every mistake to `report`. With `previous` (a
 * reload) a mistake in the configuration ends it before the zones are read;
 * without, they are read all the same, so that one run shows all mistakes.
 * The status is STATUS_OK only without any mistake; *out is always filled and
 * belongs to the caller. Thread: the loader.
 */
enum status load_run(const char *file, struct snapshot_builder *builder,
                     const struct load_secrets *secrets, const struct snapshot *previous,
                     struct report *report, struct load *out) __attribute__((warn_unused_result));

/* Frees configuration and list, not the snapshot. */
void load_release(struct load *load);

#endif
