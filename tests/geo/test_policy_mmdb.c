/*
 * The compiled table against libmaxminddb itself: for random addresses of each
 * family the record that the library finds is placed and ranked by the shortest
 * way, and must give the ranking of the table, whose scope is never longer than
 * the library's own network.
 *
 * MERIDIAN_ADDRESSES says how many of each family (make check-table: a million);
 * MERIDIAN_CITY_V4 and MERIDIAN_CITY_V6 name the files of a city database.
 */
#include "geo/policy.h"

#include <arpa/inet.h>
#include <math.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <maxminddb.h>

#include "dns/base/hash.h"
#include "geo/centres.h"

enum { ADDRESSES = 50000, REGIONS = 8, VAGUE_KM = 100 };
#define COUNTRIES "geo/data/geo-whois-asn-country.mmdb"
#define CITIES    "tests/data/geo/GeoIP2-City-Test.mmdb"

static const struct region items[REGIONS] = {
    { .name = "helsinki", .placed = true, .latitude = 60.17, .longitude = 24.94 },
    { .name = "falkenstein", .placed = true, .latitude = 50.48, .longitude = 12.37 },
    { .name = "virginia", .placed = true, .latitude = 38.95, .longitude = -77.45 },
    { .name = "singapore", .placed = true, .latitude = 1.35, .longitude = 103.82 },
    { .name = "sydney", .placed = true, .latitude = -33.87, .longitude = 151.21 },
    { .name = "sao-paulo", .placed = true, .latitude = -23.55, .longitude = -46.63 },
    { .name = "tokyo", .placed = true, .latitude = 35.68, .longitude = 139.69 },
    { .name = "mumbai", .placed = true, .latitude = 19.08, .longitude = 72.88 },
};
static const struct region_list regions = { items, REGIONS };
static const struct atlas_grain grain = { 24, 56 };

/* One world: the table, and the same files in the library's hands. */
struct world {
    struct policy *policy;
    MMDB_s mmdb[2];
    size_t mmdb_count;
};

static void world_open(struct world *world, const char *const *files, size_t count)
{
    static const char nearest[] = "{\"nearest\":\"*\"}";
    struct report *report = report_new();
    const struct diag diag = { .report = report, .file = "route" };
    struct json_doc *doc;
    struct atlas *atlas;
    const struct route *route;
    struct arena *arena = arena_new();

    *world = (struct world){ .mmdb_count = count };
    for (size_t i = 0; i < count; i++)
        assert_int_equal(MMDB_open(files[i], MMDB_MODE_MMAP, &world->mmdb[i]), MMDB_SUCCESS);
    assert_int_equal(atlas_build(files, count, grain, &diag, &atlas), STATUS_OK);
    assert_int_equal(json_parse(nearest, strlen(nearest), &diag, &doc), STATUS_OK);
    const struct json_node root = json_root(doc, &diag);
    const struct route_context context = { .arena = arena, .regions = &regions, .grain = grain };
    assert_int_equal(route_parse(&root, &context, &route), STATUS_OK);
    assert_int_equal(policy_build(atlas, route, &regions, &diag, &world->policy), STATUS_OK);
    json_free(doc);
    arena_free(arena);
    atlas_free(atlas);
    report_free(report);
}

static void world_close(struct world *world)
{
    policy_free(world->policy);
    for (size_t i = 0; i < world->mmdb_count; i++)
        MMDB_close(&world->mmdb[i]);
}

/* ---- what the library says ------------------------------------------------- */

/* Where a client stands by one record: at `at`, or nowhere. */
struct spot {
    bool somewhere;
    double latitude, longitude;
    unsigned netmask; /* of the record, in the bits of the family that was asked */
};

static bool text_of(MMDB_entry_s *entry, char out[3], const char *const *path)
{
    MMDB_entry_data_s data;
    if (MMDB_aget_value(entry, &data, path) != MMDB_SUCCESS || !data.has_data ||
        data.type != MMDB_DATA_TYPE_UTF8_STRING || data.data_size == 0)
        return false;
    if (out != NULL)
        snprintf(out, 3, "%.2s", data.utf8_string);
    return true;
}

