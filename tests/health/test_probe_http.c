#include "health/probe.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "dns/base/clock.h"
#include "tests/health/local_server.h"
#include "tests/health/probe_bench.h"

#define OK_HEADER "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"

/* What came in last, for the tests that look at requests. One client at a time, joined before reading. */
static char heard[8192];

static void serve_and_remember(struct local_server *server, int client)
{
    if (local_hear(client, heard, sizeof heard) > 0)
        local_say(client, server->words, strlen(server->words));
}

/* Header lines without end. */
static void serve_headers(struct local_server *server, int client)
{
    static const char line[] =
        "X-Filler: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n";
    char request[4096];
    local_hear(client, request, sizeof request);
    bool here = local_say(client, server->words, strlen(server->words));
    while (here && !atomic_load(&server->ends))
        here = local_say(client, line, sizeof line - 1);
}

static const struct {
    const char *what;
    local_serve *serve;
    const char *words;
    bool good;
    const char *reason; /* how it begins */
} responses[] = {
    { "200", serve_words, OK_HEADER "ok", true, "" },
    { "204 without a body", serve_words, "HTTP/1.1 204 No Content\r\n\r\n", true, "" },
    { "299 is the last good one", serve_words, "HTTP/1.1 299 Well\r\nContent-Length: 0\r\n\r\n",
      true, "" },
    { "HTTP/1.0 until the end of the connection", serve_words, "HTTP/1.0 200 OK\r\n\r\nok", true,
      "" },
    { "chunks", serve_words,
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", true, "" },
    { "100 before 200", serve_words, "HTTP/1.1 100 Continue\r\n\r\n" OK_HEADER "ok", true, "" },
    { "500", serve_words, "HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n", false, "HTTP 500" },
    { "503 with a page", serve_words, "HTTP/1.1 503 No\r\nContent-Length: 4\r\n\r\ngone", false,
      "HTTP 503" },
    { "404", serve_words, "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", false, "HTTP 404" },
    { "a redirect is not followed", serve_words,
      "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n", false,
      "HTTP 302" },
    { "garbage", serve_words, "\x16\x03\x01 what is this?\r\n\r\n", false,
      "Received HTTP/0.9 when not allowed" },
    { "nothing", serve_words, "", false, "Empty reply from server" },
    { "a header line only", serve_words, "HTTP/1.1 2", false, "" },
    { "cut in the body", serve_words, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nok", false,
      "transfer closed with 98 bytes remaining to read" },
    { "cut between chunks", serve_words,
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n", false,
      "transfer closed with outstanding read data remaining" },
    { "reset before a word", serve_reset, "", false, "Recv failure: Connection reset by peer" },
    { "reset in the body", serve_reset, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nok", false,
      "" },
    { "silence", serve_silence, "", false, "timed out after 300ms" },
    { "a header that drips", serve_drip, "HTTP/1.1 200 OK\r\nX-Drip: ", false,
      "timed out after 300ms" },
    { "a body that drips", serve_drip, "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", false,
      "timed out after 300ms" },
    { "a body of gigabytes", serve_flood, "HTTP/1.1 200 OK\r\nContent-Length: 4294967296\r\n\r\n",
      false, "the body is over 1024 KiB" },
    { "a body without end", serve_flood, "HTTP/1.1 200 OK\r\n\r\n", false,
      "the body is over 1024 KiB" },
    { "a header line without end", serve_flood, "HTTP/1.1 200 OK\r\nX-Long: ", false,
      "the header is too long" },
    { "headers without end", serve_headers, "HTTP/1.1 200 OK\r\n", false,
      "the header is over 64 KiB" },
};

static void a_whole_good_response_in_time_is_good_and_nothing_else(void **state)
{
    (void)state;
    struct probe_bench bench;
    bench_open(&bench, &probe_kind_http);
    for (size_t i = 0; i < sizeof responses / sizeof *responses; i++) {
        struct local_server server;
        local_server_open(&server, responses[i].serve, responses[i].words);
        struct target target = bench_target(PROBE_HTTP, "127.0.0.1", server.port);
        target.spec.timeout_ms = strncmp(responses[i].reason, "timed", 5) == 0 ? 300 : 20000;

        const struct probe_result *result = bench_ask(&bench, &target);
        local_server_close(&server);
        if (result->good != responses[i].good ||
            strncmp(result->reason, responses[i].reason, strlen(responses[i].reason)) != 0)
            fail_msg("%s: %s, '%s'", responses[i].what, result->good ? "good" : "bad",
                     result->reason);
        if (!result->good && result->reason[0] == '\0')
            fail_msg("%s: failed without a reason", responses[i].what);
        if (result->refused || result->inconclusive)
            fail_msg("%s: not counted as an answer: '%s'", responses[i].what, result->reason);
        assert_int_equal(atomic_load(&server.accepted), 1);
    }
    bench_close(&bench);
}

/* ---- what is expected of the body ---- */

static void expectations_reach_the_response(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        const char *body, *pointer, *words;
        bool good;
    } cases[] = {
        { "the substring is there", "read", NULL, "I am ready.", true },
        { "the substring is not there", "ready", NULL, "I am not.", false },
        { "no body at all", "ready", NULL, "", false },
        { "the value is there", NULL, "/status", "{\"status\": \"green\"}", true },
        { "another value", NULL, "/status", "{\"status\": \"red\"}", false },
        { "no JSON", NULL, "/status", "green", false },
    };
    struct probe_bench bench;
    bench_open(&bench, &probe_kind_http);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char words[256];
        snprintf(words, sizeof words, "HTTP/1.0 200 OK\r\n\r\n%s", cases[i].words);
        struct local_server server;
        local_server_open(&server, serve_words, words);
        struct target target = bench_target(PROBE_HTTP, "127.0.0.1", server.port);
        target.spec.body = cases[i].body;
        target.spec.json_pointer = cases[i].pointer;
        target.spec.json_value = (struct probe_scalar){ .kind = JSON_KIND_STRING, .text = "green" };
        const struct probe_result *result = bench_ask(&bench, &target);
        local_server_close(&server);
        if (result->good != cases[i].good)
            fail_msg("%s: '%s'", cases[i].what, result->reason);
    }
    bench_close(&bench);
}

