#include "zones/pool_board.h"

#include <sys/mman.h>

#include "dns/proto/rrtype.h"

struct pool_board *pool_board_new(void)
{
    void *memory = mmap(NULL, sizeof(struct pool_board), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return memory != MAP_FAILED ? memory : NULL;
}

void pool_board_free(struct pool_board *board)
{
    if (board != NULL)
        munmap(board, sizeof *board);
}

/* A pool that nobody probes says nothing about the region's health by itself. */
static bool pool_is_watched(const struct pool *pool)
{
    for (unsigned i = 0; i < pool->count; i++)
        if (pool->endpoints[i].target != TARGET_NONE)
            return true;
    return false;
}

static struct pool_state count_endpoints(const struct pool *pool, const struct board *targets)
{
    struct pool_state state = { .health = HEALTH_DOWN };
    uint32_t up = 0;
    uint32_t unprobed = 0;

    for (unsigned i = 0; i < pool->count; i++) {
        const struct endpoint *endpoint = &pool->endpoints[i];
        if (endpoint->target == TARGET_NONE) {
            up++;
            continue;
        }
        const enum health health = board_health(targets, endpoint->target);
        up += health == HEALTH_UP;
        unprobed += health == HEALTH_UNKNOWN;
        state.unsure = state.unsure || board_unsure(targets, endpoint->target);
    }
    if (up >= pool->needed)
        state.health = HEALTH_UP;
    else if (up + unprobed >= pool->needed)
        state.health = HEALTH_UNKNOWN;
    return state;
}

static struct pool_state count_families(const struct service *service, uint16_t region,
                                        const struct board *targets)
{
    static const uint16_t families[] = { RRTYPE_A, RRTYPE_AAAA };
    struct pool_state best = { .health = HEALTH_DOWN };
    bool any = false;

    for (unsigned i = 0; i < sizeof families / sizeof *families; i++) {
        const struct pool *pool = service_pool(service, region, families[i]);
        if (pool == NULL)
            continue;
        const struct pool_state state = count_endpoints(pool, targets);
        any = true;
        best.unsure = best.unsure || state.unsure;
        if (state.health == HEALTH_UP || best.health == HEALTH_DOWN)
            best.health = state.health;
        if (best.health == HEALTH_UP)
            break;
    }
    if (!any)
        best.health = HEALTH_UP;
    return best;
}

struct pool_state pool_count(const struct service *service, uint16_t region,
                             const struct pool *pool, const struct board *targets)
{
    if (pool->type != RRTYPE_A && pool->type != RRTYPE_AAAA && !pool_is_watched(pool))
        return count_families(service, region, targets);
    return count_endpoints(pool, targets);
}

void pool_board_count(struct pool_board *board, const struct service *service,
                      const struct board *targets)
{
    for (uint16_t region = 0; region < service->region_count; region++) {
        const struct service_region *at = &service->regions[region];
        for (uint16_t i = 0; i < at->pool_count; i++)
            pool_board_set(board, at->pools[i].id,
                           pool_count(service, region, &at->pools[i], targets));
    }
}
