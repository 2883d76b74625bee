#include "dns/proto/cookie.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static size_t from_hex(const char *hex, uint8_t *out)
{
    size_t len = 0;
    unsigned octet;

    while (sscanf(hex + 2 * len, "%2x", &octet) == 1)
        out[len++] = (uint8_t)octet;
    return len;
}

static struct address address_of(const char *text)
{
    struct address address;

    assert_true(address_parse(text, &address));
    return address;
}

/* RFC 9018 appendix A. */
static const struct {
    const char *what;
    const char *secret;
    const char *source;
    const char *client_cookie;
    uint32_t now;
    const char *server_cookie;
} vectors[] = {
    { "A.1: learning a new server cookie", "e5e973e5a6b2a43f48e7dc849e37bfcf", "198.51.100.100",
      "2464c4abcf10c957", 1559731985, "010000005cf79f111f8130c3eee29480" },
    { "A.4: IPv6 client, old secret", "dd3bdf9344b678b185a6f5cb60fca715",
      "2001:db8:220:1:59de:d0f4:8769:82b8", "22681ab97d52c298", 1559741817,
      "010000005cf7c57926556bd0934c72f8" },
    { "A.4: IPv6 client, new secret", "445536bcd2513298075a5d379663c962",
      "2001:db8:220:1:59de:d0f4:8769:82b8", "22681ab97d52c298", 1559741961,
      "010000005cf7c609a6bb79d16625507a" },
};

static struct cookie_secrets one_secret(const char *hex)
{
    struct cookie_secrets secrets = { .count = 1 };

    assert_int_equal(from_hex(hex, secrets.secret[0]), COOKIE_SECRET_LEN);
    return secrets;
}

static void makes_the_cookies_of_rfc9018(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        const struct cookie_secrets secrets = one_secret(vectors[i].secret);
        const struct address source = address_of(vectors[i].source);
        uint8_t option[COOKIE_CLIENT_LEN];
        uint8_t expected[COOKIE_SERVER_LEN];
        uint8_t cookie[COOKIE_LEN];

        from_hex(vectors[i].client_cookie, option);
        from_hex(vectors[i].server_cookie, expected);
        cookie_make(&secrets, option, sizeof option, COOKIE_ABSENT, &source, vectors[i].now, cookie);
        if (memcmp(cookie, option, sizeof option) != 0 ||
            memcmp(cookie + COOKIE_CLIENT_LEN, expected, sizeof expected) != 0)
            fail_msg("%s: another cookie came out", vectors[i].what);
    }
}

/* The reserved octets of a cookie somebody else made are hashed as they are. */
static void accepts_what_a_sister_server_made(void **state)
{
    (void)state;
    const struct cookie_secrets secrets = one_secret("e5e973e5a6b2a43f48e7dc849e37bfcf");
    const struct address source = address_of("203.0.113.203");
    uint8_t option[COOKIE_LEN];

    from_hex("fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5", option);
    assert_int_equal(cookie_judge(&secrets, option, sizeof option, &source, 0x5cf78f71 + 600),
                     COOKIE_GOOD);
}

enum { NOW = 1700000000 };

static const struct {
    const char *what;
    size_t len;       /* of the option as judged */
    int64_t age_s;    /* between making and judging */
    const char *from; /* who sends it */
    int spoiled;      /* octet turned over, or -1 */
    enum cookie_verdict verdict;
} rows[] = {
    { "a client cookie alone", 8, 0, "192.0.2.1", -1, COOKIE_ABSENT },
    { "fresh", 24, 0, "192.0.2.1", -1, COOKIE_GOOD },
    { "an hour old", 24, 3600, "192.0.2.1", -1, COOKIE_GOOD },
    { "over an hour old", 24, 3601, "192.0.2.1", -1, COOKIE_BAD },
    { "five minutes ahead", 24, -300, "192.0.2.1", -1, COOKIE_GOOD },
    { "further ahead", 24, -301, "192.0.2.1", -1, COOKIE_BAD },
    { "from another address", 24, 0, "192.0.2.2", -1, COOKIE_BAD },
    { "another client cookie", 24, 0, "192.0.2.1", 0, COOKIE_BAD },
    { "another version", 24, 0, "192.0.2.1", 8, COOKIE_BAD },
    { "reserved octets changed", 24, 0, "192.0.2.1", 9, COOKIE_BAD },
    { "another hash", 24, 0, "192.0.2.1", 23, COOKIE_BAD },
    { "too short", 16, 0, "192.0.2.1", -1, COOKIE_BAD },
};

