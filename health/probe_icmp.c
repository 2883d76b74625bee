#include "health/probe.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <ev.h>

#include "dns/base/clock.h"
#include "health/icmp_echo.h"
#include "health/icmp_socket.h"

enum { SEQUENCES = 1 << 16, FAMILIES = 2, TRIES = 2 };

struct icmp_engine;

/* The socket of one family; opened by its first probe, kept from then on. */
struct icmp_road {
    struct icmp_engine *engine;
    enum family family;
    struct icmp_socket socket;
    struct ev_io io;
};

struct icmp_engine {
    struct probe_engine base; /* first */
    struct icmp_road roads[FAMILIES];
    uint16_t id; /* of raw sockets; the kernel gives ping sockets their own */
    uint16_t last_sequence;
    unsigned flight_count;
    struct icmp_probe **by_sequence; /* SEQUENCES of them, those in flight */
};

struct icmp_probe {
    struct probe base; /* first */
    struct icmp_engine *engine;
    struct icmp_echo echo; /* of the first request; the token counts on with each */
    int failed;            /* errno of what failed at once; told from the loop */
    unsigned tries;
    struct ev_timer timer;
    uint64_t started_ns, sent_ns[TRIES];
};

static struct icmp_road *road_of(struct icmp_engine *engine, const struct target *target)
{
    return &engine->roads[target->address.family == FAMILY_V6];
}

/* ---- the end of a probe ---- */

static void icmp_probe_free(struct icmp_probe *probe)
{
    struct icmp_engine *engine = probe->engine;
    ev_timer_stop(engine->base.loop, &probe->timer);
    engine->by_sequence[probe->echo.sequence] = NULL;
    engine->flight_count--;
    free(probe);
}

/* `since_ns`: when that began which has come to its end. */
static void icmp_probe_finish(struct icmp_probe *probe, uint64_t since_ns,
                              struct probe_result *result)
{
    result->took_us = probe_took_us(since_ns);
    probe_done *done = probe->base.done;
    void *context = probe->base.context;
    icmp_probe_free(probe);
    done(context, result);
}

/* ---- what comes in ---- */

/*
 * The same sequence, and a token of ours, and from whom it was asked; else NULL:
 * a stranger's. *try is the request that it answers.
 */
static struct icmp_probe *probe_asked(const struct icmp_road *road, const struct icmp_echo *echo,
                                      const struct sockaddr *from, uint64_t *try)
{
    struct icmp_probe *probe = road->engine->by_sequence[echo->sequence];
    struct address address;
    if (probe == NULL)
        return NULL;
    *try = echo->token - probe->echo.token;
    if (*try >= probe->tries)
        return NULL;
    if (road->socket.raw && probe->echo.id != echo->id)
        return NULL;
    if (!address_from_sockaddr(from, &address) ||
        !address_equal(&address, &probe->base.target->address))
        return NULL;
    return probe;
}

static void on_ready(struct ev_loop *loop, struct ev_io *io, int events)
{
    enum { PACKETS_MOST = 256 };
    const struct icmp_road *road = io->data;
    uint8_t octets[1024];
    (void)loop;
    (void)events;
    for (unsigned i = 0; i < PACKETS_MOST; i++) {
        struct sockaddr_storage from;
        socklen_t from_len = sizeof from;
        const ssize_t len = recvfrom(road->socket.fd, octets, sizeof octets, 0,
                                     (struct sockaddr *)&from, &from_len);
        if (len < 0)
            return;
        struct icmp_echo echo;
        const bool has_ip_header = road->socket.raw && road->family == FAMILY_V4;
        if (!icmp_echo_read(octets, (size_t)len, road->family, has_ip_header, &echo))
            continue;
        uint64_t try;
        struct icmp_probe *probe = probe_asked(road, &echo, (const struct sockaddr *)&from, &try);
        if (probe == NULL)
            continue;
        struct probe_result result = { .good = true };
        icmp_probe_finish(probe, probe->sent_ns[try], &result);
    }
}

/* ---- asking ---- */

/* 0 or an errno. */
static int road_open(struct icmp_road *road)
{
    if (road->socket.fd >= 0)
        return 0;
    const int error = icmp_socket_open(road->family, &road->socket);
    if (error != 0) {
        road->socket.fd = -1;
        return error;
    }
    ev_io_set(&road->io, road->socket.fd, EV_READ);
    ev_io_start(road->engine->base.loop, &road->io);
    return 0;
}

static void road_close(struct icmp_road *road)
{
    ev_io_stop(road->engine->base.loop, &road->io);
    if (road->socket.fd >= 0)
        close(road->socket.fd);
    road->socket.fd = -1;
}

