#include "zones/snapshot.h"

#include "tests/zones/house.h"

#define WATCHED_MAP                                                                           \
    "{ " REGIONS ", 'probes': { 'p': { 'type': 'tcp', 'port': 80 } }, 'services': { 'api': {" \
    " 'probe': 'p', " ROUTE ", " ENDPOINTS " } }, " NAMES " }"

/* Two zones, one of them steered, over the world. */
static void two_zones_open(struct house *house)
{
    house_open(house);
    house_copy(house, CITIES, "world.mmdb");
    house->databases[house->sources.database_count++] = house_path(house, "world.mmdb");
    house_write(house, "app.zone", PLAIN_ZONE);
    house_write(house, "app.map.json", WATCHED_MAP);
    house_write(house, "other.zone", PLAIN_ZONE);
    house_zone(house, "app.example", "app.zone", "app.map.json");
    house_zone(house, "Other.test", "other.zone", NULL);
}

static void builds_a_generation_from_files(void **state)
{
    (void)state;
    struct house house;
    two_zones_open(&house);
    house_build(&house, "");

    const struct snapshot *now = house.now;
    size_t count;
    assert_int_equal(now->generation, 1);
    assert_ptr_equal(now->board, house.board);
    assert_int_equal(atlas_database_count(now->atlas), 1);
    assert_int_equal(now->zones->count, 2);
    assert_string_equal(now->zones->zones[0]->name, "app.example");
    assert_string_equal(now->zones->zones[1]->name, "Other.test");
    assert_int_equal(snapshot_zone_state(now, 0), ZONE_GOOD);
    assert_null(snapshot_zone_report(now, 0));
    assert_string_equal(snapshot_zone_services(now, 0, &count)[0]->name, "api");
    assert_int_equal(count, 1);
    assert_null(snapshot_zone_services(now, 1, &count));
    assert_int_equal(count, 0);
    assert_int_equal(target_count(snapshot_builder_targets(house.builder)), 2);
    assert_int_not_equal(now->zones->zones[0]->counter_id, 0);
    assert_int_not_equal(now->zones->zones[0]->counter_id, now->zones->zones[1]->counter_id);
    house_close(&house);
}

static void shares_what_did_not_change(void **state)
{
    (void)state;
    struct house house;
    two_zones_open(&house);
    house_build(&house, "");
    const struct zone *app = house_find(&house, "app.example");
    const struct zone *other = house_find(&house, "other.test");
    const struct atlas *atlas = house.now->atlas;
    const uint32_t counter = other->counter_id;

    house_build(&house, "");
    assert_int_equal(house.now->generation, 2);
    assert_ptr_equal(house_find(&house, "app.example"), app);
    assert_ptr_equal(house_find(&house, "other.test"), other);
    assert_ptr_equal(house.now->atlas, atlas);

    file_write(house.folder, "other.zone", PLAIN_ZONE "www A 192.0.2.1\n");
    house_build(&house, "");
    assert_ptr_equal(house_find(&house, "app.example"), app);
    assert_ptr_not_equal(house_find(&house, "other.test"), other);
    assert_int_equal(house_find(&house, "other.test")->record_count, 3);
    assert_int_equal(house_find(&house, "other.test")->counter_id, counter);

    /* Zone file and map are one unit: a new map makes a new zone. */
    file_write(house.folder, "app.map.json", GOOD_MAP);
    house_build(&house, "");
    assert_ptr_not_equal(house_find(&house, "app.example"), app);
    assert_int_equal(target_count(snapshot_builder_targets(house.builder)), 0);
    assert_ptr_equal(house.now->atlas, atlas);
    house_close(&house);
}

static void zones_come_and_go(void **state)
{
    (void)state;
    struct house house;
    two_zones_open(&house);
    house_build(&house, "");
    const struct zone *app = house_find(&house, "app.example");

    house.sources.zone_count = 1;
    house_build(&house, "");
    assert_int_equal(house.now->zones->count, 1);
    assert_null(house_find(&house, "other.test"));

    /* In another order, and with a newcomer in front. */
    house.sources.zone_count = 2;
    const struct zone_source first = house.zones[0];
    house.zones[0] = house.zones[1];
    house.zones[1] = first;
    house_build(&house, "");
    assert_string_equal(house.now->zones->zones[0]->name, "Other.test");
    assert_ptr_equal(house.now->zones->zones[1], app);

    /* Without its map the same zone is another one. */
    house.zones[1].map = NULL;
    house_build(&house, "");
    assert_ptr_not_equal(house_find(&house, "app.example"), app);
    assert_null(house_find(&house, "app.example")->top->service);
    house_close(&house);
}

