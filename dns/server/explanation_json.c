#include "dns/server/explanation.h"

#include "dns/base/clock.h"
#include "dns/proto/name.h"
#include "dns/proto/rrtype.h"
#include "geo/witness.h"
#include "zones/rdata.h"

static const char *choice_text(enum choice_kind kind)
{
    switch (kind) {
    case CHOICE_HEALTHY:
        return "healthy";
    case CHOICE_ALL_DOWN:
        return "all down";
    case CHOICE_ZONEFILE:
        return "zone file";
    case CHOICE_NOT_READY:
        return "not ready";
    }
    return "";
}

/* ---- who asks, and where that is ---- */

static void put_asker(const struct explanation *why, struct json_writer *writer)
{
    const struct atlas_grain grain = atlas_grain(why->snapshot->atlas);
    char address[ADDRESS_TEXT];

    json_put_string(writer, "address_from", why->choice.by_ecs ? "ecs" : "source");
    if (why->course.who.source_len > 0)
        json_put_string(writer, "address", address_print(&why->course.who.address, address));
    json_put_integer(writer, "source_prefix", why->course.who.source_len);
    json_put_string(writer, "resolver", address_print(&why->course.who.resolver, address));
    json_put_object(writer, "max_scope");
    json_put_integer(writer, "v4", grain.v4);
    json_put_integer(writer, "v6", grain.v6);
    json_end(writer);
}

/* Asked as the atlas was: the first address of the block that is cut no finer. */
static void put_databases(const struct explanation *why, struct json_writer *writer)
{
    const struct atlas_grain grain = atlas_grain(why->snapshot->atlas);
    const struct standing at = standing_of(&why->course.who);
    struct address address;

    if (at.asker.anonymous)
        return;
    address_from_key(at.asker.family, at.asker.key, &address);
    address_mask(&address, address.family == FAMILY_V4 ? grain.v4 : grain.v6);
    witness_put(why->snapshot->atlas, &address, writer);
}

static void put_place(const struct explanation *why, struct json_writer *writer)
{
    const struct place *place = why->place;
    char network[PREFIX_TEXT];

    json_put_object(writer, "place");
    if (why->network.address.family != FAMILY_NONE)
        json_put_string(writer, "network", prefix_print(&why->network, network));
    json_put_string(writer, "continent", place->continent);
    json_put_string(writer, "country", place->country);
    json_put_array(writer, "subdivisions");
    for (unsigned i = 0; i < PLACE_SUBDIVISIONS; i++)
        if (place->subdivision[i][0] != '\0')
            json_put_string(writer, NULL, place->subdivision[i]);
    json_end(writer);
    json_put_string(writer, "city", place->city);
    json_put_integer(writer, "asn", place->asn);
    json_put_string(writer, "fix",
                    place->fix == PLACE_EXACT     ? "coordinates"
                    : place->fix == PLACE_COUNTRY ? "country centre"
                                                  : "unknown");
    if (place->fix != PLACE_NOWHERE) {
        json_put_real(writer, "latitude", place->latitude);
        json_put_real(writer, "longitude", place->longitude);
    }
    json_put_integer(writer, "accuracy_km", place->accuracy_km);
    json_end(writer);
}

/* ---- what the service says ---- */

static void put_rules(const struct service *service, struct json_writer *writer)
{
    static const char *const words[] = { "serve_all", "zonefile" };

    json_put_object(writer, "rules");
    json_put_integer(writer, "ttl", service->ttl);
    json_put_integer(writer, "ttl_min", service->ttl_min);
    json_put_integer(writer, "max_down", service->max_down);
    json_put_real(writer, "ramp_s", service->ramp_ms / 1000.0);
    json_put_integer(writer, "answers", service->answers);
    json_put_integer(writer, "spread", service->spread);
    json_put_bool(writer, "ecs", service->ecs);
    json_put_bool(writer, "partial_types", service->partial_types);
    if (service->all_down != ALL_DOWN_LIST) {
        json_put_string(writer, "when_all_down", words[service->all_down]);
    } else {
        json_put_array(writer, "when_all_down");
        for (unsigned i = 0; i < service->all_down_count; i++)
            json_put_string(writer, NULL, service->regions[service->all_down_list[i]].name);
        json_end(writer);
    }
    json_end(writer);
}

static void put_target(const struct explanation *why, uint32_t id, struct json_writer *writer)
{
    static const char *const words[] = { "unknown", "up", "down" };
    struct target_report report;
    char text[CLOCK_TEXT];

    json_put_string(writer, "health", words[board_health(why->snapshot->board, id)]);
    if (why->prober == NULL || !prober_report(why->prober, id, &report))
        return;
    json_put_string(writer, "target", report.label);
    json_put_string(writer, "since", clock_print(report.since_wall_ms, text));
    if (report.last_wall_ms != 0 && !report.last_good)
        json_put_string(writer, "reason", report.last_reason);
}

static void put_pool(const struct explanation *why, const struct pool *pool,
                     struct json_writer *writer)
{
    char type[RRTYPE_TEXT], data[RDATA_TEXT];

    json_put_object(writer, rrtype_to_text(pool->type, type));
    json_put_integer(writer, "up", explanation_up_count(why, pool));
    json_put_integer(writer, "needed", pool->needed);
    json_put_array(writer, "endpoints");
    for (unsigned i = 0; i < pool->count; i++) {
        const struct endpoint *endpoint = &pool->endpoints[i];
        json_put_object(writer, NULL);
        json_put_string(
            writer, "data",
            rdata_to_text(pool->type, endpoint->rdata, endpoint->rdata_len, data, sizeof data));
        json_put_integer(writer, "weight", endpoint->weight);
        json_put_bool(writer, "watched", endpoint->target != TARGET_NONE);
        if (endpoint->target != TARGET_NONE)
            put_target(why, endpoint->target, writer);
        else
            json_put_string(writer, "health", "up");
        json_end(writer);
    }
    json_end(writer);
    json_end(writer);
}

