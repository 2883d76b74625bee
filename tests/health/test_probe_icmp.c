#include "health/probe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "health/icmp_socket.h"
#include "tests/health/local_server.h"
#include "tests/health/probe_bench.h"

/* Some machines allow nobody but root to send an echo request; then there is nothing to see. */
static void skip_unless_allowed(enum family family)
{
    struct icmp_socket sock;
    if (icmp_socket_open(family, &sock) != 0)
        skip();
    close(sock.fd);
}

static void loopback_answers(void **state)
{
    static const struct {
        const char *address;
        enum family family;
    } cases[] = { { "127.0.0.1", FAMILY_V4 }, { "127.3.2.1", FAMILY_V4 }, { "::1", FAMILY_V6 } };
    (void)state;
    skip_unless_allowed(FAMILY_V4);
    const bool has_v6 = access("/proc/net/if_inet6", R_OK) == 0;
    struct probe_bench bench;
    bench_open(&bench, &probe_kind_icmp);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (cases[i].family == FAMILY_V6 && !has_v6)
            continue;
        const struct target target = bench_target(PROBE_ICMP, cases[i].address, 0);
        const struct probe_result *result = bench_ask(&bench, &target);
        if (!result->good)
            fail_msg("%s: %s", cases[i].address, result->reason);
        assert_in_range(result->took_us, 0, 1900000);
    }
    bench_close(&bench);
}

/* 240.0.0.0/4 leads nowhere: an error at once, or silence. */
static void nobody_there_is_a_failure(void **state)
{
    (void)state;
    skip_unless_allowed(FAMILY_V4);
    struct probe_bench bench;
    bench_open(&bench, &probe_kind_icmp);
    struct target target = bench_target(PROBE_ICMP, "240.0.0.1", 0);
    target.spec.timeout_ms = 100;
    const struct probe_result *result = bench_ask(&bench, &target);
    assert_false(result->good);
    assert_string_not_equal(result->reason, "");
    /* Of the whole probe, not of its last request. */
    if (strstr(result->reason, "timed out") != NULL)
        assert_true(result->took_us >= 95000);
    bench_close(&bench);
}

struct crowd {
    struct ev_loop *loop;
    unsigned good, done, all;
};

static void crowd_done(void *context, const struct probe_result *result)
{
    struct crowd *crowd = context;
    crowd->good += result->good;
    if (++crowd->done == crowd->all)
        ev_break(crowd->loop, EVBREAK_ALL);
}

/* One socket for all: each reply finds the probe that asked. */
static void many_share_one_socket(void **state)
{
    enum { MANY = 200 };
    static struct target targets[MANY];
    (void)state;
    skip_unless_allowed(FAMILY_V4);
    struct probe_bench bench;
    bench_open(&bench, &probe_kind_icmp);
    struct crowd crowd = { .loop = bench.loop, .all = MANY };
    for (unsigned i = 0; i < MANY; i++) {
        char address[32];
        snprintf(address, sizeof address, "127.0.%u.%u", i / 100, 1 + i % 100);
        targets[i] = bench_target(PROBE_ICMP, address, 0);
        assert_non_null(bench.kind->start(bench.engine, &targets[i], crowd_done, &crowd));
    }
    ev_run(bench.loop, 0);
    assert_int_equal(crowd.done, MANY);
    assert_int_equal(crowd.good, MANY);
    bench_close(&bench);
}

static void a_cancelled_probe_says_nothing(void **state)
{
    (void)state;
    skip_unless_allowed(FAMILY_V4);
    struct probe_bench bench;
    bench_open(&bench, &probe_kind_icmp);
    const struct target target = bench_target(PROBE_ICMP, "127.0.0.1", 0);
    struct probe *probe = bench.kind->start(bench.engine, &target, bench_done, &bench);
    assert_non_null(probe);
    bench.kind->cancel(probe);
    /* The late reply is a stranger's; the next probe hears its own. */
    assert_true(bench_ask(&bench, &target)->good);
    assert_int_equal(bench.results, 1);
    bench_close(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loopback_answers),
        cmocka_unit_test(nobody_there_is_a_failure),
        cmocka_unit_test(many_share_one_socket),
        cmocka_unit_test(a_cancelled_probe_says_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
