#include "dns/proto/edns.h"

#include "dns/proto/message.h"
#include "tests/dns/proto/octets.h"

#define COOKIE_8 "\0\12\0\10cccccccc"
#define ECS_V4   "\0\10\0\7\0\1\30\0\300\0\2"

/* CLASS 1232, extended RCODE 0, version 0, no flags; then RDLENGTH and the options. */
static const struct {
    const char *what;
    const char *options;
    size_t len;
    bool malformed;
    struct edns expected; /* the flags of what was understood */
} option_lists[] = {
    { "no options", "", 0, false, { .present = true } },
    { "NSID", "\0\3\0\0", 4, false, { .wants_nsid = true } },
    { "NSID with a payload", "\0\3\0\2ab", 6, false, { .wants_nsid = true } },
    { "a client cookie", COOKIE_8, 12, false, { .has_cookie = true, .cookie_len = 8 } },
    { "a whole cookie of 16",
      "\0\12\0\20ccccccccssssssss",
      20,
      false,
      { .has_cookie = true, .cookie_len = 16 } },
    { "a whole cookie of 40",
      "\0\12\0\50ccccccccssssssssssssssssssssssssssssssss",
      44,
      false,
      { .has_cookie = true, .cookie_len = 40 } },
    { "a cookie of 7", "\0\12\0\7ccccccc", 11, true, { .present = true } },
    { "a cookie of 9", "\0\12\0\11ccccccccc", 13, true, { .present = true } },
    { "a cookie of 15", "\0\12\0\17ccccccccsssssss", 19, true, { .present = true } },
    { "a cookie of 41",
      "\0\12\0\51ccccccccsssssssssssssssssssssssssssssssss",
      45,
      true,
      { .present = true } },
    { "an empty cookie", "\0\12\0\0", 4, true, { .present = true } },
    { "a client subnet", ECS_V4, 11, false, { .has_ecs = true } },
    { "a broken client subnet", "\0\10\0\7\0\1\31\0\300\0\2", 11, true, { .present = true } },
    { "keepalive", "\0\13\0\0", 4, false, { .has_keepalive = true } },
    { "keepalive with a timeout", "\0\13\0\2\0\1", 6, false, { .has_keepalive = true } },
    { "keepalive of one octet", "\0\13\0\1\0", 5, false, { .present = true } },
    { "padding", "\0\14\0\3\0\0\0", 7, false, { .has_padding = true } },
    { "padding of nothing", "\0\14\0\0", 4, false, { .has_padding = true } },
    { "zone version", "\0\23\0\0", 4, false, { .wants_zoneversion = true } },
    { "zone version with data", "\0\23\0\1\0", 5, true, { .wants_zoneversion = true } },
    { "an error code, which is for answers", "\0\17\0\2\0\0", 6, false, { .present = true } },
    { "an option never assigned", "\377\375\0\2ab", 6, false, { .present = true } },
    { "several",
      "\0\3\0\0" ECS_V4 COOKIE_8 "\0\14\0\0",
      31,
      false,
      { .wants_nsid = true,
        .has_ecs = true,
        .has_cookie = true,
        .cookie_len = 8,
        .has_padding = true } },
    { "a second subnet, broken, does not count",
      ECS_V4 "\0\10\0\1\0",
      16,
      false,
      { .has_ecs = true } },
    { "a second cookie does not count",
      COOKIE_8 "\0\12\0\1c",
      17,
      false,
      { .has_cookie = true, .cookie_len = 8 } },
    { "what follows a broken option is read",
      "\0\12\0\1c\0\3\0\0",
      9,
      true,
      { .wants_nsid = true } },
    { "an option longer than the record", "\0\3\0\1", 4, true, { .present = true } },
    { "half an option header", "\0\3\0", 3, true, { .present = true } },
    { "one octet of an option header", "\0", 1, true, { .present = true } },
};

static void reads_every_option_it_understands(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(option_lists); i++) {
        const struct edns *expected = &option_lists[i].expected;
        uint8_t record[128] = { 0x04, 0xd0, 0, 0, 0, 0, 0, (uint8_t)option_lists[i].len };
        memcpy(record + 8, option_lists[i].options, option_lists[i].len);
        uint8_t *octets = octets_copy(record, 8 + option_lists[i].len);
        struct reader reader = reader_over(octets, 8 + option_lists[i].len);
        struct edns edns;
        edns_parse(&reader, &edns);

        if (!reader_ok(&reader) || reader_left(&reader) != 0 || !edns.present)
            fail_msg("%s: not read to its end", option_lists[i].what);
        if (edns.malformed != option_lists[i].malformed)
            fail_msg("%s: malformed or not", option_lists[i].what);
        if (edns.wants_nsid != expected->wants_nsid || edns.has_ecs != expected->has_ecs ||
            edns.has_cookie != expected->has_cookie || edns.cookie_len != expected->cookie_len ||
            edns.has_keepalive != expected->has_keepalive ||
            edns.has_padding != expected->has_padding ||
            edns.wants_zoneversion != expected->wants_zoneversion)
            fail_msg("%s: understood otherwise", option_lists[i].what);
        if (edns.has_cookie && memcmp(edns.cookie, "cccccccc", 8) != 0)
            fail_msg("%s: another cookie", option_lists[i].what);
        if (edns.has_ecs && (edns.ecs.source_prefix != 24 || edns.ecs.address[0] != 192))
            fail_msg("%s: another subnet", option_lists[i].what);
        free(octets);
    }
}