static void put_state(const struct explanation *why, uint16_t region, struct json_writer *writer)
{
    const struct pool_state state = explanation_state(why, region);

    json_put_string(writer, "health", explanation_health_text(explanation_health(why, region)));
    json_put_string(writer, "by", explanation_cause_text(state.cause));
    json_put_bool(writer, "unsure", state.unsure);
    if (state.withheld > 0)
        json_put_real(writer, "taken_back", 1 - (double)state.withheld / POOL_SHARE);
}

/* Every region of the service, in the order of `endpoints`: the order for who is not located. */
static void put_regions(const struct explanation *why, struct json_writer *writer)
{
    const struct service *service = why->steered->service;

    json_put_array(writer, "regions");
    for (uint16_t i = 0; i < service->region_count; i++) {
        const struct region *place = &service->places.items[i];

        json_put_object(writer, NULL);
        json_put_string(writer, "name", service->regions[i].name);
        if (place->placed) {
            json_put_array(writer, "location");
            json_put_real(writer, NULL, place->latitude);
            json_put_real(writer, NULL, place->longitude);
            json_end(writer);
        }
        json_put_integer(writer, "bias", place->bias);
        put_state(why, i, writer);
        json_put_object(writer, "pools");
        for (unsigned j = 0; j < service->regions[i].pool_count; j++)
            put_pool(why, &service->regions[i].pools[j], writer);
        json_end(writer);
        json_end(writer);
    }
    json_end(writer);
}

/* ---- what came of it ---- */

static void put_candidates(const struct explanation *why, struct json_writer *writer)
{
    const struct service *service = why->steered->service;

    json_put_array(writer, "candidates");
    for (unsigned i = 0; i < why->ranking.count; i++) {
        const uint16_t region = why->ranking.regions[i];
        const enum region_health health = explanation_health(why, region);
        const double km = explanation_km(why, region);

        json_put_object(writer, NULL);
        json_put_string(writer, "region", service->regions[region].name);
        if (km >= 0)
            json_put_real(writer, "distance_km", km);
        json_put_string(writer, "health", explanation_health_text(health));
        json_put_bool(writer, "removed", health != REGION_UP);
        json_put_bool(writer, "withheld", explanation_withholds(why, region));
        json_end(writer);
    }
    json_end(writer);
}

static void put_choice(const struct explanation *why, struct json_writer *writer)
{
    const struct service *service = why->steered->service;
    const struct choice *choice = &why->choice;
    struct prefix block = { why->course.who.address, explanation_scope(why) };
    char text[PREFIX_TEXT];

    json_put_string(writer, "choice", choice_text(choice->kind));
    if (choice->region != REGION_NONE)
        json_put_string(writer, "region", service->regions[choice->region].name);
    json_put_array(writer, "answering");
    for (unsigned i = 0; choice->region != REGION_NONE && i < why->course.list.count; i++)
        json_put_string(writer, NULL, service->regions[why->course.list.regions[i]].name);
    json_end(writer);
    json_put_bool(writer, "as_if_all_were_up", why->course.list.serve_all);
    json_put_bool(writer, "unsure", why->course.list.unsure);
    json_put_integer(writer, "scope", block.len);
    if (choice->by_ecs && why->course.who.source_len > 0) {
        address_mask(&block.address, block.len);
        json_put_string(writer, "block", prefix_print(&block, text));
    }
}

static void put_steered(const struct explanation *why, struct json_writer *writer)
{
    const struct service *service = why->steered->service;

    json_put_string(writer, "service", service->name);
    json_put_string(writer, "route", service->route_text);
    json_put_integer(writer, "serial", why->finding.zone->serial);
    put_rules(service, writer);
    put_asker(why, writer);
    put_databases(why, writer);
    put_place(why, writer);
    policy_put(service->policy, service->route, &service->places, why->snapshot->atlas,
               &why->course.who, writer);
    put_regions(why, writer);
    put_candidates(why, writer);
    put_choice(why, writer);
}

static void put_record(void *context, uint16_t type, const uint8_t *rdata, uint16_t len)
{
    char text[RDATA_TEXT];
    json_put_string(context, NULL, rdata_to_text(type, rdata, len, text, sizeof text));
}

static void put_line(void *context, const char *text)
{
    json_put_string(context, NULL, text);
}

void explanation_put(const struct explanation *why, struct json_writer *writer)
{
    const struct route_sink steps = { .line = put_line, .context = writer };
    char name[NAME_TEXT];
    char type[RRTYPE_TEXT];

    json_put_string(writer, "name", name_to_text(why->qname, name));
    json_put_string(writer, "type", rrtype_to_text(why->qtype, type));
    json_put_integer(writer, "generation", (int64_t)why->snapshot->generation);
    json_put_string(writer, "outcome", explanation_outcome_text(why->finding.outcome));
    if (why->finding.zone != NULL)
        json_put_string(writer, "zone", why->finding.zone->name);
    json_put_bool(writer, "steered", why->steered != NULL);
    if (why->steered != NULL) {
        json_put_string(writer, "answered_name", name_to_text(why->steered->owner, name));
        json_put_string(writer, "answered_type", rrtype_to_text(why->steered->type, type));
        put_steered(why, writer);
    }
    json_put_array(writer, "records");
    explanation_each_record(why, put_record, writer);
    json_end(writer);
    json_put_integer(writer, "ttl", explanation_ttl(why));
    json_put_array(writer, "steps");
    explanation_tell(why, &steps);
    json_end(writer);
}
