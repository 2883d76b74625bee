#include "geo/table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "dns/base/hash.h"

static uint64_t next_random(uint64_t *state)
{
    *state += 0x9e3779b97f4a7c15u;
    return hash_mix(*state);
}

static void spans_put(struct spans *spans, uint64_t start, uint32_t value)
{
    assert_int_equal(spans_append(spans, start, value), STATUS_OK);
}

static struct table *build(const struct spans *spans)
{
    struct table *table;
    assert_int_equal(table_build(spans, &table), STATUS_OK);
    assert_non_null(table);
    return table;
}

static uint64_t block_mask(unsigned len)
{
    return len == 0 ? 0 : UINT64_MAX << (64 - len);
}

/* True when every key of the block of `len` bits around `key` lies in the span. */
static bool block_fits(const struct spans *spans, size_t span, uint64_t key, unsigned len)
{
    const uint64_t first = key & block_mask(len), last = key | ~block_mask(len);
    const uint64_t end = span + 1 < spans->count ? spans->start[span + 1] - 1 : UINT64_MAX;
    return first >= spans->start[span] && last <= end;
}

/* The table's promise about one key, by brute force: the value, a true block, and no wider one. */
static void check_key(const struct table *table, const struct spans *spans, uint64_t key)
{
    const struct table_leaf leaf = table_find(table, key);

    size_t span = spans->count - 1;
    while (spans->start[span] > key)
        span--;
    if (leaf.value != spans->value[span])
        fail_msg("key %016llx: value %u, not %u", (unsigned long long)key, leaf.value,
                 spans->value[span]);
    if (!block_fits(spans, span, key, leaf.prefix_len))
        fail_msg("key %016llx: /%u reaches outside its span", (unsigned long long)key,
                 leaf.prefix_len);
    if (leaf.prefix_len > 0 && block_fits(spans, span, key, leaf.prefix_len - 1u))
        fail_msg("key %016llx: /%u could be wider", (unsigned long long)key, leaf.prefix_len);
}

static void check_boundaries(const struct table *table, const struct spans *spans)
{
    for (size_t i = 0; i < spans->count; i++) {
        check_key(table, spans, spans->start[i]);
        check_key(table, spans, spans->start[i] + 1);
        check_key(table, spans, spans->start[i] - 1); /* of the first: the last key of all */
    }
}

/* Walks block by block from the lengths that look-ups give; they must tile the whole space. */
static size_t count_blocks_by_walking(const struct table *table)
{
    size_t count = 0;
    for (uint64_t key = 0;;) {
        const struct table_leaf leaf = table_find(table, key);
        const uint64_t last = key | ~block_mask(leaf.prefix_len);

        assert_int_equal(key & ~block_mask(leaf.prefix_len), 0);
        assert_int_equal(table_find(table, last).prefix_len, leaf.prefix_len);
        count++;
        if (last == UINT64_MAX)
            return count;
        key = last + 1;
    }
}

static int by_value(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Cuts at random places that are multiples of 2^(64 - bits), crowded when `crowd` bits are fixed. */
static void random_partition(struct spans *spans, size_t cuts, unsigned bits, unsigned crowd,
                             uint64_t seed)
{
    uint64_t starts[4096];
    assert_true(cuts <= sizeof starts / sizeof *starts);

    const uint64_t around = next_random(&seed) & block_mask(crowd);
    for (size_t i = 0; i < cuts; i++)
        starts[i] = (around | (next_random(&seed) & ~block_mask(crowd))) & block_mask(bits);
    qsort(starts, cuts, sizeof *starts, by_value);

    spans_put(spans, 0, (uint32_t)(next_random(&seed) % 5));
    for (size_t i = 0; i < cuts; i++)
        spans_put(spans, starts[i], (uint32_t)(next_random(&seed) % 5));
}

static void agrees_with_brute_force_on_random_partitions(void **state)
{
    (void)state;
    static const struct {
        size_t cuts;
        unsigned bits, crowd;
    } cases[] = {
        { 1, 1, 0 },     { 3, 4, 0 },     { 10, 8, 0 },    { 30, 24, 0 },    { 30, 24, 16 },
        { 200, 24, 8 },  { 200, 32, 20 }, { 200, 56, 0 },  { 200, 56, 40 },  { 200, 64, 0 },
        { 200, 64, 56 }, { 300, 64, 50 }, { 3000, 56, 3 }, { 3000, 32, 12 }, { 4000, 64, 20 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (uint64_t seed = 1; seed <= 10; seed++) {
            struct spans spans;
            spans_init(&spans);
            random_partition(&spans, cases[i].cuts, cases[i].bits, cases[i].crowd, seed);
            struct table *table = build(&spans);

            check_boundaries(table, &spans);
            uint64_t random = seed;
            for (unsigned n = 0; n < 50; n++)
                check_key(table, &spans, next_random(&random));
            assert_int_equal(count_blocks_by_walking(table), table_leaf_count(table));
            table_free(table);
            spans_release(&spans);
        }
    }
}

static void one_span_is_one_block(void **state)
{
    (void)state;
    struct spans spans;
    spans_init(&spans);
    spans_put(&spans, 0, TABLE_VALUE_LIMIT - 1);
    struct table *table = build(&spans);

    const uint64_t keys[] = { 0, 1, UINT64_C(1) << 63, UINT64_MAX };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const struct table_leaf leaf = table_find(table, keys[i]);
        assert_int_equal(leaf.value, TABLE_VALUE_LIMIT - 1);
        assert_int_equal(leaf.prefix_len, 0);
    }
    assert_int_equal(table_leaf_count(table), 1);
    assert_true(table_footprint(table) < 1024);
    table_free(table);
    spans_release(&spans);
}

static void one_key_alone_is_a_block_of_64_bits(void **state)
{
    (void)state;
    struct spans spans;
    spans_init(&spans);
    spans_put(&spans, 0, 1);
    spans_put(&spans, 0xdeadbeef00000001u, 2);
    spans_put(&spans, 0xdeadbeef00000002u, 1);
    struct table *table = build(&spans);

    assert_int_equal(table_find(table, 0xdeadbeef00000001u).value, 2);
    assert_int_equal(table_find(table, 0xdeadbeef00000001u).prefix_len, 64);
    assert_int_equal(table_find(table, 0xdeadbeef00000000u).value, 1);
    assert_int_equal(table_find(table, 0xdeadbeef00000000u).prefix_len, 64);
    assert_int_equal(table_find(table, 0).prefix_len, 1);
    assert_int_equal(table_leaf_count(table), 65);
    check_boundaries(table, &spans);
    table_free(table);
    spans_release(&spans);
}

static void refuses_a_value_that_no_leaf_can_hold(void **state)
{
    (void)state;
    struct spans spans;
    struct table *table = (struct table *)&spans; /* must be overwritten */
    spans_init(&spans);
    spans_put(&spans, 0, 7);
    spans_put(&spans, 1, TABLE_VALUE_LIMIT);

    assert_int_equal(table_build(&spans, &table), STATUS_LIMIT);
    assert_null(table);
    spans_release(&spans);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_brute_force_on_random_partitions),
        cmocka_unit_test(one_span_is_one_block),
        cmocka_unit_test(one_key_alone_is_a_block_of_64_bits),
        cmocka_unit_test(refuses_a_value_that_no_leaf_can_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
