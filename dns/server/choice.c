#include "dns/server/choice.h"

#include <string.h>

#include "dns/base/hash.h"
#include "dns/proto/rrtype.h"

static bool endpoint_is_up(const struct endpoint *endpoint, const struct board *board)
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

enum region_health choice_region_health(const struct service *service, uint16_t region,
                                        uint16_t type, const struct board *board)
{
    const struct pool *pool = service_pool(service, region, type);

    if (pool == NULL)
        return REGION_LACKS_TYPE;
    if (type != RRTYPE_A && type != RRTYPE_AAAA && !pool_is_watched(pool))
        return health_by_family(service, region, board);
    return pool_health(pool, board);
}

struct policy_client choice_client(const struct service *service, const struct client *client,
                                   const struct ecs *ecs, bool heed_ecs, bool *by_ecs)
{
    struct policy_client who = { .resolver = client->source, .random = client->random };
    struct prefix subnet;

    *by_ecs = heed_ecs && service->ecs && ecs != NULL;
    if (!*by_ecs) {
        who.address = client->source;
        who.source_len = family_bits(client->source.family);
    } else if (ecs_prefix(ecs, &subnet)) {
        who.address = subnet.address;
        who.source_len = subnet.len;
    }
    /* Else source prefix 0: the client asks not to be steered by address (RFC 7871 7.1.2). */
    return who;
}

/* Walks the ordering for the first healthy regions. */
struct shortlist {
    uint16_t regions[SERVICE_ANSWERS_LIMIT];
    uint16_t count;
    bool serve_all; /* health is not looked at: none was left */
};

