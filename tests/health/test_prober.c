#include "health/prober.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "dns/base/clock.h"
#include "dns/base/log.h"
#include "health/prober_watched.h"
#include "tests/health/local_server.h"

enum { PATIENCE_MS = 20000 };

#define OK_RESPONSE "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

/* A board, a prober, and the registry that gives it targets. */
struct bench {
    struct board *board;
    struct prober *prober;
    struct target_registry *registry;
    const struct guard_member *members; /* none, unless a test gives some */
    size_t member_count;
};

static void bench_open(struct bench *bench)
{
    bench->members = NULL;
    bench->member_count = 0;
    bench->board = board_new();
    bench->registry = target_registry_new();
    assert_non_null(bench->board);
    assert_non_null(bench->registry);
    assert_int_equal(prober_open(bench->board, &bench->prober), STATUS_OK);
}

static void bench_close(struct bench *bench)
{
    prober_close(bench->prober);
    target_registry_free(bench->registry);
    board_free(bench->board);
}

static struct probe_spec spec_of(enum probe_type type, uint16_t port)
{
    return (struct probe_spec){
        .name = "test",
        .type = type,
        .interval_ms = 100,
        .timeout_ms = 5000,
        .fall = 3,
        .rise = 2,
        .jitter = 10,
        .port = port,
        .path = "/",
        .method = "GET",
        .status = { { 200, 299 } },
        .status_count = 1,
    };
}

static uint32_t bench_add(struct bench *bench, const struct probe_spec *spec)
{
    struct address address;
    const struct target *target;
    assert_true(address_parse("127.0.0.1", &address));
    assert_int_equal(target_acquire(bench->registry, spec, &address, 0, NULL, &target), STATUS_OK);
    return target->id;
}

/* Hands over every target of the registry. */
static void bench_watch(struct bench *bench)
{
    const size_t count = target_count(bench->registry);
    const struct target **targets = calloc(count + 1, sizeof *targets);
    assert_non_null(targets);
    for (size_t i = 0; i < count; i++)
        targets[i] = target_at(bench->registry, i);
    assert_int_equal(prober_watch(bench->prober, targets, count, bench->members,
                                  bench->member_count),
                     STATUS_OK);
    free(targets);
}

/* Waits for a target's word; the milliseconds that took, or a failed test. */
static uint64_t await_health(const struct bench *bench, uint32_t id, enum health health)
{
    const uint64_t start = clock_monotonic_ms();
    while (board_health(bench->board, id) != health) {
        if (clock_monotonic_ms() - start > PATIENCE_MS)
            fail_msg("target %u did not become %d", id, health);
        sleep_ms(1);
    }
    return clock_monotonic_ms() - start;
}

/* ---- the first round ---- */

static void the_first_result_decides_alone(void **state)
{
    (void)state;
    struct local_server web, tcp;
    struct bench bench;
    local_server_open(&web, serve_words, OK_RESPONSE);
    local_server_open(&tcp, serve_silence, "");
    bench_open(&bench);
    const struct probe_spec web_spec = spec_of(PROBE_HTTP, web.port);
    const struct probe_spec tcp_spec = spec_of(PROBE_TCP, tcp.port);
    const struct probe_spec dead_web = spec_of(PROBE_HTTP, local_dead_port());
    const struct probe_spec dead_tcp = spec_of(PROBE_TCP, dead_web.port);
    const uint32_t up[] = { bench_add(&bench, &web_spec), bench_add(&bench, &tcp_spec) };
    const uint32_t down[] = { bench_add(&bench, &dead_web), bench_add(&bench, &dead_tcp) };

    bench_watch(&bench);
    assert_true(prober_await_first_round(bench.prober, PATIENCE_MS));
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(board_health(bench.board, up[i]), HEALTH_UP);
        assert_int_equal(board_health(bench.board, down[i]), HEALTH_DOWN);
    }
    bench_close(&bench);
    local_server_close(&web);
    local_server_close(&tcp);
}

static void no_targets_are_a_complete_round(void **state)
{
    (void)state;
    struct bench bench;
    bench_open(&bench);
    assert_true(prober_await_first_round(bench.prober, 0));
    bench_watch(&bench);
    assert_true(prober_await_first_round(bench.prober, 0));
    bench_close(&bench);
}

