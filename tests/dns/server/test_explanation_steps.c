#include "dns/server/explanation.h"

#include "tests/dns/server/explained.h"

#define PLACE                                                 \
    "place: 193.166.0.0/15 is EU FI\n"                        \
    "place: 60.5600, 24.8500, at the centre of the country\n" \
    "block: 193.166.0.0/15 is ranked alike\n"                 \
    "nearest: 3 by distance, helsinki first\n"
#define ZONE "zone example serial 7, service web\n"

static void gather(void *context, const char *text)
{
    assert_true(strlen(text) <= 255); /* each is one string of a TXT record */
    strcat(strcat(context, text), "\n");
}

static void tell(const struct explanation *why, char text[16384])
{
    const struct route_sink sink = { gather, text };
    text[0] = '\0';
    explanation_tell(why, &sink);
}

static void tells_each_step_once_and_in_order(void **state)
{
    static const struct {
        const char *what, *qname;
        uint16_t qtype;
        const char *whom, *health, *steps;
    } cases[] = {
        { "all is well", "www.example.", RRTYPE_A, FINLAND, "uuu",
          "www.example. A for 193.166.3.0/24, by client subnet (ECS)\n" ZONE PLACE
          "1. helsinki, 44 km: up\n"
          "2. frankfurt, 1540 km: up\n"
          "3. virginia, 6919 km: up\n"
          "chosen: helsinki\n"
          "answer: 192.0.2.10\n"
          "answer: 192.0.2.11\n"
          "TTL 30, scope /15\n" },
        { "the nearest is down", "www.example.", RRTYPE_A, FINLAND, "duu",
          "www.example. A for 193.166.3.0/24, by client subnet (ECS)\n" ZONE PLACE
          "1. helsinki, 44 km: down, 0 of 2 up, 1 needed\n"
          "2. frankfurt, 1540 km: up\n"
          "3. virginia, 6919 km: up\n"
          "chosen: frankfurt\n"
          "answer: 192.0.2.20\n"
          "answer: 192.0.2.21\n"
          "TTL 30, scope /15\n" },
        { "all are down, by source address", "www.example.", RRTYPE_A, "193.166.3.2", "ddd",
          "www.example. A for 193.166.3.2/32, by source address\n" ZONE PLACE
          "1. helsinki, 44 km: down, 0 of 2 up, 1 needed\n"
          "2. frankfurt, 1540 km: down, 0 of 2 up, 1 needed\n"
          "3. virginia, 6919 km: down, 0 of 2 up, 1 needed\n"
          "no region is healthy, so: helsinki\n"
          "answer: 192.0.2.10\n"
          "answer: 192.0.2.11\n"
          "TTL 30, scope /0\n" },
        { "not probed yet", "www.example.", RRTYPE_A, FINLAND, "?uu",
          "www.example. A for 193.166.3.0/24, by client subnet (ECS)\n" ZONE PLACE
          "1. helsinki, 44 km: not probed yet\n"
          "2. frankfurt, 1540 km: up\n"
          "3. virginia, 6919 km: up\n"
          "not ready: a target that decides has not been probed yet (SERVFAIL)\n" },
        { "nobody is to be located", "www.example.", RRTYPE_A, "0.0.0.0/0", "uuu",
          "www.example. A for a client that hides its address (source prefix 0)\n" ZONE
          "place: the client's address is not to be used\n"
          "nearest: the client's location is not known, so the order of the endpoints counts: 3, "
          "helsinki first\n"
          "1. helsinki: up\n"
          "2. frankfurt: up\n"
          "3. virginia: up\n"
          "chosen: helsinki\n"
          "answer: 192.0.2.10\n"
          "answer: 192.0.2.11\n"
          "TTL 30, scope /0\n" },
        { "behind aliases, another type", "far.example.", RRTYPE_HTTPS, FINLAND, "uuu",
          "far.example. HTTPS for 193.166.3.0/24, by client subnet (ECS)\n"
          "alias: far.example. leads to to.example.\n"
          "alias: to.example. leads to www.example.\n" ZONE PLACE "1. helsinki, 44 km: up\n"
          "2. frankfurt, 1540 km: up\n"
          "3. virginia, 6919 km: up\n"
          "chosen: helsinki\n"
          "answer: 1 .\n"
          "TTL 30, scope /15\n" },
        { "plain data", "plain.example.", RRTYPE_A, FINLAND, "uuu",
          "plain.example. A: answer\n"
          "not steered: every client gets the same\n"
          "answer: 192.0.2.80\n" },
        { "an alias out of the zone", "away.example.", RRTYPE_A, FINLAND, "uuu",
          "away.example. A: alias to be followed by the asker\n"
          "not steered: every client gets the same\n"
          "answer: elsewhere.test.\n" },
        { "nothing there", "missing.example.", RRTYPE_A, FINLAND, "uuu",
          "missing.example. A: the name does not exist\n"
          "not steered: every client gets the same\n" },
    };
    struct world *world = *state;
    char text[16384];

    for (size_t i = 0; i < COUNT(cases); i++) {
        scene_health(world->scene, cases[i].health, "uuu");
        struct explanation why;
        explained(&why, world->scene, cases[i].qname, cases[i].qtype, cases[i].whom);
        tell(&why, text);
        if (strcmp(text, cases[i].steps) != 0)
            fail_msg("%s:\n%s", cases[i].what, text);
    }
    scene_health(world->scene, "uuu", "uuu");
}