static bool shortlist_healthy(const struct service *service, uint16_t type,
                              const struct board *board, const uint16_t *order, uint16_t len,
                              struct shortlist *out)
{
    out->count = 0;
    for (unsigned i = 0; i < len && out->count < service->spread; i++) {
        switch (choice_region_health(service, order[i], type, board)) {
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

static void shortlist_as_if_up(const struct service *service, uint16_t type,
                               const uint16_t *order, uint16_t len, uint16_t most,
                               struct shortlist *out)
{
    out->count = 0;
    out->serve_all = true;
    for (unsigned i = 0; i < len && out->count < most; i++)
        if (service_pool(service, order[i], type) != NULL)
            out->regions[out->count++] = order[i];
}

/*
 * Nobody in the order has this type at all (partial types behind a fence or a
 * short list). Steering never changes what exists, so the first who has it answers.
 */
static void shortlist_anybody(const struct service *service, uint16_t type, struct shortlist *out)
{
    for (uint16_t region = 0; region < service->region_count && out->count == 0; region++)
        shortlist_as_if_up(service, type, &region, 1, 1, out);
}

/* No region of the ordering is healthy: what the operator wants then. */
static enum choice_kind fall_back(const struct service *service, uint16_t type,
                                  const struct board *board, const struct ranking *ranking,
                                  struct shortlist *list)
{
    switch (service->all_down) {
    case ALL_DOWN_ZONEFILE:
        return CHOICE_ZONEFILE;
    case ALL_DOWN_LIST:
        if (!shortlist_healthy(service, type, board, service->all_down_list,
                               service->all_down_count, list))
            return CHOICE_NOT_READY;
        if (list->count == 0)
            shortlist_as_if_up(service, type, service->all_down_list, service->all_down_count, 1,
                               list);
        break;
    case ALL_DOWN_SERVE_ALL:
        shortlist_as_if_up(service, type, ranking->regions, ranking->count, service->spread, list);
        break;
    }
    if (list->count == 0)
        shortlist_anybody(service, type, list);
    return CHOICE_ALL_DOWN;
}

/* The endpoints of one pool that may answer, and how they are drawn. */
struct hat {
    const struct pool *pool;
    const struct board *board; /* NULL: all may answer */
    const struct endpoint *const *told; /* what regions before have given */
    unsigned told_count;
};

/* RFC 2181 section 5: no record stands twice in an rrset, also when two regions share an address. */
static bool hat_repeats(const struct hat *hat, const struct endpoint *endpoint)
{
    for (unsigned i = 0; i < hat->told_count; i++)
        if (hat->told[i]->rdata_len == endpoint->rdata_len &&
            memcmp(hat->told[i]->rdata, endpoint->rdata, endpoint->rdata_len) == 0)
            return true;
    return false;
}

static bool hat_holds(const struct hat *hat, unsigned index)
{
    const struct endpoint *endpoint = &hat->pool->endpoints[index];
    return (hat->board == NULL || endpoint_is_up(endpoint, hat->board)) &&
           !hat_repeats(hat, endpoint);
}

static bool already_chosen(const struct choice *choice, unsigned from,
                           const struct endpoint *endpoint)
{
    for (unsigned i = from; i < choice->count; i++)
        if (choice->endpoints[i] == endpoint)
            return true;
    return false;
}

/* Equal weights: everybody in turn, beginning one further from answer to answer. */
static void draw_in_turn(const struct hat *hat, const struct client *client, unsigned most,
                         struct choice *out)
{
    const unsigned count = hat->pool->count;
    const unsigned first = client->sequence % count;

    for (unsigned i = 0; i < count && most > 0; i++) {
        const unsigned index = (first + i) % count;
        if (hat_holds(hat, index)) {
            out->endpoints[out->count++] = &hat->pool->endpoints[index];
            most--;
        }
    }
}

/* Different weights: drawn one by one without putting back, so the heavy come first more often. */
static void draw_by_weight(const struct hat *hat, const struct client *client, unsigned most,
                           struct choice *out)
{
    const unsigned from = out->count;
    uint64_t random = client->random;

    while (most-- > 0) {
        uint64_t total = 0;
        for (unsigned i = 0; i < hat->pool->count; i++)
            if (hat_holds(hat, i) && !already_chosen(out, from, &hat->pool->endpoints[i]))
                total += hat->pool->endpoints[i].weight;
        if (total == 0)
            return;

        random = hash_mix(random + 1);
        uint64_t mark = random % total;
        for (unsigned i = 0; i < hat->pool->count; i++) {
            const struct endpoint *endpoint = &hat->pool->endpoints[i];
            if (!hat_holds(hat, i) || already_chosen(out, from, endpoint))
                continue;
            if (mark < endpoint->weight) {
                out->endpoints[out->count++] = endpoint;
                break;
            }
            mark -= endpoint->weight;
        }
    }
}

static bool weights_differ(const struct pool *pool)
{
    for (unsigned i = 1; i < pool->count; i++)
        if (pool->endpoints[i].weight != pool->endpoints[0].weight)
            return true;
    return false;
}

/* Shares the room of one answer between the regions of the list, leftovers going to later ones. */
static void choose_endpoints(const struct service *service, const struct shortlist *list,
                             const struct board *board, const struct client *client,
                             struct choice *out)
{
    for (unsigned i = 0; i < list->count; i++) {
        const struct hat hat = { .pool = service_pool(service, list->regions[i], out->type),
                                 .board = list->serve_all ? NULL : board,
                                 .told = out->endpoints,
                                 .told_count = out->count };
        const unsigned regions_left = list->count - i;
        const unsigned room = service->answers - out->count;
        const unsigned most = (room + regions_left - 1) / regions_left;

        if (weights_differ(hat.pool))
            draw_by_weight(&hat, client, most, out);
        else
            draw_in_turn(&hat, client, most, out);
    }
}

/*
 * How much of the client's address the answer depends on. While the first
 * region of the order answers alone, what would come after it does not matter.
 */
static uint8_t choice_scope(const struct service *service, const struct ranking *ranking,
                            const struct choice *choice)
{
    if (!service->ecs)
        return 0;
    const bool first_alone = choice->kind == CHOICE_HEALTHY && service->spread == 1 &&
                             choice->region == ranking->regions[0];
    return first_alone ? ranking->first_scope : ranking->scope;
}

void choice_make(const struct snapshot *snapshot, const struct service *service, uint16_t type,
                 const struct client *client, const struct ecs *ecs, struct choice *out)
{
    struct ranking ranking;
    struct shortlist list = { .count = 0 };
    const struct policy_client who =
        choice_client(service, client, ecs, snapshot->serving.ecs, &out->by_ecs);

    policy_rank(service->policy, &who, &ranking);
    out->type = type;
    out->ttl = service->ttl;
    out->scope = 0;
    out->region = REGION_NONE;
    out->count = 0;

    if (!shortlist_healthy(service, type, snapshot->board, ranking.regions, ranking.count, &list)) {
        out->kind = CHOICE_NOT_READY;
        return;
    }
    out->kind = CHOICE_HEALTHY;
    if (list.count == 0)
        out->kind = fall_back(service, type, snapshot->board, &ranking, &list);
    if (out->kind != CHOICE_HEALTHY && out->kind != CHOICE_ALL_DOWN) {
        out->scope = choice_scope(service, &ranking, out);
        return;
    }

    out->region = list.regions[0];
    out->scope = choice_scope(service, &ranking, out);
    choose_endpoints(service, &list, snapshot->board, client, out);
    if (out->count == 0) {
        /* They all went down since we counted: as good as any answer a moment ago. */
        list.serve_all = true;
        choose_endpoints(service, &list, snapshot->board, client, out);
    }
}
