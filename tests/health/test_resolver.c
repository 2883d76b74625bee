#include "health/resolver.h"

#include <semaphore.h>
#include <stdio.h>
#include <string.h>

#include "tests/health/local_server.h"

static void on_ready(void *context)
{
    sem_post(context);
}

static void await_answer(struct resolver *resolver, sem_t *ready, struct resolver_answer *out)
{
    while (sem_wait(ready) != 0)
        continue;
    assert_true(resolver_take(resolver, out));
}

static void names_become_addresses_in_the_order_of_questions(void **state)
{
    (void)state;
    static const struct {
        const char *host;
        const char *address; /* NULL: either loopback */
    } cases[] = {
        { "localhost", NULL },
        { "192.0.2.7", "192.0.2.7" },
        { "2001:db8::7", "2001:db8::7" },
    };
    enum { CASES = sizeof cases / sizeof *cases };
    sem_t ready;
    assert_int_equal(sem_init(&ready, 0, 0), 0);
    struct resolver *resolver = resolver_open(on_ready, &ready);
    assert_non_null(resolver);
    for (size_t i = 0; i < CASES; i++)
        assert_true(resolver_ask(resolver, cases[i].host, 100 + i));
    for (size_t i = 0; i < CASES; i++) {
        struct resolver_answer answer;
        char text[ADDRESS_TEXT];
        await_answer(resolver, &ready, &answer);
        assert_int_equal(answer.ticket, 100 + i);
        address_print(&answer.address, text);
        if (cases[i].address != NULL)
            assert_string_equal(text, cases[i].address);
        else if (strcmp(text, "127.0.0.1") != 0 && strcmp(text, "::1") != 0)
            fail_msg("%s is %s", cases[i].host, text);
        assert_string_equal(answer.reason, "");
    }
    struct resolver_answer answer;
    assert_false(resolver_take(resolver, &answer));
    resolver_close(resolver);
    sem_destroy(&ready);
}

static void what_is_no_name_is_told(void **state)
{
    (void)state;
    static const char beginning[] = "'not a host' is not resolved: ";
    sem_t ready;
    struct resolver_answer answer;
    assert_int_equal(sem_init(&ready, 0, 0), 0);
    struct resolver *resolver = resolver_open(on_ready, &ready);
    assert_non_null(resolver);
    assert_true(resolver_ask(resolver, "not a host", 1));
    await_answer(resolver, &ready, &answer);
    assert_int_equal(answer.address.family, FAMILY_NONE);
    if (strncmp(answer.reason, beginning, sizeof beginning - 1) != 0)
        fail_msg("the reason is: %s", answer.reason);
    resolver_close(resolver);
    sem_destroy(&ready);
}

static void the_line_is_bounded(void **state)
{
    (void)state;
    char long_name[RESOLVER_HOST + 1];
    sem_t ready;
    assert_int_equal(sem_init(&ready, 0, 0), 0);
    struct resolver *resolver = resolver_open(on_ready, &ready);
    assert_non_null(resolver);
    memset(long_name, 'a', sizeof long_name);
    long_name[sizeof long_name - 1] = '\0';
    assert_false(resolver_ask(resolver, long_name, 1));
    /* Answers that nobody takes have their place in it. */
    for (uint64_t i = 0; i < RESOLVER_LINE; i++)
        assert_true(resolver_ask(resolver, "127.0.0.1", i));
    assert_false(resolver_ask(resolver, "127.0.0.1", 1));
    struct resolver_answer answer;
    await_answer(resolver, &ready, &answer);
    assert_true(resolver_ask(resolver, "127.0.0.1", 1));
    resolver_close(resolver);
    /* The thread may be in the middle of one: it tells nobody any more. */
    sem_destroy(&ready);
}

int main(void)
{
    resolver_close(NULL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_become_addresses_in_the_order_of_questions),
        cmocka_unit_test(what_is_no_name_is_told),
        cmocka_unit_test(the_line_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
