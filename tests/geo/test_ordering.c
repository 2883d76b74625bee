#include "geo/ordering.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dns/base/hash.h"
#include "dns/base/prefix.h"

/*
 * Composes a program from a notation: a letter is a region (a = 0), "(" begins
 * a draw per client, "[" one per query, "{" one per resolver, and "|" stands
 * between members.
 */
static void compose(struct ordering_draft *draft, const char *text)
{
    size_t draws[32], members[32], depth = 0;
    uint64_t key = 1;

    for (; *text != '\0'; text++) {
        const char *open = strchr("([{", *text);
        if (open != NULL) {
            const enum draw_per per = *text == '('   ? DRAW_PER_CLIENT
                                      : *text == '[' ? DRAW_PER_QUERY
                                                     : DRAW_PER_RESOLVER;
            draws[depth] = ordering_draw_begin(draft, per, depth, 20, 48);
            members[depth++] = ordering_member_begin(draft, hash_mix(key++), 10);
        } else if (*text == '|') {
            ordering_member_end(draft, members[depth - 1]);
            members[depth - 1] = ordering_member_begin(draft, hash_mix(key++), 10);
        } else if (strchr(")]}", *text) != NULL) {
            ordering_member_end(draft, members[--depth]);
            ordering_draw_end(draft, draws[depth]);
        } else {
            ordering_put_region(draft, (uint16_t)(*text - 'a'));
        }
    }
    assert_int_equal(depth, 0);
}

static uint32_t intern(struct ordering_set *set, const char *text)
{
    struct ordering_draft draft;
    uint32_t id;

    ordering_draft_init(&draft);
    compose(&draft, text);
    assert_int_equal(ordering_intern(set, &draft, &id), STATUS_OK);
    ordering_draft_release(&draft);
    return id;
}

static struct asker client(uint64_t n)
{
    return (struct asker){ .family = FAMILY_V4, .key = n << 44, .resolver_key = n, .random = n };
}

/* Runs for one asker; the ranking as letters. */
static const char *run(const struct ordering_set *set, uint32_t id, const struct asker *asker,
                       size_t cap, char text[32])
{
    uint16_t out[32];
    uint8_t scope = 0;

    const size_t count = ordering_run(set, id, asker, out, cap, &scope);
    assert_true(count <= cap && count < 32);
    for (size_t i = 0; i < count; i++)
        text[i] = (char)('a' + out[i]);
    text[count] = '\0';
    return text;
}

static void a_list_comes_as_it_was_put(void **state)
{
    (void)state;
    static const struct {
        const char *program, *ranking;
        size_t cap;
    } cases[] = {
        { "", "", 30 },           { "a", "a", 30 },         { "ba", "ba", 30 },
        { "abcde", "abcde", 30 }, { "abcde", "abc", 3 },    { "abcde", "", 0 },
        { "abacab", "abc", 30 },  { "(a)", "a", 30 },       { "b(a)c", "bac", 30 },
        { "a(b)bca", "abc", 30 }, { "((a)b)c", "abc", 30 },
    };
    struct ordering_set *set = ordering_set_new();
    const struct asker asker = client(7);
    char text[32];

    assert_non_null(set);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const uint32_t id = intern(set, cases[i].program);
        if (strcmp(run(set, id, &asker, cases[i].cap, text), cases[i].ranking) != 0)
            fail_msg("%s gives %s, not %s", cases[i].program, text, cases[i].ranking);
    }
    ordering_set_free(set);
}

