#include "zones/zonemap_service.h"

#include "tests/zones/map_fixture.h"

#define SERVICE(knobs) MAP(knobs ", " ROUTE ", " ENDPOINTS)
#define AT             "app.map.json: services.api"

static const struct map_case cases[] = {
    { "a good service", NULL, GOOD_MAP, "" },
    { "every mistake of the knobs, in one run", NULL,
      SERVICE("'ttl': -1, 'probe': 7, 'min_up': 'half', 'answers': 65, 'spread': 0, 'ecs': 'no',"
              " 'partial_types': 1, 'when_all_down': 'serve-all', 'rout': 'x'"),
      AT ".rout: unknown key, did you mean 'route'?\n" AT ".ttl: -1 is not in 0..2147483647\n" AT
         ".answers: 65 is not in 1..64\n" AT ".spread: 0 is not in 1..1024\n" AT
         ".ecs: expected true or false, found a string\n" AT
         ".partial_types: expected true or false, found a number\n" AT
         ".probe: expected a string, found a number\n" AT
         ".min_up: 'half' is neither a count nor a text like \"50%\"\n" AT
         ".when_all_down: 'serve-all' is unknown, did you mean 'serve_all'?" },
    { "no route and no endpoints", NULL, MAP("'ttl': 5"),
      AT ": \"route\" is missing\n" AT ": \"endpoints\" is missing\n"
         "warning app.map.json: regions.eu: no service has endpoints in this region\n"
         "warning app.map.json: regions.us: no service has endpoints in this region" },
    { "no object", NULL, "{ 'services': { 'api': 'x' }, " NAMES " }",
      AT ": expected an object, found a string" },
    { "a TTL over 31 bits", NULL, SERVICE("'ttl': 2147483648"),
      AT ".ttl: 2147483648 is not in 0..2147483647" },
    { "percentages out of range", NULL, SERVICE("'min_up': '101%'"),
      AT ".min_up: '101%' is neither a count nor a text like \"50%\"" },
    { "no percentage at all", NULL, SERVICE("'min_up': '0%'"),
      AT ".min_up: '0%' is neither a count nor a text like \"50%\"" },
    { "min_up of another kind", NULL, SERVICE("'min_up': []"),
      AT ".min_up: expected a count or a text like \"50%\"" },
    { "a short TTL over the long one", NULL, SERVICE("'ttl': 20, 'ttl_min': 21"),
      AT ".ttl_min: 21 is over the ttl, 20" },
    { "a short TTL over the default one", NULL, SERVICE("'ttl_min': 31"),
      AT ".ttl_min: 31 is over the ttl, 30" },
    { "more than all down", NULL, SERVICE("'max_down': '101%'"),
      AT ".max_down: '101%' is neither a count nor a text like \"50%\"" },
    { "max_down and ramp of another kind", NULL, SERVICE("'max_down': true, 'ramp': 'slow'"),
      AT ".ramp: 'slow' is not a duration like \"250ms\", \"10s\", \"5m\", \"2h\", \"1d\" or a number of seconds\n" AT
         ".max_down: expected a count or a text like \"50%\"" },
    { "a list for when all is down, with mistakes", NULL,
      SERVICE("'when_all_down': ['eu', 'us', 'eu', 'ue', 7]"),
      AT
      ".when_all_down[2]: region 'eu' is listed twice\n" AT
      ".when_all_down[3]: region 'ue' is not among the service's endpoints; did you mean 'eu'?\n" AT
      ".when_all_down[4]: expected a string, found a number" },
    { "an empty list for when all is down", NULL, SERVICE("'when_all_down': []"),
      AT ".when_all_down: the list is empty" },
    { "something else for when all is down", NULL, SERVICE("'when_all_down': true"),
      AT ".when_all_down: expected \"serve_all\", \"zonefile\" or a list of regions" },
    { "mistakes of the route", NULL, MAP("'route': { 'failover': ['eu', 'su'] }, " ENDPOINTS),
      AT
      ".route.failover[1]: region 'su' is not among the service's endpoints; did you mean 'eu'?" },
    { "a region that the route does not name", NULL, MAP("'route': 'eu', " ENDPOINTS),
      "warning " AT ".endpoints.us: the route does not name this region: nobody is sent there" },
    { "one that a geo appends by itself", NULL,
      MAP("'route': { 'geo': [ { 'in': ['country:DE'], 'to': 'eu' }, { 'to': 'eu' } ] "
          "}, " ENDPOINTS),
      "warning " AT
      ".endpoints.us: the route does not name this region: it follows only when those "
      "named are down" },
    { "unless every entry is fenced", NULL,
      MAP("'route': { 'geo': [ { 'in': ['country:DE'], 'to': 'eu', 'fence': true }, { 'to': 'eu', "
          "'fence': true } ] }, " ENDPOINTS),
      "warning " AT ".endpoints.us: the route does not name this region: nobody is sent there" },
    { "a rule that never matches, deep in a route", NULL,
      MAP("'route': { 'failover': [ { 'geo': [ { 'in': ['country:DE'], 'to': { 'geo': [ { 'in': "
          "['city:FR/Paris'], 'to': 'us' }, { 'to': 'eu' } ] }, 'fence': true }, { 'to': 'us', "
          "'fence': true } ] }, 'eu' ] }, " ENDPOINTS),
      "warning " AT ".route.failover[0].geo[0].to.geo[0].in[0]: never matches: nobody whom entry 0 "
      "of the geo route around this one is for is in it" },
    { "but that is the last resort", NULL,
      MAP("'route': 'eu', 'when_all_down': ['us'], " ENDPOINTS), "" },
};

