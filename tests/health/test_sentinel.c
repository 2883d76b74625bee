#include "health/sentinel.h"

#include <poll.h>
#include <stdlib.h>

#include <ev.h>

#include "dns/base/clock.h"
#include "tests/health/local_server.h"

enum { PATIENCE_MS = 20000 };

/* A loop, a sentinel, and how often it has cried. Times are the test's own. */
struct bench {
    struct ev_loop *loop;
    struct target_registry *registry;
    struct sentinel_places places;
    struct sentinel *sentinel;
    unsigned alarms;
};

static void on_alarm(void *context)
{
    struct bench *bench = context;
    bench->alarms++;
}

static void bench_open(struct bench *bench, uint16_t port)
{
    const struct probe_spec spec = {
        .name = "test", .type = PROBE_TCP, .port = port, .interval_ms = 100, .timeout_ms = 100
    };
    struct address address;
    const struct target *target;
    *bench = (struct bench){ .places = { .most = 1 } };
    bench->loop = ev_loop_new(EVFLAG_AUTO | EVFLAG_NOENV);
    bench->registry = target_registry_new();
    assert_non_null(bench->loop);
    assert_non_null(bench->registry);
    assert_true(address_parse("127.0.0.1", &address));
    assert_int_equal(target_acquire(bench->registry, &spec, &address, 0, NULL, &target), STATUS_OK);
    bench->sentinel = sentinel_new(bench->loop, &bench->places, target, on_alarm, bench);
    assert_non_null(bench->sentinel);
}

static void bench_close(struct bench *bench)
{
    sentinel_free(bench->sentinel);
    assert_int_equal(bench->places.count, 0);
    target_registry_free(bench->registry);
    ev_loop_destroy(bench->loop);
}

static void await_alarms(struct bench *bench, unsigned alarms)
{
    const uint64_t start = clock_monotonic_ms();
    while (bench->alarms < alarms) {
        assert_in_range(clock_monotonic_ms() - start, 0, PATIENCE_MS);
        ev_run(bench->loop, EVRUN_NOWAIT);
        sleep_ms(1);
    }
    assert_int_equal(bench->alarms, alarms);
}

/* Takes the next client in; its connection is the server's end of the sentinel's. */
static int take_client(struct bench *bench, int listener)
{
    struct pollfd polled = { .fd = listener, .events = POLLIN };
    assert_int_equal(poll(&polled, 1, PATIENCE_MS), 1);
    const int client = accept(listener, NULL, NULL);
    assert_true(client >= 0);
    ev_run(bench->loop, EVRUN_NOWAIT);
    ev_run(bench->loop, EVRUN_NOWAIT);
    return client;
}

static void cries_when_the_other_end_closes(void **state)
{
    (void)state;
    static const bool resets[] = { false, true };
    for (size_t i = 0; i < 2; i++) {
        struct bench bench;
        uint16_t port;
        const int listener = local_listen("127.0.0.1", 0, &port);
        bench_open(&bench, port);
        assert_false(sentinel_stands(bench.sentinel));
        sentinel_good(bench.sentinel, 1000);
        assert_true(sentinel_stands(bench.sentinel));
        const int client = take_client(&bench, listener);
        /* A greeting is no alarm. */
        assert_int_equal(send(client, "220 hello\r\n", 11, 0), 11);
        ev_run(bench.loop, EVRUN_ONCE);
        assert_int_equal(bench.alarms, 0);
        const struct linger now = { resets[i], 0 };
        setsockopt(client, SOL_SOCKET, SO_LINGER, &now, sizeof now);
        close(client);
        await_alarms(&bench, 1);
        assert_false(sentinel_stands(bench.sentinel));
        bench_close(&bench);
        close(listener);
    }
}

static void cries_when_nobody_listens_any_more(void **state)
{
    (void)state;
    struct bench bench;
    bench_open(&bench, local_dead_port());
    sentinel_good(bench.sentinel, 1000);
    if (sentinel_stands(bench.sentinel)) /* else it was refused within connect() */
        await_alarms(&bench, 1);
    bench_close(&bench);
}

/* Each row: how long the connection lived, and how long the sentinel then rests. */
static void rests_longer_each_time_it_was_closed_for_nothing(void **state)
{
    (void)state;
    static const struct {
        uint64_t lived_ms, rest_ms;
    } rows[] = { { 1, 1000 },   { 9999, 2000 }, { 1, 4000 },   { 1, 8000 },   { 1, 16000 },
                 { 1, 32000 },  { 1, 64000 },   { 1, 128000 }, { 1, 256000 }, { 1, 300000 },
                 { 1, 300000 }, { 10000, 0 },   { 1, 1000 },   { 60000, 0 },  { 60000, 0 } };
    struct bench bench;
    uint16_t port;
    const int listener = local_listen("127.0.0.1", 0, &port);
    uint64_t now_ms = 5000;
    bench_open(&bench, port);
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        sentinel_good(bench.sentinel, now_ms);
        assert_true(sentinel_stands(bench.sentinel));
        close(take_client(&bench, listener));
        await_alarms(&bench, i + 1);
        now_ms += rows[i].lived_ms;
        sentinel_good(bench.sentinel, now_ms);
        if (rows[i].rest_ms > 0) {
            assert_false(sentinel_stands(bench.sentinel));
            sentinel_good(bench.sentinel, now_ms + rows[i].rest_ms - 1);
            assert_false(sentinel_stands(bench.sentinel));
        }
        now_ms += rows[i].rest_ms;
    }
    bench_close(&bench);
    close(listener);
}

