#include "dns/server/journal_file.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>

#include "tests/dns/server/folder.h"

static struct journal_rules rules;
static struct journal_file file;

static int setup(void **state)
{
    rules = (struct journal_rules){ .folder = "state", .size_most = 12, .keep = 2 };
    journal_file_init(&file, &rules);
    return folder_setup(state);
}

static int teardown(void **state)
{
    journal_file_close(&file);
    return folder_teardown(state);
}

static bool append(const char *line)
{
    return journal_file_append(&file, line, strlen(line));
}

/* NULL: there is no such file. */
static void expect(const char *path, const char *text)
{
    char found[256] = "";
    FILE *there = fopen(path, "r");
    if (there == NULL && text == NULL)
        return;
    if (there == NULL || text == NULL)
        fail_msg("%s is %s", path, there == NULL ? "missing" : "there");
    found[fread(found, 1, sizeof found - 1, there)] = '\0';
    fclose(there);
    assert_string_equal(found, text);
}

static void full_files_shift(void **state)
{
    (void)state;
    static const char *const lines[] = { "one\n", "two\n", "three\n", "four\n", "five five\n",
                                         "six\n", "seven is longer than a file\n", "8\n" };
    for (size_t i = 0; i < COUNT_OF(lines); i++)
        assert_true(append(lines[i]));
    expect("state/journal.jsonl", "8\n");
    expect("state/journal.jsonl.1", "seven is longer than a file\n");
    expect("state/journal.jsonl.2", "six\n");
    expect("state/journal.jsonl.3", NULL);
}

static void a_file_is_filled_to_its_size(void **state)
{
    (void)state;
    assert_true(append("12345\n"));
    assert_true(append("6789a\n"));
    expect("state/journal.jsonl", "12345\n6789a\n");
    assert_true(append("\n"));
    expect("state/journal.jsonl", "\n");
}

static void none_is_kept(void **state)
{
    (void)state;
    rules.keep = 0;
    assert_true(append("one one\n"));
    assert_true(append("two two\n"));
    expect("state/journal.jsonl", "two two\n");
    expect("state/journal.jsonl.1", NULL);
}

static void it_goes_on_where_it_was(void **state)
{
    (void)state;
    assert_true(append("one\n"));
    journal_file_close(&file);
    assert_true(append("two\n"));
    expect("state/journal.jsonl", "one\ntwo\n");
    assert_true(append("three\n"));
    expect("state/journal.jsonl.1", "one\ntwo\n");
}

static void a_line_cut_short_swallows_nothing(void **state)
{
    (void)state;
    make_folder("state");
    write_file("state/journal.jsonl", "{\"ti");
    assert_true(append("{}\n"));
    expect("state/journal.jsonl", "{\"ti\n{}\n");
}

static void a_file_moved_away_is_begun_anew(void **state)
{
    (void)state;
    assert_true(append("one\n"));
    assert_int_equal(rename("state/journal.jsonl", "elsewhere"), 0);
    assert_true(append("two\n"));
    expect("elsewhere", "one\n");
    expect("state/journal.jsonl", "two\n");
    assert_int_equal(rename("state", "gone"), 0);
    assert_true(append("three\n"));
    expect("state/journal.jsonl", "three\n");
}

static void what_cannot_be_written_says_why(void **state)
{
    (void)state;
    make_folder("state");
    make_folder("state/journal.jsonl");
    assert_false(append("one\n"));
    assert_int_equal(errno, EISDIR);
    assert_int_equal(rmdir("state/journal.jsonl"), 0);
    assert_true(append("one\n"));
    /* A link could lead root anywhere. */
    journal_file_close(&file);
    assert_int_equal(unlink("state/journal.jsonl"), 0);
    assert_int_equal(symlink("../elsewhere", "state/journal.jsonl"), 0);
    assert_false(append("two\n"));
    expect("elsewhere", NULL);
}

/* A limit on the size of files stops a write in its middle, as a full disk does. */
static void half_a_line_is_taken_back(void **state)
{
    (void)state;
    struct rlimit before, small = { .rlim_cur = 10 };
    rules.size_most = 100;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small.rlim_max = before.rlim_max;
    signal(SIGXFSZ, SIG_IGN);
    assert_true(append("12345\n"));
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    const bool written = append("6789 9876\n");
    const int reason = errno;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_DFL);
    assert_false(written);
    assert_int_equal(reason, EFBIG);
    expect("state/journal.jsonl", "12345\n");
    assert_true(append("6789 9876\n"));
    expect("state/journal.jsonl", "12345\n6789 9876\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(full_files_shift, setup, teardown),
        cmocka_unit_test_setup_teardown(a_file_is_filled_to_its_size, setup, teardown),
        cmocka_unit_test_setup_teardown(none_is_kept, setup, teardown),
        cmocka_unit_test_setup_teardown(it_goes_on_where_it_was, setup, teardown),
        cmocka_unit_test_setup_teardown(a_line_cut_short_swallows_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(a_file_moved_away_is_begun_anew, setup, teardown),
        cmocka_unit_test_setup_teardown(half_a_line_is_taken_back, setup, teardown),
        cmocka_unit_test_setup_teardown(what_cannot_be_written_says_why, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
