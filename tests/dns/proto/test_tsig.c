#include "dns/proto/tsig.h"

#include "tests/dns/proto/octets.h"

#define ALGORITHM "\4hmac\0"
#define TIME      "\0\0\1\2\3\4\1\54"
#define REST      "\253\315\0\0\0\0" /* original id, error, other */

/* CLASS, TTL, RDLENGTH, rdata, as they stand after owner and type. */
static const struct {
    const char *what;
    const char *octets;
    size_t len;
    bool valid;
} records[] = {
#define RECORD(text) text, sizeof(text) - 1
    { "a signature of three octets", RECORD("\0\377\0\0\0\0\0\31" ALGORITHM TIME "\0\3abc" REST),
      true },
    { "none", RECORD("\0\377\0\0\0\0\0\26" ALGORITHM TIME "\0\0" REST), true },
    { "a longer signature than there is",
      RECORD("\0\377\0\0\0\0\0\31" ALGORITHM TIME "\0\77abc" REST), false },
    { "other data that are missing",
      RECORD("\0\377\0\0\0\0\0\26" ALGORITHM TIME "\0\0\253\315\0\0\0\1"), false },
    { "an octet too many", RECORD("\0\377\0\0\0\0\0\27" ALGORITHM TIME "\0\0" REST "x"), false },
    { "an algorithm that is compressed", RECORD("\0\377\0\0\0\0\0\22\300\0" TIME "\0\0" REST),
      false },
    { "nothing", RECORD("\0\377\0\0\0\0\0\0"), false },
    { "cut off", RECORD("\0\377\0\0\0\0\0\26" ALGORITHM), false },
    { "a class alone", RECORD("\0\377"), false },
};

/* The key's name stands in front: "Key.", then its type. */
static void reads_what_is_laid_out_as_a_tsig(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(records); i++) {
        uint8_t packet[128] = "\3Key\0\0\372";
        memcpy(packet + 7, records[i].octets, records[i].len);
        uint8_t *message = octets_copy(packet, 7 + records[i].len);
        struct reader reader = reader_over(message, 7 + records[i].len);
        struct tsig tsig;
        reader_take(&reader, 7);
        if (tsig_parse(&reader, 0, &tsig) != records[i].valid)
            fail_msg("%s: expected %s", records[i].what, records[i].valid ? "good" : "broken");
        free(message);
    }
}

static void says_that_the_key_is_unknown(void **state)
{
    (void)state;
    const char packet[] = "\3Key\0\0\372\0\377\0\0\0\0\0\31" ALGORITHM TIME "\0\3abc" REST;
    const char expected[] =
        "\3Key\0\0\372\0\377\0\0\0\0\0\26" ALGORITHM TIME "\0\0\253\315\0\21\0\0";
    struct reader reader = reader_over((const uint8_t *)packet, sizeof packet - 1);
    struct tsig tsig;
    struct writer writer;
    uint8_t octets[sizeof expected - 1];

    reader_take(&reader, 7);
    assert_true(tsig_parse(&reader, 0, &tsig));
    writer_init(&writer, octets, sizeof octets);
    tsig_write_badkey(&writer, &tsig);
    assert_true(writer_ok(&writer));
    assert_int_equal(writer.len, sizeof octets);
    assert_memory_equal(octets, expected, sizeof octets);

    writer_init(&writer, octets, sizeof octets - 1);
    tsig_write_badkey(&writer, &tsig);
    assert_false(writer_ok(&writer));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_is_laid_out_as_a_tsig),
        cmocka_unit_test(says_that_the_key_is_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
