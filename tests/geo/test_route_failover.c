#include "geo/route.h"

#include "tests/geo/route_fixture.h"

static void failover_goes_one_after_the_other(void **state)
{
    (void)state;
    static const struct ranking_case cases[] = {
        { "a region alone", "\"virginia\"", &madrid, NULL, "v", NULL },
        { "a list", "{\"failover\":[\"virginia\",\"cdn\",\"helsinki\"]}", &madrid, NULL, "vch",
          NULL },
        { "one inside the other",
          "{\"failover\":[{\"failover\":[\"cdn\",\"virginia\"]},\"helsinki\"]}", &madrid, NULL,
          "cvh", NULL },
        { "a region met again is skipped", "{\"failover\":[\"cdn\",{\"nearest\":\"*\"}]}", &unknown,
          NULL, "chpvP", NULL },
    };
    check_rankings(cases, sizeof cases / sizeof *cases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failover_goes_one_after_the_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
