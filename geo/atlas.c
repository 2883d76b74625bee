#include "geo/atlas.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "dns/base/courtesy.h"
#include "dns/base/hash.h"
#include "geo/gazetteer.h"

struct source {
    char *file;
    struct database_info info;
};

struct atlas {
    struct atlas_grain grain;
    struct spans v4, v6;
    struct gazetteer *gazetteer;
    struct source *sources;
    size_t source_count;
};

static enum status out_of_memory(const struct diag *diag)
{
    return diag_error(diag, STATUS_MEMORY, "out of memory");
}

/* ---- merging two partitions ------------------------------------------------ */

/*
 * Pairs of ids to the id of the merged place, so that each pair is merged once
 * however many spans it covers.
 */
struct pair {
    uint64_t key; /* first << 32 | second */
    uint32_t merged;
};

struct pair_table {
    struct pair *slots; /* a power of two, at most half full; UINT64_MAX when free */
    size_t count, cap;
};

static const uint64_t PAIR_FREE = UINT64_MAX;
enum { PAIR_CAP_FIRST = 4096 };

static struct pair *pair_slot(const struct pair_table *table, uint64_t key)
{
    size_t slot = (size_t)hash_mix(key) & (table->cap - 1);
    while (table->slots[slot].key != key && table->slots[slot].key != PAIR_FREE)
        slot = (slot + 1) & (table->cap - 1);
    return &table->slots[slot];
}

static bool pair_table_grow(struct pair_table *table)
{
    const struct pair_table old = *table;
    const size_t cap = old.cap == 0 ? PAIR_CAP_FIRST : old.cap * 2;
    struct pair *slots = reallocarray(NULL, cap, sizeof *slots);
    if (slots == NULL)
        return false;
    for (size_t i = 0; i < cap; i++)
        slots[i].key = PAIR_FREE;
    *table = (struct pair_table){ slots, old.count, cap };
    for (size_t i = 0; i < old.cap; i++)
        if (old.slots[i].key != PAIR_FREE)
            *pair_slot(table, old.slots[i].key) = old.slots[i];
    free(old.slots);
    return true;
}

static enum status pair_merge(struct gazetteer *gazetteer, struct pair_table *table, uint32_t first,
                              uint32_t second, uint32_t *merged)
{
    const uint64_t key = (uint64_t)first << 32 | second;
    if (table->count * 2 >= table->cap && !pair_table_grow(table))
        return STATUS_MEMORY;
    struct pair *pair = pair_slot(table, key);
    if (pair->key == PAIR_FREE) {
        const enum status status = gazetteer_merge(gazetteer, first, second, &pair->merged);
        if (status != STATUS_OK)
            return status;
        pair->key = key;
        table->count++;
    }
    *merged = pair->merged;
    return STATUS_OK;
}

/* Goes through both at once; a span of the outcome begins wherever one of theirs does. */
static enum status spans_zip(struct gazetteer *gazetteer, struct pair_table *table,
                             const struct spans *first, const struct spans *second,
                             struct spans *out)
{
    uint64_t start = 0;
    for (size_t i = 0, j = 0;;) {
        uint32_t merged;
        courtesy_spent(50);
        if (pair_merge(gazetteer, table, first->value[i], second->value[j], &merged) != STATUS_OK ||
            spans_append(out, start, merged) != STATUS_OK)
            return STATUS_MEMORY;

        const bool first_ends = i + 1 == first->count;
        const bool second_ends = j + 1 == second->count;
        if (first_ends && second_ends)
            return STATUS_OK;
        const uint64_t first_next = first_ends ? UINT64_MAX : first->start[i + 1];
        const uint64_t second_next = second_ends ? UINT64_MAX : second->start[j + 1];
        start = first_next < second_next ? first_next : second_next;
        i += !first_ends && first_next == start;
        j += !second_ends && second_next == start;
    }
}

static bool spans_are_empty(const struct spans *spans)
{
    return spans->count == 1 && spans->value[0] == 0;
}

/* Lays `below` under `into`; takes what `below` holds. */
static enum status spans_underlay(struct gazetteer *gazetteer, struct spans *into,
                                  struct spans *below)
{
    if (spans_are_empty(below))
        return STATUS_OK;
    if (spans_are_empty(into)) {
        const struct spans swap = *into;
        *into = *below;
        *below = swap;
        return STATUS_OK;
    }

