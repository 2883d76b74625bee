#include "dns/server/choice.h"

#include "tests/dns/server/scene.h"

/* The ordering is the test's: geography has twins of its own. */
static struct ranking ordering;
static struct policy_client ranked_for;

void policy_rank(const struct policy *policy, const struct policy_client *client,
                 struct ranking *out)
{
    (void)policy;
    ranked_for = *client;
    *out = ordering;
}

uint16_t policy_first(const struct policy *policy, const struct policy_client *client,
                      uint8_t *scope)
{
    (void)policy;
    ranked_for = *client;
    *scope = ordering.first_scope;
    return ordering.count > 0 ? ordering.regions[0] : REGION_NONE;
}

/* "hfv" */
static void order(const char *letters)
{
    ordering = (struct ranking){ .scope = 20, .first_scope = 12 };
    for (; *letters != '\0'; letters++)
        ordering.regions[ordering.count++] = *letters == 'h'   ? HELSINKI
                                             : *letters == 'f' ? FRANKFURT
                                                               : VIRGINIA;
}

static struct client client_v4(void)
{
    return (struct client){ .source = scene_address("198.51.100.7") };
}

static void choose(struct scene *scene, uint16_t type, const struct client *client,
                   const struct ecs *ecs, struct choice *out)
{
    struct course course;

    scene_count(scene);
    choice_make(&scene->snapshot, &scene->service, type, client, ecs, &course, out);
}

static const char *kind_text(enum choice_kind kind)
{
    static const char *const texts[] = { [CHOICE_HEALTHY] = "healthy",
                                         [CHOICE_ALL_DOWN] = "all down",
                                         [CHOICE_ZONEFILE] = "zone file",
                                         [CHOICE_NOT_READY] = "not ready" };
    return texts[kind];
}

/* The last octets of the chosen addresses: "10 11". */
static const char *chosen_text(const struct choice *choice, char out[256])
{
    size_t len = 0;
    out[0] = '\0';
    for (unsigned i = 0; i < choice->count; i++) {
        const struct endpoint *endpoint = choice->endpoints[i];
        const unsigned last = endpoint->rdata[endpoint->rdata_len - 1];
        len += (size_t)snprintf(out + len, 256 - len, endpoint->rdata_len == 16 ? "%s%x" : "%s%u",
                                i == 0 ? "" : " ", last);
    }
    return out;
}

static void check(const char *what, const struct choice *choice, enum choice_kind kind,
                  const char *chosen)
{
    char text[256];
    if (choice->kind != kind)
        fail_msg("%s: %s, expected %s", what, kind_text(choice->kind), kind_text(kind));
    if (strcmp(chosen_text(choice, text), chosen) != 0)
        fail_msg("%s: '%s', expected '%s'", what, text, chosen);
}