static void the_round_is_not_complete_before_the_last_result(void **state)
{
    (void)state;
    struct local_server silent, web;
    struct bench bench;
    local_server_open(&silent, serve_silence, "");
    local_server_open(&web, serve_words, OK_RESPONSE);
    bench_open(&bench);
    struct probe_spec slow = spec_of(PROBE_HTTP, silent.port);
    slow.timeout_ms = 400;
    const struct probe_spec quick = spec_of(PROBE_HTTP, web.port);
    const uint32_t slow_id = bench_add(&bench, &slow), quick_id = bench_add(&bench, &quick);

    const uint64_t start = clock_monotonic_ms();
    bench_watch(&bench);
    await_health(&bench, quick_id, HEALTH_UP);
    if (clock_monotonic_ms() - start < 300) { /* else the machine is too busy to tell */
        assert_false(prober_await_first_round(bench.prober, 1));
        assert_int_equal(board_health(bench.board, slow_id), HEALTH_UNKNOWN);
    }
    assert_true(prober_await_first_round(bench.prober, PATIENCE_MS));
    assert_int_equal(board_health(bench.board, slow_id), HEALTH_DOWN);
    bench_close(&bench);
    local_server_close(&silent);
    local_server_close(&web);
}

static void what_needs_no_probe_is_up(void **state)
{
    (void)state;
    struct bench bench;
    struct target_report report;
    bench_open(&bench);
    const struct probe_spec none = { .name = "free", .type = PROBE_NONE };
    const uint32_t id = bench_add(&bench, &none);
    bench_watch(&bench);
    assert_int_equal(board_health(bench.board, id), HEALTH_UP);
    assert_true(prober_await_first_round(bench.prober, 0));
    assert_true(prober_report(bench.prober, id, &report));
    assert_int_equal(report.health, HEALTH_UP);
    bench_watch(&bench);
    assert_int_equal(board_health(bench.board, id), HEALTH_UP);
    bench_close(&bench);
}

/* ---- who knows nothing ---- */

static void file_write(const char *path, const char *text)
{
    char fresh[96];
    snprintf(fresh, sizeof fresh, "%s.new", path);
    FILE *out = fopen(fresh, "w");
    assert_non_null(out);
    fputs(text, out);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(rename(fresh, path), 0);
}

static void a_silent_file_keeps_the_verdict_but_never_makes_one(void **state)
{
    (void)state;
    struct bench bench;
    struct target_report report;
    char path[64];
    snprintf(path, sizeof path, "/tmp/meridian-prober-%d.json", (int)getpid());
    bench_open(&bench);
    struct probe_spec spec = spec_of(PROBE_FILE, 0);
    spec.file = path;
    spec.fall = spec.rise = 1;
    const uint32_t id = bench_add(&bench, &spec);

    /* A remembered state never counts as up: without a file the first result is bad. */
    bench_watch(&bench);
    await_health(&bench, id, HEALTH_DOWN);
    file_write(path, "{\"127.0.0.1\": true}");
    await_health(&bench, id, HEALTH_UP);
    unlink(path);
    const uint64_t start = clock_monotonic_ms();
    do {
        sleep_ms(5);
        assert_true(prober_report(bench.prober, id, &report));
        assert_in_range(clock_monotonic_ms() - start, 0, PATIENCE_MS);
    } while (report.silent_count < 3);
    assert_true(report.last_silent);
    assert_string_equal(report.last_reason, "no such file or directory");
    assert_int_equal(report.health, HEALTH_UP);
    assert_int_equal(board_health(bench.board, id), HEALTH_UP);
    file_write(path, "{\"127.0.0.1\": false}");
    await_health(&bench, id, HEALTH_DOWN);
    bench_close(&bench);
    unlink(path);
}

/* ---- gates ---- */

static void a_gate_takes_a_target_down_that_counting_leaves_up(void **state)
{
    (void)state;
    struct local_server server;
    struct bench bench;
    struct target_report report;
    local_server_open(&server, serve_words, OK_RESPONSE);
    bench_open(&bench);
    struct probe_spec spec = spec_of(PROBE_HTTP, server.port);
    /* Nobody answers in a microsecond: slow, though good each time. */
    spec.gates[0] = (struct gate_rules){ .metric = GATE_LATENCY,
                                         .permille = 500,
                                         .down = 1,
                                         .up = 1,
                                         .window_ms = 60000,
                                         .min_samples = 4 };
    spec.gate_count = 1;
    const uint32_t id = bench_add(&bench, &spec);
    bench_watch(&bench);
    await_health(&bench, id, HEALTH_UP);
    await_health(&bench, id, HEALTH_DOWN);
    do {
        assert_true(prober_report(bench.prober, id, &report));
    } while (report.health != HEALTH_DOWN);
    assert_true(report.last_good);
    assert_int_equal(report.bad_count, 0);
    assert_in_range(report.good_count, 4, 1000);
    assert_int_equal(report.gate_count, 1);
    assert_string_equal(report.gates[0].metric, "latency_p50");
    assert_false(report.gates[0].finding.open);
    bench_close(&bench);
    local_server_close(&server);
}