    struct pair_table table = { 0 };
    struct spans merged;
    spans_init(&merged);
    const enum status status = spans_zip(gazetteer, &table, into, below, &merged);
    free(table.slots);
    if (status != STATUS_OK) {
        spans_release(&merged);
        return status;
    }
    spans_release(into);
    *into = merged;
    return STATUS_OK;
}

/* Gives every span a new value, in place; neighbours that become equal are joined. */
static void spans_renumber(struct spans *spans, const uint32_t *ids)
{
    size_t count = 0;
    for (size_t i = 0; i < spans->count; i++) {
        const uint32_t value = ids[spans->value[i]];
        if (count != 0 && spans->value[count - 1] == value)
            continue;
        spans->start[count] = spans->start[i];
        spans->value[count++] = value;
    }
    spans->count = count;
}

/* ---- one database ---------------------------------------------------------- */

static bool record_says_something(const struct record *record)
{
    return record->country.len != 0 || record->continent.len != 0 || record->asn != 0 ||
           record->has_location;
}

static enum status gather_records(struct gazetteer *gazetteer, struct database *database,
                                  const struct diag *diag, uint32_t *ids)
{
    bool useful = false;
    ids[0] = 0;
    for (uint32_t i = 0; i < database_record_count(database); i++) {
        struct record record;
        const enum status status = database_record(database, diag, i, &record);
        if (status != STATUS_OK)
            return status;
        useful = useful || record_says_something(&record);
        if (gazetteer_add(gazetteer, &record, &ids[i + 1]) != STATUS_OK)
            return out_of_memory(diag);
    }
    if (!useful)
        diag_warning(diag,
                     "no record of this database (type '%s') tells a country, a location or"
                     " an AS number: it steers nobody",
                     database_info(database)->type);
    return STATUS_OK;
}

/* Lays what the database says under what the files before it said. */
static enum status atlas_underlay(struct atlas *atlas, const struct diag *diag,
                                  struct database *database, struct spans *v4, struct spans *v6)
{
    /* The place of each record id; 0, "not in the file", is place 0. */
    uint32_t *ids = reallocarray(NULL, (size_t)database_record_count(database) + 1, sizeof *ids);
    if (ids == NULL)
        return out_of_memory(diag);

    enum status status = gather_records(atlas->gazetteer, database, diag, ids);
    if (status == STATUS_OK) {
        spans_renumber(v4, ids);
        spans_renumber(v6, ids);
        if (spans_underlay(atlas->gazetteer, &atlas->v4, v4) != STATUS_OK ||
            spans_underlay(atlas->gazetteer, &atlas->v6, v6) != STATUS_OK)
            status = out_of_memory(diag);
    }
    free(ids);
    return status;
}

static enum status atlas_add_open(struct atlas *atlas, const struct diag *diag,
                                  struct database *database)
{
    struct spans v4, v6;
    enum status status = database_walk(database, diag, atlas->grain.v4, atlas->grain.v6, &v4, &v6);
    if (status != STATUS_OK)
        return status;
    status = atlas_underlay(atlas, diag, database, &v4, &v6);
    spans_release(&v4);
    spans_release(&v6);
    return status;
}

/* Opened, walked and closed before the next one, so that only one file is in memory. */
static enum status atlas_add(struct atlas *atlas, const char *file, const struct diag *diag)
{
    const struct diag here = { .report = diag->report, .file = file };
    struct database *database;
    const enum status opened = database_open(&here, &database);
    if (opened != STATUS_OK)
        return opened;

    struct source *source = &atlas->sources[atlas->source_count];
    source->info = *database_info(database);
    source->file = strdup(file);
    enum status status = STATUS_OK;
    if (source->file == NULL)
        status = out_of_memory(&here);
    else
        atlas->source_count++;
    if (status == STATUS_OK)
        status = atlas_add_open(atlas, &here, database);
    database_close(database);
    return status;
}

/* ---- the whole ------------------------------------------------------------- */

static enum status settle_spans(struct gazetteer *gazetteer, const struct spans *spans,
                                uint32_t *ids)
{
    for (size_t i = 0; i < spans->count; i++) {
        const uint32_t value = spans->value[i];
        if (value != 0 && ids[value] == 0 &&
            gazetteer_settle(gazetteer, value, &ids[value]) != STATUS_OK)
            return STATUS_MEMORY;
    }
    return STATUS_OK;
}

static uint32_t highest_value(const struct spans *spans, uint32_t highest)
{
    for (size_t i = 0; i < spans->count; i++)
        highest = spans->value[i] > highest ? spans->value[i] : highest;
    return highest;
}

