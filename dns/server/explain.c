#include "dns/server/explain.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "dns/base/prefix.h"
#include "dns/proto/rrtype.h"
#include "dns/server/choice.h"
#include "geo/place.h"
#include "zones/service.h"

/* One decision, with everything it rested on. */
struct explanation {
    const struct snapshot *snapshot;
    const uint8_t *qname;
    uint16_t qtype;
    struct client client;
    bool has_ecs;
    struct ecs ecs;

    struct finding finding;
    const struct hop *steered; /* the hop that a service answers; NULL: nothing is steered */
    struct policy_client who;
    struct ranking ranking;
    const struct place *place;
    struct prefix network;
    struct choice choice;
};

enum { STEP_LEN = 255 }; /* a TXT character-string holds no more */

static void explanation_make(struct explanation *why)
{
    const struct snapshot *snapshot = why->snapshot;

    why->steered = NULL;
    lookup_find(snapshot->zones, why->qname, why->qtype, &why->finding);
    if (why->finding.hop_count == 0)
        return;
    const struct hop *last = &why->finding.hops[why->finding.hop_count - 1];
    if (last->service == NULL)
        return;

    why->steered = last;
    const struct ecs *ecs = why->has_ecs ? &why->ecs : NULL;
    choice_make(snapshot, last->service, last->type, &why->client, ecs, &why->choice);
    why->who = choice_client(last->service, &why->client, ecs, snapshot->serving.ecs,
                             &why->choice.by_ecs);
    policy_rank(last->service->policy, &why->who, &why->ranking);
    why->place = atlas_find(snapshot->atlas, &why->who.address, &why->network);
}

static const char *outcome_text(enum outcome outcome)
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

static const char *health_text(enum region_health health)
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

static enum region_health candidate_health(const struct explanation *why, uint16_t region)
{
    return region_health_now(why->steered->service, region, why->steered->type,
                                why->snapshot->board);
}

/* Great-circle kilometres before bias; negative when either end has no place. */
static double candidate_km(const struct explanation *why, uint16_t region)
{
    const struct region *place = &why->steered->service->places.items[region];

    if (!place->placed || why->place->fix == PLACE_NOWHERE)
        return -1;
    return place_distance_km(why->place->latitude, why->place->longitude, place->latitude,
                             place->longitude);
}

static const char *record_text(uint16_t type, const uint8_t *rdata, uint16_t len,
                               char out[NAME_TEXT])
{
    struct address address = { .family = FAMILY_NONE };

    if (type == RRTYPE_CNAME)
        return name_to_text(rdata, out);
    if (type == RRTYPE_A && len == 4)
        address.family = FAMILY_V4;
    if (type == RRTYPE_AAAA && len == 16)
        address.family = FAMILY_V6;
    if (address.family == FAMILY_NONE) {
        snprintf(out, NAME_TEXT, "(%u octets)", len);
        return out;
    }
    memcpy(address.octets, rdata, len);
    return address_print(&address, out);
}

/* Calls `each` for every record that the last hop gives. */
static void each_record(const struct explanation *why,
                        void (*each)(void *context, const char *text), void *context)
{
    char text[NAME_TEXT];

    if (why->finding.hop_count == 0)
        return;
    const struct hop *last = &why->finding.hops[why->finding.hop_count - 1];
    if (why->steered != NULL && why->choice.kind != CHOICE_ZONEFILE) {
        for (unsigned i = 0; i < why->choice.count; i++) {
            const struct endpoint *endpoint = why->choice.endpoints[i];
            each(context, record_text(last->type, endpoint->rdata, endpoint->rdata_len, text));
        }
        return;
    }
    const uint8_t *at = last->rrset->rdata;
    for (unsigned i = 0; i < last->rrset->count; i++) {
        uint16_t len;
        const uint8_t *rdata = rrset_next(&at, &len);
        each(context, record_text(last->type, rdata, len, text));
    }
}

static uint32_t answer_ttl(const struct explanation *why)
{
    if (why->steered != NULL && why->choice.kind != CHOICE_ZONEFILE)
        return why->choice.ttl;
    if (why->finding.hop_count == 0)
        return why->finding.zone != NULL ? why->finding.zone->negative_ttl : 0;
    return why->finding.hops[why->finding.hop_count - 1].rrset->ttl;
}

