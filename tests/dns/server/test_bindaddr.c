#include "dns/server/bindaddr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <netinet/in.h>

static const struct {
    const char *text;
    uint16_t port;       /* the default given */
    const char *printed; /* NULL: refused */
} cases[] = {
    { "192.0.2.1:53", 0, "192.0.2.1:53" },
    { "192.0.2.1", 53, "192.0.2.1:53" },
    { "[2001:db8::1]:5300", 53, "[2001:db8::1]:5300" },
    { "[2001:db8::1]", 53, "[2001:db8::1]:53" },
    { "2001:db8::1", 53, "[2001:db8::1]:53" },
    { "::", 53, "[::]:53" },
    { "0.0.0.0:65535", 53, "0.0.0.0:65535" },
    { "192.0.2.1", 0, NULL },
    { "192.0.2.1:0", 53, NULL },
    { "192.0.2.1:65536", 53, NULL },
    { "192.0.2.1:99999999999999999999", 53, NULL },
    { "192.0.2.1:", 53, NULL },
    { "192.0.2.1:5x", 53, NULL },
    { "192.0.2.1:-1", 53, NULL },
    { "[192.0.2.1]:53", 53, NULL },
    { "[2001:db8::1", 53, NULL },
    { "[2001:db8::1]53", 53, NULL },
    { "localhost:53", 53, NULL },
    { ":53", 53, NULL },
    { "", 53, NULL },
    { "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb", 53, NULL },
};

static void reads_addresses_as_operators_write_them(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bindaddr at;
        char text[BINDADDR_TEXT];
        const bool good = bindaddr_parse(cases[i].text, cases[i].port, &at);
        if (good != (cases[i].printed != NULL))
            fail_msg("'%s': expected %s", cases[i].text, cases[i].printed ? "accepted" : "refused");
        if (good)
            assert_string_equal(bindaddr_print(&at, text), cases[i].printed);
    }
}

static void knows_wildcards(void **state)
{
    (void)state;
    struct bindaddr at;
    assert_true(bindaddr_parse("0.0.0.0", 53, &at) && bindaddr_is_wildcard(&at));
    assert_true(bindaddr_parse("[::]:53", 0, &at) && bindaddr_is_wildcard(&at));
    assert_true(bindaddr_parse("127.0.0.1", 53, &at) && !bindaddr_is_wildcard(&at));
    assert_true(bindaddr_parse("::1", 53, &at) && !bindaddr_is_wildcard(&at));
}

static void equal_means_address_and_port(void **state)
{
    (void)state;
    struct bindaddr a, b;
    assert_true(bindaddr_parse("192.0.2.1:53", 0, &a) && bindaddr_parse("192.0.2.1", 53, &b));
    assert_true(bindaddr_equal(&a, &b));
    b.port = 54;
    assert_false(bindaddr_equal(&a, &b));
    assert_true(bindaddr_parse("192.0.2.2:53", 0, &b));
    assert_false(bindaddr_equal(&a, &b));
}

static void becomes_a_socket_address(void **state)
{
    (void)state;
    struct bindaddr at;
    struct sockaddr_storage name;
    assert_true(bindaddr_parse("[2001:db8::1]:5300", 0, &at));
    assert_int_equal(bindaddr_to_sockaddr(&at, &name), sizeof(struct sockaddr_in6));
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&name;
    assert_int_equal(v6->sin6_family, AF_INET6);
    assert_int_equal(ntohs(v6->sin6_port), 5300);
    assert_memory_equal(&v6->sin6_addr, at.address.octets, 16);

    assert_true(bindaddr_parse("192.0.2.1:53", 0, &at));
    assert_int_equal(bindaddr_to_sockaddr(&at, &name), sizeof(struct sockaddr_in));
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)&name;
    assert_int_equal(v4->sin_family, AF_INET);
    assert_int_equal(ntohl(v4->sin_addr.s_addr), 0xc0000201);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_addresses_as_operators_write_them),
        cmocka_unit_test(knows_wildcards),
        cmocka_unit_test(equal_means_address_and_port),
        cmocka_unit_test(becomes_a_socket_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
