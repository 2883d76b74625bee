#include "dns/server/choice.h"

#include <string.h>

#include "dns/base/hash.h"
#include "dns/server/outlook.h"

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

/* The endpoints of one pool that may answer, and how they are drawn. */
struct hat {
    const struct pool *pool;
    const struct board *targets; /* NULL: all may answer */
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

static void draw(const struct hat *hat, const struct client *client, unsigned most,
                 struct choice *out)
{
    if (weights_differ(hat->pool))
        draw_by_weight(hat, client, most, out);
    else
        draw_in_turn(hat, client, most, out);
}

/*
 * Shares the room of one answer between the regions of the list, leftovers
 * going to later ones. A region that answers although no endpoint of it is up
 * (an operator or a limit holds it up, or they went down since we looked)
 * answers with all of them.
 */
static void choose_endpoints(const struct service *service, const struct shortlist *list,
                             const struct board *targets, const struct client *client,
                             struct choice *out)
{
    for (unsigned i = 0; i < list->count; i++) {
        struct hat hat = { .pool = service_pool(service, list->regions[i], out->type),
                           .targets = list->serve_all ? NULL : targets,
                           .told = out->endpoints,
                           .told_count = out->count };
        const unsigned before = out->count;
        const unsigned regions_left = list->count - i;
        const unsigned room = service->answers - out->count;
        const unsigned most = (room + regions_left - 1) / regions_left;

        draw(&hat, client, most, out);
        if (out->count == before && hat.targets != NULL) {
            hat.targets = NULL;
            draw(&hat, client, most, out);
        }
    }
}

/* While a region takes its clients back block by block, an answer is true for a block alone. */
static uint8_t drawn_scope(const struct inquiry *inquiry, const struct ranking *ranking)
{
    const struct standing at = standing_of(inquiry->who);
    const struct atlas_grain grain = inquiry->service->grain;

    if (at.asker.anonymous)
        return ranking->scope;
    const uint8_t block =
        standing_scope(&at, at.asker.family == FAMILY_V4 ? grain.v4 : grain.v6);
    return block > ranking->scope ? block : ranking->scope;
}

/*
 * How much of the client's address the answer depends on: all that its ordering
 * does, but while the first region of the order answers alone, what would come
 * after it does not matter; and it is less still where a prospect knows who gets
 * the same answer under the present health. Each of these blocks is true.
 */
static uint8_t choice_scope(const struct snapshot *snapshot, const struct inquiry *inquiry,
                            const struct ranking *ranking, const struct shortlist *list,
                            bool by_ecs)
{
    const struct service *service = inquiry->service;
    if (!service->ecs)
        return 0;
    if (list->drawn)
        return drawn_scope(inquiry, ranking);

    const bool first_alone = list->kind == CHOICE_HEALTHY && service->spread == 1 &&
                             list->regions[0] == ranking->regions[0];
    const uint8_t scope = first_alone ? ranking->first_scope : ranking->scope;
    if (!by_ecs || scope == 0)
        return scope; /* nobody will be told, or no less can be said */
    const struct prospect *prospect = outlook_find(snapshot, service, inquiry->type);
    if (prospect == NULL)
        return scope;

    const struct standing at = standing_of(inquiry->who);
    uint8_t wide;
    return prospect_scope(prospect, inquiry, &at, list, &wide) && wide < scope ? wide : scope;
}

void choice_make(const struct snapshot *snapshot, const struct service *service, uint16_t type,
                 const struct client *client, const struct ecs *ecs, struct choice *out)
{
    struct ranking ranking;
    struct shortlist list;
    const struct policy_client who =
        choice_client(service, client, ecs, snapshot->serving.ecs, &out->by_ecs);
    const struct inquiry inquiry = {
        .service = service, .type = type, .pools = snapshot->pools, .who = &who
    };

    policy_rank(service->policy, &who, &ranking);
    shortlist_make(&inquiry, ranking.regions, ranking.count, &list);
    out->kind = list.kind;
    out->type = type;
    out->ttl = list.unsure ? service->ttl_min : service->ttl;
    out->scope = 0;
    out->region = REGION_NONE;
    out->count = 0;
    if (list.kind == CHOICE_NOT_READY)
        return;
    out->scope = choice_scope(snapshot, &inquiry, &ranking, &list, out->by_ecs);
    if (list.kind == CHOICE_ZONEFILE)
        return;

    out->region = list.regions[0];
    choose_endpoints(service, &list, snapshot->board, client, out);
}
