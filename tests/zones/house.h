#ifndef MERIDIAN_TESTS_ZONES_HOUSE_H
#define MERIDIAN_TESTS_ZONES_HOUSE_H

#include "health/board.h"
#include "tests/zones/map_fixture.h"
#include "zones/snapshot.h"

/*
 * A folder with zones, maps and databases, and the generations built from it.
 * Paths in tables are names in the folder.
 */
enum { HOUSE_FILES = 16 };

struct house {
    char folder[32];
    char names[HOUSE_FILES][64]; /* files to remove at the end */
    unsigned name_count;
    char *paths[HOUSE_FILES];
    unsigned path_count;
    struct zone_source zones[HOUSE_FILES];
    const char *databases[4];
    struct sources sources;
    struct board *board;
    struct snapshot_builder *builder;
    struct snapshot *now; /* the generation in force, as the loader sees it */
    struct report *report;
    enum status status;
};

static inline void house_open(struct house *house)
{
    *house = (struct house){ 0 };
    folder_make(house->folder);
    house->board = board_new();
    house->builder = snapshot_builder_new(house->board);
    house->report = report_new();
    assert_non_null(house->builder);
    house->sources = (struct sources){
        .zones = house->zones,
        .databases = house->databases,
        .grain = { 24, 56 },
    };
}

static inline void house_close(struct house *house)
{
    snapshot_free(house->now, house->builder);
    /* Every generation is gone, and with it every use of a target. */
    assert_int_equal(target_count(snapshot_builder_targets(house->builder)), 0);
    snapshot_builder_free(house->builder);
    board_free(house->board);
    report_free(house->report);
    for (unsigned i = 0; i < house->name_count; i++)
        file_remove(house->folder, house->names[i]);
    for (unsigned i = 0; i < house->path_count; i++)
        free(house->paths[i]);
    assert_int_equal(rmdir(house->folder), 0);
}

/* The path of a file in the folder, valid as long as the house. */
static inline const char *house_path(struct house *house, const char *name)
{
    assert_true(house->path_count < HOUSE_FILES);
    char **path = &house->paths[house->path_count++];
    assert_true(asprintf(path, "%s/%s", house->folder, name) > 0);
    return *path;
}

static inline void house_write(struct house *house, const char *name, const char *text)
{
    assert_true(house->name_count < HOUSE_FILES);
    snprintf(house->names[house->name_count++], sizeof house->names[0], "%s", name);
    file_write(house->folder, name, text);
}

/* Copies a file of the tree into the folder. */
static inline void house_copy(struct house *house, const char *from, const char *name)
{
    char octets[4096], path[128];
    FILE *in = fopen(from, "r");
    assert_non_null(in);
    house_write(house, name, "");
    snprintf(path, sizeof path, "%s/%s", house->folder, name);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    for (size_t len; (len = fread(octets, 1, sizeof octets, in)) > 0;)
        assert_int_equal(fwrite(octets, 1, len, out), len);
    fclose(in);
    assert_int_equal(fclose(out), 0);
}

/* One more zone; `map` may be NULL. */
static inline void house_zone(struct house *house, const char *name, const char *file,
                              const char *map)
{
    assert_true(house->sources.zone_count < HOUSE_FILES);
    house->zones[house->sources.zone_count++] = (struct zone_source){
        .name = name,
        .file = house_path(house, file),
        .map = map != NULL ? house_path(house, map) : NULL,
    };
}

/*
 * Builds the next generation and puts it in the place of the one before, as
 * the daemon does; a build without a result leaves that as it is. The
 * messages are what the build told.
 */
static inline void house_build(struct house *house, const char *messages)
{
    struct snapshot *next = NULL;
    report_free(house->report);
    house->report = report_new();
    house->status =
        snapshot_build(house->builder, &house->sources, house->now, house->report, &next);
    char *lines = report_lines(house->report, house->folder);
    if (messages != NULL && strcmp(lines, messages) != 0)
        fail_msg("told:\n%s\nexpected:\n%s", lines, messages);
    free(lines);
    assert_int_equal(house->status == STATUS_OK, report_mistakes(house->report) == 0);
    if (next != NULL) {
        snapshot_free(house->now, house->builder);
        house->now = next;
    }
}

/* What follows from the targets for who answers, as a daemon without operators has it. */
static inline void house_count(const struct house *house)
{
    for (size_t zone = 0; zone < house->now->zones->count; zone++) {
        size_t count;
        const struct service *const *services = snapshot_zone_services(house->now, zone, &count);
        for (size_t i = 0; i < count; i++)
            pool_board_count(snapshot_builder_pools(house->builder), services[i], house->board);
    }
}

static inline const struct zone *house_find(const struct house *house, const char *name)
{
    uint8_t apex[NAME_MAX_LEN];
    static const uint8_t root[] = { 0 };
    assert_true(name_from_text(name, strlen(name), root, apex, NULL));
    return zonedb_get(house->now->zones, apex);
}

#define PLAIN_ZONE                                               \
    "$TTL 300\n"                                                 \
    "@ SOA ns.example.net. hostmaster 1 7200 3600 1209600 300\n" \
    "@ NS ns.example.net.\n"
#define COUNTRIES "geo/data/geo-whois-asn-country.mmdb"
#define CITIES    "tests/data/geo/GeoIP2-City-Test.mmdb"

#endif
