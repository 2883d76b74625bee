#include "health/probe.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <ev.h>

#include "dns/base/clock.h"
#include "health/dns_exchange.h"

/* A query is sent again after each third of the timeout: UDP may lose one. */
enum { DNS_TRIES = 3 };

struct dns_probe {
    struct probe base; /* first */
    struct ev_loop *loop;
    int fd;
    int failed; /* errno of what failed at once; told from the loop */
    uint16_t id;
    unsigned tries;
    struct ev_io io;
    struct ev_timer timer;
    uint64_t started_ns;
};

static void dns_probe_free(struct dns_probe *probe)
{
    ev_io_stop(probe->loop, &probe->io);
    ev_timer_stop(probe->loop, &probe->timer);
    if (probe->fd >= 0)
        close(probe->fd);
    free(probe);
}

static void dns_probe_finish(struct dns_probe *probe, struct probe_result *result)
{
    result->took_us = probe_took_us(probe->started_ns);
    probe_done *done = probe->base.done;
    void *context = probe->base.context;
    dns_probe_free(probe);
    done(context, result);
}

static void dns_probe_finish_errno(struct dns_probe *probe, int error)
{
    struct probe_result result = { .good = false };
    probe_fail_errno(&result, error);
    dns_probe_finish(probe, &result);
}

/* 0 or an errno. The same id on every try: a late answer to an earlier one is an answer. */
static int dns_say(struct dns_probe *probe)
{
    uint8_t question[DNS_QUESTION_MOST];
    const size_t len = dns_question_write(&probe->base.target->spec, probe->id, question);
    probe->tries++;
    if (send(probe->fd, question, len, MSG_NOSIGNAL) >= 0 || errno == EAGAIN)
        return 0;
    return errno;
}

static void on_time(struct ev_loop *loop, struct ev_timer *timer, int events)
{
    struct dns_probe *probe = timer->data;
    (void)loop;
    (void)events;
    if (probe->failed == 0 && probe->tries < DNS_TRIES) {
        probe->failed = dns_say(probe);
    } else if (probe->failed == 0) {
        struct probe_result result = { .good = false };
        probe_fail_timeout(&result, probe->base.target->spec.timeout_ms);
        dns_probe_finish(probe, &result);
        return;
    }
    if (probe->failed != 0)
        dns_probe_finish_errno(probe, probe->failed);
}

/* All that waits at the socket: a stranger's packet must not keep the answer waiting. */
static void on_ready(struct ev_loop *loop, struct ev_io *io, int events)
{
    enum { PACKETS_MOST = 64 };
    struct dns_probe *probe = io->data;
    const struct probe_spec *spec = &probe->base.target->spec;
    uint8_t reply[DNS_REPLY_MOST];
    (void)loop;
    (void)events;
    for (unsigned i = 0; i < PACKETS_MOST; i++) {
        const ssize_t len = recv(probe->fd, reply, sizeof reply, 0);
        if (len < 0) {
            if (errno != EAGAIN && errno != EINTR)
                dns_probe_finish_errno(probe, errno);
            return;
        }
        if (!dns_reply_is_ours(spec, probe->id, reply, (size_t)len))
            continue;
        struct probe_result result = { .good = false };
        dns_reply_judge(spec, reply, (size_t)len, &result);
        dns_probe_finish(probe, &result);
        return;
    }
}

/*
 * Connected, so that the kernel picks a random port, passes over what others
 * send, and tells when nobody listens. False when there is no descriptor.
 */
static bool dns_connect(struct dns_probe *probe)
{
    struct sockaddr_storage address;
    const socklen_t len = probe_sockaddr(probe->base.target, &address);
    probe->fd = socket(address.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (probe->fd < 0) {
        probe->failed = errno == EAFNOSUPPORT ? errno : 0;
        return probe->failed != 0;
    }
    if (connect(probe->fd, (const struct sockaddr *)&address, len) != 0)
        probe->failed = errno;
    return true;
}

static struct probe *dns_start(struct probe_engine *engine, const struct target *target,
                               probe_done *done, void *context)
{
    struct dns_probe *probe = calloc(1, sizeof *probe);
    if (probe == NULL)
        return NULL;
    probe->base = (struct probe){ .target = target, .done = done, .context = context };
    probe->loop = engine->loop;
    probe->fd = -1;
    probe->started_ns = clock_monotonic_ns();
    ev_init(&probe->io, on_ready);
    ev_init(&probe->timer, on_time);
    probe->io.data = probe->timer.data = probe;

    if (getrandom(&probe->id, sizeof probe->id, GRND_NONBLOCK) != (ssize_t)sizeof probe->id ||
        !dns_connect(probe)) {
        dns_probe_free(probe);
        return NULL;
    }
    if (probe->failed == 0)
        probe->failed = dns_say(probe);
    if (probe->failed == 0) {
        ev_io_set(&probe->io, probe->fd, EV_READ);
        ev_io_start(probe->loop, &probe->io);
    }
    const double wait_s = probe->failed != 0 ? 0 : target->spec.timeout_ms / 1000.0 / DNS_TRIES;
    ev_now_update(probe->loop);
    ev_timer_set(&probe->timer, wait_s, wait_s);
    ev_timer_start(probe->loop, &probe->timer);
    return &probe->base;
}

static void dns_cancel(struct probe *probe)
{
    dns_probe_free((struct dns_probe *)probe);
}

static struct probe_engine *dns_open(struct ev_loop *loop)
{
    struct probe_engine *engine = calloc(1, sizeof *engine);
    if (engine != NULL)
        engine->loop = loop;
    return engine;
}

static void dns_close(struct probe_engine *engine)
{
    free(engine);
}

const struct probe_kind probe_kind_dns = {
    .name = "dns",
    .open = dns_open,
    .close = dns_close,
    .start = dns_start,
    .cancel = dns_cancel,
};
