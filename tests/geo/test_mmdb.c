#include "geo/mmdb.h"

#include <stdbool.h>

#include "tests/geo/compose.h"

/* An exact-size copy, so that the sanitizer sees one octet of overrun. */
static struct mmdb_section section_of(const uint8_t *octets, size_t len)
{
    uint8_t *copy = malloc(len + (len == 0));
    assert_non_null(copy);
    memcpy(copy, octets, len);
    return (struct mmdb_section){ copy, len, 1000, false };
}

static void section_drop(struct mmdb_section *section)
{
    free((void *)section->octets);
}

static const struct {
    const char *what;
    uint8_t octets[16];
    size_t len;
    enum mmdb_type type;
    size_t next; /* where the following value would stand */
    uint64_t integer;
    double real;
} read_cases[] = {
    { "a text", { 0x42, 'F', 'I' }, 3, MMDB_TEXT, 3, 0, 0 },
    { "an empty text", { 0x40 }, 1, MMDB_TEXT, 1, 0, 0 },
    { "a 16-bit number", { 0xa2, 0x12, 0x34 }, 3, MMDB_INTEGER, 3, 0x1234, 0 },
    { "a number of no octets is 0", { 0xa0 }, 1, MMDB_INTEGER, 1, 0, 0 },
    { "a 32-bit number", { 0xc4, 1, 2, 3, 4 }, 5, MMDB_INTEGER, 5, 0x01020304, 0 },
    { "a 64-bit number",
      { 0x08, 0x02, 1, 2, 3, 4, 5, 6, 7, 8 },
      10,
      MMDB_INTEGER,
      10,
      0x0102030405060708,
      0 },
    { "true", { 0x01, 0x07 }, 2, MMDB_INTEGER, 2, 1, 0 },
    { "a double",
      { 0x68, 0x40, 0x4e, 0x15, 0xc2, 0x8f, 0x5c, 0x28, 0xf6 },
      9,
      MMDB_REAL,
      9,
      0,
      60.17 },
    { "a float", { 0x04, 0x08, 0xc0, 0xf0, 0, 0 }, 6, MMDB_REAL, 6, 0, -7.5 },
    { "a negative int32", { 0x04, 0x01, 0xff, 0xff, 0xff, 0xfe }, 6, MMDB_REAL, 6, 0, -2 },
    { "a short int32 is not negative", { 0x01, 0x01, 0xff }, 3, MMDB_REAL, 3, 0, 255 },
    { "octets", { 0x82, 9, 9 }, 3, MMDB_OTHER, 3, 0, 0 },
    { "a pointer's value, and on behind the pointer",
      { 0x20, 0x02, 0xa1, 7 },
      4,
      MMDB_INTEGER,
      2,
      7,
      0 },
    { "over a map with a map inside",
      { 0xe1, 0x41, 'a', 0xe1, 0x41, 'b', 0xa0 },
      7,
      MMDB_MAP,
      7,
      0,
      0 },
    { "over an array", { 0x02, 0x04, 0xa1, 1, 0x41, 'x' }, 6, MMDB_ARRAY, 6, 0, 0 },
    { "pointers inside are skipped, not followed",
      { 0x01, 0x04, 0x27, 0xff },
      4,
      MMDB_ARRAY,
      4,
      0,
      0 },

    { "nothing at all", { 0 }, 0, MMDB_NONE, 0, 0, 0 },
    { "a text cut short", { 0x43, 'F', 'I' }, 3, MMDB_NONE, 0, 0, 0 },
    { "a size cut short", { 0x5e, 1 }, 2, MMDB_NONE, 0, 0, 0 },
    { "a text of 16 million octets", { 0x5f, 0xff, 0xff, 0xff, 'x' }, 5, MMDB_NONE, 0, 0, 0 },
    { "a map of 16 million pairs", { 0xff, 0xff, 0xff, 0xff }, 4, MMDB_NONE, 0, 0, 0 },
    { "a map cut short", { 0xe1, 0x41, 'a' }, 3, MMDB_NONE, 0, 0, 0 },
    { "a double of 4 octets", { 0x64, 0, 0, 0, 0 }, 5, MMDB_NONE, 0, 0, 0 },
    { "a float of 8 octets", { 0x08, 0x08, 0, 0, 0, 0, 0, 0, 0, 0 }, 10, MMDB_NONE, 0, 0, 0 },
    { "a 16-bit number of 3 octets", { 0xa3, 0, 0, 0 }, 4, MMDB_NONE, 0, 0, 0 },
    { "a boolean of 2", { 0x02, 0x07 }, 2, MMDB_NONE, 0, 0, 0 },
    { "a type nobody knows", { 0x01, 0x20, 0 }, 3, MMDB_NONE, 0, 0, 0 },
    { "a short type in its long form", { 0x01, 0x00, 0 }, 3, MMDB_NONE, 0, 0, 0 },
    { "a cache container", { 0x00, 0x05 }, 2, MMDB_NONE, 0, 0, 0 },
    { "a pointer to a pointer", { 0x20, 0x02, 0x20, 0x04, 0xa0 }, 5, MMDB_NONE, 0, 0, 0 },
    { "a pointer to itself", { 0x20, 0x00 }, 2, MMDB_NONE, 0, 0, 0 },
    { "a pointer outside", { 0x20, 0x09 }, 2, MMDB_NONE, 0, 0, 0 },
    { "a pointer of 32 bits outside", { 0x38, 0xff, 0xff, 0xff, 0xff }, 5, MMDB_NONE, 0, 0, 0 },
};

