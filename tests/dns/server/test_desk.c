#include "dns/server/desk.h"

#include <glob.h>

#include "tests/dns/server/desk_fixture.h"

#define DRAIN "{\"command\":\"drain\","
#define UNDRAIN "{\"command\":\"undrain\","
#define FORCE "{\"command\":\"force\",\"service\":\"web\","

/* One request after the other, as one operator's day. */
static const struct {
    const char *request, *parts[3], *here, *there;
} day[] = {
    { DRAIN "\"region\":\"here\",\"reason\":\"disks\",\"author\":\"alice\"}",
      { "\"order\": {\"order\": \"drain\", \"region\": \"here\", \"since\": ", "\"ok\": true",
        "\"touched\": [{\"zone\": \"app.example\", \"service\": \"web\", \"region\": \"here\", "
        "\"state\": \"drained\", \"order\": {\"order\": \"drain\"" },
      "drained", "up" },
    { DRAIN "\"region\":\"here\",\"author\":\"bob\"}",
      { "\"replaced\": {\"order\": \"drain\"", "\"author\": \"alice\"", "\"warnings\": []" },
      "drained", "up" },
    { UNDRAIN "\"region\":\"here\"}",
      { "\"ended\": [{\"order\": \"drain\"", "\"notes\": []", "\"ok\": true" }, "up", "up" },
    { UNDRAIN "\"region\":\"here\"}",
      { "\"ended\": []", "\"notes\": [\"here was not drained\"]", "\"ok\": true" }, "up", "up" },
    { DRAIN "\"tag\":\"near\",\"author\":\"alice\"}", { "\"state\": \"drained\"" }, "drained", "up" },
    { UNDRAIN "\"region\":\"here\"}",
      { "\"ended\": []", "\"problems\": [\"still drained: the drain of tag near by alice\"]",
        "\"ok\": false" }, "drained", "up" },
    { FORCE "\"region\":\"here\",\"to\":\"up\",\"author\":\"bob\"}",
      { "\"state\": \"forced up\"", "\"ok\": true" }, "forced up", "up" },
    { DRAIN "\"region\":\"here\"}",
      { "\"warnings\": [\"the force up of here/web by bob says more", "\"state\": \"forced up\"",
        "\"ok\": true" }, "forced up", "up" },
    { FORCE "\"region\":\"here\",\"to\":\"auto\"}",
      { "\"ended\": [{\"order\": \"up\"", "\"notes\": [\"the drain of here by uid 1000 goes on\"]",
        "\"ok\": true" }, "drained", "up" },
    { UNDRAIN "\"region\":\"here\"}", { "still drained: the drain of tag near", "\"ok\": false" },
      "drained", "up" },
    { UNDRAIN "\"tag\":\"near\"}", { "\"ended\": [{\"order\": \"drain\", \"tag\": \"near\"" },
      "up", "up" },
    { FORCE "\"region\":\"there\",\"to\":\"down\"}", { "\"warnings\": []" }, "up", "forced down" },
    { DRAIN "\"region\":\"here\",\"service\":\"web\"}",
      { "\"warnings\": [\"app.example: service 'web' has no region left (A): all are answered as if",
        "\"ok\": true" }, "drained", "forced down" },
    { UNDRAIN "\"region\":\"here\"}", { "\"service\": \"web\"", "\"ok\": true" },
      "up", "forced down" },
    { FORCE "\"region\":\"there\",\"to\":\"auto\"}", { "\"ok\": true" }, "up", "up" },
    { FORCE "\"region\":\"there\",\"to\":\"auto\"}", { "\"there/web was not forced\"" }, "up", "up" },
    { DRAIN "\"region\":\"thre\"}",
      { "{\"error\": \"there is no region 'thre'; did you mean 'there'?\"}" }, "up", "up" },
    { DRAIN "\"tag\":\"neer\"}", { "no region with the tag 'neer'; did you mean 'near'?" },
      "up", "up" },
    { DRAIN "\"region\":\"here\",\"service\":\"wbe\"}",
      { "there is no service 'wbe'; did you mean 'web'?" }, "up", "up" },
    { UNDRAIN "\"region\":\"nowhere\"}", { "\"error\": \"there is no region 'nowhere'" }, "up", "up" },
    { DRAIN "\"region\":5}", { "\"error\": \"request: region: expected a string" }, "up", "up" },
};

