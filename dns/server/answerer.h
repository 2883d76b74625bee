#ifndef MERIDIAN_SERVER_ANSWERER_H
#define MERIDIAN_SERVER_ANSWERER_H

#include <stddef.h>
#include <stdint.h>

#include "dns/server/client.h"
#include "dns/server/query.h"
#include "dns/server/ratelimit.h"
#include "dns/server/tally.h"

/*
 * What stands between a transport and query_answer(): who the client is, the
 * worker's randomness, the limit on responses, the counters. One per worker.
 * Thread: the worker's.
 */
struct answerer {
    struct tally *tally;
    struct ratelimit *ratelimit; /* shared by all workers */
    uint64_t seed;               /* state of the worker's random numbers */
    uint32_t sequence;
    /* The clock, read once a batch. */
    uint64_t now_ms;
    uint32_t now_s;
};

void answerer_init(struct answerer *answerer, struct tally *tally, struct ratelimit *ratelimit,
                   uint64_t seed);

/* Reads the clock for the queries that follow. */
void answerer_clock(struct answerer *answerer);

/* One question to one answer, counted. `source` must be set; returns the length, 0 for silence. */
size_t answerer_datagram(struct answerer *answerer, const struct snapshot *snapshot,
                         const struct address *source, const uint8_t *request, size_t request_len,
                         uint8_t *response, size_t response_cap);
size_t answerer_stream(struct answerer *answerer, const struct snapshot *snapshot,
                       const struct address *source, const uint8_t *request, size_t request_len,
                       uint8_t *response, size_t response_cap);

#endif