/* ---- falling and rising ---- */

static void a_dead_target_goes_and_a_living_one_returns(void **state)
{
    (void)state;
    static const enum probe_type types[] = { PROBE_HTTP, PROBE_TCP };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        struct local_server server;
        struct bench bench;
        struct target_report report;
        local_server_open(&server, serve_words, OK_RESPONSE);
        bench_open(&bench);
        const struct probe_spec spec = spec_of(types[i], server.port);
        const uint32_t id = bench_add(&bench, &spec);
        bench_watch(&bench);
        await_health(&bench, id, HEALTH_UP);

        local_server_close(&server);
        await_health(&bench, id, HEALTH_DOWN);
        /* The board is written first: the report follows within a moment. */
        do {
            assert_true(prober_report(bench.prober, id, &report));
        } while (report.health != HEALTH_DOWN);
        assert_false(report.last_good);
        assert_string_equal(report.last_reason, "connection refused");
        assert_in_range(report.bad_count, 3, 1000);

        assert_true(
            local_server_open_at(&server, "127.0.0.1", server.port, serve_words, OK_RESPONSE));
        await_health(&bench, id, HEALTH_UP);
        bench_close(&bench);
        local_server_close(&server);
    }
}

/* With regular probes alone, ten failures would take nine more intervals. */
static void a_refused_connection_is_asked_again_at_once(void **state)
{
    (void)state;
    struct local_server server;
    struct bench bench;
    local_server_open(&server, serve_words, OK_RESPONSE);
    bench_open(&bench);
    struct probe_spec spec = spec_of(PROBE_HTTP, server.port);
    spec.interval_ms = 1000;
    spec.fall = 10;
    const uint32_t id = bench_add(&bench, &spec);
    bench_watch(&bench);
    await_health(&bench, id, HEALTH_UP);
    local_server_close(&server);
    assert_in_range(await_health(&bench, id, HEALTH_DOWN), 0, 5000);
    bench_close(&bench);
}

static void a_dead_target_is_not_asked_in_a_spin(void **state)
{
    (void)state;
    struct bench bench;
    struct target_report report;
    bench_open(&bench);
    const struct probe_spec spec = spec_of(PROBE_TCP, local_dead_port());
    const uint32_t id = bench_add(&bench, &spec);
    bench_watch(&bench);
    await_health(&bench, id, HEALTH_DOWN);
    sleep_ms(500);
    assert_true(prober_report(bench.prober, id, &report));
    assert_in_range(report.bad_count, 2, 8);
    bench_close(&bench);
}

static void failing_is_unsure_until_it_is_down(void **state)
{
    (void)state;
    struct local_server server;
    struct bench bench;
    local_server_open(&server, serve_words, OK_RESPONSE);
    bench_open(&bench);
    struct probe_spec spec = spec_of(PROBE_HTTP, server.port);
    spec.fall = 100;
    const uint32_t id = bench_add(&bench, &spec);
    bench_watch(&bench);
    await_health(&bench, id, HEALTH_UP);
    assert_false(board_unsure(bench.board, id));
    local_server_close(&server);
    for (uint64_t start = clock_monotonic_ms(); !board_unsure(bench.board, id);) {
        assert_true(clock_monotonic_ms() - start < PATIENCE_MS);
        sleep_ms(1);
    }
    assert_int_equal(board_health(bench.board, id), HEALTH_UP);
    await_health(&bench, id, HEALTH_DOWN);
    bench_close(&bench);
}

/* ---- names of hosts ---- */

static uint32_t bench_add_host(struct bench *bench, const struct probe_spec *spec, const char *host)
{
    const struct address none = { .family = FAMILY_NONE };
    const struct target *target;
    assert_int_equal(target_acquire(bench->registry, spec, &none, 0, host, &target), STATUS_OK);
    return target->id;
}

