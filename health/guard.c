#include "health/guard.h"

#include <stdlib.h>
#include <string.h>

struct guard_target {
    uint32_t first, count; /* its regions in `regions_of` */
    bool up;
    bool held;          /* a failure of it waits */
    bool asked;         /* and has not answered */
    bool denied;        /* it was asked, and failed */
    bool failing;       /* its last result was a failure */
    uint64_t failed_at; /* when that streak of failures began */
};

struct guard_region {
    uint32_t first, count; /* its targets in `targets_of` */
    uint32_t up;           /* how many of them are */
    uint64_t asked_in;     /* the last round in which it was asked */
    uint64_t mark;
};

struct guard_table {
    struct guard_target *targets; /* by id; those of no region have a count of 0 */
    size_t target_cap;
    struct guard_region *regions;
    size_t region_count;
    uint32_t *regions_of, *targets_of;
    uint32_t *held, *settled; /* room for every target */
};

struct guard {
    struct guard_table *table;
    uint64_t proven_at; /* the latest question that was answered well set out then */
    bool frozen;
    size_t held_count;
    uint64_t round; /* of asking: it begins with a held failure and ends with none */
    uint64_t marks;
    uint32_t asks[GUARD_ASK_MOST]; /* in this round, answered or not */
    size_t ask_count, asked_count; /* all; those that have not answered */
};

/* ---- tables ---- */

static int compare_members(const void *a, const void *b)
{
    const struct guard_member *left = a, *right = b;
    if (left->target != right->target)
        return left->target < right->target ? -1 : 1;
    return left->region < right->region ? -1 : left->region > right->region;
}

/* A region uses a target once, however many of its endpoints do. */
static size_t members_unite(struct guard_member *members, size_t count)
{
    size_t kept = 0;
    qsort(members, count, sizeof *members, compare_members);
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || compare_members(&members[kept - 1], &members[i]) != 0)
            members[kept++] = members[i];
    }
    return kept;
}

void guard_table_free(struct guard_table *table)
{
    if (table == NULL)
        return;
    free(table->targets);
    free(table->regions);
    free(table->regions_of);
    free(table->targets_of);
    free(table->held);
    free(table->settled);
    free(table);
}

static bool table_reserve(struct guard_table *table, const struct guard_member *members,
                          size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (members[i].target >= table->target_cap)
            table->target_cap = (size_t)members[i].target + 1;
        if (members[i].region >= table->region_count)
            table->region_count = (size_t)members[i].region + 1;
    }
    table->targets = calloc(table->target_cap + 1, sizeof(struct guard_target));
    table->regions = calloc(table->region_count + 1, sizeof(struct guard_region));
    table->regions_of = calloc(count + 1, sizeof(uint32_t));
    table->targets_of = calloc(count + 1, sizeof(uint32_t));
    table->held = calloc(table->target_cap + 1, sizeof(uint32_t));
    table->settled = calloc(table->target_cap + 1, sizeof(uint32_t));
    return table->targets != NULL && table->regions != NULL && table->regions_of != NULL &&
           table->targets_of != NULL && table->held != NULL && table->settled != NULL;
}

/* `members` are sorted by target: so are those of one region. */
static void table_fill(struct guard_table *table, const struct guard_member *members, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct guard_target *target = &table->targets[members[i].target];
        if (target->count++ == 0)
            target->first = (uint32_t)i;
        table->regions_of[i] = members[i].region;
        table->regions[members[i].region].count++;
    }
    for (size_t r = 1; r < table->region_count; r++)
        table->regions[r].first = table->regions[r - 1].first + table->regions[r - 1].count;
    for (size_t r = 0; r < table->region_count; r++)
        table->regions[r].count = 0;
    for (size_t i = 0; i < count; i++) {
        struct guard_region *region = &table->regions[members[i].region];
        table->targets_of[region->first + region->count++] = members[i].target;
    }
}

struct guard_table *guard_table_new(const struct guard_member *members, size_t count)
{
    struct guard_table *table = calloc(1, sizeof *table);
    struct guard_member *sorted = calloc(count + 1, sizeof *sorted);
    bool made = table != NULL && sorted != NULL;
    if (made) {
        if (count > 0)
            memcpy(sorted, members, count * sizeof *sorted);
        const size_t distinct = members_unite(sorted, count);
        made = table_reserve(table, sorted, distinct);
        if (made)
            table_fill(table, sorted, distinct);
    }
    free(sorted);
    if (made)
        return table;
    guard_table_free(table);
    return NULL;
}

struct guard *guard_new(void)
{
    struct guard *guard = calloc(1, sizeof *guard);
    if (guard == NULL)
        return NULL;
    guard->table = guard_table_new(NULL, 0);
    guard->round = 1;
    if (guard->table != NULL)
        return guard;
    free(guard);
    return NULL;
}