static void judge_rows(const struct cookie_secrets *secrets)
{
    const struct address maker = address_of("192.0.2.1");
    const uint8_t client[COOKIE_CLIENT_LEN] = { 1, 2, 3, 4, 5, 6, 7, 8 };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct address source = address_of(rows[i].from);
        uint8_t option[COOKIE_LEN];

        cookie_make(secrets, client, sizeof client, COOKIE_ABSENT, &maker, NOW, option);
        if (rows[i].spoiled >= 0)
            option[rows[i].spoiled] ^= 0x40;
        const enum cookie_verdict verdict =
            cookie_judge(secrets, option, rows[i].len, &source, (uint32_t)(NOW + rows[i].age_s));
        if (verdict != rows[i].verdict)
            fail_msg("%s: verdict %d", rows[i].what, verdict);
    }
}

static void judges_age_address_and_hash(void **state)
{
    (void)state;
    const struct cookie_secrets secrets = one_secret("000102030405060708090a0b0c0d0e0f");

    judge_rows(&secrets);
}

static void judges_the_same_while_the_secret_turns_by_itself(void **state)
{
    (void)state;
    struct cookie_secrets secrets = one_secret("000102030405060708090a0b0c0d0e0f");

    secrets.rotating = true;
    judge_rows(&secrets);
}

/* The turn may fall between any two packets: what was made before it is good after it. */
static void the_secret_before_the_last_turn_is_accepted(void **state)
{
    (void)state;
    struct cookie_secrets secrets = one_secret("000102030405060708090a0b0c0d0e0f");
    const struct address source = address_of("2001:db8::1");
    const uint8_t client[COOKIE_CLIENT_LEN] = { 9 };
    const uint32_t turn = NOW - NOW % COOKIE_ROTATION_S;
    uint8_t before[COOKIE_LEN];
    uint8_t after[COOKIE_LEN];

    secrets.rotating = true;
    cookie_make(&secrets, client, sizeof client, COOKIE_ABSENT, &source, turn - 1, before);
    cookie_make(&secrets, client, sizeof client, COOKIE_ABSENT, &source, turn, after);
    assert_int_equal(cookie_judge(&secrets, before, COOKIE_LEN, &source, turn), COOKIE_GOOD);
    assert_int_equal(cookie_judge(&secrets, after, COOKIE_LEN, &source, turn), COOKIE_GOOD);
    assert_memory_not_equal(before + 16, after + 16, 8);
}

static void any_shared_secret_is_accepted_and_the_first_makes(void **state)
{
    (void)state;
    struct cookie_secrets both = one_secret("445536bcd2513298075a5d379663c962");
    const struct cookie_secrets old = one_secret("dd3bdf9344b678b185a6f5cb60fca715");
    const struct cookie_secrets new = both;
    const struct address source = address_of("192.0.2.1");
    const uint8_t client[COOKIE_CLIENT_LEN] = { 9 };
    uint8_t by_old[COOKIE_LEN];
    uint8_t by_both[COOKIE_LEN];

    memcpy(both.secret[both.count++], old.secret[0], COOKIE_SECRET_LEN);
    cookie_make(&old, client, sizeof client, COOKIE_ABSENT, &source, NOW, by_old);
    assert_int_equal(cookie_judge(&both, by_old, COOKIE_LEN, &source, NOW), COOKIE_GOOD);
    assert_int_equal(cookie_judge(&new, by_old, COOKIE_LEN, &source, NOW), COOKIE_BAD);
    cookie_make(&both, client, sizeof client, COOKIE_ABSENT, &source, NOW, by_both);
    assert_int_equal(cookie_judge(&new, by_both, COOKIE_LEN, &source, NOW), COOKIE_GOOD);
}

/* RFC 9018 section 4.3: a new one when it is over half an hour old. */
static void a_good_cookie_comes_back_until_it_is_due(void **state)
{
    (void)state;
    const struct cookie_secrets secrets = one_secret("000102030405060708090a0b0c0d0e0f");
    const struct address source = address_of("192.0.2.1");
    const uint8_t client[COOKIE_CLIENT_LEN] = { 9 };
    uint8_t cookie[COOKIE_LEN];
    uint8_t again[COOKIE_LEN];

    cookie_make(&secrets, client, sizeof client, COOKIE_ABSENT, &source, NOW, cookie);
    cookie_make(&secrets, cookie, COOKIE_LEN, COOKIE_GOOD, &source, NOW + 1799, again);
    assert_memory_equal(cookie, again, COOKIE_LEN);
    cookie_make(&secrets, cookie, COOKIE_LEN, COOKIE_GOOD, &source, NOW + 1801, again);
    assert_memory_not_equal(cookie, again, COOKIE_LEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(makes_the_cookies_of_rfc9018),
        cmocka_unit_test(accepts_what_a_sister_server_made),
        cmocka_unit_test(judges_age_address_and_hash),
        cmocka_unit_test(judges_the_same_while_the_secret_turns_by_itself),
        cmocka_unit_test(the_secret_before_the_last_turn_is_accepted),
        cmocka_unit_test(any_shared_secret_is_accepted_and_the_first_makes),
        cmocka_unit_test(a_good_cookie_comes_back_until_it_is_due),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
