#ifndef MERIDIAN_SERVER_WORKER_H
#define MERIDIAN_SERVER_WORKER_H

#include <stdbool.h>
#include <stddef.h>

#include "dns/base/diag.h"
#include "dns/server/ratelimit.h"
#include "dns/server/tally.h"
#include "dns/server/tcp.h"

/*
 * A thread that answers: one loop, its own sockets on every address, its own
 * counters and buffers. Thread: main opens, starts, stops and closes it.
 */
struct worker;

/* The sockets of one worker on one address. */
struct worker_socket {
    int udp, tcp;
    bool pktinfo; /* a wildcard address */
};

struct worker_setup {
    unsigned number; /* 0, 1, 2 ...: names the thread */
    const struct worker_socket *sockets;
    size_t socket_count;
    struct tcp_rules tcp;
    struct ratelimit *ratelimit;
};

enum { WORKER_LAST_MS = 2000 }; /* what worker_stop() leaves to connections in flight */

/* Makes a worker and gives it the sockets, which it closes from now on (on failure, at once). */
enum status worker_open(const struct worker_setup *setup, struct worker **out)
    __attribute__((warn_unused_result));

/* From now on it answers, inside reading sections: a generation should be in force. */
enum status worker_start(struct worker *worker) __attribute__((warn_unused_result));

/*
 * Asks it to end: it answers what has arrived, lets TCP connections finish what
 * is in flight for at most WORKER_LAST_MS, and ends. Does not wait.
 */
void worker_stop(struct worker *worker);

/* Waits for its end when it was started, and frees it. NULL is fine. */
void worker_close(struct worker *worker);

/* Valid until worker_close(). */
const struct tally *worker_tally(const struct worker *worker);

#endif
