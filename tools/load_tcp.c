#include "tools/load_tcp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "dns/base/clock.h"
#include "dns/proto/reader.h"

enum {
    OUT_CAP = 32768, /* octets of queries not yet taken by the kernel */
    IN_CAP = 131072, /* octets: more than one message, whatever its length */
    EVENTS = 64,
    FIRST_HOST = 2, /* connections come from 127.0.0.2 onwards */
    HOSTS = 250
};

struct connection {
    int fd; /* -1: none */
    unsigned asked, heard;
    size_t out_len, in_len;
    bool writable;
    uint8_t out[OUT_CAP];
    uint8_t in[IN_CAP];
};

struct tcp_load {
    int epoll;
    unsigned share; /* queries that one connection may have on their way */
    unsigned turn;  /* the connection that asks next */
    unsigned host;
    unsigned count;
    struct connection *connections;
};

/* ---- opening and closing ---- */

static void bind_in_turn(struct tcp_load *tcp, const struct load_plan *plan, int fd)
{
    const struct sockaddr_in *server = (const struct sockaddr_in *)&plan->server;
    const int yes = 1;

    if (plan->per_connection == 0 || plan->server.ss_family != AF_INET ||
        ntohl(server->sin_addr.s_addr) >> 24 != 127)
        return;
    const struct sockaddr_in own = {
        .sin_family = AF_INET,
        .sin_addr.s_addr = htonl((127U << 24) + FIRST_HOST + tcp->host),
    };
    tcp->host = (tcp->host + 1) % HOSTS;
    (void)setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes);
    (void)bind(fd, (const struct sockaddr *)&own, sizeof own);
}

static bool connection_open(struct tcp_load *tcp, struct load_run *run,
                            struct connection *connection)
{
    const int yes = 1;
    const int fd =
        socket(run->plan->server.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                                 .data.ptr = connection };

