#include "dns/base/json_writer.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void expect_text(struct json_writer *writer, int indent, const char *expected)
{
    char *text = json_writer_finish(writer, indent);
    assert_non_null(text);
    assert_string_equal(text, expected);
    free(text);
}

static void builds_from_the_outside_in(void **state)
{
    (void)state;
    struct json_writer *writer = json_writer_new();
    json_put_object(writer, NULL);
    json_put_string(writer, "region", "helsinki-1");
    json_put_array(writer, "addresses");
    json_put_string(writer, NULL, "192.0.2.10");
    json_put_object(writer, NULL);
    json_put_bool(writer, "up", true);
    json_end(writer);
    json_end(writer);
    json_put_integer(writer, "scope", INT64_MIN);
    json_put_real(writer, "km", 0.1);
    json_put_null(writer, "last");
    json_end(writer);
    expect_text(writer, 0,
                "{\"region\": \"helsinki-1\", \"addresses\": [\"192.0.2.10\", {\"up\": true}], "
                "\"scope\": -9223372036854775808, \"km\": 0.1, \"last\": null}");
}

static void indents_for_people(void **state)
{
    (void)state;
    struct json_writer *writer = json_writer_new();
    json_put_object(writer, NULL);
    json_put_integer(writer, "z", 1);
    json_put_integer(writer, "a", 2);
    json_end(writer);
    expect_text(writer, 2, "{\n  \"z\": 1,\n  \"a\": 2\n}");
}

static void a_lone_value_is_a_document(void **state)
{
    (void)state;
    struct json_writer *writer = json_writer_new();
    json_put_string(writer, NULL, "x");
    expect_text(writer, 0, "\"x\"");
}

static void text_that_is_not_utf8_is_made_so(void **state)
{
    (void)state;
    static const struct {
        const char *what, *text, *json;
    } cases[] = {
        { "plain", "Zürich 東京 \xf0\x9f\x8c\x8d", "\"Zürich 東京 \xf0\x9f\x8c\x8d\"" },
        { "a stray octet",
          "a\xff"
          "b",
          "\"a\xef\xbf\xbd"
          "b\"" },
        { "cut short", "a\xc3", "\"a\xef\xbf\xbd\"" },
        { "overlong", "\xc0\xaf", "\"\xef\xbf\xbd\xef\xbf\xbd\"" },
        { "overlong in three", "\xe0\x80\xaf", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
        { "surrogate", "\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
        { "beyond Unicode", "\xf4\x90\x80\x80",
          "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
        { "control octets", "\x01\n", "\"\\u0001\\n\"" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct json_writer *writer = json_writer_new();
        json_put_string(writer, NULL, cases[i].text);
        expect_text(writer, 0, cases[i].json);
    }

    struct json_writer *writer = json_writer_new();
    json_put_object(writer, NULL);
    json_put_null(writer, "k\xff");
    json_end(writer);
    expect_text(writer, 0, "{\"k\xef\xbf\xbd\": null}");
}

static void what_is_no_number_is_null(void **state)
{
    (void)state;
    struct json_writer *writer = json_writer_new();
    json_put_array(writer, NULL);
    json_put_real(writer, NULL, (double)NAN);
    json_put_real(writer, NULL, (double)INFINITY);
    json_end(writer);
    expect_text(writer, 0, "[null, null]");
}

static void depth_is_bounded(void **state)
{
    (void)state;
    for (unsigned depth = JSON_WRITER_DEPTH; depth <= JSON_WRITER_DEPTH + 1; depth++) {
        struct json_writer *writer = json_writer_new();
        for (unsigned i = 0; i < depth; i++)
            json_put_array(writer, NULL);
        for (unsigned i = 0; i < depth; i++)
            json_end(writer);
        char *text = json_writer_finish(writer, 0);
        assert_int_equal(text != NULL, depth == JSON_WRITER_DEPTH);
        free(text);
    }
}

static void an_unfinished_text_is_none(void **state)
{
    (void)state;
    assert_null(json_writer_finish(json_writer_new(), 0));

    struct json_writer *writer = json_writer_new();
    json_put_array(writer, NULL);
    assert_null(json_writer_finish(writer, 0));

    writer = json_writer_new();
    json_put_null(writer, NULL);
    json_put_null(writer, NULL);
    assert_null(json_writer_finish(writer, 0));

    writer = json_writer_new();
    json_end(writer);
    json_put_null(writer, NULL);
    assert_null(json_writer_finish(writer, 0));

    writer = json_writer_new();
    json_put_object(writer, NULL);
    json_put_null(writer, NULL); /* a member without a key */
    json_end(writer);
    assert_null(json_writer_finish(writer, 0));

    writer = json_writer_new();
    json_put_object(writer, NULL);
    json_writer_free(writer);
    json_writer_free(NULL);
    assert_null(json_writer_finish(NULL, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(builds_from_the_outside_in),
        cmocka_unit_test(indents_for_people),
        cmocka_unit_test(a_lone_value_is_a_document),
        cmocka_unit_test(text_that_is_not_utf8_is_made_so),
        cmocka_unit_test(what_is_no_number_is_null),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(an_unfinished_text_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
