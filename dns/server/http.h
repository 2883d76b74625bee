#ifndef MERIDIAN_SERVER_HTTP_H
#define MERIDIAN_SERVER_HTTP_H

#include "dns/server/overview.h"

struct ev_loop;

/*
 * /metrics (Prometheus text), /status (JSON, as the control socket gives it)
 * and /healthz (200 while a generation answers). Served by the loop of main:
 * connections are bounded in number and time, so nobody can hold it up.
 * The only module that knows libmicrohttpd. Thread: main.
 */
struct http;

enum { HTTP_CLIENTS = 64, HTTP_PER_ADDRESS = 32, HTTP_TIMEOUT_S = 10 };

/* Takes over the listening socket. NULL when the library fails. */
struct http *http_new(struct ev_loop *loop, int fd, const struct overview *overview);
void http_free(struct http *http);

#endif