static bool number_of(MMDB_entry_s *entry, double *out, const char *const *path)
{
    MMDB_entry_data_s data;
    if (MMDB_aget_value(entry, &data, path) != MMDB_SUCCESS || !data.has_data)
        return false;
    switch (data.type) {
    case MMDB_DATA_TYPE_DOUBLE:
        *out = data.double_value;
        return true;
    case MMDB_DATA_TYPE_FLOAT:
        *out = (double)data.float_value;
        return true;
    case MMDB_DATA_TYPE_UINT16:
        *out = data.uint16;
        return true;
    case MMDB_DATA_TYPE_UTF8_STRING: { /* some flat files write numbers as texts */
        char text[32];
        snprintf(text, sizeof text, "%.*s", (int)data.data_size, data.utf8_string);
        *out = atof(text);
        return data.data_size > 0;
    }
    default:
        return false;
    }
}

#define PATH(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void spot_of(MMDB_entry_s *entry, struct spot *spot)
{
    char country[3] = "";
    double radius = 0;
    const bool nested = number_of(entry, &spot->latitude, PATH("location", "latitude")) &&
                        number_of(entry, &spot->longitude, PATH("location", "longitude"));
    const bool flat = !nested && number_of(entry, &spot->latitude, PATH("latitude")) &&
                      number_of(entry, &spot->longitude, PATH("longitude")) &&
                      (spot->latitude != 0 || spot->longitude != 0);
    const bool fine = text_of(entry, NULL, PATH("city", "names", "en")) ||
                      text_of(entry, NULL, PATH("city")) || text_of(entry, NULL, PATH("state1")) ||
                      text_of(entry, NULL, PATH("subdivisions", "0", "iso_code"));
    (void)number_of(entry, &radius, PATH("location", "accuracy_radius"));
    if (!text_of(entry, country, PATH("country", "iso_code")))
        (void)text_of(entry, country, PATH("country_code"));

    const struct centre *centre = centre_find(country);
    spot->somewhere = nested || flat;
    if (centre != NULL && (!spot->somewhere || (!fine && (radius == 0 || radius >= VAGUE_KM)))) {
        spot->somewhere = true;
        spot->latitude = (double)centre->latitude;
        spot->longitude = (double)centre->longitude;
    }
}

/* Asks for the first address of the block that the table cuts no finer. */
static struct spot spot_find(const struct world *world, const struct address *client)
{
    const bool is_v4 = client->family == FAMILY_V4;
    struct spot spot = { .somewhere = false };
    struct address first = *client;
    struct sockaddr_in sin = { .sin_family = AF_INET };
    struct sockaddr_in6 sin6 = { .sin6_family = AF_INET6 };

    address_mask(&first, is_v4 ? grain.v4 : grain.v6);
    memcpy(&sin.sin_addr, first.octets, 4);
    memcpy(&sin6.sin6_addr, first.octets, 16);
    const struct sockaddr *address =
        is_v4 ? (const struct sockaddr *)&sin : (const struct sockaddr *)&sin6;
    for (size_t i = 0; i < world->mmdb_count; i++) {
        int error;
        if (!is_v4 && world->mmdb[i].metadata.ip_version == 4)
            continue;
        MMDB_lookup_result_s found = MMDB_lookup_sockaddr(&world->mmdb[i], address, &error);
        if (error != MMDB_SUCCESS || (is_v4 && world->mmdb[i].metadata.ip_version == 6 &&
                                      found.netmask < 96 && !found.found_entry))
            continue;
        const unsigned offset = is_v4 && world->mmdb[i].metadata.ip_version == 6 ? 96 : 0;
        spot.netmask = found.netmask > offset ? found.netmask - offset : 0;
        if (found.found_entry) {
            spot_of(&found.entry, &spot);
            break;
        }
    }
    return spot;
}

/* ---- what follows from it -------------------------------------------------- */

static double distance(const struct region *region, const struct spot *spot)
{
    const double degree = M_PI / 180;
    const double a = region->latitude * degree, b = spot->latitude * degree;
    const double east = (spot->longitude - region->longitude) * degree;
    /* The spherical law of cosines: another formula than the server's. */
    return acos(fmax(-1, fmin(1, sin(a) * sin(b) + cos(a) * cos(b) * cos(east))));
}

/* The regions by distance; false when two are as good as equally far. */
static bool rank_by_hand(const struct spot *spot, uint16_t out[REGIONS])
{
    double far[REGIONS];
    for (uint16_t i = 0; i < REGIONS; i++) {
        uint16_t at = i;
        const double its = spot->somewhere ? distance(&items[i], spot) : i;
        for (; at > 0 && its < far[at - 1]; at--) {
            far[at] = far[at - 1];
            out[at] = out[at - 1];
        }
        far[at] = its;
        out[at] = i;
    }
    for (uint16_t i = 1; i < REGIONS; i++)
        if (far[i] - far[i - 1] < 1e-7)
            return false;
    return true;
}