static int icmp_say(struct icmp_probe *probe)
{
    const struct target *target = probe->base.target;
    const struct icmp_road *road = road_of(probe->engine, target);
    uint8_t octets[ICMP_ECHO_LEN];
    struct sockaddr_storage to;
    const socklen_t to_len = probe_sockaddr(target, &to);

    struct icmp_echo echo = probe->echo;
    echo.token += probe->tries;
    icmp_echo_write(&echo, road->family, octets);
    probe->sent_ns[probe->tries++] = clock_monotonic_ns();
    if (sendto(road->socket.fd, octets, sizeof octets, MSG_NOSIGNAL, (struct sockaddr *)&to,
               to_len) >= 0 ||
        errno == EAGAIN)
        return 0;
    return errno;
}

/* One request may be lost: another goes out at half time. */
static void on_time(struct ev_loop *loop, struct ev_timer *timer, int events)
{
    struct icmp_probe *probe = timer->data;
    struct probe_result result = { .good = false };
    (void)loop;
    (void)events;
    const bool again = probe->failed == 0 && probe->tries < TRIES;
    if (again)
        probe->failed = icmp_say(probe);
    if (probe->failed != 0)
        probe_fail_errno(&result, probe->failed);
    else if (again)
        return;
    else
        probe_fail_timeout(&result, probe->base.target->spec.timeout_ms);
    icmp_probe_finish(probe, probe->started_ns, &result);
}

/* A sequence that is not in flight; false when all are. */
static bool sequence_take(struct icmp_engine *engine, struct icmp_probe *probe)
{
    if (engine->flight_count >= SEQUENCES)
        return false;
    do
        engine->last_sequence++;
    while (engine->by_sequence[engine->last_sequence] != NULL);
    probe->echo.sequence = engine->last_sequence;
    engine->by_sequence[engine->last_sequence] = probe;
    engine->flight_count++;
    return true;
}

static struct probe *icmp_start(struct probe_engine *base, const struct target *target,
                                probe_done *done, void *context)
{
    struct icmp_engine *engine = (struct icmp_engine *)base;
    struct icmp_probe *probe = calloc(1, sizeof *probe);
    if (probe == NULL)
        return NULL;
    probe->base = (struct probe){ .target = target, .done = done, .context = context };
    probe->engine = engine;
    probe->echo.id = engine->id;
    probe->started_ns = clock_monotonic_ns();
    ev_init(&probe->timer, on_time);
    probe->timer.data = probe;
    if (getrandom(&probe->echo.token, sizeof probe->echo.token, GRND_NONBLOCK) < 0 ||
        !sequence_take(engine, probe)) {
        free(probe);
        return NULL;
    }
    probe->failed = road_open(road_of(engine, target));
    if (probe->failed == 0)
        probe->failed = icmp_say(probe);

    const double wait_s = probe->failed != 0 ? 0 : target->spec.timeout_ms / 2000.0;
    ev_now_update(base->loop);
    ev_timer_set(&probe->timer, wait_s, wait_s);
    ev_timer_start(base->loop, &probe->timer);
    return &probe->base;
}

static void icmp_cancel(struct probe *probe)
{
    icmp_probe_free((struct icmp_probe *)probe);
}

/* ---- the engine ---- */

static void icmp_close(struct probe_engine *base)
{
    struct icmp_engine *engine = (struct icmp_engine *)base;
    for (size_t i = 0; i < FAMILIES; i++)
        road_close(&engine->roads[i]);
    free(engine->by_sequence);
    free(engine);
}

static struct probe_engine *icmp_open(struct ev_loop *loop)
{
    struct icmp_engine *engine = calloc(1, sizeof *engine);
    if (engine == NULL)
        return NULL;
    engine->base.loop = loop;
    engine->by_sequence = calloc(SEQUENCES, sizeof(struct icmp_probe *));
    if (engine->by_sequence == NULL ||
        getrandom(&engine->id, sizeof engine->id, GRND_NONBLOCK) < 0) {
        free(engine->by_sequence);
        free(engine);
        return NULL;
    }
    for (size_t i = 0; i < FAMILIES; i++) {
        struct icmp_road *road = &engine->roads[i];
        road->engine = engine;
        road->family = i == 0 ? FAMILY_V4 : FAMILY_V6;
        road->socket.fd = -1;
        ev_init(&road->io, on_ready);
        road->io.data = road;
    }
    return &engine->base;
}

const struct probe_kind probe_kind_icmp = {
    .name = "icmp",
    .open = icmp_open,
    .close = icmp_close,
    .start = icmp_start,
    .cancel = icmp_cancel,
};
