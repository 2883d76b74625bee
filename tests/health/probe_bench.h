#ifndef MERIDIAN_TESTS_HEALTH_PROBE_BENCH_H
#define MERIDIAN_TESTS_HEALTH_PROBE_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ev.h>

#include "health/probe.h"

/* What the twins of the probes share: a loop, an engine, and one result to wait for. */

struct probe_bench {
    struct ev_loop *loop;
    const struct probe_kind *kind;
    struct probe_engine *engine;
    struct probe_result result;
    unsigned results;
};

static inline void bench_open(struct probe_bench *bench, const struct probe_kind *kind)
{
    *bench = (struct probe_bench){ .kind = kind, .loop = ev_loop_new(EVFLAG_NOENV) };
    assert_non_null(bench->loop);
    bench->engine = kind->open(bench->loop);
    assert_non_null(bench->engine);
}

static inline void bench_close(struct probe_bench *bench)
{
    bench->kind->close(bench->engine);
    ev_loop_destroy(bench->loop);
}

static inline void bench_done(void *context, const struct probe_result *result)
{
    struct probe_bench *bench = context;
    bench->result = *result;
    bench->results++;
    ev_break(bench->loop, EVBREAK_ALL);
}

/* One probe from start to end. */
static inline const struct probe_result *bench_ask(struct probe_bench *bench,
                                                   const struct target *target)
{
    bench->results = 0;
    assert_non_null(bench->kind->start(bench->engine, target, bench_done, bench));
    assert_int_equal(bench->results, 0); /* never from within start */
    ev_run(bench->loop, 0);
    assert_int_equal(bench->results, 1);
    return &bench->result;
}

static inline struct target bench_target(enum probe_type type, const char *address, uint16_t port)
{
    struct target target = {
        .port = port,
        .spec = {
            .type = type, .timeout_ms = 2000, .path = "/", .method = "GET",
            .status = { { 200, 299 } }, .status_count = 1, .verify = true,
        },
    };
    assert_true(address_parse(address, &target.address));
    return target;
}

#endif
