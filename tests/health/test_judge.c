#include "health/judge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct probe_spec spec_of(uint8_t gate_count)
{
    return (struct probe_spec){
        .interval_ms = 1000,
        .fall = 3,
        .rise = 2,
        .damping = true,
        .gates = {
            { .metric = GATE_ERROR_RATE, .window_ms = 12000, .min_samples = 4, .down = 0.25,
              .up = 0.1, .up_for_ms = 2000 },
            { .metric = GATE_LATENCY, .permille = 500, .window_ms = 12000, .min_samples = 4,
              .down = 1e6, .up = 5e5 },
        },
        .gate_count = gate_count,
    };
}

/*
 * A result each second: '+' good and quick, '~' good and slow, '-' bad, '*' the
 * judge begins afresh; after each what stands: U up, D down, u and d the same
 * while unsure.
 */
static const struct {
    const char *what;
    uint8_t gate_count;
    const char *results, *health;
} cases[] = {
    { "without gates counting judges alone", 0, "+---++", "UuuDdU" },
    { "the first result decides alone, gates or not", 2, "-", "D" },
    { "and a good one", 2, "+", "U" },
    { "a gate goes down where counting would not", 1, "++-+-", "UUuUd" },
    { "and comes back when it has proven itself", 1, "++-+-++++++++++++", "UUuUdDDDDDDDDDddU" },
    { "counting up again does not open a gate", 1, "+---++++++++++++++", "UuuDdDDDDDDDDDddUU" },
    { "each gate for itself", 2, "++~~~", "UUUUD" },
    { "slow is no failure to counting", 2, "~~~~~", "UUUDD" },
    { "afresh forgets a streak and keeps the verdict", 0, "+--*--*---*-", "UuuUuuUuuDDD" },
    { "afresh forgets a way back", 0, "+---+*++", "UuuDdDdU" },
    { "afresh forgets what gates have measured", 1, "++-*+-+", "UUuUUuU" },
    { "afresh keeps a gate shut until it has proven itself", 1, "++-+-*++++++", "UUuUdDDDDddU" },
    { "quick again at once where nothing must be proven", 2, "~~~~~+++++", "UUUDDDDDDU" },
};

static char letter_of(const struct judge *judge)
{
    const bool unsure = judge_unsure(judge);
    switch (judge->health) {
    case HEALTH_UP:
        return unsure ? 'u' : 'U';
    case HEALTH_DOWN:
        return unsure ? 'd' : 'D';
    case HEALTH_UNKNOWN:
        break;
    }
    return '?';
}

static void counting_and_gates_must_agree(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct probe_spec spec = spec_of(cases[i].gate_count);
        struct judge judge;
        assert_true(judge_init(&judge, &spec, 0));
        assert_int_equal(letter_of(&judge), '?');
        char seen[32] = "";
        for (size_t k = 0; cases[i].results[k] != '\0'; k++) {
            const enum health before = judge.health;
            const char result = cases[i].results[k];
            const uint32_t took_us = result == '~' ? 2000000 : 1000;
            const uint64_t now_ms = (k + 1) * 1000;
            if (result == '*') {
                judge_afresh(&judge);
                assert_int_equal(judge.health, before);
                seen[k] = letter_of(&judge);
                continue;
            }
            const bool falls = judge_would_fall(&judge, now_ms);
            const bool changed = judge_feed(&judge, result != '-', took_us, now_ms);
            assert_int_equal(changed, judge.health != before);
            if (result == '-' && falls != (before == HEALTH_UP && judge.health == HEALTH_DOWN))
                fail_msg("%s: a fall was not foretold at result %zu", cases[i].what, k);
            if (changed)
                assert_int_equal(judge.since_ms, (k + 1) * 1000);
            seen[k] = letter_of(&judge);
        }
        if (strcmp(seen, cases[i].health) != 0)
            fail_msg("%s: %s, not %s", cases[i].what, seen, cases[i].health);
        judge_release(&judge);
    }
}

static void names_the_gate_that_is_shut(void **state)
{
    (void)state;
    const struct probe_spec spec = spec_of(2);
    struct judge judge;
    assert_true(judge_init(&judge, &spec, 0));
    assert_int_equal(judge_shut_gate(&judge), -1);
    for (uint64_t i = 0; i < 4; i++)
        judge_feed(&judge, true, 2000000, i);
    assert_int_equal(judge_shut_gate(&judge), 1);
    judge_feed(&judge, false, 0, 5);
    judge_feed(&judge, false, 0, 6);
    assert_int_equal(judge_shut_gate(&judge), 0);
    judge_release(&judge);
}

static void falls_are_remembered_for_ten_minutes_or_thirty_intervals(void **state)
{
    (void)state;
    static const struct {
        uint32_t interval_ms;
        bool damping;
        uint32_t window_ms;
    } rows[] = { { 100, true, 600000 },
                 { 20000, true, 600000 },
                 { 60000, true, 1800000 },
                 { 3600000, true, 108000000 },
                 { 60000, false, 0 } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct probe_spec spec = spec_of(0);
        struct judge judge;
        spec.interval_ms = rows[i].interval_ms;
        spec.damping = rows[i].damping;
        assert_true(judge_init(&judge, &spec, 0));
        assert_int_equal(judge.rules.flap_window_ms, rows[i].window_ms);
        judge_release(&judge);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counting_and_gates_must_agree),
        cmocka_unit_test(names_the_gate_that_is_shut),
        cmocka_unit_test(falls_are_remembered_for_ten_minutes_or_thirty_intervals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
