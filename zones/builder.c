#include "zones/builder.h"

#include <stdlib.h>
#include <string.h>

#include "dns/base/courtesy.h"
#include "dns/base/intern.h"
#include "dns/base/strata.h"
#include "dns/proto/rrtype.h"

/*
 * Nodes and their records live in layers that go while the zone is frozen.
 * Tables of names and of records are open-addressed; arrays double, so their
 * room follows from their count and need not be stored.
 */

/* An rrset of more records than this finds its duplicates through the table. */
enum { FEW_RECORDS = 8 };

struct seen {
    const struct builder_node *node; /* NULL: free */
    uint32_t record;                 /* index in the rrset */
    uint16_t type;
    uint16_t tag; /* more bits of the hash: most strangers differ here */
};

struct builder {
    struct arena *frozen;
    struct strata *own; /* members are nodes, by index */
    struct intern *files;
    const char *file; /* the last one, as interned */
    const uint8_t *apex;
    struct builder_node **nodes;
    size_t node_count;
    size_t node_cap;
    uint32_t *slots; /* see slot_value(); 0 = free */
    uint32_t mask;
    struct builder_node *last; /* records of one owner stand together */
    struct seen *seen;
    size_t seen_count;
    size_t seen_cap;
    struct intern *lost; /* names, lower-cased, with the type behind; NULL: none */
};

/* ---- names ---- */

/*
 * A slot holds a node's index plus one in the low bits, which are as many as
 * the mask has (the table is at most half full), and above them the bits of the
 * hash that did not choose the slot: a stranger is told without a look at it.
 */
static uint32_t slot_value(uint32_t mask, uint32_t hash, size_t index)
{
    return (hash & ~mask) | (uint32_t)(index + 1);
}

static void slots_put(uint32_t *slots, uint32_t mask, uint32_t hash, size_t index)
{
    uint32_t slot = hash & mask;
    while (slots[slot] != 0)
        slot = (slot + 1) & mask;
    slots[slot] = slot_value(mask, hash, index);
}

/* Room for one more node, in the array and in the table (at most half full). */
static bool nodes_reserve(struct builder *builder)
{
    if (builder->node_count < builder->node_cap)
        return true;
    if (builder->node_cap > UINT32_MAX / 4)
        return false;

    const size_t cap = builder->node_cap == 0 ? 16 : builder->node_cap * 2;
    struct builder_node **nodes = realloc(builder->nodes, cap * sizeof(struct builder_node *));
    if (nodes == NULL)
        return false;
    builder->nodes = nodes;

    uint32_t *slots = calloc(cap * 2, sizeof *slots);
    if (slots == NULL)
        return false;
    const uint32_t mask = (uint32_t)(cap * 2 - 1);
    for (size_t i = 0; i < builder->node_count; i++) {
        courtesy_spent(20);
        slots_put(slots, mask, nodes[i]->hash, i);
    }
    free(builder->slots);
    builder->slots = slots;
    builder->mask = mask;
    builder->node_cap = cap;
    return true;
}

static struct builder_node *node_find(const struct builder *builder, const uint8_t *owner,
                                      uint32_t hash)
{
    const uint32_t mask = builder->mask;
    for (uint32_t slot = hash & mask; builder->slots[slot] != 0; slot = (slot + 1) & mask) {
        const uint32_t value = builder->slots[slot];
        if (((value ^ hash) & ~mask) != 0)
            continue;
        struct builder_node *node = builder->nodes[(value & mask) - 1];
        if (node->hash == hash && name_equal(node->owner, owner))
            return node;
    }
    return NULL;
}

static struct builder_node *node_add(struct builder *builder, struct builder_node *parent,
                                     const uint8_t *owner, uint32_t hash)
{
    if (!nodes_reserve(builder))
        return NULL;
    struct arena *arena = strata_arena(builder->own, (uint32_t)builder->node_count);
    if (arena == NULL)
        return NULL;
    struct builder_node *node = ARENA_NEW(arena, struct builder_node);
    const uint8_t *copy = arena_copy(arena, owner, name_len(owner), 1);
    if (node == NULL || copy == NULL)
        return NULL;

    node->owner = copy;
    node->parent = parent;
    node->hash = hash;
    node->index = (uint32_t)builder->node_count;
    node->parent_index = parent != NULL ? parent->index : node->index;
    slots_put(builder->slots, builder->mask, hash, builder->node_count);
    builder->nodes[builder->node_count++] = node;
    return node;
}

/*
 * The node of a name in the zone, made with every name between it and the apex
 * when missing; NULL when memory is out. Parents are made first.
 */
static struct builder_node *node_get(struct builder *builder, const uint8_t *owner)
{
    const uint8_t *suffixes[NAME_MAX_LABELS];
    unsigned missing = 0;
    struct builder_node *node = NULL;

