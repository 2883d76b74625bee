#include "dns/server/charge.h"

#include "dns/proto/rrtype.h"
#include "tests/zones/house.h"

/*
 * "web" has addresses of both families and a TXT that follows them; "old" shares
 * an address with it; nobody asks after "still".
 */
static const char map[] =
    "{ 'regions': { 'a': {}, 'b': {} }, 'probes': { 'p': { 'type': 'tcp', 'port': 80 } },"
    "  'services': {"
    "    'web': { 'route': { 'failover': ['a', 'b'] }, 'probe': 'p', 'endpoints': {"
    "      'a': { 'A': ['192.0.2.1'], 'AAAA': ['2001:db8::1'], 'TXT': ['a'] },"
    "      'b': { 'A': ['192.0.2.2', '192.0.2.3'], 'AAAA': ['2001:db8::2'], 'TXT': ['b'] } } },"
    "    'old': { 'route': 'a', 'probe': 'p', 'endpoints': { 'a': { 'A': ['192.0.2.2'] } } },"
    "    'still': { 'route': 'a', 'endpoints': { 'a': { 'A': ['192.0.2.9'] } } } },"
    "  'names': { 'www': 'web', 'old': 'old', 'still': 'still' } }";

static void in_charge(struct house *house)
{
    house_open(house);
    house_write(house, "app.zone", PLAIN_ZONE);
    house_write(house, "app.map.json", map);
    house_zone(house, "app.example", "app.zone", "app.map.json");
    house_build(house, NULL); /* warns of families that only one service has */
    assert_int_equal(house->status, STATUS_OK);
}

static uint32_t target_of(const struct house *house, size_t service, uint16_t region, uint16_t type,
                          unsigned index)
{
    size_t count;
    const struct service *const *services = snapshot_zone_services(house->now, 0, &count);
    assert_true(service < count);
    return service_pool(services[service], region, type)->endpoints[index].target;
}

/* "web/A web/TXT" */
static const char *users_of(const struct charge *charge, uint32_t target, char out[256])
{
    size_t len = 0;
    out[0] = '\0';
    for (uint32_t i = charge->first[target]; i < charge->first[target + 1]; i++) {
        const struct crowd *crowd = &charge->crowds[charge->users[i]];
        char type[RRTYPE_TEXT];
        assert_string_equal(crowd->zone, "app.example");
        len += (size_t)snprintf(out + len, 256 - len, "%s%s/%s", len > 0 ? " " : "",
                                crowd->service->name, rrtype_to_text(crowd->type, type));
    }
    return out;
}

static void every_target_knows_whom_it_matters_to(void **state)
{
    static const struct {
        const char *what;
        size_t service;
        uint16_t region, type;
        unsigned index;
        const char *users;
    } cases[] = {
        { "an address, and what follows it", 0, 0, RRTYPE_A, 0, "web/A web/TXT" },
        { "the other family", 0, 0, RRTYPE_AAAA, 0, "web/TXT web/AAAA" },
        { "the second of two", 0, 1, RRTYPE_A, 1, "web/A web/TXT" },
        { "one that two services share", 0, 1, RRTYPE_A, 0, "web/A web/TXT old/A" },
    };
    (void)state;
    struct house house;
    struct charge charge;
    in_charge(&house);
    assert_true(charge_build(house.now, &charge));
    assert_int_equal(charge.crowd_count, 5);
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[256];
        const uint32_t target = target_of(&house, cases[i].service, cases[i].region, cases[i].type,
                                          cases[i].index);
        if (strcmp(users_of(&charge, target, text), cases[i].users) != 0)
            fail_msg("%s: %s", cases[i].what, text);
    }
    assert_int_equal(target_of(&house, 2, 0, RRTYPE_A, 0), TARGET_NONE);

    const struct service *web = charge.crowds[0].service;
    for (uint16_t r = 0; r < web->region_count; r++)
        for (uint16_t p = 0; p < web->regions[r].pool_count; p++)
            assert_true(web->regions[r].pools[p].id < charge.pool_cap);
    charge_release(&charge);
    house_close(&house);
}

static void of_nothing_it_is_empty(void **state)
{
    (void)state;
    struct charge charge;
    assert_true(charge_build(NULL, &charge));
    assert_int_equal(charge.crowd_count, 0);
    assert_int_equal(charge.target_cap, 0);
    assert_int_equal(charge.pool_cap, 0);
    charge_release(&charge);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_target_knows_whom_it_matters_to),
        cmocka_unit_test(of_nothing_it_is_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