static void answers_with_the_first_healthy_region(void **state)
{
    static const struct {
        const char *what;
        const char *order, *a, *aaaa;
        uint16_t type;
        enum choice_kind kind;
        uint16_t region;
        const char *chosen;
    } cases[] = {
        { "all up", "hfv", "uuu", "uuu", RRTYPE_A, CHOICE_HEALTHY, HELSINKI, "10 11" },
        { "another order", "vhf", "uuu", "uuu", RRTYPE_A, CHOICE_HEALTHY, VIRGINIA, "30 31" },
        { "the first is down", "hfv", "duu", "uuu", RRTYPE_A, CHOICE_HEALTHY, FRANKFURT, "20 21" },
        { "two are down", "hfv", "ddu", "uuu", RRTYPE_A, CHOICE_HEALTHY, VIRGINIA, "30 31" },
        { "IPv6 down does not move IPv4", "hfv", "uuu", "duu", RRTYPE_A, CHOICE_HEALTHY, HELSINKI,
          "10 11" },
        { "IPv6 down moves IPv6", "hfv", "uuu", "duu", RRTYPE_AAAA, CHOICE_HEALTHY, FRANKFURT,
          "20" },
        { "all down: as if all were up", "fvh", "ddd", "ddd", RRTYPE_A, CHOICE_ALL_DOWN, FRANKFURT,
          "20 21" },
        { "one route exhausted", "h", "duu", "uuu", RRTYPE_A, CHOICE_ALL_DOWN, HELSINKI, "10 11" },
        { "the first not probed yet", "hfv", "?uu", "uuu", RRTYPE_A, CHOICE_NOT_READY, REGION_NONE,
          "" },
        { "one behind the first not probed yet", "hfv", "u??", "uuu", RRTYPE_A, CHOICE_HEALTHY,
          HELSINKI, "10 11" },
        { "down, then not probed yet", "hfv", "d?u", "uuu", RRTYPE_A, CHOICE_NOT_READY, REGION_NONE,
          "" },
        { "nobody in the order", "", "uuu", "uuu", RRTYPE_A, CHOICE_ALL_DOWN, HELSINKI, "10 11" },
        { "HTTPS follows any family that is up", "hfv", "duu", "uuu", RRTYPE_HTTPS, CHOICE_HEALTHY,
          HELSINKI, "0" },
        { "HTTPS with both families down", "hfv", "duu", "duu", RRTYPE_HTTPS, CHOICE_HEALTHY,
          FRANKFURT, "0" },
        { "HTTPS with one down and one not probed", "hfv", "duu", "?uu", RRTYPE_HTTPS,
          CHOICE_NOT_READY, REGION_NONE, "" },
    };
    struct scene *scene = *state;
    const struct client client = client_v4();

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct choice choice;
        order(cases[i].order);
        scene_health(scene, cases[i].a, cases[i].aaaa);
        choose(scene, cases[i].type, &client, NULL, &choice);
        check(cases[i].what, &choice, cases[i].kind, cases[i].chosen);
        if (choice.region != cases[i].region)
            fail_msg("%s: region %u", cases[i].what, choice.region);
        assert_int_equal(choice.ttl, SCENE_TTL);
        assert_int_equal(choice.type, cases[i].type);
    }
}

static void leaves_out_endpoints_that_are_down(void **state)
{
    struct scene *scene = *state;
    const struct client client = client_v4();
    struct choice choice;

    order("hfv");
    board_set(scene->board, target_a(HELSINKI, 0), HEALTH_DOWN, false);
    choose(scene, RRTYPE_A, &client, NULL, &choice);
    check("one of two is enough", &choice, CHOICE_HEALTHY, "11");

    scene->pools[HELSINKI][0].needed = 2;
    choose(scene, RRTYPE_A, &client, NULL, &choice);
    check("min_up 2 takes the region down", &choice, CHOICE_HEALTHY, "20 21");

    board_set(scene->board, target_a(HELSINKI, 0), HEALTH_UNKNOWN, false);
    choose(scene, RRTYPE_A, &client, NULL, &choice);
    check("min_up 2 and one not probed yet", &choice, CHOICE_NOT_READY, "");

    scene->a[HELSINKI][0].target = TARGET_NONE;
    choose(scene, RRTYPE_A, &client, NULL, &choice);
    check("whom nobody probes is up", &choice, CHOICE_HEALTHY, "10 11");
}

