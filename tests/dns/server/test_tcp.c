#include "dns/server/tcp.h"

#include "dns/server/frames.h"
#include "tests/dns/server/stage.h"

/* One worker's TCP on a port of its own, over the stage. */
struct play {
    struct stage *stage;
    struct tcp *tcp;
    struct sockaddr_in at;
};

enum { IDLE_MS = 400, MESSAGE_MS = 150 };

static int play_setup(void **state)
{
    struct play *play = calloc(1, sizeof *play);
    assert_int_equal(stage_setup((void **)&play->stage), 0);
    const struct tcp_rules rules = { .idle_ms = IDLE_MS,
                                     .message_ms = MESSAGE_MS,
                                     .quota = play->stage->quota };
    play->tcp = tcp_new(play->stage->loop, &play->stage->answerer, &rules);
    assert_non_null(play->tcp);
    assert_true(tcp_listen(play->tcp, stage_bind(SOCK_STREAM, &play->at)));
    *state = play;
    return 0;
}

static int play_teardown(void **state)
{
    struct play *play = *state;
    tcp_free(play->tcp);
    assert_int_equal(quota_count(play->stage->quota), 0);
    stage_teardown((void **)&play->stage);
    free(play);
    return 0;
}

static struct peer *call(const struct play *play)
{
    return peer_new(stage_connect(SOCK_STREAM, &play->at));
}

/* A framed query for TXT of txt.app.example. */
static size_t framed(uint8_t *out)
{
    const struct request request = request_for("txt.app.example.", RRTYPE_TXT);
    out[0] = (uint8_t)(request.len >> 8);
    out[1] = (uint8_t)request.len;
    memcpy(out + 2, request.octets, request.len);
    return 2 + request.len;
}

/* Whole answers received, each checked to be NOERROR with our ID. */
static unsigned answers(const struct peer *peer)
{
    unsigned count = 0;
    for (size_t at = 0; at + 2 <= peer->len; count++) {
        const size_t len = (size_t)peer->octets[at] << 8 | peer->octets[at + 1];
        if (at + 2 + len > peer->len)
            break;
        assert_true(len > 12);
        assert_memory_equal(peer->octets + at + 2, "\x12\x34", 2);
        assert_int_equal(peer->octets[at + 5] & 0x0f, RCODE_NOERROR);
        at += 2 + len;
    }
    return count;
}

struct expectation {
    struct peer *peer;
    unsigned answers;
};

static bool is_answered(void *context)
{
    const struct expectation *expected = context;
    peer_read(expected->peer);
    return answers(expected->peer) >= expected->answers;
}

static void expect_answers(struct play *play, struct peer *peer, unsigned count, const char *what)
{
    struct expectation expected = { peer, count };
    stage_until(play->stage, is_answered, &expected, what);
    assert_int_equal(answers(peer), count);
}

static void answers_many_at_once_in_order(void **state)
{
    struct play *play = *state;
    struct peer *peer = call(play);
    uint8_t query[128], all[128 * 30];
    const size_t len = framed(query);
    for (unsigned i = 0; i < 30; i++)
        memcpy(all + i * len, query, len);
    peer_send(peer, all, 30 * len);
    expect_answers(play, peer, 30, "30 answers");
    assert_int_equal(counter_read(&play->stage->tally->queries[TRANSPORT_TCP4]), 30);
    peer_free(peer);
}

static void takes_a_query_octet_by_octet(void **state)
{
    struct play *play = *state;
    struct peer *peer = call(play);
    uint8_t query[128];
    const size_t len = framed(query);
    for (size_t i = 0; i < len; i++) {
        peer_send(peer, query + i, 1);
        ev_run(play->stage->loop, EVRUN_NOWAIT);
    }
    expect_answers(play, peer, 1, "an answer");
    peer_free(peer);
}

static void a_half_closed_client_gets_its_answers(void **state)
{
    struct play *play = *state;
    struct peer *peer = call(play);
    uint8_t query[128];
    const size_t len = framed(query);
    peer_send(peer, query, len);
    peer_send(peer, query, len);
    peer_send(peer, query, len / 2);
    shutdown(peer->fd, SHUT_WR);
    stage_until(play->stage, peer_ended, peer, "the end");
    assert_int_equal(answers(peer), 2);
    assert_int_equal(counter_read(&play->stage->tally->tcp_timeouts), 0);
    peer_free(peer);
}

static void silence_ends_an_idle_connection(void **state)
{
    struct play *play = *state;
    struct peer *peer = call(play);
    const uint64_t began = clock_monotonic_ms();
    stage_until(play->stage, peer_ended, peer, "the end of an idle connection");
    assert_true(clock_monotonic_ms() - began >= IDLE_MS - 50);
    assert_int_equal(counter_read(&play->stage->tally->tcp_timeouts), 1);
    peer_free(peer);
}