static void tell(const struct route_sink *sink, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void tell(const struct route_sink *sink, const char *format, ...)
{
    char line[STEP_LEN + 1];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    sink->line(sink->context, line);
}

static void tell_asker(const struct explanation *why, const struct route_sink *sink)
{
    char name[NAME_TEXT];
    char type[RRTYPE_TEXT];
    char address[ADDRESS_TEXT];

    name_to_text(why->qname, name);
    rrtype_to_text(why->qtype, type);
    address_print(&why->who.address, address);
    if (why->who.source_len == 0)
        tell(sink, "%s %s for a client that hides its address (source prefix 0)", name, type);
    else
        tell(sink, "%s %s for %s/%u, by %s", name, type, address, why->who.source_len,
             why->choice.by_ecs ? "client subnet (ECS)" : "source address");
}

static void tell_candidates(const struct explanation *why, const struct route_sink *sink)
{
    const struct service *service = why->steered->service;

    for (unsigned i = 0; i < why->ranking.count; i++) {
        const uint16_t region = why->ranking.regions[i];
        const double km = candidate_km(why, region);
        char distance[32] = "";
        if (km >= 0)
            snprintf(distance, sizeof distance, ", %.0f km", km);
        tell(sink, "%u. %s%s: %s", i + 1, service->regions[region].name, distance,
             health_text(candidate_health(why, region)));
    }
}

static void tell_record(void *context, const char *text)
{
    tell(context, "answer: %s", text);
}

static void tell_choice(const struct explanation *why, const struct route_sink *sink)
{
    const struct choice *choice = &why->choice;

    if (choice->kind == CHOICE_NOT_READY) {
        tell(sink, "not ready: a target that decides has not been probed yet (SERVFAIL)");
        return;
    }
    if (choice->kind == CHOICE_ZONEFILE)
        tell(sink, "no region is healthy: the records of the zone file answer");
    else
        tell(sink, "%s: %s", choice->kind == CHOICE_HEALTHY ? "chosen" : "no region is healthy, so",
             why->steered->service->regions[choice->region].name);
    each_record(why, tell_record, (void *)sink);
    tell(sink, "TTL %u, scope /%u", answer_ttl(why), choice->by_ecs ? choice->scope : 0u);
}

/* The steps, in the order in which they were decided. */
static void explanation_tell(const struct explanation *why, const struct route_sink *sink)
{
    if (why->steered == NULL) {
        char name[NAME_TEXT];
        char type[RRTYPE_TEXT];
        tell(sink, "%s %s: %s", name_to_text(why->qname, name), rrtype_to_text(why->qtype, type),
             outcome_text(why->finding.outcome));
        tell(sink, "not steered: every client gets the same");
        each_record(why, tell_record, (void *)sink);
        return;
    }
    const struct service *service = why->steered->service;
    tell_asker(why, sink);
    tell(sink, "zone %s serial %u, service %s", why->finding.zone->name, why->finding.zone->serial,
         service->name);
    policy_explain(service->policy, service->route, &service->places, why->snapshot->atlas,
                   &why->who, sink);
    tell_candidates(why, sink);
    tell_choice(why, sink);
}

/* ---- JSON ---- */

static void put_place(const struct explanation *why, struct json_writer *writer)
{
    const struct place *place = why->place;
    char network[PREFIX_TEXT];

    json_put_object(writer, "place");
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

static void put_candidates(const struct explanation *why, struct json_writer *writer)
{
    const struct service *service = why->steered->service;

    json_put_array(writer, "candidates");
    for (unsigned i = 0; i < why->ranking.count; i++) {
        const uint16_t region = why->ranking.regions[i];
        const enum region_health health = candidate_health(why, region);
        const double km = candidate_km(why, region);

        json_put_object(writer, NULL);
        json_put_string(writer, "region", service->regions[region].name);
        if (km >= 0)
            json_put_real(writer, "distance_km", km);
        if (service->places.items[region].bias != 0)
            json_put_integer(writer, "bias", service->places.items[region].bias);
        json_put_string(writer, "health", health_text(health));
        json_put_bool(writer, "removed", health != REGION_UP);
        json_end(writer);
    }
    json_end(writer);
}

static void put_text(void *context, const char *text)
{
    json_put_string(context, NULL, text);
}

static void put_steered(const struct explanation *why, struct json_writer *writer)
{
    const struct service *service = why->steered->service;
    const struct choice *choice = &why->choice;
    char address[ADDRESS_TEXT];

    json_put_string(writer, "service", service->name);
    json_put_string(writer, "route", service->route_text);
    json_put_string(writer, "address_from", choice->by_ecs ? "ecs" : "source");
    json_put_string(writer, "address", address_print(&why->who.address, address));
    json_put_integer(writer, "source_prefix", why->who.source_len);
    put_place(why, writer);
    put_candidates(why, writer);
    json_put_string(writer, "choice", choice_text(choice->kind));
    if (choice->region != REGION_NONE)
        json_put_string(writer, "region", service->regions[choice->region].name);
    json_put_integer(writer, "scope", choice->by_ecs ? choice->scope : 0);
}

static void explanation_put(const struct explanation *why, struct json_writer *writer)
{
    char name[NAME_TEXT];
    char type[RRTYPE_TEXT];
    const struct route_sink steps = { .line = put_text, .context = writer };

    json_put_string(writer, "name", name_to_text(why->qname, name));
    json_put_string(writer, "type", rrtype_to_text(why->qtype, type));
    json_put_integer(writer, "generation", (int64_t)why->snapshot->generation);
    json_put_string(writer, "outcome", outcome_text(why->finding.outcome));
    if (why->finding.zone != NULL)
        json_put_string(writer, "zone", why->finding.zone->name);
    json_put_bool(writer, "steered", why->steered != NULL);
    if (why->steered != NULL)
        put_steered(why, writer);
    json_put_array(writer, "records");
    each_record(why, put_text, writer);
    json_end(writer);
    json_put_integer(writer, "ttl", answer_ttl(why));
    json_put_array(writer, "steps");
    explanation_tell(why, &steps);
    json_end(writer);
}

static bool refuse(struct json_writer *writer, const char *what, const char *word)
{
    char message[256];

    snprintf(message, sizeof message, "%s '%.180s'", what, word);
    json_put_string(writer, "error", message);
    return false;
}

/* "192.0.2.1" is a source address, "192.0.2.0/24" what a resolver would send by ECS. */
static bool read_client(const char *text, struct explanation *why)
{
    struct prefix prefix;

    if (!prefix_parse_loose(text, &prefix))
        return false;
    why->has_ecs = strchr(text, '/') != NULL;
    why->client.source = prefix.address;
    if (why->has_ecs) {
        why->ecs = (struct ecs){ .family = prefix.address.family, .source_prefix = prefix.len };
        memcpy(why->ecs.address, prefix.address.octets, sizeof why->ecs.address);
    }
    return true;
}

bool explain_json(const struct snapshot *snapshot, const struct explain_request *request,
                  struct json_writer *writer)
{
    static const uint8_t root[] = { 0 };
    struct explanation why = { .snapshot = snapshot };
    uint8_t qname[NAME_MAX_LEN];
    const char *reason = NULL;

    if (!name_from_text(request->name, strlen(request->name), root, qname, &reason))
        return refuse(writer, "not a domain name:", request->name);
    why.qname = qname;
    if (!read_client(request->client, &why))
        return refuse(writer, "not an address or prefix:", request->client);
    why.qtype = why.client.source.family == FAMILY_V6 ? RRTYPE_AAAA : RRTYPE_A;
    if (request->type != NULL &&
        !rrtype_from_text(request->type, strlen(request->type), &why.qtype))
        return refuse(writer, "not a record type:", request->type);

    explanation_make(&why);
    json_put_string(writer, "client", request->client);
    explanation_put(&why, writer);
    return true;
}

/* ---- TXT ---- */

static const uint8_t explain_label[] = "\10_explain";

bool explain_is_asked(const struct message *query, const struct client *client,
                      const struct snapshot *snapshot)
{
    const struct serving *serving = &snapshot->serving;

    if (query->qtype != RRTYPE_TXT || query->qname_len <= sizeof explain_label - 1)
        return false;
    for (size_t i = 0; i < sizeof explain_label - 1; i++)
        if (octet_lower(query->qname[i]) != explain_label[i])
            return false;
    for (size_t i = 0; i < serving->explain_count; i++)
        if (prefix_contains(&serving->explain[i], &client->source))
            return true;
    return false;
}

struct txt_sink {
    uint8_t *rdata;
    size_t len;
    uint16_t count;
};

static void put_txt(void *context, const char *text)
{
    struct txt_sink *sink = context;
    size_t len = strlen(text);

    if (len > STEP_LEN)
        len = STEP_LEN;
    if (sink->len + 3 + len > EXPLAIN_RDATA)
        return;
    uint8_t *record = sink->rdata + sink->len;
    record[0] = (uint8_t)((len + 1) & 0xff);
    record[1] = (uint8_t)((len + 1) >> 8);
    record[2] = (uint8_t)len;
    memcpy(record + 3, text, len);
    sink->len += 3 + len;
    sink->count++;
}

bool explain_txt(const struct message *query, const struct client *client,
                 const struct snapshot *snapshot, uint8_t *rdata, struct rrset *out)
{
    struct txt_sink sink = { .rdata = rdata };
    const struct route_sink steps = { .line = put_txt, .context = &sink };
    struct explanation why = {
        .snapshot = snapshot,
        .qname = query->qname + sizeof explain_label - 1,
        .client = *client,
        .has_ecs = query->edns.has_ecs,
        .ecs = query->edns.ecs,
    };

    /* The family of the address asked about says which addresses are of interest. */
    why.qtype = RRTYPE_A;
    if ((why.has_ecs ? why.ecs.family : client->source.family) == FAMILY_V6)
        why.qtype = RRTYPE_AAAA;
    explanation_make(&why);
    if (why.finding.outcome == OUTCOME_FOREIGN)
        return false;
    explanation_tell(&why, &steps);
    *out = (struct rrset){ .type = RRTYPE_TXT,
                           .count = sink.count,
                           .rdata_len = (uint32_t)sink.len,
                           .rdata = rdata };
    return true;
}
