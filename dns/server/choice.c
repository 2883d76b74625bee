#include "dns/server/choice.h"

#include <string.h>

#include "dns/base/hash.h"
#include "dns/server/outlook.h"

/*
 * The client whom steering looks at: the ECS prefix when there is one and the
 * service heeds it, else the source address. True when it is the former.
 */
static bool find_client(const struct service *service, const struct client *client,
                        const struct ecs *ecs, bool heed_ecs, struct policy_client *who)
{
    who->resolver = client->source;
    who->random = client->random;
    if (!heed_ecs || !service->ecs || ecs == NULL) {
        who->address = client->source;
        who->source_len = family_bits(client->source.family);
        return false;
    }
    /* Source prefix 0: the client asks not to be steered by address (RFC 7871 7.1.2). */
    who->address.family = (uint8_t)(ecs->source_prefix > 0 ? ecs->family : FAMILY_NONE);
    memcpy(who->address.octets, ecs->address, sizeof who->address.octets);
    who->source_len = ecs->source_prefix;
    return true;
}

/* The endpoints of one pool that may answer, and how they are drawn. */
struct hat {
    const struct pool *pool;
    const struct board *targets;        /* NULL: all may answer */
    const struct endpoint *const *told; /* what regions before have given */
    unsigned told_count;
};

/* RFC 2181 section 5: no record stands twice in an rrset, also when two regions share an address. */
static inline bool hat_repeats(const struct hat *hat, const struct endpoint *endpoint)
{
    for (unsigned i = 0; i < hat->told_count; i++)
        if (hat->told[i]->rdata_len == endpoint->rdata_len &&
            memcmp(hat->told[i]->rdata, endpoint->rdata, endpoint->rdata_len) == 0)
            return true;
    return false;
}

static inline bool hat_holds(const struct hat *hat, const struct endpoint *endpoint)
{
    return (hat->targets == NULL || endpoint_is_up(endpoint, hat->targets)) &&
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
    const struct endpoint *endpoints = hat->pool->endpoints;
    const unsigned count = hat->pool->count;
    unsigned at = count > 1 ? client->sequence % count : 0;

    for (unsigned i = 0; i < count && most > 0; i++) {
        if (hat_holds(hat, &endpoints[at])) {
            out->endpoints[out->count++] = &endpoints[at];
            most--;
        }
        at = at + 1 < count ? at + 1 : 0;
    }
}

/* Whom a mark below the weight of all endpoints falls on. */
static const struct endpoint *marked(const struct pool *pool, uint32_t mark)
{
    unsigned low = 0;
    unsigned high = pool->count - 1u;

    while (low < high) {
        const unsigned middle = (low + high) / 2;
        if (mark < pool->weight_up_to[middle])
            high = middle;
        else
            low = middle + 1;
    }
    return &pool->endpoints[low];
}

/*
 * One more endpoint of those that may answer and are not chosen yet, each as
 * probable as its weight; NULL when there is none. Drawing among all and
 * putting back who may not answer gives the same chances as drawing among the
 * rest. Where too many may not, the rest is counted.
 */
static const struct endpoint *draw_one(const struct hat *hat, const struct choice *chosen,
                                       unsigned from, uint64_t *random)
{
    enum { TRIES = 8 };
    const struct pool *pool = hat->pool;
    const struct endpoint *endpoint;
    uint64_t total = 0;

    for (unsigned i = 0; i < TRIES; i++) {
        *random = hash_mix(*random + 1);
        endpoint = marked(pool, (uint32_t)(*random % pool->weight_up_to[pool->count - 1]));
        if (hat_holds(hat, endpoint) && !already_chosen(chosen, from, endpoint))
            return endpoint;
    }
    for (unsigned i = 0; i < pool->count; i++) {
        endpoint = &pool->endpoints[i];
        if (hat_holds(hat, endpoint) && !already_chosen(chosen, from, endpoint))
            total += endpoint->weight;
    }
    if (total == 0)
        return NULL;
    *random = hash_mix(*random + 1);
    uint64_t mark = *random % total;
    for (unsigned i = 0; i < pool->count; i++) {
        endpoint = &pool->endpoints[i];
        if (!hat_holds(hat, endpoint) || already_chosen(chosen, from, endpoint))
            continue;
        if (mark < endpoint->weight)
            return endpoint;
        mark -= endpoint->weight;
    }
    return NULL; /* someone's health has changed while we counted */
}

/* Different weights: drawn one by one without putting back, so the heavy come first more often. */
static void draw_by_weight(const struct hat *hat, const struct client *client, unsigned most,
                           struct choice *out)
{
    const unsigned from = out->count;
    uint64_t random = client->random;
    const struct endpoint *endpoint;

    while (most-- > 0 && (endpoint = draw_one(hat, out, from, &random)) != NULL)
        out->endpoints[out->count++] = endpoint;
}

static void draw(const struct hat *hat, const struct client *client, unsigned most,
                 struct choice *out)
{
    if (hat->pool->weight_up_to != NULL)
        draw_by_weight(hat, client, most, out);
    else
        draw_in_turn(hat, client, most, out);
}

