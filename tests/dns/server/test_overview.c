#include "dns/server/overview.h"

#include "tests/dns/server/stage.h"

static void sums_over_all_workers(void **state)
{
    (void)state;
    struct tally *first = tally_new(), *second = tally_new();
    const struct tally *tallies[] = { first, second };
    const struct overview overview = { .tallies = tallies, .tally_count = 2 };
    counter_add(&first->dropped, 2);
    counter_add(&second->dropped, 3);
    counter_add(&first->named[7], 10);
    counter_add(&second->named[7], 20);
    assert_int_equal(overview_sum(&overview, offsetof(struct tally, dropped)), 5);
    assert_int_equal(overview_sum(&overview, offsetof(struct tally, truncated)), 0);
    assert_int_equal(overview_sum_named(&overview, 7), 30);
    assert_int_equal(overview_sum_named(&overview, TALLY_NAMED), 0);
    tally_free(first);
    tally_free(second);
}

static void health_has_words(void **state)
{
    (void)state;
    assert_string_equal(overview_health_text(HEALTH_UP), "up");
    assert_string_equal(overview_health_text(HEALTH_DOWN), "down");
    assert_string_equal(overview_health_text(HEALTH_UNKNOWN), "unknown");
    static const struct {
        struct pool_state state;
        const char *text;
    } pools[] = {
        { { .health = HEALTH_UP }, "up" },
        { { .health = HEALTH_DOWN }, "down" },
        { { .health = HEALTH_UNKNOWN }, "unknown" },
        { { .health = HEALTH_DOWN, .cause = POOL_BY_DRAIN }, "drained" },
        { { .health = HEALTH_UP, .cause = POOL_BY_FORCE }, "forced up" },
        { { .health = HEALTH_DOWN, .cause = POOL_BY_FORCE }, "forced down" },
        { { .health = HEALTH_UP, .cause = POOL_BY_LIMIT }, "held up" },
    };
    for (size_t i = 0; i < sizeof pools / sizeof *pools; i++)
        assert_string_equal(overview_pool_text(pools[i].state), pools[i].text);
}

static void note(void *context, const struct overview_endpoint *at)
{
    char *seen = context;
    snprintf(seen + strlen(seen), 64, "%s/%s ", at->service->name,
             at->service->regions[at->region].name);
}

static void visits_endpoints_that_are_probed(void **state)
{
    struct stage *stage = *state;
    char seen[256] = "";
    struct loader_outcome outcome;
    replace_file("zones/app.example.map.json",
                 "{ \"regions\": { \"a\": {}, \"b\": {} },"
                 "  \"probes\": { \"p\": { \"type\": \"tcp\", \"port\": 9 } },"
                 "  \"services\": { \"s\": { \"route\": \"a\", \"endpoints\": {"
                 "    \"a\": { \"A\": [{ \"address\": \"127.0.0.2\", \"probe\": \"p\" }] },"
                 "    \"b\": { \"A\": [\"192.0.2.1\"] } } } }, \"names\": { \"www\": \"s\" } }");
    const uint64_t ticket = loader_request(stage->loader);
    while (loader_served(stage->loader) < ticket)
        usleep(1000);
    loader_outcome(stage->loader, &outcome, NULL);
    assert_true(outcome.in_force);

    const struct snapshot *snapshot = snapshot_enter();
    overview_each_endpoint(snapshot, note, seen);
    snapshot_leave();
    assert_string_equal(seen, "s/a ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_over_all_workers),
        cmocka_unit_test(health_has_words),
        cmocka_unit_test_setup_teardown(visits_endpoints_that_are_probed, stage_setup,
                                        stage_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
