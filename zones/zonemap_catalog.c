#include "zones/zonemap_catalog.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* ---- a section, here or in its own file ---- */

/* `file` as written in the map: relative to the folder that the map is in. */
static const char *path_beside(struct arena *arena, const char *map, const char *file)
{
    const char *slash = strrchr(map, '/');
    if (file[0] == '/' || slash == NULL)
        return arena_string(arena, file);
    return arena_format(arena, "%.*s/%s", (int)(slash - map), map, file);
}

static bool section_load(struct zonemap_section *section, const struct json_node *node,
                         const char *map, struct arena *arena, struct file_list *files)
{
    const char *file;
    if (json_get_string(node, &file) != STATUS_OK)
        return false;

    section->diag = (struct diag){ .report = node->diag->report };
    section->diag.file = path_beside(arena, map, file);
    /* Remembered before it is read: a change in between is then noticed later. */
    if (section->diag.file == NULL || file_list_add(files, section->diag.file) != STATUS_OK) {
        json_error(node, STATUS_MEMORY, "out of memory");
        return false;
    }
    if (json_load(&section->diag, &section->doc) != STATUS_OK)
        return false;
    section->node = json_root(section->doc, &section->diag);
    if (json_kind(&section->node) == JSON_KIND_OBJECT)
        return true;
    json_error(&section->node, STATUS_SYNTAX, "expected an object of %s by name", node->key);
    return false;
}

static void section_open(struct zonemap_section *section, const struct json_node *root,
                         const char *key, const char *map, struct arena *arena,
                         struct file_list *files)
{
    *section = (struct zonemap_section){ .known = true };
    struct json_node member;
    if (!json_member(root, key, &member))
        return;

    if (json_kind(&member) == JSON_KIND_OBJECT) {
        section->node = member;
    } else if (json_kind(&member) != JSON_KIND_STRING) {
        json_error(&member, STATUS_SYNTAX, "expected an object, or the name of a file with one");
        section->known = false;
        return;
    } else if (!section_load(section, &member, map, arena, files)) {
        section->known = false;
        return;
    }

    section->names = ARENA_ARRAY(arena, const char *, json_count(&section->node) + 1);
    if (section->names == NULL) {
        json_error(&member, STATUS_MEMORY, "out of memory");
        section->known = false;
        return;
    }
    struct json_node child;
    for (size_t i = 0; json_child(&section->node, i, &child); i++)
        section->names[i] = child.key;
    section->present = true;
}

/* The index of a name; false when it is unknown, which is told. */
static bool section_find(const struct zonemap_section *section, const char *what,
                         const struct json_node *where, const char *name, size_t *index)
{
    struct json_node member;
    if (section->present && json_member(&section->node, name, &member)) {
        *index = member.index;
        return true;
    }
    if (!section->known)
        return false;

    const char *meant = section->present ? json_suggest(name, section->names) : NULL;
    if (meant != NULL)
        json_error(where, STATUS_MEANING, "unknown %s '%s', did you mean '%s'?", what, name, meant);
    else
        json_error(where, STATUS_MEANING, "unknown %s '%s': it is not among the map's %ss", what,
                   name, what);
    return false;
}

/* ---- regions ---- */

/* Degrees, north and east; swapped ones are often out of range, and then easy to tell. */
static void location_read(const struct json_node *node, struct region *region)
{
    struct json_node at[2];
    double degrees[2];

    /* A location with a mistake is one all the same: the route need not complain of it again. */
    region->placed = true;
    if (json_kind(node) != JSON_KIND_ARRAY || json_count(node) != 2) {
        json_error(node, STATUS_SYNTAX, "expected [latitude, longitude] in degrees");
        return;
    }
    for (size_t i = 0; i < 2; i++) {
        if (!json_child(node, i, &at[i]) ||
            json_get_real(&at[i], -DBL_MAX, DBL_MAX, &degrees[i]) != STATUS_OK)
            return;
    }
    if (fabs(degrees[0]) > 90 && fabs(degrees[0]) <= 180 && fabs(degrees[1]) <= 90) {
        json_error(node, STATUS_LIMIT,
                   "latitude %.15g is not in -90..90; latitude and longitude look swapped",
                   degrees[0]);
        return;
    }
    (void)json_get_real(&at[0], -90, 90, &region->latitude);
    (void)json_get_real(&at[1], -180, 180, &region->longitude);
}

/* Checked, for the day that something asks for them. */
static void capacity_check(const struct json_node *node)
{
    double capacity;
    if (json_get_real(node, -DBL_MAX, DBL_MAX, &capacity) == STATUS_OK && capacity <= 0)
        json_error(node, STATUS_LIMIT, "%.15g is not above 0", capacity);
}

/* What operators call several regions by (`meridian drain --tag`). */
static void tags_read(const struct json_node *node, struct arena *scratch,
                      struct zonemap_region *out)
{
    struct json_node tag;

