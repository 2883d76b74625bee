#include "dns/server/http.h"

#include "tests/dns/server/stage.h"

struct play {
    struct stage *stage;
    struct http *http;
    struct sockaddr_in at;
};

static int play_setup(void **state)
{
    struct play *play = calloc(1, sizeof *play);
    assert_int_equal(stage_setup((void **)&play->stage), 0);
    play->http =
        http_new(play->stage->loop, stage_bind(SOCK_STREAM, &play->at), &play->stage->overview);
    assert_non_null(play->http);
    *state = play;
    return 0;
}

static int play_teardown(void **state)
{
    struct play *play = *state;
    http_free(play->http);
    stage_teardown((void **)&play->stage);
    free(play);
    return 0;
}

static const struct {
    const char *request;
    const char *status, *type, *part;
} cases[] = {
    { "GET /metrics", "200", "text/plain; version=0.0.4", "# TYPE meridian_queries_total counter" },
    { "GET /status", "200", "application/json", "\"app.example\"" },
    { "GET /healthz", "200", "text/plain", "ok" },
    { "HEAD /healthz", "200", "text/plain", "Content-Length: 3" },
    { "GET /", "404", "text/plain", "/metrics" },
    { "GET /../etc/passwd", "404", "text/plain", "/metrics" },
    { "POST /status", "405", "text/plain", "GET" },
};

static void serves_three_documents(void **state)
{
    struct play *play = *state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char request[256];
        struct peer *peer = peer_new(stage_connect(SOCK_STREAM, &play->at));
        snprintf(request, sizeof request, "%s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
                 cases[i].request);
        peer_send(peer, request, strlen(request));
        stage_until(play->stage, peer_ended, peer, cases[i].request);
        peer->octets[peer->len] = '\0';
        const char *text = (const char *)peer->octets;
        assert_memory_equal(text, "HTTP/1.1 ", 9);
        assert_memory_equal(text + 9, cases[i].status, 3);
        if (strstr(text, cases[i].type) == NULL || strstr(text, cases[i].part) == NULL)
            fail_msg("%s:\n%s", cases[i].request, text);
        peer_free(peer);
    }
}

static void a_stuck_client_stops_nobody(void **state)
{
    struct play *play = *state;
    struct peer *stuck = peer_new(stage_connect(SOCK_STREAM, &play->at));
    peer_send(stuck, "GET /me", 7);
    struct peer *peer = peer_new(stage_connect(SOCK_STREAM, &play->at));
    static const char request[] = "GET /healthz HTTP/1.0\r\n\r\n";
    peer_send(peer, request, sizeof request - 1);
    stage_until(play->stage, peer_ended, peer, "the healthy one");
    assert_true(peer->len > 0);
    peer_free(stuck);
    peer_free(peer);
}

int main(void)
{
#define PLAY(test) cmocka_unit_test_setup_teardown(test, play_setup, play_teardown)
    const struct CMUnitTest tests[] = {
        PLAY(serves_three_documents),
        PLAY(a_stuck_client_stops_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
