#ifndef MERIDIAN_SERVER_CONTROL_H
#define MERIDIAN_SERVER_CONTROL_H

#include <sys/types.h>

#include "dns/base/diag.h"
#include "dns/server/overview.h"

struct ev_loop;

/*
 * The control socket, by which `meridian` speaks with its daemon. One
 * connection is one command: a JSON object in one line comes in, a JSON object
 * in one line goes out, and the daemon hangs up.
 *
 *   {"command":"ping"}      {"pong":true,"version":...,"generation":...}
 *   {"command":"status"}    the document of dns/server/status.h
 *   {"command":"reload"}    {"outcome":"good"|"mistakes"|"refused","generation":...,
 *                            "took_ms":...,"mistakes":[text],"warnings":[text]}
 *                           after the reload is done; "mistakes": a new generation is in
 *                           force, but some files are refused; "refused": nothing changed
 *   {"command":"explain","name":...,"type":...,"client":...}
 *                           the document of dns/server/explain.h; "type" may be left out
 *   {"command":"drain"|"undrain"|"force",...}
 *                           the document of dns/server/desk.h
 *   anything else           {"error":text}
 *
 * Clients are served by the loop of main, several at once; none can hold it up:
 * a request is bounded in octets and time, an answer waits in memory until it
 * is taken, for a bounded time. Thread: main.
 */
struct control;

enum {
    CONTROL_REQUEST_MOST = 65536, /* octets */
    CONTROL_CLIENTS = 64,         /* at once; more wait to be accepted */
    CONTROL_TIMEOUT_S = 10        /* for the request, and for taking the answer */
};

/* Takes over the listening socket. NULL when memory is out. */
struct control *control_new(struct ev_loop *loop, int fd, const struct overview *overview);
void control_free(struct control *control);

/* A reload is done: whoever waited for it gets the outcome. */
void control_reloaded(struct control *control);

#endif