/* Only now is it known what no file tells: continents and centres come from the table. */
static enum status atlas_settle(struct atlas *atlas)
{
    const uint32_t highest = highest_value(&atlas->v6, highest_value(&atlas->v4, 0));
    uint32_t *ids = calloc((size_t)highest + 1, sizeof *ids);
    if (ids == NULL)
        return STATUS_MEMORY;

    enum status status = settle_spans(atlas->gazetteer, &atlas->v4, ids);
    if (status == STATUS_OK)
        status = settle_spans(atlas->gazetteer, &atlas->v6, ids);
    if (status == STATUS_OK) {
        spans_renumber(&atlas->v4, ids);
        spans_renumber(&atlas->v6, ids);
        spans_trim(&atlas->v4);
        spans_trim(&atlas->v6);
        status = gazetteer_freeze(atlas->gazetteer);
    }
    free(ids);
    return status;
}

static struct atlas *atlas_new(size_t file_count, struct atlas_grain grain)
{
    struct atlas *atlas = calloc(1, sizeof *atlas);
    if (atlas == NULL)
        return NULL;
    atlas->grain = grain;
    spans_init(&atlas->v4);
    spans_init(&atlas->v6);
    atlas->gazetteer = gazetteer_new();
    atlas->sources = calloc(file_count + 1, sizeof *atlas->sources);
    if (atlas->gazetteer == NULL || atlas->sources == NULL ||
        spans_append(&atlas->v4, 0, 0) != STATUS_OK ||
        spans_append(&atlas->v6, 0, 0) != STATUS_OK) {
        atlas_free(atlas);
        return NULL;
    }
    return atlas;
}

enum status atlas_build(const char *const *files, size_t file_count, struct atlas_grain grain,
                        const struct diag *diag, struct atlas **out)
{
    *out = NULL;
    struct atlas *atlas = atlas_new(file_count, grain);
    if (atlas == NULL)
        return out_of_memory(diag);

    /* The first failure is the outcome, but every file is read: one run tells all. */
    enum status status = STATUS_OK;
    for (size_t i = 0; i < file_count; i++) {
        const enum status added = atlas_add(atlas, files[i], diag);
        status = status == STATUS_OK ? added : status;
    }
    if (status == STATUS_OK && atlas_settle(atlas) != STATUS_OK)
        status = out_of_memory(diag);
    if (status != STATUS_OK) {
        atlas_free(atlas);
        return status;
    }
    *out = atlas;
    return STATUS_OK;
}

void atlas_free(struct atlas *atlas)
{
    if (atlas == NULL)
        return;
    for (size_t i = 0; i < atlas->source_count; i++)
        free(atlas->sources[i].file);
    free(atlas->sources);
    spans_release(&atlas->v4);
    spans_release(&atlas->v6);
    gazetteer_free(atlas->gazetteer);
    free(atlas);
}

/* ---- reading --------------------------------------------------------------- */

struct atlas_grain atlas_grain(const struct atlas *atlas)
{
    return atlas->grain;
}

size_t atlas_place_count(const struct atlas *atlas)
{
    return gazetteer_count(atlas->gazetteer);
}

const struct place *atlas_place(const struct atlas *atlas, uint32_t id)
{
    return gazetteer_place(atlas->gazetteer, id);
}

const struct spans *atlas_spans(const struct atlas *atlas, unsigned family)
{
    return family == FAMILY_V4 ? &atlas->v4 : &atlas->v6;
}

size_t atlas_database_count(const struct atlas *atlas)
{
    return atlas->source_count;
}

const char *atlas_database_file(const struct atlas *atlas, size_t index)
{
    return atlas->sources[index].file;
}

const struct database_info *atlas_database_info(const struct atlas *atlas, size_t index)
{
    return &atlas->sources[index].info;
}

const struct place *atlas_find(const struct atlas *atlas, const struct address *address,
                               struct prefix *network)
{
    const bool is_v4 = address->family == FAMILY_V4;
    const struct spans *spans = is_v4 ? &atlas->v4 : &atlas->v6;
    const uint8_t grain = is_v4 ? atlas->grain.v4 : atlas->grain.v6;
    const uint64_t key = address_key(address);

    network->address = *address;
    network->len = spans_prefix_len(spans, key, grain);
    address_mask(&network->address, network->len);
    return atlas_place(atlas, spans->value[spans_find(spans, key)]);
}