    if (json_kind(node) != JSON_KIND_ARRAY) {
        json_error(node, STATUS_SYNTAX, "expected a list of strings");
        return;
    }
    if (json_count(node) > REGION_TAGS) {
        json_error(node, STATUS_LIMIT, "%zu tags, more than %d", json_count(node), REGION_TAGS);
        return;
    }
    out->tags = ARENA_ARRAY(scratch, const char *, json_count(node) + 1);
    if (out->tags == NULL) {
        json_error(node, STATUS_MEMORY, "out of memory");
        return;
    }
    for (size_t i = 0; json_child(node, i, &tag); i++)
        if (json_get_string(&tag, &out->tags[out->tag_count]) == STATUS_OK)
            out->tag_count++;
}

static void region_read(struct zonemap_region *out, struct arena *scratch)
{
    static const char *const keys[] = { "location", "bias", "capacity", "tags", NULL };
    const struct json_node *node = &out->node;
    struct json_node member;
    int64_t bias = 0;

    out->region = (struct region){ .name = node->key };
    if (node->key[0] == '\0' || strcmp(node->key, "*") == 0)
        json_error(node, STATUS_MEANING, "'%s' cannot be the name of a region", node->key);
    (void)json_expect_keys(node, keys);
    if (json_member(node, "location", &member))
        location_read(&member, &out->region);
    if (json_member(node, "bias", &member) &&
        json_get_integer(&member, -99, 99, &bias) == STATUS_OK)
        out->region.bias = (int)bias;
    if (json_member(node, "capacity", &member))
        capacity_check(&member);
    if (json_member(node, "tags", &member))
        tags_read(&member, scratch, out);
}

static void regions_read(struct zonemap_catalog *catalog, struct arena *scratch)
{
    const struct zonemap_section *section = &catalog->regions_at;
    if (!section->present)
        return;
    catalog->regions = ARENA_ARRAY(scratch, struct zonemap_region, json_count(&section->node));
    if (catalog->regions == NULL) {
        json_error(&section->node, STATUS_MEMORY, "out of memory");
        catalog->regions_at.present = catalog->regions_at.known = false;
        return;
    }
    for (size_t i = 0; json_child(&section->node, i, &catalog->regions[i].node); i++)
        region_read(&catalog->regions[i], scratch);
}

/* ---- probes ---- */

static void probes_read(struct zonemap_catalog *catalog, struct arena *scratch)
{
    const struct zonemap_section *section = &catalog->probes_at;
    struct json_node node;

    if (!section->present)
        return;
    catalog->probes = ARENA_ARRAY(scratch, const struct probe_spec *, json_count(&section->node));
    catalog->probe_used = ARENA_ARRAY(scratch, bool, json_count(&section->node));
    if (catalog->probes == NULL || catalog->probe_used == NULL) {
        json_error(&section->node, STATUS_MEMORY, "out of memory");
        catalog->probes_at.present = catalog->probes_at.known = false;
        return;
    }
    for (size_t i = 0; json_child(&section->node, i, &node); i++) {
        struct probe_spec *spec;
        if (probe_spec_parse(&node, node.key, scratch, &spec) == STATUS_OK)
            catalog->probes[i] = spec;
    }
}

/* ---- the whole ---- */

void zonemap_catalog_read(struct zonemap_catalog *catalog, const struct json_node *root,
                          const char *path, struct arena *scratch, struct file_list *files)
{
    *catalog = (struct zonemap_catalog){ 0 };
    section_open(&catalog->regions_at, root, "regions", path, scratch, files);
    section_open(&catalog->probes_at, root, "probes", path, scratch, files);
    regions_read(catalog, scratch);
    probes_read(catalog, scratch);
}

void zonemap_catalog_release(struct zonemap_catalog *catalog)
{
    json_free(catalog->regions_at.doc);
    json_free(catalog->probes_at.doc);
    *catalog = (struct zonemap_catalog){ 0 };
}

struct zonemap_region *zonemap_catalog_region(struct zonemap_catalog *catalog,
                                              const struct json_node *where, const char *name)
{
    size_t index;
    if (!section_find(&catalog->regions_at, "region", where, name, &index))
        return NULL;
    return &catalog->regions[index];
}

const struct probe_spec *zonemap_catalog_probe(const struct zonemap_catalog *catalog,
                                               const struct json_node *where)
{
    const char *name;
    size_t index;
    if (json_get_string(where, &name) != STATUS_OK ||
        !section_find(&catalog->probes_at, "probe", where, name, &index))
        return NULL;
    catalog->probe_used[index] = true;
    return catalog->probes[index];
}

/* A shared file has something for all its maps; that one of it is not used here says nothing. */
static bool section_is_own(const struct zonemap_section *section)
{
    return section->present && section->doc == NULL;
}

void zonemap_catalog_warn_unused(const struct zonemap_catalog *catalog)
{
    const struct json_node *probes = &catalog->probes_at.node;
    struct json_node probe;

    for (size_t i = 0;
         section_is_own(&catalog->regions_at) && i < json_count(&catalog->regions_at.node); i++) {
        if (!catalog->regions[i].used)
            json_warning(&catalog->regions[i].node, "no service has endpoints in this region");
    }
    for (size_t i = 0; section_is_own(&catalog->probes_at) && json_child(probes, i, &probe); i++) {
        if (!catalog->probe_used[i])
            json_warning(&probe, "no service uses this probe");
    }
}
