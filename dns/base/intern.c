#include "dns/base/intern.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "dns/base/arena.h"
#include "dns/base/hash.h"

struct entry {
    const char *octets; /* in the arena, a NUL behind */
    size_t len;
    uint64_t hash;
};

/*
 *   slots   [ - 2 - 0 - - 1 - ]   ids by hash, linear probing, at most half full
 *   entries [ 0 1 2 ]             by id
 */
struct intern {
    struct arena *arena;
    struct entry *entries;
    uint32_t count;
    uint32_t cap;
    uint32_t *slots; /* 2 * cap of them, a power of two; INTERN_NONE when free */
};

enum { CAP_FIRST = 16, CAP_MOST = 1 << 30 };

struct intern *intern_new(void)
{
    struct intern *set = calloc(1, sizeof *set);
    if (set == NULL)
        return NULL;
    set->arena = arena_new();
    if (set->arena == NULL) {
        free(set);
        return NULL;
    }
    return set;
}

void intern_free(struct intern *set)
{
    if (set == NULL)
        return;
    arena_free(set->arena);
    free(set->entries);
    free(set->slots);
    free(set);
}

/* The slot that holds the string, or the free one where it belongs. There must be slots. */
static size_t intern_slot(const struct intern *set, const void *octets, size_t len, uint64_t hash)
{
    const size_t mask = (size_t)set->cap * 2 - 1;
    for (size_t slot = (size_t)hash & mask;; slot = (slot + 1) & mask) {
        const uint32_t id = set->slots[slot];
        if (id == INTERN_NONE)
            return slot;
        const struct entry *entry = &set->entries[id];
        if (entry->hash == hash && entry->len == len &&
            (len == 0 || memcmp(entry->octets, octets, len) == 0))
            return slot;
    }
}

static bool intern_grow(struct intern *set)
{
    if (set->cap == CAP_MOST)
        return false;
    const uint32_t cap = set->cap == 0 ? CAP_FIRST : set->cap * 2;
    const size_t slot_count = (size_t)cap * 2;

    struct entry *entries = reallocarray(set->entries, cap, sizeof *entries);
    if (entries == NULL)
        return false;
    set->entries = entries;
    uint32_t *slots = reallocarray(NULL, slot_count, sizeof *slots);
    if (slots == NULL)
        return false;

    memset(slots, 0xff, slot_count * sizeof *slots);
    for (uint32_t id = 0; id < set->count; id++) {
        size_t slot = (size_t)entries[id].hash & (slot_count - 1);
        while (slots[slot] != INTERN_NONE)
            slot = (slot + 1) & (slot_count - 1);
        slots[slot] = id;
    }
    free(set->slots);
    set->slots = slots;
    set->cap = cap;
    return true;
}

uint32_t intern_add(struct intern *set, const void *octets, size_t len)
{
    const uint32_t known = intern_find(set, octets, len);
    if (known != INTERN_NONE)
        return known;
    if (set->count == set->cap && !intern_grow(set))
        return INTERN_NONE;

    char *copy = len < SIZE_MAX ? arena_alloc(set->arena, len + 1, 1) : NULL;
    if (copy == NULL)
        return INTERN_NONE;
    if (len != 0)
        memcpy(copy, octets, len);

    const uint64_t hash = hash_stable(octets, len);
    const uint32_t id = set->count++;
    const size_t slot = intern_slot(set, octets, len, hash);
    set->entries[id] = (struct entry){ copy, len, hash };
    set->slots[slot] = id;
    return id;
}

uint32_t intern_add_text(struct intern *set, const char *text)
{
    return intern_add(set, text, strlen(text));
}

uint32_t intern_find(const struct intern *set, const void *octets, size_t len)
{
    if (set->count == 0)
        return INTERN_NONE;
    return set->slots[intern_slot(set, octets, len, hash_stable(octets, len))];
}

uint32_t intern_count(const struct intern *set)
{
    return set->count;
}

const void *intern_get(const struct intern *set, uint32_t id, size_t *len)
{
    if (id >= set->count)
        return NULL;
    if (len != NULL)
        *len = set->entries[id].len;
    return set->entries[id].octets;
}
