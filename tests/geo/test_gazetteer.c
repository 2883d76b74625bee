#include "geo/gazetteer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "geo/centres.h"

#define TEXT(literal)                \
    {                                \
        literal, sizeof(literal) - 1 \
    }

static const struct record berlin = {
    .country = TEXT("DE"),
    .subdivision = { TEXT("BE") },
    .city = TEXT("Berlin"),
    .has_location = true,
    .latitude = 52.5,
    .longitude = 13.4,
    .accuracy_km = 10,
};
static const struct record as64500 = { .asn = 64500 };
static const struct record france = { .continent = TEXT("EU"), .country = TEXT("fr") };

static uint32_t add(struct gazetteer *gazetteer, const struct record *record)
{
    uint32_t id;
    assert_int_equal(STATUS_OK, gazetteer_add(gazetteer, record, &id));
    return id;
}

static uint32_t merge(struct gazetteer *gazetteer, uint32_t first, uint32_t second)
{
    uint32_t id;
    assert_int_equal(STATUS_OK, gazetteer_merge(gazetteer, first, second, &id));
    return id;
}

static uint32_t settle(struct gazetteer *gazetteer, uint32_t gathered)
{
    uint32_t id;
    assert_int_equal(STATUS_OK, gazetteer_settle(gazetteer, gathered, &id));
    return id;
}

static void equal_places_share_an_id(void **state)
{
    (void)state;
    struct gazetteer *gazetteer = gazetteer_new();
    assert_non_null(gazetteer);
    const struct record nothing = { 0 };
    struct record minus_zero = { .has_location = true, .latitude = -0.0, .longitude = 5 };
    struct record zero = { .has_location = true, .latitude = 0.0, .longitude = 5 };

    assert_int_equal(0, add(gazetteer, &nothing));
    const uint32_t id = add(gazetteer, &berlin);
    assert_int_not_equal(0, id);
    assert_int_equal(id, add(gazetteer, &berlin));
    assert_int_not_equal(id, add(gazetteer, &as64500));
    assert_int_equal(add(gazetteer, &zero), add(gazetteer, &minus_zero));
    gazetteer_free(gazetteer);
}

static void the_first_that_has_a_field_gives_it(void **state)
{
    (void)state;
    struct gazetteer *gazetteer = gazetteer_new();
    assert_non_null(gazetteer);
    const uint32_t b = add(gazetteer, &berlin), a = add(gazetteer, &as64500),
                   f = add(gazetteer, &france);

    assert_int_equal(b, merge(gazetteer, b, 0));
    assert_int_equal(b, merge(gazetteer, 0, b));
    assert_int_equal(merge(gazetteer, a, b), merge(gazetteer, b, a));

    const uint32_t id = settle(gazetteer, merge(gazetteer, merge(gazetteer, a, f), b));
    assert_int_equal(STATUS_OK, gazetteer_freeze(gazetteer));
    const struct place *place = gazetteer_place(gazetteer, id);
    assert_string_equal("EU", place->continent);
    assert_string_equal("FR", place->country); /* the case of the file does not matter */
    assert_string_equal("DE-BE", place->subdivision[0]);
    assert_string_equal("", place->subdivision[1]);
    assert_string_equal("Berlin", place->city);
    assert_int_equal(64500, place->asn);
    assert_int_equal(PLACE_EXACT, place->fix);
    assert_true(place->latitude == 52.5 && place->longitude == 13.4);
    assert_int_equal(10, place->accuracy_km);
    gazetteer_free(gazetteer);
}

