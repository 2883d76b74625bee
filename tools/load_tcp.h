#ifndef MERIDIAN_TOOLS_LOAD_TCP_H
#define MERIDIAN_TOOLS_LOAD_TCP_H

#include "tools/load_run.h"

/*
 * Asks over TCP (RFC 7766) until the run is over, on plan->sockets connections
 * at a time with the window shared among them and queries pipelined. With
 * plan->per_connection, a connection that has asked so many and heard all
 * answers is closed and another one opened; those take their addresses out of
 * 127.0.0.0/8 in turn when the server is there, for the ports of one address
 * would run out. False when a connection cannot be had (said on stderr).
 */
bool load_tcp(struct load_run *run);

#endif
