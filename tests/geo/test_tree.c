#include "geo/tree.h"

#include <stdbool.h>

#include "tests/geo/compose.h"

enum { DATA_LEN = 100, NODES_MOST = 64 };

/* A tree of records written with 24, 28 or 32 bits each. */
struct forest {
    uint32_t records[NODES_MOST][2];
    uint32_t node_count;
    uint8_t *octets;
    struct tree tree;
    struct report *report;
};

static void forest_encode(struct forest *forest, unsigned node_len, uint16_t ip_version)
{
    forest->octets = malloc((size_t)forest->node_count * node_len);
    assert_non_null(forest->octets);
    for (uint32_t i = 0; i < forest->node_count; i++) {
        uint8_t *at = forest->octets + (size_t)i * node_len;
        const uint32_t left = forest->records[i][0], right = forest->records[i][1];
        const uint64_t both = node_len == 6   ? (uint64_t)left << 24 | right
                              : node_len == 7 ? (uint64_t)(left & 0xffffff) << 32 |
                                                    (uint64_t)(left >> 24) << 28 | right
                                              : (uint64_t)left << 32 | right;
        for (unsigned j = 0; j < node_len; j++)
            at[j] = (uint8_t)(both >> 8 * (node_len - 1 - j));
    }
    forest->tree =
        (struct tree){ forest->octets, node_len, forest->node_count, ip_version, DATA_LEN };
    forest->report = report_new();
    assert_non_null(forest->report);
}

static void forest_drop(struct forest *forest)
{
    free(forest->octets);
    report_free(forest->report);
}

static enum status forest_walk(const struct forest *forest, uint8_t v4_bits, uint8_t v6_bits,
                               struct spans *v4, struct spans *v6, uint32_t **offsets,
                               uint32_t *count)
{
    const struct diag diag = { .report = forest->report, .file = "tree" };
    return tree_walk(&forest->tree, &diag, v4_bits, v6_bits, v4, v6, offsets, count);
}

/* ---- against a descent bit by bit ------------------------------------------- */

static uint32_t pick(uint64_t *seed, uint32_t below)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*seed >> 33) % below;
}

/* Children have higher numbers than their node, so there is no cycle; some nodes are shared. */
static void forest_grow(struct forest *forest, uint64_t *seed, bool deep)
{
    forest->node_count = deep ? NODES_MOST : 2 + pick(seed, NODES_MOST - 2);
    for (uint32_t i = 0; i < forest->node_count; i++)
        for (int side = 0; side < 2; side++) {
            uint32_t *record = &forest->records[i][side];
            const bool leaf = deep ? side == 1 : pick(seed, 3) == 0;
            if (i + 1 < forest->node_count && !leaf)
                *record = i + 1 + (deep ? 0 : pick(seed, forest->node_count - i - 1 > 3 ? 3 : 1));
            else if (pick(seed, 3) == 0)
                *record = forest->node_count;
            else
                *record = forest->node_count + TREE_SEPARATOR_LEN + pick(seed, DATA_LEN);
        }
}

/* How many bits lead to the network left out of the IPv6 partition that has this key; 0: none. */
static unsigned hole_len(uint64_t key, uint8_t grain)
{
    const unsigned len = key == 0                    ? 64
                         : key == 0x0064ff9b00000000 ? 64
                         : key >> 32 == 0x20010000   ? 32
                         : key >> 48 == 0x2002       ? 16
                                                     : 0;
    return len < grain ? len : grain;
}

/*
 * What a plain reader finds for an address, `zeros` bits of zero and then the
 * key's: 0 or offset + 1. With `hole`, 0 for what is still a node that far down.
 */
static uint32_t descend(const struct forest *forest, unsigned zeros, uint64_t key, unsigned hole)
{
    uint32_t record = 0;
    for (unsigned depth = 0; record < forest->node_count; depth++) {
        const bool in_key = depth >= zeros && depth < zeros + 64;
        record = forest->records[record][in_key ? key >> (63 - (depth - zeros)) & 1 : 0];
        if (hole != 0 && depth + 1 == hole)
            return 0;
    }
    return record == forest->node_count ? 0 : record - forest->node_count - TREE_SEPARATOR_LEN + 1;
}

static uint32_t span_offset(const struct spans *spans, uint64_t key, const uint32_t *offsets)
{
    const uint32_t value = spans->value[spans_find(spans, key)];
    return value == 0 ? 0 : offsets[value - 1] + 1;
}

/* The bits of a key finer than the grain. */
static uint64_t fine_bits(uint8_t grain)
{
    return grain == 64 ? 0 : UINT64_MAX >> grain;
}

static void compare_family(const struct forest *forest, const struct spans *spans, unsigned zeros,
                           uint8_t grain, const uint32_t *offsets, uint64_t *seed)
{
    assert_int_equal(0, spans->start[0]);
    for (size_t i = 1; i < spans->count; i++) {
        assert_true(spans->start[i] > spans->start[i - 1]);
        assert_true(spans->value[i] != spans->value[i - 1]);
        assert_int_equal(0, spans->start[i] & fine_bits(grain));
    }
    for (int i = 0; i < 300; i++) {
        /* Few bits set: deep trees are met near zero. And now and then 2002::/16. */
        uint64_t key = (uint64_t)pick(seed, UINT32_MAX) << 32;
        key = i % 10 == 0 ? key >> 16 | (uint64_t)0x2002 << 48 : key >> pick(seed, 33);
        key &= ~fine_bits(grain); /* the first address of a block decides */
        const bool v6 = zeros == 0 && forest->tree.ip_version == 6;
        const uint32_t expected = descend(forest, zeros, key, v6 ? hole_len(key, grain) : 0);
        const uint32_t found = span_offset(spans, key, offsets);
        if (found != expected)
            fail_msg("key %016llx at /%u: %u, expected %u", (unsigned long long)key, grain, found,
                     expected);
    }
}

