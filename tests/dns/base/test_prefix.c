#include "dns/base/prefix.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

static void prefixes_are_read_strictly_or_loosely(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool strict;
        const char *loose; /* NULL: refused */
    } cases[] = {
        { "192.0.2.0/24", true, "192.0.2.0/24" },
        { "192.0.2.1", true, "192.0.2.1/32" },
        { "192.0.2.1/24", false, "192.0.2.0/24" },
        { "192.0.2.129/25", false, "192.0.2.128/25" },
        { "0.0.0.0/0", true, "0.0.0.0/0" },
        { "1.0.0.0/0", false, "0.0.0.0/0" },
        { "2001:db8::/32", true, "2001:db8::/32" },
        { "2001:db8::1", true, "2001:db8::1/128" },
        { "2001:db8:1234:5678::/55", false, "2001:db8:1234:5600::/55" },
        { "::/0", true, "::/0" },
        { "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255/128", true,
          "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128" },
        { "192.0.2.0/33", false, NULL },
        { "2001:db8::/129", false, NULL },
        { "192.0.2.0/", false, NULL },
        { "192.0.2.0/-1", false, NULL },
        { "192.0.2.0/+8", false, NULL },
        { "192.0.2.0/ 8", false, NULL },
        { "192.0.2.0/8x", false, NULL },
        { "192.0.2.0/0024", false, NULL },
        { "192.0.2.0/24/24", false, NULL },
        { "192.0.2/24", false, NULL },
        { "192.0.2.256", false, NULL },
        { "fe80::1%lo", false, NULL },
        { "", false, NULL },
        { "/24", false, NULL },
        { "example.com", false, NULL },
        { "0000000000000000000000000000000000000000000000000000000000000000/8", false, NULL },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct prefix prefix;
        char text[PREFIX_TEXT];
        if (prefix_parse(cases[i].text, &prefix) != cases[i].strict)
            fail_msg("'%s' read strictly: expected %s", cases[i].text,
                     cases[i].strict ? "accepted" : "refused");
        if (prefix_parse_loose(cases[i].text, &prefix) != (cases[i].loose != NULL))
            fail_msg("'%s' read loosely: expected otherwise", cases[i].text);
        if (cases[i].loose != NULL)
            assert_string_equal(prefix_print(&prefix, text), cases[i].loose);
    }
}

