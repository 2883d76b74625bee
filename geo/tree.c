#include "geo/tree.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>

#include "dns/base/courtesy.h"

/*
 * How often nodes may be met on average. Trees meet each once, but files repeat
 * their IPv4 part in other networks, and some writers share subtrees.
 */
enum { MEETINGS_PER_NODE = 8, MEETINGS_FLOOR = 1024 };

/* A network that is not part of the IPv6 partition, `len` no longer than the grain. */
struct hole {
    uint64_t key;
    uint8_t len;
};

enum { HOLES = 4 };

enum node_state { NODE_NEW, NODE_OPEN, NODE_DONE };

struct walk {
    const struct diag *diag;
    struct tree tree;
    uint8_t *states;        /* enum node_state of each node */
    uint64_t *found;        /* a bit for each octet of the data section where a record begins */
    uint64_t meetings_left; /* see MEETINGS_PER_NODE */

    /* For the family at hand. */
    uint8_t address_bits, grain;
    struct hole holes[HOLES];
    size_t hole_count;
    struct spans *spans; /* of offset + 1 until the walk is over */
};

/* What the tree holds on one side of a node: a node, "nothing" (node_count), or a record. */
static inline uint32_t tree_read(const struct walk *walk, uint32_t node, unsigned side)
{
    const uint8_t *at = walk->tree.octets + (size_t)node * walk->tree.node_len;
    switch (walk->tree.node_len) {
    case 6:
        at += 3 * side;
        return (uint32_t)at[0] << 16 | (uint32_t)at[1] << 8 | at[2];
    case 7: {
        const uint32_t high = side == 0 ? at[3] >> 4 : at[3] & 15u;
        at += 4 * side;
        return high << 24 | (uint32_t)at[0] << 16 | (uint32_t)at[1] << 8 | at[2];
    }
    default:
        at += 4 * side;
        return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
    }
}

static enum status walk_emit(struct walk *walk, uint64_t key, uint32_t record)
{
    uint32_t value = 0;
    if (record != walk->tree.node_count) {
        const uint32_t offset = record - walk->tree.node_count - TREE_SEPARATOR_LEN;
        if (record < walk->tree.node_count + TREE_SEPARATOR_LEN || offset >= walk->tree.data_len)
            return diag_error(walk->diag, STATUS_SYNTAX,
                              "its search tree points outside the data section");
        walk->found[offset / 64] |= (uint64_t)1 << offset % 64;
        value = offset + 1;
    }
    if (spans_append(walk->spans, key, value) != STATUS_OK)
        return diag_error(walk->diag, STATUS_MEMORY, "out of memory");
    return STATUS_OK;
}

/* What the first address below `record` gets; `depth` bits have been used to come here. */
static enum status walk_first(const struct walk *walk, uint32_t record, unsigned depth,
                              uint32_t *out)
{
    for (; record < walk->tree.node_count; depth++) {
        if (depth == walk->address_bits)
            return diag_error(walk->diag, STATUS_SYNTAX,
                              "its search tree is deeper than an address has bits");
        record = tree_read(walk, record, 0);
    }
    *out = record;
    return STATUS_OK;
}

static bool walk_in_hole(const struct walk *walk, uint64_t key, uint8_t len)
{
    for (size_t i = 0; i < walk->hole_count; i++)
        if (walk->holes[i].key == key && walk->holes[i].len == len)
            return true;
    return false;
}

static enum status walk_enter(struct walk *walk, uint32_t node)
{
    if (walk->states[node] == NODE_OPEN)
        return diag_error(walk->diag, STATUS_SYNTAX, "its search tree is cyclic at node %" PRIu32,
                          node);
    if (walk->meetings_left == 0)
        return diag_error(walk->diag, STATUS_SYNTAX,
                          "its search tree uses its %" PRIu32
                          " nodes over and over: such a file describes no networks",
                          walk->tree.node_count);
    walk->meetings_left--;
    walk->states[node] = NODE_OPEN;
    return STATUS_OK;
}

/* A node on the path from the root, and which of its sides comes next. */
struct step {
    uint64_t key;
    uint32_t node;
    uint8_t side;
};

/* Emits, in order, everything below `node` but what is finer than the grain. */
static enum status walk_below(struct walk *walk, uint32_t node)
{
    struct step path[64];
    uint8_t depth = 0; /* of the step at hand; its sides are networks of depth + 1 bits */

    enum status status = walk_enter(walk, node);
    path[0] = (struct step){ .node = node };
    while (status == STATUS_OK) {
        courtesy_spent(20);
        struct step *step = &path[depth];
        if (step->side == 2) {
            walk->states[step->node] = NODE_DONE;
            if (depth == 0)
                break;
            depth--;
            continue;
        }
        const uint64_t key = step->key | (uint64_t)step->side << (63 - depth);
        uint32_t next = tree_read(walk, step->node, step->side++);
        const uint8_t len = (uint8_t)(depth + 1);
        if (walk_in_hole(walk, key, len))
            next = walk->tree.node_count;
        else if (len == walk->grain && next < walk->tree.node_count)
            status = walk_first(walk, next, len, &next);
        if (status != STATUS_OK)
            break;
        if (next >= walk->tree.node_count) {
            status = walk_emit(walk, key, next);
            continue;
        }
        status = walk_enter(walk, next);
        path[++depth] = (struct step){ .key = key, .node = next };
    }
    return status;
}

