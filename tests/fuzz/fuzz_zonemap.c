#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/proto/message.h"
#include "dns/proto/rrtype.h"
#include "dns/server/query.h"
#include "tests/fuzz/memfile.h"
#include "tests/fuzz/response.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct board *board;
static struct snapshot_builder *builder;
static struct snapshot *base; /* knows the database, so that it is read once */
static struct sources sources;

static void demand(bool truth, const char *what)
{
    if (truth)
        return;
    fprintf(stderr, "fuzz_zonemap: %s\n", what);
    abort();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static const char *const databases[] = { "tests/data/geo/GeoIP2-City-Test.mmdb" };
    struct report *report = report_new();

    (void)argc, (void)argv;
    board = board_new();
    builder = snapshot_builder_new(board);
    demand(report != NULL && builder != NULL, "memory");
    sources = (struct sources){ .databases = databases,
                                .database_count = 1,
                                .grain = { 24, 56 },
                                .serving = { .edns_size = 1232, .ecs = true } };
    demand(snapshot_build(builder, &sources, NULL, report, &base) == STATUS_OK, "the database");
    report_free(report);
    return 0;
}

/* Regions and probes may come from a file, as long as it is our second one. */
static bool stays_inside(const char *text, size_t len)
{
    static const char *const keys[] = { "regions", "probes" };
    json_t *map = json_loadb(text, len, JSON_DECODE_ANY, NULL);
    bool inside = true;

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const char *path = json_string_value(json_object_get(map, keys[i]));
        inside = inside && (path == NULL || strcmp(path, "201") == 0);
    }
    json_decref(map);
    return inside;
}

static void ask(const struct snapshot *snapshot, const uint8_t *owner, uint16_t type)
{
    static uint8_t octets[65535];
    struct client client = { .stream = true };
    uint8_t request[12 + NAME_MAX_LEN + 4] = { [5] = 1 };
    const size_t len = name_len(owner);
    struct query_note note;
    struct response response;

    demand(address_parse("81.2.69.142", &client.source), "address");
    memcpy(request + 12, owner, len);
    request[12 + len] = (uint8_t)(type >> 8);
    request[13 + len] = (uint8_t)type;
    request[15 + len] = RRCLASS_IN;
    const size_t answered =
        query_answer(snapshot, &client, request, 16 + len, octets, sizeof octets, &note);
    const char *fault = response_fault(octets, answered, &response);
    demand(fault == NULL, fault);
    demand(response.rcode == RCODE_NOERROR, "a steered name that does not answer");
}

/* Every steered name is asked for every type, with all targets up and with all down. */
static void check_zone(const struct snapshot *snapshot, const struct zone *zone)
{
    for (unsigned down = 0; down < 2; down++) {
        const struct target_registry *targets = snapshot_builder_targets(builder);
        for (size_t i = 0; i < target_count(targets); i++)
            board_set(board, target_at(targets, i)->id, down ? HEALTH_DOWN : HEALTH_UP, false);
        size_t count;
        const struct service *const *services = snapshot_zone_services(snapshot, 0, &count);
        for (size_t i = 0; i < count; i++)
            pool_board_count(snapshot_builder_pools(builder), services[i], board);
        for (uint32_t i = 0; i < zone->node_count; i++) {
            const struct node *node = &zone->nodes[i];
            for (unsigned t = 0; node->service != NULL && t < node->service->type_count; t++)
                ask(snapshot, node->owner, node->service->types[t]);
        }
    }
}

/* Any text as a map beside a small zone: refused in words, or names that answer. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const size_t first_len = memfile_split(data, size);
    if (!stays_inside((const char *)data, first_len))
        return 0;
    const struct zone_source source = { .name = "map.example",
                                        .file = "tests/fuzz/rich/map.example.zone",
                                        .map = MEMFILE_FIRST_PATH };
    struct report *report = report_new();
    struct snapshot *snapshot;

    demand(report != NULL, "memory");
    sources.zones = &source;
    sources.zone_count = 1;
    const enum status status = snapshot_build(builder, &sources, base, report, &snapshot);
    demand(snapshot != NULL && snapshot->zones->count == 1, "a zone is lost");
    demand((status == STATUS_OK) == (report_mistakes(report) == 0), "status against report");
    demand((status == STATUS_OK) == snapshot->zones->zones[0]->loaded, "half a zone");
    if (status == STATUS_OK)
        check_zone(snapshot, snapshot->zones->zones[0]);
    snapshot_free(snapshot, builder);
    demand(target_count(snapshot_builder_targets(builder)) == 0, "a target is never let go");
    report_free(report);
    return 0;
}
