#include "geo/selector.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Reads one selector; the first message (or "") goes to `told`. */
static enum status parse(const char *text, struct arena *arena, struct selector *out,
                         char told[256])
{
    struct report *report = report_new();
    const struct diag diag = { .report = report, .file = "map.json" };
    struct json_doc *doc;
    char json[512];

    assert_non_null(report);
    snprintf(json, sizeof json, "[\"%s\"]", text);
    assert_int_equal(json_parse(json, strlen(json), &diag, &doc), STATUS_OK);
    const struct json_node root = json_root(doc, &diag);
    struct json_node node;
    assert_true(json_child(&root, 0, &node));

    const enum status status = selector_parse(&node, (struct atlas_grain){ 24, 56 }, arena, out);
    snprintf(told, 256, "%s", report_count(report) > 0 ? report_text(report, 0) : "");
    assert_int_equal(status == STATUS_OK, report_mistakes(report) == 0);
    json_free(doc);
    report_free(report);
    return status;
}

static void reads_every_kind(void **state)
{
    (void)state;
    static const struct {
        const char *text, *printed;
        enum selector_kind kind;
    } cases[] = {
        { "net:192.0.2.0/24", "net:192.0.2.0/24", SELECTOR_NET },
        { "net:0.0.0.0/0", "net:0.0.0.0/0", SELECTOR_NET },
        { "net:2001:db8::/32", "net:2001:db8::/32", SELECTOR_NET },
        { "asn:64500", "asn:64500", SELECTOR_ASN },
        { "asn:4294967295", "asn:4294967295", SELECTOR_ASN },
        { "city:GB/London", "city:GB/London", SELECTOR_CITY },
        { "city:US/Winston-Salem/Forsyth", "city:US/Winston-Salem/Forsyth", SELECTOR_CITY },
        { "subdivision:US-CA", "subdivision:US-CA", SELECTOR_SUBDIVISION },
        { "subdivision:US-New York", "subdivision:US-New York", SELECTOR_SUBDIVISION },
        { "country:de", "country:de", SELECTOR_COUNTRY },
        { "COUNTRY:DE", "country:DE", SELECTOR_COUNTRY },
        { "continent:eu", "continent:eu", SELECTOR_CONTINENT },
    };
    struct arena *arena = arena_new();
    assert_non_null(arena);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct selector selector;
        char told[256], text[SELECTOR_TEXT];

        if (parse(cases[i].text, arena, &selector, told) != STATUS_OK || told[0] != '\0')
            fail_msg("%s: %s", cases[i].text, told);
        assert_int_equal(selector.kind, cases[i].kind);
        assert_string_equal(selector_print(&selector, text), cases[i].printed);
    }
    arena_free(arena);
}

static void tells_what_is_wrong_with_the_others(void **state)
{
    (void)state;
    static const struct {
        const char *text, *told;
    } cases[] = {
        { "contry:DE", "did you mean 'country:DE'?" },
        { "continents:EU", "did you mean 'continent:EU'?" },
        { "DE", "'DE' is no selector" },
        { "zzzzzzzz:1", "'zzzzzzzz:1' is no selector" },
        { "country:DEU", "'DEU' is not a country's two letters" },
        { "country:D", "'D' is not a country's two letters" },
        { "country:", "'' is not a country's two letters" },
        { "country:49", "'49' is not a country's two letters" },
        { "continent:XX", "'XX' is not a continent" },
        { "continent:", "'' is not a continent" },
        { "asn:", "'' is not the number of an AS" },
        { "asn:AS64500", "'AS64500' is not the number of an AS" },
        { "asn:-1", "'-1' is not the number of an AS" },
        { "asn:64500x", "'64500x' is not the number of an AS" },
        { "asn:0", "AS number 0 is not in" },
        { "asn:4294967296", "AS number 4294967296 is not in" },
        { "asn:99999999999999999999999", "is not in 1..4294967295" },
        { "city:London", "such as city:GB/London" },
        { "city:GB/", "such as city:GB/London" },
        { "subdivision:CA", "such as subdivision:US-CA" },
        { "subdivision:US-", "such as subdivision:US-CA" },
        { "subdivision:", "such as subdivision:US-CA" },
        { "country:UK", "map.json: [0]: UK is no country's code (ISO 3166-1); did you mean "
                        "'country:GB'?" },
        { "country:uk", "did you mean 'country:GB'?" },
        { "country:EU", "EU is no country's code (ISO 3166-1); did you mean 'continent:EU'?" },
        { "country:ZZ", "ZZ is no country's code (ISO 3166-1)" },
        { "city:UK/London",
          "UK is no country's code (ISO 3166-1); did you mean 'city:GB/London'?" },
        { "city:GB-London", "did you mean 'city:GB/London'?" },
        { "city:ZZ/London", "ZZ is no country's code (ISO 3166-1)" },
        { "subdivision:UK-ENG", "did you mean 'subdivision:GB-ENG'?" },
        { "subdivision:US/CA", "did you mean 'subdivision:US-CA'?" },
        { "subdivision:California", "such as subdivision:US-CA" },
        { "subdivision:USA-CA", "such as subdivision:US-CA" },
        { "subdivision:YY-1", "YY is no country's code (ISO 3166-1)" },
        { "continent:Europe", "'Europe' is not a continent's code; did you mean 'continent:EU'?" },
        { "continent:DE", "'DE' is a country, not a continent; did you mean 'country:DE'?" },
        { "net:192.0.2.0/25", "net:192.0.2.0/25 is longer than max_scope, /24" },
        { "net:192.0.2.1", "net:192.0.2.1 is longer than max_scope, /24" },
        { "net:2001:db8::/57", "is longer than max_scope, /56" },
        { "net:192.0.2.0/23", "ok" },
        { "net:192.0.2.1/24", "did you mean net:192.0.2.0/24?" },
        { "net:192.0.2/24", "is not a network" },
        { "net:", "is not a network" },
    };
    struct arena *arena = arena_new();
    assert_non_null(arena);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct selector selector = { .asn = 7 };
        char told[256];
        const enum status status = parse(cases[i].text, arena, &selector, told);

        if (strcmp(cases[i].told, "ok") == 0) {
            assert_int_equal(status, STATUS_OK);
            continue;
        }
        if (status == STATUS_OK || strstr(told, cases[i].told) == NULL)
            fail_msg("%s: told '%s', not '%s'", cases[i].text, told, cases[i].told);
        assert_non_null(strstr(told, "map.json: [0]: "));
        assert_int_equal(selector.asn, 7);
    }
    arena_free(arena);
}

