#include "zones/service.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "dns/proto/rrtype.h"

static const struct pool eu_pools[] = {
    { .type = RRTYPE_A, .count = 2 },
    { .type = RRTYPE_TXT, .count = 1 },
    { .type = RRTYPE_AAAA, .count = 3 },
};
static const struct pool us_pools[] = { { .type = RRTYPE_A, .count = 1 } };
static const struct service_region regions[] = {
    { .name = "eu", .pools = eu_pools, .pool_count = 3 },
    { .name = "us", .pools = us_pools, .pool_count = 1 },
    { .name = "empty" },
};
static const uint16_t types[] = { RRTYPE_A, RRTYPE_TXT, RRTYPE_AAAA };
static const struct service service = {
    .types = types,
    .type_count = 3,
    .regions = regions,
    .region_count = 3,
};

static const struct {
    const char *what;
    uint16_t type;
    bool offered;
} offers[] = {
    { "the first type", RRTYPE_A, true },        { "one in the middle", RRTYPE_TXT, true },
    { "the last", RRTYPE_AAAA, true },           { "below all of them", 0, false },
    { "between two of them", RRTYPE_MX, false }, { "above all of them", RRTYPE_HTTPS, false },
};

static void offers_what_some_region_has(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof offers / sizeof *offers; i++) {
        if (service_offers(&service, offers[i].type) != offers[i].offered)
            fail_msg("%s", offers[i].what);
    }
}

static const struct {
    const char *what;
    uint16_t region, type;
    const struct pool *pool;
} pools[] = {
    { "the first", 0, RRTYPE_A, &eu_pools[0] },
    { "the last", 0, RRTYPE_AAAA, &eu_pools[2] },
    { "of another region", 1, RRTYPE_A, &us_pools[0] },
    { "a type that only others have", 1, RRTYPE_AAAA, NULL },
    { "a type nobody has", 0, RRTYPE_MX, NULL },
    { "of a region without any", 2, RRTYPE_A, NULL },
    { "of no region", 3, RRTYPE_A, NULL },
    { "of no region at all", REGION_NONE, RRTYPE_A, NULL },
};

static void finds_the_pool_of_a_region(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof pools / sizeof *pools; i++) {
        if (service_pool(&service, pools[i].region, pools[i].type) != pools[i].pool)
            fail_msg("%s", pools[i].what);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(offers_what_some_region_has),
        cmocka_unit_test(finds_the_pool_of_a_region),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