static uint64_t next_random(uint64_t *seed)
{
    *seed += 0x9e3779b97f4a7c15u;
    return hash_mix(*seed);
}

/* IPv6 is nearly empty: most are taken where registries give networks out. */
static struct address random_address(unsigned family, uint64_t *seed)
{
    static const uint64_t given_out[] = { 0x2001000000000000u, 0x2400000000000000u,
                                          0x2600000000000000u, 0x2800000000000000u,
                                          0x2a00000000000000u, 0x2c00000000000000u };
    struct address address;
    uint64_t key = next_random(seed);

    if (family == FAMILY_V6 && key % 8 != 0)
        key = given_out[key % 6] | next_random(seed) >> (key & 128 ? 8 : 7);
    address_from_key(family, key, &address);
    return address;
}

static void compare(const struct world *world, const struct address *address)
{
    const struct policy_client client = { .address = *address,
                                          .source_len = family_bits(address->family) };
    const struct standing at = standing_of(&client);
    const uint8_t finest = address->family == FAMILY_V4 ? grain.v4 : grain.v6;
    struct address inner, located = *address;
    struct ranking ranking;
    uint16_t expected[REGIONS];
    uint8_t offset = 0;
    char text[ADDRESS_TEXT];

    if (address_embedded_v4(address, &inner, &offset))
        located = inner;
    const struct spot spot = spot_find(world, &located);
    if (!rank_by_hand(&spot, expected))
        return;
    policy_rank(world->policy, &client, &ranking);
    if (ranking.count != REGIONS || memcmp(ranking.regions, expected, sizeof expected) != 0)
        fail_msg("%s: the table says %s, the library's record %s", address_print(address, text),
                 items[ranking.regions[0]].name, items[expected[0]].name);

    const unsigned cut = spot.netmask < finest ? spot.netmask : finest;
    if (located.family == address->family && ranking.scope > cut && ranking.scope > at.plain_bits)
        fail_msg("%s: scope %u, but the library's network has /%u", address_print(address, text),
                 ranking.scope, spot.netmask);
}

static void compare_many(const char *const *files, size_t count, unsigned long addresses)
{
    struct world world;
    uint64_t seed = 20260;

    world_open(&world, files, count);
    for (unsigned long i = 0; i < addresses; i++) {
        const struct address v4 = random_address(FAMILY_V4, &seed);
        const struct address v6 = random_address(FAMILY_V6, &seed);
        compare(&world, &v4);
        compare(&world, &v6);
        /* Now and then an IPv4 address in an IPv6 coat. */
        if (i % 64 == 0) {
            struct address worn = { .family = FAMILY_V6, .octets = { [10] = 0xff, [11] = 0xff } };
            memcpy(worn.octets + 12, v4.octets, 4);
            compare(&world, &worn);
        }
    }
    world_close(&world);
}

static unsigned long address_count(void)
{
    const char *text = getenv("MERIDIAN_ADDRESSES");
    return text != NULL ? strtoul(text, NULL, 10) : ADDRESSES;
}

static void the_shipped_countries(void **state)
{
    (void)state;
    compare_many((const char *const[]){ COUNTRIES }, 1, address_count());
}

/* Small enough to go from network to network: the first and the last address of each. */
static void every_network_of_the_nested_test_database(void **state)
{
    (void)state;
    struct world world;
    size_t located = 0;

    world_open(&world, (const char *const[]){ CITIES }, 1);
    for (unsigned family = FAMILY_V4; family <= FAMILY_V6; family++) {
        const uint8_t finest = family == FAMILY_V4 ? grain.v4 : grain.v6;
        for (uint64_t key = 0;;) {
            struct address address;
            address_from_key(family, key, &address);
            compare(&world, &address);
            const struct spot spot = spot_find(&world, &address);
            const unsigned len = spot.netmask < finest ? spot.netmask : finest;
            const uint64_t last = len == 0 ? UINT64_MAX : key | UINT64_MAX >> len;
            located += spot.somewhere;
            address_from_key(family, last, &address);
            compare(&world, &address);
            if (last == UINT64_MAX)
                break;
            key = last + 1;
        }
    }
    assert_true(located > 200);
    world_close(&world);
}

/* ---- every block of the world ---------------------------------------------------- */

