#include "dns/server/steward.h"

#include "dns/proto/rrtype.h"
#include "dns/server/orders.h"
#include "tests/zones/house.h"

/*
 * Three regions of one address each, told by letters: u up, d down, ? unknown.
 * Time is the test's.
 */
#define REGIONS3                                                                        \
    "'regions': { 'one': { 'tags': ['eu'] }, 'two': { 'tags': ['eu'] }, 'three': {} },"     \
    "'probes': { 'web': { 'type': 'tcp', 'port': 80 } },"
#define ENDPOINTS3                                                               \
    "'endpoints': { 'one': { 'A': ['192.0.2.1'] }, 'two': { 'A': ['192.0.2.2'] }," \
    "  'three': { 'A': ['192.0.2.3'], 'TXT': ['three'] } }, 'partial_types': true"
#define MAP3(knobs)                                                                             \
    "{ " REGIONS3 " 'services': { 'web': { 'route': { 'failover': ['one', 'two', 'three'] }, " \
    "'probe': 'web', " knobs ENDPOINTS3 " } }, 'names': { 'www': 'web' } }"

enum { REGION_COUNT = 3, CHANGES = 64 };

struct estate {
    struct house house;
    struct orders *orders;
    struct steward *steward;
    char changes[CHANGES][96]; /* "web/one A up->down" */
    unsigned change_count;
};

static const char *health_word(enum health health)
{
    static const char *const words[] = { "unknown", "up", "down" };
    return words[health];
}

static void on_change(void *context, const struct steward_change *change)
{
    struct estate *estate = context;
    char type[RRTYPE_TEXT];
    assert_true(estate->change_count < CHANGES);
    assert_string_equal(change->zone, "app.example");
    assert_true(change->wall_ms > 0);
    snprintf(estate->changes[estate->change_count++], sizeof estate->changes[0],
             "%s/%s %s %s->%s", change->service, change->region,
             rrtype_to_text(change->type, type), health_word(change->from.health),
             health_word(change->to.health));
}

static const struct service *estate_service(const struct estate *estate)
{
    size_t count;
    const struct service *const *services = snapshot_zone_services(estate->house.now, 0, &count);
    assert_int_equal(count, 1);
    return services[0];
}

static const struct pool *estate_pool(const struct estate *estate, uint16_t region)
{
    return service_pool(estate_service(estate), region, RRTYPE_A);
}

static uint32_t estate_target(const struct estate *estate, uint16_t region)
{
    return estate_pool(estate, region)->endpoints[0].target;
}

static void estate_load(struct estate *estate, const char *map, uint64_t now_ms)
{
    struct snapshot *next;
    house_write(&estate->house, "app.map.json", map);
    assert_int_equal(snapshot_build(estate->house.builder, &estate->house.sources,
                                    estate->house.now, estate->house.report, &next),
                     STATUS_OK);
    assert_int_equal(steward_take(estate->steward, next, now_ms), STATUS_OK);
    snapshot_free(estate->house.now, estate->house.builder);
    estate->house.now = next;
}

static void estate_open(struct estate *estate, const char *map)
{
    *estate = (struct estate){ 0 };
    house_open(&estate->house);
    house_write(&estate->house, "app.zone", PLAIN_ZONE);
    house_write(&estate->house, "app.map.json", map);
    house_zone(&estate->house, "app.example", "app.zone", "app.map.json");
    house_build(&estate->house, "");
    assert_int_equal(estate->house.status, STATUS_OK);
    estate->orders = orders_new();
    assert_non_null(estate->orders);
    estate->steward =
        steward_new(estate->house.board, snapshot_builder_pools(estate->house.builder),
                    estate->orders);
    assert_non_null(estate->steward);
    steward_on_change(estate->steward, on_change, estate);
    assert_int_equal(steward_take(estate->steward, estate->house.now, 0), STATUS_OK);
}

static void estate_close(struct estate *estate)
{
    assert_int_equal(steward_take(estate->steward, NULL, 0), STATUS_OK);
    steward_free(estate->steward);
    orders_free(estate->orders);
    house_close(&estate->house);
}

static void hear(struct estate *estate, uint16_t region, char letter, uint64_t now_ms)
{
    const uint32_t target = estate_target(estate, region);
    board_set(estate->house.board, target,
              letter == 'u'   ? HEALTH_UP
              : letter == 'd' ? HEALTH_DOWN
                              : HEALTH_UNKNOWN,
              false);
    steward_touch(estate->steward, target, now_ms);
}

