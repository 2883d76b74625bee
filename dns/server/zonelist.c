#include "dns/server/zonelist.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "dns/proto/name.h"

static const char zone_ending[] = ".zone";
static const char map_ending[] = ".map.json";

/* One file of the folder that concerns a zone. */
struct entry {
    const char *file; /* its name in the folder */
    const char *stem; /* without its ending */
    bool is_map;
};

struct listing {
    struct arena *arena;
    struct entry *entries;
    size_t count, cap;
};

/* The length of `file` without `ending`; 0 when it ends otherwise or nothing is left. */
static size_t stem_len(const char *file, const char *ending)
{
    const size_t len = strlen(file), ending_len = strlen(ending);
    if (len <= ending_len || strcmp(file + len - ending_len, ending) != 0)
        return 0;
    return len - ending_len;
}

static enum status listing_add(struct listing *listing, const char *file)
{
    size_t len = file[0] == '.' ? 0 : stem_len(file, zone_ending);
    const bool is_map = len == 0;
    if (is_map)
        len = file[0] == '.' ? 0 : stem_len(file, map_ending);
    if (len == 0)
        return STATUS_OK;

    if (listing->count == listing->cap) {
        const size_t cap = listing->cap == 0 ? 64 : listing->cap * 2;
        struct entry *more = reallocarray(listing->entries, cap, sizeof *more);
        if (more == NULL)
            return STATUS_MEMORY;
        listing->entries = more;
        listing->cap = cap;
    }
    const char *copy = arena_string(listing->arena, file);
    const char *stem = arena_format(listing->arena, "%.*s", (int)len, file);
    if (copy == NULL || stem == NULL)
        return STATUS_MEMORY;
    listing->entries[listing->count++] = (struct entry){ copy, stem, is_map };
    return STATUS_OK;
}

/* By stem, a zone file before its map. */
static int entry_compare(const void *a, const void *b)
{
    const struct entry *left = a, *right = b;
    const int order = strcmp(left->stem, right->stem);
    return order != 0 ? order : left->is_map - right->is_map;
}

static enum status folder_list(const char *folder, const struct diag *diag, struct listing *listing)
{
    DIR *dir = opendir(folder);
    if (dir == NULL)
        return diag_error(diag, STATUS_IO, "the folder '%s' cannot be read: %s", folder,
                          strerror(errno));

    enum status status = STATUS_OK;
    for (;;) {
        errno = 0;
        const struct dirent *file = readdir(dir);
        if (file == NULL && errno != 0)
            status = diag_error(diag, STATUS_IO, "the folder '%s' cannot be read: %s", folder,
                                strerror(errno));
        if (file == NULL || status != STATUS_OK)
            break;
        if (listing_add(listing, file->d_name) != STATUS_OK)
            status = diag_error(diag, STATUS_MEMORY, "out of memory");
    }
    closedir(dir);
    if (listing->count > 1)
        qsort(listing->entries, listing->count, sizeof *listing->entries, entry_compare);
    return status;
}

/* The zone's name as others know it. */
static enum status zone_name(struct arena *arena, const char *stem, const struct diag *diag,
                             const char **out)
{
    static const uint8_t root[1] = { 0 };
    uint8_t wire[NAME_MAX_LEN];
    char text[NAME_TEXT];
    const char *why = "";

    if (strcmp(stem, "root") == 0) {
        *out = ".";
        return STATUS_OK;
    }
    if (!name_from_text(stem, strlen(stem), root, wire, &why))
        return diag_error(diag, STATUS_SYNTAX, "'%s' is no name of a zone: %s", stem, why);
    *out = arena_string(arena, name_to_label_text(wire, text));
    return *out != NULL ? STATUS_OK : STATUS_MEMORY;
}

static const char *join(struct arena *arena, const char *folder, const char *file)
{
    const size_t len = strlen(folder);
    return arena_format(arena, len > 0 && folder[len - 1] == '/' ? "%s%s" : "%s/%s", folder, file);
}

static bool is_taken(const struct zone_source *zones, size_t count, const char *name)
{
    /* Names that differ in case only are one zone; sorted by octets they may stand far apart. */
    for (size_t i = 0; i < count; i++) {
        if (strcasecmp(zones[i].name, name) == 0)
            return true;
    }
    return false;
}

