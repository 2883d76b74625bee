#include "dns/server/state_folder.h"

#include <sys/stat.h>

#include "tests/dns/server/folder.h"

static const struct privileges nobody_else = { .drop = false };

static struct report *report;
static struct diag diag;

static int setup(void **state)
{
    report = report_new();
    assert_non_null(report);
    diag = (struct diag){ .report = report, .file = "state" };
    return folder_setup(state);
}

static int teardown(void **state)
{
    report_free(report);
    return folder_teardown(state);
}

static void expect_file(const char *path, const char *text)
{
    char found[256] = "";
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    const size_t len = fread(found, 1, sizeof found - 1, file);
    found[len] = '\0';
    fclose(file);
    assert_string_equal(found, text);
}

static enum status replace(const char *text)
{
    return state_folder_replace("state", "a.json", text, strlen(text), &diag);
}

static void a_missing_folder_is_made(void **state)
{
    (void)state;
    struct stat there;
    assert_int_equal(state_folder_prepare("state", &nobody_else, &diag), STATUS_OK);
    assert_int_equal(stat("state", &there), 0);
    assert_true(S_ISDIR(there.st_mode));
    assert_int_equal(there.st_mode & 07, 0);
    assert_int_equal(state_folder_prepare("state", &nobody_else, &diag), STATUS_OK);
    assert_int_equal(state_folder_check("state", &diag), STATUS_OK);
    assert_int_equal(report_count(report), 0);
}

static void what_cannot_be_a_folder_is_told(void **state)
{
    (void)state;
    write_file("state", "a file");
    assert_int_equal(state_folder_prepare("state", &nobody_else, &diag), STATUS_IO);
    assert_true(report_has(report, "state: the folder cannot be opened: Not a directory"));
    assert_int_equal(state_folder_prepare("not/there", &nobody_else, &diag), STATUS_IO);
    assert_true(report_has(report, "the folder cannot be made: No such file"));
    assert_int_equal(state_folder_check("nothing", &diag), STATUS_IO);
    assert_int_equal(replace("x"), STATUS_IO);
    assert_true(report_has(report, "the folder cannot be opened: Not a directory"));
}

static const struct privileges somebody = { .drop = true, .uid = 1, .gid = 1 };

static uid_t owner_of(const char *path)
{
    struct stat there;
    assert_int_equal(lstat(path, &there), 0);
    return there.st_uid;
}

static void the_folder_is_given_to_whom_we_become(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    for (unsigned start = 0; start < 2; start++) {
        assert_int_equal(state_folder_prepare("state", &somebody, &diag), STATUS_OK);
        assert_int_equal(owner_of("state"), 1);
        /* A service manager may take it back between two starts. */
        if (start == 0) {
            write_file("state/orders.json", "{}");
            write_file("state/journal.jsonl.1", "{}");
            assert_int_equal(chown("state", 0, 0), 0);
        }
    }
    assert_int_equal(owner_of("state/orders.json"), 1);
    assert_int_equal(owner_of("state/journal.jsonl.1"), 1);
    assert_int_equal(report_count(report), 0);
}

static void what_is_not_ours_is_not_given(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    make_folder("lib");
    write_file("lib/passwd", "somebody else's");
    write_file("lib/orders.json", "{}");
    assert_int_equal(state_folder_prepare("lib", &somebody, &diag), STATUS_OK);
    assert_int_equal(owner_of("lib"), 0);
    assert_int_equal(owner_of("lib/orders.json"), 0);

    /* Links, laid by whoever had the folder before. */
    make_folder("state");
    write_file("secret", "root's");
    write_file("shadow", "root's, too");
    assert_int_equal(symlink("../secret", "state/orders.json"), 0);
    assert_int_equal(link("shadow", "state/journal.jsonl"), 0);
    assert_int_equal(state_folder_prepare("state", &somebody, &diag), STATUS_OK);
    assert_int_equal(owner_of("state"), 1);
    assert_int_equal(owner_of("secret"), 0);
    assert_int_equal(owner_of("shadow"), 0);

    /* One that belongs to somebody is that one's business. */
    make_folder("theirs");
    assert_int_equal(chown("theirs", 2, 2), 0);
    assert_int_equal(state_folder_prepare("theirs", &somebody, &diag), STATUS_OK);
    assert_int_equal(owner_of("theirs"), 2);
}

static void a_file_is_replaced_whole(void **state)
{
    (void)state;
    assert_int_equal(replace("the first, which is longer"), STATUS_OK); /* makes the folder, too */
    expect_file("state/a.json", "the first, which is longer");
    write_file("state/a.json.new", "what a crash left behind, longer than what comes now");
    assert_int_equal(replace("the second"), STATUS_OK);
    expect_file("state/a.json", "the second");
    assert_int_equal(access("state/a.json.new", F_OK), -1);
    assert_int_equal(replace(""), STATUS_OK);
    expect_file("state/a.json", "");
    assert_int_equal(report_count(report), 0);
}

static void what_was_there_stays_when_it_cannot_be_replaced(void **state)
{
    (void)state;
    assert_int_equal(replace("good"), STATUS_OK);
    make_folder("state/a.json.new"); /* root may write anywhere, but not on a folder */
    assert_int_equal(replace("more"), STATUS_IO);
    assert_true(report_has(report, "state: cannot be written: Is a directory"));
    expect_file("state/a.json", "good");
}

static void a_damaged_file_is_kept_under_another_name(void **state)
{
    (void)state;
    char aside[STATE_FOLDER_NAME];
    assert_int_equal(replace("damaged"), STATUS_OK);
    assert_int_equal(state_folder_set_aside("state", "a.json", 1795242600123u, &diag, aside),
                     STATUS_OK);
    assert_string_equal(aside, "a.json.damaged-2026-11-21T06:30:00.123Z");
    expect_file("state/a.json.damaged-2026-11-21T06:30:00.123Z", "damaged");
    assert_int_equal(access("state/a.json", F_OK), -1);
    assert_int_equal(state_folder_set_aside("state", "a.json", 0, &diag, aside), STATUS_IO);
    assert_true(report_has(report, "state: cannot be renamed"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_missing_folder_is_made, setup, teardown),
        cmocka_unit_test_setup_teardown(what_cannot_be_a_folder_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(the_folder_is_given_to_whom_we_become, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_not_ours_is_not_given, setup, teardown),
        cmocka_unit_test_setup_teardown(a_file_is_replaced_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(what_was_there_stays_when_it_cannot_be_replaced, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_damaged_file_is_kept_under_another_name, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
