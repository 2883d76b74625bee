#include "dns/proto/writer.h"

#include "dns/proto/reader.h"
#include "tests/dns/proto/octets.h"

enum { ROUNDS = 3000, BUFFER = 0x8000 };

/* How readers of other makes understand a name: every pointer must lead backwards. */
static size_t expand(const uint8_t *message, size_t len, size_t at, uint8_t out[NAME_MAX_LEN])
{
    size_t next = 0;
    size_t used = 0;
    size_t limit = at;
    for (;;) {
        assert_true(at < len);
        const uint8_t octet = message[at];
        if (octet >= 0xc0) {
            assert_true(at + 2 <= len);
            if (next == 0)
                next = at + 2;
            at = (octet & 0x3fu) << 8 | message[at + 1];
            assert_true(at < limit);
            limit = at;
            continue;
        }
        assert_true(octet <= LABEL_MAX_LEN);
        assert_true(at + octet < len && used + octet + 1 <= NAME_MAX_LEN);
        memcpy(out + used, message + at, octet + 1u);
        used += octet + 1u;
        at += octet + 1u;
        if (octet == 0)
            return next != 0 ? next : at;
    }
}

static void writes_fields_in_network_order(void **state)
{
    (void)state;
    uint8_t octets[9];
    struct writer writer;
    writer_init(&writer, octets, sizeof octets);
    writer_u8(&writer, 0x01);
    writer_u16(&writer, 0x8002);
    writer_u32(&writer, 0xfffefdfc);
    writer_octets(&writer, "AB", 2);
    writer_octets(&writer, NULL, 0);
    assert_true(writer_ok(&writer));
    assert_int_equal(writer.len, 9);
    assert_memory_equal(octets, "\x01\x80\x02\xff\xfe\xfd\xfc\x41\x42", 9);

    writer_patch_u16(&writer, 1, 0xabcd);
    assert_memory_equal(octets, "\x01\xab\xcd\xff", 4);
    assert_int_equal(writer.len, 9);
}

enum step { END, NAME, PLAIN };

static const struct {
    const char *what;
    struct {
        enum step step;
        const char *name;
    } steps[4];
    const char *octets;
    size_t len;
} compressed[] = {
    { "the same name again",
      { { NAME, "www.example." }, { NAME, "www.example." } },
      "\3www\7example\0\xc0\x00",
      15 },
    { "the same name in other case letters",
      { { NAME, "www.EXAMPLE." }, { NAME, "WWW.example." } },
      "\3www\7EXAMPLE\0\xc0\x00",
      15 },
    { "a suffix of an earlier name",
      { { NAME, "www.example." }, { NAME, "example." } },
      "\3www\7example\0\xc0\x04",
      15 },
    { "a common ending",
      { { NAME, "www.example." }, { NAME, "ns1.Example." } },
      "\3www\7example\0\3ns1\xc0\x04",
      19 },
    { "a name below an earlier one",
      { { NAME, "example." }, { NAME, "a.b.example." } },
      "\7example\0\1a\1b\xc0\x00",
      15 },
    { "the longest common ending of several",
      { { NAME, "a.example." }, { NAME, "b.a.example." }, { NAME, "c.b.a.example." } },
      "\1a\7example\0\1b\xc0\x00\1c\xc0\x0b",
      19 },
    { "endings that agree only beyond a difference",
      { { NAME, "x.y.example." }, { NAME, "x.z.example." } },
      "\1x\1y\7example\0\1x\1z\xc0\x04",
      19 },
    { "the root is never a pointer",
      { { NAME, "." }, { NAME, "." }, { NAME, "a." } },
      "\0\0\1a\0",
      5 },
    { "names with nothing but the root in common",
      { { NAME, "a." }, { NAME, "b." } },
      "\1a\0\1b\0",
      6 },
    { "a plain name is written out, and pointed at",
      { { NAME, "example." }, { PLAIN, "a.example." }, { NAME, "b.a.example." } },
      "\7example\0\1a\7example\0\1b\xc0\x09",
      24 },
    { "labels of the same octets, cut otherwise",
      { { NAME, "a\\001b." }, { NAME, "a.b." } },
      "\3a\1b\0\1a\1b\0",
      10 },
};

static void compresses_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(compressed); i++) {
        uint8_t octets[256];
        struct writer writer;
        writer_init(&writer, octets, sizeof octets);
        for (unsigned j = 0; compressed[i].steps[j].step != END; j++) {
            const uint8_t *name = wire(compressed[i].steps[j].name);
            if (compressed[i].steps[j].step == PLAIN)
                writer_name_plain(&writer, name);
            else
                writer_name(&writer, name);
        }
        if (writer.len != compressed[i].len)
            fail_msg("%s: %zu octets", compressed[i].what, writer.len);
        if (memcmp(octets, compressed[i].octets, writer.len) != 0)
            fail_msg("%s: other octets", compressed[i].what);
    }
}

/* A small message of every kind of write; true when all of it went in. */
static bool write_sample(struct writer *writer)
{
    writer_u16(writer, 0x1234);
    writer_name(writer, wire("www.example.com."));
    writer_u32(writer, 7);
    writer_name(writer, wire("www.example.com."));
    writer_name(writer, wire("mail.Example.com."));
    writer_u8(writer, 9);
    writer_name_plain(writer, wire("a.mail.example.com."));
    writer_octets(writer, "twelve octet", 12);
    return writer_ok(writer);
}

