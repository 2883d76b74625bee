#include "dns/server/debounce.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void waits_for_nothing_at_first(void **state)
{
    (void)state;
    const struct debounce debounce = { 0 };
    assert_int_equal(debounce_left(&debounce, 12345), -1);
}

static void each_change_starts_the_quiet_anew(void **state)
{
    (void)state;
    struct debounce debounce = { 0 };
    debounce_feed(&debounce, 1000);
    assert_int_equal(debounce_left(&debounce, 1000), DEBOUNCE_QUIET_MS);
    debounce_feed(&debounce, 1060);
    assert_int_equal(debounce_left(&debounce, 1100), 60);
    assert_int_equal(debounce_left(&debounce, 1160), 0);
    assert_int_equal(debounce_left(&debounce, 9999), 0);
}

static void noise_without_end_does_not_hold_it_up(void **state)
{
    (void)state;
    struct debounce debounce = { 0 };
    uint64_t now_ms = 5000;
    debounce_feed(&debounce, now_ms);
    while (debounce_left(&debounce, now_ms) > 0) {
        now_ms += 10;
        debounce_feed(&debounce, now_ms);
        assert_true(now_ms <= 5000 + DEBOUNCE_NOISE_MS);
    }
    assert_int_equal(now_ms, 5000 + DEBOUNCE_NOISE_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(waits_for_nothing_at_first),
        cmocka_unit_test(each_change_starts_the_quiet_anew),
        cmocka_unit_test(noise_without_end_does_not_hold_it_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
