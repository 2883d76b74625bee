#include "dns/base/strata.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { MEMBERS = 5000, PIECE = 1000 };

/* A piece of a member, filled with what tells it from others. */
static uint8_t *piece(struct strata *strata, uint32_t member)
{
    struct arena *arena = strata_arena(strata, member);
    assert_non_null(arena);
    uint8_t *octets = arena_alloc(arena, PIECE, 1);
    assert_non_null(octets);
    memset(octets, (int)(member % 251), PIECE);
    return octets;
}

static void check(const uint8_t *octets, uint32_t member)
{
    assert_int_equal(octets[0], member % 251);
    assert_int_equal(octets[PIECE - 1], member % 251);
}

/* Under a sanitizer each access to a layer that went too early is seen. */
static void pieces_stay_until_their_member_is_done(void **state)
{
    (void)state;
    static uint8_t *early[MEMBERS], *late[MEMBERS];
    struct strata *strata = strata_new();
    assert_non_null(strata);
    for (uint32_t i = 0; i < MEMBERS; i++) {
        early[i] = piece(strata, i);
        /* Something of an older member comes later than what is younger, and the other way. */
        late[i / 2] = piece(strata, i / 2);
    }
    for (uint32_t i = 0; i < MEMBERS; i++) {
        check(early[i], i);
        if (i < MEMBERS / 2)
            check(late[i], i);
        strata_done(strata, i);
    }
    strata_free(strata);
}

static void layers_go_one_by_one(void **state)
{
    (void)state;
    struct strata *strata = strata_new();
    assert_non_null(strata);
    struct arena *first = strata_arena(strata, 0);
    struct arena *last = first;
    unsigned layers = 1;
    for (uint32_t i = 0; i < MEMBERS; i++) {
        piece(strata, i);
        struct arena *now = strata_arena(strata, i);
        layers += now != last;
        last = now;
    }
    /* Megabytes, of which each is one layer, give or take its last piece. */
    assert_in_range(layers, MEMBERS * PIECE / (1024 * 1024), MEMBERS * PIECE / (900 * 1024) + 2);
    strata_done(strata, 0);
    check(piece(strata, 0), 0);
    /* All are done: what comes now gets a layer of its own. */
    strata_done(strata, MEMBERS);
    assert_non_null(strata_arena(strata, MEMBERS + 1));
    check(piece(strata, MEMBERS + 1), MEMBERS + 1);
    strata_free(strata);
    strata_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_stay_until_their_member_is_done),
        cmocka_unit_test(layers_go_one_by_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