static void reads_the_fixed_fields(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        uint8_t record[12];
        uint16_t udp_size;
        uint8_t version;
        bool dnssec_ok;
        bool malformed;
    } cases[] = {
        { "size 1232", { 4, 0xd0, 0, 0, 0, 0, 0, 0 }, 1232, 0, false, false },
        { "size 0 means 512", { 0, 0, 0, 0, 0, 0, 0, 0 }, 512, 0, false, false },
        { "size 511 means 512", { 1, 0xff, 0, 0, 0, 0, 0, 0 }, 512, 0, false, false },
        { "size 65535", { 0xff, 0xff, 0, 0, 0, 0, 0, 0 }, 65535, 0, false, false },
        { "DO", { 4, 0xd0, 0, 0, 0x80, 0, 0, 0 }, 1232, 0, true, false },
        { "every other flag", { 4, 0xd0, 0, 0, 0x7f, 0xff, 0, 0 }, 1232, 0, false, false },
        { "an extended RCODE", { 4, 0xd0, 0xff, 0, 0, 0, 0, 0 }, 1232, 0, false, false },
        { "version 1", { 4, 0xd0, 0, 1, 0x80, 0, 0, 0 }, 1232, 1, true, false },
        /* Its options may mean anything, so half of one is no fault. */
        { "version 1 with half an option",
          { 4, 0xd0, 0, 1, 0, 0, 0, 1, 9 },
          1232,
          1,
          false,
          false },
        { "version 0 with half an option", { 4, 0xd0, 0, 0, 0, 0, 0, 1, 9 }, 1232, 0, false, true },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const size_t len = 8u + cases[i].record[7];
        uint8_t *octets = octets_copy(cases[i].record, len);
        struct reader reader = reader_over(octets, len);
        struct edns edns;
        edns_parse(&reader, &edns);
        if (!reader_ok(&reader) || edns.udp_size != cases[i].udp_size ||
            edns.version != cases[i].version || edns.dnssec_ok != cases[i].dnssec_ok ||
            edns.malformed != cases[i].malformed)
            fail_msg("%s: read otherwise", cases[i].what);
        free(octets);
    }
}

static void refuses_a_record_cut_anywhere(void **state)
{
    (void)state;
    const char whole[] = "\4\320\0\0\200\0\0\14" COOKIE_8;
    for (size_t len = 0; len < sizeof whole - 1; len++) {
        uint8_t *octets = octets_copy(whole, len);
        struct reader reader = reader_over(octets, len);
        struct edns edns;
        edns_parse(&reader, &edns);
        assert_false(reader_ok(&reader));
        assert_true(edns.present);
        assert_true(edns.malformed);
        assert_false(edns.has_cookie);
        free(octets);
    }
}

static const uint8_t channel[] = "\6report\4test";

static struct edns_reply full_reply(void)
{
    static const struct ecs asked = { .family = FAMILY_V4,
                                      .source_prefix = 24,
                                      .address = { 192, 0, 2 } };

    return (struct edns_reply){
        .udp_size = 1232,
        .extended_rcode = 1,
        .dnssec_ok = true,
        .says = 0xff & ~EDNS_SAYS_PADDING,
        .ecs = &asked,
        .ecs_scope = 20,
        .nsid = "hel-1",
        .ede = EDE_PROHIBITED,
        .ede_text = "no",
        .cookie = (const uint8_t *)"ccccccccssssssss",
        .cookie_len = 16,
        .keepalive_100ms = 300,
        .zoneversion = (const uint8_t *)"\2\0\0\0\0\7",
        .zoneversion_len = 6,
        .report_channel = channel,
    };
}

static void writes_the_record_of_an_answer(void **state)
{
    (void)state;
    static const char expected[] = "\0\0\51\4\320\1\0\200\0\0\121"
                                   "\0\10\0\7\0\1\30\24\300\0\2"
                                   "\0\3\0\5hel-1"
                                   "\0\12\0\20ccccccccssssssss"
                                   "\0\13\0\2\1\54"
                                   "\0\17\0\4\0\22no"
                                   "\0\23\0\6\2\0\0\0\0\7"
                                   "\0\22\0\15\6report\4test";
    const struct edns_reply reply = full_reply();
    uint8_t octets[256];
    struct writer writer;
    writer_init(&writer, octets, sizeof octets);
    edns_write(&writer, &reply);

    /* The zero that ends the literal is the root of the channel's name. */
    assert_true(writer_ok(&writer));
    assert_int_equal(writer.len, edns_reply_len(&reply));
    assert_int_equal(writer.len, sizeof expected);
    assert_memory_equal(octets, expected, sizeof expected);
}