static void settling_completes_a_country(void **state)
{
    (void)state;
    struct gazetteer *gazetteer = gazetteer_new();
    assert_non_null(gazetteer);
    const struct record japan = { .country = TEXT("JP") };
    const struct record japan_in_asia = { .continent = TEXT("AS"), .country = TEXT("JP") };
    const struct record strange = { .country = TEXT("QQ") };

    const uint32_t bare = add(gazetteer, &japan), full = add(gazetteer, &japan_in_asia);
    assert_int_not_equal(bare, full);
    const uint32_t id = settle(gazetteer, bare);
    assert_int_equal(1, id);
    assert_int_equal(id, settle(gazetteer, full)); /* now they say the same */
    assert_int_equal(0, settle(gazetteer, 0));
    const uint32_t unplaced = settle(gazetteer, add(gazetteer, &strange));
    assert_int_equal(STATUS_OK, gazetteer_freeze(gazetteer));
    assert_int_equal(3, gazetteer_count(gazetteer));

    const struct place *place = gazetteer_place(gazetteer, id);
    assert_string_equal("AS", place->continent);
    assert_int_equal(PLACE_COUNTRY, place->fix);
    assert_true(place_distance_km(place->latitude, place->longitude, 35.7, 139.7) < 100);
    assert_int_equal(PLACE_NOWHERE, gazetteer_place(gazetteer, unplaced)->fix);
    assert_string_equal("", gazetteer_place(gazetteer, unplaced)->continent);
    assert_int_equal(PLACE_NOWHERE, gazetteer_place(gazetteer, 0)->fix);
    assert_string_equal("", gazetteer_place(gazetteer, 0)->country);
    gazetteer_free(gazetteer);
}

/* The centre of the United States by area is a lake; nobody who is "in the US" stands there. */
static void a_record_of_a_country_alone_is_not_believed_where_it_stands(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        struct record record;
        enum place_fix fix;
    } cases[] = {
        { "a country", { .country = TEXT("US") }, PLACE_COUNTRY },
        { "with a radius of 1000 km",
          { .country = TEXT("US"), .accuracy_km = 1000 },
          PLACE_COUNTRY },
        { "with a radius of 100 km", { .country = TEXT("US"), .accuracy_km = 100 }, PLACE_COUNTRY },
        { "with a radius of 99 km", { .country = TEXT("US"), .accuracy_km = 99 }, PLACE_EXACT },
        { "and a city", { .country = TEXT("US"), .city = TEXT("Wichita") }, PLACE_EXACT },
        { "and a subdivision, however vague",
          { .country = TEXT("US"), .subdivision = { TEXT("KS") }, .accuracy_km = 1000 },
          PLACE_EXACT },
        { "a country without a known centre", { .country = TEXT("QQ") }, PLACE_EXACT },
        { "no country", { .asn = 64500 }, PLACE_EXACT },
    };
    const struct centre *centre = centre_find("US");
    assert_non_null(centre);

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct gazetteer *gazetteer = gazetteer_new();
        assert_non_null(gazetteer);
        struct record record = cases[i].record;
        record.has_location = true;
        record.latitude = 37.751;
        record.longitude = -97.822;
        const uint32_t id = settle(gazetteer, add(gazetteer, &record));
        assert_int_equal(STATUS_OK, gazetteer_freeze(gazetteer));

        const struct place *place = gazetteer_place(gazetteer, id);
        const bool moved = place->latitude == (double)centre->latitude;
        if (place->fix != cases[i].fix || moved != (cases[i].fix == PLACE_COUNTRY))
            fail_msg("%s: fix %d at %f", cases[i].what, (int)place->fix, place->latitude);
        gazetteer_free(gazetteer);
    }
}

/* Enough of them that every table grows several times. */
static void thousands_of_places_keep_their_ids(void **state)
{
    enum { MANY = 20000 };
    (void)state;
    struct gazetteer *gazetteer = gazetteer_new();
    assert_non_null(gazetteer);
    for (int round = 0; round < 2; round++)
        for (uint32_t i = 1; i <= MANY; i++) {
            const struct record record = { .asn = i };
            assert_int_equal(i, add(gazetteer, &record));
        }
    for (uint32_t i = MANY; i >= 1; i--)
        assert_int_equal(MANY + 1 - i, settle(gazetteer, i));
    assert_int_equal(STATUS_OK, gazetteer_freeze(gazetteer));
    assert_int_equal(MANY + 1, gazetteer_count(gazetteer));
    for (uint32_t i = 1; i <= MANY; i++)
        assert_int_equal(MANY + 1 - i, gazetteer_place(gazetteer, i)->asn);
    gazetteer_free(gazetteer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_places_share_an_id),
        cmocka_unit_test(the_first_that_has_a_field_gives_it),
        cmocka_unit_test(settling_completes_a_country),
        cmocka_unit_test(a_record_of_a_country_alone_is_not_believed_where_it_stands),
        cmocka_unit_test(thousands_of_places_keep_their_ids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
