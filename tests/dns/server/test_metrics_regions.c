#include "dns/server/metrics_regions.h"

#include "tests/dns/server/desk_fixture.h"

static char *regions_text(const struct office *office)
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    assert_non_null(out);
    metrics_orders_put(&office->stage->overview, out);
    metrics_regions_put(&office->stage->overview, snapshot_enter(), out);
    snapshot_leave();
    assert_int_equal(fclose(out), 0);
    return text;
}

static void expect(const struct office *office, const char *line, bool there)
{
    char *text = regions_text(office);
    if ((strstr(text, line) != NULL) != there)
        fail_msg("%s %s in\n%s", there ? "no" : "there is", line, text);
    free(text);
}

#define HERE "{zone=\"app.example\",service=\"web\",region=\"here\""
#define THERE "{zone=\"app.example\",service=\"web\",region=\"there\""

static void regions_and_orders_are_told(void **state)
{
    struct office *office = *state;
    expect(office, "meridian_region_up" HERE ",type=\"A\"} 1\n", true);
    expect(office, "meridian_region_order{", false);
    expect(office, "meridian_region_held_up{", false);
    expect(office, "meridian_region_withheld_ratio{", false);
    expect(office, "\nmeridian_orders 0\n", true);
    expect(office, "\nmeridian_orders_kept 1\n", true);
    expect(office, "\nmeridian_journal_failing 0\n", true);
    expect(office, "\nmeridian_journal_lost_total 0\n", true);

    (void)office_ask(office, "{\"command\":\"drain\",\"region\":\"here\"}");
    expect(office, "meridian_region_up" HERE ",type=\"A\"} 0\n", true);
    expect(office, "meridian_region_order" HERE ",order=\"drain\"} 1\n", true);
    expect(office, "meridian_region_order" THERE, false);
    expect(office, "\nmeridian_orders 1\n", true);
}

static void what_a_limit_or_a_slow_start_does_is_told(void **state)
{
    struct office *office = *state;
    size_t count;
    const struct snapshot *snapshot = snapshot_enter();
    const struct service *web = snapshot_zone_services(snapshot, 0, &count)[0];
    struct pool_board *pools = loader_pools(office->stage->loader);
    pool_board_set(pools, web->regions[0].pools[0].id,
                   (struct pool_state){ .health = HEALTH_UP, .withheld = POOL_SHARE / 4 });
    pool_board_set(pools, web->regions[1].pools[0].id,
                   (struct pool_state){ .health = HEALTH_UP, .cause = POOL_BY_LIMIT });
    snapshot_leave();
    expect(office, "meridian_region_withheld_ratio" HERE ",type=\"A\"} 0.2500\n", true);
    expect(office, "meridian_region_withheld_ratio" THERE, false);
    expect(office, "meridian_region_held_up" THERE ",type=\"A\"} 1\n", true);
    expect(office, "meridian_region_held_up" HERE, false);
}

static void what_is_not_kept_is_told(void **state)
{
    struct office *office = *state;
    make_folder("state/orders.json.new");
    (void)office_ask(office, "{\"command\":\"drain\",\"region\":\"here\"}");
    expect(office, "\nmeridian_orders_kept 0\n", true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(regions_and_orders_are_told, office_setup, office_teardown),
        cmocka_unit_test_setup_teardown(what_a_limit_or_a_slow_start_does_is_told, office_setup,
                                        office_teardown),
        cmocka_unit_test_setup_teardown(what_is_not_kept_is_told, office_setup, office_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