static void falls_back_as_the_service_says(void **state)
{
    static const uint16_t list[] = { VIRGINIA, FRANKFURT };
    static const struct {
        const char *what;
        enum all_down all_down;
        const char *order, *a;
        enum choice_kind kind;
        const char *chosen;
    } cases[] = {
        { "the zone file", ALL_DOWN_ZONEFILE, "hfv", "ddd", CHOICE_ZONEFILE, "" },
        { "the zone file is not asked while one is up", ALL_DOWN_ZONEFILE, "hfv", "ddu",
          CHOICE_HEALTHY, "30 31" },
        { "a list, healthy", ALL_DOWN_LIST, "h", "duu", CHOICE_ALL_DOWN, "30 31" },
        { "a list is a failover order", ALL_DOWN_LIST, "h", "dud", CHOICE_ALL_DOWN, "20 21" },
        { "a list, none healthy: its first", ALL_DOWN_LIST, "h", "ddd", CHOICE_ALL_DOWN, "30 31" },
        { "a list, not probed yet", ALL_DOWN_LIST, "h", "du?", CHOICE_NOT_READY, "" },
    };
    struct scene *scene = *state;
    const struct client client = client_v4();

    scene->service.all_down_list = list;
    scene->service.all_down_count = COUNT(list);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct choice choice;
        order(cases[i].order);
        scene_health(scene, cases[i].a, "uuu");
        scene->service.all_down = cases[i].all_down;
        choose(scene, RRTYPE_A, &client, NULL, &choice);
        check(cases[i].what, &choice, cases[i].kind, cases[i].chosen);
    }
}

/* Steering never changes what exists: a type that one region has is answered, whatever the order. */
static void answers_a_partial_type_from_who_has_it(void **state)
{
    struct scene *scene = *state;
    const struct client client = client_v4();
    struct choice choice;

    scene->regions[HELSINKI].pool_count = 1; /* A alone */
    scene->regions[FRANKFURT].pool_count = 1;
    order("hfv");
    choose(scene, RRTYPE_AAAA, &client, NULL, &choice);
    check("the first who has it", &choice, CHOICE_HEALTHY, "30");
    order("hf");
    choose(scene, RRTYPE_AAAA, &client, NULL, &choice);
    check("nobody in the order has it", &choice, CHOICE_ALL_DOWN, "30");
    assert_int_equal(choice.region, VIRGINIA);
}

static void turns_the_addresses_from_answer_to_answer(void **state)
{
    struct scene *scene = *state;
    struct client client = client_v4();
    struct choice choice;

    order("hfv");
    client.sequence = 1;
    choose(scene, RRTYPE_A, &client, NULL, &choice);
    check("the next is first", &choice, CHOICE_HEALTHY, "11 10");
    client.sequence = UINT32_MAX - 1;
    choose(scene, RRTYPE_A, &client, NULL, &choice);
    check("at the end of the count", &choice, CHOICE_HEALTHY, "10 11");

    scene->service.answers = 1;
    client.sequence = 3;
    choose(scene, RRTYPE_A, &client, NULL, &choice);
    check("one address only", &choice, CHOICE_HEALTHY, "11");
}

static void spreads_over_the_first_healthy_regions(void **state)
{
    struct scene *scene = *state;
    const struct client client = client_v4();
    struct choice choice;

    order("hfv");
    scene->service.spread = 2;
    choose(scene, RRTYPE_A, &client, NULL, &choice);
    check("two regions", &choice, CHOICE_HEALTHY, "10 11 20 21");
    assert_int_equal(choice.region, HELSINKI);

    scene->service.answers = 3;
    choose(scene, RRTYPE_A, &client, NULL, &choice);
    check("three addresses of two regions", &choice, CHOICE_HEALTHY, "10 11 20");

    scene_health(scene, "udu", "uuu");
    choose(scene, RRTYPE_A, &client, NULL, &choice);
    check("past one that is down", &choice, CHOICE_HEALTHY, "10 11 30");

    scene_health(scene, "u?u", "uuu");
    choose(scene, RRTYPE_A, &client, NULL, &choice);
    check("the second is only missed", &choice, CHOICE_HEALTHY, "10 11 30");

    scene_health(scene, "udd", "uuu");
    choose(scene, RRTYPE_A, &client, NULL, &choice);
    check("only one is left", &choice, CHOICE_HEALTHY, "10 11");

    scene_health(scene, "ddd", "uuu");
    scene->service.answers = 8;
    choose(scene, RRTYPE_A, &client, NULL, &choice);
    check("none: the first two as if up", &choice, CHOICE_ALL_DOWN, "10 11 20 21");

    scene->a_rdata[FRANKFURT][0][3] = 11;
    choose(scene, RRTYPE_A, &client, NULL, &choice);
    check("an address that both regions have", &choice, CHOICE_ALL_DOWN, "10 11 21");
}

