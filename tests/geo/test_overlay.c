#include "geo/overlay.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define NONE      OVERLAY_NONE
#define V4(octet) ((uint64_t)(octet) << 56)

static const struct {
    const char *what;
    const char *nets[6]; /* sorted as route_nets() does */
    unsigned family;
    struct overlay_span expected[8];
    size_t count;
} cases[] = {
    { "no net at all", { 0 }, FAMILY_V4, { { 0, NONE } }, 1 },
    { "one net", { "10.0.0.0/8" }, FAMILY_V4, { { 0, NONE }, { V4(10), 0 }, { V4(11), NONE } }, 3 },
    { "a net inside a net",
      { "10.0.0.0/8", "10.128.0.0/9" },
      FAMILY_V4,
      { { 0, NONE }, { V4(10), 0 }, { V4(10) | 0x80ull << 48, 1 }, { V4(11), NONE } },
      4 },
    { "a net at the start of the one around it",
      { "10.0.0.0/8", "10.0.0.0/16" },
      FAMILY_V4,
      { { 0, NONE }, { V4(10), 1 }, { V4(10) | 1ull << 48, 0 }, { V4(11), NONE } },
      4 },
    { "neighbours",
      { "10.0.0.0/8", "11.0.0.0/8" },
      FAMILY_V4,
      { { 0, NONE }, { V4(10), 0 }, { V4(11), 1 }, { V4(12), NONE } },
      4 },
    { "the whole space, and its end",
      { "0.0.0.0/0", "255.0.0.0/8" },
      FAMILY_V4,
      { { 0, 0 }, { V4(255), 1 } },
      2 },
    { "three deep, ending together",
      { "10.0.0.0/8", "10.128.0.0/9", "10.192.0.0/10" },
      FAMILY_V4,
      { { 0, NONE },
        { V4(10), 0 },
        { V4(10) | 0x80ull << 48, 1 },
        { V4(10) | 0xc0ull << 48, 2 },
        { V4(11), NONE } },
      5 },
    { "the other family is passed over",
      { "10.0.0.0/8", "2001:db8::/32" },
      FAMILY_V6,
      { { 0, NONE }, { 0x20010db800000000u, 1 }, { 0x20010db900000000u, NONE } },
      3 },
    { "the last /64 of all",
      { "ffff:ffff:ffff:ffff::/64" },
      FAMILY_V6,
      { { 0, NONE }, { UINT64_MAX, 0 } },
      2 },
};

static void the_longest_net_is_around_every_key(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct prefix nets[6];
        struct overlay overlay;
        size_t count = 0;

        for (; count < 6 && cases[i].nets[count] != NULL; count++)
            assert_true(prefix_parse(cases[i].nets[count], &nets[count]));
        assert_int_equal(overlay_build(nets, count, cases[i].family, &overlay), STATUS_OK);
        if (overlay.count != cases[i].count)
            fail_msg("%s: %zu spans, not %zu", cases[i].what, overlay.count, cases[i].count);
        for (size_t s = 0; s < overlay.count; s++)
            if (overlay.items[s].start != cases[i].expected[s].start ||
                overlay.items[s].net != cases[i].expected[s].net)
                fail_msg("%s: span %zu begins at %016llx with net %u", cases[i].what, s,
                         (unsigned long long)overlay.items[s].start, overlay.items[s].net);
        overlay_release(&overlay);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_longest_net_is_around_every_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