/* `before` octets of filler, then "needle". */
static size_t haystack_before;
static void serve_haystack(struct local_server *server, int client)
{
    static char filler[1000];
    memset(filler, 'x', sizeof filler);
    char request[4096];
    (void)server;
    local_hear(client, request, sizeof request);
    local_say(client, "HTTP/1.0 200 OK\r\n\r\n", 19);
    for (size_t left = haystack_before; left > 0;) {
        const size_t now = left < sizeof filler ? left : sizeof filler;
        local_say(client, filler, now);
        left -= now;
    }
    local_say(client, "needle", 6);
}

static void a_body_is_looked_at_for_64_KiB(void **state)
{
    (void)state;
    static const struct {
        size_t before;
        bool good;
    } cases[] = { { 65536 - 6, true }, { 65536 - 5, false }, { 500000, false } };
    struct probe_bench bench;
    bench_open(&bench, &probe_kind_http);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct local_server server;
        haystack_before = cases[i].before;
        local_server_open(&server, serve_haystack, "");
        struct target target = bench_target(PROBE_HTTP, "127.0.0.1", server.port);
        target.spec.body = "needle";
        const struct probe_result *result = bench_ask(&bench, &target);
        local_server_close(&server);
        if (result->good != cases[i].good)
            fail_msg("%zu octets before: '%s'", cases[i].before, result->reason);
    }
    bench_close(&bench);
}

/* ---- the request ---- */

