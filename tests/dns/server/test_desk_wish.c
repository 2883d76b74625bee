#include "dns/server/desk_wish.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct desk_wish read_wish(const char *text, char why[512])
{
    struct report *report = report_new();
    struct desk_wish wish;
    struct json_doc *doc;
    const struct diag diag = { .report = report, .file = "request" };
    assert_non_null(report);
    assert_int_equal(json_parse(text, strlen(text), &diag, &doc), STATUS_OK);
    const struct json_node root = json_root(doc, &diag);
    const enum status status = desk_wish_read(&root, 1000, &wish);
    assert_int_equal(status == STATUS_OK, report_count(report) == 0);
    snprintf(why, 512, "%s", report_count(report) > 0 ? report_text(report, 0) : "");
    json_free(doc);
    report_free(report);
    return wish;
}

static const struct {
    const char *text;
    enum order_kind kind;
    bool ends;
    const char *subject;
    uint64_t for_ms;
    const char *reason, *author;
} good[] = {
    { "{\"command\":\"drain\",\"region\":\"a\"}", ORDER_DRAIN, false, "a", 0, "", "uid 1000" },
    { "{\"command\":\"drain\",\"tag\":\"eu\",\"service\":\"s\",\"for_ms\":1000,"
      "\"reason\":\"r\",\"author\":\"alice\"}",
      ORDER_DRAIN, false, "tag eu, service s", 1000, "r", "alice" },
    { "{\"command\":\"undrain\",\"region\":\"a\",\"service\":\"s\"}", ORDER_DRAIN, true, "a/s", 0,
      "", "uid 1000" },
    { "{\"command\":\"force\",\"to\":\"up\",\"region\":\"a\",\"service\":\"s\"}", ORDER_UP, false,
      "a/s", 0, "", "uid 1000" },
    { "{\"command\":\"force\",\"to\":\"down\",\"region\":\"a\",\"service\":\"s\"}", ORDER_DOWN,
      false, "a/s", 0, "", "uid 1000" },
    { "{\"command\":\"force\",\"to\":\"auto\",\"region\":\"a\",\"service\":\"s\"}", ORDER_UP, true,
      "a/s", 0, "", "uid 1000" },
};

static void wishes_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        char why[512], subject[ORDER_SUBJECT_TEXT];
        const struct desk_wish wish = read_wish(good[i].text, why);
        if (why[0] != '\0' || wish.kind != good[i].kind || wish.ends != good[i].ends ||
            wish.for_ms != good[i].for_ms || strcmp(wish.reason, good[i].reason) != 0 ||
            strcmp(wish.author, good[i].author) != 0 ||
            strcmp(order_subject_print(&wish.subject, subject), good[i].subject) != 0)
            fail_msg("%s: %s", good[i].text, why);
    }
}

static void mistakes_are_told(void **state)
{
    (void)state;
    static const struct {
        const char *text, *why;
    } cases[] = {
        { "{\"command\":\"drain\"}", "expected either a region or a tag" },
        { "{\"command\":\"drain\",\"regoin\":\"a\"}", "did you mean 'region'?" },
        { "{\"command\":\"drain\",\"region\":\"a\",\"for_ms\":999}", "for_ms: 999 is not in" },
        { "{\"command\":\"drain\",\"region\":\"a\",\"for_ms\":\"2h\"}", "for_ms: expected" },
        { "{\"command\":\"undrain\",\"region\":\"a\",\"for_ms\":1000}", "no time to hold" },
        { "{\"command\":\"drain\",\"region\":\"a\",\"reason\":\"a\\nb\"}", "reason: a control" },
        { "{\"command\":\"force\",\"region\":\"a\",\"service\":\"s\"}", "up, down or auto" },
        { "{\"command\":\"force\",\"to\":\"sideways\",\"region\":\"a\",\"service\":\"s\"}",
          "to: 'sideways' is none of" },
        { "{\"command\":\"force\",\"to\":\"up\",\"region\":\"a\"}", "one service in one region" },
        { "{\"command\":\"force\",\"to\":\"up\",\"tag\":\"a\",\"service\":\"s\"}", "one service in" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char why[512];
        (void)read_wish(cases[i].text, why);
        if (strstr(why, cases[i].why) == NULL)
            fail_msg("%s: %s", cases[i].text, why);
    }
}

#define UNDRAIN "{\"command\":\"undrain\","
#define AUTO "{\"command\":\"force\",\"to\":\"auto\","

static const struct {
    const char *wish;
    enum order_kind kind;
    const char *order; /* its JSON subject */
    bool ends;
} endings[] = {
    { UNDRAIN "\"region\":\"a\"}", ORDER_DRAIN, "{\"region\":\"a\"}", true },
    { UNDRAIN "\"region\":\"a\"}", ORDER_DRAIN, "{\"region\":\"a\",\"service\":\"s\"}", true },
    { UNDRAIN "\"region\":\"a\"}", ORDER_DOWN, "{\"region\":\"a\",\"service\":\"s\"}", false },
    { UNDRAIN "\"region\":\"a\"}", ORDER_DRAIN, "{\"region\":\"b\"}", false },
    { UNDRAIN "\"region\":\"a\"}", ORDER_DRAIN, "{\"tag\":\"a\"}", false },
    { UNDRAIN "\"tag\":\"a\"}", ORDER_DRAIN, "{\"tag\":\"a\"}", true },
    { UNDRAIN "\"region\":\"a\",\"service\":\"s\"}", ORDER_DRAIN, "{\"region\":\"a\"}", false },
    { AUTO "\"region\":\"a\",\"service\":\"s\"}", ORDER_UP, "{\"region\":\"a\",\"service\":\"s\"}",
      true },
    { AUTO "\"region\":\"a\",\"service\":\"s\"}", ORDER_DOWN,
      "{\"region\":\"a\",\"service\":\"s\"}", true },
    { AUTO "\"region\":\"a\",\"service\":\"s\"}", ORDER_DRAIN,
      "{\"region\":\"a\",\"service\":\"s\"}", false },
    { "{\"command\":\"drain\",\"region\":\"a\"}", ORDER_DRAIN, "{\"region\":\"a\"}", false },
};

static void an_end_takes_its_part_along(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        char why[512], text[128];
        const struct desk_wish wish = read_wish(endings[i].wish, why);
        assert_string_equal(why, "");
        snprintf(text, sizeof text, "{\"command\":\"drain\",%s", endings[i].order + 1);
        const struct order order = { .kind = endings[i].kind,
                                     .subject = read_wish(text, why).subject };
        if (desk_wish_ends(&wish, &order) != endings[i].ends)
            fail_msg("%s: %s %s", endings[i].wish, order_kind_text(order.kind), endings[i].order);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wishes_are_read),
        cmocka_unit_test(mistakes_are_told),
        cmocka_unit_test(an_end_takes_its_part_along),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
