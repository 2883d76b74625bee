#include "dns/server/worker.h"

#include <ev.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "dns/server/answerer.h"
#include "dns/server/udp.h"
#include "zones/snapshot.h"

struct listener {
    struct ev_io io;
    struct worker *worker;
    bool pktinfo;
};

struct worker {
    unsigned number;
    pthread_t thread;
    bool started;
    struct ev_loop *loop;
    struct ev_async stop;
    struct ev_timer last;      /* the end of patience */
    struct ev_prepare prepare; /* looks whether a stopping worker is done */
    bool stopping;
    struct tally *tally;
    struct answerer answerer;
    struct udp_batch *batch;
    struct tcp *tcp;
    struct listener *listeners;
    size_t listener_count;
};

static void on_datagrams(struct ev_loop *loop, struct ev_io *io, int events)
{
    const struct listener *listener = io->data;
    struct worker *worker = listener->worker;
    (void)loop;
    (void)events;
    udp_serve(worker->batch, io->fd, listener->pktinfo, &worker->answerer);
}

/* What has arrived is in flight and gets its answer; what comes later does not. */
static void on_stop(struct ev_loop *loop, struct ev_async *async, int events)
{
    struct worker *worker = async->data;
    (void)events;
    for (size_t i = 0; i < worker->listener_count; i++) {
        struct listener *listener = &worker->listeners[i];
        udp_serve(worker->batch, listener->io.fd, listener->pktinfo, &worker->answerer);
        ev_io_stop(loop, &listener->io);
    }
    tcp_drain(worker->tcp);
    worker->stopping = true;
    ev_timer_start(loop, &worker->last);
}

static void on_prepare(struct ev_loop *loop, struct ev_prepare *prepare, int events)
{
    const struct worker *worker = prepare->data;
    (void)events;
    if (worker->stopping && tcp_is_empty(worker->tcp))
        ev_break(loop, EVBREAK_ALL);
}

static void on_last(struct ev_loop *loop, struct ev_timer *timer, int events)
{
    (void)timer;
    (void)events;
    ev_break(loop, EVBREAK_ALL);
}

static void loop_init(struct worker *worker)
{
    ev_async_init(&worker->stop, on_stop);
    worker->stop.data = worker;
    ev_async_start(worker->loop, &worker->stop);
    ev_prepare_init(&worker->prepare, on_prepare);
    worker->prepare.data = worker;
    ev_prepare_start(worker->loop, &worker->prepare);
    ev_timer_init(&worker->last, on_last, WORKER_LAST_MS / 1000.0, 0);
}

/* Gives the worker its sockets; what it cannot take is closed. */
static bool take_sockets(struct worker *worker, const struct worker_setup *setup)
{
    bool done = true;
    for (size_t i = 0; i < setup->socket_count; i++) {
        const struct worker_socket *socket = &setup->sockets[i];
        struct listener *listener = &worker->listeners[worker->listener_count++];
        *listener = (struct listener){ .worker = worker, .pktinfo = socket->pktinfo };
        ev_io_init(&listener->io, on_datagrams, socket->udp, EV_READ);
        listener->io.data = listener;
        ev_io_start(worker->loop, &listener->io);
        if (!tcp_listen(worker->tcp, socket->tcp)) {
            close(socket->tcp);
            done = false;
        }
    }
    return done;
}

static bool prepare_parts(struct worker *worker, const struct worker_setup *setup)
{
    uint64_t seed;
    if (getrandom(&seed, sizeof seed, 0) != sizeof seed)
        return false;
    worker->loop = ev_loop_new(EVFLAG_NOENV | EVBACKEND_EPOLL);
    worker->tally = tally_new();
    worker->batch = udp_batch_new();
    worker->listeners = calloc(setup->socket_count, sizeof *worker->listeners);
    if (worker->loop == NULL || worker->tally == NULL || worker->batch == NULL ||
        worker->listeners == NULL)
        return false;
    answerer_init(&worker->answerer, worker->tally, setup->ratelimit, seed);
    worker->tcp = tcp_new(worker->loop, &worker->answerer, &setup->tcp);
    return worker->tcp != NULL;
}

enum status worker_open(const struct worker_setup *setup, struct worker **out)
{
    *out = NULL;
    struct worker *worker = calloc(1, sizeof *worker);
    if (worker == NULL || !prepare_parts(worker, setup)) {
        for (size_t i = 0; i < setup->socket_count; i++) {
            close(setup->sockets[i].udp);
            close(setup->sockets[i].tcp);
        }
        worker_close(worker);
        return STATUS_MEMORY;
    }
    worker->number = setup->number;
    loop_init(worker);
    if (!take_sockets(worker, setup)) {
        worker_close(worker);
        return STATUS_MEMORY;
    }
    *out = worker;
    return STATUS_OK;
}

static void *worker_main(void *argument)
{
    struct worker *worker = argument;
    char name[16];
    snprintf(name, sizeof name, "worker-%u", worker->number);
    pthread_setname_np(pthread_self(), name);

    snapshot_join();
    ev_run(worker->loop, 0);
    snapshot_quit();
    return NULL;
}

enum status worker_start(struct worker *worker)
{
    if (pthread_create(&worker->thread, NULL, worker_main, worker) != 0)
        return STATUS_MEMORY;
    worker->started = true;
    return STATUS_OK;
}

void worker_stop(struct worker *worker)
{
    ev_async_send(worker->loop, &worker->stop);
}

void worker_close(struct worker *worker)
{
    if (worker == NULL)
        return;
    if (worker->started)
        pthread_join(worker->thread, NULL);
    tcp_free(worker->tcp);
    for (size_t i = 0; i < worker->listener_count; i++) {
        ev_io_stop(worker->loop, &worker->listeners[i].io);
        close(worker->listeners[i].io.fd);
    }
    free(worker->listeners);
    udp_batch_free(worker->batch);
    tally_free(worker->tally);
    if (worker->loop != NULL)
        ev_loop_destroy(worker->loop);
    free(worker);
}

const struct tally *worker_tally(const struct worker *worker)
{
    return worker->tally;
}
