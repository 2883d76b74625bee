#ifndef MERIDIAN_SERVER_CHOICE_H
#define MERIDIAN_SERVER_CHOICE_H

#include <stdbool.h>
#include <stdint.h>

#include "dns/proto/ecs.h"
#include "dns/server/client.h"
#include "dns/server/shortlist.h"
#include "geo/policy.h"
#include "zones/service.h"
#include "zones/snapshot.h"

/* The records that a steered question gets. */
struct choice {
    enum choice_kind kind;
    uint16_t type;
    uint32_t ttl;
    uint8_t scope;            /* bits of the client's prefix this is true for */
    bool by_ecs;              /* the address of the ECS option was looked at */
    uint16_t region;          /* the first that answers; REGION_NONE */
    uint16_t count;           /* endpoints chosen, in the order to be written */
    const struct endpoint *endpoints[SERVICE_ANSWERS_LIMIT];
};

/* How a choice came about, for who wants to tell it. */
struct course {
    struct policy_client who;
    struct shortlist list;
};

/*
 * Decides: the policy's ordering, then health, then the endpoints. `ecs` is
 * NULL when the query had none. Fills *course on the way: what is told is what
 * was decided by. Thread: any; no allocation.
 */
void choice_make(const struct snapshot *snapshot, const struct service *service, uint16_t type,
                 const struct client *client, const struct ecs *ecs, struct course *course,
                 struct choice *out);

#endif
