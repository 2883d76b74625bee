#include "dns/base/intern.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void equal_strings_share_an_id(void **state)
{
    (void)state;
    struct intern *set = intern_new();
    assert_int_equal(intern_find(set, "x", 1), INTERN_NONE);
    assert_int_equal(intern_add_text(set, "helsinki-1"), 0);
    assert_int_equal(intern_add_text(set, "virginia-1"), 1);
    assert_int_equal(intern_add(set, "helsinki-1", 10), 0);
    assert_int_equal(intern_add(set, "helsinki-1", 8), 2);
    assert_int_equal(intern_count(set), 3);
    assert_int_equal(intern_find(set, "virginia-1", 10), 1);
    assert_int_equal(intern_find(set, "virginia-2", 10), INTERN_NONE);
    intern_free(set);
    intern_free(NULL);
}

static void octets_of_any_value_are_strings(void **state)
{
    (void)state;
    struct intern *set = intern_new();
    assert_int_equal(intern_add(set, "", 0), 0);
    assert_int_equal(intern_add(set, "a\0b", 3), 1);
    assert_int_equal(intern_add(set, "a\0c", 3), 2);
    assert_int_equal(intern_add(set, NULL, 0), 0);

    size_t len = 99;
    assert_string_equal(intern_get(set, 0, &len), "");
    assert_int_equal(len, 0);
    assert_memory_equal(intern_get(set, 1, &len), "a\0b", 4);
    assert_int_equal(len, 3);
    assert_non_null(intern_get(set, 2, NULL));
    assert_null(intern_get(set, 3, NULL));
    intern_free(set);
}

static void many_strings_stay_where_they_are(void **state)
{
    (void)state;
    enum { MANY = 20000 };
    struct intern *set = intern_new();
    const char *first = NULL;
    for (uint32_t i = 0; i < MANY; i++) {
        char text[32];
        snprintf(text, sizeof text, "name-%u", i);
        assert_int_equal(intern_add_text(set, text), i);
        if (i == 0)
            first = intern_get(set, 0, NULL);
    }
    assert_ptr_equal(intern_get(set, 0, NULL), first);
    for (uint32_t i = 0; i < MANY; i++) {
        char text[32];
        snprintf(text, sizeof text, "name-%u", i);
        assert_int_equal(intern_find(set, text, strlen(text)), i);
        assert_string_equal(intern_get(set, i, NULL), text);
    }
    assert_int_equal(intern_count(set), MANY);
    intern_free(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_strings_share_an_id),
        cmocka_unit_test(octets_of_any_value_are_strings),
        cmocka_unit_test(many_strings_stay_where_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
