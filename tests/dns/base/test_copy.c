#include "dns/base/copy.h"

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
        octets_copy(to, from, len);
        for (size_t i = 0; i < len; i++)
            assert_int_equal(to[i], i + 1);
        free(from);
        free(to);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(copies_that_many_octets_and_no_more) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
