#include "geo/record.h"

#include <math.h>
#include <stdbool.h>

#include "tests/geo/compose.h"

/* What a record should say: "continent country sub1,sub2,sub3 city", "-" for unknown. */
struct expected {
    const char *continent, *country, *subdivision[RECORD_SUBDIVISIONS], *city;
    bool is_code;
    uint32_t asn;
    bool has_location;
    double latitude, longitude;
    uint16_t accuracy_km;
};

static void expect_text(const char *what, const char *field, struct record_text text,
                        const char *expected)
{
    if (expected == NULL)
        expected = "";
    if (text.len != strlen(expected) ||
        (text.len != 0 && memcmp(text.octets, expected, text.len) != 0))
        fail_msg("%s: %s is '%.*s', expected '%s'", what, field, (int)text.len, text.octets,
                 expected);
}

static void expect_record(const char *what, const struct compose *compose,
                          const struct expected *expected)
{
    uint8_t *copy = malloc(compose->len);
    assert_non_null(copy);
    memcpy(copy, compose->octets, compose->len);
    struct mmdb_section section = { copy, compose->len, 1000, false };
    struct record record;
    if (!record_decode(&section, 0, &record))
        fail_msg("%s: refused", what);
    expect_text(what, "continent", record.continent, expected->continent);
    expect_text(what, "country", record.country, expected->country);
    expect_text(what, "city", record.city, expected->city);
    for (size_t i = 0; i < RECORD_SUBDIVISIONS; i++)
        expect_text(what, "subdivision", record.subdivision[i], expected->subdivision[i]);
    if (record.subdivision_is_code != expected->is_code || record.asn != expected->asn ||
        record.has_location != expected->has_location ||
        record.accuracy_km != expected->accuracy_km)
        fail_msg("%s: code %d, asn %u, location %d, accuracy %u", what, record.subdivision_is_code,
                 record.asn, record.has_location, record.accuracy_km);
    if (record.has_location &&
        (record.latitude != expected->latitude || record.longitude != expected->longitude))
        fail_msg("%s: at %f %f", what, record.latitude, record.longitude);
    free(copy);
}

static void put_named(struct compose *compose, const char *key, const char *code_key,
                      const char *code, const char *name)
{
    if (key != NULL)
        compose_text(compose, key);
    compose_map(compose, (code_key != NULL ? 1u : 0u) + (name != NULL ? 1u : 0u));
    if (code_key != NULL)
        compose_text_pair(compose, code_key, code);
    if (name != NULL) {
        compose_text(compose, "names");
        compose_map(compose, 2);
        compose_text_pair(compose, "de", "anders");
        compose_text_pair(compose, "en", name);
    }
}

static void reads_the_nested_layout(void **state)
{
    (void)state;
    struct compose compose = { .len = 0 };
    compose_map(&compose, 8);
    put_named(&compose, "registered_country", "iso_code", "FR", "France");
    put_named(&compose, "continent", "code", "EU", "Europe");
    put_named(&compose, "country", "iso_code", "GB", "United Kingdom");
    put_named(&compose, "represented_country", "iso_code", "US", "United States");
    put_named(&compose, "city", NULL, NULL, "London");
    compose_text(&compose, "subdivisions");
    compose_array(&compose, 2);
    put_named(&compose, NULL, "iso_code", "ENG", "England");
    put_named(&compose, NULL, "iso_code", "WSM", "Westminster");
    compose_text(&compose, "location");
    compose_map(&compose, 4);
    compose_text(&compose, "accuracy_radius");
    compose_unsigned(&compose, 20, 2);
    compose_text(&compose, "latitude");
    compose_double(&compose, 51.5142);
    compose_text(&compose, "longitude");
    compose_double(&compose, -0.0931);
    compose_text_pair(&compose, "time_zone", "Europe/London");
    compose_text(&compose, "traits");
    compose_map(&compose, 1);
    compose_text(&compose, "autonomous_system_number");
    compose_unsigned(&compose, 64500, 4);

    const struct expected expected = { .continent = "EU",
                                       .country = "GB",
                                       .subdivision = { "ENG", "WSM" },
                                       .city = "London",
                                       .is_code = true,
                                       .asn = 64500,
                                       .has_location = true,
                                       .latitude = 51.5142,
                                       .longitude = -0.0931,
                                       .accuracy_km = 20 };
    expect_record("nested", &compose, &expected);
}

/* DB-IP's nested files name subdivisions and have no codes for them. */
static void subdivisions_without_codes_go_by_name(void **state)
{
    (void)state;
    struct compose compose = { .len = 0 };
    compose_map(&compose, 1);
    compose_text(&compose, "subdivisions");
    compose_array(&compose, 4);
    put_named(&compose, NULL, NULL, NULL, "California");
    put_named(&compose, NULL, "iso_code", "X", "Santa Clara");
    put_named(&compose, NULL, NULL, NULL, "Third");
    put_named(&compose, NULL, NULL, NULL, "Fourth");
    const struct expected expected = { .subdivision = { "California", "Santa Clara", "Third" } };
    expect_record("names", &compose, &expected);
}

