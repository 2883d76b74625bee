#include "geo/table.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

#include "dns/base/courtesy.h"

/*
 * The key from its most significant bit:
 *
 *   | direct_bits |  6  |  6  | ... |        16 + 8 * 6 = 10 + 9 * 6 = 4 + 10 * 6 = 64
 *
 *   direct   [ leaf | node | leaf | ... ]    2^direct_bits words
 *                       |
 *   nodes    [ { inner 0..1..0, first 1..0..1, leaf_base, node_base } ... ]
 *
 * In a node, bit i of `inner` says that slot i goes on in another node, bit i of
 * `first` that slot i is a leaf that differs from the leaf slot before it. So
 * counting bits gives the index into the node's run of nodes or leaves, and
 * neighbouring slots of one block share one word.
 *
 * A small partition gets a small direct table: a server may hold thousands of
 * policies that tell a handful of networks apart.
 */
enum { STEP = 6, SLOTS = 1 << STEP, LEVELS = 64, DIRECT_LEAST = 4, DIRECT_MOST = 16 };

/* A leaf in one word: the value above 7 bits of prefix length. A direct entry may be a node instead. */
enum { LEN_BITS = 7 };
#define INNER_FLAG UINT32_C(0x80000000)

_Static_assert((LEVELS - DIRECT_MOST) % STEP == 0, "steps must end at the last bit");
_Static_assert((TABLE_VALUE_LIMIT - 1) << LEN_BITS >> LEN_BITS == TABLE_VALUE_LIMIT - 1,
               "a value and its length must leave the flag alone");

struct node {
    uint64_t inner;
    uint64_t first;
    uint32_t leaf_base;
    uint32_t node_base;
};

struct table {
    unsigned direct_bits;
    uint32_t *direct;
    struct node *nodes;
    uint32_t *leaves;
    size_t node_count, node_cap;
    size_t leaf_count, leaf_cap; /* words in `leaves` */
    size_t block_count;
};

/* Where a node that is still to be filled stands. */
struct pending {
    uint64_t key;
    uint32_t span; /* the one that holds the key */
    uint8_t level; /* bits in front of it */
};

struct builder {
    const struct spans *spans;
    struct table *table;
    struct pending *pending; /* one for each node */
    size_t pending_cap;
};

static uint32_t leaf_pack(uint32_t value, unsigned len)
{
    return value << LEN_BITS | len;
}

static struct table_leaf leaf_unpack(uint32_t word)
{
    return (struct table_leaf){ .value = word >> LEN_BITS,
                                .prefix_len = (uint8_t)(word & ((1u << LEN_BITS) - 1)) };
}

/* The last key of the block of `len` bits that begins at `key`. */
static uint64_t block_last(uint64_t key, unsigned len)
{
    return len >= LEVELS ? key : key | UINT64_MAX >> len;
}

static uint64_t span_last(const struct spans *spans, size_t index)
{
    return index + 1 < spans->count ? spans->start[index + 1] - 1 : UINT64_MAX;
}

/*
 * The length of the largest aligned block that contains `key` and lies within
 * the span: it must part from the keys just outside on either side.
 */
static unsigned widest_len(const struct spans *spans, size_t index, uint64_t key)
{
    const uint64_t start = spans->start[index], last = span_last(spans, index);
    unsigned len = 0;

    if (start != 0)
        len = (unsigned)__builtin_clzll(key ^ (start - 1)) + 1;
    if (last != UINT64_MAX) {
        const unsigned upper = (unsigned)__builtin_clzll(key ^ (last + 1)) + 1;
        len = upper > len ? upper : len;
    }
    return len;
}

/* The array with room for one more element; NULL when memory is out, the array then stays. */
static void *with_room(void *array, size_t *cap, size_t count, size_t size)
{
    if (count < *cap)
        return array;

    const size_t more = *cap == 0 ? 64 : *cap * 2;
    void *grown = more > SIZE_MAX / size ? NULL : realloc(array, more * size);
    if (grown != NULL)
        *cap = more;
    return grown;
}

static bool add_leaf(struct table *table, uint32_t word)
{
    uint32_t *leaves =
        with_room(table->leaves, &table->leaf_cap, table->leaf_count, sizeof *leaves);
    if (leaves == NULL)
        return false;
    table->leaves = leaves;
    leaves[table->leaf_count++] = word;
    return true;
}

static bool add_node(struct builder *b, uint64_t key, size_t span, unsigned level)
{
    struct table *table = b->table;
    const size_t count = table->node_count;

    struct node *nodes = with_room(table->nodes, &table->node_cap, count, sizeof *nodes);
    if (nodes == NULL)
        return false;
    table->nodes = nodes;

    struct pending *pending = with_room(b->pending, &b->pending_cap, count, sizeof *pending);
    if (pending == NULL)
        return false;
    b->pending = pending;

    nodes[count] = (struct node){ 0 };
    pending[count] = (struct pending){ .key = key, .span = (uint32_t)span, .level = (uint8_t)level };
    table->node_count++;
    return true;
}

/*
 * What stands at the slot of `len` bits from `key`: a leaf in *word, or, when
 * several spans meet in the slot, nothing (false). *span moves along. A block
 * may cover many slots, and is counted at the one it begins with.
 */
static bool slot_is_leaf(struct builder *b, uint64_t key, unsigned len, size_t *span,
                         uint32_t *word)
{
    const struct spans *spans = b->spans;

    while (span_last(spans, *span) < key)
        (*span)++;
    if (span_last(spans, *span) < block_last(key, len))
        return false;

    const unsigned block_len = widest_len(spans, *span, key);
    b->table->block_count += (key & block_last(0, block_len)) == 0;
    *word = leaf_pack(spans->value[*span], block_len);
    return true;
}