static void reads_each_type_and_refuses_damage(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof read_cases / sizeof *read_cases; i++) {
        struct mmdb_section section = section_of(read_cases[i].octets, read_cases[i].len);
        size_t at = 0;
        const struct mmdb_value value = mmdb_read(&section, &at);
        if (value.type != read_cases[i].type)
            fail_msg("%s: type %d", read_cases[i].what, (int)value.type);
        if (section.failed != (read_cases[i].type == MMDB_NONE))
            fail_msg("%s: failed is %d", read_cases[i].what, section.failed);
        if (value.type != MMDB_NONE &&
            (at != read_cases[i].next || value.integer != read_cases[i].integer ||
             value.real != read_cases[i].real))
            fail_msg("%s: next %zu, integer %llu, real %f", read_cases[i].what, at,
                     (unsigned long long)value.integer, value.real);
        section_drop(&section);
    }
}

/* The targets of the four pointer sizes begin where the smaller size ends. */
static void pointers_reach_where_the_format_says(void **state)
{
    static const struct {
        uint8_t octets[5];
        size_t len, target;
    } cases[] = {
        { { 0x27, 0xff }, 2, 2047 },
        { { 0x28, 0x00, 0x00 }, 3, 2048 },
        { { 0x2f, 0xff, 0xff }, 3, 526335 },
        { { 0x30, 0x00, 0x00, 0x00 }, 4, 526336 },
        { { 0x38, 0x00, 0x08, 0x08, 0x02 }, 5, 526338 },
    };
    (void)state;
    const size_t len = 526340;
    uint8_t *octets = calloc(len, 1);
    assert_non_null(octets);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        memcpy(octets, cases[i].octets, cases[i].len);
        octets[cases[i].target] = 0xa1;
        octets[cases[i].target + 1] = 42;
        struct mmdb_section section = { octets, len, 10, false };
        size_t at = 0;
        assert_int_equal(42, mmdb_read(&section, &at).integer);
        assert_int_equal(cases[i].len, at);
        memset(octets + cases[i].target, 0, 2);
    }
    free(octets);
}

static void stays_failed(void **state)
{
    (void)state;
    const uint8_t octets[] = { 0x43, 'x', 0xa1, 7 };
    struct mmdb_section section = section_of(octets, 3);
    size_t at = 0;
    assert_int_equal(MMDB_NONE, mmdb_read(&section, &at).type);
    at = 2;
    assert_int_equal(MMDB_NONE, mmdb_read(&section, &at).type);
    section_drop(&section);
}

