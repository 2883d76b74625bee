#include "health/sentinel.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <ev.h>

#include "dns/base/clock.h"
#include "health/probe.h"

enum {
    SECOND_MS = 1000,
    LIVED_MS = 10 * SECOND_MS, /* who keeps an idle connection so long is no nuisance */
    REST_MOST_MS = 300 * SECOND_MS,
    DOUBT_MS = 10 * SECOND_MS,
    GIVE_UP_MS = 3600 * SECOND_MS,
    HEARD_MOST = 64 * 1024 /* a greeting may be long, but not without end */
};

struct sentinel {
    struct ev_loop *loop;
    struct sentinel_places *places;
    const struct target *target;
    sentinel_alarm *alarm;
    void *context;
    int fd; /* -1: it does not stand */
    bool connected;
    struct ev_io io;
    size_t heard;
    bool alarmed; /* since the last good result */
    bool doubted; /* it left because the target was slow */
    uint64_t stood_ms, rest_until_ms;
    uint32_t rest_ms, doubt_ms; /* how long it rested last, for either reason */
};

static void on_ready(struct ev_loop *loop, struct ev_io *io, int events);

struct sentinel *sentinel_new(struct ev_loop *loop, struct sentinel_places *places,
                              const struct target *target, sentinel_alarm *alarm, void *context)
{
    struct sentinel *sentinel = calloc(1, sizeof *sentinel);
    if (sentinel == NULL)
        return NULL;
    sentinel->loop = loop;
    sentinel->places = places;
    sentinel->target = target;
    sentinel->alarm = alarm;
    sentinel->context = context;
    sentinel->fd = -1;
    ev_init(&sentinel->io, on_ready);
    sentinel->io.data = sentinel;
    return sentinel;
}

static void leave(struct sentinel *sentinel)
{
    if (sentinel->fd < 0)
        return;
    ev_io_stop(sentinel->loop, &sentinel->io);
    close(sentinel->fd);
    sentinel->fd = -1;
    sentinel->places->count--;
}

void sentinel_free(struct sentinel *sentinel)
{
    if (sentinel == NULL)
        return;
    leave(sentinel);
    free(sentinel);
}

bool sentinel_stands(const struct sentinel *sentinel)
{
    return sentinel->fd >= 0;
}

/* ---- standing ---- */

static void wait_for(struct sentinel *sentinel, int events)
{
    ev_io_stop(sentinel->loop, &sentinel->io);
    ev_io_set(&sentinel->io, sentinel->fd, events);
    ev_io_start(sentinel->loop, &sentinel->io);
}

/* A host that is gone without a word is noticed by the kernel, if late: the probes are quicker. */
static void keep_alive(int fd)
{
    const int yes = 1, idle_s = 60, between_s = 10, count = 3;
    (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &yes, sizeof yes);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof idle_s);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &between_s, sizeof between_s);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof count);
}

/* Where it cannot stand the probes have to do: no failure of the target's. */
static void stand(struct sentinel *sentinel, uint64_t now_ms)
{
    struct sockaddr_storage address;
    const socklen_t len = probe_sockaddr(sentinel->target, &address);
    if (sentinel->places->count >= sentinel->places->most)
        return;
    const int fd = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    if (connect(fd, (const struct sockaddr *)&address, len) != 0 && errno != EINPROGRESS) {
        close(fd);
        return;
    }
    keep_alive(fd);
    sentinel->fd = fd;
    sentinel->places->count++;
    sentinel->connected = false;
    sentinel->heard = 0;
    sentinel->stood_ms = now_ms;
    wait_for(sentinel, EV_WRITE);
}

static void sound_alarm(struct sentinel *sentinel)
{
    leave(sentinel);
    sentinel->alarmed = true;
    sentinel->alarm(sentinel->context);
}

/* Whatever it says goes unread, but for its end. */
static void listen_on(struct sentinel *sentinel)
{
    char octets[4096];
    const ssize_t got = recv(sentinel->fd, octets, sizeof octets, 0);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        return;
    if (got <= 0) {
        sound_alarm(sentinel);
        return;
    }
    sentinel->heard += (size_t)got;
    if (sentinel->heard <= HEARD_MOST)
        return;
    leave(sentinel);
    sentinel->rest_until_ms = clock_monotonic_ms() + GIVE_UP_MS;
}

static void on_ready(struct ev_loop *loop, struct ev_io *io, int events)
{
    struct sentinel *sentinel = io->data;
    int error = 0;
    socklen_t len = sizeof error;
    (void)loop;
    (void)events;
    if (sentinel->connected) {
        listen_on(sentinel);
    } else if (getsockopt(sentinel->fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0 || error != 0) {
        sound_alarm(sentinel);
    } else {
        sentinel->connected = true;
        wait_for(sentinel, EV_READ);
    }
}

/* ---- what the probes say ---- */

/* It was closed, and yet the target is well. */
static void rest_after_false_alarm(struct sentinel *sentinel, uint64_t now_ms)
{
    const uint32_t rest_ms = sentinel->rest_ms * 2;
    if (now_ms - sentinel->stood_ms >= LIVED_MS)
        sentinel->rest_ms = 0;
    else if (rest_ms < SECOND_MS)
        sentinel->rest_ms = SECOND_MS;
    else
        sentinel->rest_ms = rest_ms < REST_MOST_MS ? rest_ms : REST_MOST_MS;
    sentinel->rest_until_ms = now_ms + sentinel->rest_ms;
}

/* It was slow while it was watched, and answers now that it is not. */
static void rest_after_doubt(struct sentinel *sentinel, uint64_t now_ms)
{
    const uint32_t doubt_ms = sentinel->doubt_ms * 2;
    if (now_ms - sentinel->stood_ms >= GIVE_UP_MS || doubt_ms < DOUBT_MS)
        sentinel->doubt_ms = DOUBT_MS;
    else
        sentinel->doubt_ms = doubt_ms < GIVE_UP_MS ? doubt_ms : GIVE_UP_MS;
    sentinel->rest_until_ms = now_ms + sentinel->doubt_ms;
}

void sentinel_good(struct sentinel *sentinel, uint64_t now_ms)
{
    if (sentinel->alarmed)
        rest_after_false_alarm(sentinel, now_ms);
    if (sentinel->doubted)
        rest_after_doubt(sentinel, now_ms);
    sentinel->alarmed = sentinel->doubted = false;
    if (sentinel->fd < 0 && now_ms >= sentinel->rest_until_ms)
        stand(sentinel, now_ms);
}

void sentinel_slow(struct sentinel *sentinel)
{
    if (sentinel->fd < 0)
        return;
    leave(sentinel);
    sentinel->doubted = true;
}

void sentinel_down(struct sentinel *sentinel)
{
    leave(sentinel);
    sentinel->alarmed = sentinel->doubted = false;
    sentinel->rest_ms = 0;
}