static void never_writes_beyond_any_cap(void **state)
{
    (void)state;
    uint8_t whole[256];
    struct writer writer;
    writer_init(&writer, whole, sizeof whole);
    assert_true(write_sample(&writer));
    const size_t len = writer.len;

    for (size_t cap = 0; cap <= len; cap++) {
        /* An exact-size buffer, so the sanitizer watches too. */
        uint8_t *octets = octets_copy(whole, cap);
        memset(octets, 0xee, cap);
        writer_init(&writer, octets, cap);
        assert_int_equal(write_sample(&writer), cap == len);
        assert_true(writer.len <= cap);
        assert_memory_equal(octets, whole, writer.len);
        for (size_t i = writer.len; i < cap; i++)
            assert_int_equal(octets[i], 0xee);

        /* Failed is failed, even for what would fit. */
        const size_t before = writer.len;
        if (!writer_ok(&writer)) {
            writer_u8(&writer, 1);
            writer_octets(&writer, "", 0);
            assert_int_equal(writer.len, before);
            assert_false(writer_ok(&writer));
        }
        free(octets);
    }
}

static void rolls_back_to_a_mark(void **state)
{
    (void)state;
    uint8_t octets[40];
    struct writer writer;
    writer_init(&writer, octets, sizeof octets);
    writer_name(&writer, wire("example."));
    const struct writer_mark mark = writer_mark(&writer);

    writer_name(&writer, wire("long-label-one.example."));
    writer_name(&writer, wire("another-long-label.test."));
    assert_false(writer_ok(&writer));
    writer_rollback(&writer, mark);
    assert_true(writer_ok(&writer));
    assert_int_equal(writer.len, 9);

    /* What was forgotten is no target any more: these octets are not there. */
    writer_name(&writer, wire("long-label-one.example."));
    assert_true(writer_ok(&writer));
    assert_memory_equal(octets + 9, "\16long-label-one\xc0\x00", 17);
    assert_int_equal(writer.len, 26);
}

static void keeps_room_by_a_limit(void **state)
{
    (void)state;
    uint8_t octets[16];
    struct writer writer;
    writer_init(&writer, octets, sizeof octets);
    writer_limit(&writer, 8);
    writer_u32(&writer, 1);
    const struct writer_mark mark = writer_mark(&writer);
    writer_octets(&writer, "12345", 5);
    assert_false(writer_ok(&writer));
    writer_rollback(&writer, mark);

    writer_limit(&writer, 2);
    writer_u8(&writer, 1);
    assert_false(writer_ok(&writer));
    writer_rollback(&writer, mark);

    writer_limit(&writer, SIZE_MAX);
    writer_octets(&writer, "123456789012", 12);
    assert_true(writer_ok(&writer));
    assert_int_equal(writer.len, 16);
    writer_u8(&writer, 1);
    assert_false(writer_ok(&writer));
}

/* A pointer has fourteen bits (RFC 1035 section 4.1.4). */
static void points_no_further_than_16383(void **state)
{
    (void)state;
    static uint8_t octets[0x4100];
    for (size_t at = 0x3ffe; at <= 0x4001; at++) {
        struct writer writer;
        writer_init(&writer, octets, sizeof octets);
        assert_non_null(writer_claim(&writer, at));
        writer_name(&writer, wire("example."));
        writer_name(&writer, wire("example."));
        assert_int_equal(writer.len, at + 9 + (at < 0x4000 ? 2 : 9));
    }

    /* A name that begins below the limit may have a label above it. */
    struct writer writer;
    writer_init(&writer, octets, sizeof octets);
    assert_non_null(writer_claim(&writer, 0x3ffe));
    writer_name(&writer, wire("www.example."));
    writer_name(&writer, wire("example."));
    writer_name(&writer, wire("www.example."));
    uint8_t name[NAME_MAX_LEN];
    const size_t next = expand(octets, writer.len, 0x3ffe + 13, name);
    assert_true(name_equal(name, wire("example.")));
    assert_int_equal(expand(octets, writer.len, next, name), writer.len);
    assert_true(name_equal(name, wire("www.example.")));
}

/* Few letters and short labels, so that names share endings of every length. */
static void random_messages_read_back_as_written(void **state)
{
    (void)state;
    static uint8_t octets[BUFFER];
    static uint8_t names[200][NAME_MAX_LEN];
    uint64_t seed = 0x777269746572;

    for (unsigned round = 0; round < ROUNDS; round++) {
        struct writer writer;
        writer_init(&writer, octets, sizeof octets);
        const size_t filling = round % 2 == 0 ? 12 : 0x3f00;
        assert_non_null(writer_claim(&writer, filling));
        const unsigned count = 2 + random_below(&seed, COUNT(names) - 2);
        size_t full = 0;
        for (unsigned i = 0; i < count; i++) {
            random_name(&seed, 60, 2, "aAbB", names[i]);
            full += name_len(names[i]);
            if (random_below(&seed, 8) == 0)
                writer_name_plain(&writer, names[i]);
            else
                writer_name(&writer, names[i]);
        }
        assert_true(writer_ok(&writer));
        assert_true(writer.len - filling <= full);

        size_t at = filling;
        for (unsigned i = 0; i < count; i++) {
            uint8_t name[NAME_MAX_LEN];
            at = expand(octets, writer.len, at, name);
            if (!name_equal(name, names[i]))
                fail_msg("round %u: name %u came back as another", round, i);
        }
        assert_int_equal(at, writer.len);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_fields_in_network_order),
        cmocka_unit_test(compresses_names),
        cmocka_unit_test(never_writes_beyond_any_cap),
        cmocka_unit_test(rolls_back_to_a_mark),
        cmocka_unit_test(keeps_room_by_a_limit),
        cmocka_unit_test(points_no_further_than_16383),
        cmocka_unit_test(random_messages_read_back_as_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
