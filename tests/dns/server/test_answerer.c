#include "dns/server/answerer.h"

#include "tests/dns/server/stage.h"

static size_t ask(struct stage *stage, bool stream, const char *source, const char *qname,
                  uint8_t response[1232])
{
    const struct request request = request_for(qname, RRTYPE_TXT);
    struct address address;
    assert_true(address_parse(source, &address));
    const struct snapshot *snapshot = snapshot_enter();
    const size_t len = (stream ? answerer_stream : answerer_datagram)(
        &stage->answerer, snapshot, &address, request.octets, request.len, response, 1232);
    snapshot_leave();
    return len;
}

/* The stage allows 3 errors a second and lets none slip. */
static void errors_are_limited_per_client_prefix(void **state)
{
    struct stage *stage = *state;
    uint8_t response[1232];
    unsigned answered = 0;
    for (unsigned i = 0; i < 10; i++)
        answered += ask(stage, false, "192.0.2.1", "foreign.example.", response) > 0;
    assert_int_equal(answered, 3);
    assert_int_equal(counter_read(&stage->tally->limited), 7);
    assert_true(ask(stage, false, "198.51.100.1", "foreign.example.", response) > 0);
    assert_true(ask(stage, false, "192.0.2.1", "txt.app.example.", response) > 0);
}

static void a_stream_is_not_limited(void **state)
{
    struct stage *stage = *state;
    uint8_t response[1232];
    for (unsigned i = 0; i < 10; i++)
        assert_true(ask(stage, true, "192.0.2.1", "foreign.example.", response) > 0);
    assert_int_equal(counter_read(&stage->tally->limited), 0);
    assert_int_equal(counter_read(&stage->tally->rcodes[RCODE_REFUSED]), 10);
}

static void transports_are_counted_apart(void **state)
{
    static const struct {
        const char *source;
        bool stream;
        enum transport transport;
    } rows[] = {
        { "192.0.2.1", false, TRANSPORT_UDP4 },
        { "2001:db8::1", false, TRANSPORT_UDP6 },
        { "192.0.2.1", true, TRANSPORT_TCP4 },
        { "2001:db8::1", true, TRANSPORT_TCP6 },
    };
    struct stage *stage = *state;
    uint8_t response[1232];
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_true(ask(stage, rows[i].stream, rows[i].source, "txt.app.example.", response) > 0);
        assert_int_equal(counter_read(&stage->tally->queries[rows[i].transport]), 1);
    }
}

static void each_query_has_its_own_sequence_and_chance(void **state)
{
    struct stage *stage = *state;
    uint8_t response[1232];
    const uint32_t sequence = stage->answerer.sequence;
    const uint64_t seed = stage->answerer.seed;
    ask(stage, false, "192.0.2.1", "txt.app.example.", response);
    assert_int_equal(stage->answerer.sequence, sequence + 1);
    assert_true(stage->answerer.seed != seed);
}

int main(void)
{
#define STAGED(test) cmocka_unit_test_setup_teardown(test, stage_setup, stage_teardown)
    const struct CMUnitTest tests[] = {
        STAGED(errors_are_limited_per_client_prefix),
        STAGED(a_stream_is_not_limited),
        STAGED(transports_are_counted_apart),
        STAGED(each_query_has_its_own_sequence_and_chance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