static void a_refused_reload_keeps_the_old_zone_and_map(void **state)
{
    (void)state;
    static const char mistake[] = "app.map.json: services.api.endpoints.us.A[0]: '192.0.2' is not "
                                  "an IPv4 address";
    struct house house;
    two_zones_open(&house);
    house_build(&house, "");
    const struct zone *app = house_find(&house, "app.example");

    /* The zone file is good, its map is not, another zone changes at the same time. */
    file_write(house.folder, "app.zone", PLAIN_ZONE "new A 192.0.2.1\n");
    file_write(house.folder, "app.map.json",
               MAP(ROUTE ", 'endpoints': { 'eu': { 'A': ['192.0.2.1'] }, 'us': { 'A': ['192.0.2'] "
                         "} }"));
    file_write(house.folder, "other.zone", PLAIN_ZONE "www A 192.0.2.1\n");
    house_build(&house, mistake);
    assert_int_equal(house.status, STATUS_MEANING);
    assert_ptr_equal(house_find(&house, "app.example"), app);
    assert_int_equal(snapshot_zone_state(house.now, 0), ZONE_STALE);
    const struct report *why = snapshot_zone_report(house.now, 0);
    assert_int_equal(report_mistakes(why), 1);
    assert_int_equal(house_find(&house, "other.test")->record_count, 3);
    assert_int_equal(target_count(snapshot_builder_targets(house.builder)), 2);

    /* Nothing changed on disk: it is told again, but not read again. */
    assert_false(snapshot_files_changed(house.now));
    house_build(&house, mistake);
    assert_ptr_equal(snapshot_zone_report(house.now, 0), why);
    assert_ptr_equal(house_find(&house, "app.example"), app);

    file_write(house.folder, "app.map.json", WATCHED_MAP);
    assert_true(snapshot_files_changed(house.now));
    house_build(&house, "");
    assert_int_equal(snapshot_zone_state(house.now, 0), ZONE_GOOD);
    assert_null(snapshot_zone_report(house.now, 0));
    assert_ptr_not_equal(house_find(&house, "app.example"), app);
    assert_int_equal(house_find(&house, "app.example")->record_count, 3);
    house_close(&house);
}

static void a_zone_broken_from_the_start_leaves_the_others_alone(void **state)
{
    (void)state;
    struct house house;
    two_zones_open(&house);
    file_write(house.folder, "app.zone", PLAIN_ZONE "www A 192.0.2\nwww MX 70000 mail\n");
    file_write(house.folder, "app.map.json", "{ 'regions': 1 }");
    house_build(&house, NULL);
    assert_int_equal(house.status, STATUS_MEANING);
    /* Mistakes of both files, in one run. */
    assert_int_equal(report_mistakes(house.report), 3);
    const struct zone *broken = house_find(&house, "app.example");
    assert_false(broken->loaded);
    assert_string_equal(broken->name, "app.example");
    const uint32_t counter = broken->counter_id;
    assert_int_not_equal(counter, 0);
    assert_int_equal(snapshot_zone_state(house.now, 0), ZONE_BROKEN);
    assert_int_equal(snapshot_zone_state(house.now, 1), ZONE_GOOD);
    assert_true(house_find(&house, "other.test")->loaded);

    file_write(house.folder, "app.zone", PLAIN_ZONE);
    house_build(&house, NULL);
    assert_int_equal(snapshot_zone_state(house.now, 0), ZONE_BROKEN);
    file_write(house.folder, "app.map.json", GOOD_MAP);
    house_build(&house, "");
    assert_int_equal(snapshot_zone_state(house.now, 0), ZONE_GOOD);
    assert_int_equal(house_find(&house, "app.example")->counter_id, counter);
    house_close(&house);
}

static void a_missing_file_is_told_and_noticed_when_it_comes(void **state)
{
    (void)state;
    struct house house;
    house_open(&house);
    house_zone(&house, "app.example", "app.zone", "app.map.json");
    house_build(&house, "app.zone: cannot be read: No such file or directory\n"
                        "app.map.json: cannot be read: No such file or directory");
    assert_int_equal(snapshot_file_count(house.now), 2);
    assert_false(snapshot_files_changed(house.now));

    house_write(&house, "app.zone", PLAIN_ZONE);
    assert_true(snapshot_files_changed(house.now));
    house_write(&house, "app.map.json", "{}");
    house_build(&house, "");
    assert_int_equal(snapshot_zone_state(house.now, 0), ZONE_GOOD);
    house_close(&house);
}