enum number_as { AS_FLOAT, AS_DOUBLE, AS_TEXT, AS_INT32, AS_UNSIGNED };

static void put_number(struct compose *compose, enum number_as as, double number)
{
    char text[32];
    snprintf(text, sizeof text, "%.4f", number);
    if (as == AS_FLOAT)
        compose_float(compose, (float)number);
    else if (as == AS_DOUBLE)
        compose_double(compose, number);
    else if (as == AS_TEXT)
        compose_text(compose, text);
    else if (as == AS_INT32)
        compose_int32(compose, (int32_t)number);
    else
        compose_unsigned(compose, (uint64_t)number, 2);
}

static const struct {
    const char *what;
    enum number_as as;
    double latitude, longitude;
    bool known;
} flat_locations[] = {
    { "floats", AS_FLOAT, 60.25, -24.5, true },
    { "doubles", AS_DOUBLE, -33.8688, 151.2093, true },
    { "texts", AS_TEXT, -33.8688, 151.2093, true },
    { "integers", AS_INT32, -34, 151, true },
    { "unsigned integers", AS_UNSIGNED, 34, 151, true },
    { "0,0 is how a flat file says unknown", AS_DOUBLE, 0, 0, false },
    { "0,0 as texts", AS_TEXT, 0, 0, false },
    { "the equator is a place", AS_DOUBLE, 0, 36.8, true },
    { "the poles and the date line are places", AS_DOUBLE, -90, 180, true },
    { "a latitude of 91", AS_DOUBLE, 91, 0, false },
    { "a longitude of -181", AS_DOUBLE, 10, -181, false },
    { "no number", AS_DOUBLE, NAN, 10, false },
    { "infinity", AS_DOUBLE, 10, INFINITY, false },
};

static void reads_the_flat_layout(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof flat_locations / sizeof *flat_locations; i++) {
        struct compose compose = { .len = 0 };
        compose_map(&compose, 9);
        compose_text_pair(&compose, "city", "Sydney");
        compose_text_pair(&compose, "country_code", "AU");
        compose_text_pair(&compose, "postcode", "");
        compose_text_pair(&compose, "state1", "New South Wales");
        compose_text_pair(&compose, "state2", "");
        compose_text_pair(&compose, "timezone", "");
        compose_text(&compose, "latitude");
        put_number(&compose, flat_locations[i].as, flat_locations[i].latitude);
        compose_text(&compose, "longitude");
        put_number(&compose, flat_locations[i].as, flat_locations[i].longitude);
        compose_text(&compose, "autonomous_system_number");
        put_number(&compose, flat_locations[i].as == AS_TEXT ? AS_UNSIGNED : AS_DOUBLE, 13335);
        const struct expected expected = {
            .country = "AU",
            .subdivision = { "New South Wales" },
            .city = "Sydney",
            .asn = 13335,
            .has_location = flat_locations[i].known,
            .latitude = flat_locations[i].latitude,
            .longitude = flat_locations[i].longitude,
        };
        expect_record(flat_locations[i].what, &compose, &expected);
    }
}

/* Nobody leaves a nested location out by writing 0,0. */
static void nested_zeros_are_a_place(void **state)
{
    (void)state;
    struct compose compose = { .len = 0 };
    compose_map(&compose, 1);
    compose_text(&compose, "location");
    compose_map(&compose, 2);
    compose_text(&compose, "latitude");
    compose_double(&compose, 0);
    compose_text(&compose, "longitude");
    compose_double(&compose, 0);
    const struct expected expected = { .has_location = true };
    expect_record("nested 0,0", &compose, &expected);
}

static const struct {
    const char *what, *key, *text;
    struct expected expected;
} texts[] = {
    { "a country", "country_code", "DE", { .country = "DE" } },
    { "a country in the bare key", "country", "DE", { .country = "DE" } },
    { "a country's name is no code", "country", "Germany", { .country = NULL } },
    { "three letters are no code", "country_code", "DEU", { .country = NULL } },
    { "digits are no code", "country_code", "15", { .country = NULL } },
    { "ZZ is nobody knows", "country_code", "ZZ", { .country = NULL } },
    { "an empty code", "country_code", "", { .country = NULL } },
    { "a continent", "continent_code", "NA", { .continent = "NA" } },
    { "a continent in the bare key", "continent", "AF", { .continent = "AF" } },
    { "registered counts for nothing", "registered_country", "DE", { .country = NULL } },
    { "two octets of UTF-8", "city", "K\xc3\xb6ln", { .city = "K\xc3\xb6ln" } },
    { "four octets of UTF-8", "city", "\xf0\x9f\x8c\x8d", { .city = "\xf0\x9f\x8c\x8d" } },
    { "Latin-1 is not UTF-8", "city", "K\xf6ln", { .city = NULL } },
    { "an overlong form", "city", "\xc0\xaf", { .city = NULL } },
    { "a longer overlong form", "city", "\xe0\x80\xaf", { .city = NULL } },
    { "a surrogate", "city", "\xed\xa0\x80", { .city = NULL } },
    { "above U+10FFFF", "city", "\xf4\x90\x80\x80", { .city = NULL } },
    { "a sequence cut short", "city", "K\xc3", { .city = NULL } },
    { "the second state alone", "state2", "Kent", { .subdivision = { NULL, "Kent" } } },
    { "an AS number as text", "autonomous_system_number", "4294967295", { .asn = 4294967295 } },
    { "an AS number of 33 bits", "autonomous_system_number", "4294967296", { .asn = 0 } },
    { "an AS number that is none", "autonomous_system_number", "AS12", { .asn = 0 } },
    { "a negative AS number", "autonomous_system_number", "-5", { .asn = 0 } },
    { "half a location", "latitude", "12.5", { .has_location = false } },
};

