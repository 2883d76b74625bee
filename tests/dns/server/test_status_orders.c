#include "dns/server/status_orders.h"

#include "tests/dns/server/desk_fixture.h"

/* The whole of both parts, of region `here`, as text to be freed. */
static char *told(const struct office *office)
{
    size_t count;
    struct json_writer *writer = json_writer_new();
    json_put_object(writer, NULL);
    status_orders_put(&office->stage->overview, writer);
    const struct snapshot *snapshot = snapshot_enter();
    const struct service *const *services = snapshot_zone_services(snapshot, 0, &count);
    status_orders_put_region(&office->stage->overview, services[0], 0, writer);
    snapshot_leave();
    json_end(writer);
    char *text = json_writer_finish(writer, 0);
    assert_non_null(text);
    return text;
}

static void expect(const struct office *office, const char *part)
{
    char *text = told(office);
    if (strstr(text, part) == NULL)
        fail_msg("no %s in %s", part, text);
    free(text);
}

static void orders_and_what_comes_of_them(void **state)
{
    struct office *office = *state;
    expect(office, "{\"orders\": [], \"journal\": {\"written\": 0, \"lost\": 0, "
                   "\"failing\": false}, \"states\": {\"A\": {\"state\": \"up\", \"since\": \"20");
    expect(office, "\"probes\": \"up\", \"unsure\": false}}}");

    (void)office_ask(office, "{\"command\":\"drain\",\"tag\":\"near\",\"for_ms\":3600000,"
                             "\"reason\":\"disks\",\"author\":\"alice\"}");
    expect(office, "{\"orders\": [{\"order\": \"drain\", \"tag\": \"near\", \"since\": \"20");
    expect(office, "\"states\": {\"A\": {\"state\": \"drained\", \"since\": \"20");
    expect(office, "\"probes\": \"up\", \"unsure\": false}}, \"order\": {\"order\": \"drain\", "
                   "\"tag\": \"near\"");
    expect(office, "\"reason\": \"disks\", \"author\": \"alice\"}}");

    (void)office_ask(office, "{\"command\":\"force\",\"to\":\"up\",\"region\":\"here\","
                             "\"service\":\"web\"}");
    expect(office, "\"state\": \"forced up\"");
    expect(office, "}, \"order\": {\"order\": \"up\", \"region\": \"here\"");
}

static void what_is_not_kept_is_told(void **state)
{
    struct office *office = *state;
    make_folder("state/orders.json.new");
    (void)office_ask(office, "{\"command\":\"drain\",\"region\":\"here\"}");
    expect(office, "\"orders_unkept\": \"state: cannot be written: Is a directory\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(orders_and_what_comes_of_them, office_setup,
                                        office_teardown),
        cmocka_unit_test_setup_teardown(what_is_not_kept_is_told, office_setup, office_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
