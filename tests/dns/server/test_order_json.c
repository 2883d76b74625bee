#include "dns/server/order_json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Reads one order; what is wrong with it is in *why ("" for nothing). */
static struct order read_order(const char *text, char why[512])
{
    struct report *report = report_new();
    struct order order = { .kind = ORDER_NONE };
    struct json_doc *doc;
    const struct diag diag = { .report = report, .file = "f" };
    assert_non_null(report);
    assert_int_equal(json_parse(text, strlen(text), &diag, &doc), STATUS_OK);
    const struct json_node root = json_root(doc, &diag);
    const enum status status = order_json_read(&root, &order);
    assert_int_equal(status == STATUS_OK, report_count(report) == 0);
    strncpy(why, report_count(report) > 0 ? report_text(report, 0) : "", 511);
    why[511] = '\0';
    json_free(doc);
    report_free(report);
    return order;
}

#define SINCE "\"since\": \"2026-11-21T06:30:00.123Z\""

static void what_is_written_is_read_again(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{\"order\": \"drain\", \"region\": \"helsinki-1\", " SINCE "}",
        "{\"order\": \"up\", \"region\": \"helsinki-1\", \"service\": \"api\", " SINCE "}",
        "{\"order\": \"down\", \"tag\": \"eu\", \"service\": \"api\", " SINCE
        ", \"until\": \"2026-11-21T08:30:00.123Z\", \"reason\": \"new \\\"disks\\\"\", "
        "\"author\": \"alice\"}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char why[512];
        const struct order order = read_order(texts[i], why);
        assert_string_equal(why, "");
        assert_int_equal(order.since_wall_ms, 1795242600123u);
        struct json_writer *writer = json_writer_new();
        order_json_put(writer, NULL, &order);
        char *text = json_writer_finish(writer, 0);
        assert_string_equal(text, texts[i]);
        free(text);
    }
}

static void mistakes_are_told_at_their_place(void **state)
{
    (void)state;
    static const struct {
        const char *text, *why;
    } cases[] = {
        { "{\"region\": \"a\"}", "f: the key 'order' is missing" },
        { "{\"order\": \"dance\", \"region\": \"a\"}", "f: order: 'dance' is no order" },
        { "{\"order\": \"none\", \"region\": \"a\"}", "f: order: 'none' is no order" },
        { "{\"order\": \"up\"}", "f: expected either a region or a tag" },
        { "{\"order\": \"up\", \"region\": \"a\", \"tag\": \"b\"}", "f: expected either" },
        { "{\"order\": \"up\", \"region\": \"\"}", "f: region: " },
        { "{\"order\": \"up\", \"region\": 7}", "f: region: expected a string" },
        { "{\"order\": \"up\", \"region\": \"a\\nb\"}", "f: region: a control character" },
        { "{\"order\": \"up\", \"region\": \"a\", \"service\": []}", "f: service: expected" },
        { "{\"order\": \"up\", \"region\": \"a\", \"sinc\": 1}", "did you mean 'since'?" },
        { "{\"order\": \"up\", \"region\": \"a\", \"until\": \"soon\"}",
          "f: until: 'soon' is no time like" },
        { "[]", "f: expected an object" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char why[512];
        (void)read_order(cases[i].text, why);
        if (strstr(why, cases[i].why) == NULL)
            fail_msg("%s: %s", cases[i].text, why);
    }
}

static void texts_are_bounded(void **state)
{
    (void)state;
    static const struct {
        size_t len;
        const char *why;
    } cases[] = { { ORDER_AUTHOR - 1, "" },
                  { ORDER_AUTHOR, "f: author: longer than 63 octets" } };
    for (size_t i = 0; i < 2; i++) {
        char author[ORDER_AUTHOR + 1] = "", text[512], why[512];
        memset(author, 'x', cases[i].len);
        snprintf(text, sizeof text,
                 "{\"order\": \"up\", \"region\": \"a\", \"author\": \"%s\"}", author);
        const struct order order = read_order(text, why);
        assert_string_equal(why, cases[i].why);
        assert_string_equal(order.author, cases[i].why[0] == '\0' ? author : "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_again),
        cmocka_unit_test(mistakes_are_told_at_their_place),
        cmocka_unit_test(texts_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
