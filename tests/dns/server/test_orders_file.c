#include "dns/server/orders_file.h"

#include <glob.h>

#include "dns/server/state_folder.h"
#include "tests/dns/server/folder.h"

enum { HOUR = 3600000 };
static const uint64_t now_wall_ms = 1795242600123u, now_ms = 5000;

static struct report *report;
static struct orders *orders;
static unsigned expired;

static int setup(void **state)
{
    report = report_new();
    orders = orders_new();
    assert_true(report != NULL && orders != NULL);
    expired = 0;
    return folder_setup(state);
}

static int teardown(void **state)
{
    report_free(report);
    orders_free(orders);
    return folder_teardown(state);
}

static void count_expired(void *context, const struct order *order)
{
    assert_ptr_equal(context, &expired);
    assert_string_not_equal(order->subject.name, "");
    expired++;
}

static enum status read_back(uint64_t at_wall_ms)
{
    return orders_file_read("state", at_wall_ms, now_ms, report, orders, count_expired, &expired);
}

static void put(const char *region, uint64_t since_wall_ms, uint64_t until_wall_ms)
{
    struct order order = { .kind = ORDER_DRAIN,
                           .since_wall_ms = since_wall_ms,
                           .until_wall_ms = until_wall_ms,
                           .reason = "disks",
                           .author = "alice" };
    strcpy(order.subject.name, region);
    assert_int_equal(orders_put(orders, &order, NULL), STATUS_OK);
}

static void write_and_forget(void)
{
    const struct diag diag = { .report = report, .file = "state" };
    assert_int_equal(orders_file_write("state", orders, &diag), STATUS_OK);
    orders_free(orders);
    orders = orders_new();
    assert_non_null(orders);
}

static void orders_survive(void **state)
{
    (void)state;
    size_t count;
    put("b", now_wall_ms - HOUR, 0);
    put("a", now_wall_ms, now_wall_ms + 2 * HOUR);
    write_and_forget();
    assert_int_equal(read_back(now_wall_ms + HOUR), STATUS_OK);
    struct order *list = orders_copy(orders, &count);
    assert_int_equal(count, 2);
    assert_string_equal(list[0].subject.name, "b");
    assert_int_equal(list[0].ends_ms, 0);
    assert_string_equal(list[1].subject.name, "a");
    assert_string_equal(list[1].reason, "disks");
    assert_string_equal(list[1].author, "alice");
    assert_int_equal(list[1].since_wall_ms, now_wall_ms);
    assert_int_equal(list[1].until_wall_ms, now_wall_ms + 2 * HOUR);
    assert_int_equal(list[1].ends_ms, now_ms + HOUR);
    free(list);
    assert_int_equal(expired, 0);
    assert_int_equal(report_count(report), 0);
}

static void what_ended_meanwhile_is_gone(void **state)
{
    (void)state;
    size_t count;
    put("a", now_wall_ms, now_wall_ms + HOUR);
    put("b", now_wall_ms, 0);
    write_and_forget();
    assert_int_equal(read_back(now_wall_ms + HOUR), STATUS_OK);
    free(orders_copy(orders, &count));
    assert_int_equal(count, 1);
    assert_int_equal(expired, 1);
}

static void a_clock_that_went_back_gives_no_more_time(void **state)
{
    (void)state;
    put("a", now_wall_ms, now_wall_ms + HOUR);
    write_and_forget();
    assert_int_equal(read_back(now_wall_ms - 1000u * HOUR), STATUS_OK);
    assert_int_equal(orders_next_end(orders), now_ms + HOUR);
}

static void no_file_is_no_mistake(void **state)
{
    (void)state;
    assert_int_equal(read_back(now_wall_ms), STATUS_OK);
    make_folder("state");
    assert_int_equal(read_back(now_wall_ms), STATUS_OK);
    assert_int_equal(report_count(report), 0);
}

#define GOOD "{\"order\": \"drain\", \"region\": \"a\", \"since\": \"2026-11-21T06:30:00.123Z\"}"

static const struct {
    const char *what, *text, *why;
    size_t kept;
} damaged[] = {
    { "empty", "", "orders.json:1: ", 0 },
    { "half of a file", "{\"version\": 1, \"orders\": [" GOOD ", {\"ord", "orders.json:1: ", 0 },
    { "noise", "\x01\xff\x7f", "orders.json:1: ", 0 },
    { "no object", "[1]", "expected an object", 0 },
    { "no list", "{\"version\": 1, \"orders\": 5}", "expected a list of orders", 0 },
    { "a later version", "{\"version\": 2, \"orders\": [" GOOD "]}", "version: ", 0 },
    { "one of two orders", "{\"version\": 1, \"orders\": [{\"order\": \"dance\"}, " GOOD "]}",
      "orders[0].order: 'dance'", 1 },
};

static void a_damaged_file_is_told_and_kept(void **state)
{
    (void)state;
    make_folder("state");
    for (size_t i = 0; i < COUNT_OF(damaged); i++) {
        size_t count;
        glob_t found;
        struct report *all = report;
        report = report_new();
        write_file("state/orders.json", damaged[i].text);
        assert_int_not_equal(read_back(now_wall_ms + i), STATUS_OK);
        if (!report_has(report, damaged[i].why) || !report_has(report, "kept as orders.json.dam"))
            fail_msg("%s: %s", damaged[i].what, report_text(report, 0));
        report_free(report);
        report = all;

        free(orders_copy(orders, &count));
        assert_int_equal(count, damaged[i].kept);
        assert_int_equal(access("state/orders.json", F_OK), -1);
        assert_int_equal(glob("state/orders.json.damaged-*", 0, NULL, &found), 0);
        assert_int_equal(found.gl_pathc, i + 1);
        globfree(&found);
    }
}

static void what_cannot_be_written_is_told(void **state)
{
    (void)state;
    const struct diag diag = { .report = report, .file = "state" };
    write_file("state", "no folder");
    assert_int_equal(orders_file_write("state", orders, &diag), STATUS_IO);
    assert_true(report_has(report, "Not a directory"));
    assert_int_equal(read_back(now_wall_ms), STATUS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(orders_survive, setup, teardown),
        cmocka_unit_test_setup_teardown(what_ended_meanwhile_is_gone, setup, teardown),
        cmocka_unit_test_setup_teardown(a_clock_that_went_back_gives_no_more_time, setup, teardown),
        cmocka_unit_test_setup_teardown(no_file_is_no_mistake, setup, teardown),
        cmocka_unit_test_setup_teardown(a_damaged_file_is_told_and_kept, setup, teardown),
        cmocka_unit_test_setup_teardown(what_cannot_be_written_is_told, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
