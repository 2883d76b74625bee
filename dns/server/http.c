#include "dns/server/http.h"

#include <ev.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dns/base/json_writer.h"
#include "dns/server/metrics.h"
#include "dns/server/status.h"

struct http {
    struct MHD_Daemon *daemon;
    struct ev_loop *loop;
    const struct overview *overview;
    struct ev_io io;       /* the library's own epoll descriptor */
    struct ev_timer timer; /* when it wants to be called without an event */
};

/* ---- the documents ---- */

struct document {
    unsigned code;
    const char *type;
    char *text; /* malloc'ed; NULL: no memory */
    size_t len;
};

static struct document make_metrics(const struct overview *overview)
{
    struct document document = { MHD_HTTP_OK, "text/plain; version=0.0.4; charset=utf-8", NULL, 0 };
    document.text = metrics_text(overview, &document.len);
    return document;
}

static struct document make_status(const struct overview *overview)
{
    struct document document = { MHD_HTTP_OK, "application/json", NULL, 0 };
    struct json_writer *writer = json_writer_new();
    if (writer == NULL)
        return document;
    json_put_object(writer, NULL);
    status_write(overview, writer);
    json_end(writer);
    document.text = json_writer_finish(writer, 2);
    document.len = document.text != NULL ? strlen(document.text) : 0;
    return document;
}

static struct document make_text(unsigned code, const char *text)
{
    char *copy = strdup(text);
    return (struct document){ code, "text/plain; charset=utf-8", copy,
                              copy != NULL ? strlen(copy) : 0 };
}

static struct document make_healthz(const struct overview *overview)
{
    (void)overview;
    const bool answering = snapshot_enter() != NULL;
    snapshot_leave();
    return answering ? make_text(MHD_HTTP_OK, "ok\n")
                     : make_text(MHD_HTTP_SERVICE_UNAVAILABLE, "not ready\n");
}

static const struct {
    const char *path;
    struct document (*make)(const struct overview *overview);
} pages[] = {
    { "/metrics", make_metrics },
    { "/status", make_status },
    { "/healthz", make_healthz },
};

static struct document make_page(const struct overview *overview, const char *path)
{
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        if (strcmp(path, pages[i].path) == 0)
            return pages[i].make(overview);
    }
    return make_text(MHD_HTTP_NOT_FOUND, "there are /metrics, /status and /healthz\n");
}

/* ---- the library's side ---- */

static enum MHD_Result document_send(struct MHD_Connection *connection, struct document document)
{
    if (document.text == NULL)
        return MHD_NO;
    struct MHD_Response *response =
        MHD_create_response_from_buffer(document.len, document.text, MHD_RESPMEM_MUST_FREE);
    if (response == NULL) {
        free(document.text);
        return MHD_NO;
    }
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, document.type);
    MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    const enum MHD_Result result = MHD_queue_response(connection, document.code, response);
    MHD_destroy_response(response);
    return result;
}

/* Called first with the headers alone, then again; a body is thrown away piece by piece. */
static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *body,
                                  size_t *body_len, void **state)
{
    static int seen;
    const struct http *http = context;
    (void)version;
    (void)body;

    if (*state == NULL) {
        *state = &seen;
        return MHD_YES;
    }
    if (*body_len > 0) {
        *body_len = 0;
        return MHD_YES;
    }
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
        return document_send(connection, make_text(MHD_HTTP_METHOD_NOT_ALLOWED, "GET or HEAD\n"));
    return document_send(connection, make_page(http->overview, url));
}

/* ---- the loop's side ---- */

/* Lets the library work and asks it when it wants to be called next. */
static void http_run(struct http *http)
{
    MHD_UNSIGNED_LONG_LONG ms;
    MHD_run(http->daemon);
    ev_timer_stop(http->loop, &http->timer);
    if (MHD_get_timeout(http->daemon, &ms) == MHD_YES) {
        ev_timer_set(&http->timer, (double)ms / 1000, 0);
        ev_timer_start(http->loop, &http->timer);
    }
}

static void on_io(struct ev_loop *loop, struct ev_io *io, int events)
{
    (void)loop;
    (void)events;
    http_run(io->data);
}

static void on_timer(struct ev_loop *loop, struct ev_timer *timer, int events)
{
    (void)loop;
    (void)events;
    http_run(timer->data);
}

struct http *http_new(struct ev_loop *loop, int fd, const struct overview *overview)
{
    struct http *http = calloc(1, sizeof *http);
    if (http == NULL)
        return NULL;
    http->loop = loop;
    http->overview = overview;
    http->daemon =
        MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, on_request, http, MHD_OPTION_LISTEN_SOCKET,
                         fd, MHD_OPTION_CONNECTION_LIMIT, (unsigned)HTTP_CLIENTS,
                         MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned)HTTP_PER_ADDRESS,
                         MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)HTTP_TIMEOUT_S, MHD_OPTION_END);
    const union MHD_DaemonInfo *info =
        http->daemon != NULL ? MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
    if (info == NULL) {
        http_free(http);
        return NULL;
    }
    ev_io_init(&http->io, on_io, info->epoll_fd, EV_READ);
    http->io.data = http;
    ev_io_start(loop, &http->io);
    ev_timer_init(&http->timer, on_timer, 0, 0);
    http->timer.data = http;
    return http;
}

void http_free(struct http *http)
{
    if (http == NULL)
        return;
    ev_io_stop(http->loop, &http->io);
    ev_timer_stop(http->loop, &http->timer);
    if (http->daemon != NULL)
        MHD_stop_daemon(http->daemon);
    free(http);
}
