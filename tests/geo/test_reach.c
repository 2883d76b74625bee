#include "geo/reach.h"

#include "tests/geo/rules_fixture.h"

static void longer_networks_may_leave_nothing_over(void **state)
{
    (void)state;
    static const struct {
        const char *what, *rules, *rule;
        enum reach_verdict verdict;
    } cases[] = {
        { "alone", "net:10.0.0.0/8", "net:10.0.0.0/8", REACH_OPEN },
        { "one half is left", "net:10.0.0.0/8|net:10.0.0.0/9", "net:10.0.0.0/8", REACH_OPEN },
        { "the other half is left", "net:10.0.0.0/8|net:10.128.0.0/9", "net:10.0.0.0/8",
          REACH_OPEN },
        { "both halves", "net:10.0.0.0/8|net:10.0.0.0/9,net:10.128.0.0/9", "net:10.0.0.0/8",
          REACH_COVERED },
        { "halves of halves, and what holds them",
          "net:10.0.0.0/8|net:10.0.0.0/9,net:10.0.0.0/10,net:10.64.0.0/10|net:10.128.0.0/9",
          "net:10.0.0.0/8", REACH_COVERED },
        { "a gap in the middle", "net:10.0.0.0/8|net:10.0.0.0/10,net:10.64.0.0/11,net:10.128.0.0/9",
          "net:10.0.0.0/8", REACH_OPEN },
        { "a gap at the end", "net:10.0.0.0/8|net:10.0.0.0/9,net:10.128.0.0/10,net:11.0.0.0/8",
          "net:10.0.0.0/8", REACH_OPEN },
        { "a neighbour is no cover", "net:10.0.0.0/9|net:10.128.0.0/9", "net:10.0.0.0/9",
          REACH_OPEN },
        { "up to the last address",
          "net:255.255.254.0/23|net:255.255.254.0/24,net:255.255.255.0/24", "net:255.255.254.0/23",
          REACH_COVERED },
        { "the whole family", "net:0.0.0.0/0|net:0.0.0.0/1,net:128.0.0.0/1", "net:0.0.0.0/0",
          REACH_COVERED },
        { "IPv6 down to the finest", "net:2001:db8::/63|net:2001:db8::/64,net:2001:db8:0:1::/64",
          "net:2001:db8::/63", REACH_COVERED },
        { "the finest itself", "net:2001:db8::/64|net:2001:db8:0:1::/64", "net:2001:db8::/64",
          REACH_OPEN },
        { "IPv4 covers no IPv6", "net:::/0|net:0.0.0.0/1,net:128.0.0.0/1", "net:::/0", REACH_OPEN },
        { "every address of both families", "country:DE|net:0.0.0.0/0|net:::/0", "country:DE",
          REACH_EMPTIED },
        { "in halves too", "asn:1|net:0.0.0.0/1,net:128.0.0.0/1|net:::/1,net:8000::/1", "asn:1",
          REACH_EMPTIED },
        { "of one family only", "country:DE|net:0.0.0.0/0", "country:DE", REACH_OPEN },
        { "of the other only", "country:DE|net:::/0", "country:DE", REACH_OPEN },
        { "a finer kind takes some, not all", "country:GB|city:GB/London|subdivision:GB-ENG",
          "country:GB", REACH_OPEN },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct shelf shelf;
        shelf_init(&shelf, cases[i].rules);
        const struct reach_finding found =
            reach_judge(&shelf.book, shelf_index(&shelf, cases[i].rule), NULL);
        if (found.verdict != cases[i].verdict)
            fail_msg("%s: %d", cases[i].what, (int)found.verdict);
        shelf_release(&shelf);
    }
}

