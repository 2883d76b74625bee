#include "dns/base/duration.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void reads_what_operators_write(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool valid;
        uint64_t ms;
    } cases[] = {
        { "250ms", true, 250 },
        { "10s", true, 10000 },
        { "5m", true, 300000 },
        { "2h", true, 7200000 },
        { "1d", true, 86400000 },
        { "1.5s", true, 1500 },
        { "0.25h", true, 900000 },
        { "0.0004s", true, 0 },
        { "0.0006s", true, 1 },
        { "0.9999999999999s", true, 1000 },
        { "30", true, 30000 },
        { "0.5", true, 500 },
        { "0", true, 0 },
        { "1m30s", true, 90000 },
        { "1d2h3m4s5ms", true, 93784005 },
        { "213503982334d", true, 18446744073657600000u },
        { "213503982335d", false, 0 },
        { "18446744073709551616ms", false, 0 },
        { "18446744073709551615ms1ms", false, 0 },
        { "", false, 0 },
        { " 1s", false, 0 },
        { "1s ", false, 0 },
        { "1 s", false, 0 },
        { "-1s", false, 0 },
        { "+1s", false, 0 },
        { "s", false, 0 },
        { "1.s", false, 0 },
        { ".5s", false, 0 },
        { "1..5s", false, 0 },
        { "1S", false, 0 },
        { "1sec", false, 0 },
        { "1w", false, 0 },
        { "1m30", false, 0 },
        { "0m30", false, 0 },
        { "0x10s", false, 0 },
        { "1e3s", false, 0 },
        { "inf", false, 0 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t ms = 77;
        if (duration_parse(cases[i].text, &ms) != cases[i].valid)
            fail_msg("'%s': expected %s", cases[i].text, cases[i].valid ? "accepted" : "refused");
        if (ms != (cases[i].valid ? cases[i].ms : 77))
            fail_msg("'%s': got %llu ms", cases[i].text, (unsigned long long)ms);
    }
}

static void prints_at_most_two_units(void **state)
{
    (void)state;
    static const struct {
        uint64_t ms;
        const char *text;
    } cases[] = {
        { 0, "0s" },
        { 1, "1ms" },
        { 250, "250ms" },
        { 2000, "2s" },
        { 1500, "1s500ms" },
        { 90000, "1m30s" },
        { 12000000, "3h20m" },
        { 12015000, "3h20m" },
        { 3605000, "1h5s" },
        { 86400000, "1d" },
        { UINT64_MAX, "213503982334d14h" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[32];
        assert_string_equal(duration_print(cases[i].ms, text, sizeof text), cases[i].text);
    }
}

static void a_short_buffer_is_not_overrun(void **state)
{
    (void)state;
    char text[8] = "#######";
    duration_print(90000, text, 4);
    assert_int_equal(text[4], '#');
    duration_print(90000, text, 1);
    assert_string_equal(text, "");
    text[0] = '#';
    duration_print(90000, text, 0);
    assert_int_equal(text[0], '#');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_operators_write),
        cmocka_unit_test(prints_at_most_two_units),
        cmocka_unit_test(a_short_buffer_is_not_overrun),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
