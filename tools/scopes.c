/*
 * How many entries a resolver that forwards client subnets (RFC 7871) must hold
 * to cache one steered name for everybody: the blocks that the scopes of our
 * answers cut each address family into.
 *
 *     scopes [-4|-6] CONFIG ZONE SERVICE [REGION-THAT-IS-DOWN ...]
 *
 * Three counts of each family: as if scopes told clients apart by their whole
 * ordering of regions, by its first region, and as they are: by the present
 * answer. Beside them the networks in the databases, which is what a server
 * without tables of its own would answer by.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <maxminddb.h>

#include "dns/base/clock.h"
#include "dns/proto/rrtype.h"
#include "dns/server/choice.h"
#include "dns/server/forecast.h"
#include "tools/meridian_offline.h"

/* A weighted route over /56 blocks has 2^53 of them: nobody waits for that. */
static const uint64_t BLOCKS_MOST = UINT64_C(1) << 26;

/* ---- networks of a database ------------------------------------------------ */

/* Counts the records below a node; the IPv4 tree, which files repeat here and there, once. */
static uint64_t count_below(const MMDB_s *mmdb, uint32_t node, bool is_v4)
{
    MMDB_search_node_s both;

    if (!is_v4 && node == mmdb->ipv4_start_node.node_value)
        return 0;
    if (MMDB_read_node(mmdb, node, &both) != MMDB_SUCCESS)
        return 0;
    const uint8_t types[] = { both.left_record_type, both.right_record_type };
    const uint64_t records[] = { both.left_record, both.right_record };
    uint64_t count = 0;
    for (int side = 0; side < 2; side++) {
        if (types[side] == MMDB_RECORD_TYPE_DATA)
            count++;
        else if (types[side] == MMDB_RECORD_TYPE_SEARCH_NODE)
            count += count_below(mmdb, (uint32_t)records[side], is_v4);
    }
    return count;
}

static void tell_networks(const char *file)
{
    MMDB_s mmdb;
    uint64_t v4 = 0, v6 = 0;

    if (MMDB_open(file, MMDB_MODE_MMAP, &mmdb) != MMDB_SUCCESS)
        return;
    if (mmdb.metadata.ip_version == 4) {
        v4 = count_below(&mmdb, 0, true);
    } else {
        if (mmdb.ipv4_start_node.node_value < mmdb.metadata.node_count)
            v4 = count_below(&mmdb, mmdb.ipv4_start_node.node_value, true);
        v6 = count_below(&mmdb, 0, false);
    }
    printf("%-24s %12" PRIu64 " %12" PRIu64 "   %s\n", "database networks", v4, v6, file);
    MMDB_close(&mmdb);
}

/* ---- blocks of answers ----------------------------------------------------- */

struct survey {
    const struct snapshot *snapshot;
    const struct service *service;
    uint16_t type;
};

static uint8_t scope_by_ordering(const struct survey *survey, const struct policy_client *client)
{
    struct ranking ranking;
    policy_rank(survey->service->policy, client, &ranking);
    return ranking.scope;
}

static uint8_t scope_by_first(const struct survey *survey, const struct policy_client *client)
{
    struct ranking ranking;
    policy_rank(survey->service->policy, client, &ranking);
    return ranking.first_scope;
}

/* What the answer to a query with this client subnet says. */
static uint8_t scope_by_answer(const struct survey *survey, const struct policy_client *client)
{
    const struct client asker = { .source = { .family = FAMILY_V4, .octets = { 192, 0, 2, 53 } } };
    struct course course;
    struct choice choice;
    struct ecs ecs = { .family = client->address.family, .source_prefix = client->source_len };

    memcpy(ecs.address, client->address.octets, sizeof ecs.address);
    choice_make(survey->snapshot, survey->service, survey->type, &asker, &ecs, &course, &choice);
    return choice.scope;
}

/* Addresses that wear an IPv4 address: counted with IPv4. The length of their network, or 0. */
static uint8_t worn_len(uint64_t key)
{
    if (key == 0 || key == 0x0064ff9b00000000u)
        return 64;
    if (key >> 32 == 0x20010000u)
        return 32;
    return key >> 48 == 0x2002u ? 16 : 0;
}

/* From block to block through a whole family; 0 when they are too many. */
static uint64_t count_blocks(const struct survey *survey, unsigned family,
                             uint8_t (*scope_of)(const struct survey *,
                                                 const struct policy_client *))
{
    uint64_t count = 0;

    for (uint64_t key = 0; count < BLOCKS_MOST;) {
        struct policy_client client = { .source_len = family == FAMILY_V4 ? 32 : 64 };
        uint8_t len = family == FAMILY_V6 ? worn_len(key) : 0;

        address_from_key(family, key, &client.address);
        if (len == 0) {
            len = scope_of(survey, &client);
            count++;
        }
        const uint64_t last = len >= 64 ? key : key | UINT64_MAX >> len;
        if (last == UINT64_MAX)
            return count;
        key = last + 1;
    }
    return 0;
}

