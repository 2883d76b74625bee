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

/* ---- days against a model ---- */

/*
 * All results of a target, and what follows from them by the sentences of
 * docs/probes.md alone: nothing is carried on but the list.
 */
struct record {
    uint64_t at_ms;
    bool good;
    enum health counted; /* by counting, after it */
};

enum { RECORDS = 60000 };

static struct record records[RECORDS];

static unsigned model_falls(size_t count, uint64_t now_ms, uint32_t window_ms)
{
    unsigned falls = 0;
    for (size_t i = count; i-- > 1 && now_ms - records[i].at_ms < window_ms;)
        falls += records[i].counted == HEALTH_DOWN && records[i - 1].counted == HEALTH_UP;
    return falls;
}

/* What the next result makes of the target, `count` of them being known. */
static enum health model_count(const struct probe_spec *spec, size_t count, bool good,
                               uint64_t now_ms)
{
    const enum health spoken = good ? HEALTH_UP : HEALTH_DOWN;
    if (count == 0)
        return spoken;
    const enum health stands = records[count - 1].counted;
    if (spoken == stands)
        return stands;

    unsigned streak = 1;
    for (size_t i = count; i-- > 1 && records[i].good == good && records[i - 1].counted == stands;)
        streak++;
    unsigned needed = spec->fall;
    if (good) {
        const unsigned falls = model_falls(count, now_ms, 600000);
        needed = spec->rise * (falls < 3    ? 1u
                               : falls == 3 ? 2u
                               : falls == 4 ? 4u
                               : falls == 5 ? 8u
                                            : 16u);
    }
    return streak >= needed ? spoken : stands;
}

static uint64_t trace_random(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return *seed >> 33;
}

/* How a target fares for some minutes: well, dead, failing now and then, or flapping. */
static bool trace_result(uint64_t *seed, unsigned mood, size_t i)
{
    switch (mood) {
    case 0:
        return true;
    case 1:
        return false;
    case 2:
        return trace_random(seed) % 100 >= 30;
    case 3:
        return i / 5 % 2 == 0;
    default:
        return trace_random(seed) % 1000 != 0;
    }
}

/* A day at a result every two seconds or so, with gaps: by the judge, and by the list. */
static void a_day_is_judged_as_the_documents_say(void **state)
{
    enum { DAY_MS = 24 * 3600 * 1000, SEEDS = 8 };
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        uint64_t random = seed, now_ms = 1000, mood_ends_ms = 0;
        unsigned mood = 0, changes = 0;
        size_t count = 0;
        struct probe_spec spec = spec_of(0);
        struct judge judge;
        assert_true(judge_init(&judge, &spec, now_ms));
        for (; now_ms < DAY_MS && count < RECORDS; count++) {
            if (now_ms >= mood_ends_ms) {
                mood = (unsigned)(trace_random(&random) % 6);
                mood_ends_ms = now_ms + trace_random(&random) % 600000;
            }
            const bool good = trace_result(&random, mood, count);
            const enum health expected = model_count(&spec, count, good, now_ms);
            changes += judge_feed(&judge, good, 1000, now_ms);
            if (judge.health != expected)
                fail_msg("seed %u, result %zu at %u s: %d, and not %d", (unsigned)seed, count,
                         (unsigned)(now_ms / 1000), (int)judge.health, (int)expected);
            records[count] = (struct record){ now_ms, good, expected };
            now_ms += trace_random(&random) % 200 == 0 ? 60000 : 1800 + trace_random(&random) % 400;
        }
        /* It was a day worth the while. */
        assert_true(count > 20000 && changes > 50);
        judge_release(&judge);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counting_and_gates_must_agree),
        cmocka_unit_test(names_the_gate_that_is_shut),
        cmocka_unit_test(a_day_is_judged_as_the_documents_say),
        cmocka_unit_test(falls_are_remembered_for_ten_minutes_or_thirty_intervals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
