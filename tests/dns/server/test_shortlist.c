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
        cmocka_unit_test(equal_lists_give_equal_records),
        cmocka_unit_test_setup_teardown(spread_over_more_regions_than_an_answer_holds, scene_setup,
                                        scene_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
