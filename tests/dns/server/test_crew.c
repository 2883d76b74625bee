#include "dns/server/crew.h"

#include <poll.h>

#include "tests/dns/server/stage.h"

/* A configuration of two workers on a port that was free a moment ago. */
static struct config play_config(struct bindaddr *listen)
{
    struct sockaddr_in name;
    close(stage_bind(SOCK_STREAM, &name));
    assert_true(bindaddr_parse("127.0.0.1", ntohs(name.sin_port), listen));
    return (struct config){
        .file = "meridian.json",
        .listen = listen,
        .listen_count = 1,
        .workers = 2,
        .tcp = { .idle_ms = 5000, .message_ms = 5000, .clients = 10, .per_prefix = 10 },
    };
}

static struct sockaddr_in where(const struct bindaddr *listen)
{
    struct sockaddr_storage name;
    bindaddr_to_sockaddr(listen, &name);
    return *(struct sockaddr_in *)&name;
}

static bool readable(int fd)
{
    struct pollfd polled = { .fd = fd, .events = POLLIN };
    return poll(&polled, 1, STAGE_PATIENCE_MS) == 1;
}

static void all_workers_answer(void **state)
{
    (void)state;
    struct bindaddr listen;
    const struct config config = play_config(&listen);
    struct report *report = report_new();
    struct crew *crew;
    assert_int_equal(crew_open(&config, report, &crew), STATUS_OK);
    assert_int_equal(crew_start(crew), STATUS_OK);

    /* Each client has its own port, so the kernel spreads them over the workers. */
    const struct sockaddr_in at = where(&listen);
    const struct request request = request_for("txt.app.example.", RRTYPE_TXT);
    for (unsigned i = 0; i < 64; i++) {
        struct peer *peer = peer_new(stage_connect(SOCK_DGRAM, &at));
        peer_send(peer, request.octets, request.len);
        assert_true(readable(peer->fd));
        peer_free(peer);
    }
    size_t count;
    const struct tally *const *tallies = crew_tallies(crew, &count);
    assert_int_equal(count, 2);
    const uint64_t first = counter_read(&tallies[0]->queries[TRANSPORT_UDP4]);
    const uint64_t second = counter_read(&tallies[1]->queries[TRANSPORT_UDP4]);
    assert_int_equal(first + second, 64);
    assert_true(first > 0 && second > 0);
    assert_non_null(crew_quota(crew));
    crew_close(crew);
    report_free(report);
}

static void what_is_in_flight_is_finished(void **state)
{
    (void)state;
    struct bindaddr listen;
    const struct config config = play_config(&listen);
    struct report *report = report_new();
    struct crew *crew;
    assert_int_equal(crew_open(&config, report, &crew), STATUS_OK);

    /* It waits in the socket before anybody works. */
    const struct sockaddr_in at = where(&listen);
    const struct request request = request_for("txt.app.example.", RRTYPE_TXT);
    struct peer *peer = peer_new(stage_connect(SOCK_DGRAM, &at));
    struct peer *stream = peer_new(stage_connect(SOCK_STREAM, &at));
    const uint8_t len[2] = { 0, (uint8_t)request.len };
    peer_send(peer, request.octets, request.len);
    peer_send(stream, len, 2);
    peer_send(stream, request.octets, request.len);
    assert_int_equal(crew_start(crew), STATUS_OK);
    crew_close(crew);
    assert_true(readable(peer->fd));
    assert_true(peer_ended(stream));
    assert_true(stream->len > request.len);
    peer_free(peer);
    peer_free(stream);
    report_free(report);
}

static void a_port_that_is_taken_is_told_whole(void **state)
{
    (void)state;
    struct bindaddr listen;
    const struct config config = play_config(&listen);
    struct report *report = report_new();
    struct crew *crew, *second;
    assert_int_equal(crew_open(&config, report, &crew), STATUS_OK);
    assert_int_equal(crew_open(&config, report, &second), STATUS_IO);
    assert_null(second);
    assert_int_equal(report_mistakes(report), 2);
    assert_true(report_has(report, "meridian.json: listen: "));
    crew_close(crew);
    report_free(report);
}

int main(void)
{
#define STAGED(test) cmocka_unit_test_setup_teardown(test, stage_setup, stage_teardown)
    const struct CMUnitTest tests[] = {
        STAGED(all_workers_answer),
        STAGED(what_is_in_flight_is_finished),
        STAGED(a_port_that_is_taken_is_told_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
