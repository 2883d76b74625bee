#include "dns/server/quota.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>

static struct address address_of(const char *text)
{
    struct address address;
    assert_true(address_parse(text, &address));
    return address;
}

static unsigned take(struct quota *quota, const char *text, unsigned count)
{
    const struct address address = address_of(text);
    unsigned granted = 0;
    while (count-- > 0)
        granted += quota_take(quota, &address);
    return granted;
}

static void give(struct quota *quota, const char *text, unsigned count)
{
    const struct address address = address_of(text);
    while (count-- > 0)
        quota_give(quota, &address);
}

static void a_prefix_gets_its_share(void **state)
{
    (void)state;
    struct quota *quota = quota_new(100, 3);
    assert_int_equal(take(quota, "192.0.2.1", 2), 2);
    assert_int_equal(take(quota, "192.0.2.255", 2), 1);
    assert_int_equal(take(quota, "192.0.3.1", 9), 3);
    assert_int_equal(take(quota, "2001:db8::1", 2), 2);
    assert_int_equal(take(quota, "2001:db8:0:ff::1", 2), 1);
    assert_int_equal(take(quota, "2001:db8:0:100::1", 2), 2);
    give(quota, "192.0.2.77", 1);
    assert_int_equal(take(quota, "192.0.2.1", 2), 1);
    quota_free(quota);
}

static void all_together_have_a_limit(void **state)
{
    (void)state;
    struct quota *quota = quota_new(5, 100);
    assert_int_equal(take(quota, "192.0.2.1", 3), 3);
    assert_int_equal(take(quota, "2001:db8::1", 3), 2);
    assert_int_equal(take(quota, "198.51.100.1", 1), 0);
    assert_int_equal(quota_count(quota), 5);
    give(quota, "192.0.2.1", 3);
    assert_int_equal(quota_count(quota), 2);
    assert_int_equal(take(quota, "198.51.100.1", 9), 3);
    quota_free(quota);
}

/* A refused one must not leak its account: as many prefixes as clients come and go. */
static void accounts_are_used_again(void **state)
{
    (void)state;
    enum { CLIENTS = 300 };
    struct quota *quota = quota_new(CLIENTS, 1);
    for (unsigned round = 0; round < 5; round++) {
        char text[ADDRESS_TEXT];
        for (unsigned i = 0; i < CLIENTS; i++) {
            snprintf(text, sizeof text, "10.%u.%u.1", i / 200 + round, i % 200);
            assert_int_equal(take(quota, text, 2), 1);
        }
        assert_int_equal(take(quota, "192.0.2.1", 1), 0);
        for (unsigned i = 0; i < CLIENTS; i++) {
            snprintf(text, sizeof text, "10.%u.%u.9", i / 200 + round, i % 200);
            give(quota, text, 1);
        }
        assert_int_equal(quota_count(quota), 0);
    }
    quota_free(quota);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_prefix_gets_its_share),
        cmocka_unit_test(all_together_have_a_limit),
        cmocka_unit_test(accounts_are_used_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
