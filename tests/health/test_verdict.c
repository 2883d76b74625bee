#include "health/verdict.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/*
 * Results as they come in, and after each the health that must stand:
 * '+' good, '-' bad; U up, D down, u and d the same while unsure.
 */
static const struct {
    const char *what;
    struct verdict_rules rules;
    const char *results, *health;
} cases[] = {
    { "the first good result decides alone", { 3, 2 }, "+", "U" },
    { "the first bad result decides alone", { 3, 2 }, "-", "D" },
    { "three failures take it down", { 3, 2 }, "+---", "UuuD" },
    { "two failures do not", { 3, 2 }, "+--+--", "UuuUuu" },
    { "a success starts the count again", { 3, 2 }, "+--+---", "UuuUuuD" },
    { "two successes bring it back", { 3, 2 }, "-++", "DdU" },
    { "a failure starts the way back again", { 3, 2 }, "-+-++", "DdDdU" },
    { "fall 1 and rise 1 follow every result", { 1, 1 }, "+-+-", "UDUD" },
    { "failures while down change nothing", { 2, 2 }, "-----", "DDDDD" },
    { "a whole life", { 2, 3 }, "+++--+++", "UUUuDddU" },
    { "rules of zero are rules of one", { 0, 0 }, "+-+", "UDU" },
};

static char health_letter(const struct verdict *verdict)
{
    const bool unsure = verdict_unsure(verdict);
    switch (verdict->health) {
    case HEALTH_UP:
        return unsure ? 'u' : 'U';
    case HEALTH_DOWN:
        return unsure ? 'd' : 'D';
    case HEALTH_UNKNOWN:
        break;
    }
    return '?';
}

static void follows_the_results(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct verdict verdict;
        verdict_init(&verdict, 0);
        assert_int_equal(health_letter(&verdict), '?');
        for (size_t k = 0; cases[i].results[k] != '\0'; k++) {
            const enum health before = verdict.health;
            const bool changed =
                verdict_feed(&verdict, &cases[i].rules, cases[i].results[k] == '+', k + 1);
            if (health_letter(&verdict) != cases[i].health[k])
                fail_msg("%s: %c after result %zu", cases[i].what, health_letter(&verdict), k + 1);
            if (changed != (verdict.health != before))
                fail_msg("%s: result %zu says changed: %d", cases[i].what, k + 1, changed);
            if (changed && verdict.since_ms != k + 1)
                fail_msg("%s: changed at %zu, not then", cases[i].what, k + 1);
        }
    }
}

static void a_hundred_failures_are_counted(void **state)
{
    (void)state;
    const struct verdict_rules rules = { .fall = 100, .rise = 100 };
    struct verdict verdict;
    verdict_init(&verdict, 0);
    assert_true(verdict_feed(&verdict, &rules, true, 1));
    for (unsigned i = 1; i < 100; i++)
        assert_false(verdict_feed(&verdict, &rules, false, i));
    assert_true(verdict_feed(&verdict, &rules, false, 100));
    assert_int_equal(verdict.health, HEALTH_DOWN);
    assert_int_equal(verdict.since_ms, 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(follows_the_results),
        cmocka_unit_test(a_hundred_failures_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