static void a_host_is_resolved_and_asked(void **state)
{
    (void)state;
    static const enum probe_type types[] = { PROBE_HTTP, PROBE_TCP };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        struct local_server v4, v6;
        struct bench bench;
        local_server_open(&v4, serve_words, OK_RESPONSE);
        /* The system may give either loopback for it. */
        const bool both = local_server_open_at(&v6, "::1", v4.port, serve_words, OK_RESPONSE);
        bench_open(&bench);
        const struct probe_spec spec = spec_of(types[i], v4.port);
        const uint32_t id = bench_add_host(&bench, &spec, "localhost");
        bench_watch(&bench);
        await_health(&bench, id, HEALTH_UP);
        local_server_close(&v4);
        if (both)
            local_server_close(&v6);
        await_health(&bench, id, HEALTH_DOWN);
        bench_close(&bench);
    }
}

static void a_host_that_is_not_resolved_is_a_failure(void **state)
{
    (void)state;
    struct bench bench;
    struct target_report report;
    bench_open(&bench);
    const struct probe_spec spec = spec_of(PROBE_TCP, 80);
    const uint32_t id = bench_add_host(&bench, &spec, "no-such-host.invalid");
    bench_watch(&bench);
    await_health(&bench, id, HEALTH_DOWN);
    do {
        assert_true(prober_report(bench.prober, id, &report));
    } while (report.bad_count == 0);
    assert_string_equal(report.label, "tcp://no-such-host.invalid:80/");
    assert_non_null(strstr(report.last_reason, "'no-such-host.invalid' is not resolved"));
    bench_close(&bench);
}

/* ---- the sentinel ---- */

/* A process of its own that listens, and dies by a signal. */
static pid_t listener_fork(uint16_t port, uint16_t *got)
{
    const int fd = local_listen("127.0.0.1", port, got);
    assert_true(fd >= 0);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        for (;;)
            pause();
    }
    close(fd);
    return child;
}

/* The next probe would be due in ten minutes. */
static void a_killed_process_is_noticed_long_before_the_next_probe(void **state)
{
    (void)state;
    uint16_t port;
    const pid_t child = listener_fork(0, &port);
    struct bench bench;
    bench_open(&bench);
    struct probe_spec spec = spec_of(PROBE_TCP, port);
    spec.interval_ms = 600000;
    spec.watch = true;
    const uint32_t id = bench_add(&bench, &spec);
    bench_watch(&bench);
    await_health(&bench, id, HEALTH_UP);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    await_health(&bench, id, HEALTH_DOWN);
    bench_close(&bench);
}

/* It is asked by the schedule, and hardly more often. */
static void who_closes_idle_connections_is_not_asked_in_a_storm(void **state)
{
    (void)state;
    struct local_server server;
    struct bench bench;
    struct target_report report;
    local_server_open(&server, serve_end, "");
    bench_open(&bench);
    struct probe_spec spec = spec_of(PROBE_TCP, server.port);
    spec.watch = true;
    const uint32_t id = bench_add(&bench, &spec);
    bench_watch(&bench);
    await_health(&bench, id, HEALTH_UP);
    sleep_ms(1000);
    assert_true(prober_report(bench.prober, id, &report));
    assert_int_equal(report.health, HEALTH_UP);
    /* Eleven by the schedule; an alarm at the start, and one after a second's rest. */
    assert_in_range(report.good_count + report.bad_count, 3, 15);
    bench_close(&bench);
    local_server_close(&server);
}

/* ---- the guard ---- */

/* All that the prober can reach, or nothing: a link that is cut for all servers at once. */
static _Atomic bool link_is_cut;

static void serve_through_link(struct local_server *server, int client)
{
    char request[4096];
    if (local_hear(client, request, sizeof request) > 0 && !atomic_load(&link_is_cut))
        local_say(client, server->words, strlen(server->words));
}

struct freezes {
    _Atomic unsigned begun, ended;
};

static void on_freeze(void *context, const struct prober_freeze *freeze)
{
    struct freezes *freezes = context;
    atomic_fetch_add(freeze->frozen ? &freezes->begun : &freezes->ended, 1);
}

/* Three targets in regions of their own behind one link. */
struct world {
    struct bench bench;
    struct local_server servers[3];
    struct guard_member members[3];
    uint32_t ids[3];
    struct freezes freezes;
};