/* What queries see: u, d, ?, and h for held up by max_down. */
static const char *seen(const struct estate *estate, char out[REGION_COUNT + 1])
{
    const struct pool_board *pools = snapshot_builder_pools(estate->house.builder);
    for (uint16_t region = 0; region < REGION_COUNT; region++) {
        const struct pool_state state = pool_board_get(pools, estate_pool(estate, region)->id);
        out[region] = state.cause == POOL_BY_LIMIT        ? 'h'
                      : state.health == HEALTH_UP   ? 'u'
                      : state.health == HEALTH_DOWN ? 'd'
                                                    : '?';
    }
    out[REGION_COUNT] = '\0';
    return out;
}

static void expect(const struct estate *estate, const char *expected)
{
    char letters[REGION_COUNT + 1];
    assert_string_equal(seen(estate, letters), expected);
}

static void all_up(struct estate *estate)
{
    for (uint16_t region = 0; region < REGION_COUNT; region++)
        hear(estate, region, 'u', 0);
    expect(estate, "uuu");
}

static void the_next_reader_sees_what_was_heard(void **state)
{
    (void)state;
    struct estate estate;
    estate_open(&estate, MAP3(""));
    expect(&estate, "???");
    hear(&estate, 1, 'd', 10);
    expect(&estate, "?d?");
    all_up(&estate);
    hear(&estate, 0, 'd', 20);
    hear(&estate, 2, 'd', 30);
    expect(&estate, "dud");

    /* TXT of the third follows its address. */
    static const char *const told[] = { "web/two A unknown->down", "web/one A unknown->up",
                                        "web/two A down->up",      "web/three A unknown->up",
                                        "web/three TXT unknown->up", "web/one A up->down",
                                        "web/three A up->down",    "web/three TXT up->down" };
    assert_int_equal(estate.change_count, COUNT(told));
    for (size_t i = 0; i < COUNT(told); i++)
        assert_string_equal(estate.changes[i], told[i]);
    estate_close(&estate);
}

static void an_unknown_target_or_pool_is_nobody(void **state)
{
    (void)state;
    struct estate estate;
    struct steward_report report;
    estate_open(&estate, MAP3(""));
    steward_touch(estate.steward, BOARD_CAPACITY - 1, 0);
    assert_false(steward_report(estate.steward, POOL_BOARD_CAPACITY - 1, &report));
    estate_close(&estate);
}

static void unsure_goes_along(void **state)
{
    (void)state;
    struct estate estate;
    estate_open(&estate, MAP3(""));
    all_up(&estate);
    board_set(estate.house.board, estate_target(&estate, 0), HEALTH_UP, true);
    steward_touch(estate.steward, estate_target(&estate, 0), 0);
    const struct pool_board *pools = snapshot_builder_pools(estate.house.builder);
    assert_true(pool_board_get(pools, estate_pool(&estate, 0)->id).unsure);
    assert_false(pool_board_get(pools, estate_pool(&estate, 1)->id).unsure);
    assert_int_equal(estate.change_count, REGION_COUNT + 1); /* as it was */
    estate_close(&estate);
}

static void probes_withdraw_no_more_than_allowed(void **state)
{
    (void)state;
    /* Events: region and letter, then what is seen. */
    static const struct {
        const char *what, *map;
        const char *steps[8];
    } cases[] = {
        { "without a limit", MAP3(""), { "0d duu", "2d dud", "1d ddd" } },
        { "one at most: the second is held up", MAP3("'max_down': 1, "),
          { "0d duu", "1d dhu", "2d dhh" } },
        { "the first to fail stays out", MAP3("'max_down': 1, "), { "2d uud", "0d hud" } },
        { "when it recovers, the next one's place is free", MAP3("'max_down': 1, "),
          { "1d udu", "0d hdu", "1u duu", "1d dhu", "0u udu" } },
        { "who was held up recovers", MAP3("'max_down': 1, "), { "1d udu", "0d hdu", "0u udu" } },
        { "nobody", MAP3("'max_down': 0, "), { "1d uhu", "0d hhu", "1u huu" } },
        { "two of three are 67 %", MAP3("'max_down': '67%', "), { "0d duu", "1d ddu", "2d ddh" } },
        { "66 % of three is one", MAP3("'max_down': '66%', "), { "0d duu", "1d dhu" } },
        { "one not known is not down", MAP3("'max_down': 1, "), { "0? ?uu", "1d ?du", "0d hdu" } },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct estate estate;
        char letters[REGION_COUNT + 1];
        estate_open(&estate, cases[i].map);
        all_up(&estate);
        for (size_t s = 0; s < COUNT(cases[i].steps) && cases[i].steps[s] != NULL; s++) {
            const char *step = cases[i].steps[s];
            hear(&estate, (uint16_t)(step[0] - '0'), step[1], 0);
            if (strcmp(seen(&estate, letters), step + 3) != 0)
                fail_msg("%s: after %s it is %s", cases[i].what, step, letters);
        }
        estate_close(&estate);
    }
}