static void orders_are_obeyed_and_explained(void **state)
{
    struct office *office = *state;
    for (size_t i = 0; i < COUNT_OF(day); i++) {
        const char *text = office_ask(office, day[i].request);
        for (size_t k = 0; k < 3 && day[i].parts[k] != NULL; k++) {
            if (strstr(text, day[i].parts[k]) == NULL)
                fail_msg("%zu, %s: %s", i, day[i].request, text);
        }
        if (strcmp(office_state("here"), day[i].here) != 0 ||
            strcmp(office_state("there"), day[i].there) != 0)
            fail_msg("%zu, %s: here %s, there %s", i, day[i].request, office_state("here"),
                     office_state("there"));
    }
}

static void orders_survive_a_restart(void **state)
{
    struct office *office = *state;
    struct order told;
    (void)office_ask(office, DRAIN "\"region\":\"here\",\"for_ms\":3600000,\"author\":\"alice\"}");
    (void)office_ask(office, FORCE "\"region\":\"there\",\"to\":\"up\"}");
    office_close(office);
    assert_true(orders_take(office->stage->orders, &(struct order_subject){ .name = "here" }, NULL));
    assert_true(orders_take(office->stage->orders,
                            &(struct order_subject){ .name = "there", .service = "web" }, NULL));
    office_open(office);
    assert_string_equal(office_state("here"), "drained");
    assert_string_equal(office_state("there"), "forced up");
    assert_int_equal(orders_find(office->stage->orders, "here", NULL, 0, "web", &told), ORDER_DRAIN);
    assert_string_equal(told.author, "alice");
    assert_true(told.ends_ms > clock_monotonic_ms());
}

static bool here_is_up(void *context)
{
    (void)context;
    return strcmp(office_state("here"), "up") == 0;
}

static void orders_end_by_themselves(void **state)
{
    struct office *office = *state;
    (void)office_ask(office, DRAIN "\"region\":\"here\",\"for_ms\":1000}");
    assert_string_equal(office_state("here"), "drained");
    stage_until(office->stage, here_is_up, NULL, "the end of the order");
    /* The file has forgotten it, too. */
    office_close(office);
    office_open(office);
    assert_string_equal(office_state("here"), "up");
}

static bool is_kept(void *context)
{
    const struct office *office = context;
    return desk_unkept(office->desk) == NULL;
}

static void what_cannot_be_kept_is_in_force_all_the_same(void **state)
{
    struct office *office = *state;
    make_folder("state/orders.json.new"); /* nothing can be written there now */
    const char *text = office_ask(office, DRAIN "\"region\":\"here\"}");
    assert_non_null(strstr(text, "\"ok\": false"));
    assert_non_null(strstr(text, "\"problems\": [\"in force, but not kept for a restart: state: "));
    assert_string_equal(office_state("here"), "drained");
    assert_non_null(desk_unkept(office->desk));

    assert_int_equal(rmdir("state/orders.json.new"), 0);
    text = office_ask(office, FORCE "\"region\":\"there\",\"to\":\"down\"}");
    assert_non_null(strstr(text, "\"ok\": true"));
    assert_true(is_kept(office));
    office_close(office);
    office_open(office);
    assert_string_equal(office_state("here"), "drained");
}

