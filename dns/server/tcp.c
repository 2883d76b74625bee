#include "dns/server/tcp.h"

#include <errno.h>
#include <ev.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dns/server/frames.h"
#include "zones/snapshot.h"

enum {
    ACCEPTS = 64, /* connections taken in one go */
    ROUNDS = 4,   /* loads of TCP_PENDING answered before others get their turn */
    SPARES = 64   /* connections that ended and wait, with their buffers, to be used again */
};

/* Seconds without accepting after the system ran out of descriptors or memory. */
static const double PAUSE = 0.1;

/* What the timer of a connection waits for. */
enum phase {
    PHASE_IDLE,    /* the next query */
    PHASE_MESSAGE, /* the rest of one */
    PHASE_WRITE    /* the client to take its answers */
};

struct connection {
    struct ev_io io;
    struct ev_timer timer; /* fires at the deadline or before it */
    double deadline;       /* as the loop counts seconds */
    struct tcp *tcp;
    struct connection *before, *after;
    struct address source;
    struct frames in;
    uint8_t *out; /* answers that the client has not taken yet; NULL: none */
    size_t out_at, out_len;
    enum phase phase;
    bool finished; /* the client will send no more; it may still want its answers */
};

struct acceptor {
    struct ev_io io;
    struct tcp *tcp;
    struct acceptor *next;
};

struct tcp {
    struct ev_loop *loop;
    struct answerer *answerer;
    struct tcp_rules rules;
    struct acceptor *acceptors;
    struct connection *connections;
    struct connection *spares; /* by `after` */
    unsigned spare_count;
    struct ev_timer pause;
    bool draining;
    uint8_t answers[TCP_PENDING]; /* being composed for one connection */
};

/* Most connections bring one query: the next one need not ask for memory again. */
static void connection_keep(struct connection *connection)
{
    struct tcp *tcp = connection->tcp;

    if (tcp->spare_count == SPARES || connection->in.cap > FRAMES_SMALL) {
        frames_release(&connection->in);
        free(connection);
        return;
    }
    connection->after = tcp->spares;
    tcp->spares = connection;
    tcp->spare_count++;
}

/* Empty, but perhaps with a buffer; NULL when memory is out. */
static struct connection *connection_take(struct tcp *tcp)
{
    struct connection *connection = tcp->spares;

    if (connection == NULL)
        return calloc(1, sizeof *connection);
    tcp->spares = connection->after;
    tcp->spare_count--;
    *connection = (struct connection){ .in = { .octets = connection->in.octets,
                                               .cap = connection->in.cap } };
    return connection;
}

/* The one end of every connection. */
static void connection_finish(struct connection *connection)
{
    struct tcp *tcp = connection->tcp;
    ev_io_stop(tcp->loop, &connection->io);
    ev_timer_stop(tcp->loop, &connection->timer);
    close(connection->io.fd);
    quota_give(tcp->rules.quota, &connection->source);

    if (connection->before != NULL)
        connection->before->after = connection->after;
    else
        tcp->connections = connection->after;
    if (connection->after != NULL)
        connection->after->before = connection->before;
    free(connection->out);
    connection_keep(connection);
}

static void connection_watch(struct connection *connection, int events)
{
    struct ev_loop *loop = connection->tcp->loop;
    if ((connection->io.events & (EV_READ | EV_WRITE)) == events)
        return;
    ev_io_stop(loop, &connection->io);
    ev_io_set(&connection->io, connection->io.fd, events);
    ev_io_start(loop, &connection->io);
}

static void timer_start(struct connection *connection, double wait)
{
    struct ev_loop *loop = connection->tcp->loop;
    ev_timer_stop(loop, &connection->timer);
    ev_timer_set(&connection->timer, wait, 0);
    ev_timer_start(loop, &connection->timer);
}

/*
 * Enters a phase and gives it its time; a message that goes on keeps the time
 * it has. A timer that fires too early looks at the deadline and goes on, which
 * costs less than to set it for each query.
 */
