#include "dns/server/shortlist.h"

#include "tests/dns/server/scene.h"

static struct inquiry inquire(const struct scene *scene, uint16_t type)
{
    return (struct inquiry){ &scene->service, type, scene->pools_now, NULL, NULL };
}

/* Under a photograph comes out what came out under the health that it shows. */
static void a_photograph_is_judged_like_the_board(void **state)
{
    static const uint16_t order[] = { VIRGINIA, HELSINKI, FRANKFURT };
    static const uint16_t list[] = { FRANKFURT, HELSINKI };
    static const enum all_down all_downs[] = { ALL_DOWN_SERVE_ALL, ALL_DOWN_ZONEFILE,
                                               ALL_DOWN_LIST };
    static const uint16_t types[] = { RRTYPE_A, RRTYPE_AAAA, RRTYPE_HTTPS };
    struct scene *scene = *state;
    scene->service.all_down_list = list;
    scene->service.all_down_count = COUNT(list);

    for (unsigned up = 0; up < 64; up++) {
        char a[4] = "ddd", aaaa[4] = "ddd";
        for (unsigned r = 0; r < SCENE_REGIONS; r++) {
            a[r] = up >> r & 1 ? 'u' : 'd';
            aaaa[r] = up >> (r + 3) & 1 ? 'u' : 'd';
        }
        for (unsigned i = 0; i < COUNT(all_downs) * COUNT(types); i++) {
            struct inquiry inquiry = inquire(scene, types[i % COUNT(types)]);
            struct shortlist live, frozen;
            uint64_t photograph[INQUIRY_UP_WORDS];

            scene->service.all_down = all_downs[i / COUNT(types)];
            scene->service.spread = (uint16_t)(1 + up % 3);
            scene_health(scene, a, aaaa);
            shortlist_make(&inquiry, order, COUNT(order), &live);
            assert_true(inquiry_photograph(&inquiry, photograph));
            assert_true(inquiry_is_as(&inquiry, photograph));

            scene_health(scene, "uuu", "uuu");
            inquiry.up = photograph;
            shortlist_make(&inquiry, order, COUNT(order), &frozen);
            assert_int_equal(live.kind, frozen.kind);
            assert_true(shortlist_equal(&live, &frozen));
        }
    }
}

static void a_photograph_notices_every_change(void **state)
{
    static const struct {
        const char *what, *a;
        bool same;
    } cases[] = {
        { "as it was", "udu", true },         { "one more is down", "ddu", false },
        { "one came back", "uuu", false },    { "they changed places", "duu", false },
        { "one is not known", "u?u", false },
    };
    struct scene *scene = *state;
    const struct inquiry inquiry = inquire(scene, RRTYPE_A);
    uint64_t photograph[INQUIRY_UP_WORDS];

    scene_health(scene, "udu", "uuu");
    assert_true(inquiry_photograph(&inquiry, photograph));
    for (size_t i = 0; i < COUNT(cases); i++) {
        scene_health(scene, cases[i].a, "ddd");
        if (inquiry_is_as(&inquiry, photograph) != cases[i].same)
            fail_msg("%s: taken for %s", cases[i].what, cases[i].same ? "a change" : "the same");
    }
    scene_health(scene, "u?u", "uuu");
    assert_false(inquiry_photograph(&inquiry, photograph));
}

/* The region's word for A, as a steward could write it. */
static void say(struct scene *scene, unsigned region, struct pool_state state)
{
    pool_board_set(scene->pools_now, scene->pools[region][0].id, state);
}

static struct shortlist list_for(const struct scene *scene, const char *client, uint8_t source_len)
{
    static const uint16_t order[] = { HELSINKI, FRANKFURT, VIRGINIA };
    const struct policy_client who = { .address = scene_address(client), .source_len = source_len };
    const struct inquiry inquiry = { &scene->service, RRTYPE_A, scene->pools_now, NULL, &who };
    struct shortlist list;
    shortlist_make(&inquiry, order, COUNT(order), &list);
    return list;
}

/* A share of the clients, always the same ones and more and more of them, block by block. */
static void a_returning_region_takes_its_clients_back_one_by_one(void **state)
{
    enum { CLIENTS = 4096, STEPS = 16 };
    static bool taken[CLIENTS];
    struct scene *scene = *state;

    for (unsigned step = 0; step <= STEPS; step++) {
        unsigned count = 0;
        say(scene, HELSINKI,
            (struct pool_state){ .health = HEALTH_UP,
                                 .withheld = POOL_SHARE - POOL_SHARE / STEPS * step });
        for (unsigned i = 0; i < CLIENTS; i++) {
            char client[ADDRESS_TEXT], neighbour[ADDRESS_TEXT];
            snprintf(client, sizeof client, "10.%u.%u.9", i >> 8, i & 255);
            snprintf(neighbour, sizeof neighbour, "10.%u.%u.77", i >> 8, i & 255);
            const struct shortlist list = list_for(scene, client, 32);
            const bool now = list.regions[0] == HELSINKI;
            assert_int_equal(list.count, 1);
            assert_int_equal(list_for(scene, neighbour, 24).regions[0], list.regions[0]);
            assert_int_equal(list.drawn, step < STEPS);
            assert_int_equal(list.unsure, step < STEPS);
            if (taken[i] && !now)
                fail_msg("step %u sends %s away again", step, client);
            taken[i] = now;
            count += now;
        }
        /* Six standard deviations of what chance allows. */
        const int expected = (int)(CLIENTS / STEPS * step);
        assert_in_range(count, expected < 192 ? 0 : expected - 192, expected + 192);
        if (step == 0 || step == STEPS)
            assert_int_equal(count, expected);
        assert_int_equal(list_for(scene, "10.0.0.9", 0).regions[0],
                         step < STEPS ? FRANKFURT : HELSINKI);
    }
}

