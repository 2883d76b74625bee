#include "dns/server/worker.h"

#include <poll.h>

#include "tests/dns/server/stage.h"

struct play {
    struct stage *stage;
    struct worker *worker;
    struct sockaddr_in udp, tcp;
};

static int play_setup(void **state)
{
    struct play *play = calloc(1, sizeof *play);
    assert_int_equal(stage_setup((void **)&play->stage), 0);
    const struct worker_socket socket = { .udp = stage_bind(SOCK_DGRAM, &play->udp),
                                          .tcp = stage_bind(SOCK_STREAM, &play->tcp) };
    const struct worker_setup setup = {
        .sockets = &socket,
        .socket_count = 1,
        .tcp = { .idle_ms = 60000, .message_ms = 60000, .quota = play->stage->quota },
        .ratelimit = play->stage->ratelimit,
    };
    assert_int_equal(worker_open(&setup, &play->worker), STATUS_OK);
    assert_int_equal(worker_start(play->worker), STATUS_OK);
    *state = play;
    return 0;
}

static int play_teardown(void **state)
{
    struct play *play = *state;
    worker_close(play->worker);
    stage_teardown((void **)&play->stage);
    free(play);
    return 0;
}

static void await(const struct peer *peer)
{
    struct pollfd polled = { .fd = peer->fd, .events = POLLIN };
    assert_int_equal(poll(&polled, 1, STAGE_PATIENCE_MS), 1);
}

static void answers_until_it_is_stopped(void **state)
{
    struct play *play = *state;
    const struct request request = request_for("txt.app.example.", RRTYPE_TXT);
    struct peer *peer = peer_new(stage_connect(SOCK_DGRAM, &play->udp));
    for (unsigned i = 0; i < 3; i++) {
        peer_send(peer, request.octets, request.len);
        await(peer);
        peer->len = 0;
        peer_read(peer);
        assert_true(peer->len > request.len);
    }
    assert_int_equal(counter_read(&worker_tally(play->worker)->queries[TRANSPORT_UDP4]), 3);
    peer_free(peer);
    worker_stop(play->worker);
}

/* A client that asked for half a query and sleeps must not keep the process alive. */
static void patience_at_the_end_is_bounded(void **state)
{
    struct play *play = *state;
    struct peer *stuck = peer_new(stage_connect(SOCK_STREAM, &play->tcp));
    peer_send(stuck, "\0\x20half", 6);
    const struct counter *accepted = &worker_tally(play->worker)->tcp_accepted;
    while (counter_read(accepted) == 0)
        usleep(1000);
    usleep(20000); /* let it read the half; if it has not, it ends even sooner */

    const uint64_t began = clock_monotonic_ms();
    worker_stop(play->worker);
    worker_close(play->worker);
    play->worker = NULL;
    assert_true(clock_monotonic_ms() - began < WORKER_LAST_MS + 2000);
    assert_true(peer_ended(stuck));
    peer_free(stuck);
}

int main(void)
{
#define PLAY(test) cmocka_unit_test_setup_teardown(test, play_setup, play_teardown)
    const struct CMUnitTest tests[] = {
        PLAY(answers_until_it_is_stopped),
        PLAY(patience_at_the_end_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