static void world_open(struct world *world)
{
    *world = (struct world){ 0 };
    atomic_store(&link_is_cut, false);
    bench_open(&world->bench);
    prober_on_freeze(world->bench.prober, on_freeze, &world->freezes);
    for (uint32_t i = 0; i < 3; i++) {
        local_server_open(&world->servers[i], serve_through_link, OK_RESPONSE);
        const struct probe_spec spec = spec_of(PROBE_HTTP, world->servers[i].port);
        world->ids[i] = bench_add(&world->bench, &spec);
        world->members[i] = (struct guard_member){ world->ids[i], i };
    }
    world->bench.members = world->members;
    world->bench.member_count = 3;
    bench_watch(&world->bench);
    for (size_t i = 0; i < 3; i++)
        await_health(&world->bench, world->ids[i], HEALTH_UP);
}

static void world_close(struct world *world)
{
    bench_close(&world->bench);
    for (size_t i = 0; i < 3; i++)
        local_server_close(&world->servers[i]);
}

/* True once it is frozen; false when somebody went down instead. */
static bool await_freeze(const struct world *world)
{
    struct prober_freeze freeze = { 0 };
    const uint64_t start = clock_monotonic_ms();
    while (!freeze.frozen) {
        assert_in_range(clock_monotonic_ms() - start, 0, PATIENCE_MS);
        sleep_ms(5);
        prober_freeze(world->bench.prober, &freeze);
        for (size_t i = 0; i < 3; i++) {
            if (board_health(world->bench.board, world->ids[i]) != HEALTH_UP)
                return false;
        }
    }
    return true;
}

/*
 * The last answer before the cut may be heard after the first failure; then one
 * target goes, as the contract says, and the cut is tried again.
 */
static void cut_until_frozen(struct world *world)
{
    for (unsigned tries = 0; tries < 10; tries++) {
        atomic_store(&link_is_cut, true);
        if (await_freeze(world))
            return;
        atomic_store(&link_is_cut, false);
        for (size_t i = 0; i < 3; i++)
            await_health(&world->bench, world->ids[i], HEALTH_UP);
    }
    fail_msg("never frozen");
}

static void a_prober_that_is_cut_off_moves_nobody(void **state)
{
    (void)state;
    struct world world;
    struct prober_freeze freeze;
    struct target_report report;
    world_open(&world);
    cut_until_frozen(&world);

    const uint64_t start = clock_monotonic_ms();
    do {
        assert_in_range(clock_monotonic_ms() - start, 0, PATIENCE_MS);
        sleep_ms(20);
        prober_freeze(world.bench.prober, &freeze);
    } while (freeze.ignored < 20);
    assert_true(freeze.frozen);
    assert_int_not_equal(freeze.since_wall_ms, 0);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(board_health(world.bench.board, world.ids[i]), HEALTH_UP);
        assert_true(prober_report(world.bench.prober, world.ids[i], &report));
        assert_int_equal(report.health, HEALTH_UP);
        assert_true(report.last_set_aside);
        assert_int_not_equal(report.ignored_count, 0);
    }

    atomic_store(&link_is_cut, false);
    do {
        prober_freeze(world.bench.prober, &freeze);
        assert_in_range(clock_monotonic_ms() - start, 0, PATIENCE_MS);
    } while (freeze.frozen);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(board_health(world.bench.board, world.ids[i]), HEALTH_UP);
    world_close(&world); /* and with it the thread that tells */
    assert_int_equal(atomic_load(&world.freezes.begun), freeze.freezes);
    assert_in_range(atomic_load(&world.freezes.ended), 1, freeze.freezes);
}

static void who_is_dead_goes_when_the_freeze_ends(void **state)
{
    (void)state;
    struct world world;
    world_open(&world);
    cut_until_frozen(&world);
    local_server_close(&world.servers[0]);
    local_server_close(&world.servers[1]);
    atomic_store(&link_is_cut, false);
    await_health(&world.bench, world.ids[0], HEALTH_DOWN);
    await_health(&world.bench, world.ids[1], HEALTH_DOWN);
    assert_int_equal(board_health(world.bench.board, world.ids[2]), HEALTH_UP);

    /* And the last one dies alone. */
    local_server_close(&world.servers[2]);
    await_health(&world.bench, world.ids[2], HEALTH_DOWN);
    bench_close(&world.bench);
}

/* ---- the schedule ---- */

