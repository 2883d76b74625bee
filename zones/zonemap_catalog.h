#ifndef MERIDIAN_ZONES_ZONEMAP_CATALOG_H
#define MERIDIAN_ZONES_ZONEMAP_CATALOG_H

#include <stdbool.h>

#include "dns/base/arena.h"
#include "dns/base/diag.h"
#include "dns/base/json.h"
#include "geo/region.h"
#include "health/probe_spec.h"
#include "zones/file_list.h"

/*
 * What the services of a map refer to by name: its regions and its probes,
 * written in the map or in a file that many maps share. Lives while one map is
 * read. Thread: the loader.
 */

/* One of the two: where it stands and what names it has. */
struct zonemap_section {
    struct json_doc *doc;  /* of the shared file; NULL when it is part of the map */
    struct diag diag;      /* of the shared file */
    struct json_node node; /* the object */
    bool known;            /* false: it could not be read, so no name can be called unknown */
    bool present;
    const char **names;    /* in the order of the file, NULL-terminated */
};

enum { REGION_TAGS = 64 }; /* of one region */

struct zonemap_region {
    struct json_node node;
    struct region region; /* its name is borrowed from the document */
    const char **tags;    /* borrowed from the document, as the name */
    uint16_t tag_count;
    bool used; /* by a service */
};

struct zonemap_catalog {
    struct zonemap_section regions_at, probes_at;
    struct zonemap_region *regions;
    const struct probe_spec **probes; /* NULL where a probe has mistakes */
    bool *probe_used;                 /* by a service or an endpoint */
};

/*
 * Reads `regions` and `probes` of the map at `root`, whose file is `path`.
 * `scratch` must live as long as the catalog, which must not be moved.
 */
void zonemap_catalog_read(struct zonemap_catalog *catalog, const struct json_node *root,
                          const char *path, struct arena *scratch, struct file_list *files);
void zonemap_catalog_release(struct zonemap_catalog *catalog);

/*
 * The region of a name; NULL when there is none, which is told at `where`
 * (unless the regions could not be read at all: that was told already).
 */
struct zonemap_region *zonemap_catalog_region(struct zonemap_catalog *catalog,
                                              const struct json_node *where, const char *name);

/*
 * The probe that the string at `where` names, which is used from now on; NULL
 * when it is none, or one with mistakes.
 */
const struct probe_spec *zonemap_catalog_probe(const struct zonemap_catalog *catalog,
                                               const struct json_node *where);

/* Warns of regions and probes of the map itself that no service has used. */
void zonemap_catalog_warn_unused(const struct zonemap_catalog *catalog);

#endif
