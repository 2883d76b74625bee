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

static void geo_takes_the_most_specific_rule(void **state)
{
    (void)state;
    static const struct ranking_case cases[] = {
        { "the city, before its country, and fenced", RULES, &stockholm, NULL, "c", NULL },
        { "the country, then the default, then the others", RULES, &sweden_only, NULL, "hcpvP",
          NULL },
        { "the AS, before its continent", RULES, &madrid, NULL, "vchpP", NULL },
        { "the finest subdivision", RULES, &boston, NULL, "vchpP", NULL },
        { "nobody: the default, then the others", RULES, &unknown, NULL, "chpvP", NULL },
        { "a net, before everything else", RULES, &stockholm, "10.0.0.0/8", "Pchpv", NULL },
        { "the longest net", RULES, &stockholm, "10.1.0.0/16", "c", NULL },
        { "a net of another node inside ours", RULES, &stockholm, "10.2.0.0/16", "Pchpv", NULL },
        { "a net for a client nobody knows", RULES, &unknown, "10.0.0.0/8", "Pchpv", NULL },
        { "a net that no rule here names", RULES, &unknown, "192.0.2.0/24", "chpvP", NULL },
        { "a fenced default stops there",
          "{\"geo\":[{\"in\":[\"country:SE\"],\"to\":\"helsinki\"},{\"to\":\"cdn\",\"fence\":true}]"
          "}",
          &stockholm, NULL, "hc", NULL },
        { "only a default", "{\"geo\":[{\"to\":\"virginia\"}]}", &boston, NULL, "vhpcP", NULL },
        { "a fence ends its own geo only",
          "{\"failover\":[{\"geo\":[{\"in\":[\"country:SE\"],\"to\":\"helsinki\",\"fence\":true},"
          "{\"to\":\"cdn\"}]},\"virginia\"]}",
          &stockholm, NULL, "hv", NULL },
        { "a policy behind a rule",
          "{\"geo\":[{\"in\":[\"continent:NA\"],\"to\":{\"nearest\":[\"helsinki\",\"virginia\"]}},"
          "{\"to\":\"cdn\"}]}",
          &boston, NULL, "vhcpP", NULL },
        { "never a less specific match",
          "{\"geo\":[{\"in\":[\"continent:EU\"],\"to\":\"paris-2\"},"
          "{\"in\":[\"country:SE\"],\"to\":\"virginia\"},{\"to\":\"cdn\"}]}",
          &stockholm, NULL, "vchpP", NULL },
    };
    check_rankings(cases, sizeof cases / sizeof *cases);
}

static void finds_the_longest_net_around_an_address(void **state)
{
    (void)state;
    static const struct {
        const char *address, *net;
    } cases[] = {
        { "10.1.2.3", "10.1.0.0/16" },
        { "10.2.0.1", "10.0.0.0/8" },
        { "11.0.0.1", NULL },
        { "2001:db8::1", NULL },
    };
    struct reading r = good_reading(RULES);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct address address;
        char text[PREFIX_TEXT];

        assert_true(address_parse(cases[i].address, &address));
        const struct prefix *net = route_find_net(r.route, &address);
        assert_int_equal(net != NULL, cases[i].net != NULL);
        if (net != NULL)
            assert_string_equal(prefix_print(net, text), cases[i].net);
    }
    reading_release(&r);
}

