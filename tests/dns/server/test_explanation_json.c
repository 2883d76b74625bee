#include "dns/server/explanation.h"

#include "tests/dns/server/explained.h"

/* The members as JSON in one line, without the databases' folder; the caller frees it. */
static char *put(const struct explanation *why)
{
    struct json_writer *writer = json_writer_new();
    assert_non_null(writer);
    json_put_object(writer, NULL);
    explanation_put(why, writer);
    json_end(writer);
    char *text = json_writer_finish(writer, 0);
    assert_non_null(text);
    return text;
}

static void has_each_member_once(void **state)
{
    static const char *const steered[] = {
        "name",
        "type",
        "generation",
        "outcome",
        "zone",
        "steered",
        "answered_name",
        "answered_type",
        "service",
        "route",
        "serial",
        "rules",
        "address_from",
        "address",
        "source_prefix",
        "resolver",
        "max_scope",
        "databases",
        "place",
        "ranked_alike",
        "decision",
        "regions",
        "candidates",
        "choice",
        "region",
        "answering",
        "as_if_all_were_up",
        "unsure",
        "scope",
        "block",
        "records",
        "ttl",
        "steps",
        NULL,
    };
    static const char *const plain[] = {
        "name", "type", "generation", "outcome", "zone", "steered", "records", "ttl", "steps", NULL,
    };
    struct world *world = *state;

    for (unsigned i = 0; i < 2; i++) {
        const char *const *members = i == 0 ? steered : plain;
        struct explanation why;
        explained(&why, world->scene, i == 0 ? "www.example." : "plain.example.", RRTYPE_A,
                  FINLAND);
        char *text = put(&why);
        struct report *report = report_new();
        const struct diag diag = { .report = report, .file = "explanation" };
        struct json_doc *doc;
        size_t count = 0;

        /* Duplicates would be refused here, unknown ones there. */
        assert_int_equal(json_parse(text, strlen(text), &diag, &doc), STATUS_OK);
        const struct json_node root = json_root(doc, &diag);
        if (json_expect_keys(&root, members) != STATUS_OK)
            fail_msg("%s", report_text(report, 0));
        for (; members[count] != NULL; count++) {
            struct json_node member;
            if (!json_member(&root, members[count], &member))
                fail_msg("no %s", members[count]);
        }
        assert_int_equal(json_count(&root), count);
        json_free(doc);
        report_free(report);
        free(text);
    }
}

struct change {
    const char *what;
    void (*make)(struct scene *scene);
    const char *whom;
    const char *has[4], *hasnt[2];
};

static void change_nothing(struct scene *scene)
{
    (void)scene;
}

static void all_go_down(struct scene *scene)
{
    scene_health(scene, "ddd", "ddd");
}

static void one_is_unprobed(struct scene *scene)
{
    scene_health(scene, "?uu", "uuu");
}

static void the_zonefile_is_left(struct scene *scene)
{
    scene->service.all_down = ALL_DOWN_ZONEFILE;
    all_go_down(scene);
}

static void a_list_is_left(struct scene *scene)
{
    static const uint16_t list[] = { VIRGINIA, HELSINKI };
    scene->service.all_down = ALL_DOWN_LIST;
    scene->service.all_down_list = list;
    scene->service.all_down_count = 2;
    all_go_down(scene);
}

static void two_answer(struct scene *scene)
{
    scene->service.spread = 2;
}

static void one_is_unplaced(struct scene *scene)
{
    scene->places[VIRGINIA].placed = false;
}

static void one_is_drained(struct scene *scene)
{
    pool_board_set(scene->pools_now, scene->pools[HELSINKI][0].id,
                   (struct pool_state){ .health = HEALTH_DOWN, .cause = POOL_BY_DRAIN });
}

static void one_comes_back(struct scene *scene)
{
    pool_board_set(
        scene->pools_now, scene->pools[HELSINKI][0].id,
        (struct pool_state){ .health = HEALTH_UP, .unsure = true, .withheld = POOL_SHARE / 4 });
}