static void connection_phase(struct connection *connection, enum phase phase)
{
    struct tcp *tcp = connection->tcp;
    const uint64_t ms = phase == PHASE_MESSAGE ? tcp->rules.message_ms : tcp->rules.idle_ms;
    const double wait = (double)ms / 1000, before = connection->deadline;

    connection->phase = phase;
    connection->deadline = ev_now(tcp->loop) + wait;
    if (!ev_is_active(&connection->timer) || connection->deadline < before)
        timer_start(connection, wait);
}

static void on_timer(struct ev_loop *loop, struct ev_timer *timer, int events)
{
    struct connection *connection = timer->data;
    const double left = connection->deadline - ev_now(loop);
    (void)events;
    if (left > 0) {
        timer_start(connection, left);
        return;
    }
    counter_add(&connection->tcp->answerer->tally->tcp_timeouts, 1);
    connection_finish(connection);
}

/*
 * Answers whole messages into tcp->answers while another answer of any size
 * fits. Returns the octets composed; *asked counts the messages taken.
 */
static size_t compose(struct connection *connection, unsigned *asked)
{
    struct tcp *tcp = connection->tcp;
    const uint8_t *message;
    size_t total = 0, message_len;

    *asked = 0;
    answerer_clock(tcp->answerer);
    const struct snapshot *snapshot = snapshot_enter();
    while (snapshot != NULL && sizeof tcp->answers - total >= FRAMES_MOST &&
           (message = frames_next(&connection->in, &message_len)) != NULL) {
        uint8_t *answer = tcp->answers + total;
        const size_t len = answerer_stream(tcp->answerer, snapshot, &connection->source, message,
                                           message_len, answer + 2, FRAMES_MOST - 2);
        (*asked)++;
        if (len == 0)
            continue;
        answer[0] = (uint8_t)(len >> 8);
        answer[1] = (uint8_t)len;
        total += 2 + len;
    }
    snapshot_leave();
    return total;
}

/* Sends octets; *sent says how many went. False when the connection is broken. */
static bool transmit(int fd, const uint8_t *octets, size_t len, size_t *sent)
{
    *sent = 0;
    while (*sent < len) {
        const ssize_t count = send(fd, octets + *sent, len - *sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (count > 0)
            *sent += (size_t)count;
        else if (errno == EAGAIN || errno == EWOULDBLOCK)
            return true;
        else if (errno != EINTR)
            return false;
    }
    return true;
}

/* Sends what was composed and keeps the rest for later. False when the connection is broken. */
static bool connection_send(struct connection *connection, size_t len)
{
    struct tcp *tcp = connection->tcp;
    size_t sent;
    if (!transmit(connection->io.fd, tcp->answers, len, &sent))
        return false;
    if (sent == len)
        return true;
    connection->out = malloc(len - sent);
    if (connection->out == NULL) {
        counter_add(&tcp->answerer->tally->dropped, 1);
        return false;
    }
    memcpy(connection->out, tcp->answers + sent, len - sent);
    connection->out_at = 0;
    connection->out_len = len - sent;
    return true;
}

/* Goes on with answers that waited. False when the connection is broken. */
static bool connection_flush(struct connection *connection)
{
    size_t sent;
    if (connection->out == NULL)
        return true;
    if (!transmit(connection->io.fd, connection->out + connection->out_at,
                  connection->out_len - connection->out_at, &sent))
        return false;
    connection->out_at += sent;
    if (connection->out_at == connection->out_len) {
        free(connection->out);
        connection->out = NULL;
    }
    return true;
}

/* Nothing is left to answer: wait for more, or end. */
static void connection_rest(struct connection *connection, bool asked)
{
    const bool partial = frames_partial(&connection->in);
    frames_settle(&connection->in);
    if (connection->finished || (connection->tcp->draining && !partial)) {
        connection_finish(connection);
        return;
    }
    connection_watch(connection, EV_READ);
    if (!partial) {
        /* An octet that completes nothing does not buy more time, a query does. */
        if (asked || connection->phase != PHASE_IDLE)
            connection_phase(connection, PHASE_IDLE);
    } else if (asked || connection->phase != PHASE_MESSAGE) {
        connection_phase(connection, PHASE_MESSAGE);
    }
}

/* Answers all that has come, as far as the client takes it. May end the connection. */
static void connection_work(struct connection *connection, bool asked)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        unsigned count;
        const size_t len = compose(connection, &count);
        asked = asked || count > 0;
        if (count == 0) {
            connection_rest(connection, asked);
            return;
        }
        if (!connection_send(connection, len)) {
            connection_finish(connection);
            return;
        }
        if (connection->out != NULL)
            break;
    }
    /* Either the client is slow, or it asked so much that others come first now. */
    connection_watch(connection, EV_WRITE);
    connection_phase(connection, PHASE_WRITE);
}

