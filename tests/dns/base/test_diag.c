#include "dns/base/diag.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void a_message_names_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *file, *path;
        unsigned line;
        const char *text;
    } cases[] = {
        { "a.zone", NULL, 42, "a.zone:42: TTL '12x' is wrong" },
        { "m.json", "services.api.ttl", 0, "m.json: services.api.ttl: TTL '12x' is wrong" },
        { "m.json", NULL, 0, "m.json: TTL '12x' is wrong" },
        { "m.json", "", 0, "m.json: TTL '12x' is wrong" },
        { "m.json", "names", 7, "m.json:7: names: TTL '12x' is wrong" },
        { NULL, NULL, 3, "TTL '12x' is wrong" },
        { NULL, "names", 0, "names: TTL '12x' is wrong" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct report *report = report_new();
        const struct diag diag = { report, cases[i].file, cases[i].path, cases[i].line };
        assert_int_equal(diag_error(&diag, STATUS_SYNTAX, "TTL '%s' is wrong", "12x"),
                         STATUS_SYNTAX);
        assert_int_equal(report_count(report), 1);
        assert_string_equal(report_text(report, 0), cases[i].text);
        report_free(report);
    }
}

static void mistakes_and_warnings_stay_in_order_and_apart(void **state)
{
    (void)state;
    struct report *report = report_new();
    const struct diag diag = { .report = report, .file = "f" };
    diag_error(&diag, STATUS_LIMIT, "one");
    diag_warning(&diag, "two");
    assert_int_equal(diag_error(&diag, STATUS_IO, "three"), STATUS_IO);

    assert_int_equal(report_mistakes(report), 2);
    assert_int_equal(report_warnings(report), 1);
    assert_int_equal(report_count(report), 3);
    assert_string_equal(report_text(report, 1), "f: two");
    assert_int_equal(report_severity(report, 0), SEVERITY_MISTAKE);
    assert_int_equal(report_severity(report, 1), SEVERITY_WARNING);
    assert_int_equal(report_severity(report, 2), SEVERITY_MISTAKE);
    assert_null(report_text(report, 3));
    report_free(report);
}

static void control_octets_cannot_forge_a_line(void **state)
{
    (void)state;
    struct report *report = report_new();
    const struct diag diag = { .report = report, .file = "f" };
    diag_error(&diag, STATUS_SYNTAX, "word '%s'", "a\nb\x1b[31m\x7f\tä");
    assert_string_equal(report_text(report, 0), "f: word 'a\\010b\\027[31m\\127\\009ä'");
    report_free(report);
}

static void a_flood_is_counted_but_not_kept(void **state)
{
    (void)state;
    struct report *report = report_new();
    struct diag diag = { .report = report, .file = "f" };
    for (unsigned i = 1; i <= REPORT_LIMIT + 5; i++) {
        diag.line = i;
        diag_warning(&diag, "w");
    }
    /* A flood of warnings leaves room for the mistake behind it. */
    diag_error(&diag, STATUS_SYNTAX, "the one that counts");
    assert_int_equal(report_count(report), REPORT_LIMIT + 1);
    assert_int_equal(report_warnings(report), REPORT_LIMIT + 5);
    assert_string_equal(report_text(report, REPORT_LIMIT), "f:10005: the one that counts");

    struct report *all = report_new();
    report_append(all, report);
    report_append(all, report);
    assert_int_equal(report_count(all), REPORT_LIMIT + 2);
    assert_int_equal(report_warnings(all), 2 * (REPORT_LIMIT + 5));
    assert_int_equal(report_mistakes(all), 2);
    report_free(all);
    report_free(report);
}

static void appending_keeps_order_and_copies(void **state)
{
    (void)state;
    struct report *all = report_new();
    struct report *part = report_new();
    const struct diag in_all = { .report = all, .file = "a" };
    const struct diag in_part = { .report = part, .file = "b" };
    diag_error(&in_all, STATUS_SYNTAX, "1");
    diag_warning(&in_part, "2");
    diag_error(&in_part, STATUS_SYNTAX, "3");
    report_append(all, part);
    report_free(part);

    assert_int_equal(report_count(all), 3);
    assert_string_equal(report_text(all, 1), "b: 2");
    assert_int_equal(report_severity(all, 1), SEVERITY_WARNING);
    assert_string_equal(report_text(all, 2), "b: 3");
    report_free(all);
    report_free(NULL);
}

static void a_long_message_is_whole(void **state)
{
    (void)state;
    struct report *report = report_new();
    const struct diag diag = { .report = report, .file = "f", .line = 1 };
    static char word[100001];
    memset(word, 'x', sizeof word - 1);
    diag_error(&diag, STATUS_SYNTAX, "%s", word);
    assert_int_equal(strlen(report_text(report, 0)), strlen("f:1: ") + 100000);
    report_free(report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_names_its_place),
        cmocka_unit_test(mistakes_and_warnings_stay_in_order_and_apart),
        cmocka_unit_test(control_octets_cannot_forge_a_line),
        cmocka_unit_test(a_flood_is_counted_but_not_kept),
        cmocka_unit_test(appending_keeps_order_and_copies),
        cmocka_unit_test(a_long_message_is_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
