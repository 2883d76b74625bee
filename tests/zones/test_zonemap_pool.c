#include "zones/zonemap_pool.h"

#include "tests/zones/map_fixture.h"

/*
 * One region, one service with the endpoints of the row, by a route that needs no place, and
 * another one that uses all the probes.
 */
#define POOL(type, list)                                                                     \
    "{ 'regions': { 'eu': {} }, 'probes': { 'tcp': { 'type': 'tcp', 'port': 80 }, 'bare': {" \
    " 'type': 'tcp' }, 'off': { 'type': 'none' } }, 'services': { 'api': { 'route': 'eu',"   \
    " 'endpoints': { 'eu': { '" type "': " list " } } }, 'probed': { 'route': 'eu',"         \
    " 'probe': 'off', 'endpoints': { 'eu': { 'TXT': [" ASKED("a", "tcp") ", " ASKED(         \
        "b", "bare") "] } } } }, 'names': { 'www': 'api', 'probed': 'probed' } }"
#define ASKED(rdata, probe) \
    "{ 'rdata': '" rdata "', 'probe': '" probe "', 'address': '127.0.0.1', 'port': 9 }"
#define AT "app.map.json: services.api.endpoints.eu."

static const struct map_case cases[] = {
    { "addresses of the wrong kind", NULL,
      POOL("A", "['2001:db8::1', '192.0.2', 7, '', '192.0.2.1']"),
      AT "A[0]: 2001:db8::1 is an IPv6 address, an A record holds IPv4\n" AT
         "A[1]: '192.0.2' is not an IPv4 address\n" AT
         "A[2]: expected a string, or an object with \"address\"\n" AT
         "A[3]: expected a string that is not empty" },
    { "IPv4 where IPv6 belongs", NULL, POOL("AAAA", "['192.0.2.1', '::ffff:192.0.2.1']"),
      AT "AAAA[0]: 192.0.2.1 is an IPv4 address, an AAAA record holds IPv6" },
    { "an address twice, once as an object", NULL,
      POOL("A", "['192.0.2.1', { 'address': '192.0.2.1', 'weight': 5 }]"),
      AT "A[1]: stands in this list twice" },
    { "the same IPv6 address in two spellings", NULL,
      POOL("AAAA", "['2001:db8::1', '2001:DB8:0::1']"), AT "AAAA[1]: stands in this list twice" },
    { "an address that is no list", NULL, POOL("A", "'192.0.2.1'"), AT "A: expected a list" },
    { "an empty list", NULL, POOL("A", "[]"),
      AT "A: the list is empty; leave the type out if there is none" },
    { "every mistake of an object", NULL,
      POOL("A",
           "[{ 'adress': '192.0.2.1', 'weight': 0, 'port': 65536, 'probe': 'tpc', 'host': 1 }]"),
      AT "A[0].adress: unknown key, did you mean 'address'?\n" AT
         "A[0].weight: 0 is not in 1..65535\n" AT "A[0].port: 65536 is not in 1..65535\n" AT
         "A[0].host: expected a string, found a number\n" AT
         "A[0].probe: unknown probe 'tpc', did you mean 'tcp'?\n" AT
         "A[0]: \"address\" is missing" },
    { "a probe that nobody gives a port", NULL,
      POOL("A", "[{ 'address': '192.0.2.1', 'probe': 'bare' }, { 'address': '192.0.2.2', 'probe':"
                " 'bare', 'port': 81 }]"),
      AT "A[0]: no port: neither the probe 'bare' nor the endpoint has one" },
    { "a CNAME alone, relative to the zone", NULL, POOL("CNAME", "'cdn'"), "" },
    { "a CNAME in a list", NULL, POOL("CNAME", "['cdn.example.net.']"), "" },
    { "two CNAMEs", NULL, POOL("CNAME", "['a.example.', 'b.example.']"),
      AT "CNAME: CNAME takes one name" },
    { "a CNAME that is no name", NULL, POOL("CNAME", "'a..b'"),
      AT "CNAME: 'a..b' is not a domain name: a label is empty (two dots in a row, or a dot in "
         "front)" },
    { "a probed CNAME needs a host or an address", NULL,
      POOL("CNAME", "{ 'name': 'cdn.example.', 'probe': 'tcp' }"),
      AT "CNAME: a probe here needs \"host\", the name of a host to ask, or \"address\"" },
    { "the host of a probed CNAME", NULL,
      POOL("CNAME", "{ 'name': 'cdn.example.', 'probe': 'tcp', 'host': 'cdn.example' }"), "" },
    { "a host that is none", NULL,
      POOL("CNAME", "{ 'name': 'cdn.example.', 'probe': 'tcp', 'host': 'cdn example' }"),
      AT "CNAME.host: 'cdn example' is not the name of a host" },
    { "the address of a probed CNAME", NULL,
      POOL("CNAME", "{ 'name': 'cdn.example.', 'probe': 'tcp', 'address': 'cdn' }"),
      AT "CNAME.address: 'cdn' is not an IP address" },
    { "no probe needs no address", NULL,
      POOL("CNAME", "{ 'name': 'cdn.example.', 'probe': 'off' }"), "" },
    { "rdata of other types", NULL,
      POOL("MX", "['10 mail', { 'rdata': '20 mail2.example.', 'weight': 3 }]"), "" },
};

static void tells_every_mistake_of_a_list(void **state)
{
    (void)state;
    check_map_cases(cases, COUNT(cases));
}

