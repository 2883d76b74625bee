#include "health/lanes.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <ev.h>

#include "dns/base/clock.h"

/* Somebody with a name, who takes a place when he is let go. */
struct person {
    struct lane_seat seat;
    char name;
    bool takes_none; /* he could not be started */
};

enum { PEOPLE = 64 };

static struct ev_loop *loop;
static struct lanes *lanes;
static struct person people[PEOPLE];
static char went[PEOPLE * 4];

static void go(struct lane_seat *seat)
{
    const struct person *person = (const struct person *)(const void *)seat;
    const size_t len = strlen(went);
    assert_false(seat->waits);
    went[len] = person->name;
    if (!person->takes_none)
        lanes_take(lanes, seat->lane);
}

static int setup(void **state)
{
    (void)state;
    loop = ev_loop_new(EVFLAG_NOENV);
    lanes = lanes_new(loop, go);
    assert_non_null(lanes);
    memset(went, 0, sizeof went);
    memset(people, 0, sizeof people);
    for (size_t i = 0; i < PEOPLE; i++)
        people[i].name = (char)('A' + (char)i);
    for (uint8_t i = 0; i < LANES_MOST; i++)
        lanes_bound(lanes, i, UINT_MAX);
    lanes_bound_all(lanes, UINT_MAX);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    lanes_free(lanes);
    ev_loop_destroy(loop);
    return 0;
}

/* "A" joins lane 0, "a" lane 1; the loop turns until nothing is left to do. */
static void join(const char *names)
{
    for (; *names != '\0'; names++) {
        const bool second = *names >= 'a';
        struct person *person = &people[*names - 'A'];
        person->seat.lane = second;
        lanes_join(lanes, &person->seat);
    }
}

static void turn(void)
{
    for (unsigned i = 0; i < PEOPLE; i++)
        ev_run(loop, EVRUN_NOWAIT);
}

static void in_their_order_each_once(void **state)
{
    (void)state;
    join("CABA");
    turn();
    assert_string_equal(went, "CAB");
    join("A");
    turn();
    assert_string_equal(went, "CABA");
}

static void places_are_bounded(void **state)
{
    (void)state;
    lanes_bound_all(lanes, 2);
    join("ABCD");
    turn();
    assert_string_equal(went, "AB");
    lanes_give(lanes, 0);
    turn(); /* nobody was told */
    lanes_serve(lanes);
    turn();
    assert_string_equal(went, "ABC");
    lanes_leave(lanes, &people['D' - 'A'].seat);
    lanes_give(lanes, 0);
    lanes_serve(lanes);
    turn();
    assert_string_equal(went, "ABC");
}

static void a_full_lane_keeps_no_other_waiting(void **state)
{
    (void)state;
    lanes_bound(lanes, 0, 1);
    join("ABCabc");
    turn();
    assert_non_null(strchr(went, 'a'));
    assert_non_null(strchr(went, 'c'));
    assert_null(strchr(went, 'B'));
}

static void lanes_take_turns(void **state)
{
    (void)state;
    lanes_bound_all(lanes, 0);
    join("ABCDab");
    turn();
    lanes_bound_all(lanes, UINT_MAX);
    lanes_serve(lanes);
    turn();
    assert_string_equal(went, "AaBbCD");
}

static void who_cannot_be_started_takes_no_place(void **state)
{
    (void)state;
    lanes_bound_all(lanes, 1);
    people[0].takes_none = people[1].takes_none = true;
    join("ABCD");
    turn();
    assert_string_equal(went, "ABC");
}

/* A pipe that always has something to say, and time that it takes. */
static void on_word(struct ev_loop *its_loop, struct ev_io *io, int events)
{
    (void)its_loop;
    (void)io;
    (void)events;
    usleep(1000);
}

static void waits_while_there_is_something_to_read(void **state)
{
    struct ev_io io;
    int ends[2];
    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "x", 1), 1);
    ev_io_init(&io, on_word, ends[0], EV_READ);
    ev_io_start(loop, &io);

    const uint64_t then_ms = clock_monotonic_ms();
    join("A"); /* nobody went for long: at once */
    assert_string_equal(went, "A");
    join("B");
    for (unsigned i = 0; i < 5; i++)
        ev_run(loop, EVRUN_NOWAIT);
    if (clock_monotonic_ms() - then_ms < LANES_LATEST_MS)
        assert_string_equal(went, "A");
    usleep((LANES_LATEST_MS + 1) * 1000);
    join("C"); /* it has been long again: all may go */
    assert_string_equal(went, "ABC");
    ev_io_stop(loop, &io);
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
#define LANES(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        LANES(in_their_order_each_once),
        LANES(places_are_bounded),
        LANES(a_full_lane_keeps_no_other_waiting),
        LANES(lanes_take_turns),
        LANES(who_cannot_be_started_takes_no_place),
        LANES(waits_while_there_is_something_to_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
