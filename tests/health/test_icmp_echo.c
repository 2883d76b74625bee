#include "health/icmp_echo.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct icmp_echo echo = { .id = 0x1234,
                                       .sequence = 0x5678,
                                       .token = 0x0102030405060708 };

static void a_request_has_everything_in_its_place(void **state)
{
    (void)state;
    uint8_t octets[ICMP_ECHO_LEN];
    icmp_echo_write(&echo, FAMILY_V4, octets);
    assert_int_equal(octets[0], 8);
    assert_int_equal(octets[1], 0);
    assert_memory_equal(octets + 4, "\x12\x34\x56\x78\1\2\3\4\5\6\7\x8", 12);

    /* RFC 1071: with its checksum in place the sum of all words is all ones. */
    uint32_t sum = 0;
    for (size_t i = 0; i < ICMP_ECHO_LEN; i += 2)
        sum += (uint32_t)octets[i] << 8 | octets[i + 1];
    while (sum >> 16 != 0)
        sum = (sum & 0xffff) + (sum >> 16);
    assert_int_equal(sum, 0xffff);

    icmp_echo_write(&echo, FAMILY_V6, octets);
    assert_int_equal(octets[0], 128);
    assert_memory_equal(octets + 2, "\0\0", 2); /* the kernel's to fill in */
}

#define ECHO           "\x12\x34\x56\x78\1\2\3\4\5\6\7\x8"
#define IP(len, proto) len "\0\0\0\0\0\0\0\x40" proto "\0\0\300\0\2\1\300\0\2\2"
#define WIRE(text)     (const uint8_t *)(text), sizeof(text) - 1

static const struct {
    const char *what;
    enum family family;
    bool has_ip_header;
    const uint8_t *octets;
    size_t len;
    bool valid;
} cases[] = {
    { "a reply", FAMILY_V4, false, WIRE("\0\0\0\0" ECHO "rest"), true },
    { "a reply behind its header", FAMILY_V4, true, WIRE(IP("\x45", "\1") "\0\0\0\0" ECHO), true },
    { "behind a header with options", FAMILY_V4, true,
      WIRE(IP("\x46", "\1") "\1\1\1\1"
                            "\0\0\0\0" ECHO),
      true },
    { "a reply of IPv6", FAMILY_V6, false, WIRE("\x81\0\0\0" ECHO), true },
    { "a request", FAMILY_V4, false, WIRE("\x8\0\0\0" ECHO), false },
    { "a request of IPv6", FAMILY_V6, false, WIRE("\x80\0\0\0" ECHO), false },
    { "of the other family", FAMILY_V6, false, WIRE("\0\0\0\0" ECHO), false },
    { "with a code", FAMILY_V4, false, WIRE("\0\1\0\0" ECHO), false },
    { "without the whole token", FAMILY_V4, false, WIRE("\0\0\0\0\x12\x34\x56\x78\1\2\3\4\5\6\7"),
      false },
    { "UDP", FAMILY_V4, true, WIRE(IP("\x45", "\x11") "\0\0\0\0" ECHO), false },
    { "IPv6 where IPv4 should be", FAMILY_V4, true, WIRE(IP("\x65", "\1") "\0\0\0\0" ECHO), false },
    { "a header shorter than one can be", FAMILY_V4, true, WIRE(IP("\x44", "\1") "\0\0\0\0" ECHO),
      false },
    { "a header longer than all", FAMILY_V4, true, WIRE(IP("\x4f", "\1") "\0\0\0\0" ECHO), false },
    { "a header cut off", FAMILY_V4, true, WIRE("\x45\0\0"), false },
    { "nothing", FAMILY_V4, false, WIRE(""), false },
};

static void reads_replies_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t *octets = malloc(cases[i].len > 0 ? cases[i].len : 1);
        assert_non_null(octets);
        memcpy(octets, cases[i].octets, cases[i].len);
        struct icmp_echo got = { 0 };
        if (icmp_echo_read(octets, cases[i].len, cases[i].family, cases[i].has_ip_header, &got) !=
            cases[i].valid)
            fail_msg("%s: expected %s", cases[i].what, cases[i].valid ? "read" : "refused");
        const struct icmp_echo none = { 0 }, *wanted = cases[i].valid ? &echo : &none;
        assert_int_equal(got.id, wanted->id);
        assert_int_equal(got.sequence, wanted->sequence);
        assert_true(got.token == wanted->token);
        free(octets);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_has_everything_in_its_place),
        cmocka_unit_test(reads_replies_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