static void a_returning_region_is_better_than_none(void **state)
{
    struct scene *scene = *state;
    const struct pool_state back = { .health = HEALTH_UP, .withheld = POOL_SHARE };

    scene_health(scene, "ddd", "uuu");
    say(scene, FRANKFURT, back);
    struct shortlist list = list_for(scene, "10.0.0.9", 32);
    assert_int_equal(list.kind, CHOICE_HEALTHY);
    assert_int_equal(list.count, 1);
    assert_int_equal(list.regions[0], FRANKFURT);

    say(scene, VIRGINIA, back);
    scene->service.spread = 2;
    assert_int_equal(list_for(scene, "10.0.0.9", 32).count, 1);
    say(scene, HELSINKI, (struct pool_state){ .health = HEALTH_UP });
    list = list_for(scene, "10.0.0.9", 32);
    assert_int_equal(list.count, 1);
    assert_int_equal(list.regions[0], HELSINKI);
}

/* What may change does so on the way to those who answer, not behind them. */
static void only_what_stands_before_makes_unsure(void **state)
{
    struct scene *scene = *state;

    say(scene, FRANKFURT, (struct pool_state){ .health = HEALTH_UP, .unsure = true });
    assert_false(list_for(scene, "10.0.0.9", 32).unsure);
    say(scene, HELSINKI, (struct pool_state){ .health = HEALTH_DOWN });
    assert_true(list_for(scene, "10.0.0.9", 32).unsure);
    say(scene, FRANKFURT, (struct pool_state){ .health = HEALTH_UP });
    assert_false(list_for(scene, "10.0.0.9", 32).unsure);
    say(scene, HELSINKI, (struct pool_state){ .health = HEALTH_DOWN, .unsure = true });
    assert_true(list_for(scene, "10.0.0.9", 32).unsure);
}

static void equal_lists_give_equal_records(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        struct shortlist a, b;
        bool equal;
    } cases[] = {
        { "one region", { .count = 1, .regions = { 2 } }, { .count = 1, .regions = { 2 } }, true },
        { "another", { .count = 1, .regions = { 2 } }, { .count = 1, .regions = { 1 } }, false },
        { "one more",
          { .count = 1, .regions = { 2 } },
          { .count = 2, .regions = { 2, 3 } },
          false },
        { "another order",
          { .count = 2, .regions = { 3, 2 } },
          { .count = 2, .regions = { 2, 3 } },
          false },
        { "healthy, and listed for when all are down",
          { .kind = CHOICE_HEALTHY, .count = 1, .regions = { 2 } },
          { .kind = CHOICE_ALL_DOWN, .count = 1, .regions = { 2 } },
          true },
        { "its healthy endpoints, and all it has",
          { .count = 1, .regions = { 2 } },
          { .kind = CHOICE_ALL_DOWN, .serve_all = true, .count = 1, .regions = { 2 } },
          false },
        { "the zone file", { .kind = CHOICE_ZONEFILE }, { .kind = CHOICE_ZONEFILE }, true },
        { "the zone file and a region",
          { .kind = CHOICE_ZONEFILE },
          { .count = 1, .regions = { 0 } },
          false },
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        if (shortlist_equal(&cases[i].a, &cases[i].b) != cases[i].equal ||
            shortlist_equal(&cases[i].b, &cases[i].a) != cases[i].equal)
            fail_msg("%s: not as expected", cases[i].what);
}

/* A past bug: "spread" may be larger than an answer. */
static void spread_over_more_regions_than_an_answer_holds(void **state)
{
    enum { MANY = 100 };
    struct scene *scene = *state;
    struct service_region regions[MANY];
    uint16_t order[MANY];
    struct {
        struct shortlist list;
        uint16_t behind;
    } out = { .behind = 0xabcd };

    for (uint16_t i = 0; i < MANY; i++) {
        regions[i] = scene->regions[HELSINKI];
        order[i] = i;
    }
    scene->service.regions = regions;
    scene->service.region_count = MANY;
    scene->service.spread = MANY;
    const struct inquiry inquiry = inquire(scene, RRTYPE_A);
    for (int down = 0; down < 2; down++) {
        scene_health(scene, down ? "ddd" : "uuu", "uuu");
        shortlist_make(&inquiry, order, MANY, &out.list);
        assert_int_equal(out.list.count, SERVICE_ANSWERS_LIMIT);
        assert_int_equal(out.list.serve_all, down);
        assert_int_equal(out.behind, 0xabcd);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_photograph_is_judged_like_the_board, scene_setup,
                                        scene_teardown),
        cmocka_unit_test_setup_teardown(a_photograph_notices_every_change, scene_setup,
                                        scene_teardown),
        cmocka_unit_test_setup_teardown(a_returning_region_takes_its_clients_back_one_by_one,
                                        scene_setup, scene_teardown),
        cmocka_unit_test_setup_teardown(a_returning_region_is_better_than_none, scene_setup,
                                        scene_teardown),
        cmocka_unit_test_setup_teardown(only_what_stands_before_makes_unsure, scene_setup,
                                        scene_teardown),
        cmocka_unit_test(equal_lists_give_equal_records),
        cmocka_unit_test_setup_teardown(spread_over_more_regions_than_an_answer_holds, scene_setup,
                                        scene_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
