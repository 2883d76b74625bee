#include "geo/route.h"

#include <inttypes.h>

#include "dns/base/hash.h"
#include "tests/geo/route_fixture.h"

static void weighted_draws_by_client(void **state)
{
    (void)state;
    static const struct {
        const char *what, *route;
        char first[3];
        double shares[3]; /* of clients whose first region is that */
    } cases[] = {
        { "names and weights", "{\"weighted\":{\"cdn\":60,\"virginia\":40}}", "cv", { .6, .4 } },
        { "a list of the same means the same",
          "{\"weighted\":[{\"weight\":40,\"to\":\"virginia\"},{\"weight\":60,\"to\":\"cdn\"}]}",
          "cv",
          { .6, .4 } },
        { "no weight: only behind the others",
          "{\"weighted\":{\"cdn\":0,\"virginia\":1}}",
          "cv",
          { 0, 1 } },
        { "no weights at all: alike",
          "{\"weighted\":{\"cdn\":0,\"virginia\":0}}",
          "cv",
          { .5, .5 } },
        { "draws within draws are independent",
          "{\"weighted\":[{\"weight\":1,\"to\":{\"weighted\":{\"helsinki\":1,\"cdn\":1}}},"
          "{\"weight\":1,\"to\":\"cdn\"}]}",
          "hc",
          { .25, .75 } },
        { "for each query",
          "{\"weighted\":{\"cdn\":60,\"virginia\":40},\"per\":\"query\"}",
          "cv",
          { .6, .4 } },
        { "for each resolver",
          "{\"weighted\":{\"cdn\":60,\"virginia\":40},\"per\":\"resolver\"}",
          "cv",
          { .6, .4 } },
    };
    enum { CLIENTS = 4000 };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct reading r = good_reading(cases[i].route);
        unsigned counts[2] = { 0 };

        for (uint64_t n = 0; n < CLIENTS; n++) {
            const struct asker asker = {
                .family = FAMILY_V4, .key = n << 40, .random = n * 7, .resolver_key = n * 11
            };
            char text[16];
            rank(r.route, &madrid, NULL, &asker, text);
            counts[text[0] == cases[i].first[1]]++;
            assert_non_null(strchr(cases[i].first, text[0]));
            assert_int_equal(strlen(text), 2);
        }
        for (size_t m = 0; m < 2; m++) {
            const double share = (double)counts[m] / CLIENTS;
            const double slack = cases[i].shares[m] == 0 || cases[i].shares[m] == 1 ? 0 : 0.03;
            if (share < cases[i].shares[m] - slack || share > cases[i].shares[m] + slack)
                fail_msg("%s: %c has %.3f, not %.3f", cases[i].what, cases[i].first[m], share,
                         cases[i].shares[m]);
        }
        reading_release(&r);
    }
}

