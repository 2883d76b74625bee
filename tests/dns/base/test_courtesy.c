#include "dns/base/courtesy.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

enum { STEPS = 200000 };

/* Two who work on one processor: who took the last step, and how often that was the other one. */
static atomic_int last;
static atomic_uint turns;
static pthread_barrier_t start;

static void *work(void *argument)
{
    const int self = *(const int *)argument;
    pthread_barrier_wait(&start);
    for (unsigned i = 0; i < STEPS; i++) {
        if (atomic_exchange(&last, self) != self)
            atomic_fetch_add(&turns, 1);
        courtesy_spent(500);
    }
    return NULL;
}

static void whoever_waits_goes_first(void **state)
{
    (void)state;
    static const int names[2] = { 1, 2 };
    pthread_t threads[2];
    cpu_set_t before, one;
    assert_int_equal(sched_getaffinity(0, sizeof before, &before), 0);
    CPU_ZERO(&one);
    for (size_t cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&one) == 0; cpu++) {
        if (CPU_ISSET(cpu, &before))
            CPU_SET(cpu, &one);
    }
    assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
    assert_int_equal(pthread_barrier_init(&start, NULL, 2), 0);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, work, (void *)(uintptr_t)&names[i]), 0);
    for (size_t i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&start);
    sched_setaffinity(0, sizeof before, &before);
    /* Thousands of them; a scheduler's ticks alone would make a handful in this time. */
    assert_true(atomic_load(&turns) > 200);
}

static void *niceness_after(void *argument)
{
    courtesy_begin();
    *(int *)argument = getpriority(PRIO_PROCESS, (id_t)gettid());
    return NULL;
}

static void only_the_thread_that_begins_is_nicer(void **state)
{
    (void)state;
    const int before = getpriority(PRIO_PROCESS, (id_t)gettid());
    int its = 0;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, niceness_after, &its), 0);
    pthread_join(thread, NULL);
    assert_int_equal(its, before + 10 < 19 ? before + 10 : 19);
    assert_int_equal(getpriority(PRIO_PROCESS, (id_t)gettid()), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whoever_waits_goes_first),
        cmocka_unit_test(only_the_thread_that_begins_is_nicer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