static void ask_and_remember(struct target *target, const char *address)
{
    struct probe_bench bench;
    struct local_server server;
    assert_true(local_server_open_at(&server, address, 0, serve_and_remember, OK_HEADER "ok"));
    target->port = server.port;
    bench_open(&bench, &probe_kind_http);
    const struct probe_result *result = bench_ask(&bench, target);
    if (!result->good)
        fail_msg("%s", result->reason);
    bench_close(&bench);
    local_server_close(&server);
}

static void expect_heard(const char *what)
{
    if (strstr(heard, what) == NULL)
        fail_msg("'%s' is not in:\n%s", what, heard);
}

static void the_request_is_the_one_of_the_probe(void **state)
{
    (void)state;
    struct target target = bench_target(PROBE_HTTP, "127.0.0.1", 0);
    target.spec.path = "/a/../health?deep=1&x=%20";
    target.spec.host = "api.example";
    target.spec.method = "OPTIONS";
    target.spec.headers[0] = "X-Probe: yes";
    target.spec.headers[1] = "User-Agent: somebody else";
    target.spec.header_count = 2;
    /* A proxy in the environment is for people, not for probes. */
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    ask_and_remember(&target, "127.0.0.1");
    unsetenv("http_proxy");

    char host[64];
    snprintf(host, sizeof host, "\r\nHost: api.example:%u\r\n", target.port);
    assert_int_equal(strncmp(heard, "OPTIONS /a/../health?deep=1&x=%20 HTTP/1.1\r\n", 44), 0);
    expect_heard(host);
    expect_heard("\r\nX-Probe: yes\r\n");
    expect_heard("\r\nUser-Agent: somebody else\r\n");
    expect_heard("\r\nConnection: close\r\n");
}

static void methods_that_carry_content_say_they_have_none(void **state)
{
    (void)state;
    struct target target = bench_target(PROBE_HTTP, "127.0.0.1", 0);
    target.spec.method = "POST";
    ask_and_remember(&target, "127.0.0.1");
    assert_int_equal(strncmp(heard, "POST / HTTP/1.1\r\n", 17), 0);
    expect_heard("\r\nContent-Length: 0\r\n");
}

