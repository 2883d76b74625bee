#include "dns/server/explanation.h"

#include "tests/dns/server/explained.h"

/* The question again, by what queries call. */
static struct choice choose(const struct explanation *why)
{
    struct course course;
    struct choice choice;
    choice_make(why->snapshot, why->steered->service, why->steered->type, &why->client,
                why->has_ecs ? &why->ecs : NULL, &course, &choice);
    return choice;
}

static void is_what_a_query_would_get(void **state)
{
    static const char *const whoms[] = {
        FINLAND,     "193.166.3.2",   "8.8.8.0/24",        "10.0.0.0/8",
        "0.0.0.0/0", "2001:708::/32", "2002:c1a6:300::/40"
    };
    static const char *const states[] = { "uuu", "duu", "udd", "ddd", "?uu" };
    struct world *world = *state;

    for (size_t h = 0; h < COUNT(states); h++) {
        scene_health(world->scene, states[h], states[h]);
        for (size_t i = 0; i < COUNT(whoms); i++) {
            struct explanation why;
            explained(&why, world->scene, "www.example.", RRTYPE_A, whoms[i]);
            const struct choice choice = choose(&why);
            if (why.choice.kind != choice.kind || why.choice.region != choice.region ||
                why.choice.scope != choice.scope || why.choice.ttl != choice.ttl ||
                why.choice.by_ecs != choice.by_ecs || why.choice.count != choice.count ||
                memcmp(why.choice.endpoints, choice.endpoints,
                       choice.count * sizeof *choice.endpoints) != 0)
                fail_msg("%s, %s", states[h], whoms[i]);
            /* The course is that of this choice, not of another look at the same. */
            assert_int_equal(why.course.list.kind, choice.kind);
            if (choice.region != REGION_NONE)
                assert_int_equal(why.course.list.regions[0], choice.region);
        }
    }
    scene_health(world->scene, "uuu", "uuu");
}

static void knows_where_ranking_looked(void **state)
{
    static const struct {
        const char *whom, *country;
        enum place_fix fix;
        uint8_t network; /* longer than nothing */
    } cases[] = {
        { FINLAND, "FI", PLACE_COUNTRY, 15 },
        { "193.166.3.2", "FI", PLACE_COUNTRY, 15 },
        { "2002:c1a6:300::/40", "FI", PLACE_COUNTRY, 15 }, /* by the IPv4 address inside */
        { "10.1.2.0/24", "", PLACE_NOWHERE, 8 },
        { "0.0.0.0/0", "", PLACE_NOWHERE, 0 },
    };
    struct world *world = *state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct explanation why;
        explained(&why, world->scene, "www.example.", RRTYPE_A, cases[i].whom);
        if (strcmp(why.place->country, cases[i].country) != 0 || why.place->fix != cases[i].fix ||
            why.network.len != cases[i].network)
            fail_msg("%s: '%s', fix %d, /%u", cases[i].whom, why.place->country,
                     (int)why.place->fix, why.network.len);
        for (uint16_t region = 0; region < SCENE_REGIONS; region++)
            assert_int_equal(explanation_km(&why, region) >= 0, cases[i].fix != PLACE_NOWHERE);
    }
    struct explanation why;
    explained(&why, world->scene, "www.example.", RRTYPE_A, FINLAND);
    assert_true(explanation_km(&why, HELSINKI) < 100);
    assert_true(explanation_km(&why, VIRGINIA) > 6000);
}

static void follows_aliases_and_leaves_the_rest_alone(void **state)
{
    static const struct {
        const char *qname;
        enum outcome outcome;
        bool steered;
        unsigned hops;
        uint32_t ttl;
    } cases[] = {
        { "www.example.", OUTCOME_ANSWER, true, 1, SCENE_TTL },
        { "to.example.", OUTCOME_ANSWER, true, 2, SCENE_TTL },
        { "far.example.", OUTCOME_ANSWER, true, 3, SCENE_TTL },
        { "plain.example.", OUTCOME_ANSWER, false, 1, 3600 },
        { "away.example.", OUTCOME_ALIAS, false, 1, 3600 },
        { "missing.example.", OUTCOME_NXDOMAIN, false, 0, 300 },
        { "foreign.test.", OUTCOME_FOREIGN, false, 0, 0 },
    };
    struct world *world = *state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct explanation why;
        explained(&why, world->scene, cases[i].qname, RRTYPE_A, FINLAND);
        if (why.finding.outcome != cases[i].outcome || (why.steered != NULL) != cases[i].steered ||
            why.finding.hop_count != cases[i].hops || explanation_ttl(&why) != cases[i].ttl)
            fail_msg("%s: outcome %d, %u hops, TTL %u", cases[i].qname, (int)why.finding.outcome,
                     why.finding.hop_count, explanation_ttl(&why));
    }
}

