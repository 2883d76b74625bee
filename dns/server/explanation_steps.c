#include "dns/server/explanation.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "dns/proto/name.h"
#include "dns/proto/rrtype.h"
#include "zones/rdata.h"

enum { STEP_LEN = 255 }; /* a TXT character-string holds no more */

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

static void tell_record(void *context, uint16_t type, const uint8_t *rdata, uint16_t len)
{
    char text[RDATA_TEXT];
    tell(context, "answer: %s", rdata_to_text(type, rdata, len, text, sizeof text));
}

static void tell_asker(const struct explanation *why, const struct route_sink *sink)
{
    char name[NAME_TEXT];
    char type[RRTYPE_TEXT];
    char address[ADDRESS_TEXT];

    name_to_text(why->qname, name);
    rrtype_to_text(why->qtype, type);
    address_print(&why->course.who.address, address);
    if (why->course.who.source_len == 0)
        tell(sink, "%s %s for a client that hides its address (source prefix 0)", name, type);
    else
        tell(sink, "%s %s for %s/%u, by %s", name, type, address, why->course.who.source_len,
             why->choice.by_ecs ? "client subnet (ECS)" : "source address");
    if (why->has_ecs && !why->choice.by_ecs)
        tell(sink, "the client subnet is not looked at: %s says \"ecs\": false",
             why->snapshot->serving.ecs ? "the service" : "the configuration");
}

/* "alias: to.example. leads to www.example." */
static void tell_aliases(const struct explanation *why, const struct route_sink *sink)
{
    char from[NAME_TEXT], to[NAME_TEXT];

    for (unsigned i = 0; i + 1u < why->finding.hop_count; i++)
        tell(sink, "alias: %s leads to %s", name_to_text(why->finding.hops[i].owner, from),
             name_to_text(why->finding.hops[i + 1].owner, to));
}

/* "down, 1 of 2 up, 2 needed" */
static void tell_candidate(const struct explanation *why, unsigned rank, uint16_t region,
                           const struct route_sink *sink)
{
    const struct service *service = why->steered->service;
    const struct pool *pool = service_pool(service, region, why->steered->type);
    const enum region_health health = explanation_health(why, region);
    const struct pool_state state = explanation_state(why, region);
    const double km = explanation_km(why, region);
    char distance[32] = "", count[80] = "";

    if (km >= 0)
        snprintf(distance, sizeof distance, ", %.0f km", km);
    if (state.cause != POOL_BY_PROBES)
        snprintf(count, sizeof count, " by %s", explanation_cause_text(state.cause));
    else if (health == REGION_DOWN && pool != NULL)
        snprintf(count, sizeof count, ", %u of %u up, %u needed", explanation_up_count(why, pool),
                 pool->count, pool->needed);
    else if (state.withheld > 0)
        snprintf(count, sizeof count, ", %.0f %% of its clients are taken back, this one %s",
                 100 - 100.0 * state.withheld / POOL_SHARE,
                 explanation_withholds(why, region) ? "not yet" : "too");
    tell(sink, "%u. %s%s: %s%s", rank, service->regions[region].name, distance,
         explanation_health_text(health), count);
}

static void tell_choice(const struct explanation *why, const struct route_sink *sink)
{
    const struct choice *choice = &why->choice;

    if (choice->kind == CHOICE_NOT_READY) {
        tell(sink, "not ready: a target that decides has not been probed yet (SERVFAIL)");
        return;
    }
    if (choice->kind == CHOICE_ZONEFILE) {
        tell(sink, "no region is healthy: the records of the zone file answer");
    } else {
        for (unsigned i = 0; i < why->course.list.count; i++)
            tell(sink, "%s: %s",
                 choice->kind == CHOICE_HEALTHY ? "chosen" : "no region is healthy, so",
                 why->steered->service->regions[why->course.list.regions[i]].name);
    }
    explanation_each_record(why, tell_record, (void *)sink);
    if (why->course.list.unsure)
        tell(sink, "health on the way here may be about to change: the short TTL");
    tell(sink, "TTL %u, scope /%u", explanation_ttl(why), explanation_scope(why));
}

static void tell_static(const struct explanation *why, const struct route_sink *sink)
{
    char name[NAME_TEXT];
    char type[RRTYPE_TEXT];

    tell(sink, "%s %s: %s", name_to_text(why->qname, name), rrtype_to_text(why->qtype, type),
         explanation_outcome_text(why->finding.outcome));
    tell_aliases(why, sink);
    tell(sink, "not steered: every client gets the same");
    explanation_each_record(why, tell_record, (void *)sink);
}

void explanation_tell(const struct explanation *why, const struct route_sink *sink)
{
    if (why->steered == NULL) {
        tell_static(why, sink);
        return;
    }
    const struct service *service = why->steered->service;
    tell_asker(why, sink);
    tell_aliases(why, sink);
    tell(sink, "zone %s serial %u, service %s", why->finding.zone->name, why->finding.zone->serial,
         service->name);
    policy_explain(service->policy, service->route, &service->places, why->snapshot->atlas,
                   &why->course.who, sink);
    for (unsigned i = 0; i < why->ranking.count; i++)
        tell_candidate(why, i + 1, why->ranking.regions[i], sink);
    tell_choice(why, sink);
}