/* The first slot of a node that is not in the block of `len` bits around `key`. */
static unsigned slot_behind(const struct pending *at, unsigned level, uint64_t key, unsigned len)
{
    const uint64_t slots = (block_last(key, len) - at->key) >> (LEVELS - level);
    return slots < SLOTS ? (unsigned)slots + 1 : SLOTS;
}

/* Fills one node's slots; the nodes below it are appended side by side and wait for their turn. */
static bool fill_node(struct builder *b, size_t index)
{
    struct table *table = b->table;
    const struct pending at = b->pending[index];
    const unsigned level = at.level + STEP;
    struct node node = { .leaf_base = (uint32_t)table->leaf_count,
                         .node_base = (uint32_t)table->node_count };
    size_t span = at.span;
    bool leaf_before = false;

    for (unsigned slot = 0; slot < SLOTS;) {
        const uint64_t key = at.key | (uint64_t)slot << (LEVELS - level);
        const uint64_t bit = UINT64_C(1) << slot;
        uint32_t word;

        if (!slot_is_leaf(b, key, level, &span, &word)) {
            node.inner |= bit;
            if (!add_node(b, key, span, level))
                return false;
            slot++;
            continue;
        }
        if (!leaf_before || table->leaves[table->leaf_count - 1] != word) {
            node.first |= bit;
            leaf_before = true;
            if (!add_leaf(table, word))
                return false;
        }
        slot = slot_behind(&at, level, key, leaf_unpack(word).prefix_len);
    }
    table->nodes[index] = node;
    return true;
}

static bool fill_direct(struct builder *b)
{
    struct table *table = b->table;
    const size_t slots = (size_t)1 << table->direct_bits;
    size_t span = 0;

    table->direct = calloc(slots, sizeof *table->direct);
    if (table->direct == NULL)
        return false;
    for (size_t slot = 0; slot < slots; slot++) {
        const uint64_t key = (uint64_t)slot << (LEVELS - table->direct_bits);

        if (slot_is_leaf(b, key, table->direct_bits, &span, &table->direct[slot]))
            continue;
        table->direct[slot] = INNER_FLAG | (uint32_t)table->node_count;
        if (!add_node(b, key, span, table->direct_bits))
            return false;
    }
    return true;
}

static unsigned choose_direct_bits(size_t span_count)
{
    unsigned bits = DIRECT_LEAST;
    while (bits < DIRECT_MOST && span_count >> bits > 1)
        bits += STEP;
    return bits;
}

/* Gives back the slack of doubling; a failure to shrink is no failure. */
static void *trimmed(void *array, size_t count, size_t size)
{
    void *fitting = count == 0 ? NULL : realloc(array, count * size);
    return fitting != NULL ? fitting : array;
}

enum status table_build(const struct spans *spans, struct table **out)
{
    struct builder b = { .spans = spans };
    enum status status = STATUS_MEMORY;

    assert(spans->count > 0 && spans->start[0] == 0);
    *out = NULL;
    if (spans->count > UINT32_MAX)
        return STATUS_LIMIT;
    for (size_t i = 0; i < spans->count; i++)
        if (spans->value[i] >= TABLE_VALUE_LIMIT)
            return STATUS_LIMIT;

    b.table = calloc(1, sizeof *b.table);
    if (b.table == NULL)
        return STATUS_MEMORY;
    b.table->direct_bits = choose_direct_bits(spans->count);
    if (!fill_direct(&b))
        goto out;
    for (size_t i = 0; i < b.table->node_count; i++) {
        courtesy_spent(300);
        if (!fill_node(&b, i))
            goto out;
        if (b.table->node_count >= INNER_FLAG || b.table->leaf_count >= UINT32_MAX) {
            status = STATUS_LIMIT;
            goto out;
        }
    }
    b.table->nodes = trimmed(b.table->nodes, b.table->node_count, sizeof *b.table->nodes);
    b.table->leaves = trimmed(b.table->leaves, b.table->leaf_count, sizeof *b.table->leaves);
    *out = b.table;
    b.table = NULL;
    status = STATUS_OK;
out:
    free(b.pending);
    table_free(b.table);
    return status;
}

void table_free(struct table *table)
{
    if (table == NULL)
        return;
    free(table->direct);
    free(table->nodes);
    free(table->leaves);
    free(table);
}

struct table_leaf table_find(const struct table *table, uint64_t key)
{
    const uint32_t entry = table->direct[key >> (LEVELS - table->direct_bits)];
    if (!(entry & INNER_FLAG))
        return leaf_unpack(entry);

    const struct node *node = &table->nodes[entry & ~INNER_FLAG];
    key <<= table->direct_bits;
    for (;;) {
        const unsigned slot = (unsigned)(key >> (LEVELS - STEP));
        const uint64_t up_to = UINT64_MAX >> (SLOTS - 1 - slot); /* slots 0 .. slot */

        if (!(node->inner >> slot & 1)) {
            const unsigned nth = (unsigned)__builtin_popcountll(node->first & up_to);
            return leaf_unpack(table->leaves[node->leaf_base + nth - 1]);
        }
        node =
            &table
                 ->nodes[node->node_base + (unsigned)__builtin_popcountll(node->inner & up_to) - 1];
        key <<= STEP;
    }
}

size_t table_leaf_count(const struct table *table)
{
    return table->block_count;
}

size_t table_footprint(const struct table *table)
{
    return sizeof *table + ((size_t)1 << table->direct_bits) * sizeof *table->direct +
           table->node_count * sizeof *table->nodes + table->leaf_count * sizeof *table->leaves;
}