void guard_free(struct guard *guard)
{
    if (guard == NULL)
        return;
    guard_table_free(guard->table);
    free(guard);
}

/* NULL when it is a target of no region. */
static struct guard_target *target_of(const struct guard *guard, uint32_t id)
{
    const struct guard_table *table = guard->table;
    return id < table->target_cap && table->targets[id].count > 0 ? &table->targets[id] : NULL;
}

static struct guard_region *region_of(const struct guard *guard, const struct guard_target *target,
                                      size_t index)
{
    return &guard->table->regions[guard->table->regions_of[target->first + index]];
}

/* ---- who could tell ---- */

static void target_mark(const struct guard *guard, const struct guard_target *target)
{
    for (size_t i = 0; i < target->count; i++)
        region_of(guard, target, i)->mark = guard->marks;
}

/* Some region that the target does not belong to has something up. */
static bool others_are_up(struct guard *guard, const struct guard_target *target)
{
    const struct guard_table *table = guard->table;
    guard->marks++;
    target_mark(guard, target);
    for (size_t r = 0; r < table->region_count; r++) {
        if (table->regions[r].up > 0 && table->regions[r].mark != guard->marks)
            return true;
    }
    return false;
}

static void region_ask(struct guard *guard, struct guard_region *region)
{
    size_t count = 0;
    region->asked_in = guard->round;
    for (size_t i = 0; i < region->count && count < GUARD_ASK_EACH; i++) {
        const uint32_t id = guard->table->targets_of[region->first + i];
        struct guard_target *target = &guard->table->targets[id];
        if (!target->up || target->held || target->asked || target->denied)
            continue;
        if (guard->ask_count == GUARD_ASK_MOST)
            return;
        target->asked = true;
        guard->asks[guard->ask_count++] = id;
        guard->asked_count++;
        count++;
    }
}

/* In every other region that has not been asked in this round. */
static void ask_others(struct guard *guard, const struct guard_target *target)
{
    const struct guard_table *table = guard->table;
    guard->marks++;
    target_mark(guard, target);
    for (size_t r = 0; r < table->region_count; r++) {
        struct guard_region *region = &table->regions[r];
        if (region->up > 0 && region->mark != guard->marks && region->asked_in != guard->round)
            region_ask(guard, region);
    }
}

/* How many regions have failed in this round: of held failures, and of those that were asked. */
static size_t regions_failing(struct guard *guard)
{
    const struct guard_table *table = guard->table;
    size_t count = 0;
    guard->marks++;
    for (size_t i = 0; i < guard->held_count; i++)
        target_mark(guard, &table->targets[table->held[i]]);
    for (size_t i = 0; i < guard->ask_count; i++) {
        if (table->targets[guard->asks[i]].denied)
            target_mark(guard, &table->targets[guard->asks[i]]);
    }
    for (size_t r = 0; r < table->region_count; r++)
        count += table->regions[r].mark == guard->marks;
    return count;
}

/* ---- rounds ---- */

void guard_health(struct guard *guard, uint32_t id, bool up)
{
    struct guard_target *target = target_of(guard, id);
    if (target == NULL || target->up == up)
        return;
    target->up = up;
    for (size_t i = 0; i < target->count; i++) {
        struct guard_region *region = region_of(guard, target, i);
        region->up = up ? region->up + 1 : region->up - 1;
    }
}

static void held_remove(struct guard *guard, uint32_t id)
{
    uint32_t *held = guard->table->held;
    for (size_t i = 0; i < guard->held_count; i++) {
        if (held[i] != id)
            continue;
        held[i] = held[--guard->held_count];
        guard->table->targets[id].held = false;
        return;
    }
}

/* Nobody need answer any more. */
static void round_end(struct guard *guard)
{
    for (size_t i = 0; i < guard->ask_count; i++) {
        struct guard_target *target = &guard->table->targets[guard->asks[i]];
        target->asked = target->denied = false;
    }
    guard->ask_count = guard->asked_count = 0;
    guard->round++;
}

/* Somebody has answered what was asked since the first failure of its streak. */
static bool network_is_proven(const struct guard *guard, const struct guard_target *target)
{
    return guard->proven_at > target->failed_at;
}

/* Settles all that is held, or only that of which the network is proven not to be the cause. */
static void held_settle(struct guard *guard, bool all, struct guard_turn *turn)
{
    struct guard_table *table = guard->table;
    size_t left = 0;
    turn->settled = table->settled;
    for (size_t i = 0; i < guard->held_count; i++) {
        struct guard_target *target = &table->targets[table->held[i]];
        if (all || network_is_proven(guard, target)) {
            target->held = false;
            table->settled[turn->settled_count++] = table->held[i];
            if (!turn->froze)
                guard_health(guard, table->held[i], false);
        } else {
            table->held[left++] = table->held[i];
        }
    }
    guard->held_count = left;
}

