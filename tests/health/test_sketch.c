#include "health/sketch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dns/base/hash.h"

static void small_times_are_exact(void **state)
{
    (void)state;
    for (uint32_t us = 0; us < 2 * SKETCH_CUTS; us++)
        assert_int_equal(sketch_middle(sketch_bucket(us)), us);
}

static void every_time_is_near_the_middle_of_its_bucket(void **state)
{
    (void)state;
    unsigned last = 0;
    for (uint32_t us = 1; us < 67000000; us += 1 + us / 257) {
        const unsigned bucket = sketch_bucket(us);
        const double middle = sketch_middle(bucket), off = (middle - us) / us * 100;
        if (off > SKETCH_ERROR_PERCENT || off < -SKETCH_ERROR_PERCENT)
            fail_msg("%u us stands as %.0f us: %.1f%% off", us, middle, off);
        assert_true(bucket >= last);
        last = bucket;
    }
    assert_int_equal(last, SKETCH_BUCKETS - 1);
    assert_int_equal(sketch_bucket(UINT32_MAX), SKETCH_BUCKETS - 1);
}

static const struct {
    const char *what;
    uint32_t times[8];
    size_t count;
    unsigned permille;
    uint32_t quantile;
} cases[] = {
    { "none", { 0 }, 0, 500, 0 },
    { "one", { 7 }, 1, 500, 7 },
    { "the lower of two is the median", { 9, 5 }, 2, 500, 5 },
    { "the middle of three", { 9, 5, 1 }, 3, 500, 5 },
    { "p95 of few is the largest", { 1, 2, 3, 4 }, 4, 950, 4 },
    { "p75 of four is the third", { 4, 3, 2, 1 }, 4, 750, 3 },
    { "p25 of four is the first", { 4, 3, 2, 1 }, 4, 250, 1 },
    { "a little over p25 is the second", { 4, 3, 2, 1 }, 4, 251, 2 },
};

static void quantiles_are_by_nearest_rank(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        /* Spread over several sketches: it must make no difference. */
        struct sketch sketches[3];
        for (size_t k = 0; k < 3; k++)
            sketch_clear(&sketches[k]);
        for (size_t k = 0; k < cases[i].count; k++)
            sketch_add(&sketches[k % 3], cases[i].times[k]);
        const uint32_t got = sketch_quantile(sketches, 3, cases[i].permille);
        if (got != cases[i].quantile)
            fail_msg("%s: %u, not %u", cases[i].what, got, cases[i].quantile);
    }
}

static int compare(const void *a, const void *b)
{
    const uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return left < right ? -1 : left > right;
}

/* Times of six orders of magnitude: the sketch names the bucket of the exact quantile. */
static void agrees_with_sorting(void **state)
{
    (void)state;
    enum { TIMES = 5000 };
    static const unsigned quantiles[] = { 10, 500, 900, 950, 990, 999 };
    static uint32_t times[TIMES];
    static struct sketch sketch;
    sketch_clear(&sketch);
    for (uint64_t i = 0; i < TIMES; i++) {
        const uint64_t random = hash_mix(i * 0x9e3779b97f4a7c15u);
        times[i] = (uint32_t)(random >> 32) >> (random % 26 + 6);
        sketch_add(&sketch, times[i]);
    }
    qsort(times, TIMES, sizeof *times, compare);
    for (size_t i = 0; i < sizeof quantiles / sizeof *quantiles; i++) {
        const uint32_t exact = times[(TIMES * quantiles[i] + 999) / 1000 - 1];
        assert_int_equal(sketch_quantile(&sketch, 1, quantiles[i]),
                         sketch_middle(sketch_bucket(exact)));
    }
}

static void a_full_bucket_stays_full(void **state)
{
    (void)state;
    static struct sketch sketch;
    sketch_clear(&sketch);
    for (unsigned i = 0; i < UINT16_MAX + 10u; i++)
        sketch_add(&sketch, 5);
    assert_int_equal(sketch.counts[5], UINT16_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_times_are_exact),
        cmocka_unit_test(every_time_is_near_the_middle_of_its_bucket),
        cmocka_unit_test(quantiles_are_by_nearest_rank),
        cmocka_unit_test(agrees_with_sorting),
        cmocka_unit_test(a_full_bucket_stays_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