/* Block after block: who is asked about, and the last key it was true for. */
struct walk {
    struct ranking ranking;
    uint64_t first, last;  /* of the block of the whole order */
    uint64_t first_of_one; /* of the block of the first region alone */
    uint64_t last_of_one;
    size_t blocks;
};

static void block_of(uint64_t key, uint8_t len, uint64_t *first, uint64_t *last)
{
    const uint64_t inside = len >= 64 ? 0 : UINT64_MAX >> len;
    *first = key & ~inside;
    *last = key | inside;
}

/* A key of the next network: in the block before it must rank as that, else begin another. */
static void walk_step(struct walk *walk, const struct ranking *ranking, uint64_t key)
{
    const bool begins = walk->blocks == 0;
    uint64_t first, last;

    block_of(key, ranking->scope, &first, &last);
    if (!begins && key <= walk->last) {
        if (ranking->count != walk->ranking.count || ranking->scope != walk->ranking.scope ||
            memcmp(ranking->regions, walk->ranking.regions,
                   ranking->count * sizeof *ranking->regions) != 0)
            fail_msg("%016llx is in a block of /%u, but ranked otherwise", (unsigned long long)key,
                     walk->ranking.scope);
    } else if (!begins && first <= walk->last) {
        fail_msg("%016llx: its block of /%u begins in the one before", (unsigned long long)key,
                 ranking->scope);
    } else {
        walk->blocks++;
        walk->first = first;
        walk->last = last;
    }
    block_of(key, ranking->first_scope, &first, &last);
    if (!begins && key <= walk->last_of_one) {
        if (ranking->regions[0] != walk->ranking.regions[0])
            fail_msg("%016llx has another first region than its block", (unsigned long long)key);
    } else if (!begins && first <= walk->last_of_one) {
        fail_msg("%016llx: its block of the first region begins in the one before",
                 (unsigned long long)key);
    }
    walk->first_of_one = first;
    walk->last_of_one = last;
    walk->ranking = *ranking;
}

/*
 * Goes from network to network of the files, all of them. Inside a network everybody
 * is ranked alike, so nobody in the world is left out but those who wear an IPv4 address.
 */
static void walk_family(const struct world *world, unsigned family, size_t least)
{
    const uint8_t finest = family == FAMILY_V4 ? grain.v4 : grain.v6;
    struct walk walk = { .blocks = 0 };

    for (uint64_t key = 0;;) {
        struct policy_client client = { .source_len = family_bits(family) };
        struct address inner;
        uint8_t offset = 0;
        address_from_key(family, key, &client.address);
        const struct spot spot = spot_find(world, &client.address);
        uint64_t first, last;
        block_of(key, spot.netmask < finest ? (uint8_t)spot.netmask : finest, &first, &last);
        if (!address_embedded_v4(&client.address, &inner, &offset)) {
            struct ranking ranking;
            policy_rank(world->policy, &client, &ranking);
            walk_step(&walk, &ranking, key);
        }
        if (last == UINT64_MAX)
            break;
        key = last + 1;
    }
    if (walk.blocks < least)
        fail_msg("only %zu blocks", walk.blocks);
}

static void all_of_each_block_are_ranked_alike(void **state)
{
    (void)state;
    static const char *const files[] = { CITIES, COUNTRIES };

    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct world world;
        world_open(&world, &files[i], 1);
        walk_family(&world, FAMILY_V4, 50);
        walk_family(&world, FAMILY_V6, 50);
        world_close(&world);
    }
}

static void all_of_each_block_of_a_city_database(void **state)
{
    (void)state;
    const char *const files[] = { getenv("MERIDIAN_CITY_V4"), getenv("MERIDIAN_CITY_V6") };
    struct world world;

    if (files[0] == NULL || files[1] == NULL)
        skip();
    world_open(&world, files, 2);
    walk_family(&world, FAMILY_V4, 100000);
    walk_family(&world, FAMILY_V6, 100000);
    world_close(&world);
}

static void a_city_database_if_there_is_one(void **state)
{
    (void)state;
    const char *const files[] = { getenv("MERIDIAN_CITY_V4"), getenv("MERIDIAN_CITY_V6") };
    if (files[0] == NULL || files[1] == NULL)
        skip();
    compare_many(files, 2, address_count());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_shipped_countries),
        cmocka_unit_test(every_network_of_the_nested_test_database),
        cmocka_unit_test(all_of_each_block_are_ranked_alike),
        cmocka_unit_test(a_city_database_if_there_is_one),
        cmocka_unit_test(all_of_each_block_of_a_city_database),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
