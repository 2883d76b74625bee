#ifndef MERIDIAN_SERVER_EXPLANATION_H
#define MERIDIAN_SERVER_EXPLANATION_H

#include <stdbool.h>
#include <stdint.h>

#include "dns/base/json_writer.h"
#include "dns/base/prefix.h"
#include "dns/proto/ecs.h"
#include "dns/server/choice.h"
#include "dns/server/client.h"
#include "dns/server/shortlist.h"
#include "geo/place.h"
#include "geo/policy.h"
#include "geo/route.h"
#include "health/prober.h"
#include "zones/lookup.h"
#include "zones/snapshot.h"

/*
 * One decision, with everything it rested on: made by the functions that
 * answer, then told in steps or as JSON. Borrows from the snapshot, and points
 * into itself: not to be copied. What stands first is filled by whoever asks,
 * the rest by explanation_make().
 */
struct explanation {
    const struct snapshot *snapshot;
    struct prober *prober; /* to tell since when targets are up; NULL: nobody knows */
    const uint8_t *qname;
    uint16_t qtype;
    struct client client;
    bool has_ecs;
    struct ecs ecs;

    struct finding finding;
    const struct hop *steered; /* the hop that a service answers; NULL: nothing is steered */
    struct choice choice;
    struct course course;   /* how the choice came about */
    struct ranking ranking; /* the whole ordering, of which the choice may have seen the first */
    const struct place *place;
    struct prefix network;
};

/* Thread: any inside a reading section; no allocation. */
void explanation_make(struct explanation *why);

/* For people, line by line, in the order in which it was decided. No allocation. */
void explanation_tell(const struct explanation *why, const struct route_sink *sink);

/*
 * For programs, as members of the open object of `writer`; docs/explain.md
 * names them. Reads the databases again. `steps` are among them.
 */
void explanation_put(const struct explanation *why, struct json_writer *writer);

/* ---- what both tellings share ---- */

const char *explanation_outcome_text(enum outcome outcome);
const char *explanation_health_text(enum region_health health);
enum region_health explanation_health(const struct explanation *why, uint16_t region);
/* What is known of a region for the type that answers; down when it lacks the type. */
struct pool_state explanation_state(const struct explanation *why, uint16_t region);
/* True when the region came back and does not take this client back yet. */
bool explanation_withholds(const struct explanation *why, uint16_t region);
const char *explanation_cause_text(enum pool_cause cause);

/* How many endpoints of a pool are up at this moment. */
unsigned explanation_up_count(const struct explanation *why, const struct pool *pool);

/* Great-circle kilometres before bias; negative when either end has no place. */
double explanation_km(const struct explanation *why, uint16_t region);

uint32_t explanation_ttl(const struct explanation *why);
/* As the client is told it: 0 unless steered by its ECS. */
uint8_t explanation_scope(const struct explanation *why);

/* Calls `each` for every record that the last hop gives. */
void explanation_each_record(const struct explanation *why,
                             void (*each)(void *context, uint16_t type, const uint8_t *rdata,
                                          uint16_t len),
                             void *context);

#endif