static void passes_on_what_is_wrong_with_rdata(void **state)
{
    (void)state;
    struct map_run run;
    world_init(&run);
    map_load(&run, ZONE, POOL("MX", "['70000 mail', '10 mail']"));
    assert_int_equal(report_mistakes(run.report), 1);
    char *lines = report_lines(run.report, run.folder);
    assert_int_equal(strncmp(lines, AT "MX[0]: ", strlen(AT "MX[0]: ")), 0);
    assert_non_null(strstr(lines, "70000"));
    free(lines);
    map_unload(&run);
    world_release(&run);
}

static const struct {
    const char *what;
    const char *list;
    const char *min_up;
    uint16_t needed;
    const char *messages;
} needs[] = {
    { "one of one by default", "['192.0.2.1']", NULL, 1, "" },
    { "a count", "['192.0.2.1', '192.0.2.2', '192.0.2.3']", "2", 2, "" },
    { "half of three is two", "['192.0.2.1', '192.0.2.2', '192.0.2.3']", "'50%'", 2, "" },
    { "half of four is two", "['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4']", "'50%'", 2,
      "" },
    { "a hundredth of two is one", "['192.0.2.1', '192.0.2.2']", "'1%'", 1, "" },
    { "all", "['192.0.2.1', '192.0.2.2']", "'100%'", 2, "" },
    { "more than there are", "['192.0.2.1', '192.0.2.2']", "3", 2,
      "warning " AT "A: min_up is 3, but here are only 2: all must be up" },
    { "two of one", "['192.0.2.1']", "2", 1,
      "warning " AT "A: min_up is 2, but here is only 1: all must be up" },
};

static void counts_how_many_must_be_up(void **state)
{
    (void)state;
    struct map_run run;
    world_init(&run);
    for (size_t i = 0; i < COUNT(needs); i++) {
        char map[1024];
        snprintf(map, sizeof map,
                 "{ 'regions': { 'eu': {} }, 'services': { 'api': { 'route': 'eu', %s%s%s"
                 " 'endpoints': { 'eu': { 'A': %s } } } }, " NAMES " }",
                 needs[i].min_up != NULL ? "'min_up': " : "",
                 needs[i].min_up != NULL ? needs[i].min_up : "", needs[i].min_up != NULL ? "," : "",
                 needs[i].list);
        map_load(&run, ZONE, map);
        char *lines = report_lines(run.report, run.folder);
        if (strcmp(lines, needs[i].messages) != 0)
            fail_msg("%s: %s", needs[i].what, lines);
        if (needs[i].needed != 0 &&
            service_pool(map_service(&run, 0), 0, RRTYPE_A)->needed != needs[i].needed)
            fail_msg("%s", needs[i].what);
        free(lines);
        map_unload(&run);
    }
    world_release(&run);
}

static void makes_rdata_weights_and_targets(void **state)
{
    (void)state;
    struct map_run run;
    world_init(&run);
    map_load(&run, ZONE,
             "{ 'regions': { 'eu': {} }, 'probes': { 'tcp': { 'type': 'tcp', 'port': 80 }, 'off': {"
             " 'type': 'none' } }, 'services': { 'api': { 'route': 'eu', 'probe': 'tcp',"
             " 'endpoints': { 'eu': { 'A': ['192.0.2.1', { 'address': '192.0.2.2', 'weight': 7,"
             " 'port': 81 }, { 'address': '192.0.2.3', 'probe': 'off' }], 'TXT': ['eu'] } } },"
             " 'cdn': { 'route': 'eu', 'endpoints': { 'eu': { 'CNAME': { 'name': 'Edge', 'probe':"
             " 'tcp', 'address': '192.0.2.1' } } } } }, 'names': { 'www': 'api', 'c': 'cdn' } }");
    assert_int_equal(report_count(run.report), 0);

    const struct pool *pool = service_pool(map_service(&run, 0), 0, RRTYPE_A);
    assert_int_equal(pool->count, 3);
    assert_memory_equal(pool->endpoints[1].rdata, "\xc0\x00\x02\x02", 4);
    assert_int_equal(pool->endpoints[1].rdata_len, 4);
    assert_int_equal(pool->endpoints[0].weight, 1);
    assert_int_equal(pool->endpoints[1].weight, 7);
    assert_int_not_equal(pool->endpoints[0].target, TARGET_NONE);
    assert_int_not_equal(pool->endpoints[1].target, pool->endpoints[0].target);
    assert_int_equal(pool->endpoints[2].target, TARGET_NONE);

    /* TXT has no address of its own: the probe of the service is not for it. */
    const struct pool *text = service_pool(map_service(&run, 0), 0, RRTYPE_TXT);
    assert_int_equal(text->endpoints[0].target, TARGET_NONE);
    assert_memory_equal(text->endpoints[0].rdata,
                        "\x02"
                        "eu",
                        3);

    /* A CNAME's name is relative to the zone; what it has probed is shared with who else asks it. */
    const struct pool *cname = service_pool(map_service(&run, 1), 0, RRTYPE_CNAME);
    assert_memory_equal(cname->endpoints[0].rdata,
                        "\x04"
                        "Edge\x03"
                        "app\x07"
                        "example",
                        18);
    assert_int_equal(cname->endpoints[0].rdata_len, 18);
    assert_int_equal(cname->endpoints[0].target, pool->endpoints[0].target);
    assert_int_equal(run.map.target_count, 3);
    assert_int_equal(target_count(run.world.targets), 2);
    map_unload(&run);
    world_release(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_every_mistake_of_a_list),
        cmocka_unit_test(passes_on_what_is_wrong_with_rdata),
        cmocka_unit_test(counts_how_many_must_be_up),
        cmocka_unit_test(makes_rdata_weights_and_targets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
