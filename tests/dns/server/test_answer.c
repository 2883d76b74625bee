#include "dns/server/answer.h"

#include "tests/dns/server/exchange.h"

/* What a found thing looks like on the wire. Finding it is lookup's, and tested there. */

static const struct sketch_record records[] = {
    { "www.example.", RRTYPE_A, "192.0.2.80" },
    { "www.example.", RRTYPE_AAAA, "2001:db8::80" },
    { "c.example.", RRTYPE_CNAME, "www.example." },
    { "c-none.example.", RRTYPE_CNAME, "missing.example." },
    { "c-out.example.", RRTYPE_CNAME, "www.foreign.test." },
    { "example.", RRTYPE_MX, "www.example." },
    { "alias.example.", RRTYPE_MX, "mail.foreign.test." },
    { "svc.example.", RRTYPE_HTTPS, "www.example." },
    { "to-svc.example.", RRTYPE_HTTPS, "svc.example." },
    { "round.example.", RRTYPE_HTTPS, "about.example." },
    { "about.example.", RRTYPE_HTTPS, "round.example." },
    { "cut.example.", RRTYPE_NS, "ns1.cut.example." },
    { "cut.example.", RRTYPE_NS, "ns2.cut.example." },
    { "cut.example.", RRTYPE_NS, "www.example." },
    { "ns1.cut.example.", RRTYPE_A, "192.0.2.51" },
    { "ns2.cut.example.", RRTYPE_AAAA, "2001:db8::52" },
    { "d.example.", RRTYPE_DNAME, "example." },
};

struct world {
    struct arena *arena;
    struct snapshot snapshot;
    struct finding finding;
    uint8_t response[65535];
    struct written written;
};

static int setup(void **state)
{
    struct world *world = calloc(1, sizeof *world);

    assert_non_null(world);
    world->arena = arena_new();
    assert_non_null(world->arena);
    const struct zone *zone = sketch_zone(world->arena, "example.", records, COUNT(records));
    struct zonedb *zones;
    assert_int_equal(zonedb_build(&zone, 1, world->arena, &zones), STATUS_OK);
    world->snapshot = (struct snapshot){ .generation = 1,
                                         .zones = zones,
                                         .serving = { .minimal_responses = true } };
    *state = world;
    return 0;
}

static int teardown(void **state)
{
    struct world *world = *state;
    arena_free(world->arena);
    free(world);
    return 0;
}

/* Looks up and writes into exactly `limit` octets. */
static size_t write_for(struct world *world, const char *qname, uint16_t qtype, size_t limit,
                        struct reading *out)
{
    const struct request request = request_for(qname, qtype);
    struct message query;

    assert_true(message_parse(request.octets, request.len, &query));
    lookup_find(world->snapshot.zones, &query.key, query.qtype, &world->finding);
    const struct answer answer = {
        .authoritative = true,
        .finding = &world->finding,
        .hop_count = world->finding.hop_count,
    };
    uint8_t *response = malloc(limit); /* the sanitizer sees one octet of overrun */
    assert_non_null(response);
    const size_t len =
        answer_write(&query, &answer, &world->snapshot, response, limit, &world->written);
    assert_true(len <= limit);
    if (len > 0)
        read_response(response, len, out);
    free(response);
    return len;
}