static bool pool_has_up(const struct pool *pool, const struct board *targets)
{
    for (unsigned i = 0; i < pool->count; i++)
        if (endpoint_is_up(&pool->endpoints[i], targets))
            return true;
    return false;
}

/*
 * Draws up to `most` more records of a region. One that answers although no
 * endpoint of it is up (an operator or a limit holds it up, or they went down
 * since we looked) answers with all of them.
 */
static void draw_region(const struct pool *pool, const struct board *targets,
                        const struct client *client, unsigned most, struct choice *out)
{
    struct hat hat = {
        .pool = pool, .targets = targets, .told = out->endpoints, .told_count = out->count
    };
    const unsigned before = out->count;

    draw(&hat, client, most, out);
    if (out->count == before && targets != NULL && !pool_has_up(pool, targets)) {
        hat.targets = NULL;
        draw(&hat, client, most, out);
    }
}

/*
 * Shares the room of one answer between the regions of the list, leftovers going
 * to later ones; what those leave as well goes to whoever has more, from the first.
 */
static void choose_endpoints(const struct service *service, const struct shortlist *list,
                             const struct board *targets, const struct client *client,
                             struct choice *out)
{
    const struct board *looked_at = list->serve_all ? NULL : targets;

    for (unsigned i = 0; i < list->count; i++) {
        const unsigned regions_left = list->count - i;
        const unsigned room = service->answers - out->count;
        const unsigned most = regions_left == 1 ? room : (room + regions_left - 1) / regions_left;

        draw_region(service_pool(service, list->regions[i], out->type), looked_at, client, most,
                    out);
    }
    for (unsigned i = 0; i + 1u < list->count && out->count < service->answers; i++)
        draw_region(service_pool(service, list->regions[i], out->type), looked_at, client,
                    service->answers - out->count, out);
}

/* While a region takes its clients back block by block, an answer is true for a block alone. */
static uint8_t drawn_scope(const struct inquiry *inquiry, uint8_t scope)
{
    const struct standing at = standing_of(inquiry->who);
    const struct atlas_grain grain = inquiry->service->grain;

    if (at.asker.anonymous)
        return scope;
    const uint8_t block =
        standing_scope(&at, at.asker.family == FAMILY_V4 ? grain.v4 : grain.v6);
    return block > scope ? block : scope;
}

/*
 * How much of the client's address the answer depends on. `scope` is that of
 * the ordering behind it; it is less where a prospect knows who gets the same
 * answer under the present health. Each of these blocks is true.
 */
static uint8_t choice_scope(const struct snapshot *snapshot, const struct inquiry *inquiry,
                            const struct shortlist *list, uint8_t scope, bool by_ecs)
{
    const struct service *service = inquiry->service;
    if (!service->ecs)
        return 0;
    if (list->drawn)
        return drawn_scope(inquiry, scope);
    if (!by_ecs || scope == 0)
        return scope; /* nobody will be told, or no less can be said */
    const struct prospect *prospect = outlook_find(snapshot, service, inquiry->type);
    if (prospect == NULL)
        return scope;

    const struct standing at = standing_of(inquiry->who);
    uint8_t wide;
    return prospect_scope(prospect, inquiry, &at, list, &wide) && wide < scope ? wide : scope;
}

/*
 * Who answers, and the scope of the ordering that it rests on. The usual case
 * is that a client's first region is up and answers alone: then nobody asks
 * who would come after it, nor does the scope depend on them.
 */
static void choose_regions(const struct inquiry *inquiry, struct shortlist *list, uint8_t *scope)
{
    const struct service *service = inquiry->service;
    struct ranking ranking;

    if (service->spread == 1 &&
        shortlist_first(inquiry, policy_first(service->policy, inquiry->who, scope), list))
        return;
    policy_rank(service->policy, inquiry->who, &ranking);
    shortlist_make(inquiry, ranking.regions, ranking.count, list);
    const bool first_alone = list->kind == CHOICE_HEALTHY && service->spread == 1 &&
                             list->regions[0] == ranking.regions[0];
    *scope = first_alone ? ranking.first_scope : ranking.scope;
}

void choice_make(const struct snapshot *snapshot, const struct service *service, uint16_t type,
                 const struct client *client, const struct ecs *ecs, struct course *course,
                 struct choice *out)
{
    const struct inquiry inquiry = {
        .service = service, .type = type, .pools = snapshot->pools, .who = &course->who
    };
    const struct shortlist *list = &course->list;
    uint8_t scope;

    out->by_ecs = find_client(service, client, ecs, snapshot->serving.ecs, &course->who);
    choose_regions(&inquiry, &course->list, &scope);
    out->kind = list->kind;
    out->type = type;
    out->ttl = list->unsure ? service->ttl_min : service->ttl;
    out->scope = 0;
    out->region = REGION_NONE;
    out->count = 0;
    if (list->kind == CHOICE_NOT_READY)
        return;
    out->scope = choice_scope(snapshot, &inquiry, list, scope, out->by_ecs);
    if (list->kind == CHOICE_ZONEFILE)
        return;

    out->region = list->regions[0];
    choose_endpoints(service, list, snapshot->board, client, out);
}
