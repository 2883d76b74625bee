#ifndef MERIDIAN_GEO_ATLAS_H
#define MERIDIAN_GEO_ATLAS_H

#include <stddef.h>
#include <stdint.h>

#include "dns/base/diag.h"
#include "dns/base/prefix.h"
#include "geo/database.h"
#include "geo/place.h"
#include "geo/spans.h"

/*
 * All databases of the configuration merged into one partition of each
 * address family, carrying place ids. Place 0 is "nobody knows". Frozen once
 * built; kept so that new routes can be compiled without reading the files
 * again, and for explain. Thread: built by the loader, then any reader.
 */
struct atlas;

/* How fine the world is cut: max_scope of the configuration, in bits. */
struct atlas_grain {
    uint8_t v4; /* 1..32 */
    uint8_t v6; /* 1..64 */
};

/*
 * Reads the files in order; for each field the first file that has it counts.
 * No files: a world where nobody is known. Every file's mistakes are told
 * under its own name; on any of them *out is NULL.
 */
enum status atlas_build(const char *const *files, size_t file_count, struct atlas_grain grain,
                        const struct diag *diag, struct atlas **out)
    __attribute__((warn_unused_result));
void atlas_free(struct atlas *atlas);

struct atlas_grain atlas_grain(const struct atlas *atlas);
size_t atlas_place_count(const struct atlas *atlas); /* place 0 included */
const struct place *atlas_place(const struct atlas *atlas, uint32_t id);
/* family: FAMILY_V4 or FAMILY_V6 */
const struct spans *atlas_spans(const struct atlas *atlas, unsigned family);

size_t atlas_database_count(const struct atlas *atlas);
const char *atlas_database_file(const struct atlas *atlas, size_t index);
const struct database_info *atlas_database_info(const struct atlas *atlas, size_t index);

/*
 * The place of an address and the network it stands for (cut at the grain).
 * A binary search: for explain and tests, not for queries.
 */
const struct place *atlas_find(const struct atlas *atlas, const struct address *address,
                               struct prefix *network);

#endif
