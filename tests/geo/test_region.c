#include "geo/region.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct region items[] = {
    { .name = "helsinki-1", .placed = true, .latitude = 60.17, .longitude = 24.94 },
    { .name = "cdn-a" },
    { .name = "Helsinki-1" },
};
static const struct region_list regions = { items, 3 };

static void finds_a_region_by_its_exact_name(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint16_t id;
    } cases[] = {
        { "helsinki-1", 0 },         { "cdn-a", 1 },      { "Helsinki-1", 2 },
        { "helsinki", REGION_NONE }, { "", REGION_NONE },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (region_find(&regions, cases[i].name) != cases[i].id)
            fail_msg("'%s': not %u", cases[i].name, cases[i].id);

    const struct region_list none = { NULL, 0 };
    assert_int_equal(region_find(&none, "helsinki-1"), REGION_NONE);
}

/* Helsinki to Berlin (52.52, 13.405) is 1105 km on the great circle. */
static void a_bias_stretches_or_shrinks_the_distance(void **state)
{
    (void)state;
    static const struct {
        int bias;
        double factor;
    } cases[] = {
        { 0, 1.0 }, { 50, 0.5 }, { 99, 0.01 }, { -50, 2.0 }, { -75, 4.0 }, { -99, 100.0 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct region region = items[0];
        region.bias = cases[i].bias;

        const double km = region_biased_km(&region, 52.52, 13.405);
        if (fabs(km / cases[i].factor - 1105.0) > 2.0)
            fail_msg("bias %d: %.3f km", cases[i].bias, km);
    }
}

static void regions_at_one_place_are_equally_far_to_the_last_bit(void **state)
{
    (void)state;
    const struct region twin = {
        .name = "b", .placed = true, .latitude = 60.17, .longitude = 24.94
    };
    const double a = region_biased_km(&items[0], -33.9, 151.2);
    const double b = region_biased_km(&twin, -33.9, 151.2);
    assert_memory_equal(&a, &b, sizeof a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_a_region_by_its_exact_name),
        cmocka_unit_test(a_bias_stretches_or_shrinks_the_distance),
        cmocka_unit_test(regions_at_one_place_are_equally_far_to_the_last_bit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
