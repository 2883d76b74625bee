#include "dns/server/privileges.h"

#include <sys/wait.h>

#include "tests/dns/server/folder.h"

static void nobody_to_become_is_fine(void **state)
{
    (void)state;
    struct report *report = report_new();
    const struct diag diag = { .report = report };
    struct privileges privileges;
    assert_int_equal(privileges_find(NULL, &diag, &privileges), STATUS_OK);
    assert_false(privileges.drop);
    assert_int_equal(privileges_drop(&privileges, &diag), STATUS_OK);
    assert_int_equal(report_count(report), 0);
    report_free(report);
}

/* For root a missing user is a mistake; anybody else could not become one anyway. */
static void a_user_that_is_missing_is_told(void **state)
{
    (void)state;
    struct report *report = report_new();
    const struct diag diag = { .report = report, .file = "meridian.json", .path = "user" };
    struct privileges privileges;
    const enum status status = privileges_find("no-such-user-at-all", &diag, &privileges);
    assert_int_equal(report_count(report), 1);
    assert_true(report_has(report, "no-such-user-at-all"));
    assert_false(privileges.drop);
    if (geteuid() == 0)
        assert_int_equal(status, STATUS_MEANING);
    else
        assert_int_equal(status, STATUS_OK);
    report_free(report);
}

/* In a child, because there is no way back. */
static void root_becomes_somebody_for_good(void **state)
{
    (void)state;
    struct report *report = report_new();
    const struct diag diag = { .report = report };
    struct privileges privileges;
    if (geteuid() != 0 || privileges_find("nobody", &diag, &privileges) != STATUS_OK)
        skip();
    assert_true(privileges.drop);
    const pid_t child = fork();
    if (child == 0) {
        const bool done = privileges_drop(&privileges, &diag) == STATUS_OK;
        const bool changed = getuid() == privileges.uid && geteuid() == privileges.uid &&
                             getgid() == privileges.gid && setuid(0) != 0;
        _exit(done && changed ? 0 : 1);
    }
    int ended;
    assert_int_equal(waitpid(child, &ended, 0), child);
    assert_true(WIFEXITED(ended) && WEXITSTATUS(ended) == 0);
    report_free(report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_to_become_is_fine),
        cmocka_unit_test(a_user_that_is_missing_is_told),
        cmocka_unit_test(root_becomes_somebody_for_good),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
