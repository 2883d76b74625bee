#include "health/probe.h"

#include <stdlib.h>

#include "dns/proto/rrtype.h"
#include "tests/health/local_server.h"
#include "tests/health/probe_bench.h"

/* How a name server behaves for one question. */
enum manner {
    MANNER_ANSWER,
    MANNER_REFUSE,
    MANNER_SILENCE,
    MANNER_OTHER_ID,
    MANNER_STRANGER_FIRST,
    MANNER_LOSE_FIRST,
    MANNER_GARBAGE,
    MANNER_ECHO,
};

struct name_server {
    int fd;
    uint16_t port;
    pthread_t thread;
    enum manner manner;
    _Atomic unsigned heard;
    _Atomic bool ends;
};

static void server_say(const struct name_server *server, uint8_t *query, size_t len,
                       const struct sockaddr *to, socklen_t to_len)
{
    const unsigned heard = atomic_load(&server->heard);
    query[2] |= 0x84; /* QR, AA */
    switch (server->manner) {
    case MANNER_SILENCE:
        return;
    case MANNER_LOSE_FIRST:
        if (heard == 1)
            return;
        break;
    case MANNER_ECHO:
        query[2] &= 0x7f;
        break;
    case MANNER_GARBAGE:
        memset(query, 0xff, len);
        break;
    case MANNER_OTHER_ID:
        query[1] ^= 1;
        break;
    case MANNER_STRANGER_FIRST:
        query[1] ^= 1;
        sendto(server->fd, query, len, 0, to, to_len);
        query[1] ^= 1;
        break;
    case MANNER_REFUSE:
        query[3] |= 5;
        break;
    case MANNER_ANSWER:
        break;
    }
    sendto(server->fd, query, len, 0, to, to_len);
}

static void *server_run(void *context)
{
    struct name_server *server = context;
    uint8_t query[1024];
    struct sockaddr_storage from;
    while (!atomic_load(&server->ends)) {
        socklen_t from_len = sizeof from;
        const ssize_t len =
            recvfrom(server->fd, query, sizeof query, 0, (struct sockaddr *)&from, &from_len);
        if (len < 12)
            continue;
        atomic_fetch_add(&server->heard, 1);
        server_say(server, query, (size_t)len, (const struct sockaddr *)&from, from_len);
    }
    return NULL;
}

static void server_open(struct name_server *server, enum manner manner)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof address;
    const struct timeval patience = { .tv_usec = 20000 };
    server->manner = manner;
    atomic_init(&server->heard, 0);
    atomic_init(&server->ends, false);
    server->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_true(server->fd >= 0);
    assert_int_equal(bind(server->fd, (struct sockaddr *)&address, len), 0);
    assert_int_equal(getsockname(server->fd, (struct sockaddr *)&address, &len), 0);
    setsockopt(server->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    server->port = ntohs(address.sin_port);
    assert_int_equal(pthread_create(&server->thread, NULL, server_run, server), 0);
}

static void server_close(struct name_server *server)
{
    atomic_store(&server->ends, true);
    pthread_join(server->thread, NULL);
    close(server->fd);
}

static struct target target_of(uint16_t port, uint32_t timeout_ms)
{
    struct target target = bench_target(PROBE_DNS, "127.0.0.1", port);
    target.spec.qname = "app.example.";
    target.spec.qtype = RRTYPE_SOA;
    target.spec.rcodes = 1;
    target.spec.timeout_ms = timeout_ms;
    return target;
}

static const struct {
    const char *what;
    enum manner manner;
    uint32_t timeout_ms;
    const char *reason; /* empty: good */
} cases[] = {
    { "an answer", MANNER_ANSWER, 20000, "" },
    { "REFUSED", MANNER_REFUSE, 20000, "REFUSED" },
    { "silence", MANNER_SILENCE, 150, "timed out after 150ms" },
    { "the answer to another question", MANNER_OTHER_ID, 150, "timed out after 150ms" },
    { "a stranger's packet before the answer", MANNER_STRANGER_FIRST, 20000, "" },
    { "the first query lost", MANNER_LOSE_FIRST, 1500, "" },
    { "garbage", MANNER_GARBAGE, 150, "timed out after 150ms" },
    { "our own query sent back", MANNER_ECHO, 150, "timed out after 150ms" },
};

static void asks_a_name_server(void **state)
{
    (void)state;
    struct probe_bench bench;
    bench_open(&bench, &probe_kind_dns);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct name_server server;
        server_open(&server, cases[i].manner);
        const struct target target = target_of(server.port, cases[i].timeout_ms);
        const struct probe_result *result = bench_ask(&bench, &target);
        server_close(&server);
        if (result->good != (cases[i].reason[0] == '\0') ||
            strcmp(result->reason, cases[i].reason) != 0)
            fail_msg("%s: %s, '%s'", cases[i].what, result->good ? "good" : "bad", result->reason);
        assert_false(result->inconclusive);
    }
    bench_close(&bench);
}

static void nobody_listening_is_a_refusal(void **state)
{
    (void)state;
    struct probe_bench bench;
    bench_open(&bench, &probe_kind_dns);
    const struct target target = target_of(local_dead_port(), 2000);
    const struct probe_result *result = bench_ask(&bench, &target);
    assert_false(result->good);
    assert_true(result->refused);
    assert_string_equal(result->reason, "connection refused");
    bench_close(&bench);
}

static void a_cancelled_probe_says_nothing(void **state)
{
    (void)state;
    struct probe_bench bench;
    bench_open(&bench, &probe_kind_dns);
    const struct target target = target_of(local_dead_port(), 2000);
    struct probe *probe = bench.kind->start(bench.engine, &target, bench_done, &bench);
    assert_non_null(probe);
    bench.kind->cancel(probe);
    ev_run(bench.loop, 0);
    assert_int_equal(bench.results, 0);
    bench_close(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(asks_a_name_server),
        cmocka_unit_test(nobody_listening_is_a_refusal),
        cmocka_unit_test(a_cancelled_probe_says_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