static uint32_t withheld(const struct estate *estate, uint16_t region)
{
    return pool_board_get(snapshot_builder_pools(estate->house.builder),
                          estate_pool(estate, region)->id)
        .withheld;
}

static void a_region_that_comes_back_takes_clients_back_over_its_ramp(void **state)
{
    (void)state;
    struct estate estate;
    estate_open(&estate, MAP3("'ramp': '10s', "));
    all_up(&estate);
    assert_int_equal(withheld(&estate, 0), 0); /* no slow start after a start */
    assert_int_equal(steward_tick(estate.steward, 0), 0);

    hear(&estate, 0, 'd', 1000);
    hear(&estate, 0, 'u', 5000);
    assert_int_equal(withheld(&estate, 0), POOL_SHARE);
    assert_int_equal(withheld(&estate, 1), 0);
    assert_int_equal(steward_tick(estate.steward, 5000), 50);

    uint32_t before = POOL_SHARE;
    for (uint64_t now_ms = 5100; now_ms < 15000; now_ms += 100) {
        assert_true(steward_tick(estate.steward, now_ms) > 0);
        assert_true(withheld(&estate, 0) < before);
        before = withheld(&estate, 0);
    }
    assert_int_equal(steward_tick(estate.steward, 10000), 50);
    assert_int_equal(withheld(&estate, 0), POOL_SHARE / 2);
    assert_int_equal(steward_tick(estate.steward, 15000), 0);
    assert_int_equal(withheld(&estate, 0), 0);
    assert_int_equal(estate.change_count, REGION_COUNT + 1 + 2);
    estate_close(&estate);
}

static void a_ramp_ends_with_its_region_and_begins_anew(void **state)
{
    (void)state;
    struct estate estate;
    estate_open(&estate, MAP3("'ramp': '10s', "));
    all_up(&estate);
    hear(&estate, 0, 'd', 0);
    hear(&estate, 0, 'u', 1000);
    steward_tick(estate.steward, 6000);
    hear(&estate, 0, 'd', 6000);
    assert_int_equal(withheld(&estate, 0), 0);
    assert_int_equal(steward_tick(estate.steward, 6000), 0);
    hear(&estate, 0, 'u', 7000);
    assert_int_equal(withheld(&estate, 0), POOL_SHARE);
    estate_close(&estate);
}

static void order(struct estate *estate, enum order_kind kind, bool is_tag, const char *name,
                  const char *service)
{
    struct order one = { .kind = kind, .subject.is_tag = is_tag };
    snprintf(one.subject.name, sizeof one.subject.name, "%s", name);
    snprintf(one.subject.service, sizeof one.subject.service, "%s", service);
    if (kind == ORDER_NONE)
        assert_true(orders_take(estate->orders, &one.subject, NULL));
    else
        assert_int_equal(orders_put(estate->orders, &one, NULL), STATUS_OK);
    steward_obey(estate->steward, 0);
}

static enum pool_cause cause(const struct estate *estate, uint16_t region)
{
    return pool_board_get(snapshot_builder_pools(estate->house.builder),
                          estate_pool(estate, region)->id)
        .cause;
}

