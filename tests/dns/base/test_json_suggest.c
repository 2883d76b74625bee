#include "dns/base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void the_nearest_word_is_suggested(void **state)
{
    (void)state;
    static const char *const known[] = {
        "listen", "zones", "ttl", "timeout", "interval", "max_scope", "minimal_responses", NULL
    };
    static const struct {
        const char *what, *word, *suggestion;
    } cases[] = {
        { "two letters exchanged", "listne", "listen" },
        { "one missing", "zone", "zones" },
        { "one too many", "ttll", "ttl" },
        { "one wrong", "ttk", "ttl" },
        { "another case", "Zones", "zones" },
        { "a hyphen", "max-scope", "max_scope" },
        { "several slips in a long word", "minimal_respons", "minimal_responses" },
        { "two slips in a word of eight", "intervall_", "interval" },
        { "nothing near", "colour", NULL },
        { "two slips in a short word", "tx", NULL },
        { "the empty word", "", NULL },
        { "as short as can be", "t", NULL },
        { "no word at all",
          "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", NULL },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *found = json_suggest(cases[i].word, known);
        if (cases[i].suggestion == NULL ? found != NULL
                                        : found == NULL || strcmp(found, cases[i].suggestion) != 0)
            fail_msg("%s: '%s' gave %s", cases[i].what, cases[i].word, found ? found : "nothing");
    }
}

static void of_two_the_nearer_wins(void **state)
{
    (void)state;
    static const char *const known[] = { "interval", "internal", NULL };
    assert_string_equal(json_suggest("internak", known), "internal");
    assert_string_equal(json_suggest("intervak", known), "interval");
    static const char *const none[] = { NULL };
    assert_null(json_suggest("word", none));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_nearest_word_is_suggested),
        cmocka_unit_test(of_two_the_nearer_wins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