static enum status walk_root(struct walk *walk, uint32_t root, struct spans *spans)
{
    walk->spans = spans;
    return root < walk->tree.node_count ? walk_below(walk, root) : walk_emit(walk, 0, root);
}

static enum status walk_v4(struct walk *walk, uint8_t grain, struct spans *spans)
{
    walk->address_bits = 32;
    walk->grain = grain;
    walk->hole_count = 0;

    /* In an IPv6 file the IPv4 part is ::/96; a record above it holds for all of it. */
    uint32_t root = 0;
    for (int i = 0; walk->tree.ip_version == 6 && i < 96 && root < walk->tree.node_count; i++)
        root = tree_read(walk, root, 0);
    return walk_root(walk, root, spans);
}

static enum status walk_v6(struct walk *walk, uint8_t grain, struct spans *spans)
{
    /* ::/64 for ::/96 and ::ffff:0:0/96, 64:ff9b::/64 for its /96: keys have no more bits. */
    static const struct hole holes[HOLES] = {
        { 0, 64 },
        { 0x0064ff9b00000000, 64 },
        { 0x2001000000000000, 32 },
        { 0x2002000000000000, 16 },
    };

    walk->address_bits = 128;
    walk->grain = grain;
    walk->hole_count = HOLES;
    for (size_t i = 0; i < HOLES; i++) {
        walk->holes[i] = holes[i];
        /* The first address decides, and it lies in the hole. */
        if (walk->holes[i].len > grain)
            walk->holes[i].len = grain;
    }
    return walk_root(walk, 0, spans);
}

/* ---- from offsets to record ids -------------------------------------------- */

static size_t words_for(uint64_t data_len)
{
    return (size_t)(data_len / 64 + 1);
}

/* How many records begin before each word of the bitmap; NULL when memory is out. */
static uint32_t *rank_build(const uint64_t *found, size_t words, uint32_t *total)
{
    uint32_t *rank = reallocarray(NULL, words, sizeof *rank);
    uint32_t count = 0;
    for (size_t i = 0; rank != NULL && i < words; i++) {
        rank[i] = count;
        count += (uint32_t)__builtin_popcountll(found[i]);
    }
    *total = count;
    return rank;
}

static void spans_rank(struct spans *spans, const uint64_t *found, const uint32_t *rank)
{
    for (size_t i = 0; i < spans->count; i++) {
        if (spans->value[i] == 0)
            continue;
        const uint32_t offset = spans->value[i] - 1;
        const uint64_t before = found[offset / 64] & (((uint64_t)1 << offset % 64) - 1);
        spans->value[i] = 1 + rank[offset / 64] + (uint32_t)__builtin_popcountll(before);
    }
}

static enum status records_number(const struct walk *walk, struct spans *v4, struct spans *v6,
                                  uint32_t **offsets, uint32_t *count)
{
    const size_t words = words_for(walk->tree.data_len);
    uint32_t total;
    uint32_t *rank = rank_build(walk->found, words, &total);
    uint32_t *list = reallocarray(NULL, (size_t)total + 1, sizeof *list);
    if (rank == NULL || list == NULL) {
        free(rank);
        free(list);
        return diag_error(walk->diag, STATUS_MEMORY, "out of memory");
    }

    uint32_t index = 0;
    for (size_t i = 0; i < words; i++)
        for (uint64_t left = walk->found[i]; left != 0; left &= left - 1)
            list[index++] = (uint32_t)(i * 64) + (uint32_t)__builtin_ctzll(left);
    spans_rank(v4, walk->found, rank);
    spans_rank(v6, walk->found, rank);
    free(rank);
    *offsets = list;
    *count = total;
    return STATUS_OK;
}

static enum status walk_families(struct walk *walk, uint8_t v4_bits, uint8_t v6_bits,
                                 struct spans *v4, struct spans *v6)
{
    const enum status status = walk_v4(walk, v4_bits, v4);
    if (status != STATUS_OK)
        return status;
    if (walk->tree.ip_version == 6)
        return walk_v6(walk, v6_bits, v6);
    walk->spans = v6;
    return walk_emit(walk, 0, walk->tree.node_count);
}

enum status tree_walk(const struct tree *tree, const struct diag *diag, uint8_t v4_bits,
                      uint8_t v6_bits, struct spans *v4, struct spans *v6, uint32_t **offsets,
                      uint32_t *count)
{
    struct walk walk = {
        .diag = diag,
        .tree = *tree,
        .meetings_left = (uint64_t)tree->node_count * MEETINGS_PER_NODE + MEETINGS_FLOOR,
        .states = calloc(tree->node_count, 1),
        .found = calloc(words_for(tree->data_len), sizeof *walk.found),
    };
    spans_init(v4);
    spans_init(v6);

    enum status status;
    if (walk.states == NULL || walk.found == NULL)
        status = diag_error(diag, STATUS_MEMORY, "out of memory");
    else
        status = walk_families(&walk, v4_bits, v6_bits, v4, v6);
    if (status == STATUS_OK)
        status = records_number(&walk, v4, v6, offsets, count);

    free(walk.states);
    free(walk.found);
    if (status != STATUS_OK) {
        spans_release(v4);
        spans_release(v6);
    }
    return status;
}