/* What is out of the ordinary has a line or a word of its own. */
static void tells_what_is_out_of_the_ordinary(void **state)
{
    struct world *world = *state;
    struct scene *scene = world->scene;
    char text[16384];

    scene->service.ecs = false;
    struct explanation why;
    explained(&why, scene, "www.example.", RRTYPE_A, FINLAND);
    tell(&why, text);
    assert_non_null(strstr(text, "the service says \"ecs\": false"));
    scene->service.ecs = true;
    scene->snapshot.serving.ecs = false;
    explained(&why, scene, "www.example.", RRTYPE_A, FINLAND);
    tell(&why, text);
    assert_non_null(strstr(text, "the configuration says \"ecs\": false"));
    scene->snapshot.serving.ecs = true;

    scene->service.spread = 2;
    explained(&why, scene, "www.example.", RRTYPE_A, FINLAND);
    tell(&why, text);
    assert_non_null(strstr(text, "chosen: helsinki\nchosen: frankfurt\nanswer: "));
    scene->service.spread = 1;

    scene->service.all_down = ALL_DOWN_ZONEFILE;
    scene_health(scene, "ddd", "ddd");
    explained(&why, scene, "www.example.", RRTYPE_A, FINLAND);
    tell(&why, text);
    assert_non_null(strstr(text, "the records of the zone file answer\nanswer: 192.0.2.250\n"));
    scene->service.all_down = ALL_DOWN_SERVE_ALL;
    scene_health(scene, "uuu", "uuu");
}

static void tells_whose_word_a_region_follows(void **state)
{
    static const struct {
        struct pool_state state;
        const char *line;
    } cases[] = {
        { { .health = HEALTH_DOWN, .cause = POOL_BY_DRAIN },
          "1. helsinki, 44 km: down by drain\n" },
        { { .health = HEALTH_UP, .cause = POOL_BY_FORCE }, "1. helsinki, 44 km: up by force\n" },
        { { .health = HEALTH_UP, .cause = POOL_BY_LIMIT }, "1. helsinki, 44 km: up by max_down\n" },
        { { .health = HEALTH_UP, .unsure = true }, "about to change: the short TTL\nTTL 10, " },
        { { .health = HEALTH_UP, .withheld = POOL_SHARE / 4 },
          "1. helsinki, 44 km: up, 75 % of its clients are taken back, this one too\n" },
        { { .health = HEALTH_UP, .withheld = POOL_SHARE },
          "1. helsinki, 44 km: up, 0 % of its clients are taken back, this one not yet\n"
          "2. frankfurt, 1540 km: up\n3. virginia, 6919 km: up\nchosen: frankfurt\n" },
    };
    struct world *world = *state;
    struct scene *scene = world->scene;
    char text[16384];

    for (size_t i = 0; i < COUNT(cases); i++) {
        pool_board_set(scene->pools_now, scene->pools[HELSINKI][0].id, cases[i].state);
        struct explanation why;
        explained(&why, scene, "www.example.", RRTYPE_A, FINLAND);
        tell(&why, text);
        if (strstr(text, cases[i].line) == NULL)
            fail_msg("no '%s' in:\n%s", cases[i].line, text);
    }
    scene_count(scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_each_step_once_and_in_order),
        cmocka_unit_test(tells_what_is_out_of_the_ordinary),
        cmocka_unit_test(tells_whose_word_a_region_follows),
    };
    return cmocka_run_group_tests(tests, explained_setup, explained_teardown);
}