/* The inner policy stands in entry 0 of the outer one. */
static void entries_around_let_only_theirs_through(void **state)
{
    (void)state;
    static const struct {
        const char *what, *outer, *rule;
        enum reach_verdict verdict;
        size_t entry;
    } cases[] = {
        { "the same", "country:DE", "country:DE", REACH_OPEN, 0 },
        { "another country", "country:DE", "country:FR", REACH_APART, 0 },
        { "one of several", "country:DE,country:FR", "country:FR", REACH_OPEN, 0 },
        { "none of several", "country:DE,country:AT", "country:FR", REACH_APART, 0 },
        { "a city of it", "country:GB", "city:GB/London", REACH_OPEN, 0 },
        { "a city elsewhere", "country:GB", "city:CA/London", REACH_APART, 0 },
        { "the country of a city", "city:GB/London", "country:GB", REACH_OPEN, 0 },
        { "another city", "city:GB/London", "city:GB/Leeds", REACH_APART, 0 },
        { "a subdivision may come from another file", "country:GB", "subdivision:US-CA", REACH_OPEN,
          0 },
        { "a place may be in two subdivisions", "subdivision:GB-ENG", "subdivision:GB-OXF",
          REACH_OPEN, 0 },
        { "continents are for the files to say", "continent:EU", "country:US", REACH_OPEN, 0 },
        { "another continent", "continent:EU", "continent:NA", REACH_APART, 0 },
        { "another AS", "asn:1", "asn:2", REACH_APART, 0 },
        { "an AS may be anywhere", "asn:1", "country:US", REACH_OPEN, 0 },
        { "a net inside", "net:10.0.0.0/8", "net:10.1.0.0/16", REACH_OPEN, 0 },
        { "a net around", "net:10.1.0.0/16", "net:10.0.0.0/8", REACH_OPEN, 0 },
        { "a net beside", "net:10.0.0.0/8", "net:11.0.0.0/8", REACH_APART, 0 },
        { "a country in a net", "net:10.0.0.0/8", "country:DE", REACH_OPEN, 0 },
        { "a net in a country", "country:DE", "net:10.0.0.0/8", REACH_OPEN, 0 },
        { "another entry has the same rule", "continent:EU|country:DE", "country:DE", REACH_TAKEN,
          1 },
        { "another entry has it, but a city comes first", "city:DE/Berlin|country:DE", "country:DE",
          REACH_OPEN, 0 },
        { "another entry has it, and the city is elsewhere",
          "city:FR/Paris,continent:EU|country:GB|country:DE", "country:DE", REACH_TAKEN, 2 },
        { "a net of another entry holds it", "country:DE|net:10.0.0.0/8", "net:10.1.0.0/16",
          REACH_TAKEN, 1 },
        { "a net of another entry holds a part", "country:DE|net:10.1.0.0/16", "net:10.0.0.0/8",
          REACH_OPEN, 0 },
        { "ours is the longer one around it", "net:10.1.0.0/16|net:10.0.0.0/8", "net:10.1.2.0/24",
          REACH_OPEN, 0 },
        { "ours is inside", "net:10.1.2.0/24|net:10.0.0.0/8", "net:10.1.0.0/16", REACH_OPEN, 0 },
        { "ours holds the one that takes it", "net:10.0.0.0/8|net:10.1.0.0/16", "net:10.1.2.0/24",
          REACH_TAKEN, 1 },
        { "a subdivision of ours may be the finer one", "subdivision:US-MA|subdivision:US-NY",
          "subdivision:US-NY", REACH_OPEN, 0 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct shelf outer, inner;
        shelf_init(&outer, cases[i].outer);
        shelf_init(&inner, cases[i].rule);
        const struct reach within = { NULL, &outer.book, 0 };
        const struct reach_finding found = reach_judge(&inner.book, 0, &within);
        if (found.verdict != cases[i].verdict || found.entry != cases[i].entry)
            fail_msg("%s: %d, entry %zu", cases[i].what, (int)found.verdict, found.entry);
        shelf_release(&outer);
        shelf_release(&inner);
    }
}

static void every_policy_around_counts(void **state)
{
    (void)state;
    struct shelf far, near, inner;
    shelf_init(&far, "country:DE");
    shelf_init(&near, "asn:64500");
    shelf_init(&inner, "country:FR");
    const struct reach outer = { NULL, &far.book, 0 }, within = { &outer, &near.book, 0 };

    assert_int_equal(reach_judge(&inner.book, 0, &within).verdict, REACH_APART);
    assert_int_equal(reach_judge(&inner.book, 0, &(struct reach){ NULL, &near.book, 0 }).verdict,
                     REACH_OPEN);
    shelf_release(&far);
    shelf_release(&near);
    shelf_release(&inner);
}

/* ---- against trying everybody ---- */

static const char *const words[] = {
    "net:10.0.0.0/8",
    "net:10.0.0.0/9",
    "net:10.128.0.0/9",
    "net:10.0.0.0/10",
    "net:10.64.0.0/10",
    "net:0.0.0.0/1",
    "net:128.0.0.0/1",
    "net:::/0",
    "asn:1",
    "asn:2",
    "city:GB/London",
    "city:DE/Berlin",
    "subdivision:DE-BE",
    "subdivision:GB-ENG",
    "country:DE",
    "country:GB",
    "continent:EU",
    "continent:NA",
};
enum { WORDS = sizeof words / sizeof *words };

static const char *const addresses[] = { "10.1.0.0", "10.65.0.0", "10.129.0.0",
                                         "9.0.0.0",  "192.0.2.0", "2001:db8::" };

/* Each field takes one of its values, together or not as they would be in the world. */
static struct place place_of(unsigned number)
{
    static const char *const countries[] = { "", "DE", "GB" };
    static const char *const cities[] = { "", "Berlin", "London" };
    static const char *const continents[] = { "", "EU", "NA" };
    static const char *const subdivisions[] = { "", "DE-BE", "GB-ENG" };

    return (struct place){ .continent = continents[number % 3],
                           .country = countries[number / 3 % 3],
                           .city = cities[number / 9 % 3],
                           .subdivision = { subdivisions[number / 27 % 3],
                                            subdivisions[number / 81 % 3], "" },
                           .asn = number / 243 % 3 };
}
enum { PLACES = 729 };

/* A few different selectors in two entries. */
static void shelf_draw(struct shelf *shelf, unsigned *seed)
{
    char text[512] = "";
    bool used[WORDS] = { false };
    const unsigned count = 1 + (unsigned)rand_r(seed) % 6, bar = (unsigned)rand_r(seed) % count;

    for (unsigned i = 0; i < count; i++) {
        unsigned word = (unsigned)rand_r(seed) % WORDS;
        while (used[word])
            word = (word + 1) % WORDS;
        used[word] = true;
        if (i > 0)
            strcat(text, i == bar ? "|" : ",");
        strcat(text, words[word]);
    }
    shelf_init(shelf, text);
}

/* The longest net of either book around the address. */
static const struct prefix *longest_net(const struct shelf *a, const struct shelf *b,
                                        const struct address *address)
{
    const struct prefix *longest = NULL;
    for (unsigned which = 0; which < 2; which++) {
        const struct rulebook *book = which == 0 ? &a->book : &b->book;
        for (size_t i = 0; i < rulebook_net_count(book); i++) {
            const struct prefix *net = &book->rules[i].selector.net;
            if (prefix_contains(net, address) && (longest == NULL || net->len > longest->len))
                longest = net;
        }
    }
    return longest;
}

static void nobody_matches_what_is_said_to_match_nobody(void **state)
{
    (void)state;
    unsigned seed = 4, told = 0;

    for (unsigned round = 0; round < 400; round++) {
        struct shelf outer, inner;
        enum reach_verdict verdicts[RULES_MOST];
        shelf_draw(&outer, &seed);
        shelf_draw(&inner, &seed);
        const struct reach within = { NULL, &outer.book, 0 };
        for (size_t i = 0; i < inner.book.count; i++) {
            verdicts[i] = reach_judge(&inner.book, i, &within).verdict;
            told += verdicts[i] != REACH_OPEN;
        }
        for (unsigned a = 0; a < sizeof addresses / sizeof *addresses; a++) {
            struct address address;
            assert_true(address_parse(addresses[a], &address));
            const struct prefix *net = longest_net(&outer, &inner, &address);
            for (unsigned p = 0; p < PLACES; p++) {
                const struct place place = place_of(p);
                const struct route_subject subject = { &place, net };
                const struct rule *first = rulebook_match(&outer.book, &subject);
                const struct rule *second = rulebook_match(&inner.book, &subject);
                if (first == NULL || first->branch != 0 || second == NULL)
                    continue;
                char text[SELECTOR_TEXT];
                if (verdicts[second - inner.rules] != REACH_OPEN)
                    fail_msg("round %u: %s matches place %u at %s", round,
                             selector_print(&second->selector, text), p, addresses[a]);
            }
        }
        shelf_release(&outer);
        shelf_release(&inner);
    }
    assert_true(told > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(longer_networks_may_leave_nothing_over),
        cmocka_unit_test(entries_around_let_only_theirs_through),
        cmocka_unit_test(every_policy_around_counts),
        cmocka_unit_test(nobody_matches_what_is_said_to_match_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
