#include "dns/base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static const struct {
    const char *what, *text;
    size_t len;
} cases[] = {
    { "the end of a text", "", 1 },
    { "ASCII", "ab", 1 },
    { "two octets", "\xc3\xa4x", 2 },
    { "three", "\xe2\x82\xacx", 3 },
    { "four", "\xf0\x9f\x8c\x8dx", 4 },
    { "cut short", "\xe2\x82", 0 },
    { "the middle of one", "\x82\xac", 0 },
    { "two octets for an ASCII letter", "\xc1\x81", 0 },
    { "three where two will do", "\xe0\x82\x81", 0 },
    { "four where three will do", "\xf0\x82\x82\xac", 0 },
    { "half of a surrogate pair", "\xed\xa0\x80", 0 },
    { "beyond U+10FFFF", "\xf4\x90\x80\x80", 0 },
    { "an octet that never occurs", "\xff", 0 },
};

static void knows_what_is_well_formed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (utf8_sequence(cases[i].text) != cases[i].len)
            fail_msg("%s: %zu", cases[i].what, utf8_sequence(cases[i].text));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_what_is_well_formed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
