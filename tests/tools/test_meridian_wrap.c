#include "tools/meridian_wrap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TEN "123456789 "
#define SEVENTY TEN TEN TEN TEN TEN TEN TEN
#define SOLID "1234567890123456789012345678901234567890"

static const struct {
    const char *what;
    unsigned indent;
    const char *text, *printed;
} cases[] = {
    { "what fits is one line", 2, "a b", "  a b\n" },
    { "nothing is an empty line", 0, "", "\n" },
    { "eighty characters fit", 0, SEVENTY "1234567890", SEVENTY "1234567890\n" },
    { "the eighty-first begins a line", 0, SEVENTY "12345678901",
      TEN TEN TEN TEN TEN TEN "123456789\n12345678901\n" },
    { "the space at the edge is left out", 0, SEVENTY "1234567890 x", SEVENTY "1234567890\nx\n" },
    { "the indent counts, on every line", 10, SEVENTY "x",
      "          " TEN TEN TEN TEN TEN TEN "123456789\n          x\n" },
    { "a comma will do where there is no space", 0, SOLID "," SOLID "," SOLID,
      SOLID ",\n" SOLID ",\n" SOLID "\n" },
    { "a word without end is not cut", 0, SOLID SOLID SOLID, SOLID SOLID SOLID "\n" },
    { "and others go on behind it", 0, SOLID SOLID SOLID " x y", SOLID SOLID SOLID "\nx y\n" },
    { "letters of two octets count once", 74, "\xc3\xa4\xc3\xa4\xc3\xa4 bb cc",
      "                                                                          "
      "\xc3\xa4\xc3\xa4\xc3\xa4 bb\n"
      "                                                                          cc\n" },
};

static void breaks_lines_where_words_end(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *printed = NULL;
        size_t len;
        FILE *to = open_memstream(&printed, &len);
        assert_non_null(to);
        wrap_print(cases[i].text, cases[i].indent, to);
        assert_int_equal(fclose(to), 0);
        if (strcmp(printed, cases[i].printed) != 0)
            fail_msg("%s: printed\n%s", cases[i].what, printed);
        free(printed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(breaks_lines_where_words_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