/* Weights 3 and 1, one address an answer: three of four answers, within what chance allows. */
static void draws_by_weight(void **state)
{
    enum { DRAWS = 40000 };
    static const uint32_t up_to[] = { 3, 4 };
    struct scene *scene = *state;
    struct client client = client_v4();
    unsigned heavy = 0;

    order("hfv");
    scene->service.answers = 1;
    scene->a[HELSINKI][0].weight = 3;
    scene->pools[HELSINKI][0].weight_up_to = up_to;
    for (unsigned i = 0; i < DRAWS; i++) {
        struct choice choice;
        client.random = i;
        choose(scene, RRTYPE_A, &client, NULL, &choice);
        assert_int_equal(choice.count, 1);
        heavy += choice.endpoints[0] == &scene->a[HELSINKI][0];
    }
    /* Six standard deviations of 87 draws; the numbers are the same in every run. */
    assert_in_range(heavy, DRAWS * 3 / 4 - 522, DRAWS * 3 / 4 + 522);

    struct choice choice;
    char text[256];
    scene->service.answers = 8;
    choose(scene, RRTYPE_A, &client, NULL, &choice);
    chosen_text(&choice, text);
    assert_true(strcmp(text, "10 11") == 0 || strcmp(text, "11 10") == 0);

    board_set(scene->board, target_a(HELSINKI, 0), HEALTH_DOWN, false);
    choose(scene, RRTYPE_A, &client, NULL, &choice);
    check("the heavy one is down", &choice, CHOICE_HEALTHY, "11");
}

static void steers_by_ecs_or_by_source(void **state)
{
    static const struct {
        const char *what;
        bool has_ecs;
        struct ecs ecs;
        bool heed, service_ecs;
        bool by_ecs;
        const char *address;
        uint8_t source_len;
        uint8_t scope;
    } cases[] = {
        { "by ECS",
          true,
          { .family = 1, .source_prefix = 24, .address = { 203, 0, 113 } },
          true,
          true,
          true,
          "203.0.113.0",
          24,
          12 },
        { "by an IPv6 subnet",
          true,
          { .family = 2, .source_prefix = 48, .address = { 0x20, 1, 0xd, 0xb8, 0, 1 } },
          true,
          true,
          true,
          "2001:db8:1::",
          48,
          12 },
        { "without ECS", false, { .family = 0 }, true, true, false, "198.51.100.7", 32, 12 },
        { "the server heeds none",
          true,
          { .family = 1, .source_prefix = 24, .address = { 203, 0, 113 } },
          false,
          true,
          false,
          "198.51.100.7",
          32,
          12 },
        { "the service heeds none",
          true,
          { .family = 1, .source_prefix = 24, .address = { 203, 0, 113 } },
          true,
          false,
          false,
          "198.51.100.7",
          32,
          0 },
    };
    struct scene *scene = *state;
    const struct client client = client_v4();

    order("hfv");
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct choice choice;
        char text[ADDRESS_TEXT];
        scene->snapshot.serving.ecs = cases[i].heed;
        scene->service.ecs = cases[i].service_ecs;
        choose(scene, RRTYPE_A, &client,
                    cases[i].has_ecs ? &cases[i].ecs : NULL, &choice);
        if (choice.by_ecs != cases[i].by_ecs || choice.scope != cases[i].scope)
            fail_msg("%s: by_ecs %d, scope %u", cases[i].what, choice.by_ecs, choice.scope);
        if (strcmp(address_print(&ranked_for.address, text), cases[i].address) != 0 ||
            ranked_for.source_len != cases[i].source_len)
            fail_msg("%s: ranked for %s/%u", cases[i].what, text, ranked_for.source_len);
        assert_true(address_equal(&ranked_for.resolver, &client.source));
    }
}