/* Takes what has come. False when the connection is broken or memory is out. */
static bool connection_receive(struct connection *connection)
{
    size_t room;
    uint8_t *octets = frames_room(&connection->in, &room);
    if (octets == NULL)
        return false;
    const ssize_t count = recv(connection->io.fd, octets, room, MSG_DONTWAIT);
    if (count > 0)
        frames_received(&connection->in, (size_t)count);
    else if (count == 0)
        connection->finished = true;
    else
        return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
    return true;
}

static void on_connection(struct ev_loop *loop, struct ev_io *io, int events)
{
    struct connection *connection = io->data;
    (void)loop;

    const bool wrote = connection->phase == PHASE_WRITE;
    const bool good = wrote ? (events & EV_WRITE) == 0 || connection_flush(connection)
                            : connection_receive(connection);
    if (!good)
        connection_finish(connection);
    else if (connection->out == NULL)
        connection_work(connection, wrote);
}

/* ---- new connections ---- */

static bool connection_open(struct tcp *tcp, int fd, const struct address *source)
{
    struct connection *connection = connection_take(tcp);
    if (connection == NULL)
        return false;
    connection->tcp = tcp;
    connection->source = *source;
    connection->after = tcp->connections;
    if (tcp->connections != NULL)
        tcp->connections->before = connection;
    tcp->connections = connection;

    ev_io_init(&connection->io, on_connection, fd, EV_READ);
    connection->io.data = connection;
    ev_io_start(tcp->loop, &connection->io);
    ev_timer_init(&connection->timer, on_timer, 0, 0);
    connection->timer.data = connection;
    connection_phase(connection, PHASE_IDLE);
    /* Often the query is here already. */
    if (!connection_receive(connection))
        connection_finish(connection);
    else if (connection->finished || frames_partial(&connection->in))
        connection_work(connection, false);
    return true;
}

static void admit(struct tcp *tcp, int fd, const struct sockaddr_storage *peer)
{
    struct tally *tally = tcp->answerer->tally;
    struct address source;
    if (!address_from_sockaddr((const struct sockaddr *)peer, &source) ||
        !quota_take(tcp->rules.quota, &source)) {
        counter_add(&tally->tcp_refused, 1);
        close(fd);
        return;
    }
    if (!connection_open(tcp, fd, &source)) {
        counter_add(&tally->tcp_refused, 1);
        quota_give(tcp->rules.quota, &source);
        close(fd);
        return;
    }
    counter_add(&tally->tcp_accepted, 1);
}

static bool is_exhausted(int reason)
{
    return reason == EMFILE || reason == ENFILE || reason == ENOBUFS || reason == ENOMEM;
}

static void acceptors_set(struct tcp *tcp, bool on)
{
    for (struct acceptor *acceptor = tcp->acceptors; acceptor != NULL; acceptor = acceptor->next) {
        if (on)
            ev_io_start(tcp->loop, &acceptor->io);
        else
            ev_io_stop(tcp->loop, &acceptor->io);
    }
}

