#include "dns/base/counter.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { ROUNDS = 200000 };

static void *raise_counter(void *argument)
{
    struct counter *counter = argument;
    for (int i = 0; i < ROUNDS; i++)
        counter_add(counter, 3);
    return NULL;
}

static void a_reader_sees_it_grow_to_the_exact_sum(void **state)
{
    (void)state;
    static struct counter counter;
    pthread_t writer;
    assert_int_equal(pthread_create(&writer, NULL, raise_counter, &counter), 0);

    uint64_t before = 0;
    for (int i = 0; i < 1000; i++) {
        const uint64_t now = counter_read(&counter);
        assert_true(now >= before && now % 3 == 0);
        before = now;
    }
    assert_int_equal(pthread_join(writer, NULL), 0);
    assert_int_equal(counter_read(&counter), 3 * ROUNDS);
}

static void it_wraps_like_any_counter(void **state)
{
    (void)state;
    struct counter counter = { UINT64_MAX };
    counter_add(&counter, 2);
    assert_int_equal(counter_read(&counter), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reader_sees_it_grow_to_the_exact_sum),
        cmocka_unit_test(it_wraps_like_any_counter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