static void agrees_with_a_plain_descent(void **state)
{
    (void)state;
    uint64_t seed = 7;
    int compared = 0;
    for (int round = 0; round < 300; round++) {
        struct forest forest;
        const uint16_t ip_version = round % 2 ? 6 : 4;
        const uint8_t v4_bits = (uint8_t)(1 + pick(&seed, 32));
        const uint8_t v6_bits = (uint8_t)(33 + pick(&seed, 32));
        forest_grow(&forest, &seed, ip_version == 6 && round % 3 == 0);
        forest_encode(&forest, 6 + (unsigned)round % 3, ip_version);

        struct spans v4, v6;
        uint32_t *offsets, count;
        const enum status status =
            forest_walk(&forest, v4_bits, v6_bits, &v4, &v6, &offsets, &count);
        if (status != STATUS_OK) {
            /* Random sharing may exceed what a real file does; then it is refused in words. */
            assert_int_equal(1, report_mistakes(forest.report));
            forest_drop(&forest);
            continue;
        }
        compare_family(&forest, &v4, ip_version == 6 ? 96 : 0, v4_bits, offsets, &seed);
        if (ip_version == 6)
            compare_family(&forest, &v6, 0, v6_bits, offsets, &seed);
        else
            assert_int_equal(1, v6.count);
        for (uint32_t i = 1; i < count; i++)
            assert_true(offsets[i - 1] < offsets[i]);
        compared++;
        free(offsets);
        spans_release(&v4);
        spans_release(&v6);
        forest_drop(&forest);
    }
    assert_true(compared > 200);
}

/* ---- damage ------------------------------------------------------------------ */

enum { NOTHING = 3, FIRST = 3 + TREE_SEPARATOR_LEN }; /* for trees of three nodes */

static const struct {
    const char *what;
    uint32_t records[3][2];
    const char *complaint;
} damaged[] = {
    { "a node that is its own child", { { 0, FIRST } }, "cyclic" },
    { "a cycle over three nodes", { { 1, FIRST }, { NOTHING, 2 }, { FIRST, 0 } }, "cyclic" },
    { "a cycle away from the root", { { 1, FIRST }, { FIRST, 2 }, { 1, FIRST } }, "cyclic" },
    { "a record in the separator", { { FIRST, FIRST - 1 } }, "outside the data section" },
    { "a record just behind the data",
      { { FIRST + DATA_LEN, FIRST } },
      "outside the data section" },
    { "the largest record", { { 0xffffff, FIRST } }, "outside the data section" },
};

static void refuses_damaged_trees_in_words(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++)
        for (uint16_t ip_version = 4; ip_version <= 6; ip_version += 2) {
            struct forest forest = { .node_count = 3 };
            memcpy(forest.records, damaged[i].records, sizeof damaged[i].records);
            forest_encode(&forest, 6, ip_version);
            struct spans v4, v6;
            uint32_t *offsets, count;
            if (forest_walk(&forest, 24, 56, &v4, &v6, &offsets, &count) == STATUS_OK)
                fail_msg("%s is accepted", damaged[i].what);
            assert_int_equal(0, v4.count);
            assert_int_equal(0, v6.count);
            /* ::/96 of a cyclic tree ends below a leaf or in the cycle: any refusal will do. */
            if (ip_version == 4 &&
                strstr(report_text(forest.report, 0), damaged[i].complaint) == NULL)
                fail_msg("%s: %s", damaged[i].what, report_text(forest.report, 0));
            forest_drop(&forest);
        }
}

/* Each level twice the next: 2^31 paths from 31 nodes. */
static void a_tree_that_shares_without_end_is_refused(void **state)
{
    (void)state;
    struct forest forest = { .node_count = 31 };
    for (uint32_t i = 0; i < 31; i++)
        forest.records[i][0] = forest.records[i][1] = i + 1;
    forest_encode(&forest, 6, 4);
    struct spans v4, v6;
    uint32_t *offsets, count;
    assert_int_equal(STATUS_SYNTAX, forest_walk(&forest, 32, 56, &v4, &v6, &offsets, &count));
    assert_non_null(strstr(report_text(forest.report, 0), "over and over"));
    forest_drop(&forest);
}

/* A chain of zeros longer than an IPv4 address. */
static void a_tree_deeper_than_an_address_is_refused(void **state)
{
    (void)state;
    struct forest forest = { .node_count = 40 };
    for (uint32_t i = 0; i < 40; i++) {
        forest.records[i][0] = i + 1;
        forest.records[i][1] = 40 + TREE_SEPARATOR_LEN;
    }
    forest_encode(&forest, 7, 4);
    struct spans v4, v6;
    uint32_t *offsets, count;
    assert_int_equal(STATUS_SYNTAX, forest_walk(&forest, 24, 56, &v4, &v6, &offsets, &count));
    assert_non_null(strstr(report_text(forest.report, 0), "deeper"));
    forest_drop(&forest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_a_plain_descent),
        cmocka_unit_test(refuses_damaged_trees_in_words),
        cmocka_unit_test(a_tree_that_shares_without_end_is_refused),
        cmocka_unit_test(a_tree_deeper_than_an_address_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
