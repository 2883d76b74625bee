#include "dns/base/heap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define HEAP_ACTS 1
#endif

#ifdef HEAP_ACTS
/* Pages of the process that are in memory. */
static size_t resident(void)
{
    size_t whole, pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%zu %zu", &whole, &pages), 2);
    fclose(file);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}
#endif

static void freed_memory_goes_back(void **state)
{
    (void)state;
#ifdef HEAP_ACTS
    enum { BLOCKS = 20000, SIZE = 1000, LARGE = 20 * 1000 * 1000 };
    static void *blocks[BLOCKS];
    heap_init();
    /* The first large block that is freed must not make the heap keep the next one. */
    for (int i = 0; i < 2; i++) {
        void *large = malloc(LARGE);
        assert_non_null(large);
        memset(large, 1, LARGE);
        const size_t with = resident();
        free(large);
        assert_true(with - resident() > LARGE / 2);
    }
    for (size_t i = 0; i < BLOCKS; i++) {
        blocks[i] = malloc(SIZE);
        assert_non_null(blocks[i]);
        memset(blocks[i], 1, SIZE);
    }
    const size_t with = resident();
    /* The last one stays and keeps the heap from shrinking at its end. */
    for (size_t i = 0; i < BLOCKS - 1; i++)
        free(blocks[i]);
    heap_trim();
    assert_true(with - resident() > BLOCKS / 2 * SIZE);
    free(blocks[BLOCKS - 1]);
#else
    skip();
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(freed_memory_goes_back) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