static void a_prefix_contains_its_own(void **state)
{
    (void)state;
    static const struct {
        const char *prefix, *address;
        bool inside;
    } cases[] = {
        { "192.0.2.0/24", "192.0.2.255", true },
        { "192.0.2.0/24", "192.0.3.0", false },
        { "192.0.2.128/25", "192.0.2.127", false },
        { "192.0.2.128/25", "192.0.2.128", true },
        { "192.0.2.1/32", "192.0.2.1", true },
        { "192.0.2.1/32", "192.0.2.0", false },
        { "0.0.0.0/0", "255.255.255.255", true },
        { "0.0.0.0/0", "::", false },
        { "::/0", "0.0.0.0", false },
        { "2001:db8::/33", "2001:db8:7fff::1", true },
        { "2001:db8::/33", "2001:db8:8000::1", false },
        { "2001:db8::1/128", "2001:db8::1", true },
        { "2001:db8::1/127", "2001:db8::2", false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct prefix prefix;
        struct address address;
        assert_true(prefix_parse_loose(cases[i].prefix, &prefix));
        assert_true(address_parse(cases[i].address, &address));
        if (prefix_contains(&prefix, &address) != cases[i].inside)
            fail_msg("%s in %s: expected otherwise", cases[i].address, cases[i].prefix);
    }
}

static void masking_agrees_with_bit_by_bit(void **state)
{
    (void)state;
    for (unsigned len = 0; len <= 128; len++) {
        struct address ones = { .family = FAMILY_V6 };
        memset(ones.octets, 0xff, sizeof ones.octets);
        address_mask(&ones, (uint8_t)len);
        for (unsigned bit = 0; bit < 128; bit++) {
            const bool set = ones.octets[bit / 8] >> (7 - bit % 8) & 1;
            assert_int_equal(set, bit < len);
        }
    }
}

static void keys_sort_as_addresses_do(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t key;
        const char *back;
    } cases[] = {
        { "192.0.2.1", 0xc000020100000000u, "192.0.2.1" },
        { "255.255.255.255", 0xffffffff00000000u, "255.255.255.255" },
        { "2001:db8:1:2:3:4:5:6", 0x20010db800010002u, "2001:db8:1:2::" },
        { "::", 0, "::" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct address address, back;
        char text[ADDRESS_TEXT];
        assert_true(address_parse(cases[i].text, &address));
        assert_int_equal(address_key(&address), cases[i].key);
        address_from_key(address.family, cases[i].key, &back);
        assert_string_equal(address_print(&back, text), cases[i].back);
    }
}

static void an_ipv4_address_inside_ipv6_is_found(void **state)
{
    (void)state;
    static const struct {
        const char *v6, *v4;
        uint8_t offset;
    } cases[] = {
        { "::ffff:192.0.2.1", "192.0.2.1", 96 },
        { "64:ff9b::192.0.2.33", "192.0.2.33", 96 },
        { "2002:c000:0204::1", "192.0.2.4", 16 },
        /* RFC 4380 section 4: the client's address is stored inverted. */
        { "2001:0:4136:e378:8000:63bf:3fff:fdd2", "192.0.2.45", 96 },
        { "2001:db8::1", NULL, 0 },
        { "::192.0.2.1", NULL, 0 },
        { "::1:ffff:192.0.2.1", NULL, 0 },
        { "64:ff9b:1::192.0.2.33", NULL, 0 },
        { "2001:1::1", NULL, 0 },
        { "192.0.2.1", NULL, 0 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct address v6, v4 = { 0 };
        uint8_t offset = 0;
        char text[ADDRESS_TEXT];
        assert_true(address_parse(cases[i].v6, &v6));
        if (address_embedded_v4(&v6, &v4, &offset) != (cases[i].v4 != NULL))
            fail_msg("%s: expected %s", cases[i].v6, cases[i].v4 ? cases[i].v4 : "nothing");
        if (cases[i].v4 == NULL)
            continue;
        assert_string_equal(address_print(&v4, text), cases[i].v4);
        assert_int_equal(offset, cases[i].offset);
    }
}

static void socket_addresses_are_read(void **state)
{
    (void)state;
    struct address address, expected;
    struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_addr = { htonl(0xc0000201u) } };
    assert_true(address_from_sockaddr((const struct sockaddr *)&v4, &address));
    assert_true(address_parse("192.0.2.1", &expected));
    assert_true(address_equal(&address, &expected));

    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
    assert_true(address_from_sockaddr((const struct sockaddr *)&v6, &address));
    assert_true(address_parse("::1", &expected));
    assert_true(address_equal(&address, &expected));

    const struct sockaddr local = { .sa_family = AF_UNIX };
    assert_false(address_from_sockaddr(&local, &address));
}

static void families_have_their_bits(void **state)
{
    (void)state;
    assert_int_equal(family_bits(FAMILY_V4), 32);
    assert_int_equal(family_bits(FAMILY_V6), 128);
    assert_int_equal(family_bits(FAMILY_NONE), 0);
    assert_int_equal(family_bits(3), 0);

    struct address v4, v6;
    assert_true(address_parse("0.0.0.0", &v4));
    assert_true(address_parse("::", &v6));
    assert_false(address_equal(&v4, &v6));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prefixes_are_read_strictly_or_loosely),
        cmocka_unit_test(a_prefix_contains_its_own),
        cmocka_unit_test(masking_agrees_with_bit_by_bit),
        cmocka_unit_test(keys_sort_as_addresses_do),
        cmocka_unit_test(an_ipv4_address_inside_ipv6_is_found),
        cmocka_unit_test(socket_addresses_are_read),
        cmocka_unit_test(families_have_their_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
