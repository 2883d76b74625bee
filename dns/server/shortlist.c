#include "dns/server/shortlist.h"

#include <string.h>

#include "dns/proto/rrtype.h"

/* ---- health ---------------------------------------------------------------- */

bool endpoint_is_up(const struct endpoint *endpoint, const struct board *board)
{
    return endpoint->target == TARGET_NONE || board_health(board, endpoint->target) == HEALTH_UP;
}

static bool endpoint_is_unprobed(const struct endpoint *endpoint, const struct board *board)
{
    return endpoint->target != TARGET_NONE &&
           board_health(board, endpoint->target) == HEALTH_UNKNOWN;
}

static enum region_health pool_health(const struct pool *pool, const struct board *board)
{
    uint32_t up = 0;
    uint32_t unprobed = 0;

    for (unsigned i = 0; i < pool->count; i++) {
        up += endpoint_is_up(&pool->endpoints[i], board);
        unprobed += endpoint_is_unprobed(&pool->endpoints[i], board);
    }
    if (up >= pool->needed)
        return REGION_UP;
    return up + unprobed >= pool->needed ? REGION_UNPROBED : REGION_DOWN;
}

/* A pool that nobody probes says nothing about the region's health by itself. */
static bool pool_is_watched(const struct pool *pool)
{
    for (unsigned i = 0; i < pool->count; i++)
        if (pool->endpoints[i].target != TARGET_NONE)
            return true;
    return false;
}

/* Contract section 8: types without an address of their own are up when any family is. */
static enum region_health health_by_family(const struct service *service, uint16_t region,
                                           const struct board *board)
{
    static const uint16_t families[] = { RRTYPE_A, RRTYPE_AAAA };
    enum region_health best = REGION_LACKS_TYPE;

    for (unsigned i = 0; i < sizeof families / sizeof *families; i++) {
        const struct pool *pool = service_pool(service, region, families[i]);
        if (pool == NULL)
            continue;
        const enum region_health health = pool_health(pool, board);
        if (health == REGION_UP)
            return REGION_UP;
        if (best != REGION_UNPROBED)
            best = health;
    }
    return best == REGION_LACKS_TYPE ? REGION_UP : best;
}

enum region_health region_health_now(const struct service *service, uint16_t region, uint16_t type,
                                     const struct board *board)
{
    const struct pool *pool = service_pool(service, region, type);

    if (pool == NULL)
        return REGION_LACKS_TYPE;
    if (type != RRTYPE_A && type != RRTYPE_AAAA && !pool_is_watched(pool))
        return health_by_family(service, region, board);
    return pool_health(pool, board);
}

static bool bit_at(const uint64_t *bits, uint16_t index)
{
    return bits[index / 64] >> index % 64 & 1;
}

static enum region_health health_of(const struct inquiry *inquiry, uint16_t region)
{
    if (inquiry->up == NULL)
        return region_health_now(inquiry->service, region, inquiry->type, inquiry->board);
    if (service_pool(inquiry->service, region, inquiry->type) == NULL)
        return REGION_LACKS_TYPE;
    return bit_at(inquiry->up, region) ? REGION_UP : REGION_DOWN;
}

bool inquiry_photograph(const struct inquiry *inquiry, uint64_t up[INQUIRY_UP_WORDS])
{
    memset(up, 0, INQUIRY_UP_WORDS * sizeof *up);
    for (uint16_t region = 0; region < inquiry->service->region_count; region++) {
        switch (region_health_now(inquiry->service, region, inquiry->type, inquiry->board)) {
        case REGION_UP:
            up[region / 64] |= UINT64_C(1) << region % 64;
            break;
        case REGION_UNPROBED:
            return false;
        case REGION_DOWN:
        case REGION_LACKS_TYPE:
            break;
        }
    }
    return true;
}