/* Adding, removing or reordering others leaves a client where it was, unless its member is the one. */
static void weighted_moves_only_whom_it_must(void **state)
{
    (void)state;
    static const struct {
        const char *what, *before, *after;
        char moved_to; /* who may gain clients; 0: nobody */
        char gone;     /* who may lose them; 0: anybody */
    } cases[] = {
        { "the order of the file", "{\"weighted\":{\"cdn\":3,\"virginia\":2,\"helsinki\":1}}",
          "{\"weighted\":{\"helsinki\":1,\"virginia\":2,\"cdn\":3}}", 0, 0 },
        { "a list instead of an object", "{\"weighted\":{\"cdn\":3,\"virginia\":2}}",
          "{\"weighted\":[{\"weight\":2,\"to\":\"virginia\"},{\"weight\":3,\"to\":\"cdn\"}]}", 0,
          0 },
        { "a member comes", "{\"weighted\":{\"cdn\":3,\"virginia\":2}}",
          "{\"weighted\":{\"cdn\":3,\"helsinki\":4,\"virginia\":2}}", 'h', 0 },
        { "a weight grows", "{\"weighted\":{\"cdn\":3,\"virginia\":2}}",
          "{\"weighted\":{\"cdn\":3,\"virginia\":4}}", 'v', 'c' },
        { "a policy around it", "{\"weighted\":{\"cdn\":3,\"virginia\":2}}",
          "{\"failover\":[{\"weighted\":{\"cdn\":3,\"virginia\":2}},\"helsinki\"]}", 0, 0 },
        { "a nested member comes",
          "{\"weighted\":[{\"weight\":3,\"to\":\"cdn\"},{\"weight\":2,\"to\":\"virginia\"}]}",
          "{\"weighted\":[{\"weight\":1,\"to\":{\"failover\":[\"helsinki\",\"cdn\"]}},"
          "{\"weight\":3,\"to\":\"cdn\"},{\"weight\":2,\"to\":\"virginia\"}]}",
          'h', 0 },
        { "a named member is edited",
          "{\"weighted\":[{\"weight\":3,\"to\":\"cdn\"},"
          "{\"weight\":2,\"name\":\"own\",\"to\":{\"failover\":[\"virginia\",\"helsinki\"]}}]}",
          "{\"weighted\":[{\"weight\":3,\"to\":\"cdn\"},"
          "{\"weight\":2,\"name\":\"own\",\"to\":{\"failover\":[\"virginia\",\"paris-1\"]}}]}",
          0, 0 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct reading before = good_reading(cases[i].before);
        struct reading after = good_reading(cases[i].after);
        unsigned moved = 0;

        for (uint64_t n = 0; n < 2000; n++) {
            const struct asker asker = { .family = FAMILY_V6, .key = n << 8 };
            char was[16], is[16];
            rank(before.route, &madrid, NULL, &asker, was);
            rank(after.route, &madrid, NULL, &asker, is);
            if (was[0] == is[0])
                continue;
            moved++;
            if (is[0] != cases[i].moved_to || (cases[i].gone != 0 && was[0] != cases[i].gone))
                fail_msg("%s: client %d moved from %c to %c", cases[i].what, (int)n, was[0], is[0]);
        }
        if ((moved > 0) != (cases[i].moved_to != 0))
            fail_msg("%s: %u moved", cases[i].what, moved);
        reading_release(&before);
        reading_release(&after);
    }
}

static void a_coarser_prefix_is_hashed_when_asked_for(void **state)
{
    (void)state;
    struct reading r =
        good_reading("{\"weighted\":{\"cdn\":1,\"virginia\":1},\"prefix\":{\"v4\":8,\"v6\":20}}");
    char one[16], two[16];
    unsigned different = 0;

    for (uint64_t n = 0; n < 256; n++) {
        const struct asker low = { .family = FAMILY_V4, .key = n << 56 };
        const struct asker high = { .family = FAMILY_V4, .key = n << 56 | UINT64_MAX >> 8 };
        const struct asker next = { .family = FAMILY_V4, .key = (n + 1) << 56 };
        assert_string_equal(rank(r.route, &madrid, NULL, &low, one),
                            rank(r.route, &madrid, NULL, &high, two));
        different += strcmp(one, rank(r.route, &madrid, NULL, &next, two)) != 0;
    }
    assert_in_range(different, 90, 166);
    reading_release(&r);
}

/* Numbers of 64 bits as draw.h says them, and the members as they arrive. */
static void puts_the_whole_draw(void **state)
{
    (void)state;
    struct reading r = good_reading("{\"weighted\":{\"cdn\":60,\"virginia\":0}}");
    char *text = put_text(r.route, &madrid, NULL, &anyone), *expected;
    const uint64_t ticket = draw_ticket(&anyone, DRAW_PER_CLIENT, 0, grain.v4, grain.v6);
    const uint64_t cdn = hash_stable("cdn", 3), virginia = hash_stable("virginia", 8);

    assert_true(asprintf(&expected,
                         "{\"decision\": {\"per\": \"client\", \"hashed\": \"192.0.2.0/24\", "
                         "\"salt\": 0, \"ticket\": \"0x%016" PRIx64 "\", \"weighted\": ["
                         "{\"name\": \"cdn\", \"key\": \"0x%016" PRIx64 "\", \"weight\": 60, "
                         "\"arrival\": \"0x%016" PRIx64 "\", \"to\": {\"region\": \"cdn\"}}, "
                         "{\"name\": \"virginia\", \"key\": \"0x%016" PRIx64 "\", \"weight\": 0, "
                         "\"arrival\": \"0x%016" PRIx64
                         "\", \"to\": {\"region\": \"virginia\"}}]}}",
                         ticket, cdn, draw_arrival(ticket, cdn, 60), virginia,
                         draw_arrival(ticket, virginia, 1)) > 0);
    assert_string_equal(text, expected);
    free(expected);
    free(text);
    reading_release(&r);
}

static void puts_members_in_the_order_of_ranking(void **state)
{
    (void)state;
    static const char *const routes[] = {
        "{\"weighted\":{\"cdn\":60,\"virginia\":40,\"helsinki\":1}}",
        "{\"weighted\":{\"cdn\":0,\"virginia\":0,\"helsinki\":0}}",
        "{\"weighted\":{\"cdn\":60,\"virginia\":40},\"per\":\"query\"}",
        "{\"weighted\":{\"cdn\":60,\"virginia\":40},\"per\":\"resolver\"}",
        "{\"weighted\":{\"cdn\":60,\"virginia\":40},\"prefix\":{\"v4\":12}}",
        "{\"weighted\":[{\"weight\":1,\"to\":{\"weighted\":{\"helsinki\":1,\"cdn\":1}}},"
        "{\"weight\":1,\"to\":{\"nearest\":\"*\"},\"name\":\"near\"}]}",
    };
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++)
        check_put_orders(routes[i], &madrid);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weighted_draws_by_client),
        cmocka_unit_test(weighted_moves_only_whom_it_must),
        cmocka_unit_test(a_coarser_prefix_is_hashed_when_asked_for),
        cmocka_unit_test(puts_the_whole_draw),
        cmocka_unit_test(puts_members_in_the_order_of_ranking),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
