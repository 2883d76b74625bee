#ifndef MERIDIAN_TOOLS_LOAD_UDP_H
#define MERIDIAN_TOOLS_LOAD_UDP_H

#include "tools/load_run.h"

/*
 * Asks over UDP until the run is over, in batches by sendmmsg() and
 * recvmmsg(), from plan->sockets sockets in turn. Never sleeps: a sleeping
 * generator would make the server pay for waking it. False when a socket
 * cannot be had (said on stderr).
 */
bool load_udp(struct load_run *run);

#endif
