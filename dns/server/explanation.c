#include "dns/server/explanation.h"

void explanation_make(struct explanation *why)
{
    const struct snapshot *snapshot = why->snapshot;

    struct name_key key;

    why->steered = NULL;
    name_key_init(&key, why->qname);
    lookup_find(snapshot->zones, &key, why->qtype, &why->finding);
    if (why->finding.hop_count == 0)
        return;
    const struct hop *last = &why->finding.hops[why->finding.hop_count - 1];
    if (last->service == NULL)
        return;

    why->steered = last;
    const struct ecs *ecs = why->has_ecs ? &why->ecs : NULL;
    choice_make(snapshot, last->service, last->type, &why->client, ecs, &why->course,
                &why->choice);
    policy_rank(last->service->policy, &why->course.who, &why->ranking);

    /* Where ranking looked: an address that is not to be used has no place. */
    const struct standing at = standing_of(&why->course.who);
    struct address address;
    address_from_key(at.asker.family, at.asker.key, &address);
    why->network = (struct prefix){ 0 };
    why->place = at.asker.anonymous ? atlas_place(snapshot->atlas, 0)
                                    : atlas_find(snapshot->atlas, &address, &why->network);
}

const char *explanation_outcome_text(enum outcome outcome)
{
    switch (outcome) {
    case OUTCOME_FOREIGN:
        return "refused: no zone here holds the name";
    case OUTCOME_UNLOADED:
        return "server failure: the zone could not be loaded";
    case OUTCOME_ANSWER:
        return "answer";
    case OUTCOME_NODATA:
        return "no data: the name exists without this type";
    case OUTCOME_NXDOMAIN:
        return "the name does not exist";
    case OUTCOME_DELEGATION:
        return "referral to the servers of a child zone";
    case OUTCOME_ALIAS:
        return "alias to be followed by the asker";
    case OUTCOME_YXDOMAIN:
        return "a DNAME makes the name too long";
    }
    return "";
}

const char *explanation_health_text(enum region_health health)
{
    switch (health) {
    case REGION_UP:
        return "up";
    case REGION_DOWN:
        return "down";
    case REGION_UNPROBED:
        return "not probed yet";
    case REGION_LACKS_TYPE:
        return "does not offer the type";
    }
    return "";
}

enum region_health explanation_health(const struct explanation *why, uint16_t region)
{
    return region_health_now(why->steered->service, region, why->steered->type,
                             why->snapshot->pools);
}

struct pool_state explanation_state(const struct explanation *why, uint16_t region)
{
    const struct pool *pool = service_pool(why->steered->service, region, why->steered->type);

    return pool != NULL ? pool_board_get(why->snapshot->pools, pool->id)
                        : (struct pool_state){ .health = HEALTH_DOWN };
}

bool explanation_withholds(const struct explanation *why, uint16_t region)
{
    const struct inquiry inquiry = { .service = why->steered->service,
                                     .type = why->steered->type,
                                     .pools = why->snapshot->pools,
                                     .who = &why->course.who };
    return region_is_withheld(&inquiry, region);
}

const char *explanation_cause_text(enum pool_cause cause)
{
    switch (cause) {
    case POOL_BY_PROBES:
        return "probes";
    case POOL_BY_DRAIN:
        return "drain";
    case POOL_BY_FORCE:
        return "force";
    case POOL_BY_LIMIT:
        return "max_down";
    }
    return "";
}

unsigned explanation_up_count(const struct explanation *why, const struct pool *pool)
{
    unsigned up = 0;
    for (unsigned i = 0; i < pool->count; i++)
        up += endpoint_is_up(&pool->endpoints[i], why->snapshot->board);
    return up;
}

double explanation_km(const struct explanation *why, uint16_t region)
{
    const struct region *place = &why->steered->service->places.items[region];

    if (!place->placed || why->place->fix == PLACE_NOWHERE)
        return -1;
    return place_distance_km(why->place->latitude, why->place->longitude, place->latitude,
                             place->longitude);
}

uint32_t explanation_ttl(const struct explanation *why)
{
    if (why->steered != NULL && why->choice.kind != CHOICE_ZONEFILE)
        return why->choice.ttl;
    if (why->finding.hop_count == 0)
        return why->finding.zone != NULL ? why->finding.zone->negative_ttl : 0;
    return why->finding.hops[why->finding.hop_count - 1].rrset->ttl;
}

uint8_t explanation_scope(const struct explanation *why)
{
    return why->choice.by_ecs ? why->choice.scope : 0;
}

void explanation_each_record(const struct explanation *why,
                             void (*each)(void *context, uint16_t type, const uint8_t *rdata,
                                          uint16_t len),
                             void *context)
{
    if (why->finding.hop_count == 0)
        return;
    const struct hop *last = &why->finding.hops[why->finding.hop_count - 1];
    if (why->steered != NULL && why->choice.kind != CHOICE_ZONEFILE) {
        for (unsigned i = 0; i < why->choice.count; i++) {
            const struct endpoint *endpoint = why->choice.endpoints[i];
            each(context, last->type, endpoint->rdata, endpoint->rdata_len);
        }
        return;
    }
    const uint8_t *at = last->rrset->rdata;
    for (unsigned i = 0; i < last->rrset->count; i++) {
        uint16_t len;
        const uint8_t *rdata = rrset_next(&at, &len);
        each(context, last->type, rdata, len);
    }
}
