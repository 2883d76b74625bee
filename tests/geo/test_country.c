#include "geo/country.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "geo/centres.h"

static void knows_which_codes_there_are(void **state)
{
    (void)state;
    static const struct {
        const char *code;
        enum country_standing standing;
    } cases[] = {
        { "FI", COUNTRY_LISTED },    { "fi", COUNTRY_LISTED },  { "GB/London", COUNTRY_LISTED },
        { "US-CA", COUNTRY_LISTED }, { "XK", COUNTRY_LISTED },  { "AQ", COUNTRY_LISTED },
        { "BV", COUNTRY_LISTED },    { "AA", COUNTRY_PRIVATE }, { "qm", COUNTRY_PRIVATE },
        { "QZ", COUNTRY_PRIVATE },   { "XA", COUNTRY_PRIVATE }, { "QL", COUNTRY_UNKNOWN },
        { "UK", COUNTRY_UNKNOWN },   { "EU", COUNTRY_UNKNOWN }, { "ZZ", COUNTRY_UNKNOWN },
        { "AB", COUNTRY_UNKNOWN },   { "", COUNTRY_UNKNOWN },   { "F", COUNTRY_UNKNOWN },
        { "12", COUNTRY_UNKNOWN },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (country_standing(cases[i].code) != cases[i].standing)
            fail_msg("'%s'", cases[i].code);
}

/* A suggestion must itself exist, and nobody who wrote a good code gets one. */
static void what_is_meant_exists(void **state)
{
    (void)state;
    size_t found = 0;

    for (char a = 'A'; a <= 'Z'; a++) {
        for (char b = 'A'; b <= 'Z'; b++) {
            const char code[3] = { a, b, '\0' };
            const char *meant = country_meant(code);
            if (meant == NULL)
                continue;
            found++;
            if (centre_find(meant) == NULL || centre_find(code) != NULL)
                fail_msg("%s: %s", code, meant);
        }
    }
    assert_true(found > 5);
    assert_string_equal(country_meant("UK"), "GB");
    assert_string_equal(country_meant("uk/London"), "GB");
    assert_null(country_meant("GB"));
    assert_null(country_meant(""));
}

static void knows_continents_by_code_and_name(void **state)
{
    (void)state;
    static const struct {
        const char *text, *code, *meant;
    } cases[] = {
        { "EU", "EU", NULL },     { "eu", "EU", NULL },   { "NA", "NA", NULL },
        { "Europe", NULL, "EU" }, { "asia", NULL, "AS" }, { "North America", NULL, "NA" },
        { "EUR", NULL, "EU" },    { "XX", NULL, NULL },   { "Atlantis", NULL, NULL },
        { "E", NULL, NULL },      { "", NULL, NULL },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *code = continent_find(cases[i].text), *meant = continent_meant(cases[i].text);
        if (code != cases[i].code &&
            (code == NULL || cases[i].code == NULL || strcmp(code, cases[i].code) != 0))
            fail_msg("'%s' is %s", cases[i].text, code);
        if (meant != cases[i].meant &&
            (meant == NULL || cases[i].meant == NULL || strcmp(meant, cases[i].meant) != 0))
            fail_msg("'%s' means %s", cases[i].text, meant);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_which_codes_there_are),
        cmocka_unit_test(what_is_meant_exists),
        cmocka_unit_test(knows_continents_by_code_and_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
