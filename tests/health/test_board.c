#include "health/board.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void starts_unknown_everywhere(void **state)
{
    (void)state;
    static const uint32_t ids[] = { 0, 1, 4095, 4096, BOARD_CAPACITY - 1 };
    struct board *board = board_new();
    assert_non_null(board);
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        assert_int_equal(board_health(board, ids[i]), HEALTH_UNKNOWN);
        assert_false(board_unsure(board, ids[i]));
    }
    board_free(board);
}

static void keeps_health_and_doubt_apart(void **state)
{
    (void)state;
    static const enum health all[] = { HEALTH_UNKNOWN, HEALTH_UP, HEALTH_DOWN };
    struct board *board = board_new();
    assert_non_null(board);
    board_set(board, 6, HEALTH_DOWN, true);
    board_set(board, 8, HEALTH_UP, false);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        for (int unsure = 0; unsure <= 1; unsure++) {
            board_set(board, 7, all[i], unsure);
            assert_int_equal(board_health(board, 7), all[i]);
            assert_int_equal(board_unsure(board, 7), unsure);
        }
    }
    /* The neighbours have not moved. */
    assert_int_equal(board_health(board, 6), HEALTH_DOWN);
    assert_true(board_unsure(board, 6));
    assert_int_equal(board_health(board, 8), HEALTH_UP);
    board_free(board);
}

static void no_board_is_no_trouble(void **state)
{
    (void)state;
    board_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(starts_unknown_everywhere),
        cmocka_unit_test(keeps_health_and_doubt_apart),
        cmocka_unit_test(no_board_is_no_trouble),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