static void composes_what_the_outcome_asks_for(void **state)
{
    static const struct {
        const char *what;
        const char *qname;
        uint16_t qtype;
        bool minimal;
        const char *text;
    } cases[] = {
        { "an answer", "www.example.", RRTYPE_A, true, "www.example. A 3600 |  | " },
        { "the asker's case", "wWw.example.", RRTYPE_A, true, "wWw.example. A 3600 |  | " },
        { "with the apex NS", "www.example.", RRTYPE_A, false,
          "www.example. A 3600 | example. NS 3600 | " },
        { "the apex NS once", "example.", RRTYPE_NS, false, "example. NS 3600 |  | " },
        { "a chain", "c.example.", RRTYPE_AAAA, true,
          "c.example. CNAME 3600, www.example. AAAA 3600 |  | " },
        { "NODATA: the SOA for as long as the answer may live (RFC 2308)", "www.example.",
          RRTYPE_TXT, true, " | example. SOA 300 | " },
        { "NXDOMAIN", "missing.example.", RRTYPE_A, true, " | example. SOA 300 | " },
        { "NXDOMAIN behind a CNAME", "c-none.example.", RRTYPE_A, true,
          "c-none.example. CNAME 3600 | example. SOA 300 | " },
        { "the SOA itself keeps its TTL", "example.", RRTYPE_SOA, true, "example. SOA 3600 |  | " },
        { "an alias out of our zones", "c-out.example.", RRTYPE_A, true,
          "c-out.example. CNAME 3600 |  | " },
        { "a DNAME with its CNAME", "www.d.example.", RRTYPE_A, true,
          "d.example. DNAME 3600, www.d.example. CNAME 3600, www.example. A 3600 |  | " },
        { "a referral: NS, glue of the cut first, then other addresses of ours", "x.cut.example.",
          RRTYPE_A, true,
          " | cut.example. NS 3600, cut.example. NS 3600, cut.example. NS 3600 | "
          "ns1.cut.example. A 3600, ns2.cut.example. AAAA 3600, www.example. A 3600, "
          "www.example. AAAA 3600" },
        { "MX, minimal", "example.", RRTYPE_MX, true, "example. MX 3600 |  | " },
        { "MX with addresses", "example.", RRTYPE_MX, false,
          "example. MX 3600 | example. NS 3600 | www.example. A 3600, www.example. AAAA 3600" },
        { "MX to a host of others", "alias.example.", RRTYPE_MX, false,
          "alias.example. MX 3600 | example. NS 3600 | " },
        { "HTTPS brings addresses even when minimal (RFC 9460)", "svc.example.", RRTYPE_HTTPS, true,
          "svc.example. HTTPS 3600 |  | www.example. A 3600, www.example. AAAA 3600" },
        { "HTTPS at the target and what it leads to", "to-svc.example.", RRTYPE_HTTPS, true,
          "to-svc.example. HTTPS 3600 |  | svc.example. HTTPS 3600, www.example. A 3600, "
          "www.example. AAAA 3600" },
        { "HTTPS that lead to each other", "round.example.", RRTYPE_HTTPS, true,
          "round.example. HTTPS 3600 |  | about.example. HTTPS 3600" },
    };
    struct world *world = *state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct reading reading;
        world->snapshot.serving.minimal_responses = cases[i].minimal;
        assert_true(write_for(world, cases[i].qname, cases[i].qtype, 65535, &reading) > 0);
        if (strcmp(reading.text, cases[i].text) != 0)
            fail_msg("%s: '%s', expected '%s'", cases[i].what, reading.text, cases[i].text);
        assert_false(world->written.truncated);
        assert_int_equal(reading.flags & FLAG_TC, 0);
    }
}

/* Every limit: what fits is whole rrsets, and TC says so when something needed is missing. */
static void truncates_between_rrsets(void **state)
{
    static const struct {
        const char *qname;
        uint16_t qtype;
        bool minimal;
        const char *needed; /* without this in the text, TC must be set; with it, not */
    } cases[] = {
        { "c.example.", RRTYPE_A, true, "www.example. A" },
        { "missing.example.", RRTYPE_A, true, "example. SOA" },
        { "c-none.example.", RRTYPE_A, true, "example. SOA" },
        { "x.cut.example.", RRTYPE_A, true, "ns2.cut.example. AAAA" },
        { "example.", RRTYPE_MX, false, "example. MX" },
    };
    struct world *world = *state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        world->snapshot.serving.minimal_responses = cases[i].minimal;
        for (size_t limit = 1; limit < 400; limit++) {
            struct reading reading;
            if (write_for(world, cases[i].qname, cases[i].qtype, limit, &reading) == 0) {
                assert_true(limit < 12 + strlen(cases[i].qname) + 1 + 4);
                continue;
            }
            const bool whole = strstr(reading.text, cases[i].needed) != NULL;
            if (((reading.flags & FLAG_TC) != 0) == whole || world->written.truncated == whole)
                fail_msg("%s in %zu octets: TC %d with '%s'", cases[i].qname, limit,
                         (reading.flags & FLAG_TC) != 0, reading.text);
            const unsigned servers = (unsigned)(strstr(reading.text, "cut.example. NS") != NULL);
            if (servers != 0)
                assert_non_null(strstr(reading.text, "cut.example. NS 3600, cut.example. NS 3600, "
                                                     "cut.example. NS 3600"));
        }
    }
}

static void keeps_room_for_edns(void **state)
{
    struct world *world = *state;
    struct request request = request_for("www.example.", RRTYPE_A);
    struct message query;
    struct reading reading;

    add_opt(&request, 1232, NULL, 0);
    assert_true(message_parse(request.octets, request.len, &query));
    lookup_find(world->snapshot.zones, &query.key, query.qtype, &world->finding);
    const struct answer answer = {
        .finding = &world->finding,
        .hop_count = world->finding.hop_count,
        .edns = { .udp_size = 1232 },
    };
    const size_t whole = answer_write(&query, &answer, &world->snapshot, world->response,
                                      sizeof world->response, &world->written);
    read_response(world->response, whole, &reading);
    assert_true(reading.has_opt);

    /* One octet short: the answer goes, the OPT stays. */
    const size_t cut = answer_write(&query, &answer, &world->snapshot, world->response, whole - 1,
                                    &world->written);
    read_response(world->response, cut, &reading);
    assert_true(reading.has_opt && world->written.truncated);
    assert_string_equal(reading.text, " |  | ");
    assert_int_equal(reading.flags & FLAG_AA, 0);
    assert_int_equal(reading.flags & FLAG_RD, FLAG_RD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(composes_what_the_outcome_asks_for, setup, teardown),
        cmocka_unit_test_setup_teardown(truncates_between_rrsets, setup, teardown),
        cmocka_unit_test_setup_teardown(keeps_room_for_edns, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
