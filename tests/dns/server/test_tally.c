#include "dns/server/tally.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "dns/proto/message.h"
#include "zones/service.h"
#include "zones/zone.h"

static const struct zone zone = { .name = "a.example", .counter_id = 5 };
static const struct service_region regions[] = { { .name = "one", .counter_id = 8 },
                                                 { .name = "two", .counter_id = 9 } };
static const struct service service = { .name = "web", .regions = regions, .region_count = 2 };

static void counts_what_became_of_a_query(void **state)
{
    (void)state;
    struct tally *tally = tally_new();
    assert_non_null(tally);
    const struct query_note answered = {
        .rcode = RCODE_NOERROR, .zone = &zone, .service = &service, .region = 1
    };
    const struct query_note cut = { .rcode = RCODE_NOERROR, .truncated = true, .zone = &zone };
    const struct query_note runt = { .malformed = true };
    const struct query_note odd = { .rcode = 4000 };

    tally_query(tally, TRANSPORT_UDP4, &answered, 100);
    tally_query(tally, TRANSPORT_UDP6, &cut, 100);
    tally_query(tally, TRANSPORT_TCP4, &runt, 0);
    tally_query(tally, TRANSPORT_TCP6, &odd, 100);

    for (unsigned i = 0; i < TRANSPORTS; i++)
        assert_int_equal(counter_read(&tally->queries[i]), 1);
    assert_int_equal(counter_read(&tally->rcodes[RCODE_NOERROR]), 2);
    assert_int_equal(counter_read(&tally->rcodes[TALLY_RCODES - 1]), 1);
    assert_int_equal(counter_read(&tally->malformed), 1);
    assert_int_equal(counter_read(&tally->truncated), 1);
    assert_int_equal(counter_read(&tally->named[zone.counter_id]), 2);
    assert_int_equal(counter_read(&tally->named[regions[0].counter_id]), 0);
    assert_int_equal(counter_read(&tally->named[regions[1].counter_id]), 1);
    tally_free(tally);
}

/* Silence is no answer: neither its rcode nor its region counts. */
static void silence_is_no_answer(void **state)
{
    (void)state;
    struct tally *tally = tally_new();
    const struct query_note note = { .zone = &zone, .service = &service, .region = 0 };
    tally_query(tally, TRANSPORT_UDP4, &note, 0);
    assert_int_equal(counter_read(&tally->rcodes[RCODE_NOERROR]), 0);
    assert_int_equal(counter_read(&tally->named[regions[0].counter_id]), 0);
    assert_int_equal(counter_read(&tally->named[zone.counter_id]), 1);
    tally_free(tally);
}

static void an_id_beyond_the_table_is_left_out(void **state)
{
    (void)state;
    struct tally *tally = tally_new();
    const struct zone far = { .name = "far", .counter_id = TALLY_NAMED };
    const struct query_note note = { .zone = &far, .service = &service, .region = UINT16_MAX };
    tally_query(tally, TRANSPORT_UDP4, &note, 50);
    assert_int_equal(counter_read(&tally->rcodes[RCODE_NOERROR]), 1);
    assert_int_equal(counter_read(&tally->named[TALLY_NAMED - 1]), 0);
    tally_free(tally);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_what_became_of_a_query),
        cmocka_unit_test(silence_is_no_answer),
        cmocka_unit_test(an_id_beyond_the_table_is_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
