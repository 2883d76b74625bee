#include "tools/meridian_order.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void the_author_is_who_stands_behind_it(void **state)
{
    (void)state;
    char room[ORDER_NOBODY];
    const struct options none = { .author = NULL }, given = { .author = "alice" };
    assert_int_equal(setenv("SUDO_USER", "bob", 1), 0);
    assert_string_equal(order_author(&given, room), "alice");
    if (geteuid() == 0) {
        assert_string_equal(order_author(&none, room), "bob");
        assert_int_equal(setenv("SUDO_USER", "", 1), 0);
        assert_string_equal(order_author(&none, room), "root");
    }
    assert_int_equal(unsetenv("SUDO_USER"), 0);
    assert_string_not_equal(order_author(&none, room), "");
}

#define SINCE "\"since\": \"2026-11-21T06:30:00.123Z\""

static const struct {
    const char *answer, *printed, *complained;
} cases[] = {
    { "{\"order\": {\"order\": \"drain\", \"region\": \"a\", " SINCE ","
      "  \"until\": \"2026-11-21T08:30:00.123Z\", \"reason\": \"disks\", \"author\": \"alice\"},"
      " \"touched\": [{\"zone\": \"z.example\", \"service\": \"s\", \"region\": \"a\","
      "   \"state\": \"drained\"}],"
      " \"notes\": [], \"warnings\": [\"s has none left\"], \"problems\": [\"no disk\"],"
      " \"ok\": false}",
      "a is drained until 2026-11-21 08:30:00 UTC: disks\n"
      "  ZONE       SERVICE  REGION  STATE\n"
      "  z.example  s        a       drained\n",
      "warning: s has none left\nno disk\n" },
    { "{\"order\": {\"order\": \"up\", \"region\": \"a\", \"service\": \"s\", " SINCE "},"
      " \"replaced\": {\"order\": \"drain\", \"region\": \"a\", \"service\": \"s\", " SINCE ","
      "   \"author\": \"bob\"}, \"touched\": []}",
      "a/s is forced up\nthis takes the place of the drain of a/s by bob\n", "" },
    { "{\"order\": {\"order\": \"down\", \"tag\": \"eu\", " SINCE "}}", "tag eu is forced down\n",
      "" },
    { "{\"ended\": [{\"order\": \"drain\", \"region\": \"a\", " SINCE "},"
      "  {\"order\": \"drain\", \"region\": \"a\", \"service\": \"s\", " SINCE "}]}",
      "the drain of a has ended\nthe drain of a/s has ended\n", "" },
    { "{\"ended\": [], \"notes\": [\"a was not drained\"]}", "a was not drained\n", "" },
    /* A daemon of another version may say what we do not know. */
    { "{\"order\": {\"order\": \"dance\"}, \"touched\": 5, \"notes\": {}}", "", "" },
};

static void answers_are_printed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct report *report = report_new();
        const struct diag diag = { .report = report, .file = "reply" };
        char *printed = NULL, *complained = NULL;
        size_t len;
        struct json_doc *doc;
        assert_int_equal(json_parse(cases[i].answer, strlen(cases[i].answer), &diag, &doc),
                         STATUS_OK);
        const struct json_node root = json_root(doc, &diag);
        FILE *to = open_memstream(&printed, &len), *complain = open_memstream(&complained, &len);
        assert_true(to != NULL && complain != NULL);
        order_answer_print(&root, to, complain);
        fclose(to);
        fclose(complain);
        assert_string_equal(printed, cases[i].printed);
        assert_string_equal(complained, cases[i].complained);
        free(printed);
        free(complained);
        json_free(doc);
        report_free(report);
    }
}

static void a_long_list_is_cut(void **state)
{
    (void)state;
    enum { ROWS = 23 };
    char text[8192] = "{\"touched\": [", *printed = NULL;
    size_t len;
    for (unsigned i = 0; i < ROWS; i++)
        strcat(text, i == 0 ? "{\"zone\": \"z\"}" : ", {\"zone\": \"z\"}");
    strcat(text, "]}");
    struct report *report = report_new();
    const struct diag diag = { .report = report, .file = "reply" };
    struct json_doc *doc;
    assert_int_equal(json_parse(text, strlen(text), &diag, &doc), STATUS_OK);
    const struct json_node root = json_root(doc, &diag);
    FILE *to = open_memstream(&printed, &len);
    assert_non_null(to);
    order_answer_print(&root, to, to);
    fclose(to);
    size_t lines = 0;
    for (const char *at = printed; (at = strchr(at, '\n')) != NULL; at++)
        lines++;
    assert_int_equal(lines, 1 + 20 + 1);
    assert_non_null(strstr(printed, "  and 3 more\n"));
    free(printed);
    json_free(doc);
    report_free(report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_author_is_who_stands_behind_it),
        cmocka_unit_test(answers_are_printed),
        cmocka_unit_test(a_long_list_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
