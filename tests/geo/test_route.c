#include "geo/route.h"

#include "tests/geo/route_fixture.h"

#define RULES                                                                             \
    "{\"geo\":["                                                                          \
    "{\"in\":[\"continent:EU\"],\"to\":\"paris-1\"},"                                     \
    "{\"in\":[\"country:SE\",\"subdivision:US-MA\"],\"to\":\"helsinki\"},"                \
    "{\"in\":[\"subdivision:US-MA-Suffolk\",\"asn:64502\"],\"to\":\"virginia\"},"         \
    "{\"in\":[\"net:10.0.0.0/8\"],\"to\":\"paris-2\"},"                                   \
    "{\"in\":[\"net:10.1.0.0/16\",\"city:se/stockholm\"],\"to\":\"cdn\",\"fence\":true}," \
    "{\"to\":\"cdn\"}]}"

static void tells_every_mistake_at_its_path(void **state)
{
    (void)state;
    static const struct {
        const char *route;
        const char *told[4]; /* each must be in some message, and no more messages than these */
    } cases[] = {
        { "\"helsinky\"",
          { "route: region 'helsinky' is not among the service's endpoints; did you "
            "mean 'helsinki'?" } },
        { "7", { "route: expected a region's name" } },
        { "[]", { "route: expected a region's name" } },
        { "{}", { "route: names no policy" } },
        { "{\"nearst\":\"*\"}", { "nearest" } },
        { "{\"nearest\":\"*\",\"failover\":[\"cdn\"]}",
          { "is both \"nearest\" and \"failover\"" } },
        { "{\"nearest\":\"*\",\"prefix\":1}", { "prefix" } },
        { "{\"nearest\":\"all\"}", { "route.nearest: expected \"*\"" } },
        { "{\"nearest\":[]}", { "route.nearest: expected \"*\"" } },
        { "{\"nearest\":5}", { "route.nearest" } },
        { "{\"nearest\":[\"paris-1\",\"x\",\"paris-1\",\"yy\"]}",
          { "route.nearest[1]: region 'x'", "route.nearest[2]: region 'paris-1' is listed twice",
            "route.nearest[3]: region 'yy'" } },
        { "{\"failover\":\"cdn\"}", { "route.failover: expected a list" } },
        { "{\"failover\":[]}", { "route.failover: expected a list" } },
        { "{\"failover\":[\"x\",\"cdn\",{\"nearest\":[\"y\"]}]}",
          { "route.failover[0]: region 'x'", "route.failover[2].nearest[0]: region 'y'" } },
        { "{\"weighted\":[]}", { "route.weighted: expected" } },
        { "{\"weighted\":{}}", { "route.weighted: expected" } },
        { "{\"weighted\":\"cdn\"}", { "route.weighted: expected" } },
        { "{\"weighted\":{\"x\":1,\"cdn\":-1,\"virginia\":1000001}}",
          { "route.weighted.x: region 'x'", "route.weighted.cdn", "route.weighted.virginia" } },
        { "{\"weighted\":{\"cdn\":1.5}}", { "route.weighted.cdn" } },
        { "{\"weighted\":[{\"weight\":1},{\"to\":\"cdn\"},{\"weight\":1,\"to\":\"cdn\",\"wait\":1}]"
          "}",
          { "route.weighted[0]: has no \"to\"", "route.weighted[1]: has no \"weight\"", "wait" } },
        { "{\"weighted\":[{\"weight\":1,\"to\":\"cdn\"},{\"weight\":2,\"to\":\"cdn\"}]}",
          { "route.weighted: two members are both cdn" } },
        { "{\"weighted\":{\"cdn\":1},\"per\":\"clent\"}", { "route.per: expected \"client\"" } },
        { "{\"weighted\":{\"cdn\":1},\"prefix\":{\"v4\":25,\"v6\":57}}",
          { "route.prefix.v4: /25 is longer than max_scope, /24",
            "route.prefix.v6: /57 is longer than max_scope, /56" } },
        { "{\"weighted\":{\"cdn\":1},\"prefix\":{\"v4\":0,\"v5\":1}}", { "prefix.v4", "v5" } },
        { "{\"weighted\":{\"cdn\":1},\"per\":\"query\",\"prefix\":{\"v4\":20}}",
          { "route.prefix: counts only with" } },
        { "{\"geo\":{}}", { "route.geo: expected a list" } },
        { "{\"geo\":[]}", { "route.geo: has no default" } },
        { "{\"geo\":[{\"in\":[\"country:SE\"],\"to\":\"cdn\"}]}", { "route.geo: has no default" } },
        { "{\"geo\":[{\"to\":\"cdn\"},{\"to\":\"cdn\"}]}",
          { "route.geo[1]: is a second default" } },
        { "{\"geo\":[{\"in\":[],\"to\":\"cdn\"},{\"to\":\"cdn\"}]}",
          { "route.geo[0].in: expected a list" } },
        { "{\"geo\":[{\"in\":\"country:SE\",\"to\":\"cdn\"},{\"to\":\"cdn\"}]}",
          { "route.geo[0].in: expected a list" } },
        { "{\"geo\":[{\"in\":[\"country:SE\"]},{\"to\":\"x\",\"fence\":1}]}",
          { "route.geo[0]: has no \"to\"", "route.geo[1].to: region 'x'", "route.geo[1].fence" } },
        { "{\"geo\":[{\"in\":[\"country:SE\",\"net:10.0.0.0/25\"],\"to\":\"cdn\"},"
          "{\"in\":[\"contry:DE\",\"country:se\"],\"to\":\"cdn\"},{\"to\":\"cdn\"}]}",
          { "route.geo[0].in[1]: net:10.0.0.0/25 is longer", "route.geo[1].in[0]: selector",
            "route.geo[1].in[1]: country:se is used before, in entry 0" } },
        { "{\"geo\":[5,{\"to\":\"cdn\"}]}", { "route.geo[0]" } },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct reading r = reading_of(cases[i].route);
        size_t expected = 0;

        for (; expected < 4 && cases[i].told[expected] != NULL; expected++) {
            bool found = false;
            for (size_t m = 0; m < report_count(r.report); m++)
                found = found || strstr(report_text(r.report, m), cases[i].told[expected]) != NULL;
            if (!found)
                fail_msg("%s: nobody told '%s', but '%s'", cases[i].route, cases[i].told[expected],
                         report_count(r.report) > 0 ? report_text(r.report, 0) : "");
        }
        if (report_mistakes(r.report) != expected)
            fail_msg("%s: %zu mistakes, the last '%s'", cases[i].route, report_mistakes(r.report),
                     report_text(r.report, report_count(r.report) - 1));
        reading_release(&r);
    }
}

