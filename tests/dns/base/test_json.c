#include "dns/base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* A document and where its mistakes go. */
struct bench {
    struct report *report;
    struct diag diag;
    struct json_doc *doc;
    struct json_node root;
};

static void bench_open(struct bench *bench, const char *text)
{
    bench->report = report_new();
    bench->diag = (struct diag){ .report = bench->report, .file = "m.json" };
    assert_int_equal(json_parse(text, strlen(text), &bench->diag, &bench->doc), STATUS_OK);
    bench->root = json_root(bench->doc, &bench->diag);
}

static void bench_close(struct bench *bench)
{
    json_free(bench->doc);
    report_free(bench->report);
}

static void expect_told(const struct bench *bench, size_t index, const char *text)
{
    const char *told = report_text(bench->report, index);
    assert_non_null(told);
    assert_string_equal(told, text);
}

static struct json_node member(const struct json_node *object, const char *key)
{
    struct json_node node;
    if (!json_member(object, key, &node))
        fail_msg("there is no member '%s'", key);
    return node;
}

static void syntax_errors_name_the_line(void **state)
{
    (void)state;
    static const struct {
        const char *what, *text, *told;
    } cases[] = {
        { "a missing comma", "{\n  \"a\": 1\n  \"b\": 2\n}", "m.json:3: " },
        { "the same key twice", "{\"a\": 1,\n \"a\": 2}", "m.json:2: duplicate object key" },
        { "text behind the end", "{}\n{}", "m.json:2: end of file expected" },
        { "nothing at all", "", "m.json:1: " },
        { "cut short", "{\"a\": [1, 2", "m.json:1: " },
        { "no UTF-8", "{\"a\": \"\xff\"}", "m.json:1: unable to decode byte 0xff" },
        { "a number too large", "[99999999999999999999]", "m.json:1: too big integer" },
        { "a NUL in a key", "{\"a\\u0000b\": 1}", "m.json:1: NUL byte in object key" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct report *report = report_new();
        const struct diag diag = { .report = report, .file = "m.json" };
        struct json_doc *doc = NULL;
        /* An exact-size copy: the sanitizer sees one octet of overrun. */
        const size_t len = strlen(cases[i].text);
        char *text = malloc(len);
        memcpy(text, cases[i].text, len);
        assert_int_equal(json_parse(text, len, &diag, &doc), STATUS_SYNTAX);
        free(text);
        assert_null(doc);
        assert_int_equal(report_count(report), 1);
        const char *told = report_text(report, 0);
        if (strncmp(told, cases[i].told, strlen(cases[i].told)) != 0)
            fail_msg("%s: told '%s'", cases[i].what, told);
        report_free(report);
    }
}

static void nesting_is_bounded(void **state)
{
    (void)state;
    enum { DEPTH = 100000 };
    char *text = malloc(DEPTH);
    memset(text, '[', DEPTH);
    struct report *report = report_new();
    const struct diag diag = { .report = report, .file = "m.json" };
    struct json_doc *doc;
    assert_int_equal(json_parse(text, DEPTH, &diag, &doc), STATUS_SYNTAX);
    assert_int_equal(report_count(report), 1);
    free(text);
    report_free(report);
}

static void a_file_that_cannot_be_read_says_why(void **state)
{
    (void)state;
    struct report *report = report_new();
    struct json_doc *doc;
    const struct diag missing = { .report = report, .file = "no/such.json" };
    assert_int_equal(json_load(&missing, &doc), STATUS_IO);
    assert_null(doc);
    const struct diag folder = { .report = report, .file = "/" };
    assert_int_equal(json_load(&folder, &doc), STATUS_IO);
    assert_string_equal(report_text(report, 0),
                        "no/such.json: cannot be read: No such file or directory");
    assert_string_equal(report_text(report, 1), "/: cannot be read: Is a directory");
    report_free(report);
}

static void a_file_is_read_whole(void **state)
{
    (void)state;
    char name[] = "/tmp/meridian-json-XXXXXX";
    const int fd = mkstemp(name);
    assert_true(fd >= 0);
    FILE *file = fdopen(fd, "w");
    assert_non_null(file);
    /* A byte order mark in front, and longer than one reading. */
    fputs("\xef\xbb\xbf[\n", file);
    for (int i = 0; i < 20000; i++)
        fprintf(file, "%d,\n", i);
    fputs("20000]\n", file);
    fclose(file);

    struct report *report = report_new();
    const struct diag diag = { .report = report, .file = name };
    struct json_doc *doc;
    assert_int_equal(json_load(&diag, &doc), STATUS_OK);
    unlink(name);
    const struct json_node root = json_root(doc, &diag);
    struct json_node last;
    int64_t value = 0;
    assert_int_equal(json_count(&root), 20001);
    assert_true(json_child(&root, 20000, &last));
    assert_int_equal(json_get_integer(&last, 0, INT64_MAX, &value), STATUS_OK);
    assert_int_equal(value, 20000);
    json_free(doc);
    report_free(report);
}

static void members_come_in_the_order_of_the_file(void **state)
{
    (void)state;
    static const char *const expected[] = { "zulu", "alpha", "*.shop", "mike" };
    struct bench bench;
    bench_open(&bench, "{\"zulu\": 1, \"comment\": 2, \"alpha\": 3, \"*.shop\": 4, \"mike\": 5}");
    assert_int_equal(json_count(&bench.root), 4);
    struct json_node node;
    for (size_t i = 0; i < 4; i++) {
        assert_true(json_child(&bench.root, i, &node));
        assert_string_equal(node.key, expected[i]);
        const struct json_node found = member(&bench.root, expected[i]);
        assert_ptr_equal(found.value, node.value);
    }
    assert_false(json_child(&bench.root, 4, &node));
    assert_false(json_member(&bench.root, "absent", &node));
    assert_false(json_member(&bench.root, "comment", &node));

    const struct json_node number = member(&bench.root, "mike");
    assert_int_equal(json_count(&number), 0);
    assert_false(json_member(&number, "x", &node));
    assert_false(json_child(&number, 0, &node));
    bench_close(&bench);
}

static void a_mistake_names_its_path(void **state)
{
    (void)state;
    struct bench bench;
    bench_open(&bench,
               "{\"services\": {\"api\": {\"endpoints\": {\"helsinki-1\": {\"A\": [1, 2]}}}},"
               " \"names\": {\"*.shop\": [[7]]}}");
    const struct json_node services = member(&bench.root, "services");
    const struct json_node api = member(&services, "api");
    const struct json_node endpoints = member(&api, "endpoints");
    const struct json_node region = member(&endpoints, "helsinki-1");
    const struct json_node list = member(&region, "A");
    struct json_node second;
    assert_true(json_child(&list, 1, &second));
    assert_int_equal(json_error(&second, STATUS_MEANING, "%d is no address", 2), STATUS_MEANING);
    json_warning(&services, "odd");
    json_error(&bench.root, STATUS_MEANING, "at the root");

    const struct json_node names = member(&bench.root, "names");
    const struct json_node shop = member(&names, "*.shop");
    struct json_node inner, innermost;
    assert_true(json_child(&shop, 0, &inner));
    assert_true(json_child(&inner, 0, &innermost));
    json_error(&innermost, STATUS_MEANING, "deep");

    expect_told(&bench, 0, "m.json: services.api.endpoints.helsinki-1.A[1]: 2 is no address");
    expect_told(&bench, 1, "m.json: services: odd");
    expect_told(&bench, 2, "m.json: at the root");
    expect_told(&bench, 3, "m.json: names.*.shop[0][0]: deep");
    assert_int_equal(report_mistakes(bench.report), 3);
    assert_int_equal(report_warnings(bench.report), 1);
    bench_close(&bench);
}

static void unknown_keys_are_all_told(void **state)
{
    (void)state;
    static const char *const known[] = { "listen", "zones", "workers", NULL };
    static const char *const none[] = { NULL };
    struct bench bench;
    bench_open(
        &bench,
        "{\"listne\": 1, \"zones\": 2, \"colour\": 3, \"comment\": 4, \"inner\": {\"x\": 1}}");
    assert_int_equal(json_expect_keys(&bench.root, known), STATUS_MEANING);
    const struct json_node inner = member(&bench.root, "inner");
    assert_int_equal(json_expect_keys(&inner, none), STATUS_MEANING);
    const struct json_node zones = member(&bench.root, "zones");
    assert_int_equal(json_expect_keys(&zones, known), STATUS_SYNTAX);

    assert_int_equal(report_count(bench.report), 5);
    expect_told(&bench, 0, "m.json: listne: unknown key, did you mean 'listen'?");
    expect_told(&bench, 1, "m.json: colour: unknown key, expected one of: listen, zones, workers");
    expect_told(&bench, 2, "m.json: inner: unknown key, expected one of: listen, zones, workers");
    expect_told(&bench, 3, "m.json: inner.x: unknown key, none is expected here");
    expect_told(&bench, 4, "m.json: zones: expected an object, found a number");
    bench_close(&bench);

    bench_open(&bench, "{\"zones\": 2, \"comment\": \"free\"}");
    assert_int_equal(json_expect_keys(&bench.root, known), STATUS_OK);
    assert_int_equal(report_count(bench.report), 0);
    bench_close(&bench);
}

/* Calls one getter by name; *out is -77 when it left its own alone. */
static enum status get(const struct json_node *node, const char *getter, double *out)
{
    enum status status = STATUS_IO;
    if (strcmp(getter, "integer") == 0) {
        int64_t value = -77;
        status = json_get_integer(node, 1, 65535, &value);
        *out = (double)value;
    } else if (strcmp(getter, "real") == 0) {
        *out = -77;
        status = json_get_real(node, -90, 90, out);
    } else if (strcmp(getter, "bool") == 0) {
        bool value = false;
        status = json_get_bool(node, &value);
        *out = status == STATUS_OK ? value : -77;
    } else if (strcmp(getter, "duration") == 0) {
        uint64_t ms = 77;
        status = json_get_duration(node, 10, 3600000, &ms);
        *out = ms == 77 ? -77 : (double)ms;
    } else if (strcmp(getter, "string") == 0) {
        const char *text = NULL;
        status = json_get_string(node, &text);
        *out = text != NULL ? (double)strlen(text) : -77;
    }
    return status;
}

static void getters_take_what_fits_and_tell_the_rest(void **state)
{
    (void)state;
    static const struct {
        const char *getter, *text;
        enum status status;
        double value; /* a string's length */
        const char *told;
    } cases[] = {
        { "integer", "1", STATUS_OK, 1, NULL },
        { "integer", "65535", STATUS_OK, 65535, NULL },
        { "integer", "65536", STATUS_LIMIT, 0, "65536 is not in 1..65535" },
        { "integer", "0", STATUS_LIMIT, 0, "0 is not in 1..65535" },
        { "integer", "1.5", STATUS_SYNTAX, 0, "expected a whole number, found 1.5" },
        { "integer", "\"1\"", STATUS_SYNTAX, 0, "expected a whole number, found a string" },
        { "real", "60.17", STATUS_OK, 60.17, NULL },
        { "real", "-90", STATUS_OK, -90, NULL },
        { "real", "90.5", STATUS_LIMIT, 0, "90.5 is not in -90..90" },
        { "real", "null", STATUS_SYNTAX, 0, "expected a number, found null" },
        { "bool", "true", STATUS_OK, 1, NULL },
        { "bool", "false", STATUS_OK, 0, NULL },
        { "bool", "1", STATUS_SYNTAX, 0, "expected true or false, found a number" },
        { "bool", "[]", STATUS_SYNTAX, 0, "expected true or false, found a list" },
        { "string", "\"abc\"", STATUS_OK, 3, NULL },
        { "string", "\"\"", STATUS_LIMIT, 0, "expected a string that is not empty" },
        { "string", "\"a\\u0000b\"", STATUS_LIMIT, 0,
          "the string holds a NUL character (\\u0000)" },
        { "string", "\"\\u0000\"", STATUS_LIMIT, 0, "the string holds a NUL character (\\u0000)" },
        { "string", "{}", STATUS_SYNTAX, 0, "expected a string, found an object" },
        { "duration", "\"250ms\"", STATUS_OK, 250, NULL },
        { "duration", "2", STATUS_OK, 2000, NULL },
        { "duration", "0.5", STATUS_OK, 500, NULL },
        { "duration", "\"5ms\"", STATUS_LIMIT, 0, "5ms is not in 10ms..1h" },
        { "duration", "3601", STATUS_LIMIT, 0, "1h1s is not in 10ms..1h" },
        { "duration", "\"10x\"", STATUS_SYNTAX, 0,
          "'10x' is not a duration like \"250ms\", \"10s\", \"5m\", \"2h\", \"1d\" or a number of "
          "seconds" },
        { "duration", "-1", STATUS_LIMIT, 0,
          "-1 is not a duration like \"250ms\", \"10s\", \"5m\", \"2h\", \"1d\" or a number of "
          "seconds" },
        { "duration", "1e300", STATUS_LIMIT, 0,
          "1e+300 is not a duration like \"250ms\", \"10s\", \"5m\", \"2h\", \"1d\" or a number of "
          "seconds" },
        { "duration", "true", STATUS_SYNTAX, 0,
          "expected a duration like \"250ms\", \"10s\", \"5m\", \"2h\", \"1d\" or a number of "
          "seconds, found true or false" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[64], told[256];
        snprintf(text, sizeof text, "{\"k\": %s}", cases[i].text);
        struct bench bench;
        bench_open(&bench, text);
        const struct json_node node = member(&bench.root, "k");
        double value = 0;
        const enum status status = get(&node, cases[i].getter, &value);
        if (status != cases[i].status)
            fail_msg("%s of %s: status %d", cases[i].getter, cases[i].text, status);
        const double expected = status == STATUS_OK ? cases[i].value : -77;
        if (value < expected || value > expected)
            fail_msg("%s of %s: got %g", cases[i].getter, cases[i].text, value);
        assert_int_equal(report_count(bench.report), status == STATUS_OK ? 0 : 1);
        if (status != STATUS_OK) {
            snprintf(told, sizeof told, "m.json: k: %s", cases[i].told);
            expect_told(&bench, 0, told);
        }
        bench_close(&bench);
    }
}

static void kinds_are_told_apart(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum json_kind kind;
    } cases[] = {
        { "null", JSON_KIND_NULL }, { "true", JSON_KIND_BOOL },  { "false", JSON_KIND_BOOL },
        { "1", JSON_KIND_NUMBER },  { "1.5", JSON_KIND_NUMBER }, { "\"\"", JSON_KIND_STRING },
        { "[]", JSON_KIND_ARRAY },  { "{}", JSON_KIND_OBJECT },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bench bench;
        bench_open(&bench, cases[i].text);
        assert_int_equal(json_kind(&bench.root), cases[i].kind);
        bench_close(&bench);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(syntax_errors_name_the_line),
        cmocka_unit_test(nesting_is_bounded),
        cmocka_unit_test(a_file_that_cannot_be_read_says_why),
        cmocka_unit_test(a_file_is_read_whole),
        cmocka_unit_test(members_come_in_the_order_of_the_file),
        cmocka_unit_test(a_mistake_names_its_path),
        cmocka_unit_test(unknown_keys_are_all_told),
        cmocka_unit_test(getters_take_what_fits_and_tell_the_rest),
        cmocka_unit_test(kinds_are_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