    connection->fd = fd;
    connection->asked = connection->heard = 0;
    connection->out_len = connection->in_len = 0;
    connection->writable = false;
    if (fd < 0)
        return false;
    bind_in_turn(tcp, run->plan, fd);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if ((connect(fd, (const struct sockaddr *)&run->plan->server, run->plan->server_len) != 0 &&
         errno != EINPROGRESS) ||
        epoll_ctl(tcp->epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
        close(fd);
        connection->fd = -1;
        return false;
    }
    run->counts.connections++;
    return true;
}

static void connection_close(struct connection *connection)
{
    if (connection->fd >= 0)
        close(connection->fd);
    connection->fd = -1;
}

static void tcp_load_free(struct tcp_load *tcp)
{
    for (unsigned i = 0; tcp->connections != NULL && i < tcp->count; i++)
        connection_close(&tcp->connections[i]);
    if (tcp->epoll >= 0)
        close(tcp->epoll);
    free(tcp->connections);
}

static bool tcp_load_init(struct tcp_load *tcp, struct load_run *run)
{
    const unsigned count = run->plan->sockets;

    *tcp = (struct tcp_load){ .epoll = epoll_create1(EPOLL_CLOEXEC) };
    tcp->share = run->plan->window > count ? run->plan->window / count : 1;
    tcp->connections = calloc(count, sizeof *tcp->connections);
    if (tcp->epoll < 0 || tcp->connections == NULL)
        return false;
    for (; tcp->count < count; tcp->count++)
        if (!connection_open(tcp, run, &tcp->connections[tcp->count]))
            return false;
    return true;
}

/* ---- asking ---- */

static void flush(struct connection *connection)
{
    if (connection->out_len == 0 || !connection->writable)
        return;
    const ssize_t sent = send(connection->fd, connection->out, connection->out_len, MSG_NOSIGNAL);
    if (sent < 0) {
        connection->writable = false;
        return;
    }
    connection->out_len -= (size_t)sent;
    memmove(connection->out, connection->out + sent, connection->out_len);
}

/* How many queries the connection may take beyond those it has. */
static unsigned connection_room(const struct tcp_load *tcp, const struct load_run *run,
                                const struct connection *connection)
{
    const unsigned away = connection->asked - connection->heard;
    const unsigned limit = run->plan->per_connection;
    unsigned room = tcp->share > away ? tcp->share - away : 0;

    if (connection->fd < 0 || connection->out_len > OUT_CAP / 2)
        return 0;
    if (limit > 0 && limit - connection->asked < room)
        room = limit - connection->asked;
    return room;
}

static void ask(struct tcp_load *tcp, struct load_run *run, uint64_t now_ns)
{
    unsigned due = load_due(run, now_ns);

    for (unsigned i = 0; i < tcp->count && due > 0; i++) {
        struct connection *connection = &tcp->connections[tcp->turn];
        unsigned room = connection_room(tcp, run, connection);

        tcp->turn = (tcp->turn + 1) % tcp->count;
        for (; room > 0 && due > 0 && connection->out_len + 2 + LOAD_QUERY_CAP <= OUT_CAP;
             room--, due--) {
            uint8_t *at = connection->out + connection->out_len;
            const size_t len = load_next(run, now_ns, at + 2);
            at[0] = (uint8_t)(len >> 8);
            at[1] = (uint8_t)len;
            connection->out_len += 2 + len;
            connection->asked++;
        }
        flush(connection);
    }
}

/* ---- answers ---- */

static void take_messages(struct load_run *run, struct connection *connection, uint64_t now_ns)
{
    size_t at = 0;

    while (connection->in_len - at >= 2) {
        const size_t len = octets_u16(connection->in + at);
        if (connection->in_len - at < 2 + len)
            break;
        (void)load_answer(run, now_ns, connection->in + at + 2, len);
        connection->heard++;
        at += 2 + len;
    }
    connection->in_len -= at;
    memmove(connection->in, connection->in + at, connection->in_len);
}

/* Reads all there is; false when the server has ended the connection. */
static bool hear(struct load_run *run, struct connection *connection)
{
    for (;;) {
        const size_t room = IN_CAP - connection->in_len;
        const ssize_t got = recv(connection->fd, connection->in + connection->in_len, room, 0);
        if (got < 0)
            return errno == EAGAIN || errno == EINTR;
        if (got == 0)
            return false;
        connection->in_len += (size_t)got;
        take_messages(run, connection, clock_monotonic_ns());
        if ((size_t)got < room)
            return true;
    }
}

static bool connection_is_done(const struct load_run *run, const struct connection *connection)
{
    return run->plan->per_connection > 0 && connection->heard == run->plan->per_connection;
}

/* What was on its way on a connection that the server ended is lost by its timeout. */
static bool attend(struct tcp_load *tcp, struct load_run *run, const struct epoll_event *event)
{
    struct connection *connection = event->data.ptr;
    bool open = true;

    if (event->events & EPOLLOUT) {
        connection->writable = true;
        flush(connection);
    }
    if (event->events & (EPOLLIN | EPOLLHUP | EPOLLERR))
        open = hear(run, connection) && (event->events & EPOLLRDHUP) == 0;
    if (open && !connection_is_done(run, connection))
        return true;
    connection_close(connection);
    return connection_open(tcp, run, connection);
}

bool load_tcp(struct load_run *run)
{
    struct tcp_load tcp;
    bool good = tcp_load_init(&tcp, run);

    while (good && !load_over(run)) {
        struct epoll_event events[EVENTS];
        const uint64_t now_ns = clock_monotonic_ns();
        load_tick(run, now_ns);
        ask(&tcp, run, now_ns);
        const int count = epoll_wait(tcp.epoll, events, EVENTS, 0);
        for (int i = 0; i < count && good; i++)
            good = attend(&tcp, run, &events[i]);
    }
    if (!good)
        fprintf(stderr, "bench_load: no connection: %s\n", strerror(errno));
    tcp_load_free(&tcp);
    return good;
}
