#include "tools/load_flight.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct flight flight;

static int flight_clear(void **state)
{
    (void)state;
    flight_init(&flight);
    return 0;
}

static void knows_what_is_away(void **state)
{
    (void)state;
    const uint16_t first = flight_depart(&flight, 7, 50, 100);
    const uint16_t second = flight_depart(&flight, 8, 150, 200);

    assert_int_not_equal(first, second);
    assert_int_equal(flight.away, 2);
    assert_int_equal(flight_find(&flight, first)->query, 7);
    assert_int_equal(flight_find(&flight, second)->due_ns, 150);
    flight_land(&flight, first);
    assert_null(flight_find(&flight, first));
    assert_non_null(flight_find(&flight, second));
    assert_int_equal(flight.away, 1);
    assert_null(flight_find(&flight, FLIGHT_IDS));
    assert_null(flight_find(&flight, 65535));
}

/* With a thousand away and landing in a scrambled order, no id is ever given to two. */
static void lets_ids_rest(void **state)
{
    (void)state;
    enum { AWAY = 1000 };
    uint16_t ids[AWAY];
    static uint32_t landed_at[FLIGHT_IDS];

    for (unsigned i = 0; i < AWAY; i++)
        ids[i] = flight_depart(&flight, i, 0, i);
    for (uint32_t turn = 1; turn < 200000; turn++) {
        const unsigned place = turn * 7919 % AWAY;
        flight_land(&flight, ids[place]);
        landed_at[ids[place]] = turn;
        ids[place] = flight_depart(&flight, turn, 0, turn);
        const uint32_t landed = landed_at[ids[place]];
        if (landed > 0 && turn - landed < FLIGHT_IDS - AWAY - 1)
            fail_msg("id %u was used again after %u others", ids[place], turn - landed);
        assert_int_equal(flight_find(&flight, ids[place])->query, turn);
    }
    assert_int_equal(flight.away, AWAY);
}

static void gives_up_the_oldest(void **state)
{
    (void)state;
    uint16_t ids[6];

    for (uint32_t i = 0; i < 6; i++)
        ids[i] = flight_depart(&flight, i, 0, 10 * i);
    flight_land(&flight, ids[0]);
    flight_land(&flight, ids[3]);
    flight_land(&flight, ids[5]);
    assert_int_equal(flight_expire(&flight, 10), 0);
    assert_int_equal(flight_expire(&flight, 11), 1);
    assert_null(flight_find(&flight, ids[1]));
    assert_int_equal(flight_expire(&flight, 40), 1);
    assert_non_null(flight_find(&flight, ids[4]));
    assert_int_equal(flight_expire(&flight, 1000), 1);
    assert_int_equal(flight_expire(&flight, 1000), 0);
    assert_int_equal(flight.away, 0);
    const uint16_t again = flight_depart(&flight, 9, 0, 2000);
    assert_int_equal(flight_expire(&flight, 2001), 1);
    assert_null(flight_find(&flight, again));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(knows_what_is_away, flight_clear),
        cmocka_unit_test_setup(lets_ids_rest, flight_clear),
        cmocka_unit_test_setup(gives_up_the_oldest, flight_clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
