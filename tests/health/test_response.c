#include "health/response.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* An exact-size copy: the sanitizer sees one octet of overrun. */
static struct probe_result judge(const struct probe_spec *spec, long status, const char *body,
                                 size_t len)
{
    struct probe_result result = { .good = false };
    char *copy = malloc(len + 1);
    assert_non_null(copy);
    memcpy(copy + 1, body, len);
    response_judge(spec, status, copy + 1, len, &result);
    free(copy);
    return result;
}

static void the_status_is_one_of_the_ranges(void **state)
{
    (void)state;
    static const struct {
        long status;
        bool good;
    } cases[] = {
        { 199, false }, { 200, true },  { 204, true },  { 299, true }, { 300, false },
        { 401, true },  { 400, false }, { 402, false }, { 0, false },  { 999, false },
    };
    const struct probe_spec spec = { .status = { { 200, 299 }, { 401, 401 } }, .status_count = 2 };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct probe_result result = judge(&spec, cases[i].status, "", 0);
        if (result.good != cases[i].good)
            fail_msg("%ld is %s", cases[i].status, result.good ? "good" : "bad");
    }
    assert_string_equal(judge(&spec, 503, "", 0).reason, "HTTP 503");
}

static void the_body_holds_the_words(void **state)
{
    (void)state;
    const struct probe_spec spec = {
        .status = { { 200, 200 } },
        .status_count = 1,
        .body = "ready",
    };
    static const struct {
        const char *body;
        size_t len;
        bool good;
    } cases[] = {
        { "ready", 5, true },  { "not ready!", 10, true }, { "read", 4, false },  { "", 0, false },
        { "READY", 5, false }, { "re\0ready", 8, true },   { "ready", 4, false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct probe_result result = judge(&spec, 200, cases[i].body, cases[i].len);
        if (result.good != cases[i].good)
            fail_msg("'%s' (%zu): '%s'", cases[i].body, cases[i].len, result.reason);
    }
    assert_false(judge(&spec, 500, "ready", 5).good); /* the status comes first */
}

#define TEXT(t)                               \
    {                                         \
        .kind = JSON_KIND_STRING, .text = (t) \
    }
#define NUMBER(n)                               \
    {                                           \
        .kind = JSON_KIND_NUMBER, .number = (n) \
    }
#define TRUTH(t)                             \
    {                                        \
        .kind = JSON_KIND_BOOL, .truth = (t) \
    }
#define NOTHING                \
    {                          \
        .kind = JSON_KIND_NULL \
    }

static const char document[] =
    "{\"status\": \"green\", \"empty\": \"\", \"load\": 0.5, \"nodes\": 3, \"ready\": true,"
    " \"fault\": null, \"list\": [10, {\"name\": \"deep\"}], \"a/b\": 1, \"m~n\": 2, \"\": 4,"
    " \"nul\": \"a\\u0000b\"}";

static const struct {
    const char *pointer;
    struct probe_scalar value;
    bool good;
} pointers[] = {
    { "/status", TEXT("green"), true },
    { "/status", TEXT("red"), false },
    { "/status", TEXT("gree"), false },
    { "/status", TRUTH(true), false },
    { "/empty", TEXT("green"), false },
    { "/nul", TEXT("a"), false },
    { "/load", NUMBER(0.5), true },
    { "/load", NUMBER(0.25), false },
    { "/nodes", NUMBER(3), true },
    { "/nodes", TEXT("3"), false },
    { "/ready", TRUTH(true), true },
    { "/ready", TRUTH(false), false },
    { "/fault", NOTHING, true },
    { "/status", NOTHING, false },
    { "/list/0", NUMBER(10), true },
    { "/list/1/name", TEXT("deep"), true },
    { "/list/1/name", TEXT("shallow"), false },
    { "/list/00", NUMBER(10), false },
    { "/list/2", NUMBER(10), false },
    { "/list/-", NUMBER(10), false },
    { "/list/99999999999999999999", NUMBER(10), false },
    { "/list", NUMBER(10), false },
    { "/a~1b", NUMBER(1), true },
    { "/m~0n", NUMBER(2), true },
    { "/", NUMBER(4), true },
    { "/missing", TEXT("green"), false },
    { "/status/deeper", TEXT("green"), false },
};

static void the_json_value_stands_at_the_pointer(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof pointers / sizeof *pointers; i++) {
        const struct probe_spec spec = {
            .status = { { 200, 200 } },
            .status_count = 1,
            .json_pointer = pointers[i].pointer,
            .json_value = pointers[i].value,
        };
        const struct probe_result result = judge(&spec, 200, document, sizeof document - 1);
        if (result.good != pointers[i].good)
            fail_msg("row %zu, %s: '%s'", i, pointers[i].pointer, result.reason);
        assert_false(result.inconclusive);
    }
}

static void what_is_no_json_is_a_failed_probe(void **state)
{
    (void)state;
    static const char *const bodies[] = { "", "{", "nonsense", "{\"status\": \"green\"} x",
                                          "{\"status\": \"green\", \"status\": \"green\"}" };
    const struct probe_spec spec = {
        .status = { { 200, 200 } },
        .status_count = 1,
        .json_pointer = "/status",
        .json_value = TEXT("green"),
    };
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        const struct probe_result result = judge(&spec, 200, bodies[i], strlen(bodies[i]));
        assert_false(result.good);
        assert_string_equal(result.reason, "the body is not JSON");
    }
    /* Nested as deep as one body can be. */
    static char deep[RESPONSE_BODY_LOOKED_AT];
    memset(deep, '[', sizeof deep);
    assert_false(judge(&spec, 200, deep, sizeof deep).good);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_status_is_one_of_the_ranges),
        cmocka_unit_test(the_body_holds_the_words),
        cmocka_unit_test(the_json_value_stands_at_the_pointer),
        cmocka_unit_test(what_is_no_json_is_a_failed_probe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