/* Every ranking of a thousand clients must be one of these, and each must occur. */
static void a_draw_permutes_its_members_and_nothing_else(void **state)
{
    (void)state;
    static const struct {
        const char *program;
        const char *rankings[8];
    } cases[] = {
        { "(a|b)", { "ab", "ba" } },
        { "x(a|b)y", { "xaby", "xbay" } },
        { "(ab|c)d", { "abcd", "cabd" } },
        { "(a|b|c)", { "abc", "acb", "bac", "bca", "cab", "cba" } },
        { "((a|b)c|d)", { "abcd", "bacd", "dabc", "dbac" } },
        { "(a|ab)", { "ab" } },
        { "(ab|ba)", { "ab", "ba" } },
        { "a(a|b|c)", { "abc", "acb" } },
        { "[a|b]", { "ab", "ba" } },
        { "{a|b}c", { "abc", "bac" } },
        { "(|a)b", { "ab" } },
    };
    struct ordering_set *set = ordering_set_new();
    assert_non_null(set);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const uint32_t id = intern(set, cases[i].program);
        unsigned seen[8] = { 0 };

        for (uint64_t n = 0; n < 1000; n++) {
            const struct asker asker = client(n);
            char text[32];
            size_t known = 0;
            run(set, id, &asker, 30, text);
            while (known < 8 && cases[i].rankings[known] != NULL &&
                   strcmp(text, cases[i].rankings[known]) != 0)
                known++;
            if (known == 8 || cases[i].rankings[known] == NULL)
                fail_msg("%s gives %s", cases[i].program, text);
            seen[known]++;
        }
        for (size_t r = 0; r < 8 && cases[i].rankings[r] != NULL; r++)
            if (seen[r] == 0)
                fail_msg("%s never gives %s", cases[i].program, cases[i].rankings[r]);
    }
    ordering_set_free(set);
}

static void scope_follows_what_the_draws_looked_at(void **state)
{
    (void)state;
    static const struct {
        const char *program;
        size_t cap;
        bool anonymous;
        uint8_t scope; /* came in as 9 */
    } cases[] = {
        { "abc", 30, false, 9 },   { "(a|b)", 30, false, 20 },
        { "(a)", 30, false, 9 },   { "[a|b]", 30, false, 9 },
        { "{a|b}", 30, false, 9 }, { "(a|[b|c])", 30, false, 20 },
        { "a(b|c)", 1, false, 9 }, { "a(b|c)", 2, false, 20 },
        { "(a|b)", 30, true, 9 },  { "[a]b", 30, false, 9 },
    };
    struct ordering_set *set = ordering_set_new();
    assert_non_null(set);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct asker asker = client(3);
        uint16_t out[32];
        uint8_t scope = 9;

        asker.anonymous = cases[i].anonymous;
        ordering_run(set, intern(set, cases[i].program), &asker, out, cases[i].cap, &scope);
        if (scope != cases[i].scope)
            fail_msg("%s: scope %u", cases[i].program, scope);
    }
    ordering_set_free(set);
}

static void equal_programs_have_equal_ids(void **state)
{
    (void)state;
    struct ordering_set *set = ordering_set_new();
    assert_non_null(set);

    const uint32_t plain = intern(set, "abc"), draw = intern(set, "(a|b)c");
    assert_int_not_equal(plain, draw);
    assert_int_equal(intern(set, "abc"), plain);
    assert_int_equal(intern(set, "abcab"), plain);
    assert_int_equal(intern(set, "(a|b)c"), draw);
    assert_int_not_equal(intern(set, "[a|b]c"), draw);
    assert_int_not_equal(intern(set, "ab"), plain);
    assert_int_not_equal(intern(set, "acb"), plain);
    assert_int_equal(ordering_count(set), 5);
    ordering_set_free(set);
}

/* Enough programs for the table of slots to grow many times; each still runs after the freeze. */
static void thousands_of_programs_keep_their_ids(void **state)
{
    (void)state;
    enum { PROGRAMS = 5000 };
    struct ordering_set *set = ordering_set_new();
    struct ordering_draft draft;
    const struct asker asker = client(0);

    assert_non_null(set);
    ordering_draft_init(&draft);
    for (int pass = 0; pass < 2; pass++) {
        for (uint32_t n = 0; n < PROGRAMS; n++) {
            uint32_t id;
            ordering_draft_clear(&draft);
            ordering_put_region(&draft, (uint16_t)(n % REGION_LIMIT));
            ordering_put_region(&draft, (uint16_t)((n / REGION_LIMIT + n + 1) % REGION_LIMIT));
            assert_int_equal(ordering_intern(set, &draft, &id), STATUS_OK);
            assert_int_equal(id, n);
        }
    }
    ordering_draft_release(&draft);

    const size_t before = ordering_footprint(set);
    ordering_set_freeze(set);
    assert_true(ordering_footprint(set) < before);
    for (uint32_t n = 0; n < PROGRAMS; n++) {
        uint16_t out[4];
        uint8_t scope = 0;
        assert_int_equal(ordering_run(set, n, &asker, out, 4, &scope), 2);
        assert_int_equal(out[0], n % REGION_LIMIT);
    }
    ordering_set_free(set);
}