/* Three regions, room for three; the last one has an address of the second, and one that is down. */
static void gives_back_the_room_that_a_later_region_leaves(void **state)
{
    struct scene *scene = *state;
    const struct client client = client_v4();
    struct choice choice;

    order("hfv");
    scene->service.spread = 3;
    scene->service.answers = 3;
    memcpy(scene->a_rdata[VIRGINIA][0], scene->a_rdata[FRANKFURT][0], 4);
    board_set(scene->board, target_a(VIRGINIA, 1), HEALTH_DOWN, false);
    choose(scene, RRTYPE_A, &client, NULL, &choice);
    check("to the first", &choice, CHOICE_HEALTHY, "10 20 11");

    board_set(scene->board, target_a(HELSINKI, 1), HEALTH_DOWN, false);
    choose(scene, RRTYPE_A, &client, NULL, &choice);
    check("to the second, if the first has no more", &choice, CHOICE_HEALTHY, "10 20 21");

    board_set(scene->board, target_a(FRANKFURT, 1), HEALTH_DOWN, false);
    choose(scene, RRTYPE_A, &client, NULL, &choice);
    check("to nobody, if nobody has", &choice, CHOICE_HEALTHY, "10 20");

    board_set(scene->board, target_a(HELSINKI, 1), HEALTH_UP, false);
    scene->a[HELSINKI][0].weight = 9;
    choose(scene, RRTYPE_A, &client, NULL, &choice);
    assert_int_equal(choice.count, 3);
    scene->service.answers = 2;
    choose(scene, RRTYPE_A, &client, NULL, &choice);
    assert_int_equal(choice.count, 2);
}

/* While a client's first region answers, who would come after it cuts no block. */
static void is_as_wide_as_the_answer_is_true(void **state)
{
    static const struct {
        const char *what;
        const char *health;
        uint16_t spread;
        uint8_t scope;
    } cases[] = {
        { "the first region answers alone", "uuu", 1, 12 },
        { "it does not matter who is down behind it", "udd", 1, 12 },
        { "the second answers for the first", "duu", 1, 20 },
        { "nobody is left", "ddd", 1, 20 },
        { "two regions answer together", "uuu", 2, 20 },
    };
    struct scene *scene = *state;
    const struct client client = client_v4();

    order("hfv");
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct choice choice;
        scene_health(scene, cases[i].health, "uuu");
        scene->service.spread = cases[i].spread;
        choose(scene, RRTYPE_A, &client, NULL, &choice);
        if (choice.scope != cases[i].scope)
            fail_msg("%s: scope %u", cases[i].what, choice.scope);
    }
}

/* The word of a pool counts, whoever wrote it; its endpoints only say which of them answer. */
static void answers_with_all_of_a_region_that_is_held_up(void **state)
{
    static const struct pool_state held = { .health = HEALTH_UP, .cause = POOL_BY_LIMIT };
    struct scene *scene = *state;
    const struct client client = client_v4();
    struct course course;
    struct choice choice;

    order("hfv");
    scene_health(scene, "duu", "uuu");
    pool_board_set(scene->pools_now, scene->pools[HELSINKI][0].id, held);
    choice_make(&scene->snapshot, &scene->service, RRTYPE_A, &client, NULL, &course, &choice);
    check("none is up", &choice, CHOICE_HEALTHY, "10 11");

    board_set(scene->board, target_a(HELSINKI, 1), HEALTH_UP, false);
    choice_make(&scene->snapshot, &scene->service, RRTYPE_A, &client, NULL, &course, &choice);
    check("one is up", &choice, CHOICE_HEALTHY, "11");

    board_set(scene->board, target_a(HELSINKI, 1), HEALTH_DOWN, false);
    scene->service.spread = 2;
    choice_make(&scene->snapshot, &scene->service, RRTYPE_A, &client, NULL, &course, &choice);
    check("beside one that is up", &choice, CHOICE_HEALTHY, "10 11 20 21");
}

