#include "zones/zonemap.h"

#include "tests/zones/map_fixture.h"

static const struct map_case cases[] = {
    { "an empty map", NULL, "{}", "" },
    { "unknown sections", NULL, "{ 'service': {}, 'comment': 'x', 'foo': 1 }",
      "app.map.json: service: unknown key, did you mean 'services'?\n"
      "app.map.json: foo: unknown key, expected one of: regions, probes, services, names" },
    { "no object", NULL, "[]", "app.map.json: expected an object, found a list" },
    { "services of the wrong kind", NULL, "{ 'services': [] }",
      "app.map.json: services: expected an object of services by name" },
    { "mistakes in every section, told in one run", NULL,
      "{ 'regions': { 'eu': { 'location': 7 } }, 'probes': { 'p': { 'type': 'htp' } }, 'services': "
      "{"
      " 'api': { 'route': 'eu', 'ttl': 'x', 'endpoints': { 'eu': { 'A': ['x'] } } }, 'web': {"
      " 'route': 'us', 'endpoints': { 'us': { 'A': ['192.0.2.1'] } } } }, 'names': { 'www': 'wep',"
      " 'x.': 'api' } }",
      "app.map.json: regions.eu.location: expected [latitude, longitude] in degrees\n"
      "app.map.json: probes.p.type: unknown probe type 'htp', did you mean 'http'?\n"
      "app.map.json: services.api.ttl: expected a whole number, found a string\n"
      "app.map.json: services.api.endpoints.eu.A[0]: 'x' is not an IPv4 address\n"
      "app.map.json: services.web.endpoints.us: unknown region 'us': it is not among the map's "
      "regions\n"
      "app.map.json: names.www: unknown service 'wep', did you mean 'web'?\n"
      "app.map.json: names.x.: is outside the zone app.example.\n"
      "warning app.map.json: services.web: no name leads to this service\n"
      "warning app.map.json: probes.p: no service uses this probe" },
    { "IPv6 for one service and not for the other", NULL,
      "{ 'regions': { 'eu': {} }, 'services': { 'a': { 'route': 'eu', 'endpoints': { 'eu': { 'A': ["
      "'192.0.2.1'], 'AAAA': ['2001:db8::1'] } } }, 'b': { 'route': 'eu', 'endpoints': { 'eu': {"
      " 'A': ['192.0.2.2'] } } }, 'c': { 'route': 'eu', 'endpoints': { 'eu': { 'TXT': ['c'] } } } "
      "},"
      " 'names': { 'a': 'a', 'b': 'b', 'c': 'c' } }",
      "warning app.map.json: services.b: has no AAAA, although service 'a' has" },
};

static void tells_every_mistake_of_the_document(void **state)
{
    (void)state;
    check_map_cases(cases, COUNT(cases));
}

static void tells_where_the_text_is_broken(void **state)
{
    (void)state;
    struct map_run run;
    world_init(&run);
    map_load(&run, ZONE, "{ 'regions': {},\n  'regions': {}\n}");
    assert_int_equal(run.status, STATUS_SYNTAX);
    char *lines = report_lines(run.report, run.folder);
    assert_int_equal(strncmp(lines, "app.map.json:2: duplicate", 25), 0);
    free(lines);
    map_unload(&run);
    world_release(&run);
}

/* The example of contract section 2, word for word but for the probes' interval. */
static const char contract_map[] =
    "{ 'regions': { 'helsinki-1': { 'location': [60.17, 24.94] }, 'falkenstein-1': { 'location':"
    " [50.48, 12.37] }, 'virginia-1': { 'location': [38.95, -77.45] }, 'singapore-1': { 'location':"
    " [1.35, 103.82] } }, 'probes': { 'healthz': { 'type': 'http', 'port': 8080, 'path':"
    " '/healthz', 'interval': '2s', 'timeout': '1s', 'fall': 3, 'rise': 2 } }, 'services': { 'api':"
    " { 'ttl': 30, 'route': { 'nearest': '*' }, 'probe': 'healthz', 'endpoints': {"
    " 'helsinki-1': { 'A': ['192.0.2.10', '192.0.2.11'], 'AAAA': ['2001:db8:1::10'] },"
    " 'falkenstein-1': { 'A': ['192.0.2.20'], 'AAAA': ['2001:db8:2::10'] },"
    " 'virginia-1': { 'A': ['198.51.100.10'], 'AAAA': ['2001:db8:3::10'] },"
    " 'singapore-1': { 'A': ['203.0.113.10'], 'AAAA': ['2001:db8:4::10'] } } } },"
    " 'names': { '@': 'api', 'www': 'api', 'api': 'api' } }";