static void probes_keep_the_interval(void **state)
{
    (void)state;
    struct local_server server;
    struct bench bench;
    local_server_open(&server, serve_words, OK_RESPONSE);
    bench_open(&bench);
    const struct probe_spec spec = spec_of(PROBE_HTTP, server.port);
    bench_add(&bench, &spec);
    bench_watch(&bench);
    const uint64_t began_ms = clock_monotonic_ms();
    assert_true(prober_await_first_round(bench.prober, PATIENCE_MS));
    while (atomic_load(&server.accepted) < 12)
        sleep_ms(1);
    /* One at once, one where the interval begins, and ten intervals less what they may jitter. */
    assert_true(clock_monotonic_ms() - began_ms >= 10 * spec.interval_ms - spec.interval_ms / 5);
    bench_close(&bench);
    local_server_close(&server);
}

static unsigned count_waiting_clients(int fd)
{
    unsigned count = 0;
    assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    for (int client; (client = accept(fd, NULL, NULL)) >= 0; count++)
        close(client);
    return count;
}

static void a_timeout_over_the_interval_overlaps_up_to_a_bound(void **state)
{
    (void)state;
    uint16_t port;
    const int fd = local_listen("127.0.0.1", 0, &port); /* connects, and never answers */
    assert_true(fd >= 0);
    struct bench bench;
    bench_open(&bench);
    struct probe_spec spec = spec_of(PROBE_HTTP, port);
    spec.interval_ms = 20;
    spec.timeout_ms = 30000;
    bench_add(&bench, &spec);
    bench_watch(&bench);
    sleep_ms(1500);
    assert_int_equal(count_waiting_clients(fd), WATCHED_OVERLAP);
    bench_close(&bench);
    close(fd);
}

static void the_descriptors_bound_what_is_in_flight(void **state)
{
    (void)state;
    enum { TARGETS = 300, DESCRIPTORS = 100, TIMEOUT_MS = 200 };
    struct rlimit limit, few;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    few = limit;
    few.rlim_cur = DESCRIPTORS;

    uint16_t port;
    const int fd = local_listen("127.0.0.1", 0, &port);
    assert_true(fd >= 0);
    struct bench bench;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    bench_open(&bench);
    uint32_t ids[TARGETS];
    for (size_t i = 0; i < TARGETS; i++) {
        struct probe_spec spec = spec_of(i % 2 == 0 ? PROBE_HTTP : PROBE_TCP, port);
        char path[16];
        snprintf(path, sizeof path, "/%zu", i);
        spec.path = spec.expect = path;
        spec.interval_ms = 3600000;
        spec.timeout_ms = TIMEOUT_MS;
        ids[i] = bench_add(&bench, &spec);
    }
    const uint64_t start = clock_monotonic_ms();
    bench_watch(&bench);
    assert_true(prober_await_first_round(bench.prober, PATIENCE_MS));
    const uint64_t took = clock_monotonic_ms() - start;
    for (size_t i = 0; i < TARGETS; i++) {
        struct target_report report;
        assert_int_equal(board_health(bench.board, ids[i]), HEALTH_DOWN);
        assert_true(prober_report(bench.prober, ids[i], &report));
        assert_string_equal(report.last_reason, "timed out after 200ms");
    }
    bench_close(&bench);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    close(fd);
    /* Half of the descriptors at once: six rounds of timeouts. */
    assert_in_range(took, (TARGETS / (DESCRIPTORS / 2) - 1) * TIMEOUT_MS, PATIENCE_MS);
}

static void thousands_of_targets_have_their_first_round_soon(void **state)
{
    (void)state;
    enum { TARGETS = 2000 };
    struct bench bench;
    bench_open(&bench);
    const uint16_t port = local_dead_port();
    for (size_t i = 0; i < TARGETS; i++) {
        struct probe_spec spec = spec_of(i % 2 == 0 ? PROBE_HTTP : PROBE_TCP, port);
        char path[16];
        snprintf(path, sizeof path, "/%zu", i);
        spec.path = path;
        spec.interval_ms = 10000;
        bench_add(&bench, &spec);
    }
    bench_watch(&bench);
    assert_true(prober_await_first_round(bench.prober, PATIENCE_MS));
    for (uint32_t id = 0; id < TARGETS; id++)
        assert_int_equal(board_health(bench.board, id), HEALTH_DOWN);
    bench_close(&bench);
}

/* ---- one list after another ---- */

