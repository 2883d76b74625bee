#ifndef MERIDIAN_TESTS_HEALTH_LOCAL_SERVER_H
#define MERIDIAN_TESTS_HEALTH_LOCAL_SERVER_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/* What the twins of health/ share: a real server on a free loopback port, in a thread. */

struct local_server;
/* Serves one client; the server closes `client` afterwards. */
typedef void local_serve(struct local_server *server, int client);

struct local_server {
    int fd;
    uint16_t port;
    pthread_t thread;
    local_serve *serve;
    const char *words; /* what `serve` says */
    _Atomic bool ends;
    _Atomic unsigned accepted; /* clients so far */
};

static inline void sleep_ms(unsigned ms)
{
    const struct timespec time = { ms / 1000, (long)(ms % 1000) * 1000000 };
    nanosleep(&time, NULL);
}

static inline void *local_server_run(void *context)
{
    struct local_server *server = context;
    int client;
    while ((client = accept(server->fd, NULL, NULL)) >= 0) {
        atomic_fetch_add(&server->accepted, 1);
        server->serve(server, client);
        close(client);
    }
    return NULL;
}

/* Binds to a loopback address; `port` 0 takes a free one. -1 when it cannot be had. */
static inline int local_listen(const char *address, uint16_t port, uint16_t *got)
{
    struct sockaddr_storage storage = { 0 };
    struct sockaddr_in *v4 = (struct sockaddr_in *)&storage;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&storage;
    const bool is_v6 = strchr(address, ':') != NULL;
    socklen_t len = is_v6 ? sizeof *v6 : sizeof *v4;
    if (is_v6) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(port);
        assert_int_equal(inet_pton(AF_INET6, address, &v6->sin6_addr), 1);
    } else {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
        assert_int_equal(inet_pton(AF_INET, address, &v4->sin_addr), 1);
    }

    const int yes = 1;
    const int fd = socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(fd, (struct sockaddr *)&storage, len) != 0 || listen(fd, 1024) != 0 ||
        getsockname(fd, (struct sockaddr *)&storage, &len) != 0) {
        close(fd);
        return -1;
    }
    *got = ntohs(is_v6 ? v6->sin6_port : v4->sin_port);
    return fd;
}

static inline bool local_server_open_at(struct local_server *server, const char *address,
                                        uint16_t port, local_serve *serve, const char *words)
{
    server->serve = serve;
    server->words = words;
    atomic_init(&server->ends, false);
    atomic_init(&server->accepted, 0);
    server->fd = local_listen(address, port, &server->port);
    if (server->fd < 0)
        return false;
    assert_int_equal(pthread_create(&server->thread, NULL, local_server_run, server), 0);
    return true;
}

static inline void local_server_open(struct local_server *server, local_serve *serve,
                                     const char *words)
{
    assert_true(local_server_open_at(server, "127.0.0.1", 0, serve, words));
}

static inline void local_server_close(struct local_server *server)
{
    atomic_store(&server->ends, true);
    shutdown(server->fd, SHUT_RDWR); /* wakes accept() */
    pthread_join(server->thread, NULL);
    close(server->fd);
}

/* A loopback port where nobody listens: it was free a moment ago. */
static inline uint16_t local_dead_port(void)
{
    uint16_t port = 0;
    const int fd = local_listen("127.0.0.1", 0, &port);
    assert_true(fd >= 0);
    close(fd);
    return port;
}

/* Octets until the end of a request's header, or until the client has nothing more to say. */
static inline size_t local_hear(int client, char *out, size_t cap)
{
    size_t len = 0;
    while (len + 1 < cap) {
        const ssize_t got = recv(client, out + len, cap - 1 - len, 0);
        if (got <= 0)
            break;
        len += (size_t)got;
        out[len] = '\0';
        if (strstr(out, "\r\n\r\n") != NULL)
            break;
    }
    out[len] = '\0';
    return len;
}

/* False when the client has gone. */
static inline bool local_say(int client, const char *words, size_t len)
{
    while (len > 0) {
        const ssize_t sent = send(client, words, len, MSG_NOSIGNAL);
        if (sent < 0)
            return false;
        words += sent;
        len -= (size_t)sent;
    }
    return true;
}

/* ---- ways to serve ---- */

/* Hears a request, says the words, closes. */
static inline void serve_words(struct local_server *server, int client)
{
    char request[4096];
    if (local_hear(client, request, sizeof request) > 0)
        local_say(client, server->words, strlen(server->words));
}

/* Says nothing until the client goes. */
static inline void serve_silence(struct local_server *server, int client)
{
    char request[4096];
    (void)server;
    while (recv(client, request, sizeof request, 0) > 0)
        continue;
}

/* Says the words, and then an octet every 20 ms until the client goes. */
static inline void serve_drip(struct local_server *server, int client)
{
    char request[4096];
    local_hear(client, request, sizeof request);
    if (!local_say(client, server->words, strlen(server->words)))
        return;
    while (!atomic_load(&server->ends) && local_say(client, "x", 1))
        sleep_ms(20);
}

/* Says the words, and then much, without end. */
static inline void serve_flood(struct local_server *server, int client)
{
    static char much[16384];
    char request[4096];
    memset(much, 'x', sizeof much);
    local_hear(client, request, sizeof request);
    bool here = local_say(client, server->words, strlen(server->words));
    while (here && !atomic_load(&server->ends))
        here = local_say(client, much, sizeof much);
}

/* Says nothing and goes. */
static inline void serve_end(struct local_server *server, int client)
{
    (void)server;
    (void)client;
}

/* Says the words, then breaks the connection. */
static inline void serve_reset(struct local_server *server, int client)
{
    const struct linger now = { 1, 0 };
    char request[4096];
    local_hear(client, request, sizeof request);
    local_say(client, server->words, strlen(server->words));
    setsockopt(client, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

#endif
