#include "dns/server/desk_names.h"

#include "tests/dns/server/desk_fixture.h"

/* Regions here (tag near) and there, the service web in one zone. */
static const struct {
    struct order_subject subject;
    const char *regions; /* what it is about */
    const char *why;
} cases[] = {
    { { .name = "here" }, "here ", "" },
    { { .name = "here", .service = "web" }, "here ", "" },
    { { .is_tag = true, .name = "near" }, "here ", "" },
    { { .is_tag = true, .name = "near", .service = "web" }, "here ", "" },
    { { .name = "heer" }, "", "there is no region 'heer'; did you mean 'here'?" },
    { { .name = "somewhere else" }, "", "there is no region 'somewhere else'" },
    { { .name = "near" }, "", "there is no region 'near'" },
    { { .is_tag = true, .name = "here" }, "", "there is no region with the tag 'here'" },
    { { .name = "here", .service = "webb" }, "", "there is no service 'webb'; did you mean 'web'?" },
    { { .name = "heer", .service = "web" }, "", "there is no region 'heer'; did you mean 'here'?" },
};

static void append_name(void *context, const char *zone, const struct service *service,
                        uint16_t region)
{
    assert_string_equal(zone, "app.example");
    assert_string_equal(service->name, "web");
    strcat(context, service->regions[region].name);
    strcat(context, " ");
}

static void names_are_known_or_nearly(void **state)
{
    (void)state;
    const struct snapshot *snapshot = snapshot_enter();
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char regions[256] = "", why[DESK_WHY];
        desk_names_each(snapshot, &cases[i].subject, append_name, regions);
        const bool known = desk_names_check(snapshot, &cases[i].subject, why);
        assert_string_equal(regions, cases[i].regions);
        assert_string_equal(why, cases[i].why);
        assert_int_equal(known, why[0] == '\0');
    }
    char all[256] = "";
    desk_names_each(snapshot, NULL, append_name, all);
    assert_string_equal(all, "here there ");
    snapshot_leave();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(names_are_known_or_nearly, stage_setup, stage_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