static void has_a_short_ttl_while_health_may_change(void **state)
{
    struct scene *scene = *state;
    const struct client client = client_v4();
    struct choice choice;

    order("hfv");
    board_set(scene->board, target_a(FRANKFURT, 0), HEALTH_UP, true);
    choose(scene, RRTYPE_A, &client, NULL, &choice);
    assert_int_equal(choice.ttl, SCENE_TTL);
    board_set(scene->board, target_a(HELSINKI, 0), HEALTH_UP, true);
    choose(scene, RRTYPE_A, &client, NULL, &choice);
    assert_int_equal(choice.ttl, SCENE_TTL_MIN);
    choose(scene, RRTYPE_AAAA, &client, NULL, &choice);
    assert_int_equal(choice.ttl, SCENE_TTL);
}

/* While clients come back block by block, an answer is true for one block of max_scope. */
static void is_true_for_a_block_while_clients_come_back(void **state)
{
    static const struct pool_state back = { .health = HEALTH_UP, .withheld = POOL_SHARE / 2 };
    struct scene *scene = *state;
    const struct client client = client_v4();
    struct course course;
    struct choice choice;

    order("fhv");
    pool_board_set(scene->pools_now, scene->pools[HELSINKI][0].id, back);
    choice_make(&scene->snapshot, &scene->service, RRTYPE_A, &client, NULL, &course, &choice);
    assert_int_equal(choice.scope, 12);
    order("hfv");
    choice_make(&scene->snapshot, &scene->service, RRTYPE_A, &client, NULL, &course, &choice);
    assert_int_equal(choice.scope, 24);
    assert_int_equal(choice.ttl, SCENE_TTL_MIN);
}

/* RFC 7871 section 7.1.2: source prefix 0 asks for an answer that looks at no address. */
static void does_not_steer_who_hides(void **state)
{
    static const struct ecs hidden = { .family = 1 };
    struct scene *scene = *state;
    const struct client client = client_v4();
    struct choice choice;

    order("hfv");
    choose(scene, RRTYPE_A, &client, &hidden, &choice);
    assert_true(choice.by_ecs);
    assert_int_equal(ranked_for.source_len, 0);
    assert_int_equal(ranked_for.address.family, FAMILY_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(answers_with_the_first_healthy_region, scene_setup,
                                        scene_teardown),
        cmocka_unit_test_setup_teardown(leaves_out_endpoints_that_are_down, scene_setup,
                                        scene_teardown),
        cmocka_unit_test_setup_teardown(falls_back_as_the_service_says, scene_setup,
                                        scene_teardown),
        cmocka_unit_test_setup_teardown(answers_a_partial_type_from_who_has_it, scene_setup,
                                        scene_teardown),
        cmocka_unit_test_setup_teardown(turns_the_addresses_from_answer_to_answer, scene_setup,
                                        scene_teardown),
        cmocka_unit_test_setup_teardown(spreads_over_the_first_healthy_regions, scene_setup,
                                        scene_teardown),
        cmocka_unit_test_setup_teardown(gives_back_the_room_that_a_later_region_leaves, scene_setup,
                                        scene_teardown),
        cmocka_unit_test_setup_teardown(draws_by_weight, scene_setup, scene_teardown),
        cmocka_unit_test_setup_teardown(steers_by_ecs_or_by_source, scene_setup, scene_teardown),
        cmocka_unit_test_setup_teardown(is_as_wide_as_the_answer_is_true, scene_setup, scene_teardown),
        cmocka_unit_test_setup_teardown(answers_with_all_of_a_region_that_is_held_up, scene_setup,
                                        scene_teardown),
        cmocka_unit_test_setup_teardown(has_a_short_ttl_while_health_may_change, scene_setup,
                                        scene_teardown),
        cmocka_unit_test_setup_teardown(is_true_for_a_block_while_clients_come_back, scene_setup,
                                        scene_teardown),
        cmocka_unit_test_setup_teardown(does_not_steer_who_hides, scene_setup, scene_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
