#include "zones/zonemap_catalog.h"

#include "tests/zones/map_fixture.h"

#define SERVICES "'services': { 'api': { " ROUTE ", " ENDPOINTS " } }, " NAMES

static const struct map_case cases[] = {
    { "all that a region may say", NULL,
      "{ 'regions': { 'eu': { 'location': [50, 8], 'bias': -99, 'capacity': 0.5, 'tags': ['a'],"
      " 'comment': 'x' }, 'us': { 'location': [-90, 180], 'bias': 99 } }, " SERVICES " }",
      "" },
    { "every mistake of the regions, in one run", NULL,
      "{ 'regions': { 'eu': { 'location': [103.82, 1.35], 'bias': 100, 'capacity': 0,"
      " 'tags': 'x', 'lokation': [1, 2] }, 'us': { 'location': [39], 'bias': 1.5, 'tags': [1] },"
      " '*': {}, 'x': 7 }, " SERVICES " }",
      "app.map.json: regions.eu.lokation: unknown key, did you mean 'location'?\n"
      "app.map.json: regions.eu.location: latitude 103.82 is not in -90..90; latitude and "
      "longitude "
      "look swapped\n"
      "app.map.json: regions.eu.bias: 100 is not in -99..99\n"
      "app.map.json: regions.eu.capacity: 0 is not above 0\n"
      "app.map.json: regions.eu.tags: expected a list of strings\n"
      "app.map.json: regions.us.location: expected [latitude, longitude] in degrees\n"
      "app.map.json: regions.us.bias: expected a whole number, found 1.5\n"
      "app.map.json: regions.us.tags[0]: expected a string, found a number\n"
      "app.map.json: regions.*: '*' cannot be the name of a region\n"
      "app.map.json: regions.x: expected an object, found a number\n"
      "warning app.map.json: regions.*: no service has endpoints in this region\n"
      "warning app.map.json: regions.x: no service has endpoints in this region" },
    { "out of range without being swapped", NULL,
      "{ 'regions': { 'eu': { 'location': [95, 120] }, 'us': { 'location': [10, -181] } "
      "}, " SERVICES " }",
      "app.map.json: regions.eu.location[0]: 95 is not in -90..90\n"
      "app.map.json: regions.us.location[1]: -181 is not in -180..180" },
    { "unknown region and probe, with what was meant", NULL,
      "{ 'regions': { 'europe': { 'location': [1, 2] } }, 'probes': { 'healthz': { 'type': 'none' "
      "} }, 'services': { 'api': { 'route': 'eurpoe', 'probe': 'health', 'endpoints': { 'eurpoe': "
      "{ "
      "'A': ['192.0.2.1'] } } } }, " NAMES " }",
      "app.map.json: services.api.probe: unknown probe 'health', did you mean 'healthz'?\n"
      "app.map.json: services.api.endpoints.eurpoe: unknown region 'eurpoe', did you mean "
      "'europe'?\n"
      "warning app.map.json: regions.europe: no service has endpoints in this region\n"
      "warning app.map.json: probes.healthz: no service uses this probe" },
    { "probes that a service, an endpoint and nobody uses", NULL,
      "{ " REGIONS ", 'probes': { 'a': { 'type': 'icmp' }, 'b': { 'type': 'icmp' }, 'c': { 'type': "
      "'icmp' }, 'd': { 'type': 'none' } }, 'services': { 'api': { " ROUTE
      ", 'probe': 'a', 'endpoints': { 'eu': { 'A': [{ 'address': '192.0.2.1', 'probe': 'b' }] }, "
      "'us': { 'A': ['192.0.2.2'] } } } }, " NAMES " }",
      "warning app.map.json: probes.c: no service uses this probe\n"
      "warning app.map.json: probes.d: no service uses this probe" },
    { "no probes at all", NULL, MAP(ROUTE ", 'probe': 'health', " ENDPOINTS),
      "app.map.json: services.api.probe: unknown probe 'health': it is not among the map's "
      "probes" },
    { "sections of the wrong kind: their names are not called unknown", NULL,
      "{ 'regions': 7, 'probes': [], 'services': { 'api': { " ROUTE
      ", 'probe': 'health', " ENDPOINTS " } }, " NAMES " }",
      "app.map.json: regions: expected an object, or the name of a file with one\n"
      "app.map.json: probes: expected an object, or the name of a file with one" },
    { "a shared file that is not there", NULL, "{ 'regions': 'absent.json', " SERVICES " }",
      "absent.json: cannot be read: No such file or directory" },
};

static void tells_every_mistake_of_regions_and_probes(void **state)
{
    (void)state;
    check_map_cases(cases, COUNT(cases));
}

#define SHARED_MAP                                                                        \
    "{ 'regions': 'regions.json', 'probes': 'probes.json', 'services': { 'api': { " ROUTE \
    ", 'probe': 'p', " ENDPOINTS " } }, " NAMES " }"

static void takes_them_from_shared_files(void **state)
{
    (void)state;
    struct map_run run;
    world_init(&run);
    file_write(run.folder, "regions.json",
               "{ 'eu': { 'location': [50, 8] }, 'us': { 'location': [39, -77], 'bias': 7 },"
               " 'unused-here': {} }");
    file_write(run.folder, "probes.json",
               "{ 'p': { 'type': 'tcp', 'port': 80 }, 'unused-here': { 'type': 'none' } }");
    map_load(&run, ZONE, SHARED_MAP);

    assert_int_equal(report_count(run.report), 0);
    const struct service *service = map_service(&run, 0);
    assert_string_equal(service->places.items[1].name, "us");
    assert_int_equal(service->places.items[1].bias, 7);
    assert_int_equal(run.map.target_count, 2);
    /* The zone file, the map and both shared files are watched. */
    assert_int_equal(file_list_count(run.files), 4);

    map_unload(&run);
    file_remove(run.folder, "regions.json");
    file_remove(run.folder, "probes.json");
    world_release(&run);
}

static void a_shared_file_tells_its_mistakes_under_its_own_name(void **state)
{
    (void)state;
    struct map_run run;
    world_init(&run);
    file_write(run.folder, "regions.json",
               "{ 'eu': { 'location': [91, 181] }, 'us': { 'bais': 1 } }");
    file_write(run.folder, "probes.json", "[]");
    map_load(&run, ZONE, SHARED_MAP);

    char *lines = report_lines(run.report, run.folder);
    static const char expected[] = "probes.json: expected an object of probes by name\n"
                                   "regions.json: eu.location[0]: 91 is not in -90..90\n"
                                   "regions.json: eu.location[1]: 181 is not in -180..180\n"
                                   "regions.json: us.bais: unknown key, did you mean 'bias'?";
    if (strcmp(lines, expected) != 0)
        fail_msg("told:\n%s\nexpected:\n%s", lines, expected);
    assert_int_not_equal(run.status, STATUS_OK);
    free(lines);

    map_unload(&run);
    file_remove(run.folder, "regions.json");
    file_remove(run.folder, "probes.json");
    world_release(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_every_mistake_of_regions_and_probes),
        cmocka_unit_test(takes_them_from_shared_files),
        cmocka_unit_test(a_shared_file_tells_its_mistakes_under_its_own_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