static void tells_every_mistake_of_a_service(void **state)
{
    (void)state;
    check_map_cases(cases, COUNT(cases));
}

static void has_the_defaults_of_the_contract(void **state)
{
    (void)state;
    struct map_run run;
    world_init(&run);
    map_load(&run, ZONE, GOOD_MAP);
    const struct service *service = map_service(&run, 0);
    assert_string_equal(service->name, "api");
    assert_int_equal(service->ttl, 30);
    assert_int_equal(service->ttl_min, 10);
    assert_int_equal(service->max_down, service->region_count);
    assert_int_equal(service->ramp_ms, 0);
    assert_int_equal(service->grain.v4, 24);
    assert_int_equal(service->answers, 8);
    assert_int_equal(service->spread, 1);
    assert_true(service->ecs);
    assert_false(service->partial_types);
    assert_int_equal(service->all_down, ALL_DOWN_SERVE_ALL);
    assert_string_equal(service->route_text, "{\"nearest\":\"*\"}");
    assert_non_null(service->route);
    assert_non_null(service->policy);
    map_unload(&run);
    world_release(&run);
}

static void takes_what_the_map_says(void **state)
{
    (void)state;
    struct map_run run;
    world_init(&run);
    map_load(&run, ZONE,
             SERVICE("'ttl': 0, 'max_down': '50%', 'ramp': '1m', 'answers': 1, 'spread': 2, 'ecs': false, 'partial_types': true,"
                     " 'when_all_down': ['us', 'eu']"));
    const struct service *service = map_service(&run, 0);
    assert_int_equal(service->ttl, 0);
    assert_int_equal(service->ttl_min, 0);
    assert_int_equal(service->max_down, 1);
    assert_int_equal(service->ramp_ms, 60000);
    assert_int_equal(service->answers, 1);
    assert_int_equal(service->spread, 2);
    assert_false(service->ecs);
    assert_true(service->partial_types);
    assert_int_equal(service->all_down, ALL_DOWN_LIST);
    assert_int_equal(service->all_down_count, 2);
    assert_int_equal(service->all_down_list[0], 1);
    assert_int_equal(service->all_down_list[1], 0);
    map_unload(&run);
    world_release(&run);
}

/* What a query asks: the unknown client gets the order of the endpoints. */
static void ranks_by_its_policy(void **state)
{
    (void)state;
    struct map_run run;
    world_init(&run);
    map_load(&run, ZONE, MAP("'route': { 'failover': ['us', 'eu'] }, " ENDPOINTS));
    const struct service *service = map_service(&run, 0);
    struct policy_client client = { .source_len = 24 };
    struct ranking ranking;
    assert_true(address_parse("203.0.113.0", &client.address));
    policy_rank(service->policy, &client, &ranking);
    assert_int_equal(ranking.count, 2);
    assert_string_equal(service->regions[ranking.regions[0]].name, "us");
    map_unload(&run);
    world_release(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_every_mistake_of_a_service),
        cmocka_unit_test(has_the_defaults_of_the_contract),
        cmocka_unit_test(takes_what_the_map_says),
        cmocka_unit_test(ranks_by_its_policy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