static void writes_a_brief_reply_the_same_way(void **state)
{
    (void)state;
    static const struct ecs asked = { .family = FAMILY_V6,
                                      .source_prefix = 49,
                                      .address = { 0x20, 1, 0xd, 0xb8, 1, 2, 0x80 } };
    for (unsigned says = 0; says <= EDNS_SAYS_ECS; says += EDNS_SAYS_ECS) {
        const struct edns_reply reply = { .udp_size = 1232,
                                          .extended_rcode = 1,
                                          .dnssec_ok = true,
                                          .says = (uint8_t)says,
                                          .ecs = &asked,
                                          .ecs_scope = 40 };
        const size_t len = edns_reply_len(&reply);
        uint8_t *brief = malloc(len);
        uint8_t whole[64];
        struct writer writer;
        writer_init(&writer, whole, sizeof whole);
        edns_write(&writer, &reply);
        assert_true(edns_is_brief(&reply));
        assert_ptr_equal(edns_put_brief(brief, &reply), brief + len);
        assert_int_equal(writer.len, len);
        assert_memory_equal(brief, whole, len);
        free(brief);
    }
}

static void writes_eleven_octets_when_there_is_nothing_to_say(void **state)
{
    (void)state;
    const struct edns_reply reply = { .udp_size = 512 };
    uint8_t octets[11];
    struct writer writer;
    writer_init(&writer, octets, sizeof octets);
    edns_write(&writer, &reply);
    assert_true(writer_ok(&writer));
    assert_int_equal(edns_reply_len(&reply), 11);
    assert_memory_equal(octets, "\0\0\51\2\0\0\0\0\0\0\0", 11);
}

static void fits_exactly_or_fails(void **state)
{
    (void)state;
    const struct edns_reply reply = full_reply();
    const size_t len = edns_reply_len(&reply);
    for (size_t cap = 0; cap <= len; cap++) {
        uint8_t *octets = malloc(cap);
        struct writer writer;
        writer_init(&writer, octets, cap);
        edns_write(&writer, &reply);
        assert_int_equal(writer_ok(&writer), cap == len);
        free(octets);
    }
}

/* RFC 8467 section 4.1, also where the next multiple is out of reach. */
static void pads_the_message_to_a_multiple_of_the_block(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        size_t before; /* octets in front of the record */
        size_t cap;
        size_t total;
    } cases[] = {
        { "a short message", 40, 512, 128 },
        { "just short of a block", 128 - 15 - 1, 512, 128 },
        { "exactly a block with an empty option", 128 - 15, 512, 128 },
        { "one octet over a block", 128 - 15 + 1, 512, 256 },
        { "the next block does not fit", 40, 100, 100 },
        { "room for the option's header only", 40, 55, 55 },
        { "no room for the header", 40, 54, 51 },
        { "no room for padding at all", 40, 51, 51 },
    };
    const struct edns_reply reply = {
        .udp_size = 1232, .says = EDNS_SAYS_PADDING, .padding_block = 128
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint8_t *octets = octets_copy(&(uint8_t[512]){ 0 }, cases[i].cap);
        memset(octets, 0xee, cases[i].cap);
        struct writer writer;
        writer_init(&writer, octets, cases[i].cap);
        writer_claim(&writer, cases[i].before);
        edns_write(&writer, &reply);
        if (!writer_ok(&writer) || writer.len != cases[i].total)
            fail_msg("%s: %zu octets", cases[i].what, writer.len);

        struct reader reader =
            reader_over(octets + cases[i].before + 3, writer.len - cases[i].before - 3);
        struct edns edns;
        edns_parse(&reader, &edns);
        if (!reader_ok(&reader) || reader_left(&reader) != 0 || edns.malformed)
            fail_msg("%s: does not read back", cases[i].what);
        if (edns.has_padding != (cases[i].total - cases[i].before > 11))
            fail_msg("%s: padded or not", cases[i].what);
        if (edns.has_padding && writer.len > cases[i].before + 15 && octets[writer.len - 1] != 0)
            fail_msg("%s: padded with other than zeros (RFC 7830 section 3)", cases[i].what);
        free(octets);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_option_it_understands),
        cmocka_unit_test(reads_the_fixed_fields),
        cmocka_unit_test(refuses_a_record_cut_anywhere),
        cmocka_unit_test(writes_the_record_of_an_answer),
        cmocka_unit_test(writes_a_brief_reply_the_same_way),
        cmocka_unit_test(writes_eleven_octets_when_there_is_nothing_to_say),
        cmocka_unit_test(fits_exactly_or_fails),
        cmocka_unit_test(pads_the_message_to_a_multiple_of_the_block),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
