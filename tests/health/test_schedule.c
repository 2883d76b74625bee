#include "health/schedule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void starts_once_in_every_interval(void **state)
{
    (void)state;
    struct schedule schedule;
    schedule_init(&schedule, 42, 2000, 0);
    assert_in_range(schedule.phase_ms, 0, 1999);

    uint64_t now = 1234567;
    uint64_t last = schedule_next(&schedule, now, 0);
    assert_in_range(last, now, now + 1999);
    assert_int_equal((last - schedule.phase_ms) % 2000, 0);
    for (int i = 0; i < 1000; i++) {
        const uint64_t next = schedule_next(&schedule, last, 0);
        assert_int_equal(next, last + 2000);
        last = next;
    }
}

static void lateness_stays_within_the_jitter_and_does_not_add_up(void **state)
{
    (void)state;
    struct schedule schedule;
    schedule_init(&schedule, 7, 1000, 50);
    const uint64_t first_slot = (schedule_next(&schedule, 5000, 0), schedule.slot_ms);

    uint64_t now = first_slot, random = 1, latest = 0;
    for (uint64_t i = 1; i <= 1000; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        now = schedule_next(&schedule, now, random >> 11);
        const uint64_t slot = first_slot + i * 1000;
        assert_in_range(now, slot, slot + 499);
        latest = now - slot > latest ? now - slot : latest;
    }
    assert_in_range(latest, 400, 499); /* the jitter is used */
}

static void a_loop_that_was_busy_skips_what_it_missed(void **state)
{
    (void)state;
    struct schedule schedule;
    schedule_init(&schedule, 7, 1000, 0);
    const uint64_t first = schedule_next(&schedule, 5000, 0);
    assert_int_equal(schedule_next(&schedule, first + 3500, 0), first + 4000);
    /* A timer a little early still means the next slot, not the same again. */
    assert_int_equal(schedule_next(&schedule, first + 3990, 0), first + 5000);
}

static void targets_spread_over_the_interval(void **state)
{
    (void)state;
    enum { TARGETS = 10000, PARTS = 10 };
    unsigned parts[PARTS] = { 0 };
    for (uint64_t seed = 0; seed < TARGETS; seed++) {
        struct schedule schedule;
        schedule_init(&schedule, seed, 10000, 10);
        parts[schedule.phase_ms / (10000 / PARTS)]++;
    }
    for (size_t i = 0; i < PARTS; i++)
        assert_in_range(parts[i], TARGETS / PARTS * 8 / 10, TARGETS / PARTS * 12 / 10);
}

static void the_phase_is_the_targets_own(void **state)
{
    (void)state;
    struct schedule one, same;
    schedule_init(&one, 99, 60000, 10);
    schedule_init(&same, 99, 60000, 10);
    assert_int_equal(one.phase_ms, same.phase_ms);
    assert_int_equal(schedule_next(&one, 1000000, 3), schedule_next(&same, 1000000, 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(starts_once_in_every_interval),
        cmocka_unit_test(lateness_stays_within_the_jitter_and_does_not_add_up),
        cmocka_unit_test(a_loop_that_was_busy_skips_what_it_missed),
        cmocka_unit_test(targets_spread_over_the_interval),
        cmocka_unit_test(the_phase_is_the_targets_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
