#ifndef MERIDIAN_TESTS_ZONES_MAP_FIXTURE_H
#define MERIDIAN_TESTS_ZONES_MAP_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "dns/base/arena.h"
#include "dns/base/diag.h"
#include "dns/proto/name.h"
#include "dns/proto/rrtype.h"
#include "geo/atlas.h"
#include "zones/zonefile.h"
#include "zones/zonemap.h"

/*
 * Maps read from real files in a folder of their own, over a world without
 * databases. In the texts of tables ' stands for ", so that JSON stays readable.
 */
#define COUNT(table) (sizeof(table) / sizeof *(table))

/* The smallest zone app.example that is one; more records may follow. */
#define ZONE                                        \
    "$ORIGIN app.example.\n"                        \
    "$TTL 300\n"                                    \
    "@ SOA ns hostmaster 1 7200 3600 1209600 300\n" \
    "@ NS ns.example.\n"

/* Regions, a service over both, and its name: what a row changes, it writes itself. */
#define REGIONS      "'regions': { 'eu': { 'location': [50, 8] }, 'us': { 'location': [39, -77] } }"
#define ENDPOINTS    "'endpoints': { 'eu': { 'A': ['192.0.2.1'] }, 'us': { 'A': ['192.0.2.2'] } }"
#define ROUTE        "'route': { 'nearest': '*' }"
#define NAMES        "'names': { 'www': 'api' }"
#define MAP(service) "{ " REGIONS ", 'services': { 'api': { " service " } }, " NAMES " }"
#define GOOD_MAP     MAP(ROUTE ", " ENDPOINTS)

struct map_run {
    char folder[32];
    struct atlas *atlas;
    struct zonemap_world world;
    struct arena *arena;
    struct builder *builder;
    struct report *report;
    struct file_list *files;
    struct zonemap map;
    enum status status;
};

static inline void folder_make(char folder[32])
{
    strcpy(folder, "/tmp/meridian-test-XXXXXX");
    assert_non_null(mkdtemp(folder));
}

/* Writes FOLDER/NAME, with ' turned into " in JSON. */
static inline void file_write(const char *folder, const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    const bool json = strstr(name, ".json") != NULL;
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (const char *c = text; *c != '\0'; c++)
        fputc(json && *c == '\'' ? '"' : *c, file);
    assert_int_equal(fclose(file), 0);
}

static inline void file_remove(const char *folder, const char *name)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    unlink(path);
}

/* All messages, one a line, warnings marked, without the folder in front. The caller frees it. */
static inline char *report_lines(const struct report *report, const char *folder)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    assert_non_null(out);
    for (size_t i = 0; i < report_count(report); i++) {
        const char *line = report_text(report, i);
        if (strncmp(line, folder, strlen(folder)) == 0)
            line += strlen(folder) + 1;
        fprintf(out, "%s%s%s", i == 0 ? "" : "\n",
                report_severity(report, i) == SEVERITY_WARNING ? "warning " : "", line);
    }
    assert_int_equal(fclose(out), 0);
    return text;
}

static inline void world_init(struct map_run *run)
{
    struct report *report = report_new();
    const struct diag diag = { .report = report };
    *run = (struct map_run){ 0 };
    folder_make(run->folder);
    const struct atlas_grain grain = { 24, 56 };
    assert_int_equal(atlas_build(NULL, 0, grain, &diag, &run->atlas), STATUS_OK);
    report_free(report);
    run->world.policies = policy_cache_new(run->atlas);
    run->world.targets = target_registry_new();
    assert_non_null(run->world.policies);
    assert_non_null(run->world.targets);
}

static inline void world_release(struct map_run *run)
{
    /* Whoever read a map has let go of all it acquired. */
    assert_int_equal(policy_cache_count(run->world.policies), 0);
    assert_int_equal(target_count(run->world.targets), 0);
    policy_cache_free(run->world.policies);
    target_registry_free(run->world.targets);
    atlas_free(run->atlas);
    assert_int_equal(rmdir(run->folder), 0);
}

/* Reads `zone` (NULL: none) and then `map` into the run. */
static inline void map_load(struct map_run *run, const char *zone, const char *map)
{
    uint8_t apex[NAME_MAX_LEN];
    char path[64];
    assert_true(name_from_text("app.example.", 12, NULL, apex, NULL));
    run->arena = arena_new();
    run->builder = builder_new(apex, run->arena);
    run->report = report_new();
    run->files = file_list_new();

    if (zone != NULL) {
        file_write(run->folder, "app.zone", zone);
        snprintf(path, sizeof path, "%s/app.zone", run->folder);
        const enum status status = zonefile_read(path, run->builder, run->report, run->files);
        if (status != STATUS_OK)
            fail_msg("the zone of the test: %s", report_text(run->report, 0));
        file_remove(run->folder, "app.zone");
    }
    file_write(run->folder, "app.map.json", map);
    snprintf(path, sizeof path, "%s/app.map.json", run->folder);
    run->status = zonemap_read(path, &run->world, run->builder, run->arena, run->report, run->files,
                               &run->map);
    file_remove(run->folder, "app.map.json");
}

static inline void map_unload(struct map_run *run)
{
    zonemap_release(&run->map, &run->world);
    builder_free(run->builder);
    arena_free(run->arena);
    report_free(run->report);
    file_list_free(run->files);
}

/* The service of a good map. */
static inline const struct service *map_service(const struct map_run *run, size_t index)
{
    assert_int_equal(run->status, STATUS_OK);
    assert_true(index < run->map.service_count);
    return run->map.services[index];
}

/* One row: a zone, a map, and every message that reading them must give. */
struct map_case {
    const char *what;
    const char *zone; /* NULL: ZONE */
    const char *map;
    const char *messages;
};

static inline void check_map_cases(const struct map_case *cases, size_t count)
{
    struct map_run run;
    world_init(&run);
    for (size_t i = 0; i < count; i++) {
        map_load(&run, cases[i].zone != NULL ? cases[i].zone : ZONE, cases[i].map);
        char *lines = report_lines(run.report, run.folder);
        if (strcmp(lines, cases[i].messages) != 0)
            fail_msg("%s:\n%s\nexpected:\n%s", cases[i].what, lines, cases[i].messages);
        if ((run.status == STATUS_OK) != (report_mistakes(run.report) == 0))
            fail_msg("%s: status %d", cases[i].what, run.status);
        free(lines);
        map_unload(&run);
    }
    world_release(&run);
}

#endif