static void the_operator_has_the_last_word(void **state)
{
    (void)state;
    struct estate estate;
    estate_open(&estate, MAP3("'max_down': 1, "));
    all_up(&estate);

    order(&estate, ORDER_DRAIN, false, "one", "");
    expect(&estate, "duu");
    assert_int_equal(cause(&estate, 0), POOL_BY_DRAIN);
    hear(&estate, 0, 'd', 0); /* what probes find of it changes nothing */
    hear(&estate, 0, 'u', 0);
    expect(&estate, "duu");

    /* A drained region is not one of those that probes have withdrawn. */
    hear(&estate, 1, 'd', 0);
    expect(&estate, "ddu");
    assert_int_equal(cause(&estate, 1), POOL_BY_PROBES);
    order(&estate, ORDER_UP, false, "two", "web");
    expect(&estate, "duu");
    assert_int_equal(cause(&estate, 1), POOL_BY_FORCE);
    hear(&estate, 2, 'd', 0); /* its place among the withdrawn is free */
    expect(&estate, "dud");
    order(&estate, ORDER_NONE, false, "two", "web");
    expect(&estate, "dhd");

    order(&estate, ORDER_NONE, false, "one", "");
    order(&estate, ORDER_DRAIN, true, "eu", "");
    hear(&estate, 1, 'u', 0);
    hear(&estate, 2, 'u', 0);
    expect(&estate, "ddu");
    order(&estate, ORDER_DOWN, false, "three", "web");
    expect(&estate, "ddd");
    order(&estate, ORDER_DRAIN, false, "three", "other");
    order(&estate, ORDER_NONE, false, "three", "web");
    expect(&estate, "ddu");
    estate_close(&estate);
}

/* A cold cache is one, whoever took its region out. */
static void an_undrained_region_starts_slowly(void **state)
{
    (void)state;
    struct estate estate;
    estate_open(&estate, MAP3("'ramp': '10s', "));
    all_up(&estate);
    order(&estate, ORDER_DRAIN, false, "one", "");
    order(&estate, ORDER_NONE, false, "one", "");
    expect(&estate, "uuu");
    assert_int_equal(withheld(&estate, 0), POOL_SHARE);
    order(&estate, ORDER_UP, false, "one", "web"); /* now means now */
    assert_int_equal(withheld(&estate, 0), 0);
    estate_close(&estate);
}

static void states_outlive_generations(void **state)
{
    (void)state;
    struct estate estate;
    struct steward_report before, after;
    estate_open(&estate, MAP3("'max_down': 1, 'ramp': '10s', "));
    all_up(&estate);
    hear(&estate, 1, 'd', 0);
    hear(&estate, 0, 'd', 0);
    hear(&estate, 2, 'd', 0);
    hear(&estate, 2, 'u', 0);
    expect(&estate, "hdu");
    assert_true(steward_report(estate.steward, estate_pool(&estate, 1)->id, &before));

    estate_load(&estate, MAP3("'ttl': 5, 'max_down': 1, 'ramp': '10s', "), 0);
    expect(&estate, "hdu");
    assert_true(steward_report(estate.steward, estate_pool(&estate, 1)->id, &after));
    assert_int_equal(before.since_wall_ms, after.since_wall_ms);
    assert_int_equal(after.state.health, HEALTH_DOWN);
    assert_int_equal(after.counted, HEALTH_DOWN);
    assert_true(steward_report(estate.steward, estate_pool(&estate, 0)->id, &after));
    assert_int_equal(after.state.cause, POOL_BY_LIMIT);
    assert_int_equal(after.counted, HEALTH_DOWN);

    /* The limit is the new generation's. */
    estate_load(&estate, MAP3(""), 0);
    expect(&estate, "ddu");
    estate_close(&estate);
}

/* Whoever comes back after a generation without it is new, also when news of it came last. */
static void what_is_gone_is_forgotten(void **state)
{
    (void)state;
    static const char ramped[] = MAP3("'ramp': '10s', ");
    static const char empty[] = "{ " REGIONS3 " 'services': {}, 'names': {} }";
    struct estate estate;
    estate_open(&estate, ramped);
    all_up(&estate);
    hear(&estate, 0, 'd', 0);
    const uint32_t target = estate_target(&estate, 0);
    estate_load(&estate, empty, 0);

    board_set(estate.house.board, target, HEALTH_UP, false);
    estate_load(&estate, ramped, 0);
    expect(&estate, "uuu");
    assert_int_equal(withheld(&estate, 0), 0); /* nobody saw it come back */
    estate_close(&estate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_next_reader_sees_what_was_heard),
        cmocka_unit_test(an_unknown_target_or_pool_is_nobody),
        cmocka_unit_test(unsure_goes_along),
        cmocka_unit_test(probes_withdraw_no_more_than_allowed),
        cmocka_unit_test(a_region_that_comes_back_takes_clients_back_over_its_ramp),
        cmocka_unit_test(a_ramp_ends_with_its_region_and_begins_anew),
        cmocka_unit_test(the_operator_has_the_last_word),
        cmocka_unit_test(an_undrained_region_starts_slowly),
        cmocka_unit_test(states_outlive_generations),
        cmocka_unit_test(what_is_gone_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
