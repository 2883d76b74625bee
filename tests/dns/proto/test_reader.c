#include "dns/proto/reader.h"

#include "tests/dns/proto/octets.h"

static void reads_fields_in_network_order(void **state)
{
    (void)state;
    uint8_t *octets = octets_copy("\x01\x80\x02\xff\xfe\xfd\xfc\x41\x42", 9);
    struct reader reader = reader_over(octets, 9);

    assert_int_equal(reader_u8(&reader), 0x01);
    assert_int_equal(reader_u16(&reader), 0x8002);
    assert_int_equal(reader_u32(&reader), 0xfffefdfc);
    assert_int_equal(reader_position(&reader), 7);
    assert_int_equal(reader_left(&reader), 2);
    assert_ptr_equal(reader_take(&reader, 2), octets + 7);
    assert_int_equal(reader_left(&reader), 0);
    assert_true(reader_ok(&reader));
    free(octets);
}

enum field { U8, U16, U32, TAKE_5 };

static void gives_zero_past_the_end_and_stays_failed(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        enum field field;
        size_t len;
    } cases[] = {
        { "an octet of none", U8, 0 },        { "two octets of one", U16, 1 },
        { "four octets of three", U32, 3 },   { "five octets of four", TAKE_5, 4 },
        { "five octets of none", TAKE_5, 0 }, { "two octets of none", U16, 0 },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint8_t *octets = octets_copy("\xff\xff\xff\xff\xff", cases[i].len);
        struct reader reader = reader_over(octets, cases[i].len);
        uint32_t value = 0;
        switch (cases[i].field) {
        case U8:
            value = reader_u8(&reader);
            break;
        case U16:
            value = reader_u16(&reader);
            break;
        case U32:
            value = reader_u32(&reader);
            break;
        case TAKE_5:
            value = reader_take(&reader, 5) != NULL;
            break;
        }
        if (value != 0 || reader_ok(&reader))
            fail_msg("%s: was read", cases[i].what);
        /* What is left cannot be had any more, not even the octets that are there. */
        if (reader_left(&reader) != 0 || reader_u8(&reader) != 0 || reader_take(&reader, 1) != NULL)
            fail_msg("%s: the reader recovered", cases[i].what);
        if (reader_position(&reader) != 0)
            fail_msg("%s: the reader moved", cases[i].what);
        free(octets);
    }
}

static void takes_nothing_at_the_very_end(void **state)
{
    (void)state;
    uint8_t *octets = octets_copy("x", 1);
    struct reader reader = reader_over(octets, 1);
    assert_int_equal(reader_u8(&reader), 'x');
    assert_ptr_equal(reader_take(&reader, 0), octets + 1);
    assert_true(reader_ok(&reader));
    assert_null(reader_take(&reader, SIZE_MAX));
    assert_false(reader_ok(&reader));
    free(octets);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_fields_in_network_order),
        cmocka_unit_test(gives_zero_past_the_end_and_stays_failed),
        cmocka_unit_test(takes_nothing_at_the_very_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
