#include "dns/server/forecast.h"

#include "dns/base/hash.h"
#include "tests/dns/server/reach.h"

static const uint16_t types[] = { RRTYPE_A, RRTYPE_AAAA };

/* What a test of this file looks at. */
struct sight {
    struct house house;
    struct forecast *forecast;
    struct reach v4, v6;
};

static void sight_open(struct sight *sight)
{
    reach_open(&sight->house, CITIES);
    sight->forecast = forecast_new();
    assert_non_null(sight->forecast);
    reach_fill(&sight->v4, sight->house.now->atlas, FAMILY_V4);
    reach_fill(&sight->v6, sight->house.now->atlas, FAMILY_V6);
    assert_true(sight->v4.count > 100);
    assert_true(sight->v6.count > 1000);
}

static void sight_close(struct sight *sight)
{
    free(sight->v4.clients);
    free(sight->v6.clients);
    house_close(&sight->house);
    forecast_free(sight->forecast);
}

/* Both families of the addresses alike. */
static void set_health(struct sight *sight, unsigned up)
{
    for (size_t i = 0; i < COUNT(types); i++)
        reach_health(&sight->house, types[i], up);
}

static void look(struct sight *sight)
{
    forecast_make(sight->forecast, sight->house.now, NULL);
    forecast_forget(sight->forecast);
}

/* Scopes of IPv4 clients are as short as can be; IPv6 has the worn networks to go round. */
static void check_service(struct sight *sight, const struct service *service, unsigned up,
                          bool fresh)
{
    for (size_t i = 0; i < COUNT(types); i++) {
        reach_ask(&sight->v4, sight->house.now, service, types[i]);
        reach_check_truth(&sight->v4, service, up);
        if (fresh && !reach_draws(service))
            reach_check_width(&sight->v4, service, up);
        reach_ask(&sight->v6, sight->house.now, service, types[i]);
        reach_check_truth(&sight->v6, service, up);
    }
}

static void scopes_are_true_and_as_wide_as_true(void **state)
{
    (void)state;
    struct sight sight;
    sight_open(&sight);

    for (unsigned up = 0; up < 1u << REACH_REGIONS; up++) {
        set_health(&sight, up);
        look(&sight);
        for (size_t i = 0; i < REACH_SERVICES; i++)
            check_service(&sight, reach_services(&sight.house)[i], up, true);
    }
    sight_close(&sight);
}

/* Between a change and the next outlook nobody is told more than is true. */
static void a_late_outlook_makes_no_scope_untrue(void **state)
{
    (void)state;
    struct sight sight;
    uint64_t seed = 7;
    sight_open(&sight);

    for (unsigned round = 0; round < 100; round++) {
        seed = hash_mix(seed + round);
        const unsigned before = (unsigned)seed % (1u << REACH_REGIONS);
        const unsigned after = (unsigned)(seed >> 32) % (1u << REACH_REGIONS);
        set_health(&sight, before);
        look(&sight);
        set_health(&sight, after);
        const struct service *service = reach_services(&sight.house)[round % REACH_SERVICES];
        check_service(&sight, service, after, false);
    }
    sight_close(&sight);
}

/* The sum of all scopes: it falls when some become wider. */
static size_t total_scope(struct sight *sight)
{
    size_t total = 0;
    reach_ask(&sight->v6, sight->house.now, reach_services(&sight->house)[0], RRTYPE_A);
    for (size_t i = 0; i < sight->v6.count; i++)
        total += sight->v6.clients[i].scope;
    return total;
}

static void a_generation_does_not_see_the_outlook_of_another(void **state)
{
    (void)state;
    enum { OSLO_DOWN = 0x1e };
    struct sight sight;
    sight_open(&sight);

    set_health(&sight, OSLO_DOWN);
    const size_t narrow = total_scope(&sight);
    look(&sight);
    const size_t wide = total_scope(&sight);
    assert_true(wide < narrow);

    house_write(&sight.house, "app.zone", PLAIN_ZONE "more A 192.0.2.1\nfile A 192.0.2.99\n");
    house_build(&sight.house, NULL);
    assert_int_equal(sight.house.now->generation, 2);
    set_health(&sight, OSLO_DOWN);
    assert_int_equal(total_scope(&sight), narrow);
    look(&sight);
    assert_int_equal(total_scope(&sight), wide);
    sight_close(&sight);
}

static void services_in_one_state_share_and_the_rest_is_freed(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        unsigned a, aaaa;
        size_t count;
    } cases[] = {
        /* of `pair`, which needs one at all times, and shares it between its types */
        { "all is well", 0x1f, 0x1f, 1 },          { "one region is down", 0x1e, 0x1e, 7 },
        { "the families differ", 0x1e, 0x1d, 14 }, { "IPv6 alone is ill", 0x1f, 0x1d, 8 },
        { "all is well again", 0x1f, 0x1f, 1 },
    };
    struct sight sight;
    sight_open(&sight);

    for (size_t i = 0; i < COUNT(cases); i++) {
        reach_health(&sight.house, RRTYPE_A, cases[i].a);
        reach_health(&sight.house, RRTYPE_AAAA, cases[i].aaaa);
        for (int again = 0; again < 2; again++) {
            look(&sight);
            if (forecast_count(sight.forecast) != cases[i].count)
                fail_msg("%s: %zu prospects", cases[i].what, forecast_count(sight.forecast));
        }
        assert_true(forecast_footprint(sight.forecast) > 0);
    }
    sight_close(&sight);
}

static void a_state_that_is_not_known_has_no_outlook(void **state)
{
    (void)state;
    struct sight sight;
    sight_open(&sight); /* nobody has been probed */

    look(&sight);
    assert_int_equal(forecast_count(sight.forecast), 0);
    assert_null(sight.house.now->outlook->now);
    sight_close(&sight);
}

static void ends_early_when_told_to(void **state)
{
    (void)state;
    static const _Atomic(bool) ends = true;
    struct sight sight;
    sight_open(&sight);

    set_health(&sight, 0);
    forecast_make(sight.forecast, sight.house.now, &ends);
    forecast_forget(sight.forecast);
    assert_int_equal(forecast_count(sight.forecast), 0);
    sight_close(&sight);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scopes_are_true_and_as_wide_as_true),
        cmocka_unit_test(a_late_outlook_makes_no_scope_untrue),
        cmocka_unit_test(a_generation_does_not_see_the_outlook_of_another),
        cmocka_unit_test(services_in_one_state_share_and_the_rest_is_freed),
        cmocka_unit_test(a_state_that_is_not_known_has_no_outlook),
        cmocka_unit_test(ends_early_when_told_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
