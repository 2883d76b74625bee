#include "dns/server/steward.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "dns/base/clock.h"
#include "dns/server/charge.h"
#include "dns/server/orders.h"

/* How finely a region's clients come back: in this many steps, none shorter than STEP_MS. */
enum { RAMP_STEPS = 256, STEP_MS = 50 };

/* What is remembered of a pool from generation to generation. */
struct memory {
    struct pool_state state;
    enum health counted; /* what its targets alone make it */
    bool unsure;
    enum order_kind order;
    bool kept;      /* by the charge that is being taken over; false at other times */
    bool known;     /* it had a verdict once */
    bool withdrawn; /* down by probes: one of the `max_down` */
    bool ramps;
    uint64_t ramp_began_ms;
    uint64_t since_wall_ms;
};

struct steward {
    const struct board *targets;
    struct pool_board *pools;
    struct orders *orders;
    steward_changed *changed;
    void *context;

    pthread_mutex_t lock; /* of all that follows, and of writing the pool board */
    struct charge charge;
    struct memory *memories; /* by pool id */
    uint32_t memory_cap;
};

/* ---- one crowd ------------------------------------------------------------- */

/* What the operator has ordered, whatever probes find. */
static struct pool_state ordered(enum order_kind order)
{
    switch (order) {
    case ORDER_DRAIN:
        return (struct pool_state){ .health = HEALTH_DOWN, .cause = POOL_BY_DRAIN };
    case ORDER_DOWN:
        return (struct pool_state){ .health = HEALTH_DOWN, .cause = POOL_BY_FORCE };
    case ORDER_UP:
        return (struct pool_state){ .health = HEALTH_UP, .cause = POOL_BY_FORCE };
    case ORDER_NONE:
        break;
    }
    return (struct pool_state){ .health = HEALTH_UNKNOWN };
}

static uint32_t withheld_at(const struct memory *memory, uint32_t ramp_ms, uint64_t now_ms)
{
    const uint64_t passed_ms = now_ms - memory->ramp_began_ms;

    if (!memory->ramps || passed_ms >= ramp_ms)
        return 0;
    return POOL_SHARE - (uint32_t)(passed_ms * POOL_SHARE / ramp_ms);
}

/* A region that was down and is not: its clients come back one by one. */
static void ramp_follow(struct memory *memory, uint32_t ramp_ms, const struct pool_state *next,
                        uint64_t now_ms)
{
    if (next->health != HEALTH_UP || next->cause != POOL_BY_PROBES || ramp_ms == 0) {
        memory->ramps = false;
    } else if (memory->known && memory->state.health == HEALTH_DOWN) {
        memory->ramps = true;
        memory->ramp_began_ms = now_ms;
    } else if (memory->ramps && now_ms - memory->ramp_began_ms >= ramp_ms) {
        memory->ramps = false;
    }
}

static void tell(const struct steward *steward, const struct crowd *crowd, uint16_t region,
                 const struct pool_state *from, const struct memory *memory)
{
    if (steward->changed == NULL)
        return;
    steward->changed(steward->context,
                     &(struct steward_change){ .zone = crowd->zone,
                                               .service = crowd->service->name,
                                               .region = crowd->service->regions[region].name,
                                               .tags = crowd->service->regions[region].tags,
                                               .tag_count = crowd->service->regions[region].tag_count,
                                               .type = crowd->type,
                                               .from = *from,
                                               .to = memory->state,
                                               .wall_ms = memory->since_wall_ms });
}

static void pool_become(struct steward *steward, const struct crowd *crowd, uint16_t region,
                        const struct pool *pool, struct pool_state next, uint64_t now_ms)
{
    struct memory *memory = &steward->memories[pool->id];
    const struct pool_state from = memory->state;

    ramp_follow(memory, crowd->service->ramp_ms, &next, now_ms);
    next.withheld = withheld_at(memory, crowd->service->ramp_ms, now_ms);
    memory->state = next;
    pool_board_set(steward->pools, pool->id, next);
    if (from.health == next.health && from.cause == next.cause)
        return;
    memory->since_wall_ms = clock_wall_ms();
    tell(steward, crowd, region, &from, memory);
    memory->known = memory->known || next.health != HEALTH_UNKNOWN;
}

