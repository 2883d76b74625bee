#ifndef MERIDIAN_SERVER_TALLY_H
#define MERIDIAN_SERVER_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/base/counter.h"
#include "dns/server/query.h"

/*
 * What one worker counts. It alone writes, anybody reads and adds up the
 * tallies of all workers. Zones and the regions of services have counters by
 * the stable ids of their names (`counter_id`), so the numbers survive reloads.
 */
enum transport { TRANSPORT_UDP4, TRANSPORT_UDP6, TRANSPORT_TCP4, TRANSPORT_TCP6, TRANSPORTS };

/* Rcodes 0..23 by themselves, all others together in the last. */
enum { TALLY_RCODES = 25, TALLY_NAMED = 1 << 20 };

struct tally {
    struct counter queries[TRANSPORTS];  /* datagrams and TCP messages that came */
    struct counter rcodes[TALLY_RCODES]; /* of the answers that left */
    struct counter malformed;            /* FORMERR or silence for what is no query */
    struct counter truncated;            /* answers with TC */
    struct counter dropped;              /* answers the system would not take */
    struct counter limited;              /* answers that rate limiting kept back */
    struct counter slipped;              /* answers that rate limiting cut to TC */
    struct counter tcp_accepted;
    struct counter tcp_refused;  /* over a limit, or no descriptor left */
    struct counter tcp_timeouts; /* closed for being idle, slow to ask or slow to read */
    struct counter *named;       /* TALLY_NAMED of them, by counter_id */
};

struct tally *tally_new(void); /* NULL when memory is out */
void tally_free(struct tally *tally);

/* Counts a query and what became of it; `len` 0 is silence. Thread: the tally's worker. */
void tally_query(struct tally *tally, enum transport transport, const struct query_note *note,
                 size_t len);

enum transport tally_transport(const struct client *client);

#endif
