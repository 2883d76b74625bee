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

/* What a geo may add depends on the client, so only what is certain is told. */
static void an_entry_that_adds_no_region_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *what, *route;
        const char *told[3]; /* the paths */
    } cases[] = {
        { "each adds one", "{\"failover\":[\"cdn\",\"virginia\",{\"nearest\":\"*\"}]}", { NULL } },
        { "behind all", "{\"failover\":[{\"nearest\":\"*\"},\"cdn\"]}", { "failover[1]" } },
        { "twice", "{\"failover\":[\"cdn\",\"virginia\",\"cdn\"]}", { "failover[2]" } },
        { "a list inside a list before it",
          "{\"failover\":[{\"nearest\":[\"paris-1\",\"helsinki\"]},{\"nearest\":[\"helsinki\"]},"
          "{\"weighted\":{\"paris-1\":1,\"helsinki\":0}},\"virginia\"]}",
          { "failover[1]", "failover[2]" } },
        { "members of a draw are all there, also without weight",
          "{\"failover\":[{\"weighted\":{\"cdn\":1,\"virginia\":0}},\"virginia\",\"helsinki\"]}",
          { "failover[1]" } },
        { "an open geo ends with every region",
          "{\"failover\":[{\"geo\":[{\"in\":[\"country:SE\"],\"to\":\"cdn\"},{\"to\":\"helsinki\"}]"
          "},"
          "\"virginia\"]}",
          { "failover[1]" } },
        { "a fenced one does not",
          "{\"failover\":[{\"geo\":[{\"in\":[\"country:SE\"],\"to\":\"cdn\",\"fence\":true},"
          "{\"to\":\"helsinki\"}]},\"virginia\"]}",
          { NULL } },
        { "what stands in all its entries does",
          "{\"failover\":[{\"geo\":[{\"in\":[\"country:SE\"],\"to\":\"cdn\",\"fence\":true},"
          "{\"to\":{\"failover\":[\"virginia\",\"cdn\"]},\"fence\":true}]},\"virginia\",\"cdn\"]}",
          { "failover[2]" } },
        { "the fenced default follows what is not fenced",
          "{\"failover\":[{\"geo\":[{\"in\":[\"country:SE\"],\"to\":\"cdn\"},"
          "{\"to\":\"virginia\",\"fence\":true}]},\"virginia\",\"helsinki\"]}",
          { "failover[1]" } },
        { "a geo that may add somebody",
          "{\"failover\":[\"cdn\",{\"geo\":[{\"in\":[\"country:SE\"],\"to\":\"helsinki\",\"fence\":"
          "true},{\"to\":\"cdn\",\"fence\":true}]}]}",
          { NULL } },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct reading r = good_reading(cases[i].route);
        size_t expected = 0;

        for (; expected < 3 && cases[i].told[expected] != NULL; expected++)
            if (report_count(r.report) <= expected ||
                strstr(report_text(r.report, expected), cases[i].told[expected]) == NULL)
                fail_msg("%s: nothing told at %s", cases[i].what, cases[i].told[expected]);
        if (report_count(r.report) != expected)
            fail_msg("%s: %s", cases[i].what, report_text(r.report, expected));
        reading_release(&r);
    }
}

static void puts_its_entries_in_order(void **state)
{
    (void)state;
    static const struct put_case cases[] = {
        { "a region alone", "\"virginia\"", &madrid, NULL,
          "{\"decision\": {\"region\": \"virginia\"}}" },
        { "a list", "{\"failover\":[\"virginia\",{\"failover\":[\"cdn\"]}]}", &madrid, NULL,
          "{\"decision\": {\"failover\": [{\"region\": \"virginia\"}, {\"failover\": "
          "[{\"region\": \"cdn\"}]}]}}" },
    };
    check_puts(cases, sizeof cases / sizeof *cases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failover_goes_one_after_the_other),
        cmocka_unit_test(an_entry_that_adds_no_region_is_told),
        cmocka_unit_test(puts_its_entries_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
