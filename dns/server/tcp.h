#ifndef MERIDIAN_SERVER_TCP_H
#define MERIDIAN_SERVER_TCP_H

#include <stdbool.h>
#include <stdint.h>

#include "dns/server/answerer.h"
#include "dns/server/quota.h"

struct ev_loop;

/*
 * DNS over TCP (RFC 7766) for one worker: connections that ask one query after
 * the other or many at once, answered in order. A connection costs FRAMES_SMALL
 * octets; a message in the making up to FRAMES_MOST; answers that the client
 * does not take, at most TCP_PENDING, and while they wait nothing more is read
 * from it. Thread: the worker's.
 */
struct tcp;

enum { TCP_PENDING = 2 * (2 + 65535) };

struct tcp_rules {
    uint64_t idle_ms;    /* between two queries; also for a client to take an answer */
    uint64_t message_ms; /* for one whole query, from its first octet */
    struct quota *quota; /* shared by all workers */
};

/* NULL when memory is out. The loop and the answerer must outlive it. */
struct tcp *tcp_new(struct ev_loop *loop, struct answerer *answerer, const struct tcp_rules *rules);
/* Closes what is still open, the listening sockets too. */
void tcp_free(struct tcp *tcp);

/* Accepts connections on a listening socket, which it takes over. */
bool tcp_listen(struct tcp *tcp, int fd) __attribute__((warn_unused_result));

/* Accepts no more; connections end as soon as nothing of them is in flight. */
void tcp_drain(struct tcp *tcp);
bool tcp_is_empty(const struct tcp *tcp);

#endif
