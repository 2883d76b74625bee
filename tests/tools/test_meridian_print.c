#include "tools/meridian_print.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct report *report_make(void)
{
    struct report *report = report_new();
    assert_non_null(report);
    const struct diag zone = { .report = report, .file = "a.zone", .line = 7 };
    const struct diag map = { .report = report, .file = "a.map.json", .path = "names.x" };

    (void)diag_error(&zone, STATUS_SYNTAX, "no TTL");
    diag_warning(&map, "shadowed");
    (void)diag_error(&map, STATUS_MEANING, "\"unknown\"");
    return report;
}

static void tells_mistakes_and_warnings_apart(void **state)
{
    (void)state;
    char *mistakes = NULL, *warnings = NULL;
    size_t len;
    struct report *report = report_make();
    FILE *one = open_memstream(&mistakes, &len), *other = open_memstream(&warnings, &len);
    assert_non_null(one);
    assert_non_null(other);

    print_report(report, one, other);
    assert_int_equal(fclose(one), 0);
    assert_int_equal(fclose(other), 0);
    assert_string_equal(mistakes, "a.zone:7: no TTL\na.map.json: names.x: \"unknown\"\n");
    assert_string_equal(warnings, "warning: a.map.json: names.x: shadowed\n");
    free(mistakes);
    free(warnings);
    report_free(report);
}

static void writes_both_as_lists(void **state)
{
    (void)state;
    struct report *report = report_make();
    struct json_writer *writer = json_writer_new();
    assert_non_null(writer);

    json_put_object(writer, NULL);
    print_report_json(report, writer);
    json_end(writer);
    char *text = json_writer_finish(writer, 0);
    assert_string_equal(text, "{\"mistakes\": [\"a.zone:7: no TTL\", "
                              "\"a.map.json: names.x: \\\"unknown\\\"\"], "
                              "\"warnings\": [\"a.map.json: names.x: shadowed\"]}");
    free(text);
    report_free(report);
}

static void counts_one_and_many(void **state)
{
    (void)state;
    char text[COUNTED_TEXT];
    assert_string_equal(print_counted(0, "zone", "zones", text), "0 zones");
    assert_string_equal(print_counted(1, "zone", "zones", text), "1 zone");
    assert_string_equal(print_counted(2, "zone", "zones", text), "2 zones");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_mistakes_and_warnings_apart),
        cmocka_unit_test(writes_both_as_lists),
        cmocka_unit_test(counts_one_and_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
