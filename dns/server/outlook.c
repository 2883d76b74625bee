#include "dns/server/outlook.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "dns/base/hash.h"

struct entry {
    const struct service *service; /* NULL: a free slot */
    const struct prospect *prospect;
    uint16_t type;
};

/* Entries by hash, linear probing, at most half full. */
struct outlook {
    uint64_t generation;
    struct entry *slots;
    size_t count, cap;
};

struct outlook *outlook_new(uint64_t generation)
{
    struct outlook *outlook = calloc(1, sizeof *outlook);
    if (outlook != NULL)
        outlook->generation = generation;
    return outlook;
}

void outlook_free(struct outlook *outlook)
{
    if (outlook == NULL)
        return;
    free(outlook->slots);
    free(outlook);
}

/* The slot of the pair, or the free one where it belongs. */
static struct entry *slot_of(const struct outlook *outlook, const struct service *service,
                             uint16_t type)
{
    const size_t mask = outlook->cap - 1;
    for (size_t at = (size_t)hash_mix((uint64_t)(uintptr_t)service + type);; at++) {
        struct entry *slot = &outlook->slots[at & mask];
        if (slot->service == NULL || (slot->service == service && slot->type == type))
            return slot;
    }
}

static bool outlook_grow(struct outlook *outlook)
{
    enum { CAP_FIRST = 16 };
    struct outlook wider = *outlook;

    wider.cap = outlook->cap == 0 ? CAP_FIRST : outlook->cap * 2;
    wider.slots = calloc(wider.cap, sizeof *wider.slots);
    if (wider.slots == NULL)
        return false;
    for (size_t i = 0; i < outlook->cap; i++) {
        const struct entry *entry = &outlook->slots[i];
        if (entry->service != NULL)
            *slot_of(&wider, entry->service, entry->type) = *entry;
    }
    free(outlook->slots);
    *outlook = wider;
    return true;
}

bool outlook_add(struct outlook *outlook, const struct service *service, uint16_t type,
                 const struct prospect *prospect)
{
    if (outlook->count * 2 >= outlook->cap && !outlook_grow(outlook))
        return false;
    *slot_of(outlook, service, type) =
        (struct entry){ .service = service, .prospect = prospect, .type = type };
    outlook->count++;
    return true;
}

size_t outlook_count(const struct outlook *outlook)
{
    return outlook->count;
}

const struct prospect *outlook_find(const struct snapshot *snapshot, const struct service *service,
                                    uint16_t type)
{
    if (snapshot->outlook == NULL)
        return NULL;
    const struct outlook *outlook =
        atomic_load_explicit(&snapshot->outlook->now, memory_order_acquire);
    /* Another generation's services may have stood at the addresses of ours. */
    if (outlook == NULL || outlook->generation != snapshot->generation || outlook->count == 0)
        return NULL;
    return slot_of(outlook, service, type)->prospect;
}

bool prospect_scope(const struct prospect *prospect, const struct inquiry *inquiry,
                    const struct standing *at, const struct shortlist *list, uint8_t *scope)
{
    uint8_t found;

    if (at->asker.anonymous || !inquiry_is_as(inquiry, prospect->up))
        return false;
    const uint32_t number = view_find(prospect->view, at, &found);
    if (number >= prospect->list_count || !shortlist_equal(&prospect->lists[number], list))
        return false;
    *scope = found;
    return true;
}
