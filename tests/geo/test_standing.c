#include "geo/standing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct standing stand(const char *text, uint8_t source_len)
{
    struct policy_client client = { .source_len = source_len };
    assert_true(address_parse(text, &client.address));
    return standing_of(&client);
}

/* Where clients stand, and the scope of a block of 8 bits of their table. */
static void worn_addresses_stand_with_ipv4(void **state)
{
    (void)state;
    static const struct {
        const char *client;
        uint8_t family;
        uint64_t key;
        uint8_t scope;
    } cases[] = {
        { "192.0.2.1", FAMILY_V4, 0xc000020100000000u, 8 },
        { "::ffff:192.0.2.1", FAMILY_V4, 0xc000020100000000u, 96 + 8 },
        { "64:ff9b::192.0.2.1", FAMILY_V4, 0xc000020100000000u, 96 + 8 },
        { "2002:c000:201::1", FAMILY_V4, 0xc000020100000000u, 16 + 8 },
        { "2001:0:a:b:c:d:3fff:fdfe", FAMILY_V4, 0xc000020100000000u, 96 + 8 },
        { "2a00::1", FAMILY_V6, 0x2a00000000000000u, 8 },
        /* A plain block holds no worn address: one bit more than is shared with 2001::/32. */
        { "2001:db8::1", FAMILY_V6, 0x20010db800000000u, 21 },
        { "2001:1::1", FAMILY_V6, 0x2001000100000000u, 32 },
        { "2003::", FAMILY_V6, 0x2003000000000000u, 16 },
        { "::1:0:0", FAMILY_V6, 0, 81 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct standing at = stand(cases[i].client, 128);
        if (at.asker.family != cases[i].family || at.asker.key != cases[i].key)
            fail_msg("%s stands at %d %llx", cases[i].client, at.asker.family,
                     (unsigned long long)at.asker.key);
        if (standing_scope(&at, 8) != cases[i].scope)
            fail_msg("%s: scope %u", cases[i].client, standing_scope(&at, 8));
        assert_false(at.asker.anonymous);
    }
}

static void who_gives_no_address_is_anonymous(void **state)
{
    (void)state;
    assert_true(stand("0.0.0.0", 0).asker.anonymous);
    assert_true(standing_of(&(struct policy_client){ .source_len = 24 }).asker.anonymous);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(worn_addresses_stand_with_ipv4),
        cmocka_unit_test(who_gives_no_address_is_anonymous),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
