#include "health/probe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dns/base/clock.h"
#include "tests/health/local_server.h"
#include "tests/health/probe_bench.h"

static struct target target_of(const char *script, uint32_t timeout_ms)
{
    struct target target = bench_target(PROBE_EXEC, "192.0.2.10", 80);
    target.spec.command[0] = "sh";
    target.spec.command[1] = "-c";
    target.spec.command[2] = script;
    target.spec.command_count = 3;
    target.spec.timeout_ms = timeout_ms;
    return target;
}

static const struct {
    const char *what, *script;
    uint32_t timeout_ms;
    const char *reason; /* empty: good */
} cases[] = {
    { "exit 0", "exit 0", 20000, "" },
    { "exit 2 with a line", "echo CRITICAL; exit 2", 20000, "exit 2: CRITICAL" },
    { "a hang", "sleep 1000", 200, "timed out after 200ms" },
    { "a hang that minds no signal", "trap '' TERM INT HUP; sleep 1000", 200,
      "timed out after 200ms" },
    { "a hang in a helper", "sleep 1000 & wait", 200, "timed out after 200ms" },
    { "a helper that keeps the output open", "sleep 1000 & exit 0", 20000, "" },
    { "output without end", "yes", 20000, "wrote more than 1024 KiB" },
    { "outputs closed", "exec >&- 2>&-; exit 4", 20000, "exit 4" },
    { "a long line", "head -c 5000 /dev/zero | tr '\\0' x; exit 1", 20000,
      "exit 1: "
      "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" },
    { "a program that is not there", NULL, 20000,
      "cannot run '/nonexistent/check': No such file or directory" },
};

static void a_command_is_a_probe(void **state)
{
    (void)state;
    struct probe_bench bench;
    bench_open(&bench, &probe_kind_exec);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct target target = target_of(cases[i].script, cases[i].timeout_ms);
        if (cases[i].script == NULL)
            target.spec.command[0] = "/nonexistent/check";
        const struct probe_result *result = bench_ask(&bench, &target);
        if (result->good != (cases[i].reason[0] == '\0') ||
            strcmp(result->reason, cases[i].reason) != 0)
            fail_msg("%s: %s, '%s'", cases[i].what, result->good ? "good" : "bad", result->reason);
        assert_false(result->inconclusive);
    }
    bench_close(&bench);
    /* Nobody is left, not even as a zombie. */
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
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

/* Each process counts those that run beside it, in a folder. */
static void no_more_than_a_few_run_at_a_time(void **state)
{
    enum { MANY = 3 * PROBE_EXEC_MOST };
    static struct target targets[MANY];
    (void)state;
    char folder[] = "/tmp/meridian-exec-XXXXXX", script[256];
    assert_non_null(mkdtemp(folder));
    snprintf(script, sizeof script,
             "touch %s/$$; n=$(ls %s | wc -l); sleep 0.05; rm %s/$$; test $n -le %d", folder,
             folder, folder, PROBE_EXEC_MOST);

    struct probe_bench bench;
    bench_open(&bench, &probe_kind_exec);
    struct crowd crowd = { .loop = bench.loop, .all = MANY };
    for (unsigned i = 0; i < MANY; i++) {
        targets[i] = target_of(script, 20000);
        assert_non_null(bench.kind->start(bench.engine, &targets[i], crowd_done, &crowd));
    }
    ev_run(bench.loop, 0);
    assert_int_equal(crowd.good, MANY);
    bench_close(&bench);
    assert_int_equal(rmdir(folder), 0);
}

static void those_that_are_cancelled_end(void **state)
{
    enum { MANY = PROBE_EXEC_MOST + 4 };
    static struct target targets[MANY];
    struct probe *probes[MANY];
    (void)state;
    struct probe_bench bench;
    bench_open(&bench, &probe_kind_exec);
    for (unsigned i = 0; i < MANY; i++) {
        targets[i] = target_of("sleep 1000", 20000);
        probes[i] = bench.kind->start(bench.engine, &targets[i], bench_done, &bench);
        assert_non_null(probes[i]);
    }
    for (unsigned i = 0; i < MANY; i++)
        bench.kind->cancel(probes[i]);
    const uint64_t start_ms = clock_monotonic_ms();
    bench_close(&bench);
    assert_in_range(clock_monotonic_ms() - start_ms, 0, 5000);
    assert_int_equal(bench.results, 0);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_command_is_a_probe),
        cmocka_unit_test(no_more_than_a_few_run_at_a_time),
        cmocka_unit_test(those_that_are_cancelled_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