bool inquiry_is_as(const struct inquiry *inquiry, const uint64_t *up)
{
    for (uint16_t region = 0; region < inquiry->service->region_count; region++) {
        const enum region_health health =
            region_health_now(inquiry->service, region, inquiry->type, inquiry->board);
        if (health == REGION_UNPROBED || (health == REGION_UP) != bit_at(up, region))
            return false;
    }
    return true;
}

/* ---- who answers ----------------------------------------------------------- */

/* More regions than an answer has records would not be heard. */
uint16_t shortlist_most(const struct service *service)
{
    return service->spread < SERVICE_ANSWERS_LIMIT ? service->spread : SERVICE_ANSWERS_LIMIT;
}

/* The first healthy ones. False when one that is not probed yet may be the first. */
static bool list_healthy(const struct inquiry *inquiry, const uint16_t *order, uint16_t len,
                         struct shortlist *out)
{
    const uint16_t most = shortlist_most(inquiry->service);

    out->count = 0;
    for (unsigned i = 0; i < len && out->count < most; i++) {
        switch (health_of(inquiry, order[i])) {
        case REGION_UP:
            out->regions[out->count++] = order[i];
            break;
        case REGION_UNPROBED:
            /* It may be the one. With another already found, it is only missed. */
            if (out->count == 0)
                return false;
            break;
        case REGION_DOWN:
        case REGION_LACKS_TYPE:
            break;
        }
    }
    return true;
}

static void list_as_if_up(const struct inquiry *inquiry, const uint16_t *order, uint16_t len,
                          uint16_t most, struct shortlist *out)
{
    out->count = 0;
    out->serve_all = true;
    for (unsigned i = 0; i < len && out->count < most; i++)
        if (service_pool(inquiry->service, order[i], inquiry->type) != NULL)
            out->regions[out->count++] = order[i];
}

/*
 * Nobody in the order has this type at all (partial types behind a fence or a
 * short list). Steering never changes what exists, so the first who has it answers.
 */
static void list_anybody(const struct inquiry *inquiry, struct shortlist *out)
{
    for (uint16_t region = 0; region < inquiry->service->region_count && out->count == 0; region++)
        list_as_if_up(inquiry, &region, 1, 1, out);
}

/* No region of the ordering is healthy: what the operator wants then. */
static enum choice_kind fall_back(const struct inquiry *inquiry, const uint16_t *order,
                                  uint16_t len, struct shortlist *out)
{
    const struct service *service = inquiry->service;

    switch (service->all_down) {
    case ALL_DOWN_ZONEFILE:
        return CHOICE_ZONEFILE;
    case ALL_DOWN_LIST:
        if (!list_healthy(inquiry, service->all_down_list, service->all_down_count, out))
            return CHOICE_NOT_READY;
        if (out->count == 0)
            list_as_if_up(inquiry, service->all_down_list, service->all_down_count, 1, out);
        break;
    case ALL_DOWN_SERVE_ALL:
        list_as_if_up(inquiry, order, len, shortlist_most(service), out);
        break;
    }
    if (out->count == 0)
        list_anybody(inquiry, out);
    return CHOICE_ALL_DOWN;
}

void shortlist_make(const struct inquiry *inquiry, const uint16_t *order, uint16_t len,
                    struct shortlist *out)
{
    out->serve_all = false;
    out->kind = CHOICE_HEALTHY;
    if (!list_healthy(inquiry, order, len, out))
        out->kind = CHOICE_NOT_READY;
    else if (out->count == 0)
        out->kind = fall_back(inquiry, order, len, out);
}

/* Who was healthy and who was on the list for when all are down may well be the same. */
bool shortlist_equal(const struct shortlist *a, const struct shortlist *b)
{
    const bool a_lists = a->kind == CHOICE_HEALTHY || a->kind == CHOICE_ALL_DOWN;
    const bool b_lists = b->kind == CHOICE_HEALTHY || b->kind == CHOICE_ALL_DOWN;

    if (!a_lists || !b_lists)
        return a->kind == b->kind;
    return a->serve_all == b->serve_all && a->count == b->count &&
           memcmp(a->regions, b->regions, a->count * sizeof *a->regions) == 0;
}
