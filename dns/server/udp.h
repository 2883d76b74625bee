#ifndef MERIDIAN_SERVER_UDP_H
#define MERIDIAN_SERVER_UDP_H

#include <stdbool.h>

#include "dns/server/answerer.h"

/*
 * Datagrams in batches: recvmmsg, answer each, sendmmsg. The batch holds every
 * buffer that is needed and serves all UDP sockets of one worker, one after
 * the other. Thread: the worker's.
 */
struct udp_batch;

struct udp_batch *udp_batch_new(void); /* NULL when memory is out */
void udp_batch_free(struct udp_batch *batch);

/*
 * Answers what waits at the socket, up to a bound that keeps the other sockets
 * of the worker alive. `pktinfo` says that the socket listens on a wildcard
 * address and each answer must leave from the address that was asked.
 * Never blocks, never allocates.
 */
void udp_serve(struct udp_batch *batch, int fd, bool pktinfo, struct answerer *answerer);

#endif