/* Each octet comes well within the idle time, the query as a whole does not come in time. */
static void a_slow_sender_loses_its_connection(void **state)
{
    struct play *play = *state;
    struct peer *peer = call(play);
    uint8_t query[128];
    const size_t len = framed(query);
    const uint64_t began = clock_monotonic_ms();
    for (size_t i = 0; i < len && !peer_ended(peer); i++) {
        (void)!send(peer->fd, query + i, 1, MSG_NOSIGNAL);
        for (unsigned turn = 0; turn < 20; turn++) {
            ev_run(play->stage->loop, EVRUN_NOWAIT);
            usleep(1000);
        }
    }
    stage_until(play->stage, peer_ended, peer, "the end of a slow one");
    assert_true(clock_monotonic_ms() - began >= MESSAGE_MS - 50);
    assert_int_equal(answers(peer), 0);
    peer_free(peer);
}

static void a_whole_64k_message_is_taken(void **state)
{
    struct play *play = *state;
    struct peer *peer = call(play);
    uint8_t *large = calloc(1, FRAMES_MOST), query[128];
    const size_t len = framed(query);
    memcpy(large, query, len);
    large[0] = large[1] = 0xff; /* trailing octets: FORMERR, but an answer */
    for (size_t at = 0; at < FRAMES_MOST;) {
        const ssize_t count = send(peer->fd, large + at, FRAMES_MOST - at, MSG_NOSIGNAL);
        if (count > 0)
            at += (size_t)count;
        ev_run(play->stage->loop, EVRUN_NOWAIT);
    }
    peer->wanted = 14;
    stage_until(play->stage, peer_has, peer, "the answer to 64k");
    assert_int_equal(peer->octets[5] & 0x0f, RCODE_FORMERR);
    free(large);
    peer_free(peer);
}

/* It asks and asks and takes nothing: what waits for it is bounded, others are served. */
static void a_slow_reader_costs_little_and_loses_nothing(void **state)
{
    struct play *play = *state;
    struct peer *slow = call(play), *other = call(play);
    const int small = 4096;
    setsockopt(slow->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    uint8_t query[128];
    const size_t len = framed(query);
    unsigned sent = 0;
    for (unsigned failures = 0; sent < 20000 && failures < 50;) {
        const ssize_t count = send(slow->fd, query, len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count == (ssize_t)len) {
            sent++;
        } else if (count > 0) {
            break; /* half a query: the rest is not needed to make the point */
        } else {
            failures++;
            ev_run(play->stage->loop, EVRUN_NOWAIT);
        }
    }
    assert_true(sent > 100);
    peer_send(other, query, len);
    expect_answers(play, other, 1, "the other's answer");

    /* As far as the peer's own buffer reaches, it gets every answer once it reads. */
    const unsigned wanted = sent < 5000 ? sent : 5000;
    struct expectation expected = { slow, wanted };
    stage_until(play->stage, is_answered, &expected, "the slow one's answers");
    peer_free(slow);
    peer_free(other);
}

static void one_too_many_is_refused(void **state)
{
    struct play *play = *state;
    struct peer *peers[STAGE_CLIENTS + 1];
    uint8_t query[128];
    const size_t len = framed(query);
    for (unsigned i = 0; i < STAGE_CLIENTS; i++) {
        peers[i] = call(play);
        peer_send(peers[i], query, len);
        expect_answers(play, peers[i], 1, "an answer within the limit");
    }
    peers[STAGE_CLIENTS] = call(play);
    stage_until(play->stage, peer_ended, peers[STAGE_CLIENTS], "the refusal");
    assert_int_equal(counter_read(&play->stage->tally->tcp_refused), 1);
    assert_int_equal(counter_read(&play->stage->tally->tcp_accepted), STAGE_CLIENTS);
    for (unsigned i = 0; i <= STAGE_CLIENTS; i++)
        peer_free(peers[i]);
}

static bool is_drained(void *context)
{
    return tcp_is_empty(context);
}

static void draining_finishes_what_is_in_flight(void **state)
{
    struct play *play = *state;
    struct peer *idle = call(play), *half = call(play), *asked = call(play);
    uint8_t query[128];
    const size_t len = framed(query);
    peer_send(half, query, 5);
    for (unsigned i = 0; i < 20; i++)
        ev_run(play->stage->loop, EVRUN_NOWAIT);
    peer_send(asked, query, len);

    tcp_drain(play->tcp);
    stage_until(play->stage, peer_ended, idle, "the idle one's end");
    stage_until(play->stage, peer_ended, asked, "the end of the one that asked");
    assert_int_equal(answers(asked), 1);
    assert_false(tcp_is_empty(play->tcp));
    peer_send(half, query + 5, len - 5);
    stage_until(play->stage, is_drained, play->tcp, "the last one's end");
    stage_until(play->stage, peer_ended, half, "the last one's answer");
    assert_int_equal(answers(half), 1);
    peer_free(idle);
    peer_free(half);
    peer_free(asked);
}

int main(void)
{
#define PLAY(test) cmocka_unit_test_setup_teardown(test, play_setup, play_teardown)
    const struct CMUnitTest tests[] = {
        PLAY(answers_many_at_once_in_order),
        PLAY(takes_a_query_octet_by_octet),
        PLAY(a_half_closed_client_gets_its_answers),
        PLAY(silence_ends_an_idle_connection),
        PLAY(a_slow_sender_loses_its_connection),
        PLAY(a_whole_64k_message_is_taken),
        PLAY(a_slow_reader_costs_little_and_loses_nothing),
        PLAY(one_too_many_is_refused),
        PLAY(draining_finishes_what_is_in_flight),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