static void a_response_to_HEAD_has_no_body(void **state)
{
    (void)state;
    struct probe_bench bench;
    struct local_server server;
    local_server_open(&server, serve_and_remember,
                      "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
    struct target target = bench_target(PROBE_HTTP, "127.0.0.1", server.port);
    target.spec.method = "HEAD";
    bench_open(&bench, &probe_kind_http);
    assert_true(bench_ask(&bench, &target)->good);
    bench_close(&bench);
    local_server_close(&server);
    assert_int_equal(strncmp(heard, "HEAD / HTTP/1.1\r\n", 17), 0);
}

static void ipv6_literals_stand_in_brackets(void **state)
{
    (void)state;
    uint16_t port;
    const int fd = local_listen("::1", 0, &port);
    if (fd < 0)
        skip(); /* no IPv6 on this machine */
    close(fd);
    struct target target = bench_target(PROBE_HTTP, "::1", 0);
    ask_and_remember(&target, "::1");
    char host[64];
    snprintf(host, sizeof host, "\r\nHost: [::1]:%u\r\n", target.port);
    expect_heard(host);
}

/* ---- endings that are not the target's answer ---- */

static void a_refused_connection_is_told_as_such(void **state)
{
    (void)state;
    struct probe_bench bench;
    bench_open(&bench, &probe_kind_http);
    struct target target = bench_target(PROBE_HTTP, "127.0.0.1", local_dead_port());
    target.spec.host = "api.example";
    const struct probe_result *result = bench_ask(&bench, &target);
    assert_false(result->good);
    assert_true(result->refused);
    assert_string_equal(result->reason, "connection refused");
    bench_close(&bench);
}

static void a_lack_of_descriptors_says_nothing_of_the_target(void **state)
{
    (void)state;
    struct local_server server;
    local_server_open(&server, serve_words, OK_HEADER "ok");
    struct probe_bench bench;
    bench_open(&bench, &probe_kind_http);
    const struct target target = bench_target(PROBE_HTTP, "127.0.0.1", server.port);
    assert_true(bench_ask(&bench, &target)->good);

    struct rlimit limit, none;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    none = limit;
    none.rlim_cur = 0;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    const struct probe_result *result = bench_ask(&bench, &target);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_false(result->good);
    assert_true(result->inconclusive);

    assert_true(bench_ask(&bench, &target)->good);
    bench_close(&bench);
    local_server_close(&server);
}

static void cancelled_probes_say_nothing(void **state)
{
    (void)state;
    struct local_server server;
    local_server_open(&server, serve_words, OK_HEADER "ok");
    struct probe_bench bench;
    bench_open(&bench, &probe_kind_http);
    struct target dead = bench_target(PROBE_HTTP, "127.0.0.1", local_dead_port());
    const struct target live = bench_target(PROBE_HTTP, "127.0.0.1", server.port);

    struct probe *never = bench.kind->start(bench.engine, &dead, bench_done, &bench);
    assert_non_null(never);
    bench.kind->cancel(never);
    const struct probe_result *result = bench_ask(&bench, &live);
    assert_true(result->good);

    /* One in the middle of its connection. */
    struct local_server silent;
    local_server_open(&silent, serve_silence, "");
    dead.port = silent.port;
    never = bench.kind->start(bench.engine, &dead, bench_done, &bench);
    assert_non_null(never);
    while (atomic_load(&silent.accepted) == 0)
        ev_run(bench.loop, EVRUN_ONCE);
    bench.kind->cancel(never);
    assert_true(bench_ask(&bench, &live)->good);
    bench_close(&bench);
    local_server_close(&silent);
    local_server_close(&server);
}

/* ---- many at once ---- */

static void count_good(void *context, const struct probe_result *result)
{
    *(unsigned *)context += result->good;
}

static void many_in_flight_end_once_each(void **state)
{
    (void)state;
    enum { MANY = 200 };
    struct local_server server;
    local_server_open(&server, serve_words, OK_HEADER "ok");
    struct probe_bench bench;
    bench_open(&bench, &probe_kind_http);
    struct target target = bench_target(PROBE_HTTP, "127.0.0.1", server.port);
    target.spec.timeout_ms = 20000;
    unsigned good = 0;
    for (unsigned i = 0; i < MANY; i++)
        assert_non_null(bench.kind->start(bench.engine, &target, count_good, &good));
    ev_run(bench.loop, 0); /* until nothing is left to wait for */
    assert_int_equal(good, MANY);
    assert_int_equal(atomic_load(&server.accepted), MANY);
    bench_close(&bench);
    local_server_close(&server);
}

/* ---- TLS: openssl makes a certificate and serves it ---- */

struct tls_server {
    char folder[64], certificate[96], key[96];
    pid_t pid;
    uint16_t port;
};

static void tls_make_certificate(struct tls_server *server)
{
    char command[512];
    snprintf(server->folder, sizeof server->folder, "%s/meridian-tls-XXXXXX",
             getenv("TMPDIR") != NULL && strlen(getenv("TMPDIR")) < 32 ? getenv("TMPDIR") : "/tmp");
    assert_non_null(mkdtemp(server->folder));
    snprintf(server->certificate, sizeof server->certificate, "%s/cert.pem", server->folder);
    snprintf(server->key, sizeof server->key, "%s/key.pem", server->folder);
    snprintf(command, sizeof command,
             "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
             "-subj /CN=api.example -addext subjectAltName=DNS:api.example "
             "-keyout %s -out %s >/dev/null 2>&1",
             server->key, server->certificate);
    assert_int_equal(system(command), 0);
}

static void tls_open(struct tls_server *server)
{
    tls_make_certificate(server);
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    server->pid = fork();
    assert_true(server->pid >= 0);
    if (server->pid == 0) {
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        /* Refused handshakes are the point, and nothing to read about. */
        if (freopen("/dev/null", "w", stderr) == NULL)
            _exit(126);
        execlp("openssl", "openssl", "s_server", "-accept", "127.0.0.1:0", "-www", "-cert",
               server->certificate, "-key", server->key, "-servername", "api.example",
               "-servername_fatal", "-cert2", server->certificate, "-key2", server->key,
               (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    char line[256];
    unsigned port = 0;
    FILE *out = fdopen(ends[0], "r");
    assert_non_null(out);
    while (port == 0 && fgets(line, sizeof line, out) != NULL)
        sscanf(line, "ACCEPT 127.0.0.1:%u", &port);
    assert_int_not_equal(port, 0);
    server->port = (uint16_t)port;
    fclose(out);
}

static void tls_close(struct tls_server *server)
{
    kill(server->pid, SIGTERM);
    waitpid(server->pid, NULL, 0);
    unlink(server->certificate);
    unlink(server->key);
    rmdir(server->folder);
}

static void certificates_are_verified_against_the_host(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        const char *host;
        bool trusted, verify, good;
    } cases[] = {
        { "trusted and for this host", "api.example", true, true, true },
        { "for another host", "www.example", true, true, false },
        { "for no address", NULL, true, true, false },
        { "from nobody we trust", "api.example", false, true, false },
        { "not verified by wish", "api.example", false, false, true },
        { "not verified, no host", NULL, false, false, true },
    };
    struct tls_server server;
    tls_open(&server);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct probe_bench bench;
        setenv("SSL_CERT_FILE", cases[i].trusted ? server.certificate : "/etc/passwd", 1);
        bench_open(&bench, &probe_kind_http);
        struct target target = bench_target(PROBE_HTTPS, "127.0.0.1", server.port);
        target.spec.host = cases[i].host;
        target.spec.verify = cases[i].verify;
        target.spec.timeout_ms = 20000;
        const struct probe_result *result = bench_ask(&bench, &target);
        if (result->good != cases[i].good)
            fail_msg("%s: %s, '%s'", cases[i].what, result->good ? "good" : "bad", result->reason);
        if (!result->good && result->reason[0] == '\0')
            fail_msg("%s: failed without a reason", cases[i].what);
        /* It was made for two days. */
        const uint64_t now_s = clock_wall_ms() / 1000;
        if (result->good)
            assert_in_range(result->certificate_ends_s, now_s + 86400, now_s + 3 * 86400);
        bench_close(&bench);
    }
    unsetenv("SSL_CERT_FILE");
    tls_close(&server);
}

static void plain_text_where_TLS_is_expected_is_a_failed_probe(void **state)
{
    (void)state;
    struct local_server server;
    local_server_open(&server, serve_words, OK_HEADER "ok");
    struct probe_bench bench;
    bench_open(&bench, &probe_kind_http);
    struct target target = bench_target(PROBE_HTTPS, "127.0.0.1", server.port);
    target.spec.verify = false;
    target.spec.timeout_ms = 300;
    assert_false(bench_ask(&bench, &target)->good);
    bench_close(&bench);
    local_server_close(&server);
}

int main(void)
{
    /* As in the prober's thread, where every signal is blocked. */
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_good_response_in_time_is_good_and_nothing_else),
        cmocka_unit_test(expectations_reach_the_response),
        cmocka_unit_test(a_body_is_looked_at_for_64_KiB),
        cmocka_unit_test(the_request_is_the_one_of_the_probe),
        cmocka_unit_test(methods_that_carry_content_say_they_have_none),
        cmocka_unit_test(a_response_to_HEAD_has_no_body),
        cmocka_unit_test(ipv6_literals_stand_in_brackets),
        cmocka_unit_test(a_refused_connection_is_told_as_such),
        cmocka_unit_test(a_lack_of_descriptors_says_nothing_of_the_target),
        cmocka_unit_test(cancelled_probes_say_nothing),
        cmocka_unit_test(many_in_flight_end_once_each),
        cmocka_unit_test(certificates_are_verified_against_the_host),
        cmocka_unit_test(plain_text_where_TLS_is_expected_is_a_failed_probe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