static void finds_a_member(void **state)
{
    (void)state;
    struct compose compose = { .len = 0 };
    compose_map(&compose, 3);
    compose_text(&compose, "names");
    compose_map(&compose, 1);
    compose_text_pair(&compose, "en", "Berlin");
    compose_text_pair(&compose, "code", "EU");
    compose_text_pair(&compose, "codes", "XX");
    struct mmdb_section section = section_of(compose.octets, compose.len);

    size_t at = 0;
    const struct mmdb_value map = mmdb_read(&section, &at);
    const struct mmdb_value code = mmdb_member(&section, &map, "code");
    assert_true(mmdb_text_is(&section, &code, "EU"));
    assert_false(mmdb_text_is(&section, &code, "E"));
    const struct mmdb_value names = mmdb_member(&section, &map, "names");
    const struct mmdb_value english = mmdb_member(&section, &names, "en");
    assert_true(mmdb_text_is(&section, &english, "Berlin"));

    /* Neither an absent member nor one of something that is no map is damage. */
    assert_int_equal(MMDB_NONE, mmdb_member(&section, &map, "cod").type);
    assert_int_equal(MMDB_NONE, mmdb_member(&section, &code, "en").type);
    assert_false(section.failed);
    section_drop(&section);
}

/* libmaxminddb 1.7 skips such a value by recursion and ends in a segmentation fault. */
static void skips_two_million_nested_arrays(void **state)
{
    (void)state;
    const size_t depth = 2000000;
    uint8_t *octets = malloc(2 * depth);
    assert_non_null(octets);
    for (size_t i = 0; i < depth; i++)
        memcpy(octets + 2 * i, (const uint8_t[]){ i + 1 < depth, 0x04 }, 2);

    struct mmdb_section section = { octets, 2 * depth, depth, false };
    size_t at = 0;
    assert_int_equal(MMDB_ARRAY, mmdb_read(&section, &at).type);
    assert_int_equal(2 * depth, at);
    section = (struct mmdb_section){ octets, 2 * depth, depth, false };
    assert_false(mmdb_check(&section, 0));
    free(octets);
}

static void steps_bound_the_work(void **state)
{
    (void)state;
    struct compose compose = { .len = 0 };
    compose_array(&compose, 20);
    for (int i = 0; i < 20; i++)
        compose_unsigned(&compose, 1, 1);
    struct mmdb_section section = section_of(compose.octets, compose.len);
    size_t at = 0;
    section.steps_left = 21;
    assert_int_equal(MMDB_ARRAY, mmdb_read(&section, &at).type);
    assert_int_equal(0, section.steps_left);

    at = 0;
    section.steps_left = 20;
    assert_int_equal(MMDB_NONE, mmdb_read(&section, &at).type);
    assert_true(section.failed);
    section_drop(&section);
}

/* Thirty levels of "twice what stands below" would be a thousand million values. */
static void a_bomb_of_pointers_is_refused(void **state)
{
    (void)state;
    struct compose compose = { .len = 0 };
    size_t below = 0;
    compose_unsigned(&compose, 1, 1);
    for (int level = 0; level < 14; level++) {
        const size_t here = compose.len;
        compose_array(&compose, 2);
        compose_pointer(&compose, below);
        compose_pointer(&compose, below);
        below = here;
    }
    struct mmdb_section section = section_of(compose.octets, compose.len);
    section.steps_left = 10000;
    assert_false(mmdb_check(&section, below));
    section_drop(&section);

    /* The lowest levels alone are sound. */
    section = section_of(compose.octets, compose.len);
    assert_true(mmdb_check(&section, 0));
    assert_true(mmdb_check(&section, 2));
    section_drop(&section);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_each_type_and_refuses_damage),
        cmocka_unit_test(pointers_reach_where_the_format_says),
        cmocka_unit_test(stays_failed),
        cmocka_unit_test(finds_a_member),
        cmocka_unit_test(skips_two_million_nested_arrays),
        cmocka_unit_test(steps_bound_the_work),
        cmocka_unit_test(a_bomb_of_pointers_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