static const struct change changes[] = {
    { "all is well",
      change_nothing,
      FINLAND,
      { "\"address_from\": \"ecs\", \"address\": \"193.166.3.0\", \"source_prefix\": 24, "
        "\"resolver\": \"127.0.0.1\"",
        "\"databases\": [{\"file\": \"geo/data/geo-whois-asn-country.mmdb\", \"type\": \"country "
        "ipvAll\", \"network\": \"193.166.0.0/15\", \"country\": \"FI\"}]",
        "\"when_all_down\": \"serve_all\"",
        "\"choice\": \"healthy\", \"region\": \"helsinki\", \"answering\": [\"helsinki\"], "
        "\"as_if_all_were_up\": false, \"unsure\": false, \"scope\": 15, \"block\": "
        "\"193.166.0.0/15\", \"records\": [\"192.0.2.10\", \"192.0.2.11\"], \"ttl\": 30" },
      { "located_as", "taken_back" } },
    { "pools in full",
      change_nothing,
      FINLAND,
      { "{\"name\": \"helsinki\", \"location\": [60.17, 24.94], \"bias\": 0, \"health\": \"up\", "
        "\"by\": \"probes\", \"unsure\": false, \"pools\": {\"A\": {\"up\": 2, \"needed\": 1, "
        "\"endpoints\": [{\"data\": \"192.0.2.10\", \"weight\": 1, \"watched\": true, \"health\": "
        "\"up\"}",
        "\"HTTPS\": {\"up\": 1, \"needed\": 1, \"endpoints\": [{\"data\": \"1 .\", \"weight\": 1, "
        "\"watched\": false, \"health\": \"up\"}]}" },
      { NULL } },
    { "a source address",
      change_nothing,
      "193.166.3.2",
      { "\"address_from\": \"source\", \"address\": \"193.166.3.2\", \"source_prefix\": 32, "
        "\"resolver\": \"193.166.3.2\"",
        "\"scope\": 0, \"records\"" },
      { "\"block\"" } },
    { "no address",
      change_nothing,
      "0.0.0.0/0",
      { "\"source_prefix\": 0", "\"fix\": \"unknown\"", "\"located\": false", "\"scope\": 0" },
      { "\"address\":", "\"databases\"" } },
    { "6to4",
      change_nothing,
      "2002:c1a6:300::/40",
      { "\"located_as\": \"193.166.3.0\"", "\"country\": \"FI\"" },
      { NULL } },
    { "all down",
      all_go_down,
      FINLAND,
      { "\"choice\": \"all down\", \"region\": \"helsinki\"", "\"as_if_all_were_up\": true",
        "\"health\": \"down\", \"removed\": true" },
      { NULL } },
    { "the zone file",
      the_zonefile_is_left,
      FINLAND,
      { "\"when_all_down\": \"zonefile\"", "\"choice\": \"zone file\", \"answering\": []",
        "\"records\": [\"192.0.2.250\"], \"ttl\": 3600" },
      { "\"region\": \"helsinki\", \"answering\"" } },
    { "a list",
      a_list_is_left,
      FINLAND,
      { "\"when_all_down\": [\"virginia\", \"helsinki\"]",
        "\"choice\": \"all down\", \"region\": \"virginia\", \"answering\": [\"virginia\"]" },
      { NULL } },
    { "not probed",
      one_is_unprobed,
      FINLAND,
      { "\"health\": \"unknown\"", "\"health\": \"not probed yet\", \"removed\": true",
        "\"choice\": \"not ready\", \"answering\": []", "\"records\": []" },
      { NULL } },
    { "two together",
      two_answer,
      FINLAND,
      { "\"spread\": 2", "\"answering\": [\"helsinki\", \"frankfurt\"]" },
      { NULL } },
    { "no place",
      one_is_unplaced,
      FINLAND,
      { "{\"name\": \"virginia\", \"bias\": 0", "{\"region\": \"virginia\", \"health\": \"up\"" },
      { NULL } },
    { "drained", one_is_drained, FINLAND, { "\"health\": \"down\", \"by\": \"drain\"" }, { NULL } },
    { "coming back",
      one_comes_back,
      FINLAND,
      { "\"by\": \"probes\", \"unsure\": true, \"taken_back\": 0.75", "\"ttl\": 10" },
      { NULL } },
};

static void tells_what_was_decided_by(void **state)
{
    struct world *world = *state;
    struct scene *scene = world->scene;

    for (size_t i = 0; i < COUNT(changes); i++) {
        const struct change *change = &changes[i];
        const struct service service = scene->service;
        const struct region place = scene->places[VIRGINIA];

        change->make(scene);
        struct explanation why;
        explained(&why, scene, "www.example.", RRTYPE_A, change->whom);
        char *text = put(&why);
        for (size_t j = 0; j < COUNT(change->has) && change->has[j] != NULL; j++)
            if (strstr(text, change->has[j]) == NULL)
                fail_msg("%s: no %s in %s", change->what, change->has[j], text);
        for (size_t j = 0; j < COUNT(change->hasnt) && change->hasnt[j] != NULL; j++)
            if (strstr(text, change->hasnt[j]) != NULL)
                fail_msg("%s: %s in %s", change->what, change->hasnt[j], text);
        free(text);
        scene->service = service;
        scene->places[VIRGINIA] = place;
        scene_health(scene, "uuu", "uuu");
    }
}

/* Every distance stands there once, with its candidate. */
static void tells_a_distance_once(void **state)
{
    struct world *world = *state;
    struct explanation why;
    explained(&why, world->scene, "www.example.", RRTYPE_A, FINLAND);
    char *text = put(&why);
    unsigned count = 0;

    for (const char *at = text; (at = strstr(at, "\"distance_km\"")) != NULL; at++)
        count++;
    assert_int_equal(count, SCENE_REGIONS);
    count = 0;
    for (const char *at = text; (at = strstr(at, "6919 km")) != NULL; at++)
        count++;
    assert_int_equal(count, 1);
    free(text);
}

/* The steps among the members are those that are told alone. */
static void gather(void *context, const char *text)
{
    struct json_writer *writer = context;
    json_put_string(writer, NULL, text);
}

static void the_steps_are_the_same(void **state)
{
    struct world *world = *state;
    struct explanation why;
    explained(&why, world->scene, "to.example.", RRTYPE_A, FINLAND);
    struct json_writer *writer = json_writer_new();
    const struct route_sink sink = { gather, writer };

    assert_non_null(writer);
    json_put_object(writer, NULL);
    json_put_array(writer, "steps");
    explanation_tell(&why, &sink);
    json_end(writer);
    json_end(writer);
    char *steps = json_writer_finish(writer, 0), *all = put(&why);
    assert_non_null(steps);
    assert_non_null(strstr(all, steps + 1)); /* the last member, with the brace that ends all */
    free(steps);
    free(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(has_each_member_once),
        cmocka_unit_test(tells_what_was_decided_by),
        cmocka_unit_test(tells_a_distance_once),
        cmocka_unit_test(the_steps_are_the_same),
    };
    return cmocka_run_group_tests(tests, explained_setup, explained_teardown);
}