static void takes_texts_that_mean_something(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct compose compose = { .len = 0 };
        compose_map(&compose, 1);
        compose_text_pair(&compose, texts[i].key, texts[i].text);
        expect_record(texts[i].what, &compose, &texts[i].expected);
    }
}

static void a_city_name_has_a_limit(void **state)
{
    (void)state;
    for (size_t len = RECORD_TEXT_LIMIT; len <= RECORD_TEXT_LIMIT + 1; len++) {
        char name[RECORD_TEXT_LIMIT + 2] = "";
        struct compose compose = { .len = 0 };
        memset(name, 'x', len);
        compose_map(&compose, 1);
        compose_text_pair(&compose, "city", name);
        const struct expected expected = { .city = len == RECORD_TEXT_LIMIT ? name : NULL };
        expect_record("long", &compose, &expected);
    }
}

static void a_text_with_a_nul_is_unknown(void **state)
{
    (void)state;
    struct compose compose = { .len = 0 };
    compose_map(&compose, 1);
    compose_text(&compose, "city");
    compose_control(&compose, 2, 3);
    compose_octets(&compose, "A\0B", 3);
    const struct expected expected = { .city = NULL };
    expect_record("NUL", &compose, &expected);
}

static void a_record_that_is_no_map_says_nothing(void **state)
{
    (void)state;
    struct compose compose = { .len = 0 };
    compose_text(&compose, "1.1.1.1/32");
    const struct expected expected = { .city = NULL };
    expect_record("text", &compose, &expected);
}

/* Fields of the wrong type are unknown; the record is not lost for them. */
static void fields_of_wrong_types_are_unknown(void **state)
{
    static const char *const keys[] = {
        "city",   "country", "continent", "location",  "subdivisions",
        "traits", "state1",  "latitude",  "longitude", "autonomous_system_number"
    };
    (void)state;
    for (int variant = 0; variant < 3; variant++) {
        struct compose compose = { .len = 0 };
        compose_map(&compose, 1 + sizeof keys / sizeof *keys);
        for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
            compose_text(&compose, keys[i]);
            if (variant == 0)
                compose_map(&compose, 0);
            else if (variant == 1)
                compose_array(&compose, 0);
            else
                compose_control(&compose, 4, 0);
        }
        compose_text_pair(&compose, "country_code", "SE");
        const struct expected expected = { .country = "SE" };
        expect_record("wrong types", &compose, &expected);
    }
}

/* Every cut of a good record, and every single octet of it replaced, is refused or harmless. */
static void damage_is_refused_or_harmless(void **state)
{
    (void)state;
    struct compose compose = { .len = 0 };
    compose_map(&compose, 3);
    put_named(&compose, "country", "iso_code", "GB", "United Kingdom");
    compose_text(&compose, "subdivisions");
    compose_array(&compose, 1);
    put_named(&compose, NULL, "iso_code", "ENG", "England");
    compose_text(&compose, "location");
    compose_map(&compose, 1);
    compose_text(&compose, "latitude");
    compose_double(&compose, 51.5);

    for (size_t len = 0; len < compose.len; len++) {
        uint8_t *copy = malloc(len + (len == 0));
        assert_non_null(copy);
        memcpy(copy, compose.octets, len);
        struct mmdb_section section = { copy, len, 1000, false };
        struct record record;
        if (record_decode(&section, 0, &record))
            fail_msg("cut to %zu octets it is accepted", len);
        free(copy);
    }
    uint8_t *copy = malloc(compose.len);
    assert_non_null(copy);
    for (size_t at = 0; at < compose.len; at++)
        for (unsigned octet = 0; octet < 256; octet++) {
            memcpy(copy, compose.octets, compose.len);
            copy[at] = (uint8_t)octet;
            struct mmdb_section section = { copy, compose.len, 1000, false };
            struct record record;
            assert_true(record_decode(&section, 0, &record) != section.failed);
        }
    free(copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_nested_layout),
        cmocka_unit_test(subdivisions_without_codes_go_by_name),
        cmocka_unit_test(reads_the_flat_layout),
        cmocka_unit_test(nested_zeros_are_a_place),
        cmocka_unit_test(takes_texts_that_mean_something),
        cmocka_unit_test(a_city_name_has_a_limit),
        cmocka_unit_test(a_text_with_a_nul_is_unknown),
        cmocka_unit_test(a_record_that_is_no_map_says_nothing),
        cmocka_unit_test(fields_of_wrong_types_are_unknown),
        cmocka_unit_test(damage_is_refused_or_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
