#include "tools/load_cpu.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static double own_seconds(void)
{
    struct timespec now;
    assert_int_equal(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now), 0);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* The kernel's other clock of the same time brackets it, however busy the machine. */
static void agrees_with_the_clock_of_the_process(void **state)
{
    (void)state;
    const pid_t self = getpid();
    /* The account of a running thread is brought up to date when it is switched out. */
    assert_int_equal(usleep(1000), 0);
    const double outer = own_seconds();
    const struct cpu_reading begin = cpu_read(&self, 1);
    const double inner = own_seconds();

    while (own_seconds() < inner + 0.1)
        continue;
    const double least = own_seconds() - inner;
    assert_int_equal(usleep(1000), 0);
    const struct cpu_reading end = cpu_read(&self, 1);
    const struct cpu_time used = cpu_between(&begin, &end);
    const double most = own_seconds() - outer;

    assert_true(used.total_us > 1e6 * least - 5000);
    assert_true(used.total_us < 1e6 * most + 5000);
    assert_true(used.user_us >= 0 && used.system_us >= 0);
    assert_true(used.user_us + used.system_us < used.total_us + 1 &&
                used.user_us + used.system_us > used.total_us - 1);
}

static void nobody_costs_nothing(void **state)
{
    (void)state;
    const struct cpu_reading begin = cpu_read(NULL, 0), end = cpu_read(NULL, 0);
    const struct cpu_time used = cpu_between(&begin, &end);

    assert_true(used.total_us <= 0 && used.user_us <= 0 && used.system_us <= 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_the_clock_of_the_process),
        cmocka_unit_test(nobody_costs_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
