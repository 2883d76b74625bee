#include "health/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>

#include "tests/health/local_server.h"
#include "tests/health/probe_bench.h"

/* Says the words at once, then listens until the client goes. */
static void serve_greeting(struct local_server *server, int client)
{
    local_say(client, server->words, strlen(server->words));
    serve_silence(server, client);
}

/* Says the words in answer to the first line heard. */
static void serve_answer(struct local_server *server, int client)
{
    char line[256];
    size_t len = 0;
    ssize_t got;
    while (len + 1 < sizeof line && (got = recv(client, line + len, 1, 0)) == 1) {
        if (line[len++] == '\n')
            break;
    }
    line[len] = '\0';
    if (strcmp(line, "PING\r\n") == 0)
        local_say(client, server->words, strlen(server->words));
    serve_silence(server, client);
}

static const struct {
    const char *what;
    local_serve *serve;
    const char *words, *send, *expect;
    bool good;
    const char *reason;
} cases[] = {
    { "connecting is enough", serve_silence, "", NULL, NULL, true, "" },
    { "closed at once is connected too", serve_reset, "", "x\r\n\r\n", NULL, true, "" },
    { "a greeting is expected", serve_greeting, "220 ready\r\n", NULL, "220 ", true, "" },
    { "another greeting came", serve_greeting, "554 no\r\n", NULL, "220 ", false,
      "timed out after 300ms" },
    { "an answer to what was sent", serve_answer, "+PONG\r\n", "PING\r\n", "+PONG", true, "" },
    { "no answer to something else", serve_answer, "+PONG\r\n", "HELO\r\n", "+PONG", false,
      "timed out after 300ms" },
    { "silence", serve_silence, "", NULL, "+PONG", false, "timed out after 300ms" },
    { "closed before the answer", serve_words, "-ERR\r\n", "PING\r\n\r\n", "+PONG", false,
      "closed before '+PONG' came" },
    { "reset before the answer", serve_reset, "", "PING\r\n\r\n", "+PONG", false,
      "connection reset by peer" },
    { "one octet at a time", serve_drip, "", "PING\r\n\r\n", "+PONG", false,
      "timed out after 300ms" },
    { "gigabytes", serve_flood, "", "PING\r\n\r\n", "+PONG", false, "16 KiB without '+PONG'" },
    { "the answer with gigabytes behind", serve_flood, "+PONG", "PING\r\n\r\n", "+PONG", true, "" },
};

static void asks_as_the_probe_says(void **state)
{
    (void)state;
    struct probe_bench bench;
    bench_open(&bench, &probe_kind_tcp);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct local_server server;
        local_server_open(&server, cases[i].serve, cases[i].words);
        struct target target = bench_target(PROBE_TCP, "127.0.0.1", server.port);
        target.spec.send = cases[i].send;
        target.spec.expect = cases[i].expect;
        /* Only those that end by the timeout wait for it. */
        target.spec.timeout_ms = strncmp(cases[i].reason, "timed", 5) == 0 ? 300 : 20000;

        const struct probe_result *result = bench_ask(&bench, &target);
        local_server_close(&server);
        if (result->good != cases[i].good || strcmp(result->reason, cases[i].reason) != 0)
            fail_msg("%s: %s, '%s'", cases[i].what, result->good ? "good" : "bad", result->reason);
        assert_false(result->refused);
        assert_false(result->inconclusive);
    }
    bench_close(&bench);
}

static void a_refused_connection_is_told_as_such(void **state)
{
    (void)state;
    struct probe_bench bench;
    bench_open(&bench, &probe_kind_tcp);
    const struct target target = bench_target(PROBE_TCP, "127.0.0.1", local_dead_port());
    const struct probe_result *result = bench_ask(&bench, &target);
    assert_false(result->good);
    assert_true(result->refused);
    assert_string_equal(result->reason, "connection refused");
    bench_close(&bench);
}

static void ipv6_is_asked_too(void **state)
{
    (void)state;
    struct local_server server;
    if (!local_server_open_at(&server, "::1", 0, serve_silence, ""))
        skip(); /* no IPv6 on this machine */
    struct probe_bench bench;
    bench_open(&bench, &probe_kind_tcp);
    const struct target target = bench_target(PROBE_TCP, "::1", server.port);
    assert_true(bench_ask(&bench, &target)->good);
    bench_close(&bench);
    local_server_close(&server);
}

static void measures_how_long_it_took(void **state)
{
    (void)state;
    struct local_server server;
    local_server_open(&server, serve_silence, "");
    struct probe_bench bench;
    bench_open(&bench, &probe_kind_tcp);
    struct target target = bench_target(PROBE_TCP, "127.0.0.1", server.port);
    target.spec.expect = "never";
    target.spec.timeout_ms = 100;
    assert_in_range(bench_ask(&bench, &target)->took_us, 99000, 10000000);
    bench_close(&bench);
    local_server_close(&server);
}

static void without_descriptors_nothing_starts(void **state)
{
    (void)state;
    struct probe_bench bench;
    bench_open(&bench, &probe_kind_tcp);
    const struct target target = bench_target(PROBE_TCP, "127.0.0.1", local_dead_port());

    struct rlimit limit, none;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    none = limit;
    none.rlim_cur = 0;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    const struct probe *probe = bench.kind->start(bench.engine, &target, bench_done, &bench);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_null(probe);
    assert_int_equal(bench.results, 0);
    bench_close(&bench);
}

static void a_cancelled_probe_says_nothing(void **state)
{
    (void)state;
    struct probe_bench bench;
    bench_open(&bench, &probe_kind_tcp);
    const struct target target = bench_target(PROBE_TCP, "127.0.0.1", local_dead_port());
    struct probe *probe = bench.kind->start(bench.engine, &target, bench_done, &bench);
    assert_non_null(probe);
    bench.kind->cancel(probe);
    ev_run(bench.loop, 0); /* nothing is left to wait for */
    assert_int_equal(bench.results, 0);
    bench_close(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(asks_as_the_probe_says),
        cmocka_unit_test(a_refused_connection_is_told_as_such),
        cmocka_unit_test(ipv6_is_asked_too),
        cmocka_unit_test(measures_how_long_it_took),
        cmocka_unit_test(without_descriptors_nothing_starts),
        cmocka_unit_test(a_cancelled_probe_says_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
