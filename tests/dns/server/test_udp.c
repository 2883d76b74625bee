#include "dns/server/udp.h"

#include "tests/dns/server/stage.h"

static void ask(const struct peer *peer, const char *qname)
{
    const struct request request = request_for(qname, RRTYPE_TXT);
    peer_send(peer, request.octets, request.len);
}

/* Datagrams that wait at the peer; the last one stays in peer->octets. */
static unsigned drain(struct peer *peer)
{
    unsigned count = 0;
    ssize_t len;
    while ((len = recv(peer->fd, peer->octets, sizeof peer->octets, MSG_DONTWAIT)) >= 0) {
        peer->len = (size_t)len;
        count++;
    }
    return count;
}

static void answers_more_than_one_batch(void **state)
{
    struct stage *stage = *state;
    struct sockaddr_in at;
    struct udp_batch *batch = udp_batch_new();
    const int fd = stage_bind(SOCK_DGRAM, &at);
    struct peer *peer = peer_new(stage_connect(SOCK_DGRAM, &at));

    for (unsigned i = 0; i < 150; i++)
        ask(peer, "txt.app.example.");
    udp_serve(batch, fd, false, &stage->answerer);
    assert_int_equal(drain(peer), 150);
    assert_int_equal(counter_read(&stage->tally->queries[TRANSPORT_UDP4]), 150);
    assert_int_equal(counter_read(&stage->tally->rcodes[RCODE_NOERROR]), 150);
    peer_free(peer);
    close(fd);
    udp_batch_free(batch);
}

static void silence_leaves_no_gap(void **state)
{
    struct stage *stage = *state;
    struct sockaddr_in at;
    struct udp_batch *batch = udp_batch_new();
    const int fd = stage_bind(SOCK_DGRAM, &at);
    struct peer *peer = peer_new(stage_connect(SOCK_DGRAM, &at));

    peer_send(peer, "", 0);
    ask(peer, "txt.app.example.");
    peer_send(peer, "runt", 4);
    ask(peer, "none.app.example.");
    udp_serve(batch, fd, false, &stage->answerer);
    assert_int_equal(drain(peer), 2);
    assert_int_equal(peer->octets[3] & 0x0f, RCODE_NXDOMAIN);
    assert_int_equal(counter_read(&stage->tally->malformed), 2);
    peer_free(peer);
    close(fd);
    udp_batch_free(batch);
}

/* Longer than our buffer: whatever it was, it is no query of ours. */
static void an_oversized_datagram_is_a_malformed_query(void **state)
{
    struct stage *stage = *state;
    struct sockaddr_in at;
    struct udp_batch *batch = udp_batch_new();
    const int fd = stage_bind(SOCK_DGRAM, &at);
    struct peer *peer = peer_new(stage_connect(SOCK_DGRAM, &at));
    static uint8_t large[20000];
    const struct request request = request_for("txt.app.example.", RRTYPE_TXT);

    memcpy(large, request.octets, request.len);
    peer_send(peer, large, sizeof large);
    udp_serve(batch, fd, false, &stage->answerer);
    assert_int_equal(drain(peer), 1);
    assert_int_equal(peer->octets[3] & 0x0f, RCODE_FORMERR);
    peer_free(peer);
    close(fd);
    udp_batch_free(batch);
}

/* A client that does not connect() sees whether the answer comes from where it asked. */
static void the_answer_leaves_from_the_address_that_was_asked(void **state)
{
    static const char *const asked[] = { "127.0.0.1", "127.0.0.53", "127.9.8.7" };
    struct stage *stage = *state;
    struct udp_batch *batch = udp_batch_new();
    struct sockaddr_in at = { .sin_family = AF_INET };
    socklen_t len = sizeof at;
    const int one = 1;
    const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    assert_int_equal(setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &one, sizeof one), 0);

    const struct request request = request_for("txt.app.example.", RRTYPE_TXT);
    for (size_t i = 0; i < COUNT(asked); i++) {
        const int client = socket(AF_INET, SOCK_DGRAM, 0);
        struct sockaddr_in from = { 0 };
        uint8_t answer[512];
        struct address target;
        assert_true(address_parse(asked[i], &target));
        memcpy(&at.sin_addr, target.octets, 4);
        assert_int_equal(
            sendto(client, request.octets, request.len, 0, (struct sockaddr *)&at, sizeof at),
            (ssize_t)request.len);
        udp_serve(batch, fd, true, &stage->answerer);
        len = sizeof from;
        assert_true(recvfrom(client, answer, sizeof answer, MSG_DONTWAIT, (struct sockaddr *)&from,
                             &len) > 12);
        assert_memory_equal(&from.sin_addr, target.octets, 4);
        close(client);
    }
    close(fd);
    udp_batch_free(batch);
}

static void a_client_that_is_gone_stops_nobody(void **state)
{
    struct stage *stage = *state;
    struct sockaddr_in at;
    struct udp_batch *batch = udp_batch_new();
    const int fd = stage_bind(SOCK_DGRAM, &at);
    struct peer *gone = peer_new(stage_connect(SOCK_DGRAM, &at));
    struct peer *peer = peer_new(stage_connect(SOCK_DGRAM, &at));

    ask(gone, "txt.app.example.");
    ask(peer, "txt.app.example.");
    peer_free(gone);
    udp_serve(batch, fd, false, &stage->answerer);
    ask(peer, "txt.app.example.");
    udp_serve(batch, fd, false, &stage->answerer);
    assert_int_equal(drain(peer), 2);
    peer_free(peer);
    close(fd);
    udp_batch_free(batch);
}

int main(void)
{
#define STAGED(test) cmocka_unit_test_setup_teardown(test, stage_setup, stage_teardown)
    const struct CMUnitTest tests[] = {
        STAGED(answers_more_than_one_batch),
        STAGED(silence_leaves_no_gap),
        STAGED(an_oversized_datagram_is_a_malformed_query),
        STAGED(the_answer_leaves_from_the_address_that_was_asked),
        STAGED(a_client_that_is_gone_stops_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
