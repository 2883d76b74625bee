#include "health/probe.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void errors_tell_what_they_mean_for_the_verdict(void **state)
{
    (void)state;
    static const struct {
        int error;
        bool refused, inconclusive;
        const char *reason;
    } cases[] = {
        { ECONNREFUSED, true, false, "connection refused" },
        { ECONNRESET, false, false, "connection reset by peer" },
        { EHOSTUNREACH, false, false, "no route to host" },
        { ENETUNREACH, false, false, "network is unreachable" },
        { EADDRNOTAVAIL, false, false, "cannot assign requested address" },
        { EMFILE, false, true, "too many open files" },
        { ENFILE, false, true, "too many open files in system" },
        { ENOMEM, false, true, "cannot allocate memory" },
        { ENOBUFS, false, true, "no buffer space available" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct probe_result result = { .good = true };
        probe_fail_errno(&result, cases[i].error);
        assert_false(result.good);
        assert_int_equal(result.refused, cases[i].refused);
        assert_int_equal(result.inconclusive, cases[i].inconclusive);
        assert_string_equal(result.reason, cases[i].reason);
    }
}

static void reasons_are_one_short_printable_line(void **state)
{
    (void)state;
    struct probe_result result = { .good = true };
    probe_fail(&result, "said '%s'", "a\x1b[31mb\r\n");
    assert_false(result.good);
    assert_string_equal(result.reason, "said 'a?[31mb?"
                                       "?'");

    char much[1000];
    memset(much, 'x', sizeof much - 1);
    much[sizeof much - 1] = '\0';
    probe_fail(&result, "%s", much);
    assert_int_equal(strlen(result.reason), PROBE_REASON - 1);
}

static void timeouts_say_how_long(void **state)
{
    (void)state;
    struct probe_result result = { .good = true };
    probe_fail_timeout(&result, 250);
    assert_string_equal(result.reason, "timed out after 250ms");
    probe_fail_timeout(&result, 60000);
    assert_string_equal(result.reason, "timed out after 1m");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_tell_what_they_mean_for_the_verdict),
        cmocka_unit_test(reasons_are_one_short_printable_line),
        cmocka_unit_test(timeouts_say_how_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
