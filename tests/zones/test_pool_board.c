#include "zones/pool_board.h"

#include "tests/dns/server/scene.h"

static void a_word_keeps_all_that_is_put_in(void **state)
{
    (void)state;
    static const enum health healths[] = { HEALTH_UNKNOWN, HEALTH_UP, HEALTH_DOWN };
    static const enum pool_cause causes[] = { POOL_BY_PROBES, POOL_BY_DRAIN, POOL_BY_FORCE,
                                              POOL_BY_LIMIT };
    static const uint32_t shares[] = { 0, 1, POOL_SHARE / 2, POOL_SHARE - 1, POOL_SHARE };
    struct pool_board *board = pool_board_new();
    assert_non_null(board);

    for (size_t i = 0; i < COUNT(healths) * COUNT(causes) * COUNT(shares) * 2; i++) {
        const struct pool_state in = {
            .health = healths[i % 3],
            .unsure = i / 3 % 2 != 0,
            .cause = causes[i / 6 % 4],
            .withheld = shares[i / 24],
        };
        const uint32_t id = i % 2 == 0 ? 7 : POOL_BOARD_CAPACITY - 1;
        pool_board_set(board, id, in);
        const struct pool_state out = pool_board_get(board, id);
        assert_int_equal(out.health, in.health);
        assert_int_equal(out.unsure, in.unsure);
        assert_int_equal(out.cause, in.cause);
        assert_int_equal(out.withheld, in.withheld);
    }
    assert_int_equal(pool_board_get(board, 8).health, HEALTH_UNKNOWN);
    pool_board_free(board);
}

/* One letter for each of Helsinki's A addresses and its AAAA: u up, d down, ? not probed, - not watched. */
static void counts_what_is_needed(void **state)
{
    static const struct {
        const char *what, *a, *aaaa;
        uint16_t needed;
        enum health of_a, of_https;
    } cases[] = {
        { "all up", "uu", "u", 1, HEALTH_UP, HEALTH_UP },
        { "one of two", "du", "d", 1, HEALTH_UP, HEALTH_UP },
        { "one of two, both needed", "du", "d", 2, HEALTH_DOWN, HEALTH_DOWN },
        { "no address, but the other family", "dd", "u", 1, HEALTH_DOWN, HEALTH_UP },
        { "nothing", "dd", "d", 1, HEALTH_DOWN, HEALTH_DOWN },
        { "one may still do", "d?", "d", 1, HEALTH_UNKNOWN, HEALTH_UNKNOWN },
        { "one is enough, whatever the other", "u?", "d", 1, HEALTH_UP, HEALTH_UP },
        { "both needed, one not known", "u?", "d", 2, HEALTH_UNKNOWN, HEALTH_UNKNOWN },
        { "both needed, one not known, one down", "d?", "d", 2, HEALTH_DOWN, HEALTH_DOWN },
        { "not known, but the other family is up", "??", "u", 1, HEALTH_UNKNOWN, HEALTH_UP },
        { "down, and the other not known", "dd", "?", 1, HEALTH_DOWN, HEALTH_UNKNOWN },
        { "nobody watches", "--", "-", 2, HEALTH_UP, HEALTH_UP },
    };
    struct scene *scene = *state;
    struct pool *pools = scene->pools[HELSINKI];

    for (size_t i = 0; i < COUNT(cases); i++) {
        const char letters[] = { cases[i].a[0], cases[i].a[1], cases[i].aaaa[0] };
        struct endpoint *endpoints[] = { &scene->a[HELSINKI][0], &scene->a[HELSINKI][1],
                                         &scene->aaaa[HELSINKI] };
        const uint32_t ids[] = { target_a(HELSINKI, 0), target_a(HELSINKI, 1),
                                 target_aaaa(HELSINKI) };
        for (unsigned e = 0; e < 3; e++) {
            endpoints[e]->target = letters[e] == '-' ? TARGET_NONE : ids[e];
            board_set(scene->board, ids[e],
                      letters[e] == 'u'   ? HEALTH_UP
                      : letters[e] == 'd' ? HEALTH_DOWN
                                          : HEALTH_UNKNOWN,
                      false);
        }
        pools[0].needed = cases[i].needed;
        scene_count(scene);
        const enum health of_a = pool_board_get(scene->pools_now, pools[0].id).health;
        const enum health of_https = pool_board_get(scene->pools_now, pools[2].id).health;
        if (of_a != cases[i].of_a || of_https != cases[i].of_https)
            fail_msg("%s: A %d, HTTPS %d", cases[i].what, of_a, of_https);
    }
}

static void is_unsure_while_a_target_is(void **state)
{
    struct scene *scene = *state;
    const struct pool *pools = scene->pools[HELSINKI];

    board_set(scene->board, target_a(HELSINKI, 1), HEALTH_UP, true);
    scene_count(scene);
    assert_true(pool_board_get(scene->pools_now, pools[0].id).unsure);
    assert_false(pool_board_get(scene->pools_now, pools[1].id).unsure);
    assert_true(pool_board_get(scene->pools_now, pools[2].id).unsure);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_word_keeps_all_that_is_put_in),
        cmocka_unit_test_setup_teardown(counts_what_is_needed, scene_setup, scene_teardown),
        cmocka_unit_test_setup_teardown(is_unsure_while_a_target_is, scene_setup, scene_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
