#ifndef MERIDIAN_TESTS_SERVER_STAGE_H
#define MERIDIAN_TESTS_SERVER_STAGE_H

#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "dns/base/clock.h"
#include "dns/server/answerer.h"
#include "dns/server/loader.h"
#include "dns/server/overview.h"
#include "tests/dns/server/exchange.h"
#include "tests/dns/server/folder.h"

/*
 * A server without its sockets, in a folder of its own: a loader that has
 * published meridian.json with the zone app.example, a prober, one tally, and
 * a loop that the test turns by itself.
 *
 *     txt.app.example  TXT "one"
 *     www.app.example  the service "web": region here A 192.0.2.10,
 *                      region there A 192.0.2.20; nobody probes them
 */
struct stage {
    struct folder *folder;
    struct board *board;
    struct prober *prober;
    struct orders *orders;
    struct steward *steward;
    struct loader *loader;
    struct tally *tally;
    const struct tally *tallies[1];
    struct ratelimit *ratelimit;
    struct quota *quota;
    struct answerer answerer;
    struct overview overview;
    struct ev_loop *loop;
    _Atomic unsigned loads; /* reloads that are done */
};

enum { STAGE_PATIENCE_MS = 10000, STAGE_CLIENTS = 20 };

static const char stage_config[] =
    "{ \"listen\": [\"127.0.0.1:5300\"], \"zones\": \"zones\","
    "  \"rate_limit\": { \"errors\": 3, \"slip\": 0 }, \"identity\": \"stage\" }";

static const char stage_map[] =
    "{ \"regions\": { \"here\": { \"tags\": [\"near\"] }, \"there\": {} },"
    "  \"services\": { \"web\": { \"route\": { \"failover\": [\"here\", \"there\"] },"
    "    \"endpoints\": { \"here\": { \"A\": [\"192.0.2.10\"] },"
    "                     \"there\": { \"A\": [\"192.0.2.20\"] } } } },"
    "  \"names\": { \"www\": \"web\" } }";

static inline void stage_load_done(void *context)
{
    struct stage *stage = context;
    stage->loads++;
}

static inline int stage_setup(void **state)
{
    struct stage *stage = calloc(1, sizeof *stage);
    assert_non_null(stage);
    assert_int_equal(folder_setup((void **)&stage->folder), 0);
    write_file("meridian.json", stage_config);
    make_folder("zones");
    write_zone("zones/app.example.zone", "app.example", "one");
    write_file("zones/app.example.map.json", stage_map);

    struct report *report = report_new();
    stage->board = board_new();
    assert_non_null(stage->board);
    assert_int_equal(prober_open(stage->board, &stage->prober), STATUS_OK);
    stage->loader = loader_new("meridian.json", stage->board);
    assert_non_null(stage->loader);
    if (!loader_first(stage->loader, report) || report_count(report) > 0) {
        report_print(report);
        fail();
    }
    report_free(report);
    stage->orders = orders_new();
    assert_non_null(stage->orders);
    stage->steward = steward_new(stage->board, loader_pools(stage->loader), stage->orders);
    assert_non_null(stage->steward);
    assert_int_equal(
        loader_start(stage->loader, stage->prober, stage->steward, stage_load_done, stage),
        STATUS_OK);

    stage->tally = tally_new();
    stage->tallies[0] = stage->tally;
    stage->ratelimit = ratelimit_new();
    stage->quota = quota_new(STAGE_CLIENTS, STAGE_CLIENTS);
    stage->loop = ev_loop_new(EVFLAG_NOENV);
    assert_true(stage->tally && stage->ratelimit && stage->quota && stage->loop);
    answerer_init(&stage->answerer, stage->tally, stage->ratelimit, 1);
    stage->overview = (struct overview){
        .tallies = stage->tallies,
        .tally_count = 1,
        .loader = stage->loader,
        .prober = stage->prober,
        .quota = stage->quota,
        .orders = stage->orders,
        .steward = stage->steward,
        .started_wall_ms = clock_wall_ms(),
    };
    snapshot_join();
    *state = stage;
    return 0;
}

static inline int stage_teardown(void **state)
{
    struct stage *stage = *state;
    snapshot_quit();
    loader_close(stage->loader);
    prober_close(stage->prober);
    steward_free(stage->steward);
    orders_free(stage->orders);
    board_free(stage->board);
    tally_free(stage->tally);
    ratelimit_free(stage->ratelimit);
    quota_free(stage->quota);
    ev_loop_destroy(stage->loop);
    folder_teardown((void **)&stage->folder);
    free(stage);
    return 0;
}

/* Turns the loop until `done(context)`, or fails. */
static inline void stage_until(struct stage *stage, bool (*done)(void *context), void *context,
                               const char *what)
{
    const uint64_t end = clock_monotonic_ms() + STAGE_PATIENCE_MS;
    while (!done(context)) {
        if (clock_monotonic_ms() > end)
            fail_msg("waited in vain: %s", what);
        ev_run(stage->loop, EVRUN_NOWAIT);
        usleep(500);
    }
}

/* ---- sockets of the test's side ---- */

/* A listening or bound socket on a free port of loopback, non-blocking; *name is where. */
static inline int stage_bind(int type, struct sockaddr_in *name)
{
    socklen_t len = sizeof *name;
    *name =
        (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    const int fd = socket(AF_INET, type | SOCK_NONBLOCK, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)name, sizeof *name), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)name, &len), 0);
    if (type == SOCK_STREAM)
        assert_int_equal(listen(fd, 64), 0);
    return fd;
}

static inline int stage_connect(int type, const struct sockaddr_in *name)
{
    const int fd = socket(AF_INET, type, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)name, sizeof *name), 0);
    assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    return fd;
}

/* What a peer has received so far, read without blocking. */
struct peer {
    int fd;
    uint8_t octets[1 << 20];
    size_t len;
    size_t wanted; /* for peer_has() */
    bool ended;    /* the other side hung up, or the connection broke */
};

static inline struct peer *peer_new(int fd)
{
    struct peer *peer = calloc(1, sizeof *peer);
    assert_non_null(peer);
    peer->fd = fd;
    return peer;
}

static inline void peer_free(struct peer *peer)
{
    close(peer->fd);
    free(peer);
}

static inline void peer_read(struct peer *peer)
{
    while (!peer->ended && peer->len < sizeof peer->octets - 1) {
        const ssize_t count = recv(peer->fd, peer->octets + peer->len,
                                   sizeof peer->octets - 1 - peer->len, MSG_DONTWAIT);
        if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return;
        if (count <= 0)
            peer->ended = true;
        else
            peer->len += (size_t)count;
    }
}

static inline bool peer_has(void *context)
{
    struct peer *peer = context;
    peer_read(peer);
    return peer->len >= peer->wanted;
}

static inline bool peer_ended(void *context)
{
    struct peer *peer = context;
    peer_read(peer);
    return peer->ended;
}

static inline void peer_send(const struct peer *peer, const void *octets, size_t len)
{
    assert_int_equal(send(peer->fd, octets, len, MSG_NOSIGNAL), (ssize_t)len);
}

#endif
