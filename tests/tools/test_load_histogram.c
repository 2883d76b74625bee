#include "tools/load_histogram.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct histogram histogram;

static int histogram_clear(void **state)
{
    (void)state;
    memset(&histogram, 0, sizeof histogram);
    return 0;
}

static void finds_quantiles_of_few(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        double share;
        uint64_t expected; /* of 1, 2, ... 10 ns */
    } cases[] = {
        { "the least", 0, 1 },           { "the median of ten is the fifth", 0.5, 5 },
        { "nine of ten", 0.9, 9 },       { "more than nine of ten", 0.91, 10 },
        { "99 in a hundred", 0.99, 10 }, { "all", 1, 10 },
    };

    assert_int_equal(histogram_quantile(&histogram, 0.5), 0);
    for (uint64_t ns = 10; ns > 0; ns--)
        histogram_add(&histogram, ns);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (histogram_quantile(&histogram, cases[i].share) != cases[i].expected)
            fail_msg("%s: %lu", cases[i].what,
                     (unsigned long)histogram_quantile(&histogram, cases[i].share));
    assert_int_equal(histogram.total, 10);
    assert_int_equal(histogram.most, 10);
}

/* Of each size there is one, between a short one and a long one that hide no rounding. */
static void is_off_by_less_than_a_step(void **state)
{
    for (uint64_t ns = 1; ns < 1000000000000; ns += ns / 3 + 1) {
        (void)histogram_clear(state);
        histogram_add(&histogram, 0);
        histogram_add(&histogram, ns);
        histogram_add(&histogram, 2 * ns);
        const uint64_t median = histogram_quantile(&histogram, 0.5);
        if (median < ns || median - ns > ns / HISTOGRAM_STEPS)
            fail_msg("%lu ns come out as %lu", (unsigned long)ns, (unsigned long)median);
    }
}

static void counts_the_longest_of_all(void **state)
{
    (void)state;
    histogram_add(&histogram, UINT64_MAX);
    histogram_add(&histogram, 5);
    assert_int_equal(histogram.most, UINT64_MAX);
    assert_int_equal(histogram_quantile(&histogram, 0.5), 5);
    assert_true(histogram_quantile(&histogram, 1) > 1000000000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(finds_quantiles_of_few, histogram_clear),
        cmocka_unit_test_setup(is_off_by_less_than_a_step, histogram_clear),
        cmocka_unit_test_setup(counts_the_longest_of_all, histogram_clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
