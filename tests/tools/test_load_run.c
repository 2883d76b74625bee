#include "tools/load_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Time is what the tests say it is; it begins here. */
static const uint64_t start = 5000000000;
static const uint64_t second = 1000000000, millisecond = 1000000, microsecond = 1000;

/* Two queries of twelve octets of header and the question "a. A" or "b. A". */
static uint8_t octets[] = {
    0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 'a', 0, 0, 1, 0, 1,
    0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 'b', 0, 0, 1, 0, 1,
};
static struct workload_query queries[] = {
    { .wire_at = 0, .wire_len = 19, .question_len = 7, .type = 1, .answers = 0 },
    { .wire_at = 19, .wire_len = 19, .question_len = 7, .type = 1, .answers = 0 },
};
static const struct workload workload = { .queries = queries, .count = 2, .octets = octets };

static struct load_run run;
static struct load_plan plan;

static int run_prepare(void **state)
{
    (void)state;
    plan = (struct load_plan){
        .window = 4,
        .warm_s = 1,
        .measure_s = 2,
        .timeout_ns = second,
        .sockets = 1,
    };
    return 0;
}

/* Asks the next query at this time; *query holds what would be sent. */
static void ask(uint64_t now_ns, uint8_t query[LOAD_QUERY_CAP])
{
    assert_int_equal(load_next(&run, now_ns, query), 19);
}

static bool answer(uint64_t now_ns, uint8_t query[LOAD_QUERY_CAP], uint8_t rcode)
{
    query[2] = 0x84;
    query[3] = rcode;
    return load_answer(&run, now_ns, query, 19);
}

static void keeps_the_window(void **state)
{
    (void)state;
    uint8_t sent[5][LOAD_QUERY_CAP];

    load_start(&run, &plan, &workload, start);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(load_due(&run, start), 4 - i);
        ask(start, sent[i]);
        assert_int_equal(sent[i][13], i % 2 == 0 ? 'a' : 'b');
    }
    assert_int_equal(load_due(&run, start + second), 0);
    assert_true(answer(start + second, sent[2], 0));
    assert_int_equal(load_due(&run, start + second), 1);
}

static void counts_what_was_wrong(void **state)
{
    (void)state;
    uint8_t sent[4][LOAD_QUERY_CAP];

    load_start(&run, &plan, &workload, start);
    for (unsigned i = 0; i < 4; i++)
        ask(start, sent[i]);
    assert_true(answer(start, sent[0], 0));
    assert_false(answer(start, sent[0], 0)); /* again */
    assert_true(answer(start, sent[1], 3));
    sent[2][13] = 'x';
    assert_true(answer(start, sent[2], 0));
    assert_false(load_answer(&run, start, sent[3], 1)); /* too short for an id */
    assert_int_equal(run.counts.answered, 3);
    assert_int_equal(run.counts.unknown, 2);
    assert_int_equal(run.counts.verdicts[VERDICT_GOOD], 1);
    assert_int_equal(run.counts.verdicts[VERDICT_RCODE], 1);
    assert_int_equal(run.counts.verdicts[VERDICT_STRAY], 1);
}

static void goes_through_its_phases(void **state)
{
    (void)state;
    uint8_t warm[LOAD_QUERY_CAP], late[LOAD_QUERY_CAP], lost[LOAD_QUERY_CAP];

    load_start(&run, &plan, &workload, start);
    ask(start, warm);
    assert_true(answer(start, warm, 0));
    load_tick(&run, start + second - 1);
    assert_int_equal(run.phase, LOAD_WARM);
    load_tick(&run, start + second);
    assert_int_equal(run.phase, LOAD_MEASURE);
    assert_int_equal(run.counts.sent, 0); /* nothing of the warming up is counted */
    assert_int_equal(run.counts.answered, 0);

    ask(start + 3 * second - 2, late);
    ask(start + 3 * second - 1, lost);
    load_tick(&run, start + 3 * second);
    assert_int_equal(run.phase, LOAD_DRAIN);
    assert_int_equal(load_due(&run, start + 3 * second), 0);
    assert_true(answer(start + 3 * second + 1, late, 0));
    load_tick(&run, start + 3 * second + 1);
    assert_false(load_over(&run));
    load_tick(&run, start + 4 * second);
    assert_true(load_over(&run));
    assert_int_equal(run.counts.sent, 2);
    assert_int_equal(run.counts.answered, 1);
    assert_int_equal(run.answered_in_time, 0);
    assert_int_equal(run.counts.lost, 1);
}

/* At 1000 a second one is due at once and one every millisecond. */
static void follows_the_schedule(void **state)
{
    (void)state;
    uint8_t sent[3][LOAD_QUERY_CAP];

    plan.rate = 1000;
    plan.warm_s = 10;
    load_start(&run, &plan, &workload, start);
    assert_int_equal(load_due(&run, start), 1);
    ask(start, sent[0]);
    assert_int_equal(load_due(&run, start + millisecond - microsecond), 0);
    assert_int_equal(load_due(&run, start + millisecond + microsecond), 1);
    /* After a stall all that were due leave, as far as the window goes. */
    assert_int_equal(load_due(&run, start + 2 * millisecond + microsecond), 2);
    assert_int_equal(load_due(&run, start + 100 * millisecond), 3);

    /* One that leaves late has waited since it was due: 100 ms less its place. */
    ask(start + 100 * millisecond, sent[1]);
    ask(start + 100 * millisecond, sent[2]);
    assert_true(answer(start + 100 * millisecond, sent[1], 0));
    assert_int_equal(run.latency.most, 99 * millisecond);

    /* The other is not lost for having left late: its patience begins as it leaves. */
    load_tick(&run, start + 100 * millisecond + second);
    assert_int_equal(run.counts.lost, 1);
    assert_true(answer(start + 100 * millisecond + second, sent[2], 0));
}

static void ends_after_so_many(void **state)
{
    (void)state;
    uint8_t sent[3][LOAD_QUERY_CAP];

    plan.warm_s = 0;
    plan.most = 3;
    load_start(&run, &plan, &workload, start);
    load_tick(&run, start);
    assert_int_equal(load_due(&run, start), 3);
    for (unsigned i = 0; i < 3; i++)
        ask(start, sent[i]);
    assert_true(answer(start, sent[1], 0));
    assert_int_equal(load_due(&run, start), 0);
    load_tick(&run, start);
    assert_int_equal(run.phase, LOAD_MEASURE);
    assert_true(answer(start, sent[0], 0));
    assert_true(answer(start, sent[2], 0));
    load_tick(&run, start);
    assert_true(load_over(&run));
    assert_int_equal(run.counts.answered, 3);
}

static void draws_other_subnets(void **state)
{
    (void)state;
    struct workload_query drawn = queries[0];
    const struct workload one = { .queries = &drawn, .count = 1, .octets = octets };
    uint8_t first[LOAD_QUERY_CAP], second_query[LOAD_QUERY_CAP];

    drawn.subnet_at = 16;
    load_start(&run, &plan, &one, start);
    ask(start, first);
    ask(start, second_query);
    assert_memory_not_equal(first + 16, second_query + 16, 3);
    assert_memory_equal(first + 2, second_query + 2, 14);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(keeps_the_window, run_prepare),
        cmocka_unit_test_setup(counts_what_was_wrong, run_prepare),
        cmocka_unit_test_setup(goes_through_its_phases, run_prepare),
        cmocka_unit_test_setup(follows_the_schedule, run_prepare),
        cmocka_unit_test_setup(ends_after_so_many, run_prepare),
        cmocka_unit_test_setup(draws_other_subnets, run_prepare),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