    for (const uint8_t *name = owner; node == NULL; name = name_parent(name)) {
        node = node_find(builder, name, name_hash(name));
        if (node == NULL)
            suffixes[missing++] = name;
    }
    while (missing > 0 && node != NULL) {
        const uint8_t *name = suffixes[--missing];
        node = node_add(builder, node, name, name_hash_step(node->hash, name));
    }
    return node;
}

struct builder *builder_new(const uint8_t *apex, struct arena *arena)
{
    struct builder *builder = calloc(1, sizeof *builder);
    if (builder == NULL)
        return NULL;
    builder->frozen = arena;
    builder->own = strata_new();
    builder->files = intern_new();
    if (builder->own == NULL || builder->files == NULL)
        goto fail;
    builder->last = node_add(builder, NULL, apex, name_hash(apex));
    if (builder->last == NULL)
        goto fail;
    builder->apex = builder->last->owner;
    return builder;
fail:
    builder_free(builder);
    return NULL;
}

void builder_free(struct builder *builder)
{
    if (builder == NULL)
        return;
    strata_free(builder->own);
    intern_free(builder->files);
    intern_free(builder->lost);
    free(builder->nodes);
    free(builder->slots);
    free(builder->seen);
    free(builder);
}

const uint8_t *builder_apex(const struct builder *builder)
{
    return builder->apex;
}

struct arena *builder_arena(const struct builder *builder)
{
    return builder->frozen;
}

size_t builder_count(const struct builder *builder)
{
    return builder->node_count;
}

struct builder_node *builder_at(const struct builder *builder, size_t index)
{
    return builder->nodes[index];
}

struct builder_node *builder_find(const struct builder *builder, const uint8_t *owner)
{
    return node_find(builder, owner, name_hash(owner));
}

void builder_forget_names(struct builder *builder)
{
    free(builder->slots);
    free(builder->seen);
    builder->slots = NULL;
    builder->seen = NULL;
}

void builder_forget_nodes(struct builder *builder, size_t last)
{
    strata_done(builder->own, (uint32_t)last);
}

/* What stands in the set of lost things. */
struct loss {
    uint8_t octets[NAME_MAX_LEN + sizeof(uint16_t)];
    size_t len;
};

static struct loss loss_of(const uint8_t *owner, uint16_t type)
{
    struct loss loss;
    const size_t len = name_len(owner);
    name_lower(owner, loss.octets);
    memcpy(loss.octets + len, &type, sizeof type);
    loss.len = len + sizeof type;
    return loss;
}

void builder_lose(struct builder *builder, const uint8_t *owner, uint16_t type)
{
    const struct loss loss = loss_of(owner != NULL ? owner : builder->apex, type);
    if (builder->lost == NULL)
        builder->lost = intern_new();
    /* Without memory the zone is refused anyway, with a finding more. */
    if (builder->lost != NULL)
        intern_add(builder->lost, loss.octets, loss.len);
}

bool builder_may_lack(const struct builder *builder, const uint8_t *owner, uint16_t type)
{
    if (builder->lost == NULL)
        return false;
    const struct loss some = loss_of(owner, type), any = loss_of(owner, 0);
    return intern_find(builder->lost, some.octets, some.len) != INTERN_NONE ||
           intern_find(builder->lost, any.octets, any.len) != INTERN_NONE;
}

/* ---- records ---- */