/*
 * What is known of each pool, before limits. Returns how many probes alone have
 * withdrawn and would not take back; those who recovered have made room.
 */
static unsigned crowd_count(struct steward *steward, const struct crowd *crowd)
{
    unsigned withdrawn = 0;

    for (uint16_t region = 0; region < crowd->service->region_count; region++) {
        const struct pool *pool = crowd_pool(crowd, region);
        const struct service_region *at = &crowd->service->regions[region];
        if (pool == NULL)
            continue;
        struct memory *memory = &steward->memories[pool->id];
        if (steward->orders != NULL)
            memory->order = orders_find(steward->orders, at->name, at->tags, at->tag_count,
                                        crowd->service->name, NULL);
        const struct pool_state counted =
            pool_count(crowd->service, region, pool, steward->targets);
        memory->counted = counted.health;
        memory->unsure = counted.unsure;
        memory->withdrawn = memory->withdrawn && memory->counted == HEALTH_DOWN &&
                            memory->order == ORDER_NONE;
        withdrawn += memory->withdrawn;
    }
    return withdrawn;
}

static void crowd_judge(struct steward *steward, const struct crowd *crowd, uint64_t now_ms)
{
    unsigned withdrawn = crowd_count(steward, crowd);

    for (uint16_t region = 0; region < crowd->service->region_count; region++) {
        const struct pool *pool = crowd_pool(crowd, region);
        if (pool == NULL)
            continue;
        struct memory *memory = &steward->memories[pool->id];
        struct pool_state next = { .health = memory->counted, .unsure = memory->unsure };
        if (memory->order != ORDER_NONE) {
            next = ordered(memory->order);
        } else if (memory->counted == HEALTH_DOWN && !memory->withdrawn) {
            memory->withdrawn = withdrawn < crowd->service->max_down;
            withdrawn += memory->withdrawn;
            if (!memory->withdrawn) {
                next.health = HEALTH_UP;
                next.cause = POOL_BY_LIMIT;
            }
        }
        pool_become(steward, crowd, region, pool, next, now_ms);
    }
}

static void judge_all(struct steward *steward, uint64_t now_ms)
{
    for (size_t i = 0; i < steward->charge.crowd_count; i++)
        crowd_judge(steward, &steward->charge.crowds[i], now_ms);
}

/* ---- generations ----------------------------------------------------------- */

static bool memories_reserve(struct steward *steward, uint32_t cap)
{
    if (cap <= steward->memory_cap)
        return true;
    const uint32_t wider = cap > 2 * steward->memory_cap ? cap : 2 * steward->memory_cap;
    struct memory *memories = reallocarray(steward->memories, wider, sizeof *memories);
    if (memories == NULL)
        return false;
    memset(memories + steward->memory_cap, 0,
           (wider - steward->memory_cap) * sizeof *memories);
    steward->memories = memories;
    steward->memory_cap = wider;
    return true;
}

static void crowd_keep(struct steward *steward, const struct crowd *crowd)
{
    for (uint16_t region = 0; region < crowd->service->region_count; region++) {
        const struct pool *pool = crowd_pool(crowd, region);
        if (pool != NULL)
            steward->memories[pool->id].kept = true;
    }
}

/* What nobody has any more is forgotten: if it ever comes back, it is new. */
static void forget_others(struct steward *steward)
{
    for (size_t i = 0; i < steward->charge.crowd_count; i++)
        crowd_keep(steward, &steward->charge.crowds[i]);
    for (uint32_t id = 0; id < steward->memory_cap; id++) {
        if (!steward->memories[id].kept)
            steward->memories[id] = (struct memory){ 0 };
        steward->memories[id].kept = false;
    }
}

enum status steward_take(struct steward *steward, const struct snapshot *next, uint64_t now_ms)
{
    struct charge charge;
    if (!charge_build(next, &charge))
        return STATUS_MEMORY;

