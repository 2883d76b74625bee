#include "tools/meridian_grid.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    const char *what;
    unsigned columns, indent;
    const char *cells[12];
    const char *printed;
} cases[] = {
    { "columns as wide as their widest word", 2, 0,
      { "region", "since", "helsinki-1", "2m", "v", "1h" },
      "region      since\nhelsinki-1  2m\nv           1h\n" },
    { "every line is indented", 2, 2, { "a", "b", "c", "d" }, "  a  b\n  c  d\n" },
    { "the last column is not padded", 2, 0, { "a", "bbb", "c", "d" }, "a  bbb\nc  d\n" },
    { "no spaces behind an empty end", 3, 0, { "a", "b", "c", "d", "", "" }, "a  b  c\nd\n" },
    { "an empty cell keeps its column", 3, 0, { "aa", "bb", "cc", "d", "", "e" },
      "aa  bb  cc\nd       e\n" },
    { "letters of two octets count once", 2, 0, { "name", "x", "Z\xc3\xbcri", "y" },
      "name  x\nZ\xc3\xbcri  y\n" },
    { "a heading alone is nothing", 2, 0, { "a", "b" }, "" },
};

static void lines_columns_up(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *printed = NULL;
        size_t len;
        struct grid *grid = grid_new(cases[i].columns);
        assert_non_null(grid);
        for (size_t k = 0; k < 12 && cases[i].cells[k] != NULL; k++)
            assert_true(grid_put(grid, cases[i].cells[k]));

        FILE *to = open_memstream(&printed, &len);
        assert_non_null(to);
        grid_print(grid, cases[i].indent, to);
        assert_int_equal(fclose(to), 0);
        if (strcmp(printed, cases[i].printed) != 0)
            fail_msg("%s: printed\n%s", cases[i].what, printed);
        free(printed);
        grid_free(grid);
    }
}

#define SIXTY "123456789 123456789 123456789 123456789 123456789 123456789."

/* The last cell goes below where it would leave the page; a note always stands there. */
static void keeps_to_the_page(void **state)
{
    static const char expected[] = "  " SIXTY "  of sixteen chars\n"
                                   "  b" "                                                           "
                                   "  short\n"
                                   "      a remark on b\n"
                                   "      and another\n"
                                   "  " SIXTY "\n"
                                   "      of seventeen char\n";
    char *printed = NULL;
    size_t len;
    (void)state;
    struct grid *grid = grid_new(2);
    assert_non_null(grid);
    assert_true(grid_is_empty(grid));
    assert_true(grid_put(grid, SIXTY) && grid_put(grid, "of sixteen chars"));
    assert_true(grid_is_empty(grid));
    assert_true(grid_put(grid, "b") && grid_put(grid, "short"));
    assert_true(grid_note(grid, "a remark on b") && grid_note(grid, "and another"));
    assert_true(grid_put(grid, SIXTY) && grid_put(grid, "of seventeen char"));
    assert_false(grid_is_empty(grid));

    FILE *to = open_memstream(&printed, &len);
    assert_non_null(to);
    grid_print(grid, 2, to);
    assert_int_equal(fclose(to), 0);
    assert_string_equal(printed, expected);
    free(printed);
    grid_free(grid);
}

static void takes_many_rows(void **state)
{
    (void)state;
    char *printed = NULL;
    size_t len, lines = 0;
    struct grid *grid = grid_new(1);
    assert_non_null(grid);
    for (unsigned i = 0; i < 1000; i++)
        assert_true(grid_format(grid, "row %u", i));

    FILE *to = open_memstream(&printed, &len);
    assert_non_null(to);
    grid_print(grid, 0, to);
    assert_int_equal(fclose(to), 0);
    for (size_t i = 0; i < len; i++)
        lines += printed[i] == '\n';
    assert_int_equal(lines, 1000);
    assert_string_equal(printed + len - 8, "row 999\n");
    free(printed);
    grid_free(grid);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_columns_up),
        cmocka_unit_test(keeps_to_the_page),
        cmocka_unit_test(takes_many_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