static void reads_the_map_of_the_contract(void **state)
{
    (void)state;
    struct map_run run;
    world_init(&run);
    map_load(&run, ZONE, contract_map);
    assert_int_equal(report_count(run.report), 0);
    const struct service *service = map_service(&run, 0);
    assert_int_equal(service->region_count, 4);
    assert_int_equal(service_pool(service, 0, RRTYPE_A)->count, 2);
    /* Nine addresses, each asked by the one probe. */
    assert_int_equal(run.map.target_count, 9);
    assert_int_equal(target_count(run.world.targets), 9);

    struct zone *zone;
    assert_int_equal(builder_freeze(run.builder, "app.example", &zone), STATUS_OK);
    assert_ptr_equal(zone->top->service, service);
    map_unload(&run);
    world_release(&run);
}

static void lets_go_of_everything_when_it_is_refused(void **state)
{
    (void)state;
    struct map_run run;
    world_init(&run);
    /* Eight good targets, and one mistake at the very end. */
    char *broken = strdup(contract_map);
    assert_non_null(broken);
    memcpy(strstr(broken, "2001:db8:4"), "2001:db8:x", 10);
    map_load(&run, ZONE, broken);
    assert_int_equal(run.status, STATUS_MEANING);
    assert_int_equal(run.map.service_count, 0);
    assert_int_equal(target_count(run.world.targets), 0);
    assert_int_equal(policy_cache_count(run.world.policies), 0);
    free(broken);
    map_unload(&run);
    world_release(&run);
}

static void services_that_route_alike_share_a_policy(void **state)
{
    (void)state;
    struct map_run run;
    world_init(&run);
    map_load(&run, ZONE,
             "{ " REGIONS ", 'services': { 'a': { " ROUTE ", " ENDPOINTS " }, 'b': { " ROUTE
             ", 'ttl': 7, " ENDPOINTS " }, 'c': { 'route': { 'failover': ['us', 'eu'] }, " ENDPOINTS
             " } }, 'names': { 'a': 'a', 'b': 'b', 'c': 'c' } }");
    assert_ptr_equal(map_service(&run, 0)->policy, map_service(&run, 1)->policy);
    assert_ptr_not_equal(map_service(&run, 0)->policy, map_service(&run, 2)->policy);
    assert_int_equal(policy_cache_count(run.world.policies), 2);
    map_unload(&run);
    world_release(&run);
}

static void counters_are_known_by_their_names(void **state)
{
    (void)state;
    struct map_run run;
    uint32_t before[2];
    world_init(&run);
    run.world.counters = intern_new();
    map_load(&run, ZONE, GOOD_MAP);
    for (unsigned i = 0; i < 2; i++)
        before[i] = map_service(&run, 0)->regions[i].counter_id;
    assert_int_not_equal(before[0], 0);
    assert_int_not_equal(before[0], before[1]);
    map_unload(&run);

    /* The other order, and another service in front. */
    map_load(&run, ZONE,
             "{ " REGIONS ", 'services': { 'new': { " ROUTE ", " ENDPOINTS " }, 'api': { " ROUTE
             ", 'endpoints': { 'us': { 'A': ['192.0.2.2'] }, 'eu': { 'A': ['192.0.2.1'] } } } },"
             " 'names': { 'www': 'api', 'new': 'new' } }");
    assert_int_equal(map_service(&run, 1)->regions[0].counter_id, before[1]);
    assert_int_equal(map_service(&run, 1)->regions[1].counter_id, before[0]);
    assert_int_not_equal(map_service(&run, 0)->regions[0].counter_id, before[0]);
    map_unload(&run);
    intern_free(run.world.counters);
    world_release(&run);
}

static void a_missing_file_is_a_mistake(void **state)
{
    (void)state;
    struct map_run run;
    world_init(&run);
    map_load(&run, ZONE, "{}");
    struct zonemap map;
    const enum status status = zonemap_read("/nonexistent/app.map.json", &run.world, run.builder,
                                            run.arena, run.report, run.files, &map);
    assert_int_equal(status, STATUS_IO);
    assert_string_equal(report_text(run.report, 0),
                        "/nonexistent/app.map.json: cannot be read: No such file or directory");
    map_unload(&run);
    world_release(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_every_mistake_of_the_document),
        cmocka_unit_test(tells_where_the_text_is_broken),
        cmocka_unit_test(reads_the_map_of_the_contract),
        cmocka_unit_test(lets_go_of_everything_when_it_is_refused),
        cmocka_unit_test(services_that_route_alike_share_a_policy),
        cmocka_unit_test(counters_are_known_by_their_names),
        cmocka_unit_test(a_missing_file_is_a_mistake),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