static void tell_count(uint64_t count)
{
    if (count != 0)
        printf(" %12" PRIu64, count);
    else
        printf(" %12s", "too many");
}

static void tell_blocks(const struct survey *survey, bool v4, bool v6)
{
    static const struct {
        const char *what;
        uint8_t (*scope_of)(const struct survey *, const struct policy_client *);
    } rows[] = {
        { "by whole ordering", scope_by_ordering },
        { "by first region", scope_by_first },
        { "by present answer", scope_by_answer },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        printf("%-24s", rows[i].what);
        if (v4)
            tell_count(count_blocks(survey, FAMILY_V4, rows[i].scope_of));
        else
            printf(" %12s", "-");
        if (v6)
            tell_count(count_blocks(survey, FAMILY_V6, rows[i].scope_of));
        printf("\n");
    }
}

/* ---- the configuration ----------------------------------------------------- */

static const struct service *find_service(const struct snapshot *snapshot, const char *zone,
                                          const char *name)
{
    for (size_t i = 0; i < snapshot->zones->count; i++) {
        size_t count;
        const struct service *const *services = snapshot_zone_services(snapshot, i, &count);
        if (strcmp(snapshot->zones->zones[i]->name, zone) != 0)
            continue;
        for (size_t j = 0; j < count; j++)
            if (strcmp(services[j]->name, name) == 0)
                return services[j];
    }
    return NULL;
}

/* Takes every target of a region down; false when there is no such region or nobody probes it. */
static bool take_down(const struct offline *offline, const struct service *service,
                      const char *region)
{
    bool taken = false;
    for (uint16_t i = 0; i < service->region_count; i++) {
        const struct service_region *at = &service->regions[i];
        if (strcmp(at->name, region) != 0)
            continue;
        for (uint16_t p = 0; p < at->pool_count; p++) {
            for (uint16_t e = 0; e < at->pools[p].count; e++) {
                const uint32_t target = at->pools[p].endpoints[e].target;
                if (target == TARGET_NONE)
                    continue;
                board_set(offline->board, target, HEALTH_DOWN, false);
                taken = true;
            }
        }
    }
    return taken;
}

static int survey_service(const struct offline *offline, char **words, int count, bool v4, bool v6)
{
    const struct snapshot *snapshot = offline->load.snapshot;
    const struct service *service = find_service(snapshot, words[1], words[2]);

    if (service == NULL) {
        fprintf(stderr, "scopes: no service '%s' in zone '%s'\n", words[2], words[1]);
        return EXIT_FAILURE;
    }
    for (int i = 3; i < count; i++) {
        if (!take_down(offline, service, words[i])) {
            fprintf(stderr, "scopes: region '%s' cannot be taken down\n", words[i]);
            return EXIT_FAILURE;
        }
    }
    offline_count_pools(offline);
    struct forecast *forecast = forecast_new();
    if (forecast == NULL) {
        fprintf(stderr, "scopes: out of memory\n");
        return EXIT_FAILURE;
    }
    const uint64_t began_ms = clock_monotonic_ms();
    forecast_make(forecast, snapshot, NULL);
    const uint64_t took_ms = clock_monotonic_ms() - began_ms;

    printf("%-24s %12s %12s\n", "", "IPv4", "IPv6");
    for (size_t i = 0; i < atlas_database_count(snapshot->atlas); i++)
        tell_networks(atlas_database_file(snapshot->atlas, i));
    const struct survey survey = { snapshot, service, service->types[0] };
    tell_blocks(&survey, v4, v6);
    printf("policy %zu KiB; %zu prospects, %zu KiB, made in %" PRIu64 " ms\n",
           policy_footprint(service->policy) >> 10, forecast_count(forecast),
           forecast_footprint(forecast) >> 10, took_ms);
    forecast_forget(forecast);
    forecast_free(forecast);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    bool v4 = true, v6 = true;
    int option;

    while ((option = getopt(argc, argv, "46")) != -1) {
        v4 = v4 && option != '6';
        v6 = v6 && option != '4';
    }
    if (argc - optind < 3 || (!v4 && !v6)) {
        fprintf(stderr, "usage: scopes [-4|-6] CONFIG ZONE SERVICE [REGION-THAT-IS-DOWN ...]\n");
        return 2;
    }

    struct report *report = report_new();
    struct offline offline;
    if (report == NULL)
        return EXIT_FAILURE;
    (void)!offline_load(argv[optind], report, &offline);
    int status = EXIT_FAILURE;
    if (offline.load.snapshot != NULL)
        status = survey_service(&offline, argv + optind, argc - optind, v4, v6);
    else
        for (size_t i = 0; i < report_count(report); i++)
            fprintf(stderr, "%s\n", report_text(report, i));
    offline_release(&offline);
    report_free(report);
    return status;
}
