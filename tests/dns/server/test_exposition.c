#include "dns/server/exposition.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct {
    const char *text, *label;
} labels[] = {
    { "app.example", "app.example" }, { "a\\b", "a\\\\b" }, { "say \"hi\"", "say \\\"hi\\\"" },
    { "two\nlines", "two\\nlines" },  { "", "" },           { "Z\xc3\xbcri", "Z\xc3\xbcri" },
    { "cut \xc3", "cut ?" },
};

static void labels_are_escaped(void **state)
{
    (void)state;
    char out[64];
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++)
        assert_string_equal(exposition_label(labels[i].text, out, sizeof out), labels[i].label);
    assert_string_equal(exposition_label("abcdef", out, 6), "ab");
    assert_string_equal(exposition_label("a\\b", out, 6), "a\\\\");
    assert_string_equal(exposition_label("a\xc3\xbc", out, 6), "a\xc3\xbc");
    assert_string_equal(exposition_label("a", out, 4), "");
}

static void a_metric_is_told_what_it_is(void **state)
{
    (void)state;
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    assert_non_null(out);
    exposition_head(out, "meridian_things_total", "counter", "Things that came.");
    assert_int_equal(fclose(out), 0);
    assert_string_equal(text, "# HELP meridian_things_total Things that came.\n"
                              "# TYPE meridian_things_total counter\n");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_are_escaped),
        cmocka_unit_test(a_metric_is_told_what_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
