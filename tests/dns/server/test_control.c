#include "dns/server/control.h"

#include "dns/base/json.h"
#include "dns/server/socket.h"
#include "tests/dns/server/desk_fixture.h"
#include "tests/dns/server/stage.h"

struct play {
    struct stage *stage;
    struct control *control;
};

static int play_setup(void **state)
{
    struct play *play = calloc(1, sizeof *play);
    struct report *report = report_new();
    const struct diag diag = { .report = report };
    int fd = -1;
    assert_int_equal(stage_setup((void **)&play->stage), 0);
    assert_int_equal(socket_open_unix("control.sock", &diag, &fd), STATUS_OK);
    play->control = control_new(play->stage->loop, fd, &play->stage->overview);
    assert_non_null(play->control);
    report_free(report);
    *state = play;
    return 0;
}

static int play_teardown(void **state)
{
    struct play *play = *state;
    control_free(play->control);
    stage_teardown((void **)&play->stage);
    free(play);
    return 0;
}

static struct peer *call(void)
{
    const struct sockaddr_un name = { .sun_family = AF_UNIX, .sun_path = "control.sock" };
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&name, sizeof name), 0);
    return peer_new(fd);
}

static void say(const struct peer *peer, const char *text)
{
    peer_send(peer, text, strlen(text));
}

/* What the daemon answers to one line, as text without the newline. Valid until the next. */
static const char *reply(struct play *play, const char *line)
{
    static char text[65536];
    struct peer *peer = call();
    say(peer, line);
    say(peer, "\n");
    stage_until(play->stage, peer_ended, peer, line);
    assert_true(peer->len > 0 && peer->len < sizeof text);
    assert_int_equal(peer->octets[peer->len - 1], '\n');
    assert_null(memchr(peer->octets, '\n', peer->len - 1));
    memcpy(text, peer->octets, peer->len);
    text[peer->len - 1] = '\0';
    peer_free(peer);
    return text;
}

static const struct {
    const char *line, *part; /* in the reply */
} cases[] = {
    { "{\"command\":\"ping\"}", "\"pong\": true" },
    { "{\"command\":\"status\"}", "\"name\": \"app.example\"" },
    { "{\"command\":\"explain\",\"name\":\"www.app.example\",\"client\":\"192.0.2.9\"}",
      "\"service\": \"web\"" },
    { "{\"command\":\"explain\",\"name\":\"www.app.example\",\"type\":\"AAAA\","
      "\"client\":\"192.0.2.9\"}",
      "\"type\": \"AAAA\"" },
    { "{\"command\":\"explain\",\"name\":\"www.app.example\"}", "\"error\": \"explain needs" },
    { "{\"command\":\"explain\",\"name\":5,\"client\":\"::1\"}", "\"error\": \"name, type" },
    { "{\"command\":\"explain\",\"name\":\"a\",\"client\":\"nobody\"}", "\"error\": " },
    { "{\"command\":\"drain\",\"region\":\"here\"}", "\"error\": \"this server takes no orders" },
    { "{\"command\":\"dance\"}", "\"error\": \"no such command\"" },
    { "{\"command\":5}", "\"error\": " },
    { "{}", "\"error\": \"expected an object with a command\"" },
    { "[]", "\"error\": " },
    { "", "\"error\": " },
    { "nonsense", "\"error\": " },
    { "{\"command\":\"ping\",\"command\":\"status\"}", "\"error\": " },
};

static void one_line_in_one_line_out(void **state)
{
    struct play *play = *state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *text = reply(play, cases[i].line);
        if (strstr(text, cases[i].part) == NULL)
            fail_msg("%s: %s", cases[i].line, text);
    }
}

/* Who asks is known from the socket, unless the request names somebody. */
static void orders_reach_the_desk(void **state)
{
    struct play *play = *state;
    struct office office = { .stage = play->stage };
    char author[64];
    office_open(&office);
    snprintf(author, sizeof author, "\"author\": \"uid %u\"", (unsigned)getuid());
    const char *text = reply(play, "{\"command\":\"drain\",\"region\":\"here\"}");
    if (strstr(text, author) == NULL)
        fail_msg("%s", text);
    assert_string_equal(office_state("here"), "drained");
    text = reply(play, "{\"command\":\"undrain\",\"region\":\"here\"}");
    assert_non_null(strstr(text, "\"ok\": true"));
    text = reply(play, "{\"command\":\"force\",\"region\":\"here\",\"service\":\"web\","
                       "\"to\":\"down\",\"author\":\"alice\"}");
    assert_non_null(strstr(text, "\"author\": \"alice\""));
    assert_string_equal(office_state("here"), "forced down");
    office_close(&office);
    play->stage->overview.desk = NULL;
}