/* `depth` failovers around one region. */
static struct reading nested(unsigned depth)
{
    char text[2048] = "";
    for (unsigned i = 1; i < depth; i++)
        strcat(text, "{\"failover\":[");
    strcat(text, "\"cdn\"");
    for (unsigned i = 1; i < depth; i++)
        strcat(text, "]}");
    return reading_of(text);
}

static void routes_nest_up_to_the_limit(void **state)
{
    (void)state;
    struct reading deepest = nested(ROUTE_DEPTH_LIMIT), too_deep = nested(ROUTE_DEPTH_LIMIT + 1);

    assert_int_equal(deepest.status, STATUS_OK);
    assert_int_equal(too_deep.status, STATUS_LIMIT);
    assert_non_null(strstr(report_text(too_deep.report, 0), "nested deeper than 16"));
    reading_release(&deepest);
    reading_release(&too_deep);
}

static void walks_know_regions_nets_and_places(void **state)
{
    (void)state;
    static const struct {
        const char *route, *marked, *nets;
        bool by_place;
    } cases[] = {
        { "\"cdn\"", "c", "", false },
        { "{\"nearest\":\"*\"}", "hpcvP", "", true },
        { "{\"failover\":[\"cdn\",\"virginia\"]}", "cv", "", false },
        { "{\"weighted\":{\"cdn\":1,\"helsinki\":0}}", "hc", "", false },
        { "{\"weighted\":[{\"weight\":1,\"to\":{\"nearest\":[\"virginia\"]}}]}", "v", "", true },
        { RULES, "hpcvP", "10.0.0.0/8 10.1.0.0/16 ", true },
        { "{\"geo\":[{\"in\":[\"net:2001:db8::/32\",\"net:10.0.0.0/8\"],\"to\":{\"geo\":["
          "{\"in\":[\"net:10.0.0.0/8\",\"net:9.0.0.0/8\",\"net:10.0.0.0/7\"],\"to\":\"cdn\"},"
          "{\"to\":\"cdn\"}]}},{\"to\":\"cdn\"}]}",
          "c", "9.0.0.0/8 10.0.0.0/7 10.0.0.0/8 2001:db8::/32 ", true },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct reading r = good_reading(cases[i].route);
        bool used[5] = { false };
        struct prefix *nets;
        size_t count;
        char text[256] = "", marked[8] = "", net[PREFIX_TEXT];

        route_mark_regions(r.route, &regions, used);
        for (size_t region = 0; region < 5; region++)
            if (used[region])
                marked[strlen(marked)] = "hpcvP"[region];
        assert_string_equal(marked, cases[i].marked);
        assert_int_equal(route_nets(r.route, &nets, &count), STATUS_OK);
        for (size_t n = 0; n < count; n++)
            strcat(strcat(text, prefix_print(&nets[n], net)), " ");
        assert_string_equal(text, cases[i].nets);
        assert_int_equal(route_looks_at_place(r.route), cases[i].by_place);
        free(nets);
        reading_release(&r);
    }
}

static char *canonical(const struct route *route)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    assert_non_null(out);
    route_write(route, &regions, out);
    assert_int_equal(fclose(out), 0);
    return text;
}

