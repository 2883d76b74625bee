#include "dns/server/forecast.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "dns/base/hash.h"
#include "geo/ordering.h"
#include "geo/policy.h"

/* Different answers in one prospect: several regions together may make many. */
enum { LISTS_MOST = 1 << 16 };
static const uint32_t UNDECIDED = UINT32_MAX;

/* A prospect, and for whom it was made. */
struct held {
    struct held *next;
    uint64_t generation;
    const struct service *service; /* one of those it is for; alive while the generation is */
    uint16_t type;
    uint64_t round; /* the last one it was used in */
    size_t octets;
    struct shortlist *lists;
    struct prospect prospect;
};

struct forecast {
    struct held *held;
    size_t count, octets;
    uint64_t round;
    struct outlook *outlook; /* in the slot */
    struct outlook *before;  /* until forecast_forget() */
};

/* ---- numbering answers ----------------------------------------------------- */

/* Distinct answers; slots hold 1 + an index, 0 is free, at most half full. */
struct list_set {
    struct shortlist *items;
    uint32_t count, cap;
    uint32_t *slots;
};

static uint64_t list_hash(const struct shortlist *list)
{
    uint64_t hash = list->kind == CHOICE_ZONEFILE ? 1 : list->serve_all ? 2 : 3;
    if (list->kind == CHOICE_ZONEFILE)
        return hash;
    for (uint16_t i = 0; i < list->count; i++)
        hash = hash_mix(hash + list->regions[i] + 1);
    return hash;
}

static uint32_t *list_slot(const struct list_set *set, const struct shortlist *list)
{
    const size_t mask = (size_t)set->cap * 2 - 1;
    for (size_t at = (size_t)list_hash(list) & mask;; at = (at + 1) & mask) {
        uint32_t *slot = &set->slots[at];
        if (*slot == 0 || shortlist_equal(&set->items[*slot - 1], list))
            return slot;
    }
}

static bool list_set_grow(struct list_set *set)
{
    enum { CAP_FIRST = 16 };
    struct list_set wider = *set;
    wider.cap = set->cap == 0 ? CAP_FIRST : set->cap * 2;
    wider.items = reallocarray(set->items, wider.cap, sizeof *wider.items);
    if (wider.items == NULL)
        return false;
    set->items = wider.items;
    wider.slots = calloc((size_t)wider.cap * 2, sizeof *wider.slots);
    if (wider.slots == NULL)
        return false;
    for (uint32_t i = 0; i < set->count; i++)
        *list_slot(&wider, &wider.items[i]) = i + 1;
    free(set->slots);
    *set = wider;
    return true;
}

/* False when memory is out or the answers are too many. */
static bool list_set_add(struct list_set *set, const struct shortlist *list, uint32_t *number)
{
    if (set->count == set->cap && (set->count == LISTS_MOST || !list_set_grow(set)))
        return false;
    uint32_t *slot = list_slot(set, list);
    if (*slot == 0) {
        set->items[set->count++] = *list;
        *slot = set->count;
    }
    *number = *slot - 1;
    return true;
}

static void list_set_release(struct list_set *set)
{
    free(set->items);
    free(set->slots);
    *set = (struct list_set){ 0 };
}

/*
 * Who answers for an ordering under the health of the inquiry. UNDECIDED when a
 * draw has a say in it: then it is different from client to client.
 */
static bool judge(const struct inquiry *inquiry, const struct ordering_set *orderings, uint32_t id,
                  struct list_set *lists, uint32_t *number)
{
    uint16_t regions[REGION_LIMIT];
    struct shortlist list;
    bool whole;

    const size_t count = ordering_head(orderings, id, regions, REGION_LIMIT, &whole);
    shortlist_make(inquiry, regions, (uint16_t)count, &list);
    *number = UNDECIDED;
    if (!whole && (list.kind != CHOICE_HEALTHY || list.count < shortlist_most(inquiry->service)))
        return true;
    return list_set_add(lists, &list, number);
}

/* The number of what comes of each ordering; the undecided ones, of which we say nothing, share one. */
static uint32_t *judge_all(const struct inquiry *inquiry, struct list_set *lists)
{
    const struct ordering_set *orderings = policy_orderings(inquiry->service->policy);
    const size_t count = ordering_count(orderings);
    uint32_t *numbers = reallocarray(NULL, count, sizeof *numbers);
    if (numbers == NULL)
        return NULL;
    for (uint32_t id = 0; id < count; id++) {
        if (!judge(inquiry, orderings, id, lists, &numbers[id])) {
            free(numbers);
            return NULL;
        }
    }
    for (uint32_t id = 0; id < count; id++)
        if (numbers[id] == UNDECIDED)
            numbers[id] = lists->count;
    return numbers;
}

/* ---- prospects ------------------------------------------------------------- */

static void held_free(struct held *held)
{
    if (held == NULL)
        return;
    view_free(held->prospect.view);
    free(held->lists);
    free(held);
}

/* NULL when memory is out or it would be too large: then narrower scopes have to do. */
static struct held *held_new(const struct inquiry *inquiry, uint64_t generation)
{
    const struct policy *policy = inquiry->service->policy;
    struct list_set lists = { 0 };
    struct held *held = calloc(1, sizeof *held);
    uint32_t *numbers = held != NULL ? judge_all(inquiry, &lists) : NULL;