static void on_pause_over(struct ev_loop *loop, struct ev_timer *timer, int events)
{
    struct tcp *tcp = timer->data;
    (void)loop;
    (void)events;
    if (!tcp->draining)
        acceptors_set(tcp, true);
}

/*
 * Without a free descriptor accept() fails at once and polling reports the
 * same client again at once: the worker would spin. So it looks away for a
 * moment; UDP and the connections that are open go on.
 */
static void pause_accepting(struct tcp *tcp)
{
    counter_add(&tcp->answerer->tally->tcp_refused, 1);
    acceptors_set(tcp, false);
    ev_timer_stop(tcp->loop, &tcp->pause);
    ev_timer_set(&tcp->pause, PAUSE, 0);
    ev_timer_start(tcp->loop, &tcp->pause);
}

static void accept_waiting(struct tcp *tcp, int listening)
{
    for (unsigned i = 0; i < ACCEPTS; i++) {
        struct sockaddr_storage peer;
        socklen_t len = sizeof peer;
        const int fd =
            accept4(listening, (struct sockaddr *)&peer, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            admit(tcp, fd, &peer);
        } else if (is_exhausted(errno)) {
            pause_accepting(tcp);
            return;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            return;
        }
        /* Anything else concerns a client that has gone already (accept(2)). */
    }
}

static void on_acceptor(struct ev_loop *loop, struct ev_io *io, int events)
{
    const struct acceptor *acceptor = io->data;
    (void)loop;
    (void)events;
    accept_waiting(acceptor->tcp, io->fd);
}

/* ---- beginning and end ---- */

struct tcp *tcp_new(struct ev_loop *loop, struct answerer *answerer, const struct tcp_rules *rules)
{
    struct tcp *tcp = calloc(1, sizeof *tcp);
    if (tcp == NULL)
        return NULL;
    tcp->loop = loop;
    tcp->answerer = answerer;
    tcp->rules = *rules;
    ev_timer_init(&tcp->pause, on_pause_over, 0, 0);
    tcp->pause.data = tcp;
    return tcp;
}

bool tcp_listen(struct tcp *tcp, int fd)
{
    struct acceptor *acceptor = calloc(1, sizeof *acceptor);
    if (acceptor == NULL)
        return false;
    acceptor->tcp = tcp;
    acceptor->next = tcp->acceptors;
    tcp->acceptors = acceptor;
    ev_io_init(&acceptor->io, on_acceptor, fd, EV_READ);
    acceptor->io.data = acceptor;
    ev_io_start(tcp->loop, &acceptor->io);
    return true;
}

static void acceptors_close(struct tcp *tcp)
{
    ev_timer_stop(tcp->loop, &tcp->pause);
    while (tcp->acceptors != NULL) {
        struct acceptor *acceptor = tcp->acceptors;
        tcp->acceptors = acceptor->next;
        ev_io_stop(tcp->loop, &acceptor->io);
        close(acceptor->io.fd);
        free(acceptor);
    }
}

void tcp_drain(struct tcp *tcp)
{
    /* Clients whose handshake is done count as in flight. */
    for (struct acceptor *acceptor = tcp->acceptors; acceptor != NULL; acceptor = acceptor->next)
        accept_waiting(tcp, acceptor->io.fd);
    acceptors_close(tcp);

    tcp->draining = true;
    for (struct connection *connection = tcp->connections, *after; connection != NULL;
         connection = after) {
        after = connection->after;
        if (connection->phase == PHASE_WRITE)
            continue;
        if (connection_receive(connection))
            connection_work(connection, false);
        else
            connection_finish(connection);
    }
}

bool tcp_is_empty(const struct tcp *tcp)
{
    return tcp->connections == NULL;
}

void tcp_free(struct tcp *tcp)
{
    if (tcp == NULL)
        return;
    acceptors_close(tcp);
    while (tcp->connections != NULL)
        connection_finish(tcp->connections);
    while (tcp->spares != NULL) {
        struct connection *spare = connection_take(tcp);
        frames_release(&spare->in);
        free(spare);
    }
    free(tcp);
}