static void the_scope_is_what_the_client_is_told(void **state)
{
    struct world *world = *state;
    struct explanation by_ecs;
    explained(&by_ecs, world->scene, "www.example.", RRTYPE_A, FINLAND);
    struct explanation by_source;
    explained(&by_source, world->scene, "www.example.", RRTYPE_A, "193.166.3.2");

    assert_true(by_ecs.choice.scope > 0);
    assert_int_equal(explanation_scope(&by_ecs), by_ecs.choice.scope);
    assert_true(by_source.choice.scope > 0);
    assert_int_equal(explanation_scope(&by_source), 0);
}

/* ---- records ---- */

struct gathered {
    char text[256];
};

static void gather(void *context, uint16_t type, const uint8_t *rdata, uint16_t len)
{
    struct gathered *gathered = context;
    struct address address = { .family = FAMILY_V4 };
    char text[ADDRESS_TEXT];

    assert_int_equal(type, RRTYPE_A);
    assert_int_equal(len, 4);
    memcpy(address.octets, rdata, len);
    strcat(strcat(gathered->text, address_print(&address, text)), " ");
}

static void gives_the_records_of_the_answer(void **state)
{
    static const struct {
        const char *qname, *health, *records;
        enum all_down all_down;
    } cases[] = {
        { "www.example.", "uuu", "192.0.2.10 192.0.2.11 ", ALL_DOWN_SERVE_ALL },
        { "www.example.", "duu", "192.0.2.20 192.0.2.21 ", ALL_DOWN_SERVE_ALL },
        { "www.example.", "ddd", "192.0.2.10 192.0.2.11 ", ALL_DOWN_SERVE_ALL },
        { "www.example.", "ddd", "192.0.2.250 ", ALL_DOWN_ZONEFILE },
        { "www.example.", "?uu", "", ALL_DOWN_SERVE_ALL },
        { "plain.example.", "uuu", "192.0.2.80 ", ALL_DOWN_SERVE_ALL },
        { "missing.example.", "uuu", "", ALL_DOWN_SERVE_ALL },
    };
    struct world *world = *state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct gathered gathered = { "" };
        world->scene->service.all_down = cases[i].all_down;
        scene_health(world->scene, cases[i].health, "uuu");
        struct explanation why;
        explained(&why, world->scene, cases[i].qname, RRTYPE_A, FINLAND);
        explanation_each_record(&why, gather, &gathered);
        if (strcmp(gathered.text, cases[i].records) != 0)
            fail_msg("%s, %s: %s", cases[i].qname, cases[i].health, gathered.text);
        if (cases[i].all_down == ALL_DOWN_ZONEFILE)
            assert_int_equal(explanation_ttl(&why), 3600);
    }
    world->scene->service.all_down = ALL_DOWN_SERVE_ALL;
    scene_health(world->scene, "uuu", "uuu");
}

/* ---- words ---- */

static void counts_and_names_health(void **state)
{
    struct world *world = *state;
    struct scene *scene = world->scene;

    board_set(scene->board, target_a(HELSINKI, 0), HEALTH_DOWN, false);
    scene_count(scene);
    struct explanation why;
    explained(&why, scene, "www.example.", RRTYPE_A, FINLAND);
    assert_int_equal(explanation_up_count(&why, &scene->pools[HELSINKI][0]), 1);
    assert_int_equal(explanation_up_count(&why, &scene->pools[VIRGINIA][0]), 2);
    assert_int_equal(explanation_health(&why, HELSINKI), REGION_UP);

    struct explanation text;
    explained(&text, scene, "www.example.", RRTYPE_HTTPS, FINLAND);
    assert_int_equal(explanation_health(&text, HELSINKI), REGION_UP);
    scene_health(scene, "duu", "duu");
    assert_int_equal(explanation_health(&why, HELSINKI), REGION_DOWN);
    assert_int_equal(explanation_state(&why, HELSINKI).health, HEALTH_DOWN);
    assert_int_equal(explanation_state(&why, VIRGINIA).cause, POOL_BY_PROBES);
    scene_health(scene, "uuu", "uuu");
}

static void has_a_word_for_everything(void **state)
{
    (void)state;
    for (int i = OUTCOME_FOREIGN; i <= OUTCOME_YXDOMAIN; i++) {
        assert_string_not_equal(explanation_outcome_text((enum outcome)i), "");
        for (int j = OUTCOME_FOREIGN; j < i; j++)
            assert_string_not_equal(explanation_outcome_text((enum outcome)i),
                                    explanation_outcome_text((enum outcome)j));
    }
    for (int i = REGION_UP; i <= REGION_LACKS_TYPE; i++)
        assert_string_not_equal(explanation_health_text((enum region_health)i), "");
    for (int i = POOL_BY_PROBES; i <= POOL_BY_LIMIT; i++)
        assert_string_not_equal(explanation_cause_text((enum pool_cause)i), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_what_a_query_would_get),
        cmocka_unit_test(knows_where_ranking_looked),
        cmocka_unit_test(follows_aliases_and_leaves_the_rest_alone),
        cmocka_unit_test(the_scope_is_what_the_client_is_told),
        cmocka_unit_test(gives_the_records_of_the_answer),
        cmocka_unit_test(counts_and_names_health),
        cmocka_unit_test(has_a_word_for_everything),
    };
    return cmocka_run_group_tests(tests, explained_setup, explained_teardown);
}