static void who_stays_keeps_its_state_and_who_leaves_is_gone(void **state)
{
    (void)state;
    struct local_server server;
    struct bench bench;
    struct target_report before, after;
    local_server_open(&server, serve_words, OK_RESPONSE);
    bench_open(&bench);
    struct probe_spec spec = spec_of(PROBE_HTTP, server.port);
    const uint32_t stays = bench_add(&bench, &spec);
    spec.path = "/leaves";
    const uint32_t leaves = bench_add(&bench, &spec);
    bench_watch(&bench);
    assert_true(prober_await_first_round(bench.prober, PATIENCE_MS));
    assert_true(prober_report(bench.prober, stays, &before));
    assert_true(prober_report(bench.prober, leaves, &after));

    target_release(bench.registry, leaves);
    bench_watch(&bench);
    assert_int_equal(board_health(bench.board, stays), HEALTH_UP);
    assert_true(prober_await_first_round(bench.prober, 0));
    assert_true(prober_report(bench.prober, stays, &after));
    assert_true(after.good_count >= before.good_count);
    assert_int_equal(after.since_wall_ms, before.since_wall_ms);
    assert_false(prober_report(bench.prober, leaves, &after));
    assert_false(prober_report(bench.prober, TARGET_NONE, &after));

    /* Nobody writes the word of one that left. */
    board_set(bench.board, leaves, HEALTH_UNKNOWN, true);
    sleep_ms(300);
    assert_int_equal(board_health(bench.board, leaves), HEALTH_UNKNOWN);
    bench_close(&bench);
    local_server_close(&server);
}

static void an_id_used_again_starts_unknown(void **state)
{
    (void)state;
    struct local_server web, silent;
    struct bench bench;
    local_server_open(&web, serve_words, OK_RESPONSE);
    local_server_open(&silent, serve_silence, "");
    bench_open(&bench);
    struct probe_spec spec = spec_of(PROBE_HTTP, web.port);
    const uint32_t id = bench_add(&bench, &spec);
    bench_watch(&bench);
    await_health(&bench, id, HEALTH_UP);

    target_release(bench.registry, id);
    spec.port = silent.port;
    spec.timeout_ms = 300;
    assert_int_equal(bench_add(&bench, &spec), id);
    const uint64_t start = clock_monotonic_ms();
    bench_watch(&bench);
    const enum health health = board_health(bench.board, id);
    if (clock_monotonic_ms() - start < 250) /* else its first result may be there already */
        assert_int_equal(health, HEALTH_UNKNOWN);
    assert_int_not_equal(health, HEALTH_UP);
    await_health(&bench, id, HEALTH_DOWN);
    bench_close(&bench);
    local_server_close(&web);
    local_server_close(&silent);
}

static void closes_with_probes_in_flight_and_in_line(void **state)
{
    (void)state;
    uint16_t port;
    const int fd = local_listen("127.0.0.1", 0, &port);
    assert_true(fd >= 0);
    struct bench bench;
    bench_open(&bench);
    for (size_t i = 0; i < 100; i++) {
        struct probe_spec spec = spec_of(i % 2 == 0 ? PROBE_HTTP : PROBE_TCP, port);
        char path[16];
        snprintf(path, sizeof path, "/%zu", i);
        spec.path = spec.expect = path;
        bench_add(&bench, &spec);
    }
    bench_watch(&bench);
    sleep_ms(50);
    const uint64_t start = clock_monotonic_ms();
    bench_close(&bench);
    assert_true(clock_monotonic_ms() - start < 3000); /* nobody waited for the timeouts */
    close(fd);
}

/* ---- others look on ---- */

struct changes {
    const struct board *board;
    _Atomic unsigned up, down, wrong;
};

static void on_change(void *context, const struct target_report *report)
{
    struct changes *changes = context;
    atomic_fetch_add(report->health == HEALTH_UP ? &changes->up : &changes->down, 1);
    if (board_health(changes->board, report->id) != report->health)
        atomic_fetch_add(&changes->wrong, 1);
}

