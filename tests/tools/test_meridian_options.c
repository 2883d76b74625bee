#include "tools/meridian_options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ARGUMENTS = 10 };

/* "-" stands for an option or word that is not there. */
static const struct {
    const char *what;
    unsigned takes;
    const char *arguments[ARGUMENTS];
    bool good, json, offline;
    const char *config, *socket, *client;
    const char *words[3];
} cases[] = {
    { "nothing", 0, { NULL }, true, false, false, "-", "-", "-", { NULL } },
    { "-c FILE", 0, { "-c", "a.json" }, true, false, false, "a.json", "-", "-", { NULL } },
    { "--config=FILE", 0, { "--config=a" }, true, false, false, "a", "-", "-", { NULL } },
    { "-s and --json", 0, { "-s", "x", "--json" }, true, true, false, "-", "x", "-", { NULL } },
    { "words before options", TAKES_CLIENT, { "www.a.", "AAAA", "--client", "::1/64", "--offline" },
      true, false, true, "-", "-", "::1/64", { "www.a.", "AAAA" } },
    { "words between options", TAKES_CLIENT, { "--client", "192.0.2.1", "www", "-c", "f" },
      true, false, false, "f", "-", "192.0.2.1", { "www" } },
    { "a word after --", TAKES_CLIENT, { "--", "-odd" }, true, false, false, "-", "-", "-", { "-odd" } },
    { "-c without a file", 0, { "-c" }, false, false, false, "-", "-", "-", { NULL } },
    { "an unknown option", 0, { "--frob" }, false, false, false, "-", "-", "-", { NULL } },
    { "--client is not for all", 0, { "--client", "::1" },
      false, false, false, "-", "-", "-", { NULL } },
    { "--offline is not for all", 0, { "--offline" },
      false, false, false, "-", "-", "-", { NULL } },
};

static bool is_text(const char *found, const char *expected)
{
    if (found == NULL)
        return strcmp(expected, "-") == 0;
    return strcmp(found, expected) == 0;
}

static bool are_words(const struct options *options, const char *const expected[3])
{
    int count = 0;
    while (count < 3 && expected[count] != NULL)
        count++;
    if (options->word_count != count)
        return false;
    for (int i = 0; i < count; i++)
        if (strcmp(options->words[i], expected[i]) != 0)
            return false;
    return true;
}

static void reads_options_in_any_order(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *argv[ARGUMENTS + 2] = { strdup("meridian test") };
        int argc = 1;
        for (; cases[i].arguments[argc - 1] != NULL; argc++)
            argv[argc] = strdup(cases[i].arguments[argc - 1]);

        struct options options;
        const bool good = options_parse(argc, argv, cases[i].takes, &options);
        if (good != cases[i].good)
            fail_msg("%s: expected %s", cases[i].what, cases[i].good ? "accepted" : "refused");
        if (good && (options.json != cases[i].json || options.offline != cases[i].offline ||
                     options.help || !is_text(options.config, cases[i].config) ||
                     !is_text(options.socket, cases[i].socket) ||
                     !is_text(options.client, cases[i].client) ||
                     !are_words(&options, cases[i].words)))
            fail_msg("%s: read wrongly", cases[i].what);
        for (int k = 0; k < argc; k++)
            free(argv[k]);
    }
}

static void orders_have_options_of_their_own(void **state)
{
    (void)state;
    static const struct {
        const char *word;
        unsigned takes;
    } rows[] = { { "--tag", TAKES_SERVICE },   { "--service", TAKES_SERVICE },
                 { "--for", TAKES_TIME },      { "--reason", TAKES_AUTHOR },
                 { "--author", TAKES_AUTHOR }, { "--client", TAKES_CLIENT } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char name[] = "meridian test", word[16], value[] = "v";
        char *argv[] = { name, strcpy(word, rows[i].word), value, NULL };
        struct options options;
        assert_false(options_parse(3, argv, ~rows[i].takes, &options));
        assert_true(options_parse(3, argv, rows[i].takes, &options));
        const char *const found[] = { options.tag,    options.service, options.duration,
                                      options.reason, options.author,  options.client };
        for (size_t k = 0; k < sizeof found / sizeof *found; k++)
            assert_int_equal(found[k] != NULL, k == i);
    }
}

static void knows_both_spellings_of_help(void **state)
{
    (void)state;
    static const char *const spellings[] = { "-h", "--help" };
    for (size_t i = 0; i < 2; i++) {
        char name[] = "meridian test", word[8];
        char *argv[] = { name, strcpy(word, spellings[i]), NULL };
        struct options options;
        assert_true(options_parse(2, argv, 0, &options));
        assert_true(options.help);
    }
}

static void finds_the_configuration(void **state)
{
    (void)state;
    const struct options none = { .config = NULL }, given = { .config = "mine.json" };

    assert_int_equal(setenv("MERIDIAN_CONFIG", "named.json", 1), 0);
    assert_string_equal(options_config(&given), "mine.json");
    assert_string_equal(options_config(&none), "named.json");
    assert_int_equal(unsetenv("MERIDIAN_CONFIG"), 0);
    assert_string_equal(options_config(&none), "/etc/meridian/meridian.json");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_options_in_any_order),
        cmocka_unit_test(orders_have_options_of_their_own),
        cmocka_unit_test(knows_both_spellings_of_help),
        cmocka_unit_test(finds_the_configuration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