    if (numbers == NULL ||
        view_build(policy_table(policy, FAMILY_V4), policy_table(policy, FAMILY_V6), numbers,
                   &held->prospect.view) != STATUS_OK) {
        free(numbers);
        list_set_release(&lists);
        held_free(held);
        return NULL;
    }
    free(numbers);
    held->lists = lists.items;
    lists.items = NULL;
    memcpy(held->prospect.up, inquiry->up, sizeof held->prospect.up);
    held->prospect.lists = held->lists;
    held->prospect.list_count = lists.count;
    held->generation = generation;
    held->service = inquiry->service;
    held->type = inquiry->type;
    held->octets =
        sizeof *held + view_footprint(held->prospect.view) + lists.cap * sizeof *held->lists;
    list_set_release(&lists);
    return held;
}

/* Both have pools of these types in the same regions. */
static bool same_pools(const struct service *a, uint16_t a_type, const struct service *b,
                       uint16_t b_type)
{
    for (uint16_t region = 0; region < a->region_count; region++)
        if ((service_pool(a, region, a_type) == NULL) != (service_pool(b, region, b_type) == NULL))
            return false;
    return true;
}

/* What is true of one is true of the other, whatever the health. */
static bool same_rules(const struct service *a, const struct service *b)
{
    if (a->policy != b->policy || a->region_count != b->region_count || a->spread != b->spread ||
        a->all_down != b->all_down)
        return false;
    return a->all_down != ALL_DOWN_LIST ||
           (a->all_down_count == b->all_down_count &&
            memcmp(a->all_down_list, b->all_down_list,
                   a->all_down_count * sizeof *a->all_down_list) == 0);
}

static struct held *forecast_find(const struct forecast *forecast, const struct inquiry *inquiry,
                                  uint64_t generation)
{
    for (struct held *held = forecast->held; held != NULL; held = held->next)
        if (held->generation == generation &&
            memcmp(held->prospect.up, inquiry->up, sizeof held->prospect.up) == 0 &&
            same_rules(held->service, inquiry->service) &&
            same_pools(held->service, held->type, inquiry->service, inquiry->type))
            return held;
    return NULL;
}

/* The prospect of that state, made when there is none; NULL when it cannot be had. */
static const struct prospect *forecast_prospect(struct forecast *forecast,
                                                const struct inquiry *inquiry, uint64_t generation)
{
    struct held *held = forecast_find(forecast, inquiry, generation);
    if (held == NULL) {
        if (forecast->count >= FORECAST_PROSPECTS || forecast->octets >= FORECAST_OCTETS)
            return NULL;
        held = held_new(inquiry, generation);
        if (held == NULL)
            return NULL;
        held->next = forecast->held;
        forecast->held = held;
        forecast->count++;
        forecast->octets += held->octets;
    }
    held->round = forecast->round;
    return &held->prospect;
}

/* ---- outlooks -------------------------------------------------------------- */

/* While each region is up and one answers alone, policies know the widest scope themselves. */
static bool needs_prospect(const struct service *service, const uint64_t *up)
{
    uint16_t count = 0;
    for (size_t i = 0; i < INQUIRY_UP_WORDS; i++)
        count = (uint16_t)(count + __builtin_popcountll(up[i]));
    return service->spread > 1 || count < service->region_count;
}

/* False when memory is out. */
static bool add_service(struct forecast *forecast, struct outlook *outlook,
                        const struct snapshot *snapshot, const struct service *service)
{
    for (uint16_t i = 0; service->ecs && i < service->type_count; i++) {
        uint64_t up[INQUIRY_UP_WORDS];
        const struct inquiry now = { service, service->types[i], snapshot->pools, NULL, NULL };
        const struct inquiry then = { service, service->types[i], snapshot->pools, up, NULL };
        if (!inquiry_photograph(&now, up) || !needs_prospect(service, up))
            continue;
        const struct prospect *prospect = forecast_prospect(forecast, &then, snapshot->generation);
        if (prospect != NULL && !outlook_add(outlook, service, service->types[i], prospect))
            return false;
    }
    return true;
}

static void add_all(struct forecast *forecast, struct outlook *outlook,
                    const struct snapshot *snapshot, const _Atomic(bool) *ends)
{
    for (size_t zone = 0; zone < snapshot->zones->count; zone++) {
        size_t count;
        const struct service *const *services = snapshot_zone_services(snapshot, zone, &count);
        for (size_t i = 0; i < count; i++) {
            if ((ends != NULL && atomic_load(ends)) ||
                !add_service(forecast, outlook, snapshot, services[i]))
                return;
        }
    }
}

void forecast_make(struct forecast *forecast, const struct snapshot *snapshot,
                   const _Atomic(bool) *ends)
{
    struct outlook *next = snapshot->serving.ecs ? outlook_new(snapshot->generation) : NULL;

    forecast->round++;
    if (next != NULL)
        add_all(forecast, next, snapshot, ends);
    if (next != NULL && outlook_count(next) == 0) {
        outlook_free(next);
        next = NULL;
    }
    atomic_store_explicit(&snapshot->outlook->now, next, memory_order_release);
    forecast->before = forecast->outlook;
    forecast->outlook = next;
}

void forecast_forget(struct forecast *forecast)
{
    outlook_free(forecast->before);
    forecast->before = NULL;
    for (struct held **link = &forecast->held; *link != NULL;) {
        struct held *held = *link;
        if (held->round == forecast->round) {
            link = &held->next;
            continue;
        }
        *link = held->next;
        forecast->count--;
        forecast->octets -= held->octets;
        held_free(held);
    }
}

size_t forecast_count(const struct forecast *forecast)
{
    return forecast->count;
}

size_t forecast_footprint(const struct forecast *forecast)
{
    return forecast->octets;
}

struct forecast *forecast_new(void)
{
    return calloc(1, sizeof(struct forecast));
}

void forecast_free(struct forecast *forecast)
{
    if (forecast == NULL)
        return;
    forecast->round++;
    outlook_free(forecast->outlook);
    forecast_forget(forecast);
    free(forecast);
}