/* Where the rrset of `type` stands or belongs. */
static uint32_t rrset_position(const struct builder_node *node, uint16_t type)
{
    uint32_t low = 0;
    uint32_t high = node->rrset_count;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (node->rrsets[middle].type < type)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct builder_rrset *builder_rrset(const struct builder_node *node, uint16_t type)
{
    const uint32_t at = rrset_position(node, type);
    return at < node->rrset_count && node->rrsets[at].type == type ? &node->rrsets[at] : NULL;
}

/*
 * An array of `count` elements with room for one more: arrays hold 1, 2, 4, ...
 * elements, so a full one is recognized by its count; there is a pointer in
 * each. NULL when memory is out.
 */
static void *array_reserve(struct arena *arena, void *array, size_t count, size_t size)
{
    if ((count & (count - 1)) != 0)
        return array;
    void *grown = arena_array(arena, count == 0 ? 1 : count * 2, size, _Alignof(void *));
    if (grown != NULL && count > 0)
        memcpy(grown, array, count * size);
    return grown;
}

/* The rrset of a type, made when missing; NULL when memory is out. */
static struct builder_rrset *rrset_get(struct builder *builder, struct builder_node *node,
                                       uint16_t type)
{
    const uint32_t at = rrset_position(node, type);
    if (at < node->rrset_count && node->rrsets[at].type == type)
        return &node->rrsets[at];

    struct arena *arena = strata_arena(builder->own, node->index);
    struct builder_rrset *rrsets =
        arena != NULL ? array_reserve(arena, node->rrsets, node->rrset_count, sizeof *rrsets)
                      : NULL;
    if (rrsets == NULL)
        return NULL;
    memmove(rrsets + at + 1, rrsets + at, (node->rrset_count - at) * sizeof *rrsets);
    rrsets[at] = (struct builder_rrset){ .type = type };
    node->rrsets = rrsets;
    node->rrset_count++;
    return &rrsets[at];
}

/* The same data, names inside compared without regard to case (RFC 2181 section 5, RFC 4343). */
static bool rdata_equal(uint16_t type, const struct builder_record *a,
                        const struct builder_record *b)
{
    if (a->rdata_len != b->rdata_len)
        return false;
    size_t compared = 0;
    size_t offset = 0;
    unsigned field = 0;
    bool compressible;
    /* As long as the octets are the same, both have their names at the same places. */
    while (rrtype_next_name(type, a->rdata, a->rdata_len, &offset, &field, &compressible)) {
        if (memcmp(a->rdata + compared, b->rdata + compared, offset - compared) != 0 ||
            !name_equal(a->rdata + offset, b->rdata + offset))
            return false;
        compared = offset + name_len(a->rdata + offset);
    }
    return memcmp(a->rdata + compared, b->rdata + compared, a->rdata_len - compared) == 0;
}

/* Equal data of one rrset have equal hashes (FNV-1a, letters of either case alike). */
static uint32_t record_hash(const struct builder_node *node, uint16_t type,
                            const struct builder_record *record)
{
    uint32_t hash = (2166136261u ^ node->hash ^ type) * 16777619u;
    for (unsigned i = 0; i < record->rdata_len; i++)
        hash = (hash ^ octet_lower(record->rdata[i])) * 16777619u;
    return hash ^ hash >> 15;
}

static void seen_put(struct seen *table, size_t cap, uint32_t hash, struct seen entry)
{
    size_t slot = hash & (cap - 1);
    while (table[slot].node != NULL)
        slot = (slot + 1) & (cap - 1);
    table[slot] = entry;
}

static bool seen_reserve(struct builder *builder)
{
    if (builder->seen_count * 2 < builder->seen_cap)
        return true;
    const size_t cap = builder->seen_cap == 0 ? 64 : builder->seen_cap * 2;
    struct seen *table = calloc(cap, sizeof *table);
    if (table == NULL)
        return false;
    for (size_t i = 0; i < builder->seen_cap; i++) {
        const struct seen *entry = &builder->seen[i];
        if (entry->node == NULL)
            continue;
        const struct builder_rrset *rrset = builder_rrset(entry->node, entry->type);
        seen_put(table, cap, record_hash(entry->node, entry->type, &rrset->records[entry->record]),
                 *entry);
    }
    free(builder->seen);
    builder->seen = table;
    builder->seen_cap = cap;
    return true;
}

static bool seen_add(struct builder *builder, const struct builder_node *node,
                     const struct builder_rrset *rrset, uint32_t record)
{
    if (!seen_reserve(builder))
        return false;
    const uint32_t hash = record_hash(node, rrset->type, &rrset->records[record]);
    seen_put(builder->seen, builder->seen_cap, hash,
             (struct seen){ node, record, rrset->type, (uint16_t)(hash >> 16) });
    builder->seen_count++;
    return true;
}

/* The record of a large rrset that says the same, or NULL. */
static const struct builder_record *seen_find(const struct builder *builder,
                                              const struct builder_node *node,
                                              const struct builder_rrset *rrset,
                                              const struct builder_record *record)
{
    const uint32_t hash = record_hash(node, rrset->type, record);
    size_t slot = hash & (builder->seen_cap - 1);
    for (; builder->seen[slot].node != NULL; slot = (slot + 1) & (builder->seen_cap - 1)) {
        const struct seen *entry = &builder->seen[slot];
        if (entry->tag == (uint16_t)(hash >> 16) && entry->node == node &&
            entry->type == rrset->type &&
            rdata_equal(rrset->type, &rrset->records[entry->record], record))
            return &rrset->records[entry->record];
    }
    return NULL;
}

static const struct builder_record *duplicate_find(const struct builder *builder,
                                                   const struct builder_node *node,
                                                   const struct builder_rrset *rrset,
                                                   const struct builder_record *record)
{
    if (rrset->count > FEW_RECORDS)
        return seen_find(builder, node, rrset, record);
    for (uint32_t i = 0; i < rrset->count; i++) {
        if (rdata_equal(rrset->type, &rrset->records[i], record))
            return &rrset->records[i];
    }
    return NULL;
}

/* Appends; once the rrset has grown beyond a few records, all of them are in the table. */
static bool record_append(struct builder *builder, const struct builder_node *node,
                          struct builder_rrset *rrset, const struct builder_record *record)
{
    struct arena *arena = strata_arena(builder->own, node->index);
    if (arena == NULL)
        return false;
    struct builder_record *records =
        array_reserve(arena, rrset->records, rrset->count, sizeof *records);
    const uint8_t *rdata = arena_copy(arena, record->rdata, record->rdata_len, 1);
    if (records == NULL || rdata == NULL)
        return false;
    rrset->records = records;
    records[rrset->count] = *record;
    records[rrset->count].rdata = rdata;
    rrset->count++;

    if (rrset->count <= FEW_RECORDS)
        return true;
    uint32_t from = rrset->count == FEW_RECORDS + 1 ? 0 : rrset->count - 1;
    for (; from < rrset->count; from++) {
        if (!seen_add(builder, node, rrset, from))
            return false;
    }
    return true;
}

/* Our copy of the file's name; files change rarely, so the last one is tried first. */
static const char *file_copy(struct builder *builder, const char *file)
{
    if (file == NULL)
        file = "";
    if (builder->file == NULL || strcmp(builder->file, file) != 0) {
        const uint32_t id = intern_add_text(builder->files, file);
        builder->file = id != INTERN_NONE ? intern_get(builder->files, id, NULL) : NULL;
    }
    return builder->file;
}

static enum status outside(const struct builder *builder, const struct diag *diag,
                           const uint8_t *owner)
{
    char name[NAME_TEXT];
    char zone[NAME_TEXT];
    return diag_error(diag, STATUS_MEANING, "%s is outside the zone %s", name_to_text(owner, name),
                      name_to_text(builder->apex, zone));
}

static enum status out_of_memory(const struct diag *diag)
{
    return diag_error(diag, STATUS_MEMORY, "no memory for the zone");
}

/* Adds to the rrset unless it is there already or there are too many. */
static enum status rrset_add(struct builder *builder, const struct diag *diag,
                             struct builder_node *node, struct builder_rrset *rrset,
                             const struct builder_record *record)
{
    char name[NAME_TEXT];
    char mnemonic[RRTYPE_TEXT];
    const struct builder_record *before = duplicate_find(builder, node, rrset, record);

    if (before != NULL && before->ttl != record->ttl)
        return diag_error(
            diag, STATUS_MEANING,
            "the %s record of %s is written twice, here with TTL %u, with %u at %s:%u",
            rrtype_to_text(rrset->type, mnemonic), name_to_text(node->owner, name), record->ttl,
            before->ttl, before->mark.file, before->mark.line);
    if (before != NULL) {
        diag_warning(diag, "the %s record of %s is written twice, first at %s:%u",
                     rrtype_to_text(rrset->type, mnemonic), name_to_text(node->owner, name),
                     before->mark.file, before->mark.line);
        return STATUS_OK;
    }
    if (rrset->count == BUILDER_RECORDS)
        return diag_error(diag, STATUS_LIMIT,
                          "%s has more than %d %s records: no message holds them",
                          name_to_text(node->owner, name), BUILDER_RECORDS,
                          rrtype_to_text(rrset->type, mnemonic));
    return record_append(builder, node, rrset, record) ? STATUS_OK : out_of_memory(diag);
}

enum status builder_add(struct builder *builder, const struct diag *diag, const uint8_t *owner,
                        uint16_t type, uint32_t ttl, const uint8_t *rdata, uint16_t rdata_len)
{
    struct builder_node *node = builder->last;
    if (!name_equal(node->owner, owner)) {
        if (!name_is_under(owner, builder->apex))
            return outside(builder, diag, owner);
        node = node_get(builder, owner);
        if (node == NULL)
            return out_of_memory(diag);
        builder->last = node;
    }

    const char *file = file_copy(builder, diag->file);
    struct builder_rrset *rrset = rrset_get(builder, node, type);
    if (file == NULL || rrset == NULL)
        return out_of_memory(diag);
    const struct builder_record record = {
        .ttl = ttl,
        .rdata_len = rdata_len,
        .rdata = rdata,
        .mark = { file, diag->line },
    };
    return rrset_add(builder, diag, node, rrset, &record);
}

enum status builder_steer(struct builder *builder, const uint8_t *owner,
                          const struct service *service)
{
    if (!name_is_under(owner, builder->apex))
        return STATUS_MEANING;
    struct builder_node *node = node_get(builder, owner);
    if (node == NULL)
        return STATUS_MEMORY;
    node->service = service;
    return STATUS_OK;
}
