#include "geo/centres.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dns/base/diag.h"
#include "geo/database.h"
#include "geo/place.h"

/* A large city that most of a country's users are not far from. */
static const struct {
    const char *country, *continent;
    double latitude, longitude, within_km;
} known[] = {
    { "FI", "EU", 60.17, 24.94, 150 },   { "DE", "EU", 50.11, 8.68, 200 },
    { "US", "NA", 41.88, -87.63, 400 },  { "JP", "AS", 35.68, 139.69, 100 },
    { "BR", "SA", -23.55, -46.63, 300 }, { "KE", "AF", -1.29, 36.82, 100 },
    { "AU", "OC", -33.87, 151.21, 300 }, { "RU", "EU", 55.76, 37.62, 700 },
    { "CA", "NA", 43.65, -79.38, 500 },  { "FR", "EU", 48.86, 2.35, 200 },
    { "SG", "AS", 1.35, 103.82, 30 },    { "AN", "NA", 12.11, -68.93, 100 },
    { "FJ", "OC", -18.14, 178.44, 200 }, { "AQ", "AN", -90, 0, 2600 },
};

static void countries_stand_where_their_networks_are(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        const struct centre *centre = centre_find(known[i].country);
        assert_non_null(centre);
        assert_string_equal(known[i].country, centre->country);
        assert_string_equal(known[i].continent, centre->continent);
        const double km = place_distance_km((double)centre->latitude, (double)centre->longitude,
                                            known[i].latitude, known[i].longitude);
        if (km > known[i].within_km)
            fail_msg("%s stands %.0f km away", known[i].country, km);
    }
}

static void codes_of_no_country_are_not_found(void **state)
{
    (void)state;
    static const char *const codes[] = { "", "F", "ZZ", "XX", "AA", "de", "\xff\xff", "EU" };
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        assert_null(centre_find(codes[i]));
}

/* Every code there is, so the order of the table is proved as well. */
static void every_row_is_found_and_sound(void **state)
{
    (void)state;
    int found = 0;
    for (char first = 'A'; first <= 'Z'; first++)
        for (char second = 'A'; second <= 'Z'; second++) {
            const char code[3] = { first, second, '\0' };
            const struct centre *centre = centre_find(code);
            if (centre == NULL)
                continue;
            found++;
            assert_string_equal(code, centre->country);
            assert_non_null(strstr("AF AN AS EU NA OC SA", centre->continent));
            assert_int_equal(2, strlen(centre->continent));
            assert_true(fabsf(centre->latitude) <= 90 && fabsf(centre->longitude) <= 180);
            assert_true(centre->latitude != 0 || centre->longitude != 0);
        }
    assert_true(found > 240);
}

static void every_country_of_the_shipped_database_has_a_row(void **state)
{
    (void)state;
    struct report *report = report_new();
    assert_non_null(report);
    const struct diag diag = { .report = report, .file = "geo/data/geo-whois-asn-country.mmdb" };
    struct database *database;
    struct spans v4, v6;
    assert_int_equal(STATUS_OK, database_open(&diag, &database));
    assert_int_equal(STATUS_OK, database_walk(database, &diag, 24, 56, &v4, &v6));
    const uint32_t count = database_record_count(database);
    assert_true(count > 200);
    for (uint32_t i = 0; i < count; i++) {
        struct record record;
        assert_int_equal(STATUS_OK, database_record(database, &diag, i, &record));
        if (record.country.len == 2 && centre_find(record.country.octets) == NULL)
            fail_msg("%.2s has no row", record.country.octets);
    }
    spans_release(&v4);
    spans_release(&v6);
    database_close(database);
    report_free(report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(countries_stand_where_their_networks_are),
        cmocka_unit_test(codes_of_no_country_are_not_found),
        cmocka_unit_test(every_row_is_found_and_sound),
        cmocka_unit_test(every_country_of_the_shipped_database_has_a_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
