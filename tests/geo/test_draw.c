#include "geo/draw.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dns/base/hash.h"
#include "dns/base/prefix.h"

enum { MEMBERS = 5 };

static uint64_t key_of(const char *name)
{
    return hash_stable(name, strlen(name));
}

static const char *const names[MEMBERS] = { "cdn-a", "cdn-b", "cdn-c", "helsinki-1", "virginia-1" };

static struct asker client(uint32_t n)
{
    return (struct asker){ .family = FAMILY_V4, .key = (uint64_t)n << 40 };
}

/* The member drawn first, for weights of which 0 means "not there". */
static int draw_first(const struct asker *asker, const uint32_t weights[MEMBERS])
{
    const uint64_t ticket = draw_ticket(asker, DRAW_PER_CLIENT, 0, 24, 56);
    uint64_t earliest = 0;
    int first = -1;

    for (int i = 0; i < MEMBERS; i++) {
        if (weights[i] == 0)
            continue;
        const uint64_t arrival = draw_arrival(ticket, key_of(names[i]), weights[i]);
        if (first < 0 || arrival < earliest) {
            first = i;
            earliest = arrival;
        }
    }
    return first;
}

static void the_share_of_clients_is_the_weight(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        uint32_t weights[MEMBERS];
    } cases[] = {
        { "two unequal", { 60, 40 } },
        { "two equal", { 1, 1 } },
        { "five", { 10, 20, 30, 40, 50 } },
        { "one in a hundred", { 1, 99 } },
        { "a thousandth beside a million", { 1000, 1000000 } },
        { "large weights mean what small ones do", { 600000, 400000 } },
    };
    enum { CLIENTS = 200000 };

    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        unsigned counts[MEMBERS] = { 0 };
        double total = 0;

        for (uint32_t n = 0; n < CLIENTS; n++) {
            const struct asker asker = client(n);
            counts[draw_first(&asker, cases[c].weights)]++;
        }
        for (int i = 0; i < MEMBERS; i++)
            total += cases[c].weights[i];
        for (int i = 0; i < MEMBERS; i++) {
            const double share = cases[c].weights[i] / total;
            const double expected = share * CLIENTS;
            const double sigma = sqrt(expected * (1 - share));
            if (fabs(counts[i] - expected) > 4 * sigma)
                fail_msg("%s: member %d drew %u clients, not %.0f +- %.0f", cases[c].what, i,
                         counts[i], expected, 4 * sigma);
        }
    }
}

/* The variate itself: mean 1, variance 1, and P(E > 3) = e^-3. */
static void arrivals_are_exponential(void **state)
{
    (void)state;
    enum { DRAWS = 200000 };
    double sum = 0, squares = 0;
    unsigned late = 0;

    for (uint32_t n = 0; n < DRAWS; n++) {
        const double arrival = (double)draw_arrival(hash_mix(n + 1), key_of("cdn-a"), 1) * 0x1p-58;
        sum += arrival;
        squares += arrival * arrival;
        late += arrival > 3;
    }
    assert_true(fabs(sum / DRAWS - 1) < 0.01);
    assert_true(fabs(squares / DRAWS - 2) < 0.06);
    assert_true(fabs((double)late / DRAWS - exp(-3)) < 0.002);
}

static void removing_a_member_moves_only_its_clients(void **state)
{
    (void)state;
    const uint32_t before[MEMBERS] = { 60, 40, 25, 10, 1 };

    for (int gone = 0; gone < MEMBERS; gone++) {
        uint32_t after[MEMBERS];
        memcpy(after, before, sizeof after);
        after[gone] = 0;
        for (uint32_t n = 0; n < 20000; n++) {
            const struct asker asker = client(n);
            const int first = draw_first(&asker, before), then = draw_first(&asker, after);
            if (first != gone && then != first)
                fail_msg("client %u moved from %d to %d though %d left", n, first, then, gone);
            assert_int_not_equal(then, gone);
        }
    }
}

static void a_larger_weight_moves_clients_only_to_its_member(void **state)
{
    (void)state;
    const uint32_t before[MEMBERS] = { 60, 40, 25 }, after[MEMBERS] = { 60, 80, 25 };
    unsigned moved = 0;

    for (uint32_t n = 0; n < 20000; n++) {
        const struct asker asker = client(n);
        const int first = draw_first(&asker, before), then = draw_first(&asker, after);
        assert_true(then == first || then == 1);
        moved += then != first;
    }
    assert_in_range(moved, 3000, 6000);
}