static void names_of_zones_are_checked(void **state)
{
    (void)state;
    struct house house;
    house_open(&house);
    house_write(&house, "a.zone", PLAIN_ZONE);
    house_write(&house, "b.zone", PLAIN_ZONE "ns.example.net. A 192.0.2.1\n");
    house_zone(&house, "app.example", "a.zone", NULL);
    house_zone(&house, "a..b", "b.zone", NULL);
    house_zone(&house, "APP.example.", "b.zone", NULL);
    house_zone(&house, ".", "b.zone", NULL);
    house_build(&house,
                "b.zone: 'a..b' cannot be the name of a zone: a label is empty (two dots in a row, "
                "or a dot in front)\n"
                "b.zone: there is another zone 'app.example' already");
    assert_int_equal(house.now->zones->count, 2);
    assert_string_equal(house.now->zones->zones[1]->name, ".");
    assert_int_equal(snapshot_zone_state(house.now, 1), ZONE_GOOD);
    house_close(&house);
}

static void a_new_database_makes_maps_anew_and_nothing_else(void **state)
{
    (void)state;
    struct house house;
    two_zones_open(&house);
    house_build(&house, "");
    const struct zone *app = house_find(&house, "app.example");
    const struct zone *other = house_find(&house, "other.test");

    house_copy(&house, "tests/data/geo/GeoIP2-Country-Test.mmdb", "world.mmdb");
    assert_true(snapshot_files_changed(house.now));
    house_build(&house, "");
    assert_ptr_not_equal(house_find(&house, "app.example"), app);
    assert_ptr_equal(house_find(&house, "other.test"), other);
    assert_int_equal(target_count(snapshot_builder_targets(house.builder)), 2);

    /* Another grain is another world, too. */
    app = house_find(&house, "app.example");
    house.sources.grain.v4 = 22;
    house_build(&house, "");
    assert_ptr_not_equal(house_find(&house, "app.example"), app);
    assert_int_equal(atlas_grain(house.now->atlas).v4, 22);
    house_close(&house);
}

static void a_refused_database_leaves_the_old_world(void **state)
{
    (void)state;
    struct house house;
    two_zones_open(&house);
    house_build(&house, "");
    const struct zone *app = house_find(&house, "app.example");
    const struct atlas *atlas = house.now->atlas;

    file_write(house.folder, "world.mmdb", "noise");
    file_write(house.folder, "other.zone", PLAIN_ZONE "www A 192.0.2.1\n");
    house_build(&house, NULL);
    assert_int_not_equal(house.status, STATUS_OK);
    assert_int_equal(report_mistakes(house.report), 1);
    assert_non_null(strstr(report_text(house.report, 0), "world.mmdb: "));
    assert_ptr_equal(house.now->atlas, atlas);
    assert_ptr_equal(house_find(&house, "app.example"), app);
    assert_int_equal(house_find(&house, "other.test")->record_count, 3);

    /* It stays refused, and is told, until it changes. */
    assert_false(snapshot_files_changed(house.now));
    house_build(&house, NULL);
    assert_int_equal(report_mistakes(house.report), 1);
    assert_ptr_equal(house.now->atlas, atlas);

    house_copy(&house, CITIES, "world.mmdb");
    house_build(&house, "");
    assert_ptr_not_equal(house_find(&house, "app.example"), app);
    house_close(&house);
}

static void without_any_world_there_is_no_generation(void **state)
{
    (void)state;
    struct house house;
    two_zones_open(&house);
    file_write(house.folder, "world.mmdb", "noise");
    house_build(&house, NULL);
    assert_int_not_equal(house.status, STATUS_OK);
    assert_null(house.now);
    house_close(&house);
}

/* A map that fails over a new atlas goes on over the old one. */
static void an_old_map_outlives_its_atlas(void **state)
{
    (void)state;
    struct house house;
    two_zones_open(&house);
    house_build(&house, "");
    const struct zone *app = house_find(&house, "app.example");

    file_write(house.folder, "app.map.json", "{ 'regions': 1 }");
    house_copy(&house, "tests/data/geo/GeoIP2-Country-Test.mmdb", "world.mmdb");
    house_build(&house,
                "app.map.json: regions: expected an object, or the name of a file with one");
    assert_ptr_equal(house_find(&house, "app.example"), app);

    size_t count;
    const struct service *service = snapshot_zone_services(house.now, 0, &count)[0];
    struct policy_client client = { .source_len = 32 };
    struct ranking ranking;
    assert_true(address_parse("81.2.69.160", &client.address)); /* London in the old file */
    policy_rank(service->policy, &client, &ranking);
    assert_string_equal(service->regions[ranking.regions[0]].name, "eu");
    house_close(&house);
}

