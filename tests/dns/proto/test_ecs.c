#include "dns/proto/ecs.h"

#include "tests/dns/proto/octets.h"

static const struct {
    const char *what;
    uint8_t option[24];
    size_t len;
    bool valid;
} cases[] = {
    { "IPv4 /24", { 0, 1, 24, 0, 192, 0, 2 }, 7, true },
    { "IPv4 /32", { 0, 1, 32, 0, 192, 0, 2, 255 }, 8, true },
    { "IPv4 /1", { 0, 1, 1, 0, 0x80 }, 5, true },
    { "IPv6 /56", { 0, 2, 56, 0, 0x20, 1, 0x0d, 0xb8, 0, 0, 1 }, 11, true },
    { "IPv6 /128", { 0, 2, 128, 0, 0x20, [19] = 1 }, 20, true },
    { "/0 carries no address", { 0, 1, 0, 0 }, 4, true },
    { "IPv6 /0 carries no address", { 0, 2, 0, 0 }, 4, true },
    { "no family, nothing said", { 0, 0, 0, 0 }, 4, true },
    { "no family, but an address", { 0, 0, 8, 0, 10 }, 5, false },
    { "no family, but an octet", { 0, 0, 0, 0, 10 }, 5, false },
    { "a family never assigned", { 0, 3, 24, 0, 192, 0, 2 }, 7, false },
    { "another family, nothing said", { 0, 3, 0, 0 }, 4, false },
    { "family 257, whose low octet is 1", { 1, 1, 24, 0, 192, 0, 2 }, 7, false },
    { "scope set in a query", { 0, 1, 24, 8, 192, 0, 2 }, 7, false },
    { "scope set with source 0", { 0, 1, 0, 8 }, 4, false },
    { "one octet too many", { 0, 1, 24, 0, 192, 0, 2, 0 }, 8, false },
    { "one octet too few", { 0, 1, 24, 0, 192, 0 }, 6, false },
    { "one octet too few of a partial one", { 0, 1, 25, 0, 192, 0, 2 }, 7, false },
    { "an address with source 0", { 0, 1, 0, 0, 192 }, 5, false },
    { "bits beyond the prefix", { 0, 1, 20, 0, 192, 0, 31 }, 7, false },
    { "the first bit beyond the prefix", { 0, 1, 25, 0, 192, 0, 2, 0x40 }, 8, false },
    { "the last bit of the prefix", { 0, 1, 25, 0, 192, 0, 2, 0x80 }, 8, true },
    { "IPv4 /33", { 0, 1, 33, 0, 192, 0, 2, 1, 0 }, 9, false },
    { "IPv6 /129", { 0, 2, 129, 0, 0x20, [20] = 0 }, 21, false },
    { "source prefix 255", { 0, 2, 255, 0, 0x20 }, 24, false },
    { "nothing at all", { 0 }, 0, false },
    { "a family alone", { 0, 1 }, 2, false },
    { "no scope", { 0, 1, 0 }, 3, false },
};

static void accepts_exactly_what_rfc7871_allows(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint8_t *option = octets_copy(cases[i].option, cases[i].len);
        struct ecs ecs = { .family = 77 };
        if (ecs_parse(option, cases[i].len, &ecs) != cases[i].valid)
            fail_msg("%s: expected %s", cases[i].what, cases[i].valid ? "accepted" : "refused");
        if (!cases[i].valid && ecs.family != 77)
            fail_msg("%s: refused, but written", cases[i].what);
        free(option);
    }
}

static void echoes_what_was_sent_with_our_scope(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct ecs ecs;
        if (!cases[i].valid)
            continue;
        assert_true(ecs_parse(cases[i].option, cases[i].len, &ecs));
        assert_int_equal(ecs_len(&ecs), cases[i].len);

        uint8_t expected[ECS_MAX_LEN];
        memcpy(expected, cases[i].option, cases[i].len);
        expected[3] = ecs.scope_prefix = 17;
        uint8_t written[ECS_MAX_LEN];
        assert_int_equal(ecs_write(&ecs, written), cases[i].len);
        assert_memory_equal(written, expected, cases[i].len);
    }
}

static void tells_the_client_as_a_prefix(void **state)
{
    (void)state;
    const uint8_t v4[] = { 0, 1, 20, 0, 192, 0, 0x20 };
    const uint8_t v6[] = { 0, 2, 33, 0, 0x20, 1, 0x0d, 0xb8, 0x80 };
    const uint8_t silent[] = { 0, 1, 0, 0 };
    const uint8_t nobody[] = { 0, 0, 0, 0 };
    struct ecs ecs;
    struct prefix prefix = { .len = 99 };

    assert_true(ecs_parse(silent, sizeof silent, &ecs));
    assert_false(ecs_prefix(&ecs, &prefix));
    assert_true(ecs_parse(nobody, sizeof nobody, &ecs));
    assert_false(ecs_prefix(&ecs, &prefix));
    assert_int_equal(prefix.len, 99);

    assert_true(ecs_parse(v4, sizeof v4, &ecs));
    assert_true(ecs_prefix(&ecs, &prefix));
    assert_int_equal(prefix.address.family, FAMILY_V4);
    assert_int_equal(prefix.len, 20);
    assert_memory_equal(prefix.address.octets, "\300\0\40\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);

    assert_true(ecs_parse(v6, sizeof v6, &ecs));
    assert_true(ecs_prefix(&ecs, &prefix));
    assert_int_equal(prefix.address.family, FAMILY_V6);
    assert_int_equal(prefix.len, 33);
    assert_memory_equal(prefix.address.octets, "\40\1\15\270\200\0\0\0\0\0\0\0\0\0\0\0", 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_exactly_what_rfc7871_allows),
        cmocka_unit_test(echoes_what_was_sent_with_our_scope),
        cmocka_unit_test(tells_the_client_as_a_prefix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
