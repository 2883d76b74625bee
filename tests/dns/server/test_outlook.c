#include "dns/server/outlook.h"

#include <stdatomic.h>

#include "tests/dns/server/scene.h"

enum { MANY = 300 };

static void finds_what_was_added_and_nothing_else(void **state)
{
    static struct service services[MANY];
    static struct prospect prospects[MANY];
    struct scene *scene = *state;
    struct outlook_slot slot;
    struct outlook *outlook = outlook_new(scene->snapshot.generation);

    assert_null(outlook_find(&scene->snapshot, &services[0], RRTYPE_A)); /* there is no slot */
    scene->snapshot.outlook = &slot;
    atomic_init(&slot.now, NULL);
    assert_null(outlook_find(&scene->snapshot, &services[0], RRTYPE_A));
    atomic_store(&slot.now, outlook);
    assert_null(outlook_find(&scene->snapshot, &services[0], RRTYPE_A)); /* it is empty */

    for (size_t i = 0; i < MANY; i += 3)
        assert_true(outlook_add(outlook, &services[i], RRTYPE_A, &prospects[i]));
    assert_int_equal(outlook_count(outlook), MANY / 3);
    for (size_t i = 0; i < MANY; i++) {
        assert_ptr_equal(outlook_find(&scene->snapshot, &services[i], RRTYPE_A),
                         i % 3 == 0 ? &prospects[i] : NULL);
        assert_null(outlook_find(&scene->snapshot, &services[i], RRTYPE_AAAA));
    }
    scene->snapshot.generation++;
    assert_null(outlook_find(&scene->snapshot, &services[0], RRTYPE_A));
    outlook_free(outlook);
}

/* 0.0.0.0/1 is told the first list, the rest of the world number 1. */
static struct view *halves(void)
{
    static const uint32_t values[] = { 0, 1 };
    struct spans v4, v6;
    struct table *tables[2];
    struct view *view;

    spans_init(&v4);
    spans_init(&v6);
    assert_int_equal(spans_append(&v4, 0, 0), STATUS_OK);
    assert_int_equal(spans_append(&v4, UINT64_C(1) << 63, 1), STATUS_OK);
    assert_int_equal(spans_append(&v6, 0, 1), STATUS_OK);
    assert_int_equal(table_build(&v4, &tables[0]), STATUS_OK);
    assert_int_equal(table_build(&v6, &tables[1]), STATUS_OK);
    assert_int_equal(view_build(tables[0], tables[1], values, &view), STATUS_OK);
    spans_release(&v4);
    spans_release(&v6);
    table_free(tables[0]);
    table_free(tables[1]);
    return view;
}

static void speaks_only_when_all_is_as_it_was(void **state)
{
    static const struct {
        const char *what, *client, *health;
        struct shortlist list;
        bool speaks;
    } cases[] = {
        { "the state and the answer of the photograph",
          "10.0.0.1",
          "duu",
          { .count = 1, .regions = { FRANKFURT } },
          true },
        { "health has gone on",
          "10.0.0.1",
          "dud",
          { .count = 1, .regions = { FRANKFURT } },
          false },
        { "the answer was made before",
          "10.0.0.1",
          "duu",
          { .count = 1, .regions = { HELSINKI } },
          false },
        { "a draw decides", "200.0.0.1", "duu", { .count = 1, .regions = { FRANKFURT } }, false },
    };
    static const struct shortlist lists[] = { { .count = 1, .regions = { FRANKFURT } } };
    struct scene *scene = *state;
    const struct inquiry inquiry = { &scene->service, RRTYPE_A, scene->pools_now, NULL, NULL };
    struct prospect prospect = { .view = halves(), .lists = lists, .list_count = 1 };

    scene_health(scene, "duu", "uuu");
    assert_true(inquiry_photograph(&inquiry, prospect.up));
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct policy_client who = { .address = scene_address(cases[i].client),
                                           .source_len = 32 };
        const struct standing at = standing_of(&who);
        uint8_t scope = 99;
        scene_health(scene, cases[i].health, "uuu");
        if (prospect_scope(&prospect, &inquiry, &at, &cases[i].list, &scope) != cases[i].speaks)
            fail_msg("%s: expected %s", cases[i].what, cases[i].speaks ? "a scope" : "silence");
        assert_int_equal(scope, cases[i].speaks ? 1 : 99);
    }
    const struct standing nobody = standing_of(&(struct policy_client){ .source_len = 0 });
    uint8_t scope;
    scene_health(scene, "duu", "uuu");
    assert_false(prospect_scope(&prospect, &inquiry, &nobody, &lists[0], &scope));
    view_free(prospect.view);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(finds_what_was_added_and_nothing_else, scene_setup,
                                        scene_teardown),
        cmocka_unit_test_setup_teardown(speaks_only_when_all_is_as_it_was, scene_setup,
                                        scene_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
