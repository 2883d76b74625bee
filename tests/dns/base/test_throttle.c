#include "dns/base/throttle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const char noisy[] = "cannot send to %s";
static const char calm[] = "region %s is up";

static unsigned passes(struct throttle *throttle, const char *format, unsigned calls,
                       uint64_t now_ms)
{
    unsigned passed = 0;
    for (unsigned i = 0; i < calls; i++)
        passed += throttle_pass(throttle, format, 20, now_ms);
    return passed;
}

static void each_site_has_its_own_burst(void **state)
{
    (void)state;
    struct throttle throttle = { 0 };
    assert_int_equal(passes(&throttle, noisy, 100, 5000), 20);
    assert_int_equal(passes(&throttle, calm, 3, 5000), 3);
    assert_int_equal(passes(&throttle, noisy, 100, 5999), 0);
    assert_int_equal(passes(&throttle, noisy, 100, 6000), 20);
}

static void what_was_held_back_is_told_once_and_later(void **state)
{
    (void)state;
    struct throttle throttle = { 0 };
    unsigned held = 0;
    passes(&throttle, noisy, 100, 5000);
    passes(&throttle, calm, 5, 5000);
    assert_null(throttle_collect(&throttle, 5999, &held));
    assert_ptr_equal(throttle_collect(&throttle, 6000, &held), noisy);
    assert_int_equal(held, 80);
    assert_null(throttle_collect(&throttle, 6000, &held));
}

static void a_full_table_still_counts(void **state)
{
    (void)state;
    static const char sites[THROTTLE_SITES + 50];
    struct throttle throttle = { 0 };
    for (size_t i = 0; i < sizeof sites; i++)
        passes(&throttle, sites + i, 21, 1000);
    unsigned held, total = 0;
    while (throttle_collect(&throttle, 2000, &held) != NULL)
        total += held;
    /* Sites that share a place hold back more, never less. */
    assert_true(total >= sizeof sites);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_site_has_its_own_burst),
        cmocka_unit_test(what_was_held_back_is_told_once_and_later),
        cmocka_unit_test(a_full_table_still_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