static void puts_what_matched_and_what_follows(void **state)
{
    (void)state;
    static const struct put_case cases[] = {
        { "an entry, then the default, then the others", RULES, &sweden_only, NULL,
          "{\"decision\": {\"geo\": {\"matched\": \"country:SE\", \"entry\": 1, \"fence\": false, "
          "\"to\": {\"region\": \"helsinki\"}, \"default\": {\"region\": \"cdn\"}, \"others\": "
          "true}}}" },
        { "a fence ends it", RULES, &stockholm, NULL,
          "{\"decision\": {\"geo\": {\"matched\": \"city:se/stockholm\", \"entry\": 4, \"fence\": "
          "true, \"to\": {\"region\": \"cdn\"}, \"others\": false}}}" },
        { "a net", RULES, &unknown, "10.0.0.0/8",
          "{\"decision\": {\"geo\": {\"matched\": \"net:10.0.0.0/8\", \"entry\": 3, \"fence\": "
          "false, "
          "\"to\": {\"region\": \"paris-2\"}, \"default\": {\"region\": \"cdn\"}, \"others\": "
          "true}}}" },
        { "nobody matches, and the default is fenced",
          "{\"geo\":[{\"in\":[\"country:SE\"],\"to\":\"helsinki\"},{\"to\":\"cdn\",\"fence\":true}]"
          "}",
          &unknown, NULL,
          "{\"decision\": {\"geo\": {\"matched\": null, \"default\": {\"region\": \"cdn\"}, "
          "\"others\": false}}}" },
        { "the fenced default behind an entry",
          "{\"geo\":[{\"in\":[\"country:SE\"],\"to\":\"helsinki\"},{\"to\":\"cdn\",\"fence\":true}]"
          "}",
          &stockholm, NULL,
          "{\"decision\": {\"geo\": {\"matched\": \"country:SE\", \"entry\": 0, \"fence\": false, "
          "\"to\": {\"region\": \"helsinki\"}, \"default\": {\"region\": \"cdn\"}, \"others\": "
          "false}}}" },
    };
    check_puts(cases, sizeof cases / sizeof *cases);
}

/* Of a rule that can match nobody, at the path where it stands; reach's twin tries them all. */
static void rules_that_never_match_are_told(void **state)
{
    (void)state;
    static const struct {
        const char *route, *told;
    } cases[] = {
        { "{\"geo\":[{\"in\":[\"net:10.0.0.0/8\"],\"to\":\"cdn\"},{\"in\":[\"net:10.0.0.0/9\","
          "\"net:10.128.0.0/9\"],\"to\":\"helsinki\"},{\"to\":\"cdn\"}]}",
          "map.json: route.geo[0].in[0]: never matches: longer networks of this route hold all of "
          "it" },
        { "{\"geo\":[{\"in\":[\"asn:1\"],\"to\":\"cdn\"},{\"in\":[\"net:0.0.0.0/0\",\"net:::/0\"],"
          "\"to\":\"helsinki\"},{\"to\":\"cdn\"}]}",
          "map.json: route.geo[0].in[0]: never matches: the networks of this route hold every "
          "address" },
        { "{\"geo\":[{\"in\":[\"country:SE\"],\"to\":{\"failover\":[{\"geo\":[{\"in\":[\"country:"
          "SE\","
          "\"country:FI\"],\"to\":\"cdn\",\"fence\":true},{\"to\":\"helsinki\",\"fence\":true}]},"
          "\"virginia\"]}},{\"to\":\"cdn\"}]}",
          "map.json: route.geo[0].to.failover[0].geo[0].in[1]: never matches: nobody whom entry 0 "
          "of "
          "the geo route around this one is for is in it" },
        { "{\"geo\":[{\"in\":[\"continent:EU\"],\"to\":{\"geo\":[{\"in\":[\"country:SE\"],\"to\":"
          "\"cdn\"},{\"to\":\"helsinki\"}]}},{\"in\":[\"country:SE\"],\"to\":\"cdn\"},{\"to\":"
          "\"cdn\"}]}",
          "map.json: route.geo[0].to.geo[0].in[0]: never matches: entry 1 of the geo route around "
          "this one takes them first" },
        /* The default also follows behind the entries: their clients may come to it. */
        { "{\"geo\":[{\"in\":[\"country:SE\"],\"to\":\"cdn\"},{\"to\":{\"geo\":[{\"in\":[\"country:"
          "SE\"],"
          "\"to\":\"helsinki\"},{\"to\":\"virginia\"}]}}]}",
          NULL },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct reading r = good_reading(cases[i].route);
        if (report_count(r.report) != (cases[i].told != NULL))
            fail_msg("%s: %zu messages", cases[i].route, report_count(r.report));
        if (cases[i].told != NULL)
            assert_string_equal(report_text(r.report, 0), cases[i].told);
        reading_release(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(geo_takes_the_most_specific_rule),
        cmocka_unit_test(finds_the_longest_net_around_an_address),
        cmocka_unit_test(puts_what_matched_and_what_follows),
        cmocka_unit_test(rules_that_never_match_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
