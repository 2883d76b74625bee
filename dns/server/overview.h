#ifndef MERIDIAN_SERVER_OVERVIEW_H
#define MERIDIAN_SERVER_OVERVIEW_H

#include <stddef.h>
#include <stdint.h>

#include "dns/server/journal.h"
#include "dns/server/loader.h"
#include "dns/server/orders.h"
#include "dns/server/quota.h"
#include "dns/server/steward.h"
#include "dns/server/tally.h"
#include "health/prober.h"
#include "zones/pool_board.h"
#include "zones/service.h"
#include "zones/snapshot.h"

struct desk;

/*
 * Everything that status and metrics are told from: borrowed parts of a running
 * server, which outlive whoever is told. Thread: main.
 */
struct overview {
    const struct tally *const *tallies; /* one per worker */
    size_t tally_count;
    struct loader *loader;
    struct prober *prober;
    struct quota *quota;
    struct orders *orders;
    struct steward *steward;
    struct journal *journal; /* NULL: none is written */
    struct desk *desk;       /* NULL: no orders are taken */
    uint64_t started_wall_ms;
};

/* The sum of one counter over all workers; `offset` is its place in struct tally. */
uint64_t overview_sum(const struct overview *overview, size_t offset);
/* The same for a counter by name. */
uint64_t overview_sum_named(const struct overview *overview, uint32_t counter_id);

/* "up", "down", "unknown" */
const char *overview_health_text(enum health health);

/* The same of a region of a service, and "drained", "forced up", "forced down", "held up" */
const char *overview_pool_text(struct pool_state state);

/* One endpoint of a generation, with all that stands above it. */
struct overview_endpoint {
    size_t zone; /* index in snapshot->zones->zones */
    const struct service *service;
    uint16_t region;
    const struct pool *pool;
    const struct endpoint *endpoint;
};

/* Calls `visit` for every endpoint that has a target, in the order of the files. */
void overview_each_endpoint(const struct snapshot *snapshot,
                            void (*visit)(void *context, const struct overview_endpoint *at),
                            void *context);

#endif
