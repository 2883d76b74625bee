#include "zones/zonemap_endpoints.h"

#include "tests/zones/map_fixture.h"

#define OVER(endpoints)         MAP(ROUTE ", 'endpoints': " endpoints)
#define PARTIAL_OVER(endpoints) MAP(ROUTE ", 'partial_types': true, 'endpoints': " endpoints)
#define AT                      "app.map.json: services.api.endpoints"

static const struct map_case cases[] = {
    { "no object", NULL, OVER("[]"),
      AT ": expected an object of endpoints by region\n"
         "warning app.map.json: regions.eu: no service has endpoints in this region\n"
         "warning app.map.json: regions.us: no service has endpoints in this region" },
    { "no regions", NULL, OVER("{}"),
      AT ": 0 regions, expected 1..1024\n"
         "warning app.map.json: regions.eu: no service has endpoints in this region\n"
         "warning app.map.json: regions.us: no service has endpoints in this region" },
    { "regions of the wrong kind, or empty", NULL, OVER("{ 'eu': ['192.0.2.1'], 'us': {} }"),
      AT ".eu: expected an object of lists by record type\n" AT
         ".us: this region has no endpoints" },
    { "types that are none, or may not be steered", NULL,
      OVER("{ 'eu': { 'A': ['192.0.2.1'], 'AAA': ['2001:db8::1'], 'NS': ['ns.example.'], 'ANY': [],"
           " 'SOA': [], 'NSEC3': [], 'a': ['192.0.2.9'] }, 'us': { 'TYPE1': ['192.0.2.2'] } }"),
      AT ".eu.AAA: 'AAA' is not a record type\n" AT ".eu.NS: NS cannot be steered\n" AT
         ".eu.ANY: ANY cannot be steered\n" AT ".eu.SOA: SOA cannot be steered\n" AT
         ".eu.NSEC3: NSEC3 cannot be steered\n" AT ".eu.a: this type stands here twice" },
    { "regions that offer different types", NULL,
      OVER("{ 'eu': { 'A': ['192.0.2.1'], 'AAAA': ['2001:db8::1'] }, 'us': { 'A': ['192.0.2.2'],"
           " 'TXT': ['us'] } }"),
      AT ".eu: has no TXT, but 'us' has; all regions offer the same types unless the service says "
         "\"partial_types\": true\n" AT
         ".us: has no AAAA, but 'eu' has; all regions offer the same types unless the service says "
         "\"partial_types\": true" },
    { "the same with leave", NULL,
      PARTIAL_OVER("{ 'eu': { 'A': ['192.0.2.1'], 'AAAA': ['2001:db8::1'] }, 'us': { 'A': "
                   "['192.0.2.2'] } }"),
      "" },
    { "CNAME beside another type", NULL,
      PARTIAL_OVER("{ 'eu': { 'CNAME': 'cdn.example.' }, 'us': { 'A': ['192.0.2.2'] } }"),
      AT ": CNAME beside another type: a name with a CNAME has nothing else" },
    { "an address in two regions", NULL,
      OVER("{ 'eu': { 'A': ['192.0.2.1', '192.0.2.7'], 'AAAA': ['2001:db8::1'] }, 'us': { 'A': "
           "['192.0.2.2', '192.0.2.7'], 'AAAA': ['2001:db8::1'] } }"),
      "warning " AT ".us: 192.0.2.7 is an address of 'eu' too\n"
      "warning " AT ".us: 2001:db8::1 is an address of 'eu' too" },
};

static void tells_every_mistake_of_the_regions_of_a_service(void **state)
{
    (void)state;
    check_map_cases(cases, COUNT(cases));
}

static void sorts_types_and_keeps_the_order_of_regions(void **state)
{
    (void)state;
    struct map_run run;
    world_init(&run);
    map_load(&run, ZONE,
             PARTIAL_OVER("{ 'us': { 'TXT': ['us'], 'AAAA': ['2001:db8::2'], 'A': ['192.0.2.2'] },"
                          " 'eu': { 'HTTPS': ['1 .'], 'A': ['192.0.2.1'] } }"));
    const struct service *service = map_service(&run, 0);
    static const uint16_t types[] = { RRTYPE_A, RRTYPE_TXT, RRTYPE_AAAA, RRTYPE_HTTPS };
    assert_int_equal(service->type_count, COUNT(types));
    assert_memory_equal(service->types, types, sizeof types);

    assert_int_equal(service->region_count, 2);
    assert_string_equal(service->regions[0].name, "us");
    assert_string_equal(service->places.items[0].name, "us");
    assert_true(service->places.items[0].longitude < 0);
    for (uint16_t i = 0; i < 2; i++) {
        const struct service_region *region = &service->regions[i];
        for (unsigned j = 1; j < region->pool_count; j++)
            assert_true(region->pools[j - 1].type < region->pools[j].type);
    }
    assert_null(service_pool(service, 1, RRTYPE_AAAA));
    assert_int_equal(service_pool(service, 0, RRTYPE_AAAA)->count, 1);
    map_unload(&run);
    world_release(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_every_mistake_of_the_regions_of_a_service),
        cmocka_unit_test(sorts_types_and_keeps_the_order_of_regions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