static bool has_loaded(void *context)
{
    const struct stage *stage = context;
    return stage->loads > 0;
}

static void a_reload_is_answered_when_it_is_done(void **state)
{
    struct play *play = *state;
    replace_file("zones/app.example.zone", "@ IN A 1.2.3\n");
    struct peer *peer = call();
    say(peer, "{\"command\":\"reload\"}\n");
    stage_until(play->stage, has_loaded, play->stage, "the reload");
    for (unsigned i = 0; i < 10; i++)
        ev_run(play->stage->loop, EVRUN_NOWAIT);
    assert_int_equal(peer->len, 0);
    assert_false(peer_ended(peer));

    /* The main program does this when the loader has called it. */
    const uint64_t end = clock_monotonic_ms() + STAGE_PATIENCE_MS;
    while (!peer_ended(peer) && clock_monotonic_ms() < end) {
        control_reloaded(play->control);
        ev_run(play->stage->loop, EVRUN_NOWAIT);
    }
    peer->octets[peer->len] = '\0';
    const char *text = (const char *)peer->octets;
    assert_non_null(strstr(text, "\"outcome\": \"mistakes\""));
    assert_non_null(strstr(text, "zones/app.example.zone:1: "));
    peer_free(peer);
}

static void a_request_may_come_in_pieces_and_end_with_the_half(void **state)
{
    struct play *play = *state;
    struct peer *peer = call();
    for (const char *at = "{\"command\":\"ping\"}"; *at != '\0'; at++) {
        peer_send(peer, at, 1);
        ev_run(play->stage->loop, EVRUN_NOWAIT);
    }
    shutdown(peer->fd, SHUT_WR);
    stage_until(play->stage, peer_ended, peer, "the pong");
    peer->octets[peer->len] = '\0';
    assert_non_null(strstr((const char *)peer->octets, "pong"));
    peer_free(peer);
}

static void a_request_has_an_end(void **state)
{
    struct play *play = *state;
    struct peer *peer = call();
    char *blanks = malloc(CONTROL_REQUEST_MOST + 1);
    memset(blanks, ' ', CONTROL_REQUEST_MOST + 1);
    for (size_t at = 0; at < CONTROL_REQUEST_MOST + 1;) {
        const ssize_t count =
            send(peer->fd, blanks + at, CONTROL_REQUEST_MOST + 1 - at, MSG_NOSIGNAL | MSG_DONTWAIT);
        at += count > 0 ? (size_t)count : 0;
        ev_run(play->stage->loop, EVRUN_NOWAIT);
    }
    stage_until(play->stage, peer_ended, peer, "the refusal");
    peer->octets[peer->len] = '\0';
    assert_non_null(strstr((const char *)peer->octets, "too long"));
    free(blanks);
    peer_free(peer);
}

static void stuck_callers_stop_nobody(void **state)
{
    struct play *play = *state;
    struct peer *stuck[CONTROL_CLIENTS - 1];
    for (size_t i = 0; i < COUNT(stuck); i++) {
        stuck[i] = call();
        say(stuck[i], "{\"com");
    }
    assert_non_null(strstr(reply(play, "{\"command\":\"ping\"}"), "pong"));

    /* Over the bound a caller waits in the queue until somebody leaves. */
    struct peer *last = call(), *next = call();
    say(next, "{\"command\":\"ping\"}\n");
    for (unsigned i = 0; i < 50; i++)
        ev_run(play->stage->loop, EVRUN_NOWAIT);
    assert_false(peer_ended(next));
    assert_int_equal(next->len, 0);
    peer_free(stuck[0]);
    stage_until(play->stage, peer_ended, next, "the one in the queue");
    assert_true(next->len > 0);
    for (size_t i = 1; i < COUNT(stuck); i++)
        peer_free(stuck[i]);
    peer_free(last);
    peer_free(next);
}

int main(void)
{
#define PLAY(test) cmocka_unit_test_setup_teardown(test, play_setup, play_teardown)
    const struct CMUnitTest tests[] = {
        PLAY(one_line_in_one_line_out),
        PLAY(orders_reach_the_desk),
        PLAY(a_reload_is_answered_when_it_is_done),
        PLAY(a_request_may_come_in_pieces_and_end_with_the_half),
        PLAY(a_request_has_an_end),
        PLAY(stuck_callers_stop_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
