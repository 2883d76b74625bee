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
    bool about_client;
    const char *arguments[ARGUMENTS];
    bool good, json, offline;
    const char *config, *socket, *client;
    const char *words[3];
} cases[] = {
    { "nothing", false, { NULL }, true, false, false, "-", "-", "-", { NULL } },
    { "-c FILE", false, { "-c", "a.json" }, true, false, false, "a.json", "-", "-", { NULL } },
    { "--config=FILE", false, { "--config=a" }, true, false, false, "a", "-", "-", { NULL } },
    { "-s and --json", false, { "-s", "x", "--json" }, true, true, false, "-", "x", "-", { NULL } },
    { "words before options", true, { "www.a.", "AAAA", "--client", "::1/64", "--offline" },
      true, false, true, "-", "-", "::1/64", { "www.a.", "AAAA" } },
    { "words between options", true, { "--client", "192.0.2.1", "www", "-c", "f" },
      true, false, false, "f", "-", "192.0.2.1", { "www" } },
    { "a word after --", true, { "--", "-odd" }, true, false, false, "-", "-", "-", { "-odd" } },
    { "-c without a file", false, { "-c" }, false, false, false, "-", "-", "-", { NULL } },
    { "an unknown option", false, { "--frob" }, false, false, false, "-", "-", "-", { NULL } },
    { "--client is not for all", false, { "--client", "::1" },
      false, false, false, "-", "-", "-", { NULL } },
    { "--offline is not for all", false, { "--offline" },
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
        const bool good = options_parse(argc, argv, cases[i].about_client, &options);
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

static void knows_both_spellings_of_help(void **state)
{
    (void)state;
    static const char *const spellings[] = { "-h", "--help" };
    for (size_t i = 0; i < 2; i++) {
        char name[] = "meridian test", word[8];
        char *argv[] = { name, strcpy(word, spellings[i]), NULL };
        struct options options;
        assert_true(options_parse(2, argv, false, &options));
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
        cmocka_unit_test(knows_both_spellings_of_help),
        cmocka_unit_test(finds_the_configuration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
