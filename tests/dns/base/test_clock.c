#include "dns/base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void times_are_printed_in_utc(void **state)
{
    (void)state;
    static const struct {
        uint64_t wall_ms;
        const char *text;
    } cases[] = {
        { 0, "1970-01-01T00:00:00.000Z" },
        { 1795242600123u, "2026-11-21T06:30:00.123Z" },
        { 951782399999u, "2000-02-28T23:59:59.999Z" },
        { 951782400000u, "2000-02-29T00:00:00.000Z" },
        { UINT64_MAX, "584556019-04-03T14:25:51.615Z" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[CLOCK_TEXT];
        assert_string_equal(clock_print(cases[i].wall_ms, text), cases[i].text);
    }
}

static void what_was_printed_is_read_again(void **state)
{
    (void)state;
    static const uint64_t times[] = { 0, 1, 1795242600123u, 951782399999u, 253402300799999u };
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        char text[CLOCK_TEXT];
        uint64_t wall_ms = 7;
        assert_true(clock_scan(clock_print(times[i], text), &wall_ms));
        assert_int_equal(wall_ms, times[i]);
    }
    static const char *const others[] = {
        "", "now", "2026-11-21", "2026-11-21T06:30:00Z", "2026-11-21T06:30:00.123",
        "2026-11-21T06:30:00.12Z", "2026-11-21T06:30:00.1234Z", "2026-11-21T06:30:00.123Z ",
        "2026-13-21T06:30:00.123Z", "1969-12-31T23:59:59.000Z", "2026-11-21T06:30:00.+12Z",
        "2026-11-21T06:30:00.-12Z",
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        uint64_t wall_ms = 7;
        if (clock_scan(others[i], &wall_ms) || wall_ms != 7)
            fail_msg("'%s' is read as a time", others[i]);
    }
}

static void monotonic_time_never_goes_back(void **state)
{
    (void)state;
    uint64_t before = clock_monotonic_ns();
    for (int i = 0; i < 1000; i++) {
        const uint64_t now = clock_monotonic_ns();
        assert_true(now >= before);
        before = now;
    }
    const uint64_t ms = clock_monotonic_ms();
    assert_in_range(ms, before / 1000000, before / 1000000 + 60 * 1000);
}

static void wall_time_is_of_this_century(void **state)
{
    (void)state;
    assert_in_range(clock_wall_ms(), 1577836800000u, 4102444800000u); /* 2020 .. 2100 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_printed_in_utc),
        cmocka_unit_test(what_was_printed_is_read_again),
        cmocka_unit_test(monotonic_time_never_goes_back),
        cmocka_unit_test(wall_time_is_of_this_century),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
