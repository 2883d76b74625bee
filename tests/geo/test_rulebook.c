#include "geo/rulebook.h"

#include "tests/geo/rules_fixture.h"

#define RULES                                                                             \
    "continent:EU,country:SE|asn:64500,net:10.0.0.0/8|net:10.1.0.0/16,city:SE/Stockholm|" \
    "subdivision:US-MA,subdivision:US-MA-SUFFOLK,net:2001:db8::/32"

static const struct place stockholm = { .continent = "EU",
                                        .country = "SE",
                                        .subdivision = { "SE-AB", "", "" },
                                        .city = "Stockholm",
                                        .asn = 64501 };
static const struct place malmo = {
    .continent = "EU", .country = "SE", .subdivision = { "", "", "" }, .city = "Malmo", .asn = 64500
};
static const struct place boston = { .continent = "NA",
                                     .country = "US",
                                     .subdivision = { "US-MA", "US-MA-Suffolk", "" },
                                     .city = "Boston" };
static const struct place oslo = {
    .continent = "EU", .country = "NO", .subdivision = { "", "", "" }, .city = "Oslo"
};
static const struct place nowhere = {
    .continent = "", .country = "", .subdivision = { "", "", "" }, .city = ""
};

static void matches_the_most_specific(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        const struct place *place;
        const char *net, *expected;
    } cases[] = {
        { "the city before its country", &stockholm, NULL, "city:SE/Stockholm" },
        { "the AS before all places", &malmo, NULL, "asn:64500" },
        { "the finest subdivision", &boston, NULL, "subdivision:US-MA-SUFFOLK" },
        { "the continent when nothing finer is there", &oslo, NULL, "continent:EU" },
        { "nobody", &nowhere, NULL, NULL },
        { "a net before everything", &stockholm, "10.0.0.0/8", "net:10.0.0.0/8" },
        { "the longest net", &nowhere, "10.1.0.0/16", "net:10.1.0.0/16" },
        { "ours around a longer one of another policy", &nowhere, "10.1.2.0/24",
          "net:10.1.0.0/16" },
        { "a net that no rule holds", &oslo, "192.0.2.0/24", "continent:EU" },
        { "the other family", &oslo, "2001:db8:1::/48", "net:2001:db8::/32" },
    };
    struct shelf shelf;
    shelf_init(&shelf, RULES);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct prefix net;
        char text[SELECTOR_TEXT] = "";
        if (cases[i].net != NULL)
            assert_true(prefix_parse(cases[i].net, &net));
        const struct route_subject subject = { cases[i].place, cases[i].net ? &net : NULL };
        const struct rule *rule = rulebook_match(&shelf.book, &subject);
        if (rule != NULL)
            selector_print(&rule->selector, text);
        if ((rule == NULL) != (cases[i].expected == NULL) ||
            (rule != NULL && strcmp(text, cases[i].expected) != 0))
            fail_msg("%s: %s", cases[i].what, text);
    }
    shelf_release(&shelf);
}

static void nets_come_first_and_equals_in_the_order_of_the_map(void **state)
{
    (void)state;
    struct shelf shelf;
    shelf_init(&shelf, RULES "|country:se");

    assert_int_equal(rulebook_net_count(&shelf.book), 3);
    for (size_t i = 0; i < shelf.book.count; i++)
        assert_int_equal(shelf.rules[i].selector.kind == SELECTOR_NET, i < 3);
    const size_t first = shelf_index(&shelf, "country:SE");
    assert_int_equal(shelf.rules[first].branch, 0);
    assert_int_equal(shelf.rules[first + 1].branch, 4);
    shelf_release(&shelf);
}

static void an_empty_book_matches_nobody(void **state)
{
    (void)state;
    struct shelf shelf;
    struct prefix net;
    shelf_init(&shelf, "");

    assert_true(prefix_parse("10.0.0.0/8", &net));
    assert_null(rulebook_match(&shelf.book, &(struct route_subject){ &stockholm, &net }));
    assert_null(rulebook_find_net(&shelf.book, &net));
    assert_int_equal(rulebook_net_count(&shelf.book), 0);
    shelf_release(&shelf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matches_the_most_specific),
        cmocka_unit_test(nets_come_first_and_equals_in_the_order_of_the_map),
        cmocka_unit_test(an_empty_book_matches_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
