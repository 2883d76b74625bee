#include "geo/spans.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define K(top_octet) ((uint64_t)(top_octet) << 56)

struct step {
    uint64_t start;
    uint32_t value;
};

static const struct {
    const char *what;
    struct step appended[6];
    size_t appended_count;
    struct step kept[6];
    size_t kept_count;
} append_cases[] = {
    {"one span is the whole space",               { { 0, 7 } },              1, { { 0, 7 } },                    1},
    { "neighbours of different value",            { { 0, 1 }, { K(1), 2 } }, 2, { { 0, 1 }, { K(1), 2 } },       2},
    { "an equal value goes on",
     { { 0, 1 }, { K(1), 1 }, { K(2), 2 } },
     3,                                                                         { { 0, 1 }, { K(2), 2 } },
     2                                                                                                            },
    { "the same start replaces",                  { { 0, 1 }, { 0, 2 } },    2, { { 0, 2 } },                    1},
    { "the same start and value changes nothing",
     { { 0, 1 }, { K(1), 2 }, { K(1), 2 } },
     3,                                                                         { { 0, 1 }, { K(1), 2 } },
     2                                                                                                            },
    { "replaced by what was before it, it joins",
     { { 0, 1 }, { K(1), 2 }, { K(1), 1 } },
     3,                                                                         { { 0, 1 } },
     1                                                                                                            },
    { "the last key of all",
     { { 0, 1 }, { UINT64_MAX, 2 } },
     2,                                                                         { { 0, 1 }, { UINT64_MAX, 2 } },
     2                                                                                                            },
};

static void keeps_neighbours_different(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof append_cases / sizeof *append_cases; i++) {
        struct spans spans;
        spans_init(&spans);
        for (size_t j = 0; j < append_cases[i].appended_count; j++)
            assert_int_equal(STATUS_OK, spans_append(&spans, append_cases[i].appended[j].start,
                                                     append_cases[i].appended[j].value));
        if (spans.count != append_cases[i].kept_count)
            fail_msg("%s: %zu spans", append_cases[i].what, spans.count);
        for (size_t j = 0; j < spans.count; j++)
            if (spans.start[j] != append_cases[i].kept[j].start ||
                spans.value[j] != append_cases[i].kept[j].value)
                fail_msg("%s: span %zu differs", append_cases[i].what, j);
        spans_release(&spans);
        assert_int_equal(0, spans.count);
        assert_null(spans.start);
    }
}

/* 0/8: 1   1/8 .. 3/8: 2   4/6: 3   8/8 .. end: 4, but the very last key: 5 */
static void five_spans(struct spans *spans)
{
    static const struct step steps[] = {
        {0,           1},
        { K(1),       2},
        { K(4),       3},
        { K(8),       4},
        { UINT64_MAX, 5},
    };
    spans_init(spans);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        assert_int_equal(STATUS_OK, spans_append(spans, steps[i].start, steps[i].value));
}

static const struct {
    const char *what;
    uint64_t key;
    uint32_t value;
    uint8_t most, prefix_len;
} find_cases[] = {
    {"the first key",                          0,              1, 32, 8 },
    { "the last key of the first span",        K(1) - 1,       1, 32, 8 },
    { "a start belongs to its span",           K(1),           2, 32, 8 },
    { "two blocks of one span: the small one", K(1) + 99,      2, 32, 8 },
    { "two blocks of one span: the large one", K(2),           2, 32, 7 },
    { "an aligned span is one block",          K(5),           3, 32, 6 },
    { "wide country",                          K(0x90),        4, 32, 2 },
    { "0x80 and up, but for the last key",     K(0x80),        4, 32, 2 },
    { "near the end",                          K(0xff),        4, 64, 9 },
    { "one key before the last",               UINT64_MAX - 1, 4, 64, 64},
    { "one key, all its bits",                 UINT64_MAX,     5, 64, 64},
    { "one key, fewer bits asked for",         UINT64_MAX,     5, 32, 32},
};

static void finds_span_and_largest_block(void **state)
{
    (void)state;
    struct spans spans;
    five_spans(&spans);
    for (size_t i = 0; i < sizeof find_cases / sizeof *find_cases; i++) {
        const uint64_t key = find_cases[i].key;
        const uint32_t value = spans.value[spans_find(&spans, key)];
        if (value != find_cases[i].value)
            fail_msg("%s: value %u", find_cases[i].what, value);
        const uint8_t len = spans_prefix_len(&spans, key, find_cases[i].most);
        if (len != find_cases[i].prefix_len)
            fail_msg("%s: /%u, expected /%u", find_cases[i].what, len, find_cases[i].prefix_len);
    }
    spans_release(&spans);
}

static void one_span_is_one_block(void **state)
{
    (void)state;
    struct spans spans;
    spans_init(&spans);
    assert_int_equal(STATUS_OK, spans_append(&spans, 0, 9));
    assert_int_equal(0, spans_find(&spans, UINT64_MAX));
    assert_int_equal(0, spans_prefix_len(&spans, K(77), 32));
    spans_release(&spans);
}

/* Against a scan from the front, with counts around the sizes at which arrays grow. */
static void finds_what_a_scan_finds(void **state)
{
    (void)state;
    uint64_t seed = 20240607;
    for (size_t count = 1; count < 300; count += 7) {
        struct spans spans;
        spans_init(&spans);
        uint64_t start = 0;
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(STATUS_OK, spans_append(&spans, start, (uint32_t)i));
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            start += 1 + (seed >> 40);
        }
        spans_trim(&spans);
        assert_int_equal(count, spans.count);
        assert_int_equal(count, spans.cap);
        for (uint64_t key = 0; key < start + 5; key += start / 97 + 1) {
            size_t expected = 0;
            while (expected + 1 < count && spans.start[expected + 1] <= key)
                expected++;
            assert_int_equal(expected, spans_find(&spans, key));
        }
        spans_release(&spans);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_neighbours_different),
        cmocka_unit_test(finds_span_and_largest_block),
        cmocka_unit_test(one_span_is_one_block),
        cmocka_unit_test(finds_what_a_scan_finds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
