#ifndef MERIDIAN_TESTS_SERVER_SCENE_H
#define MERIDIAN_TESTS_SERVER_SCENE_H

#include <stdbool.h>
#include <stdio.h>

#include "health/board.h"
#include "tests/zones/sketch.h"
#include "zones/service.h"
#include "zones/snapshot.h"

/*
 * One service of three regions, by hand, with a board to switch them: what the
 * twins of choice, query and explain share. Each endpoint is its own target;
 * everything is up at the start.
 *
 *     helsinki   A 192.0.2.10 192.0.2.11   AAAA 2001:db8::10   HTTPS
 *     frankfurt  A 192.0.2.20 192.0.2.21   AAAA 2001:db8::20   HTTPS
 *     virginia   A 192.0.2.30 192.0.2.31   AAAA 2001:db8::30   HTTPS
 */
enum { HELSINKI, FRANKFURT, VIRGINIA, SCENE_REGIONS };
enum { SCENE_A_COUNT = 2, SCENE_TTL = 30, SCENE_TTL_MIN = 10 };

/* Targets of a region's addresses. */
static inline uint32_t target_a(unsigned region, unsigned index)
{
    return region * 10 + 1 + index;
}

static inline uint32_t target_aaaa(unsigned region)
{
    return region * 10 + 5;
}

struct scene {
    struct arena *arena;
    struct board *board;
    struct pool_board *pools_now;
    struct service service;
    struct service_region regions[SCENE_REGIONS];
    struct pool pools[SCENE_REGIONS][3];
    struct endpoint a[SCENE_REGIONS][SCENE_A_COUNT];
    struct endpoint aaaa[SCENE_REGIONS];
    struct endpoint https[SCENE_REGIONS];
    uint8_t a_rdata[SCENE_REGIONS][SCENE_A_COUNT][4];
    uint8_t aaaa_rdata[SCENE_REGIONS][16];
    struct region places[SCENE_REGIONS];
    struct snapshot snapshot;
};

static const char *const scene_names[SCENE_REGIONS] = { "helsinki", "frankfurt", "virginia" };

static inline void scene_region(struct scene *scene, unsigned r)
{
    static const double latitude[] = { 60.17, 50.11, 38.95 };
    static const double longitude[] = { 24.94, 8.68, -77.45 };

    for (unsigned i = 0; i < SCENE_A_COUNT; i++) {
        const uint8_t address[4] = { 192, 0, 2, (uint8_t)((r + 1) * 10 + i) };
        memcpy(scene->a_rdata[r][i], address, 4);
        scene->a[r][i] = (struct endpoint){ scene->a_rdata[r][i], 4, 1, target_a(r, i) };
        board_set(scene->board, target_a(r, i), HEALTH_UP, false);
    }
    const uint8_t address[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = (uint8_t)((r + 1) * 0x10) };
    memcpy(scene->aaaa_rdata[r], address, 16);
    scene->aaaa[r] = (struct endpoint){ scene->aaaa_rdata[r], 16, 1, target_aaaa(r) };
    board_set(scene->board, target_aaaa(r), HEALTH_UP, false);
    scene->https[r] = (struct endpoint){ (const uint8_t *)"\0\1\0", 3, 1, TARGET_NONE };

    scene->pools[r][0] = (struct pool){ RRTYPE_A, SCENE_A_COUNT, 1, r * 3 + 1, scene->a[r], NULL };
    scene->pools[r][1] = (struct pool){ RRTYPE_AAAA, 1, 1, r * 3 + 2, &scene->aaaa[r], NULL };
    scene->pools[r][2] = (struct pool){ RRTYPE_HTTPS, 1, 1, r * 3 + 3, &scene->https[r], NULL };
    scene->regions[r] = (struct service_region){ .name = scene_names[r],
                                                 .pools = scene->pools[r],
                                                 .pool_count = 3 };
    scene->places[r] = (struct region){
        .name = scene_names[r], .placed = true, .latitude = latitude[r], .longitude = longitude[r]
    };
}

/* What follows from the targets for who answers: after the board or the service was changed. */
static inline void scene_count(struct scene *scene)
{
    pool_board_count(scene->pools_now, &scene->service, scene->board);
}

static inline int scene_setup(void **state)
{
    static const uint16_t types[] = { RRTYPE_A, RRTYPE_AAAA, RRTYPE_HTTPS };
    struct scene *scene = calloc(1, sizeof *scene);

    assert_non_null(scene);
    scene->arena = arena_new();
    scene->board = board_new();
    scene->pools_now = pool_board_new();
    assert_true(scene->arena != NULL && scene->board != NULL && scene->pools_now != NULL);
    for (unsigned r = 0; r < SCENE_REGIONS; r++)
        scene_region(scene, r);
    scene->service = (struct service){ .name = "web",
                                       .ttl = SCENE_TTL,
                                       .ttl_min = SCENE_TTL_MIN,
                                       .max_down = SCENE_REGIONS,
                                       .grain = { 24, 56 },
                                       .answers = 8,
                                       .spread = 1,
                                       .ecs = true,
                                       .types = types,
                                       .type_count = COUNT(types),
                                       .regions = scene->regions,
                                       .region_count = SCENE_REGIONS,
                                       .places = { scene->places, SCENE_REGIONS },
                                       .route_text = "\"by the test\"" };
    scene->snapshot = (struct snapshot){
        .generation = 1,
        .board = scene->board,
        .pools = scene->pools_now,
        .serving = { .edns_size = 1232, .minimal_responses = true, .ecs = true },
    };
    scene_count(scene);
    *state = scene;
    return 0;
}

static inline int scene_teardown(void **state)
{
    struct scene *scene = *state;
    arena_free(scene->arena);
    board_free(scene->board);
    pool_board_free(scene->pools_now);
    free(scene);
    return 0;
}

/* One letter for each region: u up, d down, ? not probed yet; for the A addresses and the AAAA. */
static inline void scene_health(struct scene *scene, const char *a, const char *aaaa)
{
    for (unsigned r = 0; r < SCENE_REGIONS; r++) {
        const char letters[2] = { a[r], aaaa[r] };
        enum health health[2];
        for (unsigned i = 0; i < 2; i++)
            health[i] = letters[i] == 'u'   ? HEALTH_UP
                        : letters[i] == 'd' ? HEALTH_DOWN
                                            : HEALTH_UNKNOWN;
        for (unsigned i = 0; i < SCENE_A_COUNT; i++)
            board_set(scene->board, target_a(r, i), health[0], false);
        board_set(scene->board, target_aaaa(r), health[1], false);
    }
    scene_count(scene);
}

/* An IPv4 or IPv6 source. */
static inline struct address scene_address(const char *text)
{
    struct address address;
    assert_true(address_parse(text, &address));
    return address;
}

#endif