static void a_death_is_no_false_alarm(void **state)
{
    (void)state;
    struct bench bench;
    uint16_t port;
    const int listener = local_listen("127.0.0.1", 0, &port);
    bench_open(&bench, port);
    sentinel_good(bench.sentinel, 1000);
    close(take_client(&bench, listener));
    await_alarms(&bench, 1);
    sentinel_down(bench.sentinel);
    assert_false(sentinel_stands(bench.sentinel));
    sentinel_good(bench.sentinel, 1001);
    assert_true(sentinel_stands(bench.sentinel));
    sentinel_down(bench.sentinel);
    assert_false(sentinel_stands(bench.sentinel));
    bench_close(&bench);
    close(listener);
}

static void leaves_a_target_that_it_may_slow_down(void **state)
{
    (void)state;
    enum { HOUR_MS = 3600000 };
    static const uint64_t rests_ms[] = { 10000,  20000,   40000,   80000,   160000, 320000,
                                         640000, 1280000, 2560000, HOUR_MS, HOUR_MS };
    struct bench bench;
    uint16_t port;
    uint64_t now_ms = 1000;
    const int listener = local_listen("127.0.0.1", 0, &port);
    bench_open(&bench, port);
    sentinel_slow(bench.sentinel); /* it does not stand: not its doing */
    for (size_t i = 0; i < sizeof rests_ms / sizeof *rests_ms; i++) {
        sentinel_good(bench.sentinel, now_ms);
        assert_true(sentinel_stands(bench.sentinel));
        sentinel_slow(bench.sentinel);
        assert_false(sentinel_stands(bench.sentinel));
        sentinel_good(bench.sentinel, now_ms + 10);
        assert_false(sentinel_stands(bench.sentinel));
        sentinel_good(bench.sentinel, now_ms + 9 + rests_ms[i]);
        assert_false(sentinel_stands(bench.sentinel));
        now_ms += 10 + rests_ms[i];
    }

    /* After an hour without doubt the next one is the first. */
    sentinel_good(bench.sentinel, now_ms);
    sentinel_slow(bench.sentinel);
    now_ms += HOUR_MS;
    sentinel_good(bench.sentinel, now_ms);
    sentinel_good(bench.sentinel, now_ms + 10000);
    assert_true(sentinel_stands(bench.sentinel));

    /* It was slow because it was about to die. */
    sentinel_slow(bench.sentinel);
    sentinel_down(bench.sentinel);
    sentinel_good(bench.sentinel, now_ms + 10001);
    assert_true(sentinel_stands(bench.sentinel));
    assert_int_equal(bench.alarms, 0);
    bench_close(&bench);
    close(listener);
}

static void does_not_listen_without_end(void **state)
{
    (void)state;
    static char much[16384];
    struct bench bench;
    uint16_t port;
    const int listener = local_listen("127.0.0.1", 0, &port);
    bench_open(&bench, port);
    sentinel_good(bench.sentinel, 1000);
    const int client = take_client(&bench, listener);
    const uint64_t start = clock_monotonic_ms();
    while (sentinel_stands(bench.sentinel)) {
        assert_in_range(clock_monotonic_ms() - start, 0, PATIENCE_MS);
        (void)!send(client, much, sizeof much, MSG_DONTWAIT | MSG_NOSIGNAL);
        ev_run(bench.loop, EVRUN_NOWAIT);
    }
    assert_int_equal(bench.alarms, 0);
    sentinel_good(bench.sentinel, 2000);
    assert_false(sentinel_stands(bench.sentinel));
    close(client);
    bench_close(&bench);
    close(listener);
}

static void places_are_bounded(void **state)
{
    (void)state;
    struct bench bench;
    uint16_t port;
    const int listener = local_listen("127.0.0.1", 0, &port);
    bench_open(&bench, port);
    bench.places.count = 1;
    sentinel_good(bench.sentinel, 1000);
    assert_false(sentinel_stands(bench.sentinel));
    bench.places.count = 0;
    sentinel_good(bench.sentinel, 1000);
    assert_true(sentinel_stands(bench.sentinel));
    assert_int_equal(bench.places.count, 1);
    bench_close(&bench);
    close(listener);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cries_when_the_other_end_closes),
        cmocka_unit_test(cries_when_nobody_listens_any_more),
        cmocka_unit_test(rests_longer_each_time_it_was_closed_for_nothing),
        cmocka_unit_test(a_death_is_no_false_alarm),
        cmocka_unit_test(leaves_a_target_that_it_may_slow_down),
        cmocka_unit_test(does_not_listen_without_end),
        cmocka_unit_test(places_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