/* All regions in one draw: every one comes exactly once, in the order of arrival. */
static void the_largest_draw_is_ranked_right(void **state)
{
    (void)state;
    struct ordering_set *set = ordering_set_new();
    struct ordering_draft draft;
    uint32_t id;
    uint16_t out[REGION_LIMIT];
    uint8_t scope = 0;
    const struct asker asker = client(99);

    assert_non_null(set);
    ordering_draft_init(&draft);
    const size_t draw = ordering_draw_begin(&draft, DRAW_PER_CLIENT, 5, 24, 56);
    for (uint16_t r = 0; r < REGION_LIMIT; r++) {
        const size_t member = ordering_member_begin(&draft, hash_mix(r + 1u), r + 1u);
        ordering_put_region(&draft, r);
        ordering_member_end(&draft, member);
    }
    ordering_draw_end(&draft, draw);
    assert_int_equal(ordering_intern(set, &draft, &id), STATUS_OK);
    ordering_draft_release(&draft);

    assert_int_equal(ordering_run(set, id, &asker, out, REGION_LIMIT, &scope), REGION_LIMIT);
    const uint64_t ticket = draw_ticket(&asker, DRAW_PER_CLIENT, 5, 24, 56);
    uint64_t last = 0;
    bool seen[REGION_LIMIT] = { false };
    for (size_t i = 0; i < REGION_LIMIT; i++) {
        const uint64_t arrival = draw_arrival(ticket, hash_mix(out[i] + 1u), out[i] + 1u);
        assert_true(arrival >= last);
        assert_false(seen[out[i]]);
        seen[out[i]] = true;
        last = arrival;
    }
    ordering_set_free(set);
}

static void refuses_what_a_run_could_not_hold(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        unsigned depth, width;
        enum status status;
    } cases[] = {
        { "as deep as allowed", ORDERING_DEPTH_LIMIT, 2, STATUS_OK },
        { "one deeper", ORDERING_DEPTH_LIMIT + 1, 2, STATUS_LIMIT },
        { "as many as allowed", 4, ORDERING_MEMBERS_LIMIT / 4, STATUS_OK },
        { "too many along one path", 5, ORDERING_MEMBERS_LIMIT / 4, STATUS_LIMIT },
    };
    struct ordering_set *set = ordering_set_new();
    assert_non_null(set);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ordering_draft draft;
        size_t draws[40], members[40];
        uint32_t id;

        ordering_draft_init(&draft);
        /* Each draw has width - 1 members with a region, and one with the next draw. */
        for (unsigned d = 0; d < cases[i].depth; d++) {
            draws[d] = ordering_draw_begin(&draft, DRAW_PER_CLIENT, d, 24, 56);
            for (unsigned w = 0; w + 1 < cases[i].width; w++) {
                const size_t member = ordering_member_begin(&draft, hash_mix(w + 1), 1);
                ordering_put_region(&draft, (uint16_t)(w % REGION_LIMIT));
                ordering_member_end(&draft, member);
            }
            members[d] = ordering_member_begin(&draft, 0, 1);
        }
        ordering_put_region(&draft, 1000);
        for (unsigned d = cases[i].depth; d-- > 0;) {
            ordering_member_end(&draft, members[d]);
            ordering_draw_end(&draft, draws[d]);
        }
        if (ordering_intern(set, &draft, &id) != cases[i].status)
            fail_msg("%s: not as expected", cases[i].what);
        if (cases[i].status == STATUS_OK) {
            uint16_t out[REGION_LIMIT];
            uint8_t scope = 0;
            const struct asker asker = client(i);
            const size_t count = ordering_run(set, id, &asker, out, REGION_LIMIT, &scope);
            const size_t expected = cases[i].width; /* width - 1 shared regions and number 1000 */
            if (count != (expected > 1001 ? expected - 1 : expected))
                fail_msg("%s: %zu regions", cases[i].what, count);
        }
        ordering_draft_release(&draft);
    }
    ordering_set_free(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_comes_as_it_was_put),
        cmocka_unit_test(a_draw_permutes_its_members_and_nothing_else),
        cmocka_unit_test(scope_follows_what_the_draws_looked_at),
        cmocka_unit_test(equal_programs_have_equal_ids),
        cmocka_unit_test(thousands_of_programs_keep_their_ids),
        cmocka_unit_test(the_largest_draw_is_ranked_right),
        cmocka_unit_test(refuses_what_a_run_could_not_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