static void canonical_texts_tell_behaviours_apart(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        bool equal;
    } cases[] = {
        { "\"cdn\"", "\"virginia\"", false },
        { "{\"nearest\":[\"cdn\",\"virginia\"]}", "{\"nearest\":[\"virginia\",\"cdn\"]}", true },
        { "{\"nearest\":\"*\"}", "{\"nearest\":[\"cdn\"]}", false },
        { "{\"failover\":[\"cdn\",\"virginia\"]}", "{\"failover\":[\"virginia\",\"cdn\"]}", false },
        { "{\"failover\":[\"cdn\"]}", "\"cdn\"", false },
        { "{\"weighted\":{\"cdn\":1,\"virginia\":2}}",
          "{\"weighted\":[{\"to\":\"virginia\",\"weight\":2},{\"to\":\"cdn\",\"weight\":1}]}",
          true },
        { "{\"weighted\":{\"cdn\":1,\"virginia\":2}}", "{\"weighted\":{\"cdn\":2,\"virginia\":1}}",
          false },
        { "{\"weighted\":{\"cdn\":1}}", "{\"weighted\":{\"cdn\":1},\"per\":\"query\"}", false },
        { "{\"weighted\":{\"cdn\":1}}", "{\"weighted\":{\"cdn\":1},\"per\":\"client\"}", true },
        { "{\"weighted\":{\"cdn\":1}}", "{\"weighted\":{\"cdn\":1},\"prefix\":{\"v4\":8}}", false },
        { "{\"weighted\":[{\"to\":\"cdn\",\"weight\":1}]}",
          "{\"weighted\":[{\"to\":\"cdn\",\"weight\":1,\"name\":\"x\"}]}", false },
        { "{\"geo\":[{\"in\":[\"country:SE\",\"country:DK\"],\"to\":\"cdn\"},{\"to\":\"cdn\"}]}",
          "{\"geo\":[{\"in\":[\"country:DK\",\"country:SE\"],\"to\":\"cdn\"},{\"to\":\"cdn\"}]}",
          true },
        { "{\"geo\":[{\"in\":[\"country:SE\"],\"to\":\"cdn\"},{\"to\":\"cdn\"}]}",
          "{\"geo\":[{\"in\":[\"country:SE\"],\"to\":\"cdn\",\"fence\":true},{\"to\":\"cdn\"}]}",
          false },
        { "{\"geo\":[{\"in\":[\"country:SE\"],\"to\":\"cdn\"},{\"to\":\"cdn\"}]}",
          "{\"geo\":[{\"in\":[\"continent:EU\"],\"to\":\"cdn\"},{\"to\":\"cdn\"}]}", false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct reading a = good_reading(cases[i].a), b = good_reading(cases[i].b);
        char *text_a = canonical(a.route), *text_b = canonical(b.route);
        if ((strcmp(text_a, text_b) == 0) != cases[i].equal)
            fail_msg("%s and %s", text_a, text_b);
        free(text_a);
        free(text_b);
        reading_release(&a);
        reading_release(&b);
    }
}

static void gather(void *context, const char *text)
{
    strcat(strcat((char *)context, text), "\n");
}

static void tells_each_step(void **state)
{
    (void)state;
    static const struct {
        const char *route;
        const struct place *place;
        const char *told[5]; /* in this order */
    } cases[] = {
        { "\"cdn\"", &madrid, { "region cdn" } },
        { "{\"nearest\":\"*\"}",
          &stockholm,
          { "nearest: 4 by distance, helsinki first", "paris-1", "are equally far",
            "cdn has no location" } },
        { "{\"nearest\":\"*\"}",
          &unknown,
          { "not known", "order of the endpoints counts: 5, helsinki first" } },
        { "{\"failover\":[\"cdn\",\"virginia\"]}",
          &madrid,
          { "failover", "  region cdn", "  region virginia" } },
        { "{\"weighted\":{\"cdn\":1,\"virginia\":0}}",
          &madrid,
          { "by hash of 192.0.2.0/24", "cdn, weight 1, arrives at", "virginia, weight 0" } },
        { "{\"weighted\":{\"cdn\":1},\"per\":\"query\"}", &madrid, { "anew for each query" } },
        { RULES,
          &sweden_only,
          { "geo: country:SE matches, entry 1", "region helsinki", "then the default", "region cdn",
            "every other region" } },
        { RULES, &stockholm, { "geo: city:se/stockholm matches", "region cdn", "fenced" } },
        { RULES, &unknown, { "no rule matches", "region cdn", "every other" } },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct reading r = good_reading(cases[i].route);
        const struct route_subject subject = { .place = cases[i].place };
        char text[4096] = "";
        const struct route_sink sink = { gather, text };
        const struct route_tale tale = { &regions, &subject, &anyone, &sink, 0 };
        const char *at = text;

        r.route->kind->tell(r.route, &tale);
        for (size_t t = 0; t < 5 && cases[i].told[t] != NULL; t++) {
            at = strstr(at, cases[i].told[t]);
            if (at == NULL)
                fail_msg("%s: '%s' is missing in:\n%s", cases[i].route, cases[i].told[t], text);
        }
        reading_release(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_every_mistake_at_its_path),
        cmocka_unit_test(routes_nest_up_to_the_limit),
        cmocka_unit_test(walks_know_regions_nets_and_places),
        cmocka_unit_test(canonical_texts_tell_behaviours_apart),
        cmocka_unit_test(tells_each_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
