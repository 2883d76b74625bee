#include "tools/meridian_told.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const char document[] = "{ \"text\": \"t\", \"number\": 7, \"real\": 1.5, \"true\": true,"
                               "  \"time\": \"2026-11-21T06:30:00.123Z\", \"null\": null,"
                               "  \"minus\": -1, \"day\": \"2026-11-21\" }";

static void reads_what_is_there_and_nothing_else(void **state)
{
    (void)state;
    static const struct {
        const char *key, *text;
        uint64_t number;
        double real;
        bool truth;
        uint64_t time;
    } cases[] = {
        { "text", "t", 0, 0, false, 0 },
        { "number", "", 7, 7, false, 0 },
        { "real", "", 0, 1.5, false, 0 },
        { "true", "", 0, 0, true, 0 },
        { "time", "2026-11-21T06:30:00.123Z", 0, 0, false, 1795242600123u },
        { "day", "2026-11-21", 0, 0, false, 0 },
        { "null", "", 0, 0, false, 0 },
        { "minus", "", 0, -1, false, 0 },
        { "absent", "", 0, 0, false, 0 },
    };
    struct report *report = report_new();
    struct json_doc *doc;
    assert_non_null(report);
    const struct diag diag = { .report = report, .file = "reply" };
    assert_int_equal(json_parse(document, strlen(document), &diag, &doc), STATUS_OK);
    const struct json_node root = json_root(doc, &diag);

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *key = cases[i].key;
        if (strcmp(told_text(&root, key), cases[i].text) != 0 ||
            told_number(&root, key) != cases[i].number ||
            told_real(&root, key) < cases[i].real || told_real(&root, key) > cases[i].real ||
            told_bool(&root, key) != cases[i].truth || told_time(&root, key) != cases[i].time)
            fail_msg("%s is read wrongly", key);
    }
    json_free(doc);
    report_free(report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_is_there_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
