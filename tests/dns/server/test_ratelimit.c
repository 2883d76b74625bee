#include "dns/server/ratelimit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct address address_of(const char *text)
{
    struct address address;

    assert_true(address_parse(text, &address));
    return address;
}

static const struct ratelimit_rules ten = {
    .on = true, .answers = 10, .nxdomain = 5, .errors = 2, .slip = 2
};

/* How many of `count` responses in one instant are sent whole. */
static unsigned sent(struct ratelimit *table, const struct ratelimit_rules *rules,
                     const char *source, enum response_class kind, uint64_t zone, uint64_t now_ms,
                     unsigned count)
{
    const struct address address = address_of(source);
    unsigned whole = 0;

    while (count-- > 0)
        whole += ratelimit_charge(table, rules, &address, kind, zone, now_ms) == RATELIMIT_SEND;
    return whole;
}

static int fresh_table(void **state)
{
    *state = ratelimit_new();
    return *state == NULL;
}

static int free_table(void **state)
{
    ratelimit_free(*state);
    return 0;
}

static void a_second_s_worth_and_no_more(void **state)
{
    struct ratelimit *table = *state;

    assert_int_equal(sent(table, &ten, "192.0.2.1", RESPONSE_ANSWER, 0, 1000, 100), 10);
    assert_int_equal(sent(table, &ten, "192.0.2.1", RESPONSE_ANSWER, 0, 1500, 100), 5);
    assert_int_equal(sent(table, &ten, "192.0.2.1", RESPONSE_ANSWER, 0, 9000, 100), 10);
}

/* Asking all the time must not keep an account from earning. */
static void a_steady_flood_gets_the_rate(void **state)
{
    struct ratelimit *table = *state;
    unsigned whole = 0;

    for (uint64_t now = 0; now < 10000; now++)
        whole += sent(table, &ten, "192.0.2.1", RESPONSE_ANSWER, 0, now, 3);
    assert_in_range(whole, 95, 115);
}

static void who_stays_below_the_rate_never_meets_it(void **state)
{
    struct ratelimit *table = *state;

    for (uint64_t now = 0; now < 100000; now += 125)
        assert_int_equal(sent(table, &ten, "192.0.2.1", RESPONSE_ANSWER, 0, now, 1), 1);
}

static void one_account_for_a_prefix_and_class(void **state)
{
    static const struct {
        const char *what, *source;
        enum response_class kind;
        uint64_t zone;
        unsigned sent;
    } rows[] = {
        { "the first of a /24", "192.0.2.1", RESPONSE_ANSWER, 0, 10 },
        { "its neighbour shares the account", "192.0.2.200", RESPONSE_ANSWER, 0, 0 },
        { "the next /24 does not", "192.0.3.1", RESPONSE_ANSWER, 0, 10 },
        { "NODATA has its own", "192.0.2.1", RESPONSE_NODATA, 0, 10 },
        { "NXDOMAIN has its own rate", "192.0.2.1", RESPONSE_NXDOMAIN, 1, 5 },
        { "and one for each zone", "192.0.2.1", RESPONSE_NXDOMAIN, 2, 5 },
        { "errors too, whatever the zone", "192.0.2.1", RESPONSE_ERROR, 1, 2 },
        { "errors of another zone share it", "192.0.2.1", RESPONSE_ERROR, 2, 0 },
        { "a /56", "2001:db8:0:100::1", RESPONSE_ANSWER, 0, 10 },
        { "its neighbour shares", "2001:db8:0:1ff::1", RESPONSE_ANSWER, 0, 0 },
        { "the next /56 does not", "2001:db8:0:200::1", RESPONSE_ANSWER, 0, 10 },
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const unsigned whole =
            sent(*state, &ten, rows[i].source, rows[i].kind, rows[i].zone, 1000, 100);
        if (whole != rows[i].sent)
            fail_msg("%s: %u sent, %u expected", rows[i].what, whole, rows[i].sent);
    }
}

static void every_slip_th_refusal_goes_out_truncated(void **state)
{
    struct ratelimit *table = *state;
    const struct address source = address_of("192.0.2.1");
    static const struct { uint8_t slip; unsigned truncated; } rows[] = {
        { 0, 0 }, { 1, 60 }, { 2, 30 }, { 3, 20 },
    };

    sent(table, &ten, "192.0.2.1", RESPONSE_ANSWER, 0, 1000, 10);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct ratelimit_rules rules = ten;
        unsigned truncated = 0;
        rules.slip = rows[i].slip;
        for (unsigned n = 0; n < 60; n++)
            truncated += ratelimit_charge(table, &rules, &source, RESPONSE_ANSWER, 0, 1000) ==
                         RATELIMIT_SLIP_TRUNCATED;
        assert_int_equal(truncated, rows[i].truncated);
    }
}

static void the_allowed_and_the_unlimited_are_never_refused(void **state)
{
    struct prefix allow;
    struct ratelimit_rules rules = ten;

    assert_true(prefix_parse("192.0.2.0/24", &allow));
    rules.allow = &allow;
    rules.allow_count = 1;
    assert_int_equal(sent(*state, &rules, "192.0.2.1", RESPONSE_ANSWER, 0, 1000, 100), 100);
    assert_int_equal(sent(*state, &rules, "192.0.3.1", RESPONSE_ANSWER, 0, 1000, 100), 10);
    rules.on = false;
    assert_int_equal(sent(*state, &rules, "192.0.4.1", RESPONSE_ANSWER, 0, 1000, 100), 100);
}

/* A million strangers must not buy one flooder a new account. */
static void filling_the_table_frees_nobody(void **state)
{
    struct ratelimit *table = *state;
    struct address stranger = address_of("10.0.0.0");

    sent(table, &ten, "192.0.2.1", RESPONSE_ANSWER, 0, 1000, 10);
    for (uint32_t n = 0; n < 1000000; n++) {
        stranger.octets[0] = (uint8_t)(10 + (n >> 16));
        stranger.octets[1] = (uint8_t)(n >> 8);
        stranger.octets[2] = (uint8_t)n;
        (void)ratelimit_charge(table, &ten, &stranger, RESPONSE_ANSWER, 0, 1000);
    }
    assert_in_range(sent(table, &ten, "192.0.2.1", RESPONSE_ANSWER, 0, 1000, 100), 0, 10);
    /* And the strangers, one response each, are not refused for it. */
    stranger.octets[0] = 200;
    unsigned refused = 0;
    for (uint32_t n = 0; n < 65536; n++) {
        stranger.octets[1] = (uint8_t)(n >> 8);
        stranger.octets[2] = (uint8_t)n;
        refused += ratelimit_charge(table, &ten, &stranger, RESPONSE_ANSWER, 0, 1000) !=
                   RATELIMIT_SEND;
    }
    assert_in_range(refused, 0, 65);
}

#define WITH_TABLE(test) cmocka_unit_test_setup_teardown(test, fresh_table, free_table)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_TABLE(a_second_s_worth_and_no_more),
        WITH_TABLE(a_steady_flood_gets_the_rate),
        WITH_TABLE(who_stays_below_the_rate_never_meets_it),
        WITH_TABLE(one_account_for_a_prefix_and_class),
        WITH_TABLE(every_slip_th_refusal_goes_out_truncated),
        WITH_TABLE(the_allowed_and_the_unlimited_are_never_refused),
        WITH_TABLE(filling_the_table_frees_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