/* Spelled in a way in which the same name may be spelled again. */
static bool is_doubtful(const struct zone_source *zone)
{
    for (const char *at = zone->name; *at != '\0'; at++) {
        if (*at >= 'A' && *at <= 'Z')
            return true;
    }
    return strchr(zone->file, '\\') != NULL;
}

/* Makes one zone of the entries at *at and steps behind them. False: memory is out. */
static bool take_zone(const struct listing *listing, const char *folder, size_t *at,
                      struct report *report, struct zone_source *zones, size_t *count)
{
    struct arena *arena = listing->arena;
    const struct entry *first = &listing->entries[*at];
    const struct entry *second = *at + 1 < listing->count ? first + 1 : NULL;
    if (second != NULL && strcmp(second->stem, first->stem) != 0)
        second = NULL;
    *at += second != NULL ? 2 : 1;

    const char *path = join(arena, folder, first->file);
    if (path == NULL)
        return false;
    const struct diag diag = { .report = report, .file = path };
    struct zone_source zone = { .file = path };
    const enum status named = zone_name(arena, first->stem, &diag, &zone.name);
    if (named != STATUS_OK)
        return named != STATUS_MEMORY;
    if (second != NULL)
        zone.map = join(arena, folder, second->file);
    if (first->is_map) {
        zone.map = path;
        zone.file =
            arena_format(arena, "%.*s%s", (int)stem_len(path, map_ending), path, zone_ending);
        diag_error(&diag, STATUS_MEANING, "there is no zone file %s%s beside this map", first->stem,
                   zone_ending);
    }
    if (zone.file == NULL || ((second != NULL || first->is_map) && zone.map == NULL))
        return false;
    zones[(*count)++] = zone;
    return true;
}

/* Leaves out zones whose name another one has in other letters, telling so. */
static void drop_twins(struct zone_source *zones, size_t *count, struct report *report)
{
    size_t kept = 0;
    for (size_t i = 0; i < *count; i++) {
        const struct diag diag = { .report = report, .file = zones[i].file };
        if (is_doubtful(&zones[i]) && (is_taken(zones, kept, zones[i].name) ||
                                       is_taken(zones + i + 1, *count - i - 1, zones[i].name)))
            diag_error(&diag, STATUS_MEANING, "another file holds the zone %s too", zones[i].name);
        else
            zones[kept++] = zones[i];
    }
    *count = kept;
}

static enum status folder_read(const struct config *config, struct report *report,
                               struct listing *listing, struct zonelist *out)
{
    const struct diag diag = { .report = report, .file = config->file, .path = "zones" };
    const char *folder = config->zones_folder;
    const enum status status = folder_list(folder, &diag, listing);
    if (status != STATUS_OK)
        return status;

    struct zone_source *zones = ARENA_ARRAY(listing->arena, struct zone_source, listing->count);
    if (zones == NULL)
        return diag_error(&diag, STATUS_MEMORY, "out of memory");
    size_t count = 0;
    for (size_t at = 0; at < listing->count;) {
        if (!take_zone(listing, folder, &at, report, zones, &count))
            return diag_error(&diag, STATUS_MEMORY, "out of memory");
    }
    drop_twins(zones, &count, report);
    *out = (struct zonelist){ .arena = listing->arena, .zones = zones, .count = count };
    return STATUS_OK;
}

enum status zonelist_read(const struct config *config, struct report *report, struct zonelist *out)
{
    *out = (struct zonelist){ .zones = config->zones, .count = config->zone_count };
    if (config->zones_folder == NULL)
        return STATUS_OK;

    struct listing listing = { .arena = arena_new() };
    enum status status = STATUS_MEMORY;
    if (listing.arena != NULL)
        status = folder_read(config, report, &listing, out);
    if (status != STATUS_OK)
        arena_free(listing.arena);
    free(listing.entries);
    return status;
}

void zonelist_release(struct zonelist *list)
{
    arena_free(list->arena);
    *list = (struct zonelist){ 0 };
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

bool zonelist_equal(const struct zonelist *a, const struct zonelist *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        if (!same_text(a->zones[i].name, b->zones[i].name) ||
            !same_text(a->zones[i].file, b->zones[i].file) ||
            !same_text(a->zones[i].map, b->zones[i].map))
            return false;
    }
    return true;
}
