#include "health/probe.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <ev.h>

#include "dns/base/clock.h"

/* What is expected must appear within so many octets. */
enum { HEARD_MOST = 16 * 1024 };

/* Connecting, then saying `send`, then listening for `expect`. */
struct tcp_probe {
    struct probe base; /* first */
    struct ev_loop *loop;
    int fd;
    int failed; /* errno of a connection that failed at once; told from the loop */
    bool connected;
    struct ev_io io;
    struct ev_timer timer;
    uint64_t started_ns;
    size_t sent, heard_len;
    char *heard;
};

static void tcp_probe_free(struct tcp_probe *probe)
{
    ev_io_stop(probe->loop, &probe->io);
    ev_timer_stop(probe->loop, &probe->timer);
    if (probe->fd >= 0)
        close(probe->fd);
    free(probe->heard);
    free(probe);
}

static void tcp_probe_finish(struct tcp_probe *probe, struct probe_result *result)
{
    result->took_us = probe_took_us(probe->started_ns);

    probe_done *done = probe->base.done;
    void *context = probe->base.context;
    tcp_probe_free(probe);
    done(context, result);
}

static void tcp_probe_finish_errno(struct tcp_probe *probe, int error)
{
    struct probe_result result = { .good = false };
    probe_fail_errno(&result, error);
    tcp_probe_finish(probe, &result);
}

static void tcp_probe_finish_good(struct tcp_probe *probe)
{
    struct probe_result result = { .good = true };
    tcp_probe_finish(probe, &result);
}

static void on_timeout(struct ev_loop *loop, struct ev_timer *timer, int events)
{
    struct tcp_probe *probe = timer->data;
    (void)loop;
    (void)events;
    if (probe->failed != 0) {
        tcp_probe_finish_errno(probe, probe->failed);
        return;
    }
    struct probe_result result = { .good = false };
    probe_fail_timeout(&result, probe->base.target->spec.timeout_ms);
    tcp_probe_finish(probe, &result);
}

static void wait_for(struct tcp_probe *probe, int events)
{
    ev_io_stop(probe->loop, &probe->io);
    ev_io_set(&probe->io, probe->fd, events);
    ev_io_start(probe->loop, &probe->io);
}

static bool error_is_passing(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

static void tcp_listen(struct tcp_probe *probe)
{
    const char *expect = probe->base.target->spec.expect;
    const ssize_t got =
        recv(probe->fd, probe->heard + probe->heard_len, HEARD_MOST - probe->heard_len, 0);
    struct probe_result result = { .good = false };
    if (got < 0) {
        if (!error_is_passing(errno))
            tcp_probe_finish_errno(probe, errno);
        return;
    }
    probe->heard_len += (size_t)got;
    if (memmem(probe->heard, probe->heard_len, expect, strlen(expect)) != NULL) {
        tcp_probe_finish_good(probe);
    } else if (got == 0) {
        probe_fail(&result, "closed before '%s' came", expect);
        tcp_probe_finish(probe, &result);
    } else if (probe->heard_len == HEARD_MOST) {
        probe_fail(&result, "%d KiB without '%s'", HEARD_MOST / 1024, expect);
        tcp_probe_finish(probe, &result);
    }
}

/* Connected, and everything is said: the probe is good unless an answer is expected. */
static void tcp_said(struct tcp_probe *probe)
{
    if (probe->base.target->spec.expect == NULL) {
        tcp_probe_finish_good(probe);
        return;
    }
    probe->heard = malloc(HEARD_MOST);
    if (probe->heard == NULL)
        tcp_probe_finish_errno(probe, ENOMEM);
    else
        wait_for(probe, EV_READ);
}

static void tcp_say(struct tcp_probe *probe)
{
    const char *words = probe->base.target->spec.send;
    const size_t len = words != NULL ? strlen(words) : 0;
    if (probe->sent < len) {
        const ssize_t sent = send(probe->fd, words + probe->sent, len - probe->sent, MSG_NOSIGNAL);
        if (sent < 0) {
            if (!error_is_passing(errno))
                tcp_probe_finish_errno(probe, errno);
            return;
        }
        probe->sent += (size_t)sent;
    }
    if (probe->sent == len)
        tcp_said(probe);
}

static void on_ready(struct ev_loop *loop, struct ev_io *io, int events)
{
    struct tcp_probe *probe = io->data;
    (void)loop;
    if (!probe->connected) {
        int error = 0;
        socklen_t len = sizeof error;
        if (getsockopt(probe->fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
            error = errno;
        if (error != 0) {
            tcp_probe_finish_errno(probe, error);
            return;
        }
        probe->connected = true;
    }
    if (events & EV_WRITE)
        tcp_say(probe);
    else
        tcp_listen(probe);
}

/* False when there is no descriptor to be had. */
static bool tcp_connect(struct tcp_probe *probe)
{
    struct sockaddr_storage address;
    const socklen_t len = probe_sockaddr(probe->base.target, &address);
    probe->fd = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (probe->fd < 0) {
        /* A kernel without this family is a fact about the target, and is told as one. */
        probe->failed = errno == EAFNOSUPPORT ? errno : 0;
        return probe->failed != 0;
    }
    if (connect(probe->fd, (const struct sockaddr *)&address, len) != 0 && errno != EINPROGRESS)
        probe->failed = errno;
    return true;
}

static struct probe *tcp_start(struct probe_engine *engine, const struct target *target,
                               probe_done *done, void *context)
{
    struct tcp_probe *probe = calloc(1, sizeof *probe);
    if (probe == NULL)
        return NULL;
    probe->base = (struct probe){ .target = target, .done = done, .context = context };
    probe->loop = engine->loop;
    probe->started_ns = clock_monotonic_ns();
    ev_init(&probe->io, on_ready);
    ev_init(&probe->timer, on_timeout);
    probe->io.data = probe->timer.data = probe;

    if (!tcp_connect(probe)) {
        tcp_probe_free(probe);
        return NULL;
    }
    if (probe->failed == 0)
        wait_for(probe, EV_WRITE);
    ev_now_update(probe->loop);
    ev_timer_set(&probe->timer, probe->failed != 0 ? 0 : target->spec.timeout_ms / 1000.0, 0);
    ev_timer_start(probe->loop, &probe->timer);
    return &probe->base;
}

static void tcp_cancel(struct probe *probe)
{
    tcp_probe_free((struct tcp_probe *)probe);
}

static struct probe_engine *tcp_open(struct ev_loop *loop)
{
    struct probe_engine *engine = calloc(1, sizeof *engine);
    if (engine != NULL)
        engine->loop = loop;
    return engine;
}

static void tcp_close(struct probe_engine *engine)
{
    free(engine);
}

const struct probe_kind probe_kind_tcp = {
    .name = "tcp",
    .open = tcp_open,
    .close = tcp_close,
    .start = tcp_start,
    .cancel = tcp_cancel,
};
