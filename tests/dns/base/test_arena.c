#include "dns/base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static bool is_zero(const unsigned char *octets, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (octets[i] != 0)
            return false;
    }
    return true;
}

static void pieces_are_zeroed_aligned_and_apart(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    assert_non_null(arena);

    unsigned char *pieces[2000];
    size_t sizes[2000];
    for (size_t i = 0; i < 2000; i++) {
        const size_t align = (size_t)1 << (i % 7);
        sizes[i] = i * 7 % 300 + 1;
        pieces[i] = arena_alloc(arena, sizes[i], align);
        assert_non_null(pieces[i]);
        assert_int_equal((uintptr_t)pieces[i] % align, 0);
        assert_true(is_zero(pieces[i], sizes[i]));
        memset(pieces[i], (int)(i % 251) + 1, sizes[i]);
    }
    for (size_t i = 0; i < 2000; i++) {
        assert_int_equal(pieces[i][0], i % 251 + 1);
        assert_int_equal(pieces[i][sizes[i] - 1], i % 251 + 1);
    }
    arena_free(arena);
}

static void a_large_piece_does_not_waste_the_current_chunk(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    assert_non_null(arena_alloc(arena, 8, 8));
    unsigned char *large = arena_alloc(arena, 5 * 1024 * 1024, 64);
    assert_non_null(large);
    assert_true(is_zero(large, 5 * 1024 * 1024));

    const size_t before = arena_footprint(arena);
    assert_true(before > 5 * 1024 * 1024 && before < 6 * 1024 * 1024);
    assert_non_null(arena_alloc(arena, 64, 8));
    assert_int_equal(arena_footprint(arena), before);
    arena_free(arena);
}

static void a_small_arena_stays_small(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    assert_non_null(arena_string(arena, "one small zone"));
    assert_true(arena_footprint(arena) < 4096);
    arena_free(arena);
}

static void what_is_reserved_comes_from_one_chunk_without_slack(void **state)
{
    (void)state;
    static const size_t sizes[] = { 100, 5000, 7 * 1024 * 1024 };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct arena *arena = arena_new();
        assert_non_null(arena_string(arena, "what was there before"));
        const size_t before = arena_footprint(arena);
        assert_true(arena_reserve(arena, sizes[i]));
        const size_t reserved = arena_footprint(arena);
        assert_true(reserved < before + sizes[i] + 64);
        /* One piece, so that what a sanitizer puts behind pieces does not count. */
        unsigned char *piece = arena_alloc(arena, sizes[i], 1);
        assert_non_null(piece);
        assert_true(is_zero(piece, sizes[i]));
        memset(piece, 1, sizes[i]);
        assert_int_equal(arena_footprint(arena), reserved);
        arena_settle(arena);
        assert_int_equal(piece[0], 1);
        assert_int_equal(piece[sizes[i] - 1], 1);
        arena_free(arena);
    }
    struct arena *arena = arena_new();
    assert_false(arena_reserve(arena, SIZE_MAX));
    assert_false(arena_reserve(arena, SIZE_MAX / 2));
    assert_non_null(ARENA_NEW(arena, uint64_t));
    arena_free(arena);
}

static void impossible_sizes_give_null(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    volatile size_t huge = SIZE_MAX;
    assert_null(arena_alloc(arena, huge, 1));
    assert_null(arena_alloc(arena, huge / 2, 64));
    assert_null(arena_array(arena, huge / 4, 8, 8));
    assert_null(ARENA_ARRAY(arena, uint64_t, huge));
    /* And the arena is as good as before. */
    assert_non_null(ARENA_NEW(arena, uint64_t));
    arena_free(arena);
}

static void nothing_is_still_a_pointer(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    assert_non_null(arena_alloc(arena, 0, 1));
    assert_non_null(arena_copy(arena, NULL, 0, 8));
    assert_non_null(ARENA_ARRAY(arena, uint32_t, 0));
    arena_free(arena);
    arena_free(NULL);
}

static void copies_are_their_own(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    char word[] = "helsinki-1";
    char *string = arena_string(arena, word);
    char *octets = arena_copy(arena, word, 8, 1);
    char *formatted = arena_format(arena, "%s:%d", word, 8080);
    memset(word, 'x', sizeof word);

    assert_string_equal(string, "helsinki-1");
    assert_memory_equal(octets, "helsinki", 8);
    assert_string_equal(formatted, "helsinki-1:8080");
    arena_free(arena);
}

/* There only in a build with AddressSanitizer. */
extern int __asan_address_is_poisoned(const volatile void *address) __attribute__((weak));

static void the_octet_behind_a_piece_is_poisoned(void **state)
{
    (void)state;
    if (__asan_address_is_poisoned == NULL)
        skip();
    struct arena *arena = arena_new();
    const char *const first = arena_alloc(arena, 8, 8);
    const char *const second = arena_alloc(arena, 13, 1);
    assert_non_null(first);
    assert_non_null(second);
    assert_false(__asan_address_is_poisoned(first + 7));
    assert_true(__asan_address_is_poisoned(first + 8));
    assert_false(__asan_address_is_poisoned(second + 12));
    assert_true(__asan_address_is_poisoned(second + 13));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_zeroed_aligned_and_apart),
        cmocka_unit_test(a_large_piece_does_not_waste_the_current_chunk),
        cmocka_unit_test(a_small_arena_stays_small),
        cmocka_unit_test(what_is_reserved_comes_from_one_chunk_without_slack),
        cmocka_unit_test(impossible_sizes_give_null),
        cmocka_unit_test(nothing_is_still_a_pointer),
        cmocka_unit_test(copies_are_their_own),
        cmocka_unit_test(the_octet_behind_a_piece_is_poisoned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
