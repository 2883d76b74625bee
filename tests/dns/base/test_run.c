#include "dns/base/run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void copies_that_many_octets_and_no_more(void **state)
{
    (void)state;
    for (size_t len = 0; len <= 70; len++) {
        /* Exact-size blocks: the sanitizer sees one octet read or written too far. */
        uint8_t *from = malloc(len);
        uint8_t *to = malloc(len);
        assert_true(len == 0 || (from != NULL && to != NULL));
        for (size_t i = 0; i < len; i++) {
            from[i] = (uint8_t)(i + 1);
            to[i] = 0xee;
        }
        run_copy(to, from, len);
        for (size_t i = 0; i < len; i++)
            assert_int_equal(to[i], i + 1);
        free(from);
        free(to);
    }
}

static void tells_every_single_difference(void **state)
{
    (void)state;
    for (size_t len = 0; len <= 40; len++) {
        uint8_t *a = malloc(len);
        uint8_t *b = malloc(len);
        assert_true(len == 0 || (a != NULL && b != NULL));
        for (size_t i = 0; i < len; i++)
            a[i] = b[i] = (uint8_t)(i * 7);
        assert_true(run_same(a, b, len));
        for (size_t i = 0; i < len; i++) {
            b[i] ^= 0x20;
            assert_false(run_same(a, b, len));
            b[i] ^= 0x20;
        }
        free(a);
        free(b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copies_that_many_octets_and_no_more),
        cmocka_unit_test(tells_every_single_difference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