static void a_damaged_file_does_not_stop_the_desk(void **state)
{
    struct office *office = *state;
    glob_t found;
    office_close(office);
    write_file("state/orders.json", "{\"version\": 1, \"orders\": [{\"order\": \"dr");
    office_open(office);
    assert_string_equal(office_state("here"), "up");
    assert_int_equal(glob("state/orders.json.damaged-*", 0, NULL, &found), 0);
    globfree(&found);
    assert_int_equal(access("state/orders.json", F_OK), 0);
    assert_null(desk_unkept(office->desk));
}

static void an_order_about_what_is_gone_can_be_ended(void **state)
{
    struct office *office = *state;
    struct order order = { .kind = ORDER_DRAIN, .subject = { .name = "atlantis" } };
    assert_int_equal(orders_put(office->stage->orders, &order, NULL), STATUS_OK);
    const char *text = office_ask(office, UNDRAIN "\"region\":\"atlantis\"}");
    assert_non_null(strstr(text, "\"ended\": [{\"order\": \"drain\", \"region\": \"atlantis\""));
    assert_non_null(strstr(text, "\"ok\": true"));
    text = office_ask(office, UNDRAIN "\"region\":\"atlantis\"}");
    assert_non_null(strstr(text, "\"error\": \"there is no region"));
}

static void the_journal_knows_who_and_why(void **state)
{
    struct office *office = *state;
    char line[1024];
    static const char *const expected[] = {
        "\"what\": \"here\", \"from\": \"none\", \"to\": \"drain\", \"why\": \"disks\", "
        "\"by\": \"alice\"}",
        "\"what\": \"here\", \"from\": \"drain\", \"to\": \"drain\", \"by\": \"bob\"}",
        "\"what\": \"here\", \"from\": \"drain\", \"to\": \"none\", \"why\": \"done\", "
        "\"by\": \"carol\"}",
    };
    (void)office_ask(office, DRAIN "\"region\":\"here\",\"reason\":\"disks\",\"author\":\"alice\"}");
    (void)office_ask(office, DRAIN "\"region\":\"here\",\"author\":\"bob\"}");
    (void)office_ask(office, UNDRAIN "\"region\":\"here\",\"reason\":\"done\",\"author\":\"carol\"}");
    office_close(office);
    FILE *file = fopen("state/journal.jsonl", "r");
    assert_non_null(file);
    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        assert_non_null(fgets(line, sizeof line, file));
        if (strstr(line, expected[i]) == NULL)
            fail_msg("%s", line);
    }
    assert_null(fgets(line, sizeof line, file));
    fclose(file);
    office_open(office);
}

static void there_is_an_end_to_orders(void **state)
{
    struct office *office = *state;
    for (unsigned i = 0; i < ORDERS_MOST; i++) {
        struct order order = { .kind = ORDER_DRAIN };
        snprintf(order.subject.name, sizeof order.subject.name, "region-%u", i);
        assert_int_equal(orders_put(office->stage->orders, &order, NULL), STATUS_OK);
    }
    const char *text = office_ask(office, DRAIN "\"region\":\"here\"}");
    assert_string_equal(text, "{\"error\": \"there are 1024 orders in force, the most there can be\"}");
    assert_string_equal(office_state("here"), "up");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(orders_are_obeyed_and_explained, office_setup,
                                        office_teardown),
        cmocka_unit_test_setup_teardown(orders_survive_a_restart, office_setup, office_teardown),
        cmocka_unit_test_setup_teardown(orders_end_by_themselves, office_setup, office_teardown),
        cmocka_unit_test_setup_teardown(what_cannot_be_kept_is_in_force_all_the_same, office_setup,
                                        office_teardown),
        cmocka_unit_test_setup_teardown(a_damaged_file_does_not_stop_the_desk, office_setup,
                                        office_teardown),
        cmocka_unit_test_setup_teardown(an_order_about_what_is_gone_can_be_ended, office_setup,
                                        office_teardown),
        cmocka_unit_test_setup_teardown(the_journal_knows_who_and_why, office_setup,
                                        office_teardown),
        cmocka_unit_test_setup_teardown(there_is_an_end_to_orders, office_setup, office_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
