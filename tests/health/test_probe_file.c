#include "health/probe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/health/local_server.h"
#include "tests/health/probe_bench.h"

static char path[64];

static void file_write(const char *text)
{
    char fresh[80];
    snprintf(fresh, sizeof fresh, "%s.new", path);
    FILE *out = fopen(fresh, "w");
    assert_non_null(out);
    fputs(text, out);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(rename(fresh, path), 0);
}

/* Asks again until it says so: a file is looked at once in 20 ms. */
static const struct probe_result *ask_until(struct probe_bench *bench, const struct target *target,
                                            bool good, bool silent)
{
    enum { TRIES = 200 };
    for (unsigned i = 0; i < TRIES; i++) {
        const struct probe_result *result = bench_ask(bench, target);
        if (result->good == good && result->silent == silent)
            return result;
        sleep_ms(10);
    }
    fail_msg("never %s%s: %s", good ? "good" : "bad", silent ? " and silent" : "",
             bench->result.reason);
    return NULL;
}

static void follows_the_file(void **state)
{
    (void)state;
    struct probe_bench bench;
    bench_open(&bench, &probe_kind_file);
    struct target target = bench_target(PROBE_FILE, "192.0.2.1", 0);
    struct target other = bench_target(PROBE_FILE, "192.0.2.2", 0);
    snprintf(path, sizeof path, "/tmp/meridian-file-%d.json", (int)getpid());
    target.spec.file = other.spec.file = path;

    assert_string_equal(ask_until(&bench, &target, false, true)->reason,
                        "no such file or directory");
    file_write("{\"192.0.2.1\": \"up\", \"192.0.2.2\": {\"up\": false, \"reason\": \"moved\"}}");
    ask_until(&bench, &target, true, false);
    assert_string_equal(ask_until(&bench, &other, false, false)->reason, "moved");
    file_write("{\"192.0.2.1\": \"do");
    ask_until(&bench, &target, false, true);
    file_write("{\"192.0.2.1\": \"down\"}");
    ask_until(&bench, &target, false, false);
    file_write("{\"192.0.2.1\": \"up\"}");
    ask_until(&bench, &target, true, false);
    unlink(path);
    ask_until(&bench, &target, false, true);
    bench_close(&bench);
}

static void a_cancelled_probe_says_nothing(void **state)
{
    (void)state;
    struct probe_bench bench;
    bench_open(&bench, &probe_kind_file);
    struct target target = bench_target(PROBE_FILE, "192.0.2.1", 0);
    target.spec.file = "/nonexistent/health.json";
    struct probe *probe = bench.kind->start(bench.engine, &target, bench_done, &bench);
    assert_non_null(probe);
    bench.kind->cancel(probe);
    ev_run(bench.loop, 0);
    assert_int_equal(bench.results, 0);
    bench_close(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(follows_the_file),
        cmocka_unit_test(a_cancelled_probe_says_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
