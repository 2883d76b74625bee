#include "dns/server/shortlist.h"

#include <string.h>

#include "dns/base/hash.h"

/* ---- health ---------------------------------------------------------------- */

static enum region_health region_health_of(enum health health)
{
    switch (health) {
    case HEALTH_UP:
        return REGION_UP;
    case HEALTH_DOWN:
        return REGION_DOWN;
    case HEALTH_UNKNOWN:
        break;
    }
    return REGION_UNPROBED;
}

enum region_health region_health_now(const struct service *service, uint16_t region, uint16_t type,
                                     const struct pool_board *pools)
{
    const struct pool *pool = service_pool(service, region, type);

    if (pool == NULL)
        return REGION_LACKS_TYPE;
    return region_health_of(pool_board_get(pools, pool->id).health);
}

static bool bit_at(const uint64_t *bits, uint16_t index)
{
    return bits[index / 64] >> index % 64 & 1;
}

/*
 * A region that came back takes its clients back one by one: those whose hash
 * is below the share given back. The share only grows, so nobody moves twice.
 * Whoever hides the address comes last.
 */
static bool is_withheld(const struct inquiry *inquiry, uint16_t region, uint32_t withheld)
{
    const struct asker asker = standing_of(inquiry->who).asker;
    const struct atlas_grain grain = inquiry->service->grain;

    if (asker.anonymous)
        return true;
    const uint8_t bits = asker.family == FAMILY_V4 ? grain.v4 : grain.v6;
    const uint64_t block = asker.key & ~(bits < 64 ? UINT64_MAX >> bits : 0);
    const uint64_t salt = inquiry->service->regions[region].salt;
    return (uint32_t)(hash_mix(block ^ salt) >> 48) >= POOL_SHARE - withheld;
}

bool region_is_withheld(const struct inquiry *inquiry, uint16_t region)
{
    const struct pool *pool = service_pool(inquiry->service, region, inquiry->type);
    if (pool == NULL)
        return false;
    const struct pool_state state = pool_board_get(inquiry->pools, pool->id);
    return state.withheld > 0 && state.health == HEALTH_UP &&
           is_withheld(inquiry, region, state.withheld);
}

/* What a region is to this client at present. */
struct bearing {
    enum region_health health;
    bool withheld;
};

static struct bearing bearing_of(const struct inquiry *inquiry, uint16_t region,
                                 struct shortlist *out)
{
    const struct pool *pool = service_pool(inquiry->service, region, inquiry->type);

    if (pool == NULL)
        return (struct bearing){ REGION_LACKS_TYPE, false };
    if (inquiry->up != NULL)
        return (struct bearing){ bit_at(inquiry->up, region) ? REGION_UP : REGION_DOWN, false };

    const struct pool_state state = pool_board_get(inquiry->pools, pool->id);
    struct bearing bearing = { region_health_of(state.health), false };
    out->unsure = out->unsure || state.unsure;
    if (state.withheld > 0 && state.health == HEALTH_UP) {
        out->unsure = out->drawn = true;
        bearing.withheld = is_withheld(inquiry, region, state.withheld);
    }
    return bearing;
}

bool inquiry_photograph(const struct inquiry *inquiry, uint64_t up[INQUIRY_UP_WORDS])
{
    memset(up, 0, INQUIRY_UP_WORDS * sizeof *up);
    for (uint16_t region = 0; region < inquiry->service->region_count; region++) {
        const struct pool *pool = service_pool(inquiry->service, region, inquiry->type);
        if (pool == NULL)
            continue;
        const struct pool_state state = pool_board_get(inquiry->pools, pool->id);
        if (state.withheld > 0)
            return false;
        switch (state.health) {
        case HEALTH_UP:
            up[region / 64] |= UINT64_C(1) << region % 64;
            break;
        case HEALTH_UNKNOWN:
            return false;
        case HEALTH_DOWN:
            break;
        }
    }
    return true;
}

bool inquiry_is_as(const struct inquiry *inquiry, const uint64_t *up)
{
    uint64_t now[INQUIRY_UP_WORDS];

    return inquiry_photograph(inquiry, now) && memcmp(now, up, sizeof now) == 0;
}

/* ---- who answers ----------------------------------------------------------- */

/* More regions than an answer has records would not be heard. */
uint16_t shortlist_most(const struct service *service)
{
    return service->spread < SERVICE_ANSWERS_LIMIT ? service->spread : SERVICE_ANSWERS_LIMIT;
}

/*
 * The first healthy ones that do not withhold themselves from this client; when
 * all that are healthy do, the first of those. False when one that is not
 * probed yet may be the first.
 */
static bool list_healthy(const struct inquiry *inquiry, const uint16_t *order, uint16_t len,
                         struct shortlist *out)
{
    const uint16_t most = shortlist_most(inquiry->service);
    uint16_t withheld = REGION_NONE;

    out->count = 0;
    for (unsigned i = 0; i < len && out->count < most; i++) {
        const struct bearing bearing = bearing_of(inquiry, order[i], out);
        switch (bearing.health) {
        case REGION_UP:
            if (!bearing.withheld)
                out->regions[out->count++] = order[i];
            else if (withheld == REGION_NONE)
                withheld = order[i];
            break;
        case REGION_UNPROBED:
            /* It may be the one. With another already found, it is only missed. */
            if (out->count == 0 && withheld == REGION_NONE)
                return false;
            break;
        case REGION_DOWN:
        case REGION_LACKS_TYPE:
            break;
        }
    }
    if (out->count == 0 && withheld != REGION_NONE)
        out->regions[out->count++] = withheld;
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

bool shortlist_first(const struct inquiry *inquiry, uint16_t first, struct shortlist *out)
{
    const struct pool *pool = service_pool(inquiry->service, first, inquiry->type);
    if (pool == NULL)
        return false;
    const struct pool_state state = pool_board_get(inquiry->pools, pool->id);
    if (state.health != HEALTH_UP || state.withheld > 0)
        return false;

    out->kind = CHOICE_HEALTHY;
    out->serve_all = out->drawn = false;
    out->unsure = state.unsure;
    out->count = 1;
    out->regions[0] = first;
    return true;
}

void shortlist_make(const struct inquiry *inquiry, const uint16_t *order, uint16_t len,
                    struct shortlist *out)
{
    out->serve_all = out->unsure = out->drawn = false;
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