/* Failures are held, and whoever was asked has answered, or there was nobody to ask. */
static void round_decide(struct guard *guard, struct guard_turn *turn)
{
    if (guard->held_count == 0 || guard->asked_count > 0)
        return;
    guard->frozen = turn->froze = regions_failing(guard) >= 2;
    held_settle(guard, true, turn);
    round_end(guard);
}

/* Others are asked anew for whatever is held. */
static void round_begin(struct guard *guard, struct guard_turn *turn)
{
    round_end(guard);
    for (size_t i = 0; i < guard->held_count; i++)
        ask_others(guard, &guard->table->targets[guard->table->held[i]]);
    turn->asks = guard->asks;
    turn->ask_count = guard->ask_count;
}

/* ---- from outside ---- */

void guard_forget(struct guard *guard, uint32_t id)
{
    struct guard_target *target = target_of(guard, id);
    if (target == NULL)
        return;
    guard_health(guard, id, false);
    held_remove(guard, id);
    guard->asked_count -= target->asked;
    target->asked = target->denied = target->failing = false;
}

/* What is known of a target, but not where its regions stand. */
static void target_inherit(struct guard *guard, uint32_t id, const struct guard_target *known)
{
    struct guard_target *target = target_of(guard, id);
    if (target == NULL)
        return;
    guard_health(guard, id, known->up);
    target->held = known->held;
    target->failing = known->failing;
    target->failed_at = known->failed_at;
}

void guard_adopt(struct guard *guard, struct guard_table *table, struct guard_turn *turn)
{
    struct guard_table *old = guard->table;
    const size_t held_count = guard->held_count;
    *turn = (struct guard_turn){ 0 };
    guard->table = table;
    for (size_t id = 0; id < old->target_cap; id++)
        target_inherit(guard, (uint32_t)id, &old->targets[id]);

    /* Who was asked is asked again where there is still need: the regions may be others now. */
    guard->ask_count = guard->held_count = 0;
    for (size_t i = 0; i < held_count; i++) {
        const struct guard_target *target = target_of(guard, old->held[i]);
        if (target != NULL && target->held)
            table->held[guard->held_count++] = old->held[i];
    }
    guard_table_free(old);
    round_begin(guard, turn);
    round_decide(guard, turn);
}

/* What is left when a success came is asked for anew; without anybody to ask it counts. */
static void round_proceed(struct guard *guard, struct guard_turn *turn)
{
    held_settle(guard, false, turn);
    round_begin(guard, turn);
    if (guard->asked_count == 0)
        held_settle(guard, true, turn);
}

void guard_good(struct guard *guard, uint32_t id, uint64_t asked_at, struct guard_turn *turn)
{
    *turn = (struct guard_turn){ 0 };
    if (asked_at > guard->proven_at)
        guard->proven_at = asked_at;
    struct guard_target *target = target_of(guard, id);
    if (target != NULL) {
        target->failing = false;
        if (target->held)
            held_remove(guard, id);
    }
    if (guard->held_count > 0 || guard->ask_count > 0)
        round_proceed(guard, turn);
    if (!guard->frozen)
        return;
    guard->frozen = false;
    turn->thawed = true;
    for (size_t i = 0; i < guard->table->target_cap; i++)
        guard->table->targets[i].failing = false;
}

static void target_hold(struct guard *guard, struct guard_target *target, uint32_t id,
                        struct guard_turn *turn)
{
    const size_t asked_before = guard->ask_count;
    target->held = true;
    guard->table->held[guard->held_count++] = id;
    ask_others(guard, target);
    turn->asks = &guard->asks[asked_before];
    turn->ask_count = guard->ask_count - asked_before;
}

enum guard_ruling guard_bad(struct guard *guard, uint32_t id, bool falls, bool asked, uint64_t now,
                            struct guard_turn *turn)
{
    *turn = (struct guard_turn){ 0 };
    struct guard_target *target = target_of(guard, id);
    if (target == NULL)
        return GUARD_COUNT;
    if (!target->failing) {
        target->failing = true;
        target->failed_at = now;
    }
    if (guard->frozen)
        return GUARD_IGNORE;
    if (asked && target->asked) {
        target->asked = false;
        target->denied = true;
        guard->asked_count--;
    }
    enum guard_ruling ruling = target->held ? GUARD_IGNORE : GUARD_COUNT;
    if (ruling == GUARD_COUNT && falls && !network_is_proven(guard, target) &&
        others_are_up(guard, target)) {
        target_hold(guard, target, id, turn);
        ruling = GUARD_HOLD;
    }
    round_decide(guard, turn);
    return ruling;
}

bool guard_is_frozen(const struct guard *guard)
{
    return guard->frozen;
}

bool guard_holds(const struct guard *guard, uint32_t id)
{
    const struct guard_target *target = target_of(guard, id);
    return target != NULL && target->held;
}