static void steers_by_the_shipped_countries(void **state)
{
    (void)state;
    static const struct {
        const char *address, *region;
    } clients[] = {
        { "193.166.3.2", "eu" }, /* Finland */
        { "141.1.1.1", "eu" },   /* Germany */
        { "128.2.42.10", "us" }, /* United States */
        { "200.160.2.3", "us" }, /* Brazil */
    };
    struct house house;
    house_open(&house);
    house.databases[house.sources.database_count++] = COUNTRIES;
    house_write(&house, "app.zone", PLAIN_ZONE);
    house_write(&house, "app.map.json", GOOD_MAP);
    house_zone(&house, "app.example", "app.zone", "app.map.json");
    house_build(&house, "");

    size_t count;
    const struct service *service = snapshot_zone_services(house.now, 0, &count)[0];
    for (size_t i = 0; i < COUNT(clients); i++) {
        struct policy_client client = { .source_len = 32 };
        struct ranking ranking;
        assert_true(address_parse(clients[i].address, &client.address));
        policy_rank(service->policy, &client, &ranking);
        const char *first = service->regions[ranking.regions[0]].name;
        if (strcmp(first, clients[i].region) != 0)
            fail_msg("%s goes to %s", clients[i].address, first);
    }
    house_close(&house);
}

static void serving_is_copied_deeply(void **state)
{
    (void)state;
    struct house house;
    house_open(&house);
    char identity[] = "hel-1", version[] = "meridian";
    uint8_t channel[] = "\x06"
                        "report\x04"
                        "test";
    struct prefix explain[2], allow[1];
    assert_true(prefix_parse("127.0.0.0/8", &explain[0]));
    assert_true(prefix_parse("::1/128", &explain[1]));
    assert_true(prefix_parse("192.0.2.0/24", &allow[0]));
    house.sources.serving = (struct serving){
        .edns_size = 1400,
        .ecs = true,
        .identity = identity,
        .version = version,
        .explain = explain,
        .explain_count = 2,
        .rate_limit = { .on = true, .allow = allow, .allow_count = 1 },
        .report_channel = channel,
    };
    house_build(&house, "");
    memset(identity, 'x', sizeof identity - 1);
    memset(version, 'x', sizeof version - 1);
    memset(channel, 0, sizeof channel);
    memset(explain, 0, sizeof explain);
    memset(allow, 0, sizeof allow);

    const struct serving *serving = &house.now->serving;
    char text[PREFIX_TEXT];
    assert_int_equal(serving->edns_size, 1400);
    assert_string_equal(serving->identity, "hel-1");
    assert_string_equal(serving->version, "meridian");
    assert_string_equal(prefix_print(&serving->explain[1], text), "::1/128");
    assert_string_equal(prefix_print(&serving->rate_limit.allow[0], text), "192.0.2.0/24");
    assert_int_equal(name_len(serving->report_channel), 13);
    house_close(&house);
}

static void warnings_are_told_once_and_refuse_nothing(void **state)
{
    (void)state;
    struct house house;
    two_zones_open(&house);
    file_write(house.folder, "app.map.json",
               "{ " REGIONS ", 'services': { 'api': { " ROUTE ", " ENDPOINTS " } } }");
    house_build(&house, "warning app.map.json: services.api: no name leads to this service");
    assert_int_equal(house.status, STATUS_OK);
    assert_int_equal(snapshot_zone_state(house.now, 0), ZONE_GOOD);
    house_build(&house, "");
    house_close(&house);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(builds_a_generation_from_files),
        cmocka_unit_test(shares_what_did_not_change),
        cmocka_unit_test(zones_come_and_go),
        cmocka_unit_test(a_refused_reload_keeps_the_old_zone_and_map),
        cmocka_unit_test(a_zone_broken_from_the_start_leaves_the_others_alone),
        cmocka_unit_test(a_missing_file_is_told_and_noticed_when_it_comes),
        cmocka_unit_test(names_of_zones_are_checked),
        cmocka_unit_test(a_new_database_makes_maps_anew_and_nothing_else),
        cmocka_unit_test(a_refused_database_leaves_the_old_world),
        cmocka_unit_test(without_any_world_there_is_no_generation),
        cmocka_unit_test(an_old_map_outlives_its_atlas),
        cmocka_unit_test(steers_by_the_shipped_countries),
        cmocka_unit_test(serving_is_copied_deeply),
        cmocka_unit_test(warnings_are_told_once_and_refuse_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
