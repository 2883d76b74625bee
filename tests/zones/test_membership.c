#include "zones/membership.h"

#include "tests/zones/house.h"

#define WHOLE(port)                                                                              \
    "{ 'regions': { 'hel': {}, 'fra': {}, 'free': {} },"                                         \
    "  'probes': { 'p': { 'type': 'tcp', 'port': " port " }, 'n': { 'type': 'none' } },"         \
    "  'services': { 'api': { 'route': { 'failover': ['hel', 'fra', 'free'] }, 'probe': 'p',"    \
    "    'endpoints': { 'hel': { 'A': ['192.0.2.1', '192.0.2.2'], 'AAAA': ['2001:db8::1'] },"    \
    "                   'fra': { 'A': ['192.0.2.1'], 'AAAA': ['2001:db8::2'] },"                 \
    "                   'free': { 'A': [{ 'address': '192.0.2.9', 'probe': 'n' }],"              \
    "                             'AAAA': [{ 'address': '2001:db8::9', 'probe': 'n' }] } } } }," \
    "  'names': { 'www': 'api' } }"

static size_t count_of(const struct membership *membership, uint32_t region)
{
    size_t count = 0;
    for (size_t i = 0; i < membership->count; i++)
        count += membership->members[i].region == region;
    return count;
}

/* Two zones that name the same regions, and partly the same targets. */
static void regions_are_one_by_name(void **state)
{
    (void)state;
    struct house house;
    struct membership all = { 0 };
    struct intern *names = intern_new();
    assert_non_null(names);
    house_open(&house);
    static const char *const maps[] = { WHOLE("80"), WHOLE("81") };
    for (size_t i = 0; i < 2; i++) {
        char zone[16], map[16], name[16];
        snprintf(zone, sizeof zone, "%zu.zone", i);
        snprintf(map, sizeof map, "%zu.map.json", i);
        snprintf(name, sizeof name, "z%zu.test", i);
        house_write(&house, zone, PLAIN_ZONE);
        house_write(&house, map, maps[i]);
        house_zone(&house, house_path(&house, name) + strlen(house.folder) + 1, zone, map);
    }
    house_build(&house, NULL);
    assert_int_equal(house.status, STATUS_OK);

    assert_true(membership_add(&all, house.now, names));
    const uint32_t hel = intern_find(names, "hel", 3), fra = intern_find(names, "fra", 3);
    assert_int_equal(intern_count(names), 3);
    assert_int_equal(count_of(&all, hel), 6);
    assert_int_equal(count_of(&all, fra), 4);
    assert_int_equal(all.count, 10);

    /* A name keeps its number. */
    struct membership again = { 0 };
    assert_true(membership_add(&again, house.now, names));
    assert_int_equal(intern_count(names), 3);
    assert_memory_equal(again.members, all.members, all.count * sizeof *all.members);
    membership_release(&again);
    membership_release(&all);
    intern_free(names);
    house_close(&house);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(regions_are_one_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