static void changes_are_told_once_each(void **state)
{
    (void)state;
    struct local_server server;
    struct bench bench;
    local_server_open(&server, serve_words, OK_RESPONSE);
    bench_open(&bench);
    struct changes changes = { .board = bench.board };
    prober_on_change(bench.prober, on_change, &changes);
    const struct probe_spec spec = spec_of(PROBE_HTTP, server.port);
    const uint32_t id = bench_add(&bench, &spec);
    bench_watch(&bench);
    await_health(&bench, id, HEALTH_UP);
    local_server_close(&server);
    await_health(&bench, id, HEALTH_DOWN);
    bench_close(&bench);
    assert_int_equal(atomic_load(&changes.up), 1);
    assert_int_equal(atomic_load(&changes.down), 1);
    assert_int_equal(atomic_load(&changes.wrong), 0);
}

struct onlooker {
    struct bench *bench;
    _Atomic bool ends;
    _Atomic unsigned reports;
};

static void *look_on(void *context)
{
    struct onlooker *onlooker = context;
    struct target_report report;
    while (!atomic_load(&onlooker->ends)) {
        for (uint32_t id = 0; id < 20; id++) {
            if (prober_report(onlooker->bench->prober, id, &report))
                atomic_fetch_add(&onlooker->reports, 1);
            board_health(onlooker->bench->board, id);
        }
    }
    return NULL;
}

/* The sanitizer of threads sees what the lock does not cover. */
static void lists_change_under_the_eyes_of_others(void **state)
{
    (void)state;
    struct local_server server;
    struct bench bench;
    local_server_open(&server, serve_words, OK_RESPONSE);
    bench_open(&bench);
    struct onlooker onlooker = { .bench = &bench };
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, look_on, &onlooker), 0);

    uint32_t ids[20];
    for (unsigned round = 0; round < 60; round++) {
        for (unsigned i = 0; i < 20; i++) {
            struct probe_spec spec = spec_of(i % 3 == 0 ? PROBE_NONE : PROBE_HTTP, server.port);
            char path[32];
            /* Half of them stay, the others are new in every round. */
            snprintf(path, sizeof path, "/%u/%u", i, i % 2 == 0 ? 0 : round);
            spec.path = path;
            spec.interval_ms = 10;
            ids[i] = bench_add(&bench, &spec);
        }
        bench_watch(&bench);
        for (unsigned i = 0; i < 20; i++)
            target_release(bench.registry, ids[i]);
    }
    assert_true(prober_await_first_round(bench.prober, PATIENCE_MS));
    atomic_store(&onlooker.ends, true);
    pthread_join(thread, NULL);
    assert_int_not_equal(atomic_load(&onlooker.reports), 0);
    bench_close(&bench);
    local_server_close(&server);
}

int main(void)
{
    log_open(LOG_LEVEL_ERROR);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_result_decides_alone),
        cmocka_unit_test(no_targets_are_a_complete_round),
        cmocka_unit_test(the_round_is_not_complete_before_the_last_result),
        cmocka_unit_test(what_needs_no_probe_is_up),
        cmocka_unit_test(a_silent_file_keeps_the_verdict_but_never_makes_one),
        cmocka_unit_test(a_gate_takes_a_target_down_that_counting_leaves_up),
        cmocka_unit_test(a_dead_target_goes_and_a_living_one_returns),
        cmocka_unit_test(a_refused_connection_is_asked_again_at_once),
        cmocka_unit_test(a_dead_target_is_not_asked_in_a_spin),
        cmocka_unit_test(failing_is_unsure_until_it_is_down),
        cmocka_unit_test(a_host_is_resolved_and_asked),
        cmocka_unit_test(a_host_that_is_not_resolved_is_a_failure),
        cmocka_unit_test(a_killed_process_is_noticed_long_before_the_next_probe),
        cmocka_unit_test(who_closes_idle_connections_is_not_asked_in_a_storm),
        cmocka_unit_test(a_prober_that_is_cut_off_moves_nobody),
        cmocka_unit_test(who_is_dead_goes_when_the_freeze_ends),
        cmocka_unit_test(probes_keep_the_interval),
        cmocka_unit_test(a_timeout_over_the_interval_overlaps_up_to_a_bound),
        cmocka_unit_test(the_descriptors_bound_what_is_in_flight),
        cmocka_unit_test(thousands_of_targets_have_their_first_round_soon),
        cmocka_unit_test(who_stays_keeps_its_state_and_who_leaves_is_gone),
        cmocka_unit_test(an_id_used_again_starts_unknown),
        cmocka_unit_test(closes_with_probes_in_flight_and_in_line),
        cmocka_unit_test(changes_are_told_once_each),
        cmocka_unit_test(lists_change_under_the_eyes_of_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