    pthread_mutex_lock(&steward->lock);
    const bool reserved = memories_reserve(steward, charge.pool_cap);
    struct charge old = reserved ? steward->charge : charge;
    if (reserved) {
        steward->charge = charge;
        forget_others(steward);
        judge_all(steward, now_ms);
    }
    pthread_mutex_unlock(&steward->lock);
    charge_release(&old);
    return reserved ? STATUS_OK : STATUS_MEMORY;
}

/* ---- news ------------------------------------------------------------------ */

void steward_touch(struct steward *steward, uint32_t target, uint64_t now_ms)
{
    pthread_mutex_lock(&steward->lock);
    const struct charge *charge = &steward->charge;
    if (target < charge->target_cap) {
        uint32_t last = UINT32_MAX;
        for (uint32_t i = charge->first[target]; i < charge->first[target + 1]; i++) {
            /* One crowd's uses of a target stand together. */
            if (charge->users[i] != last)
                crowd_judge(steward, &charge->crowds[charge->users[i]], now_ms);
            last = charge->users[i];
        }
    }
    pthread_mutex_unlock(&steward->lock);
}

void steward_obey(struct steward *steward, uint64_t now_ms)
{
    pthread_mutex_lock(&steward->lock);
    judge_all(steward, now_ms);
    pthread_mutex_unlock(&steward->lock);
}

static bool crowd_ramps(const struct steward *steward, const struct crowd *crowd)
{
    if (crowd->service->ramp_ms == 0)
        return false;
    for (uint16_t region = 0; region < crowd->service->region_count; region++) {
        const struct pool *pool = crowd_pool(crowd, region);
        if (pool != NULL && steward->memories[pool->id].ramps)
            return true;
    }
    return false;
}

uint64_t steward_tick(struct steward *steward, uint64_t now_ms)
{
    uint64_t wait_ms = 0;

    pthread_mutex_lock(&steward->lock);
    for (size_t i = 0; i < steward->charge.crowd_count; i++) {
        const struct crowd *crowd = &steward->charge.crowds[i];
        if (!crowd_ramps(steward, crowd))
            continue;
        crowd_judge(steward, crowd, now_ms);
        if (!crowd_ramps(steward, crowd))
            continue;
        uint64_t step_ms = crowd->service->ramp_ms / RAMP_STEPS;
        if (step_ms < STEP_MS)
            step_ms = STEP_MS;
        if (wait_ms == 0 || step_ms < wait_ms)
            wait_ms = step_ms;
    }
    pthread_mutex_unlock(&steward->lock);
    return wait_ms;
}

/* ---- reports --------------------------------------------------------------- */

bool steward_report(struct steward *steward, uint32_t pool_id, struct steward_report *out)
{
    pthread_mutex_lock(&steward->lock);
    const bool known = pool_id < steward->charge.pool_cap;
    if (known) {
        const struct memory *memory = &steward->memories[pool_id];
        *out = (struct steward_report){ .state = memory->state,
                                        .counted = memory->counted,
                                        .since_wall_ms = memory->since_wall_ms };
    }
    pthread_mutex_unlock(&steward->lock);
    return known;
}

void steward_on_change(struct steward *steward, steward_changed *changed, void *context)
{
    steward->changed = changed;
    steward->context = context;
}

struct steward *steward_new(const struct board *targets, struct pool_board *pools,
                            struct orders *orders)
{
    struct steward *steward = calloc(1, sizeof *steward);
    if (steward == NULL)
        return NULL;
    steward->targets = targets;
    steward->pools = pools;
    steward->orders = orders;
    if (pthread_mutex_init(&steward->lock, NULL) != 0) {
        free(steward);
        return NULL;
    }
    return steward;
}

void steward_free(struct steward *steward)
{
    if (steward == NULL)
        return;
    charge_release(&steward->charge);
    free(steward->memories);
    pthread_mutex_destroy(&steward->lock);
    free(steward);
}