/* Values written down once: no compiler, machine or release may change them. */
static void every_machine_draws_the_same(void **state)
{
    (void)state;
    const struct asker v4 = { .family = FAMILY_V4, .key = 0xc000020100000000u };
    const struct asker v6 = { .family = FAMILY_V6, .key = 0x20010db800010203u };

    assert_int_equal(draw_ticket(&v4, DRAW_PER_CLIENT, 0, 24, 56), 0x99c14875a54b4edeu);
    assert_int_equal(draw_ticket(&v6, DRAW_PER_CLIENT, 3, 24, 56), 0x1c1903ac500826eeu);
    assert_int_equal(
        draw_arrival(draw_ticket(&v4, DRAW_PER_CLIENT, 0, 24, 56), key_of("cdn-a"), 60),
        0x00125bfdc0eaa0a5u);
    assert_int_equal(draw_arrival(draw_ticket(&v6, DRAW_PER_CLIENT, 3, 24, 56), key_of("cdn-b"), 1),
                     0x0096374bee07e9fcu);
}

static void a_ticket_depends_on_what_is_hashed_and_nothing_else(void **state)
{
    (void)state;
    const struct asker base = {
        .family = FAMILY_V4, .key = 0xc000020100000000u, .resolver_key = 1, .random = 2
    };
    static const struct {
        const char *what;
        struct asker other;
        bool client, query, resolver; /* equal tickets */
    } cases[] = {
        { "another address of the /24",
          { .family = FAMILY_V4, .key = 0xc00002ff00000000u, .resolver_key = 1, .random = 2 },
          true,
          true,
          true },
        { "the next /24",
          { .family = FAMILY_V4, .key = 0xc000030100000000u, .resolver_key = 1, .random = 2 },
          false,
          true,
          true },
        { "another query",
          { .family = FAMILY_V4, .key = 0xc000020100000000u, .resolver_key = 1, .random = 3 },
          true,
          false,
          true },
        { "another resolver",
          { .family = FAMILY_V4, .key = 0xc000020100000000u, .resolver_key = 9, .random = 2 },
          true,
          true,
          false },
        { "the same bits in the other family",
          { .family = FAMILY_V6, .key = 0xc000020000000000u, .resolver_key = 1, .random = 2 },
          false,
          true,
          true },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct asker *other = &cases[i].other;
        const bool client_equal = draw_ticket(&base, DRAW_PER_CLIENT, 0, 24, 56) ==
                                  draw_ticket(other, DRAW_PER_CLIENT, 0, 24, 56);
        const bool query_equal = draw_ticket(&base, DRAW_PER_QUERY, 0, 24, 56) ==
                                 draw_ticket(other, DRAW_PER_QUERY, 0, 24, 56);
        const bool resolver_equal = draw_ticket(&base, DRAW_PER_RESOLVER, 0, 24, 56) ==
                                    draw_ticket(other, DRAW_PER_RESOLVER, 0, 24, 56);
        if (client_equal != cases[i].client || query_equal != cases[i].query ||
            resolver_equal != cases[i].resolver)
            fail_msg("%s: client %d query %d resolver %d", cases[i].what, client_equal, query_equal,
                     resolver_equal);
    }
    assert_int_not_equal(draw_ticket(&base, DRAW_PER_CLIENT, 0, 24, 56),
                         draw_ticket(&base, DRAW_PER_CLIENT, 1, 24, 56));
}

static void the_anonymous_share_one_ticket(void **state)
{
    (void)state;
    const struct asker a = { .family = FAMILY_V4, .anonymous = true, .key = 1, .resolver_key = 1 };
    const struct asker b = {
        .family = FAMILY_V6, .anonymous = true, .key = UINT64_MAX, .resolver_key = 2
    };

    assert_int_equal(draw_ticket(&a, DRAW_PER_CLIENT, 0, 24, 56),
                     draw_ticket(&b, DRAW_PER_CLIENT, 0, 24, 56));
    assert_int_equal(draw_ticket(&a, DRAW_PER_RESOLVER, 0, 24, 56),
                     draw_ticket(&b, DRAW_PER_RESOLVER, 0, 24, 56));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_share_of_clients_is_the_weight),
        cmocka_unit_test(arrivals_are_exponential),
        cmocka_unit_test(removing_a_member_moves_only_its_clients),
        cmocka_unit_test(a_larger_weight_moves_clients_only_to_its_member),
        cmocka_unit_test(every_machine_draws_the_same),
        cmocka_unit_test(a_ticket_depends_on_what_is_hashed_and_nothing_else),
        cmocka_unit_test(the_anonymous_share_one_ticket),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
