#include "geo/route.h"

#include "tests/geo/route_fixture.h"

static void nearest_goes_by_distance(void **state)
{
    (void)state;
    static const struct ranking_case cases[] = {
        { "from Stockholm, the placeless last", "{\"nearest\":\"*\"}", &stockholm, NULL, "hpPvc",
          "hPpvc" },
        { "from Boston", "{\"nearest\":\"*\"}", &boston, NULL, "vpPhc", "vPphc" },
        { "among a list", "{\"nearest\":[\"virginia\",\"helsinki\"]}", &madrid, NULL, "hv", NULL },
        { "a list with a placeless region", "{\"nearest\":[\"cdn\",\"virginia\",\"helsinki\"]}",
          &boston, NULL, "vhc", NULL },
        { "nobody knows the client: order of endpoints", "{\"nearest\":\"*\"}", &unknown, NULL,
          "hpcvP", NULL },
        { "limited to the list", "{\"nearest\":[\"paris-2\",\"cdn\",\"helsinki\"]}", &unknown, NULL,
          "hcP", NULL },
        { "a country without a place is nowhere", "{\"nearest\":\"*\"}", &sweden_only, NULL,
          "hpcvP", NULL },
    };
    check_rankings(cases, sizeof cases / sizeof *cases);
}

static void nearest_weighs_distance_by_bias(void **state)
{
    (void)state;
    /* Madrid: paris 1054 km, helsinki 2950 km. */
    static const struct {
        int helsinki, paris;
        const char *expected;
    } cases[] = {
        { 0, 0, "ph" },   { 60, 0, "ph" },  { 70, 0, "hp" },    { 99, 99, "ph" },
        { 0, -60, "ph" }, { 0, -70, "hp" }, { -99, -99, "ph" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct region biased[5];
        const struct region_list list = { biased, 5 };
        const struct route_subject subject = { .place = &madrid };
        struct reading r = good_reading("{\"nearest\":[\"helsinki\",\"paris-1\"]}");
        struct ordering_set *set = ordering_set_new();
        struct ordering_draft draft;
        uint16_t out[5];
        uint32_t id;
        uint8_t scope = 0;

        memcpy(biased, items, sizeof biased);
        biased[0].bias = cases[i].helsinki;
        biased[1].bias = cases[i].paris;
        ordering_draft_init(&draft);
        route_rank(r.route, &list, &subject, &draft);
        assert_int_equal(ordering_intern(set, &draft, &id), STATUS_OK);
        assert_int_equal(ordering_run(set, id, &anyone, out, 5, &scope), 2);
        if (out[0] != (cases[i].expected[0] == 'h' ? 0 : 1))
            fail_msg("bias %d and %d: not %s", cases[i].helsinki, cases[i].paris,
                     cases[i].expected);
        ordering_draft_release(&draft);
        ordering_set_free(set);
        reading_release(&r);
    }
}

/* Half of the blocks go to each of two regions at one place, whatever the list's order. */
static void equally_near_regions_share_the_clients(void **state)
{
    (void)state;
    struct reading a = good_reading("{\"nearest\":[\"paris-1\",\"paris-2\"]}");
    struct reading b = good_reading("{\"nearest\":[\"paris-2\",\"paris-1\"]}");
    unsigned first = 0;

    for (uint64_t n = 0; n < 2000; n++) {
        const struct asker asker = { .family = FAMILY_V4, .key = n << 40 };
        const struct asker neighbour = { .family = FAMILY_V4, .key = n << 40 | 77ull << 32 };
        char text[16], other[16];

        rank(a.route, &madrid, NULL, &asker, text);
        assert_string_equal(text, rank(b.route, &madrid, NULL, &asker, other));
        assert_string_equal(text, rank(a.route, &madrid, NULL, &neighbour, other));
        first += text[0] == 'p';
    }
    assert_in_range(first, 900, 1100);

    /* Without an address there is one answer for all. */
    const struct asker v4 = { .family = FAMILY_V4, .anonymous = true, .key = 1 };
    const struct asker v6 = { .family = FAMILY_V6, .anonymous = true, .key = 2ull << 60 };
    char one[16], two[16];
    assert_string_equal(rank(a.route, &madrid, NULL, &v4, one),
                        rank(a.route, &madrid, NULL, &v6, two));
    reading_release(&a);
    reading_release(&b);
}

static void warns_of_a_distance_nobody_can_measure(void **state)
{
    (void)state;
    static const struct {
        const char *route, *warning;
    } cases[] = {
        { "{\"nearest\":\"*\"}", NULL },
        { "{\"nearest\":[\"helsinki\"]}", NULL },
        { "{\"nearest\":[\"helsinki\",\"cdn\"]}",
          "route.nearest[1]: region 'cdn' has no location" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct reading r = good_reading(cases[i].route);
        assert_int_equal(report_warnings(r.report), cases[i].warning != NULL);
        if (cases[i].warning != NULL)
            assert_non_null(strstr(report_text(r.report, 0), cases[i].warning));
        reading_release(&r);
    }
}

static void puts_the_regions_in_the_order_of_distance(void **state)
{
    (void)state;
    static const char biased[] = "{\"nearest\":[\"helsinki\",\"virginia\",\"cdn\"]}";
    struct reading r = good_reading(biased);
    char *text = put_text(r.route, &stockholm, NULL, &anyone);
    double near, far;
    int read = 0;

    assert_int_equal(sscanf(text,
                            "{\"decision\": {\"located\": true, \"nearest\": [{\"region\": "
                            "\"helsinki\", \"counts_as_km\": %lf}, {\"region\": \"virginia\", "
                            "\"counts_as_km\": %lf}, {\"region\": \"cdn\"}]}}%n",
                            &near, &far, &read),
                     2);
    assert_int_equal(read, strlen(text)); /* nobody is equally near, so no draw is told */
    assert_true(near > 390 && near < 400 && far > 6000);
    free(text);
    reading_release(&r);

    static const struct put_case cases[] = {
        { "nobody knows where", biased, &unknown, NULL,
          "{\"decision\": {\"located\": false, \"nearest\": [{\"region\": \"helsinki\"}, "
          "{\"region\": "
          "\"cdn\"}, {\"region\": \"virginia\"}]}}" },
    };
    check_puts(cases, sizeof cases / sizeof *cases);
}

/* Two of one site: the draw that decides between them is told, and decides as told. */
static void puts_the_draw_among_those_equally_near(void **state)
{
    (void)state;
    struct reading r = good_reading("{\"nearest\":\"*\"}");
    char *text = put_text(r.route, &madrid, NULL, &anyone);
    unsigned arrivals = 0;

    for (const char *at = text; (at = strstr(at, "\"arrival\": \"0x")) != NULL; at++)
        arrivals++;
    assert_int_equal(arrivals, 2);
    free(text);
    reading_release(&r);
    check_put_orders("{\"nearest\":\"*\"}", &madrid);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nearest_goes_by_distance),
        cmocka_unit_test(nearest_weighs_distance_by_bias),
        cmocka_unit_test(equally_near_regions_share_the_clients),
        cmocka_unit_test(warns_of_a_distance_nobody_can_measure),
        cmocka_unit_test(puts_the_regions_in_the_order_of_distance),
        cmocka_unit_test(puts_the_draw_among_those_equally_near),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