static void warns_of_networks_whose_clients_are_located_by_ipv4(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool warned;
    } cases[] = {
        { "net:2002:c000::/24", true }, { "net:2002::/16", true },  { "net:2002::/15", false },
        { "net:2001::/32", true },      { "net:2001::/16", false }, { "net:64:ff9b::/56", true },
        { "net:2001:db8::/32", false }, { "net:::/0", false },
    };
    struct arena *arena = arena_new();
    assert_non_null(arena);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct selector selector;
        char told[256];
        assert_int_equal(parse(cases[i].text, arena, &selector, told), STATUS_OK);
        if ((strstr(told, "IPv4") != NULL) != cases[i].warned)
            fail_msg("%s: told '%s'", cases[i].text, told);
    }
    arena_free(arena);
}

static void leaves_the_codes_of_own_databases_alone(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool warned;
    } cases[] = {
        { "country:XK", false },      { "country:XA", true },  { "city:QM/Base", true },
        { "subdivision:AA-1", true }, { "country:AN", false },
    };
    struct arena *arena = arena_new();
    assert_non_null(arena);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct selector selector;
        char told[256];
        assert_int_equal(parse(cases[i].text, arena, &selector, told), STATUS_OK);
        if ((strstr(told, "only a database of your own") != NULL) != cases[i].warned)
            fail_msg("%s: told '%s'", cases[i].text, told);
    }
    arena_free(arena);
}

static void compares_without_case(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        bool equal;
    } cases[] = {
        { "country:DE", "country:de", true },
        { "country:DE", "country:DK", false },
        { "city:GB/London", "city:gb/LONDON", true },
        { "city:GB/London", "city:CA/London", false },
        { "subdivision:US-CA", "subdivision:us-ca", true },
        { "continent:AS", "country:AS", false },
        { "asn:1", "asn:01", true },
        { "asn:1", "asn:2", false },
        { "net:10.0.0.0/8", "net:10.0.0.0/9", false },
        { "net:::/0", "net:0.0.0.0/0", false },
        { "net:2001:db8::/32", "net:2001:0DB8::/32", true },
    };
    struct arena *arena = arena_new();
    assert_non_null(arena);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct selector a, b;
        char told[256];
        assert_int_equal(parse(cases[i].a, arena, &a, told), STATUS_OK);
        assert_int_equal(parse(cases[i].b, arena, &b, told), STATUS_OK);
        const int order = selector_compare(&a, &b), back = selector_compare(&b, &a);
        if ((order == 0) != cases[i].equal || (order < 0) != (back > 0))
            fail_msg("%s and %s: %d, %d", cases[i].a, cases[i].b, order, back);
    }
    arena_free(arena);
}

static void a_place_is_selected_by_its_finest_mark_first(void **state)
{
    (void)state;
    const struct place oxford = { .continent = "EU",
                                  .country = "GB",
                                  .subdivision = { "GB-ENG", "GB-OXF", "" },
                                  .city = "Oxford",
                                  .asn = 64500 };
    const struct place nowhere = {
        .continent = "", .country = "", .subdivision = { "", "", "" }, .city = ""
    };
    static const char *const expected[] = { "asn:64500",          "city:GB/Oxford",
                                            "subdivision:GB-OXF", "subdivision:GB-ENG",
                                            "country:GB",         "continent:EU" };
    struct selector found[SELECTOR_PLACE_MOST];
    char text[SELECTOR_TEXT];

    assert_int_equal(selector_of_place(&oxford, found), 6);
    for (size_t i = 0; i < 6; i++)
        assert_string_equal(selector_print(&found[i], text), expected[i]);
    assert_int_equal(selector_of_place(&nowhere, found), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_kind),
        cmocka_unit_test(tells_what_is_wrong_with_the_others),
        cmocka_unit_test(warns_of_networks_whose_clients_are_located_by_ipv4),
        cmocka_unit_test(leaves_the_codes_of_own_databases_alone),
        cmocka_unit_test(compares_without_case),
        cmocka_unit_test(a_place_is_selected_by_its_finest_mark_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
