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
    { "the first good result decides alone", { .fall = 3, .rise = 2 }, "+", "U" },
    { "the first bad result decides alone", { .fall = 3, .rise = 2 }, "-", "D" },
    { "three failures take it down", { .fall = 3, .rise = 2 }, "+---", "UuuD" },
    { "two failures do not", { .fall = 3, .rise = 2 }, "+--+--", "UuuUuu" },
    { "a success starts the count again", { .fall = 3, .rise = 2 }, "+--+---", "UuuUuuD" },
    { "two successes bring it back", { .fall = 3, .rise = 2 }, "-++", "DdU" },
    { "a failure starts the way back again", { .fall = 3, .rise = 2 }, "-+-++", "DdDdU" },
    { "fall 1 and rise 1 follow every result", { .fall = 1, .rise = 1 }, "+-+-", "UDUD" },
    { "failures while down change nothing", { .fall = 2, .rise = 2 }, "-----", "DDDDD" },
    { "a whole life", { .fall = 2, .rise = 3 }, "+++--+++", "UUUuDddU" },
    { "rules of zero are rules of one", { .fall = 0, .rise = 0 }, "+-+", "UDU" },
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

/* ---- damping ---- */

static const struct verdict_rules damped = { .fall = 1, .rise = 2, .flap_window_ms = 60000 };

/* Takes it down at that time, and counts the good results, a second apart, that bring it back. */
static unsigned fall_and_return(struct verdict *verdict, uint64_t *now_ms)
{
    assert_true(verdict_feed(verdict, &damped, false, *now_ms));
    unsigned good = 0;
    do {
        good++;
        *now_ms += 1000;
    } while (!verdict_feed(verdict, &damped, true, *now_ms));
    return good;
}

static void whoever_falls_often_must_prove_itself_for_longer(void **state)
{
    (void)state;
    static const unsigned needed[] = { 2, 2, 4, 8, 16 };
    struct verdict verdict;
    uint64_t now_ms = 1000;
    verdict_init(&verdict, now_ms);
    verdict_feed(&verdict, &damped, true, now_ms);
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
        const unsigned good = fall_and_return(&verdict, &now_ms);
        if (good != needed[i])
            fail_msg("fall %zu: %u good results, not %u", i + 1, good, needed[i]);
        assert_int_equal(verdict.health, HEALTH_UP);
    }
}

static void the_way_back_is_never_more_than_sixteen_times_as_long(void **state)
{
    (void)state;
    struct verdict verdict;
    const struct verdict_rules rules = { .fall = 1, .rise = 1, .flap_window_ms = UINT32_MAX };
    verdict_init(&verdict, 0);
    verdict_feed(&verdict, &rules, true, 0);
    unsigned most = 0;
    for (uint64_t fall = 1; fall <= 20; fall++) {
        assert_true(verdict_feed(&verdict, &rules, false, fall));
        unsigned good = 1;
        while (!verdict_feed(&verdict, &rules, true, fall))
            good++;
        most = good > most ? good : most;
    }
    assert_int_equal(most, VERDICT_DAMPING_MOST);
}

static void time_forgets_falls(void **state)
{
    (void)state;
    struct verdict verdict;
    uint64_t now_ms = 1000;
    verdict_init(&verdict, now_ms);
    verdict_feed(&verdict, &damped, true, now_ms);
    for (unsigned i = 0; i < 4; i++)
        fall_and_return(&verdict, &now_ms);
    now_ms += damped.flap_window_ms;
    assert_int_equal(fall_and_return(&verdict, &now_ms), 2);
}

static void a_damped_target_returns_once_its_falls_are_old(void **state)
{
    (void)state;
    struct verdict verdict;
    uint64_t now_ms = 1000;
    verdict_init(&verdict, now_ms);
    verdict_feed(&verdict, &damped, true, now_ms);
    for (unsigned i = 0; i < 4; i++)
        fall_and_return(&verdict, &now_ms);
    verdict_feed(&verdict, &damped, false, now_ms);
    assert_int_equal(verdict_damping(&verdict, &damped, now_ms), 8);
    verdict_feed(&verdict, &damped, true, now_ms);
    assert_true(verdict_feed(&verdict, &damped, true, now_ms + damped.flap_window_ms));
}

static void a_start_with_a_dead_target_is_no_fall(void **state)
{
    (void)state;
    struct verdict verdict;
    verdict_init(&verdict, 0);
    verdict_feed(&verdict, &damped, false, 0);
    assert_int_equal(verdict.falls, 0);
}

static void without_a_window_nothing_is_damped(void **state)
{
    (void)state;
    const struct verdict_rules rules = { .fall = 1, .rise = 1 };
    struct verdict verdict;
    verdict_init(&verdict, 0);
    for (uint64_t i = 0; i < 40; i++)
        assert_true(verdict_feed(&verdict, &rules, i % 2 == 0, i));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whoever_falls_often_must_prove_itself_for_longer),
        cmocka_unit_test(the_way_back_is_never_more_than_sixteen_times_as_long),
        cmocka_unit_test(time_forgets_falls),
        cmocka_unit_test(a_damped_target_returns_once_its_falls_are_old),
        cmocka_unit_test(a_start_with_a_dead_target_is_no_fall),
        cmocka_unit_test(without_a_window_nothing_is_damped),
        cmocka_unit_test(follows_the_results),
        cmocka_unit_test(a_hundred_failures_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
